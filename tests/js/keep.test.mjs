/** What is kept: sealed so that only its passphrase opens it, in files that cannot be cut or mixed; which visits stand beside which. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { guessNames } from '../../web/page/intake/names.js';
import { KeptFile, writeKept } from '../../web/page/save/kept-file.js';
import { freeName, fullName, personOf } from '../../web/page/save/persons.js';
import { packEntry, packPictures, unpackEntry, unpackPictures } from '../../web/page/save/records.js';
import { changeLock, newLock, openLock, ROUNDS, seal, unseal } from '../../web/page/save/seal.js';
import { comparedOf, dayOf, namesakes, ofSameVisit, visitsBefore } from '../../web/page/save/visits.js';

const PASSPHRASE = 'otter lamp violin seven';
const bytes = (text) => new TextEncoder().encode(text);
const text = (sealed) => new TextDecoder().decode(sealed);

/** @type {Awaited<ReturnType<typeof newLock>>} */
let own;
before(async () => {
  own = await newLock(PASSPHRASE);
});

test('a lock opens by its passphrase alone, and what it sealed only as what it is', async () => {
  const { lock, key } = own;
  assert.ok(ROUNDS >= 600_000);
  assert.deepEqual([lock.kdf, lock.rounds, key.extractable], ['PBKDF2-SHA-256', ROUNDS, false]);
  const sealed = await seal(key, bytes('Miller'), 'entries 1');
  assert.doesNotMatch(Buffer.from(sealed).toString('latin1'), /Miller/);
  assert.notDeepEqual(await seal(key, bytes('Miller'), 'entries 1'), sealed, 'an IV of its own each time');
  const opened = await openLock(lock, PASSPHRASE);
  assert.equal(opened.extractable, false);
  assert.equal(text(await unseal(opened, sealed, 'entries 1')), 'Miller');
  await assert.rejects(unseal(opened, sealed, 'entries 2'), { code: 'damaged' });
  const changed = Uint8Array.from(sealed);
  changed[20] ^= 1;
  await assert.rejects(unseal(opened, changed, 'entries 1'), { code: 'damaged' });
  await assert.rejects(openLock(lock, `${PASSPHRASE} `), { code: 'passphrase' });
});

test('another passphrase opens the same, and the old one does not any more; letters as any keyboard composes them', async () => {
  const { lock, key } = own;
  const sealed = await seal(key, bytes('Miller'), 'x');
  await assert.rejects(changeLock(lock, 'wrong passphrase', 'caf\u00e9 au lait noir'), { code: 'passphrase' });
  const changed = await changeLock(lock, PASSPHRASE, 'caf\u00e9 au lait noir');
  assert.notEqual(changed.salt, lock.salt);
  assert.equal(text(await unseal(await openLock(changed, 'cafe\u0301 au lait noir'), sealed, 'x')), 'Miller');
  await assert.rejects(openLock(changed, PASSPHRASE), { code: 'passphrase' });
});

test('a lock that asks for too little or too much work, or for another kind of it, is refused', async () => {
  for (const [change, code] of [
    [{ rounds: ROUNDS - 1 }, 'damaged'],
    [{ rounds: 1e9 }, 'damaged'],
    [{ rounds: undefined }, 'damaged'],
    [{ kdf: 'MD5' }, 'unknown'],
    [{ version: 2 }, 'unknown'],
    [{ key: '*' }, 'damaged'],
  ])
    await assert.rejects(openLock({ ...own.lock, ...change }, PASSPHRASE), { code }, JSON.stringify(change));
});

// ---- the file ----

async function* three(...all) {
  for (const one of all) yield bytes(one);
}

const written = (...all) => writeKept(own, three(...all));
/** Opens it by the key that is here: PBKDF2 takes its time. */
const openedBy = (blob) => KeptFile.open(blob, async () => own.key);

async function read(blob) {
  const found = [];
  for await (const frame of (await openedBy(blob)).frames()) found.push(text(frame));
  return found;
}

