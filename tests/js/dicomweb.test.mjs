/** DICOMweb against a server that says what a test wants: what is asked, what is sent again, what an error tells. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { after, before, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { MAX_BYTES } from '../../web/constants.js';
import { bodyOf, boundaryOf, partsOf } from '../../web/dicom/multipart.js';
import { connect, VmnetError } from '../../web/dicomweb.js';

const OP = '1.2.840.10008.5.1.4.1.1.77.1.5.1';
const UIDS = { study: '1.2.3', series: '1.2.4', instance: '1.2.5' };
/** Of it every byte value occurs, and what looks like a boundary. */
const OBJECT = Uint8Array.from([...Array(256).keys(), ...Buffer.from('\r\n--frontie\r\n--\r\n\r\n'), 13, 10]);

/** What each request gets, in turn; the last one stays. @type {((response: import('node:http').ServerResponse) => void)[]} */
let answers;
/** @type {{ method: string, url: URL, headers: import('node:http').IncomingHttpHeaders, body: Buffer }[]} */
let asked;
let server;
let url;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, headers } = request;
    asked.push({ method, url: new URL(request.url, url), headers, body: Buffer.concat(chunks) });
    (answers.length > 1 ? answers.shift() : answers[0])(response);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  url = `http://localhost:${server.address().port}/dicom-web/`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
});

const archive = (options = {}) => connect({ url, backoff: 0, ...options });
const says =
  (status, body = '', headers = {}) =>
  (response) =>
    response.writeHead(status, headers).end(body);
const json = (value, status = 200) => says(status, JSON.stringify(value), { 'Content-Type': 'application/dicom+json' });
const multipart = (body, boundary = 'frontier') =>
  says(200, body, { 'Content-Type': `multipart/related; type="application/dicom"; boundary="${boundary}"` });
const envelope = (object) =>
  Buffer.concat([
    Buffer.from('--frontier\r\nContent-Type: application/dicom; transfer-syntax=1.2\r\nMIME-Version: 1.0\r\n\r\n'),
    object,
    Buffer.from('\r\n--frontier--'),
  ]);

const breakOff = (response) => {
  response.writeHead(200, { 'Content-Length': 100 }).write('[', () => response.destroy());
};

/** @param {Promise<unknown>} call @param {string} code @param {RegExp} pattern @param {object} [facts] */
async function refused(call, code, pattern, facts) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof VmnetError, error.stack);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    assert.match(error.message, /^[^;]+: .+; .+/, 'input: problem; remedy');
    if (facts !== undefined) assert.deepEqual(error.facts, facts);
    return true;
  });
}

test('studies: the query goes out, patients come in, nothing matching is an empty list', async () => {
  answers = [
    json([
      {
        '0020000D': { vr: 'UI', Value: ['1.2.3'] },
        '00080020': { vr: 'DA', Value: ['20261127'] },
        '00080061': { vr: 'CS', Value: ['OP', 'SEG'] },
        '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Größe^Ü', Ideographic: '山' }] },
        '00100020': { vr: 'LO', Value: ['7'] },
        '00100040': { vr: 'CS' },
        '00201208': { vr: 'IS', Value: ['2'] },
      },
    ]),
  ];
  const [study] = await archive().studies({ StudyDate: '20260101-', PatientName: 'A&B*' }, { limit: 5, offset: 10 });
  assert.deepEqual(study, {
    study: '1.2.3',
    date: '20261127',
    time: null,
    accession: null,
    description: null,
    modalities: ['OP', 'SEG'],
    instances: 2,
    patient: { name: 'Größe^Ü', id: '7', birthDate: null, sex: null },
  });
  assert.equal(asked[0].url.pathname, '/dicom-web/studies');
  const query = Object.fromEntries(asked[0].url.searchParams);
  assert.deepEqual([query.StudyDate, query.PatientName, query.limit, query.offset], ['20260101-', 'A&B*', '5', '10']);
  assert.equal(asked[0].headers.accept, 'application/dicom+json');
  answers = [says(204)];
  assert.deepEqual(await archive().studies(), []);
  assert.equal(asked[1].url.searchParams.get('ModalitiesInStudy'), 'OP');
});

