/** How photographs come in: TIFF, folders, drops, pastes and the camera; and what does not come in is said in words. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, scratch } from '../js/native.mjs';
import { claim, page as tiffPage, writeTiff } from '../js/tiff-file.mjs';
import { assertHelpful, assertPrivate, loaded, SCREENSHOTS, settled, siteForAll, startWith } from './browser.mjs';
import { pdfText, squeezed } from './pdf.mjs';

/** Waits until the photograph of this name has its answer: the start is there a moment longer than it takes to be read. */
async function shows(page, name) {
  await page.waitForFunction((named) => document.getElementById('caption').textContent.includes(named), name);
  await settled(page);
}

const SAMPLE = join(ROOT, 'web/sample/retina.jpg');

const site = siteForAll();
let folder;
/** The sample's pixels as the page's own decoder gives them. @type {{ width: number, height: number, rgb: Uint8Array }} */
let sample;

before(async () => {
  folder = scratch();
  sample = await samplePixels();
});
after(() => rmSync(folder, { recursive: true }));

async function samplePixels() {
  const { page, close } = await site.open();
  const { width, height, base64 } = await page.evaluate(async () => {
    const { bitmapOf } = await import('/web/page/intake/bitmap.js');
    const bitmap = await bitmapOf(await (await fetch('/web/sample/retina.jpg')).blob());
    const [width, height] = [bitmap.width, bitmap.height];
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
    return { width, height, base64: await window.__base64(rgb) };
  });
  await close();
  return { width, height, rgb: new Uint8Array(Buffer.from(base64, 'base64')) };
}

/** The sample, turned so that its orientation tag turns it back. */
function sampleTiff({ orientation = 1, pages = 1, ...options } = {}) {
  const { width, height, rgb } = sample;
  let [values, w, h] = [rgb, width, height];
  if (orientation === 6) {
    [w, h] = [height, width];
    values = new Uint8Array(rgb.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) values[((width - 1 - x) * w + y) * 3 + c] = rgb[(y * width + x) * 3 + c];
  }
  const one = tiffPage(values, w, h, 3, {
    orientation,
    compression: 8,
    predictor: 2,
    ...options,
  });
  return writeTiff(Array(pages).fill(one), options);
}

/** @param {string} path @param {Buffer} bytes */
function file(path, bytes) {
  writeFileSync(join(folder, path), bytes);
  return join(folder, path);
}

/** A drop as the system makes it, files and folders alike. @param {string[]} paths */
async function drop(page, paths, { items = [] } = {}) {
  const session = await page.context().newCDPSession(page);
  const data = { items, files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', {
      type,
      x: 640,
      y: 400,
      data,
    });
  await session.detach();
}

/** What the box at the top says. */
async function errorOf(page) {
  await page.waitForSelector('#error:not([hidden])');
  return page.evaluate(() => ({
    code: document.getElementById('error').dataset.code,
    message: document.getElementById('error').textContent, // the program's own words, too, which are folded away
  }));
}

// ---- TIFF ----

test('a TIFF: the API has the numbers of the same pixels, upright; further pages are noted', async () => {
  const { page, seen, close } = await site.open();
  const plain = sampleTiff();
  const turned = sampleTiff({ orientation: 6, big: true, tile: 256, pages: 2 });
  const [jpeg, one, two] = await page.evaluate(
    async (files) => {
      const { load } = await import('/web/vmnet.js');
      const model = await load({ threads: 1, size: 256 });
      const blobs = [
        await (await fetch('/web/sample/retina.jpg')).blob(),
        ...files.map((base64) => new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))])),
      ];
      const results = [];
      for (const blob of blobs) {
        const r = await model.screen(blob, { heatmaps: false });
        const { name: _, sha256, ...image } = r.report.image;
        results.push({
          image,
          sha256,
          logits: r.diseases.map((d) => d.logit),
          notes: r.info.notes,
        });
      }
      model.close();
      return results;
    },
    [plain.toString('base64'), turned.toString('base64')],
  );
  assert.deepEqual(one.image, jpeg.image);
  assert.deepEqual(one.logits, jpeg.logits);
  assert.deepEqual([two.image, two.logits], [jpeg.image, jpeg.logits]);
  assert.notEqual(one.sha256, jpeg.sha256);
  assert.deepEqual(one.notes, jpeg.notes);
  assert.match(two.notes.at(-1), /TIFF of 2 pages: only the first/);
  const onPage = await page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name));
  assert.ok(!onPage.some((name) => name.includes('vendor/tiff.js')), 'the decoder never runs on the page');
  assertPrivate(seen, site.url);
  await close();
});

