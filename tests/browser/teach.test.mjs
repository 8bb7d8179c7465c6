/** The lab: its pictures and numbers are the network's, its truth is the phantom's. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { roundPhantoms } from '../../web/page/lab/rules.js';
import { ROOT, scratch } from '../js/native.mjs';
import { withAnswer } from './answers.mjs';
import { assertPrivate, loaded, SCREENSHOTS, settled, siteForAll } from './browser.mjs';
import { file } from './pictures.mjs';

const site = siteForAll();

/** Writes down which strengths the page asks the network for. */
const watch = (page) =>
  page.addInitScript(() => {
    window.asked = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message?.type === 'screen') window.asked.push(message.screen.guide);
      return postMessage.call(this, message, ...rest);
    };
  });

const open = (hash) => site.open({ path: `#view=teach${hash}` }, watch);

/** Until what is shown belongs to this strength, in tenths, and is compared with the guide off. */
const shows = (page, strength) =>
  page.waitForFunction(
    (wanted) =>
      document.querySelector('.teach-rows')?.dataset.strength === wanted &&
      document.querySelector('.teach-row .delta')?.dataset.off,
    String(strength),
  );

const slider = '#teach-part-how .teach-panel input[type=range]';

/** Moves the slider as a hand does: a step at a time, faster than the network. */
const slide = (page, ...strengths) =>
  page.evaluate(
    ([selector, values]) => {
      const input = document.querySelector(selector);
      for (const value of values) {
        input.value = String(value);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
    },
    [slider, strengths],
  );

const pictures = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.teach-flow canvas')].map((c) => [
        c.closest('[data-stage]').dataset.stage,
        c.toDataURL(),
      ]),
    ),
  );

/** The features as they were, and weighed by the guide: the halves of one picture. */
const halves = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector('[data-stage=guide] canvas');
    const { width, height } = canvas;
    const half = width / 2 - 4; // without the line between them
    return [0, width - half].map((left) => canvas.getContext('2d').getImageData(left, 0, half, height).data.join());
  });

/** What the view says: by disease, now and with the guide off. */
const said = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.teach-row')].map((row) => [
        row.dataset.id,
        [Number(row.querySelector('.percent').dataset.probability), Number(row.querySelector('.delta').dataset.off)],
      ]),
    ),
  );

/** The same from the API, on a model of the test's own. `of` is the sample, or how to draw a phantom. */
const direct = (page, of, guide) =>
  page.evaluate(
    async ([what, strength]) => {
      const { load } = await import('/web/vmnet.js');
      const model = await load();
      const source =
        what === 'sample'
          ? await (await fetch('/web/sample/retina.jpg')).blob()
          : (await model.phantom({ ...what, side: 1024 })).photo;
      const now = await model.screen(source, { guide: strength, heatmaps: false });
      const off = await model.screen(source, { guide: 0, heatmaps: false });
      model.close();
      return Object.fromEntries(
        now.diseases.map((d, i) => [d.id, [d.probability, off.diseases[i].probability, d.logit]]),
      );
    },
    [of, guide],
  );

function assertSameNumbers(shown, expected) {
  assert.deepEqual(Object.keys(shown), Object.keys(expected));
  for (const [id, [now, off]] of Object.entries(shown)) {
    assert.ok(Math.abs(now - expected[id][0]) < 1e-5, `${id}: ${now}, not ${expected[id][0]}`);
    assert.ok(Math.abs(off - expected[id][1]) < 1e-5, `${id} with the guide off: ${off}, not ${expected[id][1]}`);
  }
}

test('at 1280 pixels scenes, photograph and buttons stand in one line, read whole, in every language', async () => {
  const { page, close } = await site.open({ path: '#view=teach', viewport: { width: 1280, height: 800 } });
  await page.waitForSelector('.teach-top');
  for (const lang of await page.locator('#language option').evaluateAll((all) => all.map(({ value }) => value))) {
    await page.selectOption('#language', lang);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    const { bottoms, cut } = await page.evaluate(() => {
      const parts = ['.teach-tabs', '.teach-top .actions'].map((s) => document.querySelector(s));
      const select = document.querySelector('#teach-photo');
      const style = getComputedStyle(select);
      const context = document.createElement('canvas').getContext('2d');
      context.font = style.font;
      const room = select.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
      return {
        bottoms: parts.map((part) => Math.round(part.getBoundingClientRect().bottom)),
        cut: [...select.options].map(({ text }) => text).filter((text) => context.measureText(text).width > room),
      };
    });
    assert.equal(bottoms[0], bottoms[1], lang);
    assert.deepEqual(cut, [], lang);
  }
  await close();
});

test('the steps are pictures of the run: each another one, and the guide at 0 changes no feature', async () => {
  const { page, seen, close } = await open('');
  await shows(page, 10);
  const full = await pictures(page);
  assert.deepEqual(Object.keys(full), ['photo', 'vessels', 'guide', 'heatmap']);
  assert.equal(new Set(Object.values(full)).size, 4, 'two steps look alike');
  const fullHalves = await halves(page);
  const colours = await page.evaluate(() =>
    [...document.querySelectorAll('.teach-flow canvas')].map((c) => {
      const pixels = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
      return new Set(pixels).size;
    }),
  );
  assert.ok(
    colours.every((n) => n > 20),
    `colours of the pictures: ${colours}`,
  );
  for (const name of Object.keys(full)) {
    const button = page.locator(`.teach-flow [data-stage=${name}]`);
    assert.match(await button.locator('.teach-text').textContent(), /\S.*[.]$/, `${name} has no sentence`);
  }
  assertSameNumbers(await said(page), await direct(page, 'sample', 1));

  await page.locator(slider).fill('0');
  await shows(page, 0);
  const off = await pictures(page);
  const offHalves = await halves(page);
  assert.equal(offHalves[0], fullHalves[0], 'what the network noticed is the same, guided or not');
  assert.notEqual(offHalves[1], fullHalves[1], 'the guide is on');
  assert.equal(off.vessels, full.vessels, 'the guide does not touch the vessels');
  assert.match(await page.textContent('.teach-change'), /off/);
  assert.match(await page.textContent('[data-stage=guide] .teach-text'), /both halves/);
  const { glaucoma } = await said(page);
  assert.equal(glaucoma[0], glaucoma[1]);
  assertPrivate(seen, site.url);
  await close();
});