test('photographs: only what can be screened', async () => {
  const one = (instance, sopClass, rest = {}) => ({
    '00080016': { Value: [sopClass] },
    '00080018': { Value: [instance] },
    '0020000E': { Value: ['1.2.4'] },
    ...rest,
  });
  const of = { '00200062': { Value: ['L'] }, '00280010': { Value: [351] }, '00280011': { Value: [360] } };
  const segmentation = '1.2.840.10008.5.1.4.1.1.66.4';
  answers = [json([one('1.1', OP, of), one('1.2', segmentation), one('1.3', '1.2.840.10008.5.1.4.1.1.7')])];
  const found = await archive().photographs('1.2.3');
  assert.deepEqual(
    found.map(({ instance }) => instance),
    ['1.1', '1.3'],
  );
  const { sopClass, laterality, width, height, frames, series, study, number } = found[0];
  assert.deepEqual(
    [sopClass, laterality, width, height, frames, series, study, number],
    [OP, 'L', 360, 351, 1, '1.2.4', '1.2.3', null],
  );
});

test('fetch: the object as it is kept, in whatever form it comes', async () => {
  const quoted = envelope(OBJECT);
  for (const answer of [
    multipart(quoted),
    multipart(Buffer.concat([Buffer.from('a preamble\r\n'), quoted, Buffer.from('\r\nan epilogue')])),
    says(200, quoted, { 'Content-Type': 'multipart/related;boundary=frontier;type=application/dicom' }),
    says(200, OBJECT, { 'Content-Type': 'application/dicom' }),
  ]) {
    answers = [answer];
    const seen = [];
    const file = await archive().fetch(UIDS, { onProgress: (p) => seen.push(p) });
    assert.deepEqual(new Uint8Array(await file.arrayBuffer()), OBJECT);
    assert.equal(file.name, '1.2.5.dcm');
    assert.ok(seen.length >= 2 && seen.at(-1).loaded > 0);
  }
  assert.equal(asked[0].url.pathname, '/dicom-web/studies/1.2.3/series/1.2.4/instances/1.2.5');
  assert.equal(asked[0].headers.accept, 'multipart/related; type="application/dicom"; transfer-syntax=*');
});

test('fetch: what is cut short, too large or something else is refused', async () => {
  answers = [multipart(envelope(OBJECT).subarray(0, 300))];
  await refused(archive().fetch(UIDS), 'damaged', /1\.2\.5\.dcm.*last boundary/);
  answers = [multipart('')];
  await refused(archive().fetch(UIDS), 'damaged', /last boundary/);
  answers = [says(200, '<html>', { 'Content-Type': 'text/html' })];
  await refused(archive().fetch(UIDS), 'network', /what came is text\/html/);
  const jpeg = envelope(OBJECT).toString('latin1').replace('application/dicom', 'image/jpeg');
  answers = [multipart(Buffer.from(jpeg, 'latin1'))];
  await refused(archive().fetch(UIDS), 'network', /what came is image\/jpeg/);
  answers = [
    (response) =>
      response.writeHead(200, { 'Content-Type': 'application/dicom', 'Content-Length': 2 * MAX_BYTES }).write('x'),
  ];
  await refused(archive().fetch(UIDS), 'too-large', /over the limit of 64 MiB/);
  assert.equal(asked.length, 5, 'none of them is asked for again');
});

test('store: each object in a request of its own; the first that is refused ends it', async () => {
  const stored = (uid, more = {}) =>
    json({ '00081199': { Value: [{ '00081155': { Value: [uid] }, '00081190': { Value: [`${url}x`] }, ...more }] } });
  answers = [stored('1.1'), stored('1.2', { '00081196': { Value: [45056] } })];
  const seen = [];
  const done = await archive().store([OBJECT, new Blob([OBJECT])], { onProgress: (p) => seen.push(p.stored) });
  assert.deepEqual(done, [
    { instance: '1.1', url: `${url}x`, warning: null },
    { instance: '1.2', url: `${url}x`, warning: 45056 },
  ]);
  assert.deepEqual(seen, [0, 1, 2]);
  for (const { method, headers, body } of asked) {
    assert.equal(method, 'POST');
    assert.match(headers['content-type'], /^multipart\/related; type="application\/dicom"; boundary=/);
    const parts = partsOf(new Uint8Array(body), boundaryOf(headers['content-type']));
    assert.deepEqual(
      parts.map(({ type, bytes }) => [type, [...bytes]]),
      [['application/dicom', [...OBJECT]]],
    );
  }
  const failed = { '00081198': { Value: [{ '00081155': { Value: ['1.2'] }, '00081197': { Value: [0x0122] } }] } };
  for (const status of [200, 409]) {
    answers = [stored('1.1'), json(failed, status)];
    const facts = { status, service: 'STOW-RS', text: 'failure reason 0122, SOP class not supported', stored: 1 };
    await refused(archive().store([OBJECT, OBJECT, OBJECT]), 'network', /failure reason 0122/, facts);
  }
});