test('the page shows a TIFF as it shows the same photograph in another format, and screens it', async () => {
  const { page, seen, close } = await site.open();
  /** What the viewer shows, small; and what was found. */
  const shown = async (path) => {
    await page.setInputFiles('#file', path);
    await page.waitForFunction((name) => document.querySelector('#caption').textContent.includes(name), basename(path));
    await settled(page);
    assert.equal(await page.isHidden('#error'), true, await page.innerText('#error'));
    return page.evaluate(() => {
      const context = new OffscreenCanvas(48, 48).getContext('2d');
      context.drawImage(document.querySelector('#canvas'), 0, 0, 48, 48);
      return {
        pixels: [...context.getImageData(0, 0, 48, 48).data],
        found: document.querySelector('#diseases').innerText,
      };
    });
  };
  const jpeg = await shown(SAMPLE);
  const tiff = await shown(file('eye.tif', sampleTiff({ orientation: 6 })));
  assert.equal(tiff.found, jpeg.found);
  const apart = tiff.pixels.reduce((sum, v, i) => sum + Math.abs(v - jpeg.pixels[i]), 0) / tiff.pixels.length;
  assert.ok(apart < 1, `${apart} grey levels apart`);
  assertPrivate(seen, site.url);
  await close();
});

test("bitmapOf: a TIFF's pixels are those of the same photograph in another format", async () => {
  const { page, close } = await site.open();
  const worst = await page.evaluate(
    async (base64) => {
      const { bitmapOf } = await import('/web/page/intake/bitmap.js');
      const pixels = async (blob) => {
        const bitmap = await bitmapOf(blob);
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height);
      };
      const jpeg = await pixels(await (await fetch('/web/sample/retina.jpg')).blob());
      const tiff = await pixels(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
      if (jpeg.width !== tiff.width || jpeg.height !== tiff.height) return -1;
      return jpeg.data.reduce((most, v, i) => Math.max(most, Math.abs(v - tiff.data[i])), 0);
    },
    sampleTiff({ orientation: 6 }).toString('base64'),
  );
  assert.equal(worst, 0);
  await close();
});

test('TIFF files that are refused: too large by its directory, damaged, of a rare kind, grey', async () => {
  const { page, seen, close } = await site.open();
  const grey = Array.from({ length: 300 * 300 }, (_, i) => i % 256);
  const whole = sampleTiff();
  for (const [name, bytes, code, pattern] of [
    ['huge.tif', claim(20000, 20000), 'too-large', /20,?000 x 20,?000 pixels.*40 megapixels/s],
    ['cut.tif', whole.subarray(0, whole.length / 2), 'damaged', /cut\.tif/],
    ['rare.tif', claim(300, 300, [[259, 3, [50000]]]), 'format', /Zstandard.*save it/s],
    ['grey.tif', writeTiff([tiffPage(grey, 300, 300, 1)]), 'not-fundus', /grey\.tif/],
    ['big.tif', writeTiff([], { magic: 43 }), 'format', /BigTIFF/],
  ]) {
    await page.setInputFiles('#file', file(name, bytes));
    const said = await errorOf(page);
    assert.equal(said.code, code, said.message);
    assert.match(said.message, pattern);
    await settled(page);
    await page.click('#error-close');
  }
  assertPrivate(seen, site.url);
  await close();
});

test('a TIFF decoder that cannot be fetched is said; the page goes on', async () => {
  const { page, close } = await site.open({}, (p) => p.route('**/vendor/tiff.js', (route) => route.abort()));
  await page.setInputFiles('#file', file('eye.tif', sampleTiff()));
  const said = await errorOf(page);
  assert.equal(said.code, 'network', said.message);
  assert.match(said.message, /reads TIFF could not be loaded/);
  await page.setInputFiles('#file', SAMPLE);
  await settled(page);
  assert.equal(await page.isHidden('#error'), true);
  await close();
});

