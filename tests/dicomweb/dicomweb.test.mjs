/** From a worklist to results in the archive, with a real one, by script and in the page: `make test-dicomweb`. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchForAll } from '../embed/chromium.mjs';
import { serveFolder } from '../embed/server.mjs';
import { ROOT, scratch } from '../js/native.mjs';
import { startArchive, TOKEN } from './orthanc.mjs';

const stage = (name) => import(join(ROOT, `build/package/stage/${name}.js`));
const python = (...args) => execFileSync(join(ROOT, 'build/venv/bin/python'), args, { encoding: 'utf8' });

let folder;
let archive;
let connect;
let dicom;

before(async () => {
  folder = scratch();
  python(join(ROOT, 'tests/dicom/objects.py'), join(ROOT, 'web/sample/retina.jpg'), folder);
  [{ connect }, dicom] = await Promise.all([stage('dicomweb'), stage('dicom')]);
  archive = await startArchive(folder);
});
after(() => {
  archive?.stop();
  rmSync(folder, { recursive: true });
});

/** @param {string} name */
const file = (name) => new Uint8Array(readFileSync(join(folder, `${name}.dcm`)));
const here = (options = {}) => connect({ url: archive.url, token: TOKEN, ...options });

test('without a token, and with a wrong one: 401, and the server’s own words', async () => {
  for (const token of [undefined, 'another'])
    for (const call of [(a) => a.studies(), (a) => a.store([file('j2k')])])
      await assert.rejects(call(here({ token })), (error) => {
        assert.equal(error.code, 'network');
        assert.equal(error.facts.status, 401);
        assert.match(error.message, /401 Unauthorized to \w+-RS: this archive wants a token; give a valid token/);
        return true;
      });
});

test('list, fetch JPEG 2000, screen, store Segmentation and report, read them back', async () => {
  const store = here();
  assert.deepEqual(await store.studies(), []);
  const sent = ['j2k', 'jpeg-ls', 'bad-ct'].map(file);
  const stored = await store.store(sent);
  assert.equal(stored.length, 3);
  const [study, ...others] = await store.studies({ PatientID: 'VM-1' });
  assert.deepEqual(others, []);
  assert.deepEqual(
    [study.study, study.patient.name, study.date, study.accession],
    ['2.25.1', 'Größe^Phantom', '20261127', 'A1'],
  );
  assert.deepEqual(await store.studies({ PatientID: 'nobody' }), []);
  const photographs = await store.photographs(study.study);
  assert.equal(photographs.length, 2, 'the CT slice is none');
  for (const { laterality, frames } of photographs) assert.deepEqual([laterality, frames], ['R', 1]);

  const { instance } = stored[0];
  const one = photographs.find((photograph) => photograph.instance === instance);
  const bytes = new Uint8Array(await (await store.fetch(one)).arrayBuffer());
  const photo = await dicom.readDicom(bytes);
  assert.equal(photo.dicom.transferSyntax, '1.2.840.10008.1.2.4.90', 'as the archive keeps it');
  assert.deepEqual(photo.data, (await dicom.readDicom(sent[0])).data);

  const { load } = await stage('node');
  const model = await load({ variant: 'simd', size: 256 });
  const result = await model.screen(photo, { file: bytes, name: 'one.dcm', heatmaps: false });
  await model.close();
  const made = await dicom.toDicom(result, { photograph: photo });
  const done = await store.store([made.segmentation, made.report, made.overlay]);
  assert.equal(done.length, 3);
  const [after] = await store.studies({ StudyInstanceUID: study.study });
  for (const modality of ['OP', 'SEG', 'SR']) assert.ok(after.modalities.includes(modality), `${after.modalities}`);

  const query = await fetch(`${archive.url}/studies/${study.study}/instances`, {
    headers: { Authorization: `Bearer ${TOKEN}`, Accept: 'application/dicom+json' },
  });
  const seriesOf = new Map((await query.json()).map((i) => [i['00080018'].Value[0], i['0020000E'].Value[0]]));
  for (const [i, name] of ['segmentation', 'report', 'overlay'].entries()) {
    const { instance: uid } = done[i];
    const back = await store.fetch({ study: study.study, series: seriesOf.get(uid), instance: uid });
    writeFileSync(join(folder, `${name}.dcm`), new Uint8Array(await back.arrayBuffer()));
  }
  const read = JSON.parse(python(join(ROOT, 'tests/dicom/read_back.py'), folder));
  assert.deepEqual(new Uint8Array(readFileSync(join(folder, 'mask.raw'))), new Uint8Array(result.vessels.mask));
  assert.deepEqual([read.segmentation.source, read.report.source], [instance, instance]);
  const { decision, diseases } = result.report;
  assert.equal(read.report.evaluations[0][1][0], `answer-${decision.answer}`);
  const glaucoma = diseases.find(({ id }) => id === 'glaucoma');
  assert.deepEqual(read.report.groups.glaucoma.find(([name]) => name === 'probability')[1][0], glaucoma.probability);
});

test('what the archive does not have, and what it does not take, is said in its own words', async () => {
  const store = here();
  const nowhere = { study: '1.2.3', series: '1.2.4', instance: '1.2.5' };
  await assert.rejects(store.fetch(nowhere), (error) => error.facts.status === 404 || error.facts.status === 400);
  assert.deepEqual(await store.photographs('1.2.3'), []);
  await assert.rejects(store.store([new Uint8Array(1000)]), (error) => {
    assert.equal(error.code, 'network', error.message);
    assert.equal(error.facts.stored, 0);
    assert.match(error.message, /STOW-RS|not store/);
    return true;
  });
});