test('the token and the headers go with each request; a function renews it', async () => {
  answers = [says(503), json([])];
  let count = 0;
  await archive({ token: async () => `t${++count}`, headers: { 'X-Site': 'eyes', Accept: 'text/html' } }).studies();
  assert.deepEqual(
    asked.map(({ headers }) => [headers.authorization, headers['x-site'], headers.accept]),
    [
      ['Bearer t1', 'eyes', 'application/dicom+json'],
      ['Bearer t2', 'eyes', 'application/dicom+json'],
    ],
  );
  answers = [json([])];
  await archive({ token: 'fixed' }).studies();
  assert.equal(asked.at(-1).headers.authorization, 'Bearer fixed');
  await archive().studies();
  assert.equal(asked.at(-1).headers.authorization, undefined);
  const token = () => Promise.reject(new Error('signed out'));
  await refused(archive({ token }).studies(), 'network', /signed out.*sign in again/);
});

test('nothing that is sent goes on to another address', async (t) => {
  const gone = [];
  const other = createServer((request, response) => {
    gone.push(request.headers);
    response.writeHead(200, { 'Content-Type': 'application/dicom+json' }).end('[]');
  });
  other.listen(0, 'localhost');
  t.after(() => other.close());
  await once(other, 'listening');
  for (const status of [301, 302, 303, 307, 308])
    for (const call of [(one) => one.studies(), (one) => one.fetch(UIDS), (one) => one.store([OBJECT])]) {
      asked = [];
      answers = [says(status, 'over there', { Location: `http://localhost:${other.address().port}/` })];
      const headers = { 'X-Key': 'hidden' };
      await refused(call(archive({ token: 'hidden', headers })), 'network', /no request goes on to another address/);
      assert.equal(asked.length, 1);
    }
  assert.deepEqual(gone, []);
});

test('no error tells the token, whatever the server says or the caller gives', async () => {
  const quiet = async (call) =>
    assert.rejects(call, (error) => {
      for (let one = error; one !== undefined; one = one.cause) assert.doesNotMatch(inspect(one), /s3cret/);
      return error instanceof VmnetError;
    });
  for (const answer of [
    says(401, 'Bearer s3cret is not known'),
    json({ Message: 'no such token: s3cret' }, 403),
    says(500, `${'x'.repeat(295)} s3cret`),
    says(200, 's3cret'),
  ]) {
    answers = [answer];
    await quiet(archive({ token: 's3cret' }).studies());
    await quiet(archive({ headers: { authorization: 'Basic s3cret' } }).store([OBJECT]));
  }
  asked = [];
  for (const options of [
    { token: () => 's3cret\nX' },
    { token: () => 's3cret…' },
    { token: () => ['s3cret'] },
    { token: () => undefined },
  ])
    await quiet(archive(options).studies());
  for (const options of [
    { token: 'Bearer s3cret' },
    { token: 's3cret\nX' },
    { headers: { 'X-Key': 's3cret\nX' } },
    { url: 'https://user:s3cret@localhost/dicom-web' },
    { url: 'https://localhost/dicom-web?key=s3cret' },
  ])
    await quiet(async () => archive(options));
  assert.equal(asked.length, 0);
});

