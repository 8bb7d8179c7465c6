/** web/vmnet.js in Chromium, without the page's own code. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { encode } from 'fast-png';
import { startEngine } from '../js/engine-run.mjs';
import {
  assertSameLayer,
  assertSameMask,
  assertSameReport,
  nativeScreen,
  ROOT,
  scratch,
  VARIANTS,
} from '../js/native.mjs';
import { assertHelpful, assertPrivate, changeModule, siteForAll } from './browser.mjs';
import { BAD } from './pictures.mjs';

// Any small file of the same origin serves as a blank page that has the policy's headers.
const BLANK = { path: 'web/report.schema.json' };
const SIDE = 700;

const site = siteForAll();
let native;
before(async () => {
  const engine = await startEngine('simd', { size: 256 });
  const { rgba } = engine.phantom({
    seed: 5,
    side: SIDE,
    lesions: ['exudates'],
    cup: 0.5,
  });
  const file = join(scratch(), 'phantom.png');
  writeFileSync(file, encode({ width: SIDE, height: SIDE, data: new Uint8Array(rgba.buffer) }));
  native = nativeScreen(file);
});

for (const variant of VARIANTS)
  test(`${variant} gives the native command's numbers`, async () => {
    const { page, seen, close } = await site.open(BLANK);
    const got = await page.evaluate(
      async ([v, side]) => {
        const { load } = await import('/web/vmnet.js');
        const phases = new Set();
        const model = await load({
          variant: v,
          threads: 2,
          onProgress: (p) => phases.add(p.phase),
        });
        const drawn = await model.phantom({
          seed: 5,
          side,
          lesions: ['exudates'],
          cup: 0.5,
        });
        const r = await model.screen(drawn.photo, {
          name: 'phantom',
          vesselProbability: true,
          onProgress: (p) => phases.add(p.phase),
        });
        const out = {
          info: model.info,
          report: r.report,
          run: r.info,
          ids: r.diseases.map((d) => d.id),
          phases: [...phases],
          truth: drawn.vessels.data.filter((x) => x === 255).length,
          guideMap: [r.guideMap.width, r.guideMap.height, Math.min(...r.guideMap.data), Math.max(...r.guideMap.data)],
          probability: await window.__base64(r.vessels.probability),
          mask: await window.__base64(r.vessels.mask),
          unasked: (await model.screen(drawn.photo)).vessels.probability,
          heatmaps: await Promise.all(r.diseases.map((d) => window.__base64(d.heatmap.data))),
        };
        model.close();
        return out;
      },
      [variant, SIDE],
    );
    assert.equal(got.info.variant, variant);
    assert.equal(got.info.threads, variant.endsWith('-mt') ? 2 : 1);
    assert.equal(got.info.simd, variant.startsWith('relaxed') ? 'relaxed' : 'plain');
    assert.match(got.info.weightsSha256, /^[0-9a-f]{64}$/);
    assert.match(got.info.wasmSha256, /^[0-9a-f]{64}$/);
    assert.equal(got.report.model.binary_sha256, got.info.wasmSha256);
    assert.deepEqual(got.info.notes, []);
    assert.deepEqual(
      got.info.classes.map((c) => c.id),
      got.ids,
    );
    assert.deepEqual(got.phases.toSorted(), ['decode', 'layers', 'module', 'network', 'start', 'weights']);
    assert.ok(got.truth > 1000);
    assert.deepEqual(got.guideMap.slice(0, 2), [32, 32]);
    assert.ok(got.guideMap[2] >= 0 && got.guideMap[3] <= 1);
    assertSameReport(got.report, native.report, variant);
    const bytes = (text) => Buffer.from(text, 'base64');
    assertSameLayer(bytes(got.probability), native.probability, 'probability');
    assertSameMask(bytes(got.mask), native.mask);
    assert.equal(got.unasked, null, 'drawn, and nobody asked for it');
    for (const [i, d] of native.report.diseases.entries())
      if (d.heatmap_max > 0.01) assertSameLayer(bytes(got.heatmaps[i]), native.heatmaps[i], `heatmap ${d.id}`);
    assertPrivate(seen, site.url);
    await close();
  });

test('a phantom with wider vessels: they cover more, and the network measures them wider', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ threads: 1 });
    const all = [];
    for (const calibre of [0.6, undefined, 1.6]) {
      const drawn = await model.phantom({ seed: 8, side: 512, calibre });
      const { measures } = await model.screen(drawn.photo, { heatmaps: false });
      const pixels = drawn.vessels.data.reduce((n, v) => n + Number(v > 0), 0);
      all.push({
        told: drawn.vesselWidth,
        pixels,
        found: measures.field.width_px,
        disc: drawn.opticDisc,
      });
    }
    model.close();
    return all;
  });
  const [narrow, usual, wide] = got;
  for (const [i, factor] of [0.6, 1, 1.6].entries())
    assert.ok(Math.abs(got[i].told / usual.told - factor) < 1e-3, `${got[i].told} at ${factor}, else ${usual.told}`);
  assert.ok(narrow.pixels < usual.pixels && usual.pixels < wide.pixels);
  assert.ok(narrow.found < usual.found && usual.found < wide.found);
  assert.deepEqual(wide.disc, narrow.disc);
  await close();
});

test('every kind of photograph gives the same numbers, and is left as it was', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 400;
    canvas.getContext('2d').putImageData(photo, 0, 0);
    const offscreen = new OffscreenCanvas(400, 400);
    offscreen.getContext('2d').putImageData(photo, 0, 0);
    const blob = await offscreen.convertToBlob();
    const image = new Image();
    image.src = URL.createObjectURL(blob);
    await image.decode();
    const bitmap = await createImageBitmap(photo);
    const kinds = {
      photo,
      blob,
      file: new File([blob], 'eye.png'),
      canvas,
      offscreen,
      image,
      bitmap,
    };
    const logits = {};
    const names = {};
    for (const [kind, source] of Object.entries(kinds)) {
      const r = await model.screen(source, { heatmaps: false });
      logits[kind] = r.diseases.map((d) => d.logit).join();
      names[kind] = [r.report.image.name, r.report.image.sha256?.length ?? null];
    }
    const again = (await model.screen(bitmap, { heatmaps: ['glaucoma'] })).diseases
      .filter((d) => d.heatmap)
      .map((d) => d.id);
    model.close();
    return {
      logits,
      names,
      again,
      photo: photo.data.length,
      bitmap: bitmap.width,
    };
  });
  assert.equal(new Set(Object.values(got.logits)).size, 1, JSON.stringify(got.logits));
  assert.deepEqual(got.names.file, ['eye.png', 64]);
  assert.deepEqual(got.names.canvas, [null, null]);
  assert.deepEqual(got.again, ['glaucoma']);
  assert.equal(got.photo, 400 * 400 * 4);
  assert.equal(got.bitmap, 400);
  await close();
});

test('calls queue; cancelled ones reject at once and harm nobody', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const key = (r) => r.diseases.map((d) => d.logit).join();
    const first = key(await model.screen(photo));
    const together = await Promise.all([1, 2, 3].map(() => model.screen(photo, { heatmaps: false })));
    const order = [];
    const stop = new AbortController();
    const a = model.screen(photo).then(() => order.push('a'));
    const b = window.__error(model.screen(photo, { signal: stop.signal })).then((e) => {
      order.push('b');
      return e;
    });
    const c = model.screen(photo).then((r) => {
      order.push('c');
      return key(r);
    });
    stop.abort();
    const waiting = await b;
    await Promise.all([a, c]);
    const running = new AbortController();
    const busy = await window.__error(
      model.screen(photo, {
        signal: running.signal,
        onProgress: (p) => p.phase === 'network' && running.abort(),
      }),
    );
    const phases = [];
    const after = key(await model.screen(photo, { onProgress: (p) => phases.push(p.phase) }));
    const early = await window.__error(model.screen(photo, { signal: AbortSignal.abort() }));
    const last = key(await model.screen(photo));
    const closing = window.__error(model.screen(photo));
    model.close();
    return {
      first,
      together: together.map(key),
      order,
      waiting,
      busy,
      phases,
      after,
      early,
      last,
      closing: await closing,
      closed: await window.__error(model.screen(photo)),
    };
  });
  assert.deepEqual(new Set([...got.together, got.after, got.last]), new Set([got.first]));
  assert.deepEqual(got.order, ['b', 'a', 'c']);
  for (const error of [got.waiting, got.busy, got.early, got.closing]) {
    assert.equal(error.name, 'AbortError');
    assertHelpful(error, 'aborted', /cancelled/);
  }
  assert.equal(got.phases[0], 'start', 'a fresh Worker');
  assertHelpful(got.closed, 'argument', /closed; load\(\) another/);
  await close();
});

test('the answer: at the point that was asked for, and of several photographs, past the queue', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const usual = await model.screen(photo, { heatmaps: false });
    const { decision } = await model.screen(photo, {
      heatmaps: false,
      point: 'screening',
    });
    const other = {
      ...decision,
      at: {
        ...decision.at,
        specific: {
          answer: 'refer',
          reasons: [{ code: 'finding', disease: 'glaucoma' }],
          rest: 'not-suspected',
        },
      },
    };
    const order = [];
    const waiting = [1, 2, 3].map((k) => model.screen(photo, { heatmaps: false }).then(() => order.push(k)));
    const together = await model.decideTogether([decision, other], 'specific');
    order.push('together');
    await Promise.all(waiting);
    const stop = new AbortController();
    const busy = window.__error(
      model.screen(photo, {
        signal: stop.signal,
        onProgress: (p) => p.phase === 'network' && stop.abort(),
      }),
    );
    const unjudged = {
      at: {
        balanced: {
          answer: 'repeat',
          reasons: [{ code: 'dark' }],
          rest: 'not-judged',
        },
      },
    };
    const healthy = {
      at: {
        balanced: {
          answer: 'no-finding',
          reasons: [{ code: 'normal' }],
          rest: 'not-suspected',
        },
      },
    };
    const both = [];
    for (const eyes of [['OD', 'OD'], ['OD', 'OS'], undefined])
      both.push((await model.decideTogether([unjudged, healthy], 'balanced', eyes)).answer);
    for (const eyes of [
      ['OD', 'OS'],
      ['OD', 'OD'],
    ])
      both.push((await model.decideTogether([healthy, null], 'balanced', eyes)).answer);
    const beside = await model.decideTogether([decision]);
    await busy;
    const bad = [];
    for (const call of [
      () => model.screen(photo, { point: 'strict' }),
      () => model.decideTogether([decision], 'strict'),
      () => model.decideTogether([]),
      () => model.decideTogether([{}]),
      () => model.decideTogether([undefined]),
      () => model.decideTogether([decision, other], 'specific', ['OD']),
      () => model.decideTogether([decision], 'specific', [1]),
      () => model.decideTogether([decision], 'specific', 'OD'),
      () => model.decideTogether([{ at: { balanced: { answer: 'healthy', reasons: [] } } }]),
    ])
      bad.push(await window.__error(call()));
    const after = await model.decideTogether([decision], 'screening');
    model.close();
    bad.push(await window.__error(model.decideTogether([decision])));
    return {
      usual: usual.decision,
      report: usual.report.decision,
      decision,
      together,
      order,
      both,
      beside,
      bad,
      after,
    };
  });
  const { usual, decision } = got;
  assert.deepEqual(usual, got.report);
  assert.deepEqual([usual.operating_point, decision.operating_point], ['balanced', 'screening']);
  assert.deepEqual(decision.at, usual.at);
  const { answer, reasons, rest } = decision;
  assert.deepEqual({ answer, reasons, rest }, decision.at.screening);
  assert.equal(got.together.answer, 'refer');
  assert.ok(got.together.reasons.some((r) => r.disease === 'glaucoma'));
  assert.deepEqual(got.both, ['no-finding', 'repeat', 'repeat', 'repeat', 'no-finding']);
  assert.ok(got.order.indexOf('together') < 2, `answered after ${got.order}`);
  assert.deepEqual(got.beside, decision.at.balanced, 'a cancelled photograph does not take the answer along');
  assert.deepEqual(got.after, decision.at.screening, 'a refusal leaves the Worker as it was');
  for (const error of got.bad) assertHelpful(error, 'argument', /./);
  await close();
});

test('what waits is decoded while another is screened, and gives the same numbers', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    // What the Worker says of the first comes only once the second is decoded, however fast it was.
    let ahead = Promise.resolve();
    globalThis.Worker = class extends Worker {
      #said = Promise.resolve();
      set onmessage(hear) {
        super.onmessage = (event) => {
          this.#said = this.#said.then(() => ahead).then(() => hear(event));
        };
      }
    };
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const canvas = new OffscreenCanvas(400, 400);
    canvas.getContext('2d').putImageData(photo, 0, 0);
    const file = new File([await canvas.convertToBlob()], 'eye.png');
    const key = (r) => [...r.diseases.map((d) => d.logit), r.report.image.name, r.report.image.sha256].join();
    const plain = key(await model.screen(file));

    // Decoding counts here, on the page's side; the Worker has its own createImageBitmap.
    const decode = globalThis.createImageBitmap;
    const log = [];
    let decodes = () => {};
    globalThis.createImageBitmap = (...a) => {
      log.push('decoded');
      decodes();
      return decode(...a);
    };
    const told = (name) => (p) => {
      if (p.phase !== 'network') return;
      if (log.push(`${name} ${p.fraction}`) > 1) return;
      ahead = new Promise((resolve) => {
        decodes = resolve;
      });
    };
    const three = await Promise.all(['a', 'b', 'c'].map((name) => model.screen(file, { onProgress: told(name) })));
    globalThis.createImageBitmap = decode;

    const decoded = await model.decode(file);
    const size = [decoded.name, decoded.width, decoded.height];
    const once = key(await model.screen(decoded));
    const twice = await window.__error(model.screen(decoded));
    const closed = await model.decode(file, { name: 'other' });
    closed.close();
    const gone = await window.__error(model.screen(closed));
    const text = new File(['no photograph at all'], 'notes.txt');
    const bad = await window.__error(model.decode(text).then((it) => model.screen(it)));
    const [, queued] = await Promise.all([model.screen(file), window.__error(model.screen(text))]);
    const last = key(await model.screen(file));
    model.close();
    return {
      plain,
      three: three.map(key),
      log,
      size,
      once,
      twice,
      gone,
      bad,
      queued,
      last,
    };
  });
  assert.deepEqual(new Set([...got.three, got.once, got.last]), new Set([got.plain]));
  // the first in the Worker; the others here, one ahead: the second before the first is done, the third not before
  assert.equal(got.log.filter((what) => what === 'decoded').length, 2, got.log.join());
  assert.ok(got.log.indexOf('decoded') < got.log.indexOf('a 1'), got.log.join());
  assert.ok(got.log.lastIndexOf('decoded') > got.log.indexOf('a 1'), got.log.join());
  assert.deepEqual(got.size, ['eye.png', 400, 400]);
  assertHelpful(got.twice, 'argument', /eye\.png: it was screened or closed already; decode\(\) it again/);
  assertHelpful(got.gone, 'argument', /other: it was screened or closed already/);
  for (const error of [got.bad, got.queued]) assertHelpful(error, 'format', /notes\.txt: neither JPEG/);
  await close();
});

test('bad photographs name the input, the limit and the remedy; the model works on', async () => {
  const { page, seen, close } = await site.open(BLANK);
  await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    window.model = await load({ size: 256 });
    window.good = (await window.model.phantom({ seed: 2, side: 400 })).photo;
  });
  for (const [name, bytes, code, pattern] of BAD) {
    const error = await page.evaluate(
      async ([n, base64]) => {
        const data = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        return window.__error(window.model.screen(new File([data], n)));
      },
      [name, bytes.toString('base64')],
    );
    assert.ok(error.isVmnet, name);
    assertHelpful(error, code, pattern);
    assert.equal(await page.evaluate(async () => (await window.model.screen(window.good)).width), 400, `after ${name}`);
  }
  const wrong = await page.evaluate(async () => {
    const { model, good } = window;
    const errors = [];
    for (const [photo, options] of [
      [null],
      ['a.jpg'],
      [good, { guide: 2 }],
      [good, { guide: Number.NaN }],
      [good, { heatmaps: ['measles'] }],
      [good, { vesselProbability: 'yes' }],
      [good, { vesselProbability: null }],
    ])
      errors.push(await window.__error(model.screen(photo, options)));
    for (const spec of [{ seed: -1 }, { cup: 0 }, { calibre: 0.5 }, { calibre: 1.7 }, { lesions: ['scar'] }])
      errors.push(await window.__error(model.phantom(spec)));
    return errors;
  });
  for (const error of wrong) assert.equal(error.code, 'argument', error.message);
  const small = await page.evaluate(() => window.__error(window.model.screen(new ImageData(200, 300))));
  assertHelpful(small, 'too-small', /200 x 300 pixels/);
  assertPrivate(seen, site.url);
  await close();
});

test('every EXIF orientation is turned upright', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const [W, H] = [460, 420];
    const upright = new OffscreenCanvas(W, H);
    upright.getContext('2d').putImageData(photo, 50, 5); // off-centre, so that a mirror is noticed
    // How a camera that wrote this orientation had stored the upright photograph.
    const stored = [
      [1, 0, 0, 1, 0, 0],
      [-1, 0, 0, 1, W, 0],
      [-1, 0, 0, -1, W, H],
      [1, 0, 0, -1, 0, H],
      [0, 1, 1, 0, 0, 0],
      [0, -1, 1, 0, 0, W],
      [0, -1, -1, 0, H, W],
      [0, 1, -1, 0, H, 0],
    ];
    const discs = [];
    for (const [i, matrix] of stored.entries()) {
      const canvas = i < 4 ? new OffscreenCanvas(W, H) : new OffscreenCanvas(H, W);
      const context = canvas.getContext('2d');
      context.setTransform(...matrix);
      context.drawImage(upright, 0, 0);
      const jpeg = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 })).arrayBuffer());
      // 'Exif', big-endian TIFF header, one entry: Orientation (274), SHORT, 1
      const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, i + 1, 0, 0, 0, 0, 0, 0];
      const exif = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
      const app1 = new Uint8Array([0xff, 0xe1, 0, exif.length + 2, ...exif]);
      const r = await model.screen(new Blob([jpeg.subarray(0, 2), app1, jpeg.subarray(2)]));
      discs.push({ size: [r.width, r.height], ...r.fieldOfView });
    }
    const want = (await model.screen(upright)).fieldOfView;
    model.close();
    return { discs, want };
  });
  for (const [i, disc] of got.discs.entries()) {
    assert.deepEqual(disc.size, [460, 420], `orientation ${i + 1}`);
    for (const key of ['x', 'y', 'radius'])
      assert.ok(Math.abs(disc[key] - got.want[key]) < 1, `orientation ${i + 1}: ${JSON.stringify(disc)}`);
  }
  await close();
});

test('WebP and a PNG with transparency', async () => {
  const { page, close } = await site.open(BLANK);
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { photo } = await model.phantom({ seed: 2, side: 400 });
    const canvas = new OffscreenCanvas(400, 400);
    canvas.getContext('2d').putImageData(photo, 0, 0);
    const webp = await model.screen(await canvas.convertToBlob({ type: 'image/webp', quality: 1 }));
    for (let i = 3; i < photo.data.length; i += 4) photo.data[i] = 200;
    canvas.getContext('2d').putImageData(photo, 0, 0);
    const clear = await model.screen(await canvas.convertToBlob({ type: 'image/png' }));
    model.close();
    return [webp.fieldOfView.radius, clear.fieldOfView.radius];
  });
  assert.ok(Math.abs(got[0] - got[1]) < 1, got.join());
  await close();
});

// ---- what can go wrong on the way ----

/** load() on a page where `prepare` spoilt something. */
async function loadError(prepare, options = {}) {
  const { page, seen, close } = await site.open(BLANK, prepare);
  const got = await page.evaluate(async (o) => {
    const { load } = await import('/web/vmnet.js');
    return window.__error(load(o));
  }, options);
  await close();
  return { ...got, seen };
}