test('worklist.html, by keyboard: 401 without a token; with it listed, screened, sent back; the token is kept nowhere', async (t) => {
  const beside = scratch();
  const other = await startArchive(beside);
  t.after(() => {
    other.stop();
    rmSync(beside, { recursive: true });
  });
  const store = here({ url: other.url });
  await store.store([file('j2k')]);
  const browser = await launchForAll();
  const site = await serveFolder(join(ROOT, 'build/package/stage'));
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => /Content Security|Trusted/.test(message.text()) && faults.push(message.text()));
  await page.goto(`${site.url}worklist.html?archive=${encodeURIComponent(other.url)}`);
  const says = (selector, text) =>
    page.waitForFunction(([s, t]) => document.querySelector(s)?.textContent.includes(t), [selector, text]);
  await says('h1', 'Worklist');
  await page.press('#address', 'Enter');
  await says('#error', 'The archive wants a valid token.');
  await says('#error details p', '401 Unauthorized to QIDO-RS: this archive wants a token');

  const before = other.asked.length;
  await page.fill('#token', TOKEN);
  await page.fill('#patient', 'VM-1');
  await page.press('#patient', 'Enter');
  await says('#status', 'Studies: 1');
  assert.ok(await page.isHidden('#error'));
  await page.locator('td button', { hasText: 'Größe, Phantom' }).press('Enter');
  await says('#status', 'Choose a photograph');
  await page.locator('#photographs button', { hasText: '1: right eye' }).press('Enter');
  await says('#status', 'Screened. Nothing was sent yet.');
  assert.ok(other.asked.slice(before).every(({ method }) => method === 'GET'));
  const screened = await page.evaluate(() => {
    const { report, vessels, dicom } = document.querySelector('vmnet-screen').result;
    return { answer: report.decision.answer, mask: Array.from(vessels.mask), instance: dicom.study.instance };
  });
  const [red, , blue] = await page
    .waitForFunction(() => {
      const canvas = document.querySelector('vmnet-screen').shadowRoot.querySelector('canvas[data-shows=vessels]');
      return canvas?.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    })
    .then((pixel) => pixel.evaluate((data) => Array.from(data)));
  assert.ok(red > 60 && red > blue, 'the photograph stands below its vessels');
  await page.evaluate(readFileSync(join(ROOT, 'tests/node_modules/axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
    [],
  );
  let release = () => {};
  const released = new Promise((resolve) => {
    release = () => resolve();
  });
  await page.route(`${other.url}/studies`, async (route) => {
    await released;
    await route.continue();
  });
  await page.press('#send', 'Enter');
  await says('#status', 'Sending');
  for (const part of ['#ask', '#studies', '#photographs'])
    assert.ok(await page.locator(part).evaluate((element) => element.inert), `${part} does not cut it off`);
  release();
  await says('#status', 'The archive has stored them: 2 objects.');
  for (const part of ['#ask', '#studies', '#photographs'])
    assert.ok(await page.locator(part).evaluate((element) => !element.inert), part);
  await page.screenshot({ path: join(ROOT, 'build/screenshots/worklist.png'), fullPage: true });

  assert.ok(!page.url().includes(TOKEN));
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  for (const told of [TOKEN, 'Phantom', 'VM-1']) assert.ok(!kept.includes(told), kept);

  const asked = [];
  await page.route(`${other.url}/studies?*`, async (route) => {
    asked.push(new URL(route.request().url()).searchParams);
    await route.fulfill({ json: Array(50).fill({}), headers: { 'Access-Control-Allow-Origin': '*' } });
  });
  await page.press('#patient', 'Enter');
  await says('#status', 'Studies: 50');
  await page.fill('#patient', 'VM-2');
  await page.press('#more', 'Enter');
  await says('#status', 'Studies: 100');
  assert.deepEqual(
    asked.map((query) => [query.get('PatientID'), query.get('offset')]),
    [
      ['VM-1', '0'],
      ['VM-1', '50'],
    ],
    'more of the same, though the field says something else by now',
  );
  await page.reload();
  assert.equal(await page.inputValue('#token'), '');
  assert.deepEqual(faults, []);
  await context.close();
  await site.stop();

  const query = await fetch(`${other.url}/instances`, {
    headers: { Authorization: `Bearer ${TOKEN}`, Accept: 'application/dicom+json' },
  });
  const names = { SEG: 'segmentation', SR: 'report' };
  for (const one of await query.json()) {
    const value = (tag) => one[tag].Value[0];
    const name = names[value('00080060')] ?? 'source';
    const file = await store.fetch({
      study: value('0020000D'),
      series: value('0020000E'),
      instance: value('00080018'),
    });
    writeFileSync(join(beside, `${name}.dcm`), new Uint8Array(await file.arrayBuffer()));
  }
  const read = JSON.parse(python(join(ROOT, 'tests/dicom/read_back.py'), beside));
  assert.deepEqual([...readFileSync(join(beside, 'mask.raw'))], screened.mask);
  assert.deepEqual([read.segmentation.source, read.report.source], [screened.instance, screened.instance]);
  assert.equal(read.report.evaluations[0][1][0], `answer-${screened.answer}`);
});