test('an arrow leads to each step from the one before, also into the next row, at every width', async () => {
  const { page, close } = await open('');
  await page.waitForFunction(() => document.querySelectorAll('.teach-flow li').length === 5);
  for (const [width, columns] of [
    [1920, 3],
    [1280, 3],
    [800, 2],
    [390, 1],
  ]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForFunction((wanted) => window.innerWidth === wanted, width);
    const arrows = await page.locator('.teach-flow li').evaluateAll((steps) =>
      steps.map((step) =>
        ['::before', '::after'].map((side) => {
          const { content, display } = getComputedStyle(step, side);
          return content !== 'none' && display !== 'none';
        }),
      ),
    );
    const wanted = arrows.map((_, i) => {
      const last = i % columns === columns - 1 || i === arrows.length - 1;
      const down = columns === 1; // below each but the last
      return [!down && i > 0 && i % columns === 0, down ? i < arrows.length - 1 : !last];
    });
    assert.deepEqual(arrows, wanted, `${width}`);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${width}: wider`);
  }
  await close();
});

test('another disease: its heatmap and its probability, and no other run', async () => {
  const { page, close } = await open('&sample=phantom-3-exudates');
  await shows(page, 10);
  const asked = await page.evaluate(() => window.asked.length);
  const row = (id) => page.locator(`.teach-row[data-id=${id}] input`);
  await row('cataract').check({ force: true });
  const one = await pictures(page);
  await row('diabetic-retinopathy').check({ force: true });
  const two = await pictures(page);
  assert.notEqual(one.heatmap, two.heatmap);
  assert.equal(one.guide, two.guide);
  const expected = await direct(page, { seed: 3, lesions: ['exudates'] }, 1);
  const [probability, , logit] = expected['diabetic-retinopathy'];
  const figure = page.locator('.teach-flow .teach-figure');
  assert.ok(Math.abs(Number(await figure.locator('.teach-p').getAttribute('data-probability')) - probability) < 1e-5);
  assert.ok(Math.abs(Number(await figure.locator('.teach-logit').getAttribute('data-logit')) - logit) < 1e-3);
  assert.match(await page.textContent('[data-stage=probability] .teach-title'), /diabetic retinopathy/);
  assert.match(await page.textContent('[data-stage=heatmap] .teach-text'), /not where a lesion is/);
  assert.equal(await page.evaluate(() => window.asked.length), asked + 2, 'more than the two runs of this test');
  await close();
});

test('sliding: one run at a time, the latest wins, and each strength is computed once', async () => {
  const { page, close } = await open('&sample=phantom-2-haemorrhages');
  await shows(page, 10);
  await page.evaluate(() => {
    window.asked.length = 0;
  });
  await slide(page, 9, 8, 7, 6, 5, 4, 3);
  await shows(page, 3);
  assert.deepEqual(await page.evaluate(() => window.asked), [0.9, 0.3]);
  assert.equal(await page.textContent('.teach-panel .teach-value'), '0.3');
  const three = await said(page);
  await slide(page, 9);
  await shows(page, 9);
  await slide(page, 10, 0, 3);
  await shows(page, 3);
  assert.deepEqual(await page.evaluate(() => window.asked), [0.9, 0.3], 'known strengths are computed again');
  assert.deepEqual(await said(page), three);
  assertSameNumbers(three, await direct(page, { seed: 2, lesions: ['haemorrhages'] }, 0.3));
  await close();
});

test('a link brings back photograph, strength and disease, and is copied as it came', async () => {
  const link = '#view=teach&sample=phantom-7&guide=0.5&show=diabetic-retinopathy';
  const { page, seen, close } = await site.open({ path: link }, watch);
  await shows(page, 5);
  assert.equal(await page.inputValue(slider), '5');
  assert.equal(await page.inputValue('#teach-photo'), 'phantom-7');
  assert.equal(await page.inputValue('.teach-row input:checked'), 'diabetic-retinopathy');
  assert.deepEqual(
    await page.evaluate(() => window.asked),
    [1, 0.5, 0],
    'the case, and the two strengths that are shown',
  );
  assertSameNumbers(await said(page), await direct(page, { seed: 7, lesions: [] }, 0.5));
  await page.click('[data-act=copy]');
  assert.equal(await page.evaluate(() => location.hash), link);
  await page.waitForFunction(() => /link/i.test(document.querySelector('.teach-copied').textContent));

  // another link while the page is open
  await page.evaluate(() => {
    location.hash = '#view=teach&sample=phantom-5&cup=0.8&guide=1&show=glaucoma';
  });
  await page.waitForFunction(() => document.querySelector('#teach-photo').value === 'phantom-5:0.8');
  await shows(page, 10);
  assert.equal(await page.inputValue('.teach-row input:checked'), 'glaucoma');
  assertSameNumbers(await said(page), await direct(page, { seed: 5, lesions: [], cup: 0.8 }, 1));
  await page.click('[data-act=copy]');
  assert.equal(await page.evaluate(() => location.hash), '#view=teach&sample=phantom-5&cup=0.8&guide=1&show=glaucoma');
  assertPrivate(seen, site.url);
  await close();
});

test('the photograph of the Screen view is the one that is explained; one of your own fits in no link', async () => {
  const { page, close } = await site.open({}, watch);
  const bytes = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ threads: 1, size: 256 });
    const { photo } = await model.phantom({ seed: 9, side: 600 });
    model.close();
    const canvas = new OffscreenCanvas(600, 600);
    canvas.getContext('2d').putImageData(photo, 0, 0);
    return window.__base64(await (await canvas.convertToBlob()).arrayBuffer());
  });
  await page.setInputFiles('#file', { name: 'mine.png', mimeType: 'image/png', buffer: Buffer.from(bytes, 'base64') });
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'mine.png');
  await page.click('#to-teach');
  await shows(page, 10);
  assert.equal(await page.inputValue('#teach-photo'), 'current');
  assert.match(await page.textContent('#teach-photo option:checked'), /mine\.png/);
  const last = await page.evaluate(() => window.vmnetLast.diseases.map((d) => d.probability));
  assert.deepEqual(
    Object.values(await said(page)).map(([now]) => now),
    last,
  );
  assert.ok(await page.isHidden('[data-act=copy]'));
  await close();
});

test('the larger view: keys step, the focus stays inside, Escape gives it back', async () => {
  const { page, close } = await open('&sample=phantom-1');
  await shows(page, 10);
  await page.locator('[data-stage=guide]').focus();
  await page.keyboard.press('Enter');
  const dialog = page.locator('dialog.teach-large');
  await dialog.waitFor({ state: 'visible' });
  const inside = () => page.evaluate(() => document.activeElement.closest('dialog') !== null);
  assert.ok(await inside(), 'the focus is not in the dialog');
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key);
    assert.ok(await inside(), `${key} leads out of the dialog`);
  }
  const title = () => dialog.locator('h2').textContent();
  const picture = () => dialog.locator('canvas').evaluate((c) => c.toDataURL());
  assert.equal(await title(), 'Vessel guide');
  const guide = await picture();
  await page.keyboard.press('ArrowRight');
  assert.match(await title(), /^Heatmap/);
  assert.notEqual(await picture(), guide);
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
  assert.match(await title(), /^Probability/, 'it ends with the last step');
  assert.ok(await dialog.locator('.teach-figure').isVisible());
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate(() => document.activeElement.dataset.stage), 'guide');
  await close();
});

test('in front of a class: one step at a time, by keys, and Escape leaves', async () => {
  const { page, seen, close } = await open('&sample=phantom-1');
  await shows(page, 10);
  await page.click('[data-act=present]');
  const presenter = page.locator('.teach-presenter');
  await presenter.waitFor({ state: 'visible' });
  await page.waitForFunction(() => document.fullscreenElement?.id === 'view-teach');
  assert.ok(await page.isHidden('.teach-flow'));
  const title = () => presenter.locator('h2').textContent();
  assert.equal(await title(), 'Photograph');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('PageDown');
  assert.equal(await title(), 'Vessel guide');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await title(), 'Vessels');
  await page.keyboard.press('ArrowDown');
  await shows(page, 9);
  assert.equal(await presenter.locator('input[type=range]').inputValue(), '9');
  await presenter.locator('input[type=range]').focus();
  await page.keyboard.press('ArrowRight');
  await shows(page, 10);
  assert.equal(await title(), 'Vessels', 'the keys of the slider are its own');
  await presenter.locator('select').selectOption('glaucoma');
  await presenter.locator('h2').focus();
  await page.keyboard.press('End');
  assert.equal(await title(), 'Probability: glaucoma');
  await page.keyboard.press('Escape');
  await presenter.waitFor({ state: 'hidden' });
  assert.ok(await page.isVisible('.teach-flow'));
  await page.waitForFunction(() => document.fullscreenElement === null);
  assertPrivate(seen, site.url);
  await close();
});

test('in front of a class all of a step is in sight on a small projector, in every language', async () => {
  const { page, close } = await open('&sample=retina');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.waitForFunction(() => window.innerHeight === 800);
  await page.click('[data-act=copy]');
  await page.waitForFunction(() => document.querySelector('.teach-copied').textContent !== '');
  await page.click('[data-act=present]');
  await page.locator('.teach-presenter').waitFor({ state: 'visible' });
  assert.equal(await page.textContent('.teach-copied'), '', 'said before, of another state');
  for (const lang of await page.locator('#language option').evaluateAll((all) => all.map(({ value }) => value))) {
    await page.selectOption('#language', lang, { force: true });
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
    await page.keyboard.press('Home');
    for (let step = 0; step < 5; step++) {
      const { inside, least } = await page.evaluate(() => {
        const root = document.querySelector('.teach.presenting');
        const end = document.querySelector('.teach-presenter .teach-hints').getBoundingClientRect().bottom;
        const { width } = document.querySelector('.teach-presenter .teach-slide-picture').getBoundingClientRect();
        return { inside: root.scrollHeight <= root.clientHeight && end <= window.innerHeight, least: width };
      });
      await page.screenshot({ path: join(SCREENSHOTS, `present-${lang}-${step}.png`) });
      assert.ok(inside, `${lang}, step ${step + 1}`);
      assert.ok(least > 380, `${lang}, step ${step + 1}: a picture ${least} wide`);
      await page.locator('.teach-presenter .primary').evaluate((next) => next.click());
    }
  }
  await close();
});

test('break it: why the answer is what it is stands under it, by the reasons of the decision', async () => {
  for (const [key, why] of [
    ['moving', /Almost suspected: glaucoma\./],
    ['vague', /does not look clearly normal\. Weak signs of several things together/],
  ]) {
    const { page, close } = await site.open({ path: '#view=teach&part=break&sample=retina' }, withAnswer(key));
    await page.waitForFunction(() => /Unclear/i.test(document.querySelector('.break-answer')?.textContent));
    assert.match(await page.textContent('[data-testid=break-because]'), why);
    assert.match(await page.textContent('.break-rows li:last-child'), /no disease at or near its own cut/);
    await page.screenshot({ path: join(SCREENSHOTS, `break-because-${key}.png`) });
    await close();
  }
});

test('break it: covered, drawn on, blurred, recoloured: every number is the network’s on that picture', async () => {
  const { page, seen, close } = await site.open({ path: '#view=teach&part=break&sample=retina' });
  const before = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.break-rows .percent')].map((e) => Number(e.dataset.probability)),
    );
  await page.waitForFunction(() => /^The answer stays/.test(document.querySelector('.break-answer')?.textContent));
  const first = await before();
  assert.equal(first.length, 8);
  assert.match(await page.textContent('.break-rows li:last-child'), /^Normal.*needs at least [\d.]+% here/);
  assert.ok(await page.isDisabled('.teach-break [data-act=reset]'));
  /** What the network says of what is to be seen. */
  const direct = () =>
    page.evaluate(async () => {
      const { load } = await import('/web/vmnet.js');
      const model = await load();
      const canvas = document.querySelector('.break-stage canvas');
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const { diseases } = await model.screen(pixels, { heatmaps: [] });
      model.close();
      const normal = diseases.filter(({ id }) => id === 'normal');
      return [...diseases.filter(({ id }) => id !== 'normal'), ...normal].map(({ probability }) => probability);
    });
  const settledOn = async () => {
    const wanted = await direct();
    await page.waitForFunction((all) => {
      const shown = [...document.querySelectorAll('.break-rows .percent')].map((e) => Number(e.dataset.probability));
      return shown.every((p, i) => Math.abs(p - all[i]) < 1e-4);
    }, wanted);
  };
  const box = await page.locator('.break-stage canvas').boundingBox();
  await page.locator('input[name=break-tool][value=exudate]').check({ force: true });
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.5);
  await page.mouse.down();
  // as long as the hand moves there are previews, which give no answer
  let preview = null;
  for (let i = 0; i < 30 || preview === null; i++) {
    assert.ok(i < 3000, 'no preview');
    await page.mouse.move(
      box.x + box.width * (0.5 + 0.15 * Math.sin(i)),
      box.y + box.height * (0.5 + 0.15 * Math.cos(i * 1.7)),
    );
    preview = await page.evaluate(() =>
      document.querySelector('[data-preview]') ? document.querySelector('.break-answer').textContent : null,
    );
  }
  assert.match(preview, /^A preview, at 256 pixels a side/);
  await page.mouse.up();
  await page.waitForFunction(() => /^Th/.test(document.querySelector('.break-answer').textContent));
  await settledOn();
  assert.notDeepEqual(await before(), first);
  assert.match(await page.textContent('.teach-break'), /Moved most: .* points/);
  for (const [name, value] of [
    ['blur', '6'],
    ['hue', '-40'],
  ]) {
    await page.locator(`#break-${name}`).fill(value);
    await settledOn();
  }
  await page.click('.teach-break [data-act=reset]');
  await page.waitForFunction(
    (all) =>
      [...document.querySelectorAll('.break-rows .percent')].every((e, i) => Number(e.dataset.probability) === all[i]),
    first,
  );
  assertPrivate(seen, site.url);
  await close();
});