test('what passes is tried again, what does not is not, and how often is up to the caller', async () => {
  for (const status of [408, 429, 502, 503, 504]) {
    answers = [says(status), says(status), json([])];
    assert.deepEqual(await archive().studies(), [], status);
  }
  const hangUp = (response) => response.destroy();
  answers = [hangUp, breakOff, json([])];
  assert.deepEqual(await archive().studies(), []);
  for (const [status, pattern] of [
    [400, /query/],
    [401, /token/],
    [403, /right to do this/],
    [404, /at this address/],
    [500, /log of the server/],
  ]) {
    asked = [];
    answers = [says(status)];
    await refused(archive().studies(), 'network', pattern, { status, service: 'QIDO-RS' });
    assert.equal(asked.length, 1, status);
  }
  for (const retries of [0, 2]) {
    asked = [];
    answers = [says(503)];
    await refused(archive({ retries }).studies(), 'network', /answered 503 Service Unavailable to QIDO-RS/);
    assert.equal(asked.length, retries + 1);
  }
  answers = [hangUp];
  await refused(archive({ retries: 1 }).studies(), 'network', /no answer to QIDO-RS \(.+\); look at the url/, {
    status: 0,
    service: 'QIDO-RS',
  });
});

test('an error holds what the server said, in a line', async () => {
  const orthanc = { HttpError: 'Bad Request', Message: 'Bad file format', Details: 'no such tag: Foo' };
  for (const [body, said] of [
    [JSON.stringify(orthanc), 'Bad file format, no such tag: Foo'],
    ['<html><style>p{}</style><h1>Too</h1>\n <p>bad</p></html>', 'Too bad'],
    ['plain  words\n', 'plain words'],
    ['x'.repeat(5000), `${'x'.repeat(300)}…`],
  ]) {
    answers = [says(400, body)];
    const facts = { status: 400, service: 'QIDO-RS', text: said };
    await refused(archive().studies(), 'network', /answered 400 Bad Request to QIDO-RS: .+; look at the query/, facts);
  }
  answers = [says(200, '<html>a sign-in page</html>')];
  await refused(archive().studies(), 'network', /cannot be read .*; is the url a DICOMweb root/);
  for (const body of [{}, [null], [1]]) {
    answers = [json(body)];
    await refused(archive().studies(), 'network', /is no list/, { status: 200, service: 'QIDO-RS' });
  }
  for (const body of [null, { '00081199': { Value: 5 } }]) {
    answers = [json(body)];
    await refused(archive().store([OBJECT]), 'network', /does not say what was stored/);
  }
  answers = [breakOff];
  await refused(archive({ retries: 0 }).studies(), 'network', /its answer to QIDO-RS broke off/);
});

test('a signal ends a request, and the pause before another', async () => {
  const before = new AbortController();
  before.abort();
  await refused(archive().studies({}, { signal: before.signal }), 'aborted', /cancelled/);
  assert.equal(asked.length, 0);
  const silent = new AbortController();
  answers = [() => silent.abort()];
  await refused(archive().studies({}, { signal: silent.signal }), 'aborted', /cancelled/);
  const pause = new AbortController();
  answers = [
    (response) => {
      says(503, '', { 'Retry-After': '3600' })(response);
      response.on('close', () => pause.abort());
    },
  ];
  await refused(archive().fetch(UIDS, { signal: pause.signal }), 'aborted', /cancelled/);
  assert.equal(asked.length, 2);
});

const TIMEOUT = { timeout: 2000, retries: 3 };

test('a server from which nothing comes for too long ends in an error that says so, once', async () => {
  const begin = (status, body) => (response) => response.writeHead(status).write(body);
  for (const [answer, call, status, service] of [
    [() => {}, (one) => one.studies(), 0, 'QIDO-RS'],
    [() => {}, (one) => one.store([new Uint8Array(8)]), 0, 'STOW-RS'],
    [(response) => response.writeHead(200).flushHeaders(), (one) => one.fetch(UIDS), 200, 'WADO-RS'],
    [begin(200, '['), (one) => one.studies(), 200, 'QIDO-RS'],
    [begin(200, '{'), (one) => one.store([OBJECT]), 200, 'STOW-RS'],
  ]) {
    answers = [answer];
    asked = [];
    const facts = { status, service, timeout: 2000, ...(service === 'STOW-RS' ? { stored: 0 } : {}) };
    await refused(call(archive(TIMEOUT)), 'network', /nothing came .* for 2 s; .* timeout/, facts);
    assert.equal(asked.length, 1);
  }
  answers = [begin(403, 'not for you')];
  await refused(archive(TIMEOUT).studies(), 'network', /answered 403 .*not for you/, {
    status: 403,
    service: 'QIDO-RS',
    text: 'not for you',
  });
});