/** Where each frame of a file begins, the end last. */
async function framesAt(blob) {
  const view = new DataView(await blob.arrayBuffer());
  const places = [];
  let at = 11 + 4 + view.getUint32(11, true) + 32;
  for (; at < blob.size; at += 4 + view.getUint32(at, true)) places.push(at);
  return [...places, blob.size];
}

test('a file gives back what went in, and nothing of it can be read', async () => {
  const blob = await written('Miller', '', 'photograph');
  assert.deepEqual(await read(blob), ['Miller', '', 'photograph']);
  assert.doesNotMatch(Buffer.from(await blob.arrayBuffer()).toString('latin1'), /Miller|photograph/);
  assert.deepEqual(await read(await written()), []);
  await KeptFile.open(blob, (lock) => openLock(lock, PASSPHRASE));
  await assert.rejects(
    KeptFile.open(blob, (lock) => openLock(lock, 'another passphrase')),
    { code: 'passphrase' },
  );
});

test('a file that was cut, changed, mixed or is another one is refused', async () => {
  const blob = await written('a', 'b', 'c');
  const [first, second, third, last, end] = await framesAt(blob);
  const cut = [...[first, second, third, last], end - 1, first - 1, 20, 12];
  for (const size of cut) await assert.rejects(read(blob.slice(0, size)), { code: 'damaged' }, `cut at ${size}`);
  await assert.rejects(read(new Blob([blob, new Uint8Array(3)])), { code: 'damaged' }, 'something behind it');
  const swapped = new Blob([
    blob.slice(0, first),
    blob.slice(second, third),
    blob.slice(first, second),
    blob.slice(third),
  ]);
  await assert.rejects(read(swapped), { code: 'damaged' }, 'two change places');
  await assert.rejects(
    read(new Blob([blob.slice(0, third), blob.slice(last)])),
    { code: 'damaged' },
    'one is left out',
  );
  const other = await written('x', 'y', 'z');
  const [, of2, of3] = await framesAt(other);
  const mixed = new Blob([blob.slice(0, second), other.slice(of2, of3), blob.slice(third)]);
  await assert.rejects(read(mixed), { code: 'damaged' }, 'one of another file under the same key');
  const whole = new Uint8Array(await blob.arrayBuffer());
  for (const at of [11, 20, first - 1, first, first + 5, second - 1, last, end - 1]) {
    const changed = Uint8Array.from(whole);
    changed[at] ^= 0x10;
    await assert.rejects(read(new Blob([changed])), { code: 'damaged' }, `a bit at ${at}`);
  }
  for (const [start, code] of [
    ['', 'format'],
    ['PK\x03\x04', 'format'],
    ['VMNETKEPT2\n', 'unknown'],
  ])
    await assert.rejects(read(new Blob([start])), { code }, start);
});

test('a head that no lock stands in is refused, also where its hash is right', async () => {
  const open = async (text) => {
    const [head, length] = [bytes(text), new Uint32Array([text.length])];
    const hash = await crypto.subtle.digest('SHA-256', head);
    return KeptFile.open(new Blob(['VMNETKEPT1\n', length, head, hash]), (lock) => openLock(lock, PASSPHRASE));
  };
  for (const [head, code] of [
    ['', 'damaged'],
    ['null', 'damaged'],
    ['"x"', 'damaged'],
    ['{}', 'unknown'],
  ])
    await assert.rejects(open(head), { code }, head);
});

// ---- what is kept of a photograph ----