/** A drawn eye of so many pixels a side. @param {number} side @returns {Buffer} PNG */
function phantomOf(side) {
  const out = scratch();
  const args = ['phantom', '--out', out, '--seed', '5', '--side', String(side)];
  execFileSync(join(ROOT, 'build/native/vmnet'), args, { cwd: ROOT });
  return readFileSync(join(out, 'phantom.png'));
}

test('break it: while nothing is changed it says what the case says, also of a photograph larger than the lab holds', async () => {
  const { page, close } = await site.open();
  await loaded(page);
  const asInCase = async (first) => {
    const { name, numbers, answer } = await page.evaluate(() => ({
      name: window.vmnetLast.report.image.name,
      numbers: Object.fromEntries(window.vmnetLast.diseases.map(({ id, probability }) => [id, String(probability)])),
      answer: document.querySelector('#summary').textContent,
    }));
    await page.click(first ? '#results [data-action=explain]' : '#to-teach');
    await page.click('#teach-tab-break');
    await page.waitForFunction(
      ([said, of]) =>
        document.querySelector('.teach-top select').selectedOptions[0].text.startsWith(of) &&
        document.querySelector('.break-answer').textContent.includes(said),
      [`The answer stays: ${answer}`, name],
    );
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll('.break-rows li')].map((row) => [
        row.dataset.id,
        row.querySelector('.percent').dataset.probability,
        row.querySelector('.delta').textContent,
      ]),
    );
    assert.deepEqual(Object.fromEntries(shown.map(([id, probability]) => [id, probability])), numbers, name);
    assert.equal(new Set(shown.map(([, , delta]) => delta)).size, 1, `${name}: ${shown}`);
    assert.doesNotMatch(await page.textContent('.teach-break'), /Moved most/);
    // what is drawn where nothing is to be seen moves nothing by itself: the numbers before are of as many pixels
    await page.locator('.break-stage canvas').click({ position: { x: 16, y: 16 } });
    await page.waitForSelector('.teach-break [data-act=reset]:enabled');
    await page.waitForFunction(() => /^The answer/.test(document.querySelector('.break-answer').textContent));
    const moved = await page.evaluate(() =>
      [...document.querySelectorAll('.break-rows .bar')].map(
        ({ style }) => Number(style.getPropertyValue('--share')) - Number(style.getPropertyValue('--at')),
      ),
    );
    assert.ok(
      moved.every((by) => Math.abs(by) < 0.005),
      `${name}: ${moved}`,
    );
    await page.click('.teach-break [data-act=reset]');
  };
  await page.click('.offer[data-example=diabetic]');
  await settled(page);
  await asInCase(true);
  await page.click('#to-screen');
  await page.click('#home');
  await page.setInputFiles('#file', file('large.png', phantomOf(2400)));
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'large.png');
  await settled(page);
  await asInCase(false);
  await close();
});