test('what comes slowly is waited for', async () => {
  // Eight bytes, each before the time is over, and together longer than that.
  const drip = (response, left = 8) => {
    if (left === 8) response.writeHead(200).write('[');
    else response.write(' ');
    if (left > 1) setTimeout(drip, 750, response, left - 1);
    else response.end(']');
  };
  answers = [(response) => drip(response)];
  assert.deepEqual(await archive({ timeout: 5000, retries: 0 }).studies(), []);
  answers = [(response) => setTimeout(json([]), 150, response)];
  const { timeout } = await archive({ timeout: 50 })
    .studies()
    .catch(({ facts }) => facts);
  assert.equal(timeout, 50);
  answers = [(response) => setTimeout(json({ '00081199': { Value: [{}] } }), 150, response)];
  const [{ instance }] = await archive({ timeout: 50 }).store([new Uint8Array(16 * 60_000)]);
  assert.equal(instance, '', 'a minute more for a megabyte');
});

/** Sends until nobody takes it; how much that was. @param {number} status @param {(sent: number) => void} ended */
const endless = (status, ended) => async (response) => {
  let sent = 0;
  const blanks = function* () {
    for (const part = Buffer.alloc(2 ** 20, ' '); ; sent += part.length) yield part;
  };
  await pipeline(blanks(), response.writeHead(status)).catch(() => {});
  ended(sent);
};

test('an endless answer is not read to its end', async () => {
  for (const [status, call, code, pattern, most] of [
    [200, (one) => one.studies(), 'too-large', /answer to QIDO-RS is over the limit of 32 MiB; ask for less/, 64],
    [200, (one) => one.photographs('1.2'), 'too-large', /answer to QIDO-RS is over the limit of 32 MiB/, 64],
    [200, (one) => one.store([OBJECT]), 'too-large', /answer to STOW-RS is over the limit of 32 MiB/, 64],
    [403, (one) => one.studies(), 'network', /answered 403/, 16],
  ]) {
    const sent = new Promise((resolve) => {
      answers = [endless(status, resolve)];
    });
    asked = [];
    await refused(call(archive()), code, pattern);
    assert.equal(asked.length, 1);
    assert.ok((await sent) < most * 2 ** 20, `${await sent} bytes`);
  }
  answers = [(response) => response.writeHead(200, { 'Content-Length': 2 ** 40 }).write('[')];
  await refused(archive().studies(), 'too-large', /32 MiB/);
});

test('an abort is one while a refusal is read, too, and while the token is waited for', async () => {
  for (const status of [401, 404, 503]) {
    const reading = new AbortController();
    answers = [
      (response) =>
        response.writeHead(status).write('because', () => setTimeout(() => reading.abort(new Error('enough')), 20)),
    ];
    await refused(archive().studies({}, { signal: reading.signal }), 'aborted', /cancelled/);
  }
  asked = [];
  const signing = new AbortController();
  const token = () => {
    setTimeout(() => signing.abort(), 1);
    return new Promise(() => {});
  };
  await refused(archive({ token }).fetch(UIDS, { signal: signing.signal }), 'aborted', /cancelled/);
  assert.equal(asked.length, 0);
});

test('what a server lists is of use in an address or is not given at all', async () => {
  for (const bad of ['', '..', '../..', '/', '1.2/../3', 'javascript:alert(1)', ' ', '1', { toString: 1 }, null, 7]) {
    const value = { Value: [bad] };
    answers = [json([{ '0020000D': value, '00100010': { Value: [{ Alphabetic: 'A^B' }] }, '00080061': value }])];
    const [study] = await archive().studies();
    assert.deepEqual([study.study, study.patient.name], ['', 'A^B'], JSON.stringify(bad));
    await refused(archive().photographs(study.study), 'argument', /study '' is not a UID/);
    answers = [json([{ '00080016': { Value: [OP] }, '00080018': value, '0020000E': value, '00280010': value }])];
    const [photograph] = await archive().photographs('1.2');
    assert.deepEqual([photograph.instance, photograph.series], ['', '']);
    await refused(archive().fetch(photograph), 'argument', /series '' is not a UID/);
    answers = [json({ '00081199': { Value: [{ '00081155': value, '00081190': value }] } })];
    assert.deepEqual(await archive().store([OBJECT]), [{ instance: '', url: null, warning: null }]);
  }
  answers = [json([{ '0020000D': { Value: ['1.02.3'] } }])];
  assert.equal((await archive().studies())[0].study, '1.02.3', 'zeros may lead: archives hold such');
});

