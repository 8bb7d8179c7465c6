/** The page as people use it. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { decode } from 'fast-png';
import ar from '../../web/page/words/ar.js';
import core from '../../web/page/words/en.js';
import later from '../../web/page/words/en-later.js';
import { assertSameMask, assertSameReport, nativeScreen, ROOT, scratch } from '../js/native.mjs';
import { withAnswer } from './answers.mjs';
import {
  assertPrivate,
  atPoint,
  becomes,
  frames,
  loaded,
  SCREENSHOTS,
  settled,
  siteForAll,
  start,
} from './browser.mjs';
import { heldAndKept, saysWhyNot, withDrawn } from './drawn-layer.mjs';
import { BAD, file, sample } from './pictures.mjs';
import { prepare } from './states.mjs';

const en = { ...core, ...later };
/** Normal is no finding. */
const ANSWER_WORDS = Object.fromEntries(
  ['refer', 'unclear', 'repeat', 'no-finding'].map((answer) => [answer, en[`decision.${answer}`]]),
);
const findingsOf = (report) => report.diseases.filter((d) => d.id !== 'normal');
/** What an answer says about a disease, in the row's word. */
function wordOf({ reasons }, id) {
  const about = reasons.filter(({ disease }) => disease === id).map(({ code }) => code);
  return about.includes('finding') ? 'Suspected' : about.includes('near') ? 'Almost' : 'Not suspected';
}

/** The same as the row says it: of what is flagged with its cut. @param {Parameters<typeof wordOf>[0]} decision @param {{ id: string, cuts: Record<string, number> }} of @param {string} point */
function rowText(decision, { id, cuts }, point) {
  const word = wordOf(decision, id);
  const low = `${(100 * cuts[point]).toFixed(cuts[point] < 0.01 ? 2 : 1)}%`;
  return { Suspected: `Suspected from ${low}`, Almost: `Almost: suspected from ${low}` }[word] ?? word;
}

const site = siteForAll();

/** The pixels that the page hands to the network, as a PNG file for the command. */
async function pixelsFile(page, source) {
  const base64 = await page.evaluate(async (kind) => {
    let image;
    if (kind === 'sample') {
      const { decode } = await import('/web/photo/decode.js');
      const blob = await (await fetch('/web/sample/retina.jpg')).blob();
      ({ image } = await decode('retina.jpg', blob, new Uint8Array(await blob.arrayBuffer()), 40));
    } else {
      const { load } = await import('/web/vmnet.js');
      const model = await load({ threads: 1, size: 256 });
      image = (await model.phantom({ seed: 1, side: 1024 })).photo;
      model.close();
    }
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').putImageData(image, 0, 0);
    return window.__base64(await (await canvas.convertToBlob()).arrayBuffer());
  }, source);
  const file = join(scratch(), 'pixels.png');
  writeFileSync(file, Buffer.from(base64, 'base64'));
  return file;
}