const weights = readFileSync(join(ROOT, 'weights/vmnet.safetensors'));

test('weights: missing, a web page, truncated, tampered', async () => {
  const answer = (reply) => (page) => page.route('**/*.safetensors', (route) => route.fulfill(reply));
  assertHelpful(
    await loadError(answer({ status: 404, body: 'no' })),
    'network',
    /vmnet\.safetensors: the server answered 404/,
  );
  assertHelpful(
    await loadError(answer({ contentType: 'text/html', body: '<!doctype html><p>Hello</p>' })),
    'weights',
    /vmnet\.safetensors: .*a web page/,
  );
  assertHelpful(await loadError(answer({ body: '' })), 'weights', /an empty file/);
  assertHelpful(
    await loadError(answer({ body: weights.subarray(0, weights.length >> 1) })),
    'weights',
    /vmnet\.safetensors: \d+ bytes, weights: /,
  );
  const tampered = Buffer.from(weights);
  tampered.fill(0x20, 8, 2000);
  tampered[8] = 0x7b;
  assertHelpful(await loadError(answer({ body: tampered })), 'weights', /vmnet\.safetensors/);
});

test('the module: missing, a web page, truncated', async () => {
  const answer = (reply) => (page) => page.route('**/*.wasm', (route) => route.fulfill(reply));
  assertHelpful(await loadError(answer({ status: 404, body: 'no' })), 'network', /\.wasm: the server answered 404/);
  const html = await loadError(
    answer({
      contentType: 'text/html',
      body: '<!doctype html><title>Oops</title>',
    }),
  );
  assertHelpful(html, 'network', /vmnet-relaxed-mt\.wasm: what came is not WebAssembly but a web page; .*wasmUrl/);
  const half = readFileSync(join(ROOT, 'build/wasm/vmnet-simd.wasm')).subarray(0, 5000);
  assertHelpful(await loadError(answer({ contentType: 'application/wasm', body: half })), 'network', /do not compile/);
});