test('animations are refused by name, by the command in the same words', async () => {
  const { page, close } = await site.open();
  for (const [kind, name, options] of [
    ['WEBP', 'animated WebP', ''],
    ['PNG', 'APNG', ', default_image=True'],
    ['PNG', 'APNG', ''],
  ]) {
    const made = execFileSync(
      join(ROOT, 'build/venv/bin/python'),
      [
        '-c',
        `import io, sys
from PIL import Image
eye = Image.open(${JSON.stringify(SAMPLE)}).resize((512, 512))
out = io.BytesIO()
eye.save(out, "${kind}", save_all=True, append_images=[Image.new("RGB", (512, 512), "blue")], duration=100${options})
sys.stdout.buffer.write(out.getvalue())`,
      ],
      { maxBuffer: 1 << 24 },
    );
    const said = await page.evaluate(async (base64) => {
      const { load } = await import('/web/vmnet.js');
      const model = await load({ threads: 1, size: 256 });
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'eye.x');
      const of = async (given) => window.__error(model.screen(given));
      const all = [await of(file), await window.__error(model.decode(file).then((ahead) => model.screen(ahead)))];
      model.close();
      return all;
    }, made.toString('base64'));
    for (const error of said) {
      assertHelpful(
        error,
        'format',
        new RegExp(`an ${name} file, .*it is an animation: save one picture of it as PNG`),
      );
    }
    await page.setInputFiles('#file', file('eye.png', made));
    await page.waitForSelector('#error:not([hidden])');
    assert.match(await page.textContent('#error'), new RegExp(`\\(${name}\\)`));
    await page.setInputFiles('#file', SAMPLE);
    await settled(page);
  }
  await close();
});

test('of a file with more pictures than the one that was screened, that stands beside the answer, on paper and in files', async () => {
  const { page, seen, close } = await site.open();
  await page.setInputFiles('#file', {
    name: 'P1_OD.tif',
    mimeType: 'image/tiff',
    buffer: Buffer.from(sampleTiff({ pages: 2 })),
  });
  await settled(page);
  const said = 'Only number 1 of the 2 pictures in this file was screened.';
  await page.locator('#answer #only', { hasText: said }).waitFor();
  await page.screenshot({ path: join(SCREENSHOTS, 'inputs-only.png') });
  const saved = async (kind) => {
    await page.click('[data-testid=case-save]');
    const item = `#case-save-menu [data-export=${kind}]`;
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(item)]);
    return readFileSync(await download.path());
  };
  const { pages } = await pdfText(await saved('pdf'));
  assert.ok(squeezed(pages.join(' ')).includes(squeezed(said)), pages[0]);
  const csv = (await saved('csv')).toString('utf8');
  assert.equal(csv.split(said).length, 2, 'once, with the reason');
  const { entry } = JSON.parse((await saved('fhir')).toString('utf8'));
  const { conclusion } = entry.map(({ resource }) => resource).find((r) => r.resourceType === 'DiagnosticReport');
  assert.match(conclusion, /Of a TIFF of 2 pages: only the first was read\./);
  await page.selectOption('#language', 'fr');
  await page.locator('#answer #only', { hasText: 'seule la numéro 1' }).waitFor();
  // another photograph, of one picture
  await page.selectOption('#language', 'en');
  await page.setInputFiles('#file', { name: 'b.jpg', mimeType: 'image/jpeg', buffer: readFileSync(SAMPLE) });
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'b.jpg');
  await settled(page);
  assert.ok(await page.isHidden('#only'));
  assertPrivate(seen, site.url);
  await close();
});

// ---- drops, folders, pastes ----

test('a dropped folder becomes a series, with hidden files left out', async () => {
  const { page, seen, close } = await site.open();
  const clinic = join(folder, 'clinic');
  mkdirSync(join(clinic, 'deeper'), { recursive: true });
  for (const name of ['eye-10.jpg', 'eye-2.jpg', '.hidden.jpg', 'deeper/eye-1.jpg'])
    writeFileSync(join(clinic, name), readFileSync(SAMPLE));
  writeFileSync(join(clinic, 'empty.jpg'), '');
  await drop(page, [clinic]);
  await page.waitForSelector('.rail:not([hidden])'); // the list beside the case; all of it in the table
  await page.click('#to-batch');
  await page.waitForFunction(() => /eye-10\.jpg/.test(document.querySelector('#view-batch').innerText));
  const text = await page.innerText('#view-batch');
  for (const name of ['eye-1.jpg', 'eye-2.jpg', 'eye-10.jpg', 'empty.jpg']) assert.ok(text.includes(name), name);
  assert.ok(!text.includes('.hidden.jpg'));
  assertPrivate(seen, site.url);
  await close();
});

test('a chosen folder with one photograph in it is shown at once', async () => {
  const { page, close } = await site.open();
  const single = join(folder, 'single');
  mkdirSync(single);
  writeFileSync(join(single, 'eye.jpg'), readFileSync(SAMPLE));
  writeFileSync(join(single, '.DS_Store'), 'x');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.click('#more-inputs [data-action=folder]'),
  ]);
  await chooser.setFiles(single);
  await shows(page, 'eye.jpg');
  await close();
});