test('an entry and its pictures go into bytes and come back', async () => {
  const thumb = new Blob(['thumb'], { type: 'image/jpeg' });
  const grey = new Blob(['grey'], { type: 'image/png' });
  const entry = { id: 3, name: 'ä.jpg', state: 'working', review: { by: 'Müller' }, thumb };
  const kept = { entry, visit: '2026-03-07T10:00:00Z', sha256: 'ab', type: 'image/jpeg', open: true };
  const back = await unpackEntry('key', await packEntry(kept));
  assert.equal(await back.entry.thumb.text(), 'thumb');
  assert.equal(back.entry.thumb.type, 'image/jpeg');
  assert.deepEqual(
    { ...back, entry: { ...back.entry, thumb } },
    { ...kept, key: 'key', entry: { ...entry, state: 'waiting' } },
  );
  const seen = await unpackPictures(
    await packPictures({ preview: thumb, mask: null, evidence: [{ id: 'glaucoma', grey, laid: thumb }] }),
  );
  assert.equal(seen.mask, null);
  assert.equal(seen.evidence[0].id, 'glaucoma');
  assert.deepEqual([seen.evidence[0].grey.type, await seen.evidence[0].grey.text()], ['image/png', 'grey']);
});

// ---- visits ----

const NOW = new Date(2026, 10, 28, 15);

test('the day of a photograph: by a folder that is called after one, else when it came', () => {
  for (const [path, visit, day] of [
    ['P3/2024-03-01/left.jpg', undefined, '2024-03-01'],
    ['P3/20240301/left.jpg', '2026-03-07T10:00:00Z', '2024-03-01'],
    ['2023.01.31/P3/left.jpg', null, '2023-01-31'],
    ['P3/2024-02-30/left.jpg', undefined, '2026-11-28'],
    ['P3/2027-01-01/left.jpg', undefined, '2026-11-28'],
    ['P3/19540312/left.jpg', undefined, '2026-11-28'],
    ['20240301_left.jpg', undefined, '2026-11-28'],
    ['camera-2026-11-24-140532.jpg', undefined, '2026-11-24'],
    ['left.jpg', '2026-03-07T10:00:00Z', '2026-03-07'],
    ['left.jpg', null, null],
  ])
    assert.equal(dayOf(path, visit, NOW), day, path);
});

let last = 0;
/** A photograph that was screened. */
function photograph(path, patient, eye, visit, sha256 = String(++last)) {
  const decision = { at: { balanced: { answer: 'no-finding', reasons: [] } } };
  const report = { image: { sha256 }, decision, diseases: [], quality: { gradability: 1 } };
  const entry = {
    path,
    patient,
    sitting: 'one',
    named: eye,
    chosen: null,
    state: 'done',
    result: { report, laterality: null },
  };
  return { key: path, entry, visit };
}

test('earlier visits: of the same patient, the latest first, not the same photograph, not today, not tomorrow', () => {
  const today = photograph('today.jpg', 'P1', 'OD', undefined, 'same');
  const all = [
    today,
    photograph('old.jpg', 'P1', 'OD', '2025-01-02T10:00:00Z'),
    photograph('older.jpg', 'P1', 'OS', '2024-01-02T10:00:00Z'),
    photograph('old-os.jpg', 'P1', 'OS', '2025-01-02T12:00:00Z'),
    photograph('undated.jpg', 'P1', 'OD', null),
    photograph('other.jpg', 'P2', 'OD', '2025-01-02T10:00:00Z'),
    photograph('now.jpg', 'P1', 'OS', undefined),
    photograph('again.jpg', 'P1', 'OD', '2025-01-02T10:00:00Z', 'same'),
    photograph('2027-01-02/later.jpg', 'P1', 'OD', '2027-01-02T10:00:00Z'),
  ];
  all.push({ ...photograph('failed.jpg', 'P1', 'OD', '2023-01-02T10:00:00Z') });
  all.at(-1).entry.state = 'failed';
  const visits = visitsBefore(today, all, NOW);
  assert.deepEqual(
    visits.map(({ day, photographs }) => [day, ...photographs.map(({ key }) => key)]),
    [
      ['2025-01-02', 'old.jpg', 'old-os.jpg'],
      ['2024-01-02', 'older.jpg'],
      [null, 'undated.jpg'],
    ],
  );
  assert.equal(comparedOf(visits[0], today.entry).key, 'old.jpg');
  assert.equal(comparedOf(visits[1], today.entry), null);
  const nobody = photograph('x.jpg', '', 'OD', undefined);
  assert.deepEqual(visitsBefore(nobody, [photograph('y.jpg', '', 'OD', '2025-01-02T10:00:00Z')], NOW), []);
});