async function download(page, kind) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-download=${kind}]`)]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

for (const [kind, action] of [
  ['sample', '.offer[data-action=sample]'],
  ['phantom', '.offer[data-action=phantom]'],
])
  test(`the ${kind}: the command's numbers on the same pixels, and no request leaves the origin`, async () => {
    const { page, seen, close } = await site.open();
    await page.click(action); // at once: it waits for the network by itself
    await settled(page);
    const report = JSON.parse((await download(page, 'report')).bytes.toString());
    const schema = JSON.parse(readFileSync(join(ROOT, 'web/report.schema.json'), 'utf8'));
    const validate = new Ajv2020.default({ allowUnionTypes: true }).compile(schema);
    assert.ok(validate(report), JSON.stringify(validate.errors));
    assert.equal(report.model.variant, 'relaxed-mt');
    const native = nativeScreen(await pixelsFile(page, kind));
    assertSameReport(report, native.report, report.model.variant);
    assert.equal(report.model.weights_sha256, native.report.model.weights_sha256);
    if (kind === 'sample') {
      const hash = nativeScreen(join(ROOT, 'web/sample/retina.jpg')).report.image.sha256;
      assert.equal(report.image.sha256, hash, 'the hash is that of the file');
    }

    const mask = decode((await download(page, 'mask')).bytes);
    const red = mask.data.filter((_, i) => i % mask.channels === 0);
    assertSameMask(red, native.mask);

    // what the page says is what the report holds
    assert.equal(
      await page.textContent('#summary'),
      kind === 'sample' ? ANSWER_WORDS[report.decision.answer] : en['phantom.summary'],
    );
    for (const d of findingsOf(report)) {
      const row = page.locator(`[data-disease="${d.id}"]`);
      const shown = (await row.locator('.percent').textContent()).replace(/[^\d.]/g, '');
      assert.ok(Math.abs(Number(shown) - d.probability * 100) <= 1, `${d.id}: ${shown} %`);
      const suspected = wordOf(report.decision, d.id) === 'Suspected';
      assert.equal((await row.getAttribute('class')).includes('plain'), !suspected);
    }
    // also what the Worker and its threads ask for is seen
    for (const part of ['engine.js', 'vmnet-relaxed-mt.mjs', 'vmnet-relaxed-mt.wasm', 'vmnet.safetensors'])
      assert.ok(
        seen.requests.some((u) => u.endsWith(part)),
        part,
      );
    assertPrivate(seen, site.url);
    await close();
  });

test('the policy stops what the page never tries', async () => {
  const { page, seen, close } = await site.open();
  const tried = await page.evaluate(async () => {
    const stopped = (promise) =>
      promise.then(
        () => false,
        () => true,
      );
    const other = `http://localhost:1/`;
    return [await stopped(fetch(other)), await stopped(import(`${other}x.js`))];
  });
  assert.deepEqual(tried, [true, true]);
  await becomes(async () => seen.violations.length >= 2, true, 'both are told'); // a moment after they were stopped
  await close();
});

test('a heatmap is chosen and left by mouse and by keyboard', async () => {
  const { page, close } = await site.open();
  await page.click('.offer[data-action=sample]');
  await settled(page);
  await page.click('#unlikely summary');
  const row = page.locator('[data-disease=glaucoma]');
  await row.click();
  assert.equal(await row.getAttribute('aria-pressed'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.disease), 'glaucoma', 'the focus stays');
  assert.match(await page.textContent('#legend .heat-name'), /glaucoma/);
  assert.equal(await page.locator('.disease[aria-pressed=true]').count(), 1, 'one at a time');
  assert.match(await page.textContent('#legend'), /scaled to its own maximum/);
  const heat = await download(page, 'heatmap');
  assert.equal(heat.name, 'retina-heatmap-glaucoma.png');
  assert.equal(decode(heat.bytes).width, 1411);
  const overlay = decode((await download(page, 'overlay')).bytes);
  assert.equal(overlay.width, 1411);
  await row.press('Enter');
  assert.equal(await row.getAttribute('aria-pressed'), 'false');
  // where none is shown, the one that would be is saved, and the button says whose
  const whose = await page.getAttribute('[data-download=heatmap]', 'title');
  const [, id] = (await download(page, 'heatmap')).name.match(/^retina-heatmap-(.+)\.png$/);
  assert.equal(whose, `Heatmap: ${en[`disease.${id}.name`]}`);
  // what cannot be shown says why, in place of what it would do
  for (const [name, wanted] of [
    ['disc', en['case.hold.disc']],
    ['arteries', en['case.hold.arteries']],
    ['lesions', en['case.hold.lesions']],
  ]) {
    const button = page.locator(`#${name}-on`);
    const title = await button.getAttribute('title');
    assert.equal(await button.isEnabled(), title === wanted, `${name}: ${title}`);
  }
  await close();
});

