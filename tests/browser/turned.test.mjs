/** A photograph that lies on its side in its file: shown upright with all that lies on it, and said wherever its answer is. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { decode } from 'fast-png';
import ar from '../../web/page/words/ar.js';
import en from '../../web/page/words/en-later.js';
import { nativeScreen, ROOT, scratch } from '../js/native.mjs';
import { settled, siteForAll } from './browser.mjs';
import { file } from './pictures.mjs';

const site = siteForAll();

/** By so many degrees counter-clockwise. @type {Record<number, Buffer>} */
const lying = {};
const upright = readFileSync(join(ROOT, 'web/sample/glaucoma.jpg'));

before(async () => {
  const { page, close } = await site.open({ path: 'web/report.schema.json' });
  for (const [name, degrees] of [
    ['glaucoma', 90],
    ['alarm', 270],
  ]) {
    const text = await page.evaluate(
      async ([from, by]) => {
        const blob = await (await fetch(`/web/sample/${from}.jpg`)).blob();
        const image = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
        const canvas = new OffscreenCanvas(image.height, image.width);
        const context = canvas.getContext('2d');
        if (by === 90) context.setTransform(0, -1, 1, 0, 0, image.width);
        else context.setTransform(0, 1, -1, 0, image.height, 0);
        context.drawImage(image, 0, 0);
        return window.__base64(await (await canvas.convertToBlob()).arrayBuffer());
      },
      [name, degrees],
    );
    lying[degrees] = Buffer.from(text, 'base64');
  }
  await close();
});

/** @param {import('playwright-core').Page} page @param {string} name @param {Buffer} bytes */
async function open(page, name, bytes) {
  await page.setInputFiles('#file', file(name, bytes));
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, name);
  await settled(page);
}

/** What the canvas shows, made small. @param {import('playwright-core').Page} page */
const seenOf = (page) =>
  page.evaluate(async () => {
    await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
    const canvas = document.querySelector('#canvas');
    const context = new OffscreenCanvas(48, 32).getContext('2d');
    context.imageSmoothingQuality = 'high'; // beside a longer answer the stage is smaller
    context.drawImage(canvas, 0, 0, 48, 32);
    return [...context.getImageData(0, 0, 48, 32).data];
  });

const difference = (a, b) => a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;

const LAYERS = ['none', 'vessels', 'arteries', 'heat'];

test('it is shown upright, as the same photograph that lies upright in its file, layers and all', async () => {
  /** @type {Record<string, number[]>} */
  const shown = {};
  for (const [name, bytes] of [
    ['upright.jpg', upright],
    ['lying.png', lying[90]],
  ]) {
    const { page, seen, close } = await site.open(); // with a list beside the second it would be smaller
    await open(page, name, bytes);
    assert.equal(await page.getAttribute('#stage', 'data-photo'), '1024x683', name);
    await page.selectOption('#heat-style', 'colour');
    for (const layer of LAYERS) {
      if (layer !== 'none') await page.click(`#${layer}-on`);
      await page.mouse.move(0, 0);
      shown[`${name} ${layer}`] = await seenOf(page);
      if (layer !== 'none') await page.click(`#${layer}-on`);
    }
    const { image, orientation } = await page.evaluate(() => window.vmnetLast.report);
    const lies = name === 'lying.png';
    assert.deepEqual([image.width, image.height, orientation.turned], lies ? [683, 1024, 90] : [1024, 683, 0]);
    assert.deepEqual(seen.errors, []);
    await close();
  }
  for (const layer of LAYERS) {
    const [one, other] = [shown[`upright.jpg ${layer}`], shown[`lying.png ${layer}`]];
    const plain = shown['upright.jpg none'];
    const far = difference(one, other);
    assert.ok(far < 1, `${layer}: ${far}`);
    if (layer !== 'none') assert.ok(difference(one, plain) > 3 * far, `${layer} is to be seen`);
  }
});

test('beside the answer and in the facts it says that it was turned, and which way; of one that was not it says nothing', async () => {
  const { page, close } = await site.open();
  await open(page, 'right.png', lying[90]);
  assert.equal(await page.innerText('#only'), en['file.turned.90']);
  assert.ok(await page.isVisible('#only'));
  assert.ok((await page.textContent('#facts')).includes(en['file.turned.90']));
  await open(page, 'left.png', lying[270]);
  assert.equal(await page.innerText('#only'), en['file.turned.270']);
  await open(page, 'upright.jpg', upright);
  assert.ok(await page.isHidden('#only'));
  await close();
  const arabic = await site.open({ path: '#lang=ar' });
  await open(arabic.page, 'right.png', lying[90]);
  assert.equal(await arabic.page.innerText('#only'), ar['file.turned.90']);
  await arabic.close();
});