test("the module's script: missing", async () => {
  const none = await loadError((page) => page.route('**/vmnet-*.mjs', (route) => route.fulfill({ status: 404 })));
  assertHelpful(none, 'network', /vmnet-relaxed-mt\.mjs: the module's script could not be loaded/);
});

test('the network is gone', async () => {
  const gone = await loadError((page) => page.route('**/*.safetensors', (route) => route.abort()));
  assertHelpful(gone, 'network', /vmnet\.safetensors: the weights could not be fetched/);
});

test('a wrong MIME type does not matter when the module is right', async () => {
  const { page, close } = await site.open(BLANK, (p) =>
    p.route('**/*.wasm', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        body: await response.body(),
        contentType: 'text/plain',
      });
    }),
  );
  const variant = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { variant: v } = model.info;
    model.close();
    return v;
  });
  assert.equal(variant, 'relaxed-mt');
  await close();
});

test('a variant that is not there gives way to the next one, and that is said', async () => {
  const { page, close } = await site.open(BLANK, (p) =>
    p.route('**/*-mt.wasm', (route) => route.fulfill({ status: 404 })),
  );
  const info = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { info: i } = model;
    model.close();
    return i;
  });
  assert.equal(info.variant, 'relaxed');
  assert.equal(info.threads, 1);
  assert.match(info.notes.join('\n'), /relaxed-mt was tried.*404/);
  await close();
});

