/** What was written, as a viewer that others made draws it: OHIF before the same archive. `make test-ohif`. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { ARGS } from '../../browser/browser.mjs';
import { serveFolder } from '../../embed/server.mjs';
import { ROOT, scratch } from '../../js/native.mjs';
import { startArchive, TOKEN } from '../orthanc.mjs';

const OHIF = join(ROOT, 'build/deps/ohif');
const SCREENSHOT = join(ROOT, 'build/screenshots/ohif.png');
const PATIENCE_MS = 170_000;
const stage = (name) => import(join(ROOT, `build/package/stage/${name}.js`));

const folder = scratch();
/** What is to be ended, the last first. @type {(() => unknown)[]} */
const ends = [() => rmSync(folder, { recursive: true })];
after(async () => {
  for (const end of ends.reverse()) await end();
});

/** OHIF's own settings. @param {string} root of the archive */
const settings = (root) => `window.config = {
  routerBasename: null, extensions: [], modes: [], showStudyList: true, showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: false, maxNumberOfWebWorkers: 1, disableConfirmationPrompts: true,
  investigationalUseDialog: { option: 'never' }, defaultDataSourceName: 'archive',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'archive',
    configuration: {
      name: 'archive', wadoUriRoot: '${root}', qidoRoot: '${root}', wadoRoot: '${root}', qidoSupportsIncludeField: false,
      imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true, omitQuotationForMultipartRequest: true,
    },
  }],
};`;

/** The archive with one photograph and what was made of it. @returns {Promise<{ url: string, series: string }>} `series` of the Segmentation */
async function filled() {
  execFileSync(join(ROOT, 'build/venv/bin/python'), [
    join(ROOT, 'tests/dicom/objects.py'),
    join(ROOT, 'web/sample/retina.jpg'),
    folder,
  ]);
  const [{ connect }, dicom, { load }] = await Promise.all([stage('dicomweb'), stage('dicom'), stage('node')]);
  const file = new Uint8Array(readFileSync(join(folder, 'explicit.dcm')));
  const photo = await dicom.readDicom(file);
  const model = await load({ variant: 'simd', size: 256 });
  const result = await model.screen(photo, { file, name: 'one.dcm', heatmaps: false });
  await model.close();
  const { segmentation, report } = await dicom.toDicom(result);
  const archive = await startArchive(folder);
  ends.push(archive.stop);
  await connect({ url: archive.url, token: TOKEN }).store([file, segmentation, report]);
  const response = await fetch(`${archive.url}/series?Modality=SEG`, {
    headers: { Authorization: `Bearer ${TOKEN}`, Accept: 'application/dicom+json' },
  });
  const [one] = await response.json();
  return { url: archive.url, series: one['0020000E'].Value[0] };
}

/**
 * The shares of pixels that are a retina's red, and that are the vessels' cyan over it.
 * @param {Buffer} png of the page @param {{ x: number, y: number, width: number, height: number }} box of the picture in it
 */
async function sharesOf(png, box) {
  const [left, top, width, height] = [box.x, box.y, box.width, box.height].map(Math.floor);
  const data = await sharp(png).extract({ left, top, width, height }).removeAlpha().raw().toBuffer();
  let [retina, vessels] = [0, 0];
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] > data[i + 2] + 60) retina++;
    else if (data[i + 2] > data[i] + 15 && data[i + 1] > data[i] + 15 && data[i + 2] > 90) vessels++;
  }
  return { retina: (3 * retina) / data.length, vessels: (3 * vessels) / data.length };
}

test('OHIF draws the Segmentation over the photograph', { timeout: PATIENCE_MS + 60_000 }, async () => {
  assert.ok(existsSync(join(OHIF, 'index.html')), `${OHIF} is missing: make test-ohif fetches it`);
  mkdirSync(join(ROOT, 'build/screenshots'), { recursive: true });
  const { url, series } = await filled();
  const index = readFileSync(join(OHIF, 'index.html'), 'utf8');
  const site = await serveFolder(OHIF, {
    pages: { viewer: index, 'app-config.js': settings(url) },
    headersOf: (path) => (path === 'viewer' ? { 'Content-Type': 'text/html; charset=utf-8' } : {}),
  });
  ends.push(site.stop);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...ARGS.filter((arg) => arg !== '--disable-gpu'), '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
  ends.push(() => browser.close());
  const page = await browser.newPage({
    viewport: { width: 1000, height: 700 },
    extraHTTPHeaders: { Authorization: `Bearer ${TOKEN}` },
  });
  await page.addInitScript(() => localStorage.setItem('shownTours', '["basicViewerTour"]')); // a guide over the picture
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  await page.goto(`${site.url}viewer?StudyInstanceUIDs=2.25.1&initialSeriesInstanceUID=${series}`);
  const until = Date.now() + PATIENCE_MS;
  for (let shares = { retina: 0, vessels: 0 }; shares.retina < 0.05 || shares.vessels < 0.004; ) {
    if (Date.now() > until)
      assert.fail(`${JSON.stringify(shares)}; see ${SCREENSHOT}; OHIF said:\n${said.slice(-40).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const box = await page.locator('.cornerstone-canvas').first().boundingBox({ timeout: PATIENCE_MS });
    const png = await page.screenshot({ path: SCREENSHOT, timeout: PATIENCE_MS });
    if (box !== null) shares = await sharesOf(png, box);
  }
});