test('report and mask are those of the photograph as it lies in its file, as the command writes them', async () => {
  const { page, close } = await site.open();
  await open(page, 'lying.png', lying[90]);
  const path = join(scratch(), 'lying.png');
  writeFileSync(path, lying[90]);
  const native = nativeScreen(path);
  const saved = async (kind) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`[data-download=${kind}]`)]);
    return readFileSync(await download.path());
  };
  const report = JSON.parse((await saved('report')).toString());
  assert.deepEqual(
    [report.orientation.turned, report.decision, report.image.sha256],
    [90, native.report.decision, native.report.image.sha256],
  );
  const mask = decode(await saved('mask'));
  assert.deepEqual([mask.width, mask.height], [683, 1024]);
  const pixels = mask.data.filter((_, i) => i % mask.channels === 0);
  const wrong = pixels.filter((v, i) => v > 0 !== native.mask.data[i] > 0);
  assert.ok(wrong.length < 0.002 * native.mask.data.length, `${wrong.length} pixels`);
  const overlay = decode(await saved('overlay'));
  assert.deepEqual([overlay.width, overlay.height], [683, 1024]);
  // The disc's mask is whole: nothing of it is cut off by a rectangle that lies the other way.
  const edge = await page.evaluate(() => {
    const { width, height, data } = window.vmnetLast.disc;
    const isEdge = (i) => i % width === 0 || i % width === width - 1 || i < width || i >= width * (height - 1);
    return data.reduce((n, v, i) => n + (v > 0 && isEdge(i) ? 1 : 0), 0);
  });
  assert.equal(edge, 0);
  await close();
});

test('in the list: a quiet mark in the table, the sheet says it, its pictures stand upright; reopened, the case says it still', async () => {
  const { page, seen, close } = await site.open();
  const names = ['P1_OD.png', 'P2_OS.png', 'P3_OD.jpg'];
  await page.setInputFiles('#file', [file(names[0], lying[90]), file(names[1], lying[270]), file(names[2], upright)]);
  await page.click('[data-testid=batch-back]');
  const marks = page.locator('.batch-table .c-name .fine');
  await page.waitForFunction(() => document.querySelectorAll('.batch-table .c-name .thumb img').length === 3);
  const told = await marks.evaluateAll((all) => all.map((one) => [one.textContent, one.title]));
  assert.deepEqual(told.sort(), [
    [en['file.turned.short'], en['file.turned.270']],
    [en['file.turned.short'], en['file.turned.90']],
  ]);
  const shapes = await page
    .locator('.batch-table .c-name .thumb img')
    .evaluateAll((all) =>
      Promise.all(all.map((image) => image.decode().then(() => image.naturalWidth > image.naturalHeight))),
    );
  assert.deepEqual(shapes, [true, true, true], 'upright');
  await page.evaluate(() => {
    window.print = () => {
      window.printed = true;
    };
  });
  await page.click('[data-testid=batch-save]');
  await page.click('#batch-save-menu [data-export=print]');
  await page.waitForFunction(() => window.printed);
  const sheets = await page
    .locator('.sheet figcaption')
    .evaluateAll((all) =>
      all.map((one) => [
        one.querySelector('bdi')?.textContent,
        ...[...one.querySelectorAll('strong')].map((note) => note.textContent),
      ]),
    );
  const sheetOf = (name) => sheets.find(([first]) => first === name)?.slice(1);
  assert.deepEqual(names.map(sheetOf), [[en['file.turned.90']], [en['file.turned.270']], []]);
  const printed = await page
    .locator('.sheet figure img')
    .evaluateAll((all) =>
      Promise.all(all.map((image) => image.decode().then(() => image.naturalWidth > image.naturalHeight))),
    );
  assert.ok(printed.length > 3 && printed.every(Boolean), `upright on paper, with what counted: ${printed}`);
  await page.locator('.batch-table [data-part=open]', { hasText: names[0] }).click();
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, names[0]);
  await settled(page);
  assert.equal(await page.innerText('#only'), en['file.turned.90']);
  assert.equal(await page.getAttribute('#stage', 'data-photo'), '1024x683');
  assert.deepEqual(seen.errors, []);
  await close();
});

test('beside an earlier visit it says of which of the two, since a change may come from it', async () => {
  const { page, close } = await site.open();
  await open(page, 'lying.png', lying[90]);
  const told = await page.evaluate(async () => {
    const { FollowUp } = await import('/web/page/save/follow-up.js');
    const { Series } = await import('/web/page/worklist/series.js');
    const text = JSON.stringify(window.vmnetLast.report);
    const shown = [];
    for (const lies of [0, 1]) {
      const all = new Series().add([new File(['x'], 'P1_OD_1.jpg'), new File(['x'], 'P1_OD_2.jpg')]);
      for (const [i, entry] of all.entries()) {
        const report = JSON.parse(text);
        report.image.sha256 = String(i);
        if (i !== lies) {
          // of a program before, and of a file in which it stands upright: the sizes do not differ
          delete report.orientation;
          Object.assign(report.image, { width: report.image.height, height: report.image.width });
        }
        const visit = `202${4 + i}-03-07T10:15:00Z`;
        Object.assign(entry, { state: 'done', patient: 'P1', result: { report, measures: null }, visit });
      }
      const candidates = all.map((entry) => ({ key: entry.path, entry, visit: entry.visit }));
      const followUp = new FollowUp(() => candidates, { kept: () => [], unite: () => {} });
      followUp.show(all[1]);
      shown.push([...followUp.root.querySelectorAll('.warn')].map((one) => one.textContent));
    }
    return shown;
  });
  assert.deepEqual(told, [[`Then: ${en['file.turned.90']}`], [`Now: ${en['file.turned.90']}`]]);
  await close();
});