test('an empty folder is said in words; a dropped address or text changes nothing', async () => {
  const { page, seen, close } = await site.open();
  const nothing = join(folder, 'nothing');
  mkdirSync(nothing);
  await drop(page, [nothing]);
  const said = await errorOf(page);
  assert.match(said.message, /nothing.*no file in this folder.*choose/is);
  await page.click('#error-close');
  const here = page.url();
  await drop(page, [], {
    items: [
      {
        mimeType: 'text/uri-list',
        data: 'http://127.0.0.1:9/eye.jpg',
        title: '',
        baseURL: '',
      },
    ],
  });
  await drop(page, [], {
    items: [
      {
        mimeType: 'text/plain',
        data: 'not a photograph',
        title: '',
        baseURL: '',
      },
    ],
  });
  assert.equal(page.url(), here);
  assert.equal(await page.isHidden('#error'), true);
  assert.equal(await page.isHidden('#dropping'), true);
  assert.equal(await page.isVisible('#start'), true);
  assertPrivate(seen, site.url);
  await close();
});

test('pasted text changes nothing, a pasted photograph is screened', async () => {
  const { page, close } = await site.open();
  const paste = (kind) =>
    page.evaluate(async (what) => {
      const data = new DataTransfer();
      if (what === 'text') data.setData('text/plain', 'hello');
      else data.items.add(new File([await (await fetch('/web/sample/retina.jpg')).blob()], 'image.jpg'));
      dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
    }, kind);
  await paste('text');
  assert.equal(await page.isVisible('#start'), true);
  assert.equal(await page.isHidden('#error'), true);
  await paste('photograph');
  await shows(page, 'image.jpg');
  await close();
});

test('an empty file is said in words', async () => {
  const { page, close } = await site.open();
  await page.setInputFiles('#file', file('empty.tif', Buffer.alloc(0)));
  const said = await errorOf(page);
  assert.equal(said.code, 'format');
  assert.match(said.message, /empty/);
  await close();
});

// ---- the camera ----

/** A camera before which the sample photograph is held. */
async function withCamera(run) {
  const video = join(folder, 'eye.y4m');
  execFileSync(join(ROOT, 'build/venv/bin/python'), [join(ROOT, 'tests/browser/video.py'), video]);
  const camera = await startWith([
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
    '--use-fake-ui-for-media-stream',
  ]);
  try {
    await run(camera);
  } finally {
    await camera.stop();
  }
}

/** Remembers each track that the page was given. */
const watchTracks = () => {
  window.__tracks = [];
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await own(wish);
    window.__tracks.push(...stream.getTracks());
    return stream;
  };
};
const states = (page) => page.evaluate(() => window.__tracks.map((track) => track.readyState));
const inState = (page, state) => page.waitForSelector(`dialog.camera[data-state=${state}]`);

test('the camera: aim, take, look, take another, use; the camera is off afterwards', () =>
  withCamera(async (camera) => {
    const { page, seen, close } = await camera.open({}, (p) => p.addInitScript(watchTracks));
    await loaded(page);
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'aiming');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'camera-shoot', 'Enter takes the photograph');
    await page.waitForSelector('.camera-hint[data-hint=good]'); // a sharp photograph that holds still
    await page.screenshot({ path: join(SCREENSHOTS, 'camera.png') });
    await page.keyboard.press('Enter');
    await inState(page, 'looking');
    await page.screenshot({ path: join(SCREENSHOTS, 'camera-taken.png') });
    await page.click('#camera-again');
    await inState(page, 'aiming');
    await page.click('#camera-shoot');
    await inState(page, 'looking');
    await page.click('#camera-use');
    await page.waitForSelector('dialog.camera', { state: 'detached' });
    assert.deepEqual(await states(page), ['ended']);
    await settled(page);
    await shows(page, 'camera-');
    assert.match(await page.innerText('#caption'), /camera-\d{4}-\d\d-\d\d-\d{6}\.(jpg|png)/);
    assert.equal(await page.isHidden('#results'), false, await page.innerText('#error'));
    // Escape closes and ends it, too
    await page.evaluate(async () =>
      (await import('/web/page/intake/camera.js')).openCamera({
        receive: () => {},
      }),
    );
    await inState(page, 'aiming');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog.camera', { state: 'detached' });
    assert.deepEqual(await states(page), ['ended', 'ended']);
    assertPrivate(seen, camera.url);
    await close();
  }));