/** Runs in the page in place of what the network outlined: two circles, or by the file's name why there are none. */
function outlined(result, name) {
  const side = 120;
  const round = (radius) => ({
    x: 100,
    y: 100,
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side }, (_, i) =>
      Math.hypot((i % side) - side / 2, Math.floor(i / side) - side / 2) < radius ? 255 : 0,
    ),
  });
  const extent = { x: 160, y: 160, height: 0.1, height_px: 100, width: 0.1, width_px: 100, area: 0.01 };
  const seen = name === 'seen.jpg';
  const discAndCup = {
    valid: seen,
    reason: seen ? null : name.replace('.jpg', ''),
    vertical_ratio: seen ? 0.5 : null,
    area_ratio: seen ? 0.25 : null,
    disc: seen ? extent : null,
    cup: seen ? extent : null,
  };
  return {
    ...result,
    discAndCup,
    disc: seen ? round(50) : null,
    cup: seen ? round(25) : null,
    report: { ...result.report, disc_and_cup: discAndCup },
  };
}

test('optic disc and cup: outlined for as long as D is held, their ratio with its definition, or why there is none', async () => {
  const { page, close, screen } = await withDrawn(site, outlined);
  await screen('seen.jpg');
  await heldAndKept(page, {
    key: 'd',
    name: 'disc',
    other: 'lesions',
    legend: /optic disc.*cup/,
    described: /optic disc and cup outlined/,
  });
  await page.click('#numbers summary');
  const ratio = page.locator('[data-testid=cup-to-disc]');
  assert.match(await ratio.textContent(), /^0\.50.*Height of the cup divided by the height of the optic disc.*no unit/);
  await saysWhyNot(page, screen, 'disc', ratio, [
    ['not-gradable', /the photograph cannot be judged/],
    ['not-found', /the optic disc was not seen/],
    ['cut', /reaches the edge/],
    ['implausible', /not the shape of a disc or cup/],
    ['no-output', /these weights outline neither/],
  ]);
  await close();
});

test('the photograph alone at first; layers by buttons, and by keys for as long as they are held', async () => {
  const { page, seen, close } = await site.open();
  await page.click('.offer[data-action=sample]');
  await settled(page);
  const pixels = () => page.evaluate(() => document.querySelector('#canvas').toDataURL());
  const changes = (before) =>
    page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() !== old, before);
  const returns = (to) => page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() === old, to);
  assert.equal(await page.locator('.layer[aria-pressed=true]').count(), 0);
  assert.ok(await page.isHidden('#legend'));
  const clean = await pixels();
  for (const key of ['v', 'h']) {
    await page.keyboard.down(key);
    await changes(clean);
    await page.keyboard.up(key);
    await returns(clean);
  }
  // a letter that is written is no wish
  await page.click('#numbers summary');
  await page.focus('#eye');
  await page.keyboard.down('v');
  assert.equal(await pixels(), clean);
  await page.keyboard.up('v');

  await page.click('#heat-on');
  await changes(clean);
  assert.match(await page.textContent('#legend .heat-name'), /diabetic retinopathy/, 'the most likely one');
  const contour = await pixels();
  await page.selectOption('#heat-style', 'colour');
  await changes(contour);
  await page.click('#heat-on');
  await returns(clean);
  // where a row is pointed at, its place is shown
  await page.click('#unlikely summary');
  await page.hover('[data-disease=glaucoma]');
  await page.waitForFunction(() => /glaucoma/.test(document.querySelector('#legend .heat-name').textContent));
  await changes(clean);
  await page.hover('#summary');
  await returns(clean);

  await page.click('#wipe-on');
  assert.equal(await page.getAttribute('#vessels-on', 'aria-pressed'), 'true', 'something to compare with');
  assert.ok(await page.isVisible('#wipe'));
  assert.equal(await page.textContent('#wipe-left'), 'Photograph');
  await page.locator('#wipe').focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelector('#stage').style.getPropertyValue('--wipe') === '0');
  await page.click('#vessels-on');
  assert.ok(await page.isHidden('#wipe'), 'nothing is left to compare with');
  // what is laid on one photograph lies on the next
  await page.click('#vessels-on');
  await page.setInputFiles('#file', file('again.jpg', sample));
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'again.jpg');
  await settled(page);
  assert.equal(await page.locator('.layer[aria-pressed=true]').count(), 1);
  assert.match(await page.getAttribute('#canvas', 'aria-label'), /again\.jpg, vessels on/);
  assertPrivate(seen, site.url);
  await close();
});