test('a forced threaded variant runs with one thread and with four', async () => {
  const { page, close } = await site.open(BLANK);
  const threads = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const seen = [];
    for (const n of [1, 4]) {
      const model = await load({ size: 256, variant: 'simd-mt', threads: n });
      const { photo } = await model.phantom({ seed: 1, side: 300 });
      seen.push((await model.screen(photo)).report.model.threads);
      model.close();
    }
    return seen;
  });
  assert.deepEqual(threads, [1, 4]);
  await close();
});

test('no SIMD is refused with the browsers that have it', async () => {
  const none = await loadError((page) =>
    page.addInitScript(() => {
      WebAssembly.validate = () => false;
    }),
  );
  assertHelpful(none, 'unsupported', /no WebAssembly SIMD.*Chrome or Edge 91, Firefox 114, Safari 16\.4/);
  assert.ok(!none.seen.requests.some((u) => /wasm|safetensors/.test(u)), 'nothing was fetched for nothing');
});

test('a Worker that is refused or blocked', async () => {
  const refused = await loadError((page) =>
    page.addInitScript(() => {
      window.Worker = class {
        constructor() {
          throw new DOMException('not allowed', 'SecurityError');
        }
      };
    }),
  );
  assertHelpful(refused, 'worker', /worker\.js: the Worker could not be started \(not allowed\); .*worker-src/);
  const blocked = await loadError((page) => page.route('**/web/worker.js', (route) => route.abort()));
  assertHelpful(blocked, 'worker', /worker\.js: the Worker could not be started/);
});