test('what the caller’s own function throws is told as such, and nothing is asked for again', async () => {
  answers = [says(200, OBJECT, { 'Content-Type': 'application/dicom' })];
  const onProgress = () => {
    throw new TypeError('no bar');
  };
  await refused(archive().fetch(UIDS, { onProgress }), 'argument', /onProgress failed \(no bar\)/);
  assert.equal(asked.length, 1);
});

test('a page of a refusal that would take long to look through', { timeout: 120_000 }, async () => {
  for (const mark of ['<', '<script', '<style ', '<a', '<\n']) {
    answers = [says(500, mark.repeat(2 ** 20 / mark.length))];
    await refused(archive().studies(), 'network', /answered 500/);
  }
});

test('what cannot be asked is refused by name', async () => {
  for (const [options, pattern] of [
    [{ url: 'http://[' }, /is not an address/],
    [{ url: undefined }, /'undefined' is not an address/],
    [{ url: '' }, /is not an address/],
    [{ url: 'localhost:8042/dicom-web' }, /begins with localhost:, not with http/],
    [{ url: 'https://localhost/dicom-web?key=7' }, /a query/],
    [{ token: '' }, /token/],
    [{ token: 7 }, /token/],
    [{ retries: -1 }, /retries -1/],
    [{ backoff: Number.NaN }, /backoff NaN/],
    [{ timeout: 0 }, /timeout 0 must be 1 to 3600000/],
    [{ timeout: '60 s' }, /timeout 60 s/],
  ])
    assert.throws(() => archive(options), { code: 'argument', message: pattern });
  const one = archive();
  await refused(one.studies({}, { limit: 0 }), 'argument', /limit 0/);
  await refused(one.studies({}, { offset: -1 }), 'argument', /offset -1/);
  await refused(one.photographs('1.2/../3'), 'argument', /study '1\.2\/\.\.\/3' is not a UID/);
  for (const uid of [
    '',
    '.',
    '..',
    '...',
    '1',
    '1.',
    '.1',
    '1..2',
    '/',
    '1.2/3',
    '1.2%2F3',
    `1.${'2'.repeat(63)}`,
    12,
    null,
  ]) {
    await refused(one.photographs(uid), 'argument', /study '.*' is not a UID/s);
    for (const part of Object.keys(UIDS))
      await refused(one.fetch({ ...UIDS, [part]: uid }), 'argument', new RegExp(`${part} '.*' is not a UID`, 's'));
  }
  await refused(one.fetch({ ...UIDS, series: undefined }), 'argument', /series 'undefined'/);
  await refused(one.fetch(), 'argument', /study 'undefined'/);
  await refused(one.store(OBJECT), 'argument', /no list/);
  await refused(one.store(['text']), 'argument', /no list/);
  assert.equal(asked.length, 0);
});

test('300 damaged bodies: parts or null, never more than the body holds', () => {
  let seed = 1;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const whole = new Uint8Array(
    Buffer.concat([envelope(OBJECT).subarray(0, -2), Buffer.from('\r\n'), envelope(OBJECT).subarray(10)]),
  );
  for (let round = 0; round < 300; round++) {
    const bytes = whole.slice(0, random(whole.length + 1));
    for (let n = random(8); n > 0; n--) bytes[random(bytes.length)] = random(256);
    const parts = partsOf(bytes, 'frontier');
    assert.ok(parts === null || parts.reduce((sum, part) => sum + part.bytes.length, 0) <= bytes.length);
  }
});

test('boundaries', async () => {
  assert.equal(boundaryOf('multipart/related; type="application/dicom"; boundary="a b;c"'), 'a b;c');
  assert.equal(boundaryOf('Multipart/Related; BOUNDARY=abc; type=x'), 'abc');
  assert.equal(boundaryOf('application/dicom; boundary=abc'), null);
  assert.equal(boundaryOf('multipart/related'), null);
  assert.equal(boundaryOf(null), null);
  const { body, type } = bodyOf(OBJECT);
  assert.deepEqual(partsOf(new Uint8Array(await body.arrayBuffer()), boundaryOf(type))[0].bytes, OBJECT);
});