test("rows say what the report says, with the words of the weights' operating points", async () => {
  const { page, close } = await site.open();
  await page.click('[data-testid=sample-button]');
  await settled(page);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.state), 'result');
  const report = JSON.parse((await download(page, 'report')).bytes.toString());
  const rows = await page
    .getByTestId('disease-row')
    .evaluateAll((all) =>
      all.map((r) => [r.dataset.id, Number(r.dataset.probability), r.querySelector('.verdict').textContent]),
    );
  /** What is flagged stands first. */
  const inOrder = (decision) =>
    ['Suspected', 'Almost', 'Not suspected'].flatMap((word) =>
      findingsOf(report).filter((d) => wordOf(decision, d.id) === word),
    );
  assert.deepEqual(
    rows,
    inOrder(report.decision).map((d) => [d.id, d.probability, rowText(report.decision, d, 'balanced')]),
  );
  const classes = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ size: 256 });
    const { classes: all } = model.info;
    model.close();
    return all;
  });
  for (const { id, points, threshold } of classes) {
    const cuts = [points.screening, points.balanced, points.specific].map((point) => point.threshold);
    // what calls more diseases calls fewer eyes normal
    if (id === 'normal') cuts.reverse();
    assert.ok(cuts[0] <= cuts[1] && cuts[1] <= cuts[2], id);
    assert.equal(cuts[1], threshold);
  }
  // another operating point is another answer of the same report
  const shown = () =>
    page.evaluate(() => ({
      headline: document.querySelector('#summary').textContent,
      words: [...document.querySelectorAll('.disease .verdict')].map((e) => e.textContent),
    }));
  for (const name of ['screening', 'specific', 'balanced']) {
    await atPoint(page, name);
    const here = report.decision.at[name];
    assert.deepEqual(
      await shown(),
      { headline: ANSWER_WORDS[here.answer], words: inOrder(here).map((d) => rowText(here, d, name)) },
      name,
    );
    const { decision: saved, diseases } = JSON.parse((await download(page, 'report')).bytes.toString());
    assert.deepEqual([saved.operating_point, saved.answer, saved.reasons], [name, here.answer, here.reasons]);
    for (const { id, threshold, positive, cuts } of diseases) {
      assert.equal(threshold, cuts[name], `${id}, ${name}`);
      if (id !== 'normal') assert.equal(positive, wordOf(here, id) === 'Suspected', `${id}, ${name}`);
    }
  }
  await close();
});

test('what a finding is suspected from stands in one line, in any language', async () => {
  for (const [key, flagged] of /** @type {const} */ ([
    ['sick', 2],
    ['moving', 1],
  ])) {
    const { page, close } = await site.open({ viewport: { width: 1280, height: 800 } }, withAnswer(key));
    await page.click('[data-testid=sample-button]');
    await settled(page);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const code of ['en', 'es', 'fr', 'zh', 'hi', 'ar']) {
        await page.selectOption('#language', code);
        await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
        await frames(page);
        const lines = await page.locator('#diseases .verdict').evaluateAll((all) =>
          all.map((one) => {
            const range = document.createRange();
            range.selectNodeContents(one);
            return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 8))).size;
          }),
        );
        assert.deepEqual(lines, new Array(flagged).fill(1), `${key}, ${width}, ${code}`);
        await page.locator('#diseases').screenshot({ path: join(SCREENSHOTS, `finding-${key}-${width}-${code}.png`) });
      }
    }
    await close();
  }
});

test('the language that was chosen last wins, in whatever order the words come', async () => {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, close } = await site.open({}, (p) =>
    p.route('**/words/hi.js', async (route) => {
      await held;
      await route.continue();
    }),
  );
  await loaded(page);
  const lang = () => page.evaluate(() => [document.documentElement.lang, document.querySelector('#language').value]);
  const came = page.waitForResponse(/words\/hi\.js/);
  await page.selectOption('#language', 'hi');
  await page.selectOption('#language', 'fr');
  await page.waitForFunction(() => document.documentElement.lang === 'fr');
  release();
  await came;
  await page.evaluate(() => import('/web/page/words/hi.js').then(() => new Promise((done) => setTimeout(done))));
  assert.deepEqual(await lang(), ['fr', 'fr']);
  // words that cannot be fetched: the page stays in its language, and the menu says so
  await page.route('**/words/zh.js', (route) => route.abort());
  await page.selectOption('#language', 'zh');
  await page.waitForSelector('#error:not([hidden])');
  assert.deepEqual(await lang(), ['fr', 'fr']);
  await close();
});