test('break it: left and entered again before the preview has come, it answers all the same', async () => {
  /** Weights that are asked for; the first are the page's own. */
  const held = [];
  const { page, close } = await site.open({ path: '#view=teach&part=break&sample=retina' }, (p) =>
    p.route('**/*.safetensors', (route) => (held.push(route) > 1 ? undefined : route.continue())),
  );
  const all = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.break-rows .percent')].map((e) => e.dataset.probability).join(),
    );
  await page.waitForFunction(() => /^The answer stays/.test(document.querySelector('.break-answer')?.textContent));
  while (held.length < 2) await page.evaluate(() => new Promise(requestAnimationFrame));
  const first = await all();
  await page.locator('#break-blur').fill('9');
  await page.click('#teach-tab-how');
  await page.click('#teach-tab-break');
  for (const route of held.slice(1)) await route.continue();
  await page.waitForFunction(
    (before) =>
      [...document.querySelectorAll('.break-rows .percent')].map((e) => e.dataset.probability).join() !== before,
    first,
  );
  assert.ok(await page.isHidden('#error'));
  await close();
});

/** A link is copied: what it holds, from the address bar. */
async function copied(page) {
  await page.click('[data-act=copy]');
  await page.waitForFunction(() => document.querySelector('.teach-copied').textContent !== '');
  return new URL(page.url()).hash.slice(1);
}

