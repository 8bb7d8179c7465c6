/** The package in others' pages: every way of embedding it screens the sample to the same report. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ROOT } from '../js/native.mjs';
import { BUILDS, install, viteDev } from './apps.mjs';
import { launchForAll, resultOf } from './chromium.mjs';
import { ISOLATION, serveFolder } from './server.mjs';

const browser = await launchForAll();
/** What the checkout's own module says. */
let wanted;

before(async () => {
  install();
  const page = `<!doctype html><title>Reference</title><script type="module">
    import { load } from './web/vmnet.js';
    const model = await load({ precision: 'int8' });
    const photograph = await (await fetch('web/sample/retina.jpg')).blob();
    window.done = model.screen(photograph, { name: 'retina.jpg' }).then(({ report }) => ({ report }));
  </script>`;
  const site = await serveFolder(ROOT, { pages: { 'index.html': page } });
  wanted = (await resultOf(browser, site.url)).report;
  await site.stop();
});

for (const [name, build] of Object.entries(BUILDS))
  test(`${name}, under a path prefix`, async () => {
    const site = await serveFolder(await build(), { prefix: '/portal/eyes/' });
    const { report, error, requests } = await resultOf(browser, site.url);
    await site.stop();
    assert.equal(error, undefined, error?.message);
    assert.deepEqual(report, wanted);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(site.url) && !url.endsWith('/favicon.ico')),
      [],
    );
  });

test("Vite's own server", async () => {
  const site = await viteDev();
  const { report, error } = await resultOf(browser, site.url);
  await site.stop();
  assert.equal(error, undefined, error?.message);
  assert.deepEqual(report, wanted);
});

for (const name of ['vite', 'webpack', 'no bundler'])
  test(`${name}, isolated: threads`, async () => {
    const site = await serveFolder(await BUILDS[name](), { headers: ISOLATION });
    const { report, error, info } = await resultOf(browser, site.url);
    await site.stop();
    assert.equal(error, undefined, error?.message);
    assert.equal(info.variant, 'relaxed-mt', info.notes.join('\n'));
    assert.deepEqual(report.decision, wanted.decision);
  });