test('while the network is on its way the footer speaks the language that was chosen', async () => {
  const { page, close } = await site.open({}, prepare);
  const says = (words) =>
    page.waitForFunction(
      (texts) => texts.some((text) => document.querySelector('#status').textContent.startsWith(text)),
      ['load.waiting', 'phase.module', 'phase.weights'].map((key) => words[key]),
    );
  await says(en);
  await page.selectOption('#language', 'ar');
  await says(ar);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.state), 'loading');
  page.releaseWeights();
  await page.waitForSelector('#status[data-ready]');
  await page.click('[data-testid=sample-button]');
  await settled(page);
  const numbers = await page.textContent('#results');
  assert.match(numbers, /[0-9]/);
  assert.doesNotMatch(numbers, /[\u0660-\u0669]/, 'the same digits everywhere');
  await close();
});

test('the eye is corrected where it is shown: the report keeps the guess beside it', async () => {
  const { page, seen, close } = await site.open();
  await page.click('[data-testid=sample-button]');
  await settled(page);
  const schema = JSON.parse(readFileSync(join(ROOT, 'web/report.schema.json'), 'utf8'));
  const validate = new Ajv2020.default({ allowUnionTypes: true }).compile(schema);
  const saved = async () => {
    const report = JSON.parse((await download(page, 'report')).bytes.toString());
    assert.ok(validate(report), JSON.stringify(validate.errors));
    return report.laterality;
  };
  await page.click('#numbers summary');
  const eye = page.getByLabel('Eye of retina.jpg');
  const source = () => page.textContent('#eye-source');
  assert.equal(await eye.inputValue(), 'OS');
  assert.match(await source(), /by the side of the optic disc/);
  assert.ok(!('chosen' in (await saved())));

  await page.evaluate(() => {
    const say = document.querySelector('#say');
    window.said = [];
    new MutationObserver(() => window.said.push(say.textContent)).observe(say, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await eye.focus();
  await page.keyboard.press('ArrowUp');
  assert.equal(await eye.inputValue(), 'OD');
  assert.equal(await source(), 'corrected; by the optic disc: left (OS)');
  // the list may say that it is done, before or after
  await page.waitForFunction(() => window.said.some((text) => /^right \(OD\): corrected/.test(text)));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'eye', 'the focus stays');
  const { guess, chosen } = await saved();
  assert.deepEqual([guess, chosen], ['OS', 'OD']);

  // another language does not forget it
  await page.selectOption('#language', 'es');
  await page.waitForFunction(() => /corregido/.test(document.querySelector('#eye-source').textContent));
  assert.equal(await page.inputValue('#eye'), 'OD');
  await page.selectOption('#language', 'en');
  await page.waitForFunction(() => document.documentElement.lang === 'en');

  await page.selectOption('#eye', '');
  assert.equal((await saved()).chosen, null, 'not known, by a person');
  await page.selectOption('#eye', 'OS');
  assert.match(await source(), /by the side of the optic disc/);
  assert.ok(!('chosen' in (await saved())), 'back to the guess is no correction');

  await page.selectOption('#eye', 'OD');
  await page.click('#home');
  await page.click('.offer[data-action=phantom]');
  await page.waitForFunction(() => /^phantom/.test(window.vmnetLast?.report.image.name));
  await settled(page);
  assert.doesNotMatch(await source(), /corrected/, 'another photograph');
  assertPrivate(seen, site.url);
  await close();
});

test('eye and vessel measures are those of the report, each with its definition', async () => {
  const { page, close } = await site.open();
  await page.click('[data-testid=sample-button]');
  await settled(page);
  const report = JSON.parse((await download(page, 'report')).bytes.toString());
  assert.equal(report.laterality.guess, 'OS', 'the sample is a left eye');
  assert.equal(await page.textContent('#eye option:checked'), 'left (OS)');
  await page.click('#numbers summary');
  const table = await page
    .locator('#measures-table tbody tr')
    .evaluateAll((rows) => rows.map((r) => [...r.querySelectorAll('td')].map((d) => Number.parseFloat(d.textContent))));
  const { field, zone_b: b, zone_c: c } = report.vessels;
  const expected = [
    [field, b, c].map((m) => m.density * 100),
    [field, b, c].map((m) => m.length_density),
    [field, b, c].map((m) => m.branch_points),
    [field, b, c].map((m) => m.fractal_dimension ?? Number.NaN),
    [field, b, c].map((m) => m.width_px),
    [field, b, c].map((m) => m.tortuosity),
  ];
  for (const [i, row] of expected.entries())
    for (const [k, value] of row.entries())
      assert.ok(Object.is(table[i][k], value) || Math.abs(table[i][k] - value) < 0.051, `${i} ${k}: ${table[i][k]}`);
  await page.click('[data-measure=tortuosity]');
  assert.match(await page.textContent('#measures-text'), /1979/);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.measure), 'tortuosity');
  await close();
});