test('visits of the table alone, by the days that its folders are called after', () => {
  const now = photograph('P1/2026-11-01/r.jpg', 'P1', 'OD', undefined);
  const before = photograph('P1/2025-11-01/r.jpg', 'P1', 'OD', undefined);
  const days = (of) => visitsBefore(of, [now, before], NOW).map(({ day }) => day);
  assert.deepEqual(days(now), ['2025-11-01']);
  assert.deepEqual(days(before), []);
});

test('of the same visit is what is kept of the same patient and day, in whichever list it stood', () => {
  const kept = [
    photograph('K1_OS.jpg', 'K1', 'OS', '2026-11-28T08:00:00Z'),
    photograph('2025-11-01/K1_OS.jpg', 'K1', 'OS', '2026-11-28T08:00:00Z'),
    photograph('K1_old.jpg', 'K1', 'OS', '2025-01-02T10:00:00Z'),
    photograph('K1_undated.jpg', 'K1', 'OS', null),
    photograph('K2_OS.jpg', 'K2', 'OS', '2026-11-28T08:00:00Z'),
    photograph('nobody.jpg', '', 'OS', '2026-11-28T08:00:00Z'),
  ];
  const of = (...entries) => ofSameVisit(kept, entries, NOW).map(({ key }) => key);
  const { entry } = photograph('K1_OD.jpg', 'K1', 'OD', undefined);
  assert.deepEqual(of(entry), ['K1_OS.jpg']);
  assert.deepEqual(of({ ...entry, path: '2025-11-01/K1_OD.jpg' }), ['2025-11-01/K1_OS.jpg']);
  assert.deepEqual(of({ ...entry, visit: null }), []);
  assert.deepEqual(of({ ...entry, patient: '' }), []);
  assert.deepEqual(of({ ...entry, shelf: true }), []);
});

/** @param {string} path @param {string} patient @param {string | undefined} visit @param {string | undefined} sitting */
function ofSitting(path, patient, visit, sitting) {
  const one = photograph(path, patient, path.includes('OD') ? 'OD' : 'OS', visit);
  one.entry.sitting = sitting;
  return one;
}

for (const [name, path] of [
  ['3', ''],
  ['IMG_0012', 'Kibera/'],
  ['Anna', ''],
  ['Anna', 'Monday/'],
  ['John', 'Kibera/'],
  ['Kibera', 'Kibera/'],
  ['P12', 'Ward A/'],
  ['Meier_Anna', 'clinic/Meier_Anna/'],
  ['00123456', ''],
  ['P1000001', 'DCIM/100EYE00/'],
])
  test(`${name} out of ${path || 'no folder'} is nobody from one sitting to the next, until somebody says so`, () => {
    const called = (
      /** @type {string} */ file,
      /** @type {string | undefined} */ visit,
      /** @type {string} */ sitting,
    ) => ofSitting(`${path}${name}_${file}.jpg`, name, visit, sitting);
    const today = called('OD', undefined, 'now');
    const kept = [
      called('OD_a', '2025-01-02T10:00:00Z', 'a'),
      called('OS_a', '2025-01-02T10:05:00Z', 'a'),
      called('OD_b', '2026-11-28T08:00:00Z', 'b'),
      called('OD_old', '2024-01-02T10:00:00Z', undefined),
      called('OS_old', '2024-01-02T11:00:00Z', undefined),
      ofSitting('4_OD.jpg', '4', '2024-01-02T11:00:00Z', 'a'),
    ];
    const keys = (visits) => visits.map(({ photographs }) => photographs.map(({ key }) => key));
    assert.deepEqual(visitsBefore(today, [today, ...kept], NOW), []);
    assert.deepEqual(ofSameVisit(kept, [today.entry], NOW), [], 'kept this morning, of another list');
    const others = namesakes(today, kept, NOW);
    assert.deepEqual(
      others.map(({ days }) => days),
      [['2026-11-28'], ['2025-01-02'], ['2024-01-02']],
      'each is asked about by itself',
    );
    assert.equal(others[1].person, personOf(kept[1].entry, kept[1].visit));
    for (const one of kept.slice(0, 2)) one.entry.person = personOf(today.entry, undefined);
    assert.deepEqual(keys(visitsBefore(today, [today, ...kept], NOW)), [[kept[0].key, kept[1].key]]);
    assert.equal(namesakes(today, kept, NOW).length, 2);
    kept[2].entry.person = personOf(today.entry, undefined);
    assert.deepEqual(
      ofSameVisit(kept, [today.entry], NOW).map(({ key }) => key),
      [kept[2].key],
    );
  });