test('a link brings back what was broken: strokes, blur, colours, guide, and the numbers that came of it, also in front of a class', async () => {
  const { page, close } = await site.open({ path: '#view=teach&part=break&sample=overlooked' });
  const state = (p) =>
    p.evaluate(() => ({
      picture: document.querySelector('.break-stage canvas').toDataURL(),
      sliders: [...document.querySelectorAll('.teach-break input[type=range]')].map(({ value }) => value),
      numbers: [...document.querySelectorAll('.break-rows .percent')].map((e) => e.dataset.probability),
      deltas: [...document.querySelectorAll('.break-rows .delta')].map((e) => e.textContent),
      answer: document.querySelector('.break-answer').textContent,
      presents: document.querySelector('#view-teach').classList.contains('presenting'),
    }));
  const rests = (p) =>
    p.waitForFunction(
      () =>
        /^Th/.test(document.querySelector('.break-answer')?.textContent) &&
        document.querySelectorAll('.break-rows .percent[data-probability]').length === 8,
    );
  await rests(page);
  await page.click('[data-act=present]');
  const box = await page.locator('.break-stage canvas').boundingBox();
  for (const tool of ['cover', 'haemorrhage', 'exudate']) {
    await page.locator(`input[name=break-tool][value=${tool}]`).check({ force: true });
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.4);
    await page.mouse.down();
    for (let i = 1; i <= 40; i++)
      await page.mouse.move(box.x + box.width * (0.3 + i / 100), box.y + box.height * (0.4 + 0.1 * Math.sin(i)));
    await page.mouse.up();
  }
  await page.locator('#break-blur').fill('4');
  await page.locator('#break-hue').fill('-25');
  await page.locator('.break-sliders input[id^=teach-guide]').fill('3');
  await page.waitForFunction(() => /^A preview/.test(document.querySelector('.break-answer').textContent));
  await rests(page);
  const before = await state(page);
  const link = await copied(page);
  assert.ok(link.length < 2000, `${link.length} characters`);
  await close();
  const again = await site.open({ path: `#${link}` });
  await rests(again.page);
  await again.page.waitForFunction(
    (wanted) => document.querySelector('.break-rows .percent').dataset.probability === wanted,
    before.numbers[0],
  );
  assert.deepEqual(await state(again.page), { ...before, presents: true });
  assertPrivate(again.seen, site.url);
  await again.close();
});