test('a link opens the phantom, the example and the heatmap that it names', async () => {
  const { page, seen, close } = await site.open({ path: '#sample=phantom-42-exudates-drusen&show=glaucoma' });
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'phantom-42-exudates-drusen');
  await settled(page);
  assert.match(await page.textContent('#legend .heat-name'), /glaucoma/);
  const same = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load();
    const { photo } = await model.phantom({ seed: 42, side: 1024, lesions: ['exudates', 'drusen'] });
    const logits = (await model.screen(photo)).diseases.map((d) => d.logit);
    model.close();
    return window.vmnetLast.diseases.every((d, i) => Math.abs(d.logit - logits[i]) < 1e-3);
  });
  assert.ok(same, 'another phantom was screened');
  // what was drawn, beside what was found
  await page.click('#wipe-on');
  assert.equal(await page.textContent('#wipe-left'), 'Truth');
  await page.evaluate(() => {
    location.hash = '#sample=missed';
  });
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'missed.jpg');
  await settled(page);
  assert.match(
    await page.textContent('#whose'),
    /data set says: diabetic retinopathy, which the network does not find/,
  );
  await page.click('#link');
  assert.equal(await page.evaluate(() => location.hash), '#sample=missed&show=none');
  assertPrivate(seen, site.url);
  await close();
});

test('each example of the home page: its answer is what its words promise, its licence stands beside it', async () => {
  const { page, seen, close } = await site.open();
  for (const [name, answers, disease] of [
    ['diabetic', ['refer'], 'diabetic-retinopathy'],
    ['glaucoma', ['refer'], 'glaucoma'],
    ['unclear', ['repeat'], null],
    ['missed', ['no-finding', 'unclear'], null],
  ]) {
    await page.click('#home');
    assert.match(await page.textContent(`[data-example=${name}] small`), /CC\sBY\s4\.0/);
    await page.click(`[data-example=${name}]`);
    await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, `${name}.jpg`);
    await settled(page);
    const { answer, reasons } = await page.evaluate(() => window.vmnetLast.report.decision);
    assert.ok(answers.includes(answer), `${name}: ${answer}`);
    if (disease !== null)
      assert.ok(
        reasons.some((r) => r.code === 'finding' && r.disease === disease),
        name,
      );
    if (name === 'missed') assert.ok(!reasons.some((r) => r.disease === 'diabetic-retinopathy'));
  }
  // home and back: what was screened is still there
  await page.click('#home');
  assert.ok(await page.isVisible('#start'));
  await page.click('#to-screen');
  assert.ok(await page.isVisible('#results'));
  assertPrivate(seen, site.url);
  await close();
});