test('wrong options of load()', async () => {
  for (const options of [
    { size: 300 },
    { size: 2048 },
    { threads: 0 },
    { threads: 65 },
    { variant: 'turbo' },
    { maxMegapixels: 41 },
    { maxMegapixels: 0 },
  ])
    assertHelpful(await loadError(undefined, options), 'argument', new RegExp(Object.keys(options)[0]));
  assertHelpful(await loadError(undefined, { weightsUrl: 'http://[' }), 'argument', /not an address/);
});

test("a photograph over the model's own limit names the option", async () => {
  const { page, close } = await site.open(BLANK);
  const [error, width] = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const urls = {
      weightsUrl: '../weights/vmnet.safetensors',
      wasmUrl: new URL('/build/wasm', location.href),
    };
    const model = await load({ size: 256, maxMegapixels: 0.5, ...urls });
    const { photo } = await model.phantom({ seed: 1, side: 700 });
    const e = await window.__error(model.screen(new ImageData(1000, 1000)));
    const r = await model.screen(photo);
    model.close();
    return [e, r.width];
  });
  assertHelpful(error, 'too-large', /1000 x 1000 pixels.*0\.5 megapixels.*maxMegapixels/);
  assert.equal(width, 700);
  await close();
});

test('load is cancelled in mid-fetch', async () => {
  const { page, close } = await site.open(BLANK, (p) => p.route('**/*.safetensors', () => {})); // never answers
  const error = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const stop = new AbortController();
    const pending = window.__error(load({ signal: stop.signal }));
    stop.abort();
    return [await pending, await window.__error(load({ signal: AbortSignal.abort() }))];
  });
  for (const e of error) {
    assert.equal(e.name, 'AbortError');
    assertHelpful(e, 'aborted', /cancelled/);
  }
  await close();
});