test('a link brings back the step that is presented', async () => {
  const { page, close } = await open('&sample=phantom-3-exudates');
  await shows(page, 10);
  await page.click('[data-act=present]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const title = await page.textContent('#teach-present-title');
  const link = await copied(page);
  await close();
  const again = await site.open({ path: `#${link}` });
  await again.page.waitForFunction(
    (wanted) => document.querySelector('#teach-present-title')?.textContent === wanted,
    title,
  );
  assert.ok(await again.page.isVisible('.teach-presenter'));
  await again.page.keyboard.press('Escape');
  assert.ok(await again.page.isVisible('.teach-flow'));
  await again.close();
});

test('a link brings back the question of the quiz, and the pair; whose a photograph is is told with the truth alone', async () => {
  const { page, close } = await site.open({ path: '#view=teach&part=quiz&round=3&seat=4' });
  await page.waitForFunction(() => document.querySelector('.teach-quiz')?.dataset.task === 'disc');
  assert.equal(await page.textContent('.teach-where'), 'Phantom 4 of 5, round 3');
  assert.equal(await copied(page), 'view=teach&part=quiz&round=3&seat=4');
  await page.click('#teach-tab-pairs');
  const sources = () => page.locator('.pair-card small').allTextContents();
  await page.waitForSelector('.teach-pairs[aria-busy=false] .pair-card img');
  assert.doesNotMatch((await sources()).join(), /HRF|CC0/, 'a source gives the answer away');
  await page.click('.pair-card');
  assert.deepEqual((await sources()).toSorted(), ['A. Budai et al., HRF, CC BY 4.0', 'M. Häggström, CC0']);
  for (let i = 0; i < 2; i++) {
    if (i > 0) await page.click('.pair-card');
    await page.click('.teach-pairs [data-act=next]');
    await page.waitForSelector(`.teach-pairs[data-seat="${i + 1}"][aria-busy=false]`);
  }
  const link = await copied(page);
  await close();
  const again = await site.open({ path: `#${link}` });
  await again.page.waitForSelector('.teach-pairs[data-seat="2"][aria-busy=false] .pair-card img');
  await again.page.click('.pair-card');
  assert.match(await again.page.textContent('.pair-end'), /[01] of 1 right/);
  await again.close();
  // in the quiz on a real photograph, too
  const real = await site.open({ path: '#view=teach&part=quiz&sample=glaucoma&round=1' });
  await real.page.waitForFunction(() => document.querySelector('.teach-quiz')?.dataset.task === 'disc');
  assert.equal(await real.page.inputValue('#teach-quiz-which'), 'real');
  assert.equal(await copied(real.page), 'view=teach&part=quiz&sample=glaucoma&round=1');
  const quiz = () => real.page.locator('.teach-quiz').innerText();
  assert.doesNotMatch(await quiz(), /glaucoma|HRF/i);
  assert.match(await quiz(), /Its source is told with the truth/);
  for (let i = 0; i < 2; i++) await real.page.locator('.teach-quiz .stage').press('Enter');
  await real.page.waitForFunction(() => document.querySelector('.teach-quiz').dataset.task === 'done');
  assert.match(await quiz(), /A\. Budai et al\., HRF, CC BY 4\.0/);
  await real.close();
});

test('break it: which change it was that changed the answer', async () => {
  const { page, close } = await site.open({ path: '#view=teach&part=break&sample=retina' });
  const why = page.locator('.teach-break [data-act=why]');
  const says = (words) =>
    page.waitForFunction((text) => document.querySelector('.break-answer')?.textContent.includes(text), words);
  await says('The answer stays: No finding by this test');
  assert.ok(await why.isDisabled());
  await page.locator('input[name=break-tool][value=cover]').check({ force: true });
  await page.locator('.break-stage canvas').focus();
  await page.keyboard.press('Enter');
  await page.locator('#break-blur').fill('12');
  await says('to “');
  await page.waitForFunction(() => !document.querySelector('.teach-break [data-act=why]').disabled);
  await why.click();
  await page.waitForSelector('.break-reasons li');
  const told = await page.locator('.break-reasons li').allTextContents();
  assert.deepEqual(
    told.slice(0, 2).map((line) => line.match(/^Without “(\w+)”: \S/)?.[1]),
    ['Cover', 'Blur'],
  );
  // what is said of taking one away is what there is once it is taken away
  await page.locator('#break-blur').fill('0');
  await says(told[1].slice(told[1].indexOf(': ') + 2));
  assert.equal(await page.locator('.break-reasons li').count(), 0, 'what was said of another picture is gone');
  await close();
});

test('a case where the guide matters: its answer is another one without, and a link restores it', async () => {
  const { page, close } = await open('');
  await shows(page, 10);
  await page.click('[data-act=guided]');
  await page.waitForFunction(() => document.querySelector('.teach-change').textContent.includes('another one'));
  assert.match(
    await page.textContent('.teach-change'),
    /With the guide off the answer is another one: (Unclear|Refer)/,
  );
  await page.click('[data-act=copy]');
  await page.waitForFunction(() => location.hash.includes('sample=overlooked'));
  const link = new URL(page.url()).hash.slice(1);
  await close();
  const again = await site.open({ path: `#${link}` });
  await again.page.waitForFunction(() => document.querySelector('.teach-change')?.textContent.includes('another one'));
  assert.equal(await again.page.inputValue('#teach-photo'), 'overlooked');
  await again.close();
});

test('two side by side: by keyboard and by touch, the truth after the choice, the score at the end', async () => {
  const { page, seen, close } = await site.open({ path: '#view=teach&part=pairs', hasTouch: true });
  const answers = ['B', 'A', 'A', 'B', 'B', 'A'];
  for (const [seat, answer] of answers.entries()) {
    await page.waitForSelector(`.teach-pairs[data-seat="${seat}"][aria-busy=false] .pair-card :is(img, canvas)`);
    assert.equal(await page.locator('.pair-card :is(img, canvas)').count(), 2);
    assert.equal(await page.locator('.pair-card[data-state=shows]').count(), 0, 'nothing is told before');
    const wanted = seat === 1 ? (answer === 'A' ? 'B' : 'A') : answer; // one mistake
    const card = page.locator(`.pair-card[data-letter=${wanted}]`);
    if (seat % 2 === 0) await card.press('Enter');
    else await card.tap();
    await page.waitForSelector(`.pair-card[data-letter=${answer}][data-state=shows]`);
    assert.equal(await page.locator('.pair-card[data-state=wrong]').count(), seat === 1 ? 1 : 0);
    const said = await page.textContent('.teach-pairs .verdict');
    assert.equal(said, seat === 1 ? `No: it is ${answer}.` : `Right: it is ${answer}.`);
    await page.locator(`.pair-card[data-letter=${wanted === 'A' ? 'B' : 'A'}]`).click({ force: true });
    assert.equal(await page.textContent('.teach-pairs .verdict'), said, 'chosen is chosen');
    const next = page.locator('.teach-pairs [data-act=next]');
    if (seat % 2 === 0) await next.press('Enter');
    else await next.tap();
  }
  await page.waitForSelector('.teach-pairs[data-seat="6"]');
  assert.match(await page.textContent('.teach-pairs .pair-end'), /5 of 6 right/);
  await page.click('.teach-pairs [data-act=next]');
  await page.waitForSelector('.teach-pairs[data-seat="0"][aria-busy=false] img');
  assertPrivate(seen, site.url);
  await close();
});

test('its mistakes: what is known stands beside what the network says now, wrong beside right', async () => {
  const { page, seen, close } = await site.open({ path: '#view=teach&part=mistakes' });
  await page.waitForFunction(() => document.querySelectorAll('.teach-mistakes [data-verdict]').length === 6);
  const verdicts = await page
    .locator('.teach-mistakes li')
    .evaluateAll((all) => Object.fromEntries(all.map((e) => [e.dataset.example, e.dataset.verdict])));
  assert.deepEqual(verdicts, {
    missed: 'missed',
    diabetic: 'right',
    overlooked: 'missed',
    glaucoma: 'right',
    alarm: 'alarm',
    retina: 'right',
  });
  assert.match(await page.textContent('[data-example=alarm]'), /The data set says: Healthy eye.*glaucoma/);
  await page.click('[data-open=alarm]');
  await page.waitForFunction(() => window.vmnetLast?.report.image.name === 'alarm.jpg');
  assert.match(await page.textContent('#whose'), /healthy, which the network takes for glaucoma/);
  assertPrivate(seen, site.url);
  await close();
});

test('a phantom: what was drawn beside what was found', async () => {
  const { page, seen, close } = await open('&part=phantoms&sample=phantom-12-haemorrhages&cup=0.6');
  const there = (seed) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('#teach-seed')?.value === wanted &&
        document.querySelector('.teach-phantoms').getAttribute('aria-busy') === 'false' &&
        document.querySelector('[data-fact=dice]')?.dataset.value,
      String(seed),
    );
  await there(12);
  const expected = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load();
    const drawn = await model.phantom({ seed: 12, side: 1024, lesions: ['haemorrhages'], cup: 0.6 });
    const { vessels, diseases } = await model.screen(drawn.photo, { heatmaps: false });
    model.close();
    let [both, found, truth] = [0, 0, 0];
    drawn.vessels.data.forEach((v, i) => {
      both += Number(v > 0 && vessels.mask[i] > 0);
      found += Number(vessels.mask[i] > 0);
      truth += Number(v > 0);
    });
    const glaucoma = diseases.find((d) => d.id === 'glaucoma').probability;
    return { dice: (2 * both) / (found + truth), sensitivity: both / truth, precision: both / found, glaucoma };
  });
  for (const name of ['dice', 'sensitivity', 'precision']) {
    const shown = Number(await page.getAttribute(`[data-fact=${name}]`, 'data-value'));
    assert.ok(Math.abs(shown - expected[name]) < 1e-3, `${name}: ${shown}, not ${expected[name]}`);
  }
  assert.equal(await page.textContent('tr:has([data-fact=cup]) td'), '0.6');
  const percent = Number((await page.textContent('[data-fact=cup]')).match(/[\d.]+/)[0]);
  assert.ok(Math.abs(percent - expected.glaucoma * 100) <= 0.06, `glaucoma ${percent} %`);
  assert.match(await page.textContent('tr:has([data-fact=lesions]) td'), /^\d+ places$/);
  const all = () =>
    page.evaluate(() => [...document.querySelectorAll('[data-picture] canvas')].map((c) => c.toDataURL()));
  const first = await all();
  assert.equal(new Set(first).size, 4, 'two pictures look alike');

  await page.click('[data-act=next]:visible');
  await there(13);
  await page.waitForFunction(
    (old) => [...document.querySelectorAll('[data-picture] canvas')].every((c, i) => c.toDataURL() !== old[i]),
    first,
  );
  await page.click('[data-act=copy]');
  assert.equal(
    await page.evaluate(() => location.hash),
    '#view=teach&part=phantoms&sample=phantom-13-haemorrhages&cup=0.6',
  );
  await page.click('[data-act=how]');
  await shows(page, 10);
  assert.equal(await page.inputValue('#teach-photo'), 'phantom-13-haemorrhages:0.6');
  assertPrivate(seen, site.url);
  await close();
});