test('cancel: while the network looks, and while it or the photograph is still loading', async () => {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const hold = async (route) => {
    await held;
    await route.continue();
  };
  const { page, close } = await site.open({}, async (p) => {
    await p.route('**/*.safetensors', hold);
    await p.route('**/sample/retina.jpg', hold);
  });
  await page.click('.offer[data-action=sample]');
  await page.click('#cancel');
  await settled(page);
  assert.ok(await page.isVisible('#start'));
  assert.ok(await page.isHidden('#error'), 'a cancelled photograph is no error');
  release();
  await loaded(page);

  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      if (!/network looks/.test(document.querySelector('#busy-text').textContent)) return;
      observer.disconnect();
      document.querySelector('#cancel').click();
    }).observe(document.querySelector('#busy-text'), { childList: true, characterData: true, subtree: true });
  });
  await page.click('.offer[data-action=sample]');
  await settled(page);
  assert.ok(await page.isHidden('#results'));
  assert.ok(await page.isVisible('#start'));

  await page.click('.offer[data-action=sample]');
  await settled(page);
  assert.ok(await page.isVisible('#results'));
  await close();
});

test('loading is cancelled and taken up again', async () => {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  const { page, close } = await site.open({}, (p) =>
    p.route('**/*.safetensors', async (route) => {
      await held;
      await route.continue().catch(() => {});
    }),
  );
  await page.click('#load-cancel');
  await loaded(page);
  assert.ok(await page.isVisible('#error'));
  release();
  await page.click('#error-retry');
  await page.waitForFunction(() => /^Ready/.test(document.querySelector('#status').textContent));
  await page.click('.offer[data-action=phantom]');
  await settled(page);
  assert.ok(await page.isVisible('#results'));
  await close();
});

test('a network that cannot be loaded is said, and can be loaded again', async () => {
  let broken = true;
  const { page, close } = await site.open({}, (p) =>
    p.route('**/*.safetensors', (route) => (broken ? route.fulfill({ status: 404 }) : route.continue())),
  );
  await page.waitForSelector('#error[data-code=network]:not([hidden])');
  await page.click('.offer[data-action=sample]');
  await page.waitForSelector('#error[data-code=network]:not([hidden])');
  await settled(page);
  assert.match(await page.textContent('#error-input'), /vmnet\.safetensors$/);
  assert.match(await page.textContent('#error-words'), /404/);
  broken = false;
  await page.click('#error-retry');
  await page.waitForFunction(() => /^Ready/.test(document.querySelector('#status').textContent));
  await page.click('.offer[data-action=sample]');
  await settled(page);
  assert.ok(await page.isVisible('#results'));
  await close();
});

test('bad files, one after the other, leave the page usable', async () => {
  const { page, seen, close } = await site.open();
  for (const [name, buffer, code] of BAD) {
    await page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
    await page.waitForSelector(`#error[data-code="${code}"]:not([hidden])`);
    await settled(page);
    assert.equal(await page.textContent('#error-input'), name);
    // in the language that the page speaks, also when it changes; what the program says stands apart
    for (const [lang, words] of [
      ['ar', ar],
      ['en', en],
    ]) {
      await page.selectOption('#language', lang);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
      const says = (key, values) => words[key].replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
      const limits = { side: '8,192', least: 256, megapixels: 40, mebibytes: 64 };
      // a code's own words, or those of one of its cases
      const [problem, remedy] = [await page.textContent('#error-problem'), await page.textContent('#error-remedy')];
      const cases = Object.keys(words).filter((key) => key.startsWith(`error.${code}.`) && key.endsWith('.problem'));
      const found = cases.find((key) => problem.endsWith(says(key, { ...limits, kind: 'GIF' })));
      assert.ok(found, `${name}: ${problem}`);
      assert.equal(remedy, words[found.replace(/problem$/, 'remedy')]);
      assert.match(await page.textContent('#error-words'), new RegExp(`^${name}: `));
    }
    assert.ok(await page.isVisible('#start'));
    await page.click('#error-close');
  }
  await page.setInputFiles('#file', join(ROOT, 'web/sample/retina.jpg'));
  await settled(page);
  assert.ok(await page.isVisible('#results'));
  // and with a result on the table, which stays
  await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await page.waitForSelector('#error:not([hidden])');
  await settled(page);
  assert.ok(await page.isVisible('#results'));
  assert.match(await page.textContent('#caption'), /retina\.jpg/);
  assertPrivate(seen, site.url);
  await close();
});