test('the full name says the folders, but no days and cameras', () => {
  for (const [path, patient, full] of [
    ['Meier/Anna/1.jpg', 'Anna', 'Meier/Anna'],
    ['d1/Ward A/smith_OD.jpg', 'Ward A/smith', 'd1/Ward A/smith'],
    ['2026-03-01/P1_OD.jpg', 'P1', 'P1'],
    ['Fundus 12.03.2026/P1_OD.jpg', 'P1', 'P1'],
    ['Ward A 2026-03-01/P1_OD.jpg', 'P1', 'Ward A/P1'],
    ['DCIM/100CANON/Anna_OD.jpg', 'Anna', 'Anna'],
    ['P1/2024/03/OD.jpg', 'P1', 'P1'],
    ['camp/P1 OD/1.jpg', 'P1', 'camp/P1'],
    ['12 March 2024/P1_OD.jpg', 'P1', 'P1'],
  ])
    assert.equal(fullName({ path, patient }), full, path);
  const person = personOf({ path: 'Meier/Anna/1.jpg', patient: 'Anna', sitting: 'a' }, undefined);
  const other = { path: 'Huber/Anna/1.jpg', patient: 'Anna', sitting: 'b' };
  assert.notEqual(personOf(other, undefined), person);
  assert.equal(personOf({ ...other, person }, undefined), person, 'somebody said so');
});

/** Folders as clinics lay them out, each file with whose it is. @type {Record<string, string>[]} */
const LAYOUTS = [
  { 'Meier/Anna/1.jpg': 'a', 'Meier/Anna/OD.jpg': 'a', 'Huber/Anna/1.jpg': 'b', 'Huber/Bert/OS.jpg': 'c' },
  { 'Meier/Anna_OD.jpg': 'a', 'Meier/Anna_OS.jpg': 'a', 'Huber/Anna_OD.jpg': 'b', 'Huber/Bert_OS.jpg': 'c' },
  { 'v1/P1/OD.jpg': 'a', 'v1/P1/OS.jpg': 'a', 'v2/P1/OD.jpg': 'b', 'v2/P2/OD.jpg': 'c' },
  { 'village1/P1_OD.jpg': 'a', 'village1/P1_OS.jpg': 'a', 'village2/P1_OD.jpg': 'b', 'village2/P3.jpg': 'c' },
  { 'Mathare/M-001_OD.jpg': 'a', 'Mathare/M-001_OS.jpg': 'a', 'Mathare/M-002_OD.jpg': 'b', 'Kibera/M-001_OD.jpg': 'c' },
  { 'Mathare/Mathare-001.jpg': 'a', 'Mathare/Mathare-002.jpg': 'b', 'Kibera/Kibera-001_OD.jpg': 'c' },
  { 'North/North 12_OD.jpg': 'a', 'North/North 13_OS.jpg': 'b', 'South/South 4_OD.jpg': 'c' },
  {
    'Mathare/Meier Anna_OD.jpg': 'a',
    'Mathare/Huber_OD.jpg': 'b',
    'Kibera/Meier Anna_OS.jpg': 'c',
    'Kibera/Omondi.jpg': 'd',
  },
  { '2024-03-01/P1_OD.jpg': 'a', '8 mars 2024/P1_OS.jpg': 'a', '01.03.2024/P2_OD.jpg': 'b' },
  { 'P1/2024-03-01/OD.jpg': 'a', 'P1/8 March 2024/OS.jpg': 'a', 'P2/2024-03-01/OD.jpg': 'b' },
  { 'P1/OD/a.jpg': 'a', 'P1/OS/a.jpg': 'a', 'P2/OD/a.jpg': 'b' },
  { 'camp/P1 OD/a.jpg': 'a', 'camp/P1 OS/a.jpg': 'a', 'camp/P2 OD/a.jpg': 'b' },
  { 'OD/P1.jpg': 'a', 'OS/P1.jpg': 'a', 'OD/P2.jpg': 'b' },
  { 'room 1/Smith_OD.jpg': 'a', 'room 1/Jones_OD.jpg': 'b', 'room 2/Smith_OD.jpg': 'c' },
  { 'DCIM/100CANON/P1_OD.jpg': 'a', 'DCIM/101CANON/P1_OS.jpg': 'a', 'DCIM/100CANON/P2_OD.jpg': 'b' },
];