test('the calibre of the vessels: a link draws it, the table compares its width, and the slider changes both', async () => {
  const { page, close } = await open('&part=phantoms&sample=phantom-12&calibre=0.6');
  const width = () =>
    page.evaluate(() => {
      const found = document.querySelector('[data-fact=width]');
      return [found.previousElementSibling, found].map((cell) => Number(cell.textContent.match(/[\d.]+/)[0]));
    });
  const done = (value) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('#teach-calibre')?.value === wanted &&
        document.querySelector('.teach-phantoms').getAttribute('aria-busy') === 'false' &&
        document.querySelector('[data-fact=width]')?.dataset.value,
      value,
    );
  await done('0.6');
  assert.equal(await page.textContent('output[for=teach-calibre]'), '60%');
  const narrow = await width();
  await page.locator('#teach-calibre').press('End'); // a change at each end: nothing in between is drawn
  await done('1.6');
  assert.equal(await page.getAttribute('#teach-calibre', 'aria-valuetext'), '160%');
  const wide = await width();
  assert.ok(Math.abs(wide[0] / narrow[0] - 1.6 / 0.6) < 0.1, `drawn ${narrow[0]}, then ${wide[0]}`);
  assert.ok(wide[1] > narrow[1] + 1, `found ${narrow[1]}, then ${wide[1]}`);
  await page.click('[data-act=copy]');
  assert.equal(await page.evaluate(() => location.hash), '#view=teach&part=phantoms&sample=phantom-12&calibre=1.6');
  await page.click('[data-act=how]');
  await shows(page, 10);
  assert.equal(await page.inputValue('#teach-photo'), 'phantom-12:x1.6');
  assert.match(await page.textContent('#teach-photo option:checked'), /wide vessels/);
  await close();
});

// ---- quiz ----

/** Where the disc, the fovea and a lesion of each phantom of a round were drawn, straight from the API. */
const truths = (page, round) =>
  page.evaluate(async (choices) => {
    const { load } = await import('/web/vmnet.js');
    const model = await load({ threads: 1, size: 256 });
    const all = [];
    for (const choice of choices) {
      const { opticDisc, fovea, lesions } = await model.phantom({ ...choice, side: 1024 });
      // in a lesion's middle: a pixel that has others 4 away on each side
      const { data, width } = lesions;
      const at = data.findIndex(
        (v, i) => v && data[i - 4] && data[i + 4] && data[i - 4 * width] && data[i + 4 * width],
      );
      all.push({ disc: opticDisc, fovea, lesion: { x: (at % width) + 0.5, y: Math.floor(at / width) + 0.5 } });
    }
    model.close();
    return all;
  }, roundPhantoms(round));