test('a crash in the Worker: the next photograph works, without any request', async () => {
  const { page, seen, close } = await site.open(BLANK, async (p) => {
    // A trap inside the module, and a Worker that dies of an uncaught error: both on demand.
    await changeModule(
      p,
      'web/engine.js',
      "request.onProgress?.('network', 0);",
      "if (request.name === 'trap') throw new WebAssembly.RuntimeError('unreachable');",
    );
    await changeModule(
      p,
      'web/worker.js',
      "onProgress('decode', 0);",
      "if (request.name === 'die') { setTimeout(() => { throw new Error('out of luck'); }); await new Promise(() => {}); }",
    );
  });
  const got = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    window.model = model;
    window.photo = (await model.phantom({ seed: 2, side: 400 })).photo;
    const key = (r) => r.diseases.map((d) => d.logit).join();
    const first = key(await model.screen(window.photo));
    const out = [];
    for (const name of ['trap', 'die']) {
      const error = await window.__error(model.screen(window.photo, { name }));
      out.push({
        error,
        same: key(await model.screen(window.photo)) === first,
      });
    }
    return out;
  });
  for (const { error, same } of got) {
    assertHelpful(error, 'runtime', /stopped.*a fresh/);
    assert.ok(same);
  }
  for (const ending of ['.wasm', '.safetensors'])
    assert.equal(seen.requests.filter((u) => u.endsWith(ending)).length, 1, `${ending} was fetched once`);
  await close();
});

test('close() ends the Workers', async () => {
  const { page, close } = await site.open(BLANK);
  await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    window.model = await load({ size: 256, threads: 2 });
  });
  assert.ok(page.workers().length >= 1);
  const ended = page.workers()[0].waitForEvent('close');
  await page.evaluate(() => window.model.close());
  await ended;
  await close();
});