test('whatever part of its folders a list holds: within it each is one, and in the next one nobody is taken for another', () => {
  for (const layout of LAYOUTS) {
    const paths = Object.keys(layout);
    const lists = Array.from({ length: 2 ** paths.length - 1 }, (_, n) => paths.filter((_, i) => ((n + 1) >> i) & 1));
    const known = lists.map((list, at) =>
      guessNames(list).map(({ patient }, i) => {
        const named = { path: list[i], patient, sitting: String(at) };
        return { ...named, person: personOf(named, undefined) };
      }),
    );
    for (const before of known)
      for (const list of known)
        for (const one of before)
          for (const other of list) {
            const same = before === list && layout[one.path] === layout[other.path];
            const said = JSON.stringify([one, other]);
            assert.equal(one.person === other.person, same, said);
            if (before === list) assert.equal(one.patient === other.patient, same, said);
          }
  }
});

test('kept out of one folder, and the same name out of another: nothing of it is shown as his, and it is asked', () => {
  const today = ofSitting('Huber/Anna/OD.jpg', 'Anna', undefined, 'now');
  const kept = [
    ofSitting('Meier/Anna/OD.jpg', 'Anna', '2025-01-02T10:00:00Z', 'a'),
    ofSitting('Anna_OD.jpg', 'Anna', '2026-11-28T08:00:00Z', 'b'),
    ofSitting('Meier/Anna/OS.jpg', 'Meier/Anna', '2025-01-02T10:00:00Z', 'c'),
  ];
  assert.deepEqual(visitsBefore(today, [today, ...kept], NOW), []);
  assert.deepEqual(ofSameVisit(kept, [today.entry], NOW), [], 'kept this morning, of nobody knows whom');
  assert.deepEqual(
    namesakes(today, kept, NOW).map(({ full, days }) => [full, ...days]),
    [
      ['Anna', '2026-11-28'],
      ['Meier/Anna', '2025-01-02'],
    ],
  );
});

test('who comes beside another of the same number is called after something more', () => {
  const others = [
    { name: '3', person: 'a' },
    { name: '3 (2)', person: 'b' },
  ];
  assert.deepEqual(
    ['a', 'b', 'c'].map((person) => freeName('3', person, others)),
    ['3', '3 (2)', '3 (3)'],
  );
  const anna = { name: 'Anna', person: 'a' };
  assert.equal(freeName('Anna', 'b', [anna], 'Meier/Anna'), 'Meier/Anna');
  assert.equal(freeName('Anna', 'b', [anna, { name: 'Meier/Anna', person: 'c' }], 'Meier/Anna'), 'Anna (2)');
});