const asks = (page, task) =>
  page.waitForFunction((wanted) => document.querySelector('.teach-quiz')?.dataset.task === wanted, task);

const TASKS = ['disc', 'fovea', 'lesion'];
const stage = '.teach-quiz .stage';

async function markByMouse(page, { x, y }) {
  const box = await page.locator(`${stage} canvas`).boundingBox();
  await page.mouse.click(box.x + (x / 1024) * box.width, box.y + (y / 1024) * box.height);
}

/** From the middle, where the cross stands at first. */
async function markByKeys(page, { x, y }) {
  const box = await page.locator(`${stage} canvas`).boundingBox();
  const go = async (share, size, keys) => {
    const steps = Math.round(((share / 1024 - 0.5) * size) / 4);
    for (let i = 0; i < Math.abs(steps); i++) await page.keyboard.press(keys[Number(steps > 0)]);
  };
  await page.locator(stage).focus();
  await go(x, box.width, ['ArrowLeft', 'ArrowRight']);
  await go(y, box.height, ['ArrowUp', 'ArrowDown']);
  await page.keyboard.press('Enter');
}

const verdicts = (page) =>
  page.evaluate(() => [...document.querySelectorAll('.teach-feedback [data-verdict]')].map((li) => li.dataset.verdict));
const score = (page) =>
  page.evaluate(() => {
    const { right, asked } = document.querySelector('.teach-score').dataset;
    return `${right} of ${asked}`;
  });

test('the quiz by mouse: a whole round, right and wrong, counts as the truth says', async () => {
  const { page, seen, close } = await open('&part=quiz&round=3');
  await asks(page, 'disc');
  const known = await truths(page, 3);
  const corner = { x: 8, y: 8 };
  let right = 0;
  for (const [seat, truth] of known.entries()) {
    for (const task of TASKS) {
      await asks(page, task);
      const hit = seat !== 1 && !(seat === 2 && task === 'fovea');
      await markByMouse(page, hit ? truth[task] : corner);
      right += Number(hit);
    }
    await asks(page, 'done');
    const expected = { 1: ['wrong', 'wrong', 'wrong'], 2: ['right', 'wrong', 'right'] }[seat] ?? Array(3).fill('right');
    assert.deepEqual(await verdicts(page), expected, `phantom ${seat + 1}`);
    assert.equal(await score(page), `${right} of ${3 * (seat + 1)}`);
    if (seat === 0) {
      await page.waitForFunction(() => /heatmap/.test(document.querySelector('.teach-network').textContent));
      const button = await page.evaluate(() => document.activeElement.dataset.act);
      assert.equal(button, 'next', 'what comes next has the focus');
    }
    await page.click('.teach-quiz [data-act=next]');
  }
  await asks(page, 'over');
  assert.equal(right, 11);
  assert.match(await page.textContent('.teach-hint'), /11 of 15/);
  await page.click('.teach-quiz [data-act=next]');
  await asks(page, 'disc');
  assert.equal(await score(page), '0 of 0');
  await page.click('[data-act=copy]');
  assert.equal(await page.evaluate(() => location.hash), '#view=teach&part=quiz&round=4');
  assertPrivate(seen, site.url);
  await close();
});

test('the quiz by keys: the cross is moved and set, and what came of it is said', async () => {
  const { page, close } = await open('&part=quiz&round=5');
  await asks(page, 'disc');
  const [truth] = await truths(page, 5);
  const heard = () => page.textContent('#say');
  await markByKeys(page, truth.disc);
  await asks(page, 'fovea');
  assert.match(await heard(), /^Right: the optic disc\. Mark the fovea/);
  // half a disc's width off is still right, three widths are not
  await markByKeys(page, { x: truth.fovea.x, y: truth.fovea.y + 6 * truth.disc.radius });
  await asks(page, 'lesion');
  assert.match(await heard(), /^Not there: the fovea is (2\.9|3\.0|3\.1) disc widths away/);
  await markByKeys(page, truth.lesion);
  await asks(page, 'done');
  assert.deepEqual(await verdicts(page), ['right', 'wrong', 'right']);
  assert.match(await heard(), /Right: a lesion was drawn there\..*2 of 3 right/);
  await page.keyboard.press('Enter');
  await asks(page, 'disc');
  assert.match(await page.textContent('.teach-where'), /Phantom 2 of 5/);
  assert.ok(await page.evaluate((s) => document.activeElement === document.querySelector(s), stage));
  await close();
});

test('a real photograph in the quiz: the program says where the disc is, and nothing else is scored', async () => {
  const { page, close } = await open('&sample=retina');
  await shows(page, 10);
  const disc = await page.evaluate(async () => {
    const { load } = await import('/web/vmnet.js');
    const model = await load();
    const { opticDisc } = await model.screen(await (await fetch('/web/sample/retina.jpg')).blob(), { heatmaps: false });
    model.close();
    return opticDisc?.found ? opticDisc : null;
  });
  await page.click('#teach-tab-quiz');
  await asks(page, 'disc');
  await page.selectOption('#teach-quiz-which', 'real');
  const first = disc === null ? 'lesion' : 'disc';
  await page.waitForFunction(
    (task) =>
      document.querySelector('.teach-quiz').dataset.task === task &&
      document.querySelector('.teach-where').textContent.trim() === '',
    first,
  );
  const box = await page.locator(`${stage} canvas`).boundingBox();
  if (disc !== null) {
    await page.mouse.click(box.x + (disc.x / 1411) * box.width, box.y + (disc.y / 1411) * box.height);
    await asks(page, 'lesion');
    assert.match(await page.textContent('.teach-feedback'), /found by the program/);
  }
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await asks(page, 'done');
  assert.match(await page.textContent('.teach-feedback'), /no truth is known/);
  assert.match(await page.textContent('.teach-network'), /not where a lesion is/);
  assert.equal(await score(page), disc === null ? '0 of 0' : '1 of 1');
  await close();
});