test('the last photograph wins, whatever was under way', async () => {
  const { page, seen, close } = await site.open();
  await page.evaluate(() => {
    for (const action of ['sample', 'phantom', 'sample'])
      document.querySelector(`.offer[data-action=${action}]`).click();
  });
  await settled(page);
  assert.match(await page.textContent('#caption'), /^retina\.jpg, 1411 x 1411/);
  await page.evaluate(() => {
    for (const action of ['sample', 'phantom']) document.querySelector(`.offer[data-action=${action}]`).click();
  });
  await settled(page);
  assert.match(await page.textContent('#caption'), /^phantom-2-haemorrhages, 1024 x 1024/);
  assert.equal(await page.evaluate(() => document.querySelector('#stage').dataset.photo), '1024x1024');
  assertPrivate(seen, site.url);
  await close();
});

test('drop and paste', async () => {
  const { page, close } = await site.open();
  const send = (type, key) =>
    page.evaluate(
      async ([t, k]) => {
        const blob = await (await fetch('/web/sample/retina.jpg')).blob();
        const data = new DataTransfer();
        data.items.add(new File([blob], `${t}ed.jpg`, { type: 'image/jpeg' }));
        dispatchEvent(
          new (t === 'drop' ? DragEvent : ClipboardEvent)(t, { [k]: data, cancelable: true, bubbles: true }),
        );
      },
      [type, key],
    );
  for (const [type, key] of [
    ['drop', 'dataTransfer'],
    ['paste', 'clipboardData'],
  ]) {
    await send(type, key);
    await page.waitForFunction(
      (name) => document.querySelector('#caption').textContent.includes(name),
      `${type}ed.jpg, 1411`,
    );
  }
  await close();
});

test('without isolation it runs on one thread and says so', async () => {
  const plain = await start('--no-isolation');
  const { page, seen, close } = await plain.open();
  await loaded(page);
  await page.click('#details summary');
  assert.match(await page.textContent('#detail-list'), /relaxed SIMD, one thread.*COOP and COEP/s);
  await page.click('.offer[data-action=sample]');
  await settled(page);
  assert.match(await page.textContent('#facts'), /relaxed, one thread/);
  assertPrivate(seen, plain.url);
  await close();
  await plain.stop();
});

test('names, labels and one heading of the first order', async () => {
  const { page, close } = await site.open();
  await page.click('.offer[data-action=phantom]');
  await settled(page);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, canvas, summary')]
      .filter((e) => !e.closest('[hidden]'))
      .filter((e) => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent.trim() || e.textContent.trim()))
      .map((e) => e.outerHTML),
  );
  assert.deepEqual(nameless, []);
  const headings = await page.evaluate(
    () => [...document.querySelectorAll('h1')].filter((h) => !h.closest('[hidden]')).length,
  );
  assert.equal(headings, 1);
  assert.ok(await page.isVisible('.notice'));
  assert.match(await page.textContent('.notice'), /not a medical device/);
  await close();
});

test('nothing is wider than the screen, from phone to projector; screenshots', async () => {
  for (const [width, height, ...schemes] of [
    [390, 844, 'light', 'dark'],
    [1280, 900, 'light', 'dark'],
    [1920, 1080, 'light'],
  ]) {
    const { page, close } = await site.open({
      viewport: { width, height },
      hasTouch: width < 500,
      reducedMotion: 'reduce',
    });
    const shot = async (name) => {
      await frames(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} at ${width}: ${wide} pixels wide`);
      await page.evaluate(() => scrollTo(0, 0));
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        await frames(page);
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
    };
    await loaded(page);
    await shot('start');
    await page.click('.offer[data-action=sample]');
    await settled(page);
    await shot('sample');
    await page.click('#heat-on');
    await page.click('#wipe-on');
    await page.click('#unlikely summary');
    await page.click('#numbers summary');
    await shot('layers');
    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.waitForSelector('#error:not([hidden])');
    await settled(page);
    await shot('error');
    await page.click('#home');
    await page.click('.offer[data-action=phantom]');
    await settled(page);
    await page.click('#wipe-on');
    await shot('phantom');
    await close();
  }
});