test('without ImageCapture the live picture is taken; a light can be switched; other cameras can be chosen', () =>
  withCamera(async (camera) => {
    const { page, close } = await camera.open({}, async (p) => {
      await p.addInitScript(watchTracks);
      await p.addInitScript(() => {
        delete window.ImageCapture;
        const own = MediaStreamTrack.prototype.getCapabilities;
        MediaStreamTrack.prototype.getCapabilities = function () {
          return { ...own.call(this), torch: true };
        };
        window.__wishes = [];
        MediaStreamTrack.prototype.applyConstraints = async (wish) => void window.__wishes.push(wish);
        const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        navigator.mediaDevices.enumerateDevices = async () => {
          const all = await list();
          const one = all.find((d) => d.kind === 'videoinput');
          return [
            ...all,
            {
              kind: 'videoinput',
              deviceId: one.deviceId,
              label: 'Second',
              groupId: '',
            },
          ];
        };
      });
    });
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'aiming');
    assert.equal(await page.getAttribute('#camera-torch', 'aria-pressed'), 'false');
    await page.click('#camera-torch');
    await page.waitForSelector('#camera-torch[aria-pressed=true]');
    assert.deepEqual(await page.evaluate(() => window.__wishes), [{ advanced: [{ torch: true }] }]);
    await page.selectOption('#camera-device', { label: 'Second' });
    await page.waitForFunction(() => window.__tracks.length === 2 && window.__tracks[0].readyState === 'ended');
    await inState(page, 'aiming');
    await page.click('#camera-shoot');
    await inState(page, 'looking');
    await page.click('#camera-use');
    await settled(page);
    await shows(page, 'camera-');
    assert.match(await page.innerText('#caption'), /camera-.*\.png/);
    assert.deepEqual(await states(page), ['ended', 'ended']);
    await close();
  }));

for (const [what, reason, words] of [
  ['refused', 'NotAllowedError', /may not use the camera.*Allow it/s],
  ['absent', 'NotFoundError', /No camera was found.*Connect one/s],
  ['in use', 'NotReadableError', /another program.*Close that one/s],
])
  test(`a camera that is ${what}: words, another try, and the way around`, async () => {
    const { page, seen, close } = await site.open({}, (p) =>
      p.addInitScript((name) => {
        window.__asked = 0;
        navigator.mediaDevices.getUserMedia = async () => {
          window.__asked += 1;
          throw new DOMException('no', name);
        };
      }, reason),
    );
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'failed');
    assert.match(await page.innerText('.camera-hint'), words);
    await page.click('#camera-retry');
    await page.waitForFunction(() => window.__asked === 2);
    await inState(page, 'failed');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#camera-choose')]);
    await chooser.setFiles(SAMPLE);
    await shows(page, 'retina.jpg');
    assertPrivate(seen, site.url);
    await close();
  });

test("the browser's own refusal, an unprotected connection, and a browser without cameras", async () => {
  const { page, close } = await site.open(); // headless Chromium asks nobody: refused, or nothing there
  await page.click('#more-inputs [data-action=camera]');
  await inState(page, 'failed');
  assert.match(await page.innerText('.camera-hint'), /may not use the camera|No camera was found/);
  await page.click('#camera-close');
  for (const [secure, words] of [
    [false, /protected connection.*https/s],
    [true, /gives pages no camera/],
  ]) {
    await page.evaluate((isSecure) => {
      Object.defineProperty(navigator, 'mediaDevices', {
        value: undefined,
        configurable: true,
      });
      Object.defineProperty(window, 'isSecureContext', {
        value: isSecure,
        configurable: true,
      });
    }, secure);
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'failed');
    assert.match(await page.innerText('.camera-hint'), words);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog.camera', { state: 'detached' });
  }
  await close();
});

test('a camera that is unplugged in mid-aim, and a dialog closed before the camera answers', () =>
  withCamera(async (camera) => {
    const { page, close } = await camera.open({}, (p) => p.addInitScript(watchTracks));
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'aiming');
    await page.evaluate(() => window.__tracks[0].dispatchEvent(new Event('ended')));
    await inState(page, 'failed');
    assert.match(await page.innerText('.camera-hint'), /disconnected/);
    await page.click('#camera-close');
    await page.evaluate(() => {
      const own = navigator.mediaDevices.getUserMedia;
      const gate = new Promise((resolve) => {
        window.__answer = resolve;
      });
      navigator.mediaDevices.getUserMedia = async (wish) => {
        await gate;
        return own(wish);
      };
    });
    await page.click('#more-inputs [data-action=camera]');
    await inState(page, 'starting');
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.__answer());
    await page.waitForFunction(() => window.__tracks.length === 2 && window.__tracks[1].readyState === 'ended');
    await close();
  }));
