/** <vmnet-screen>, and embed.html in a frame of another origin, from the package. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { newContext } from '../browser/browser.mjs';
import { ROOT, scratch } from '../js/native.mjs';
import { APP, FOLDER, INSTALLED, install } from './apps.mjs';
import { launchForAll } from './chromium.mjs';
import { serveFolder } from './server.mjs';

const browser = await launchForAll();
install();
const sample = readFileSync(join(ROOT, 'web/sample/retina.jpg'));
const another = readFileSync(join(ROOT, 'web/sample/glaucoma.jpg'));
const axe = readFileSync(join(ROOT, 'tests/node_modules/axe-core/axe.min.js'), 'utf8');
const NOTICE = /not a medical device/i;
/** Strict, with Trusted Types: the element needs no exception. */
const POLICY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'nonce-r4nd0m' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self'; require-trusted-types-for 'script'; trusted-types vmnet",
};

const page = (body, attributes = '') => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title>
  <main><h1>Portal</h1><form id="form"><vmnet-screen name="eye" ${attributes}></vmnet-screen></form></main>
  <script type="module" nonce="r4nd0m">
    window.seen = { progress: [], results: [], errors: [] };
    addEventListener('vmnet-progress', (e) => seen.progress.push(e.detail.phase));
    addEventListener('vmnet-result', (e) => seen.results.push(e.detail.report));
    addEventListener('vmnet-error', (e) => seen.errors.push({ code: e.detail.code, message: e.detail.message }));
    import('./element.js').then(({ define }) => define());
    ${body}
  </script></html>`;

/** @param {string} html @param {(view: import('playwright-core').Page, site: any) => Promise<void>} work */
async function withPage(html, work, options = {}) {
  const site = await serveFolder(INSTALLED, {
    headers: POLICY,
    pages: { 'index.html': html, 'retina.jpg': sample, 'glaucoma.jpg': another, 'page.txt': 'not a photograph' },
    ...options,
  });
  const context = await newContext(browser, { viewport: { width: 390, height: 844 } });
  const view = await context.newPage();
  const bad = [];
  view.on('pageerror', (error) => bad.push(String(error)));
  view.on('console', (m) => /Content Security Policy|TrustedScript/i.test(m.text()) && bad.push(m.text()));
  try {
    await view.goto(site.url);
    await work(view, site);
    assert.deepEqual(bad, []);
  } finally {
    await context.close();
    await site.stop();
  }
}

const shown = (view, part) => view.locator(`vmnet-screen >> css=[part=${part}]`);

test('src: events, answer, reasons, what it cannot see, the notice; in a form; to be read and heard', async () => {
  await withPage(page('', 'src="retina.jpg" show="vessels"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    const { progress, results, errors } = await view.evaluate(() => window.seen);
    assert.deepEqual(errors, []);
    assert.ok(
      ['module', 'weights', 'network', 'layers'].every((phase) => progress.includes(phase)),
      `${progress}`,
    );
    assert.equal(results[0].image.name, 'retina.jpg');
    await view.waitForFunction(() => document.querySelector('vmnet-screen').shadowRoot.querySelector('[data-shows]'));
    for (const part of ['answer', 'reasons', 'advice', 'findings', 'coverage', 'photograph'])
      assert.ok(await shown(view, part).isVisible(), `${part} is seen`);
    assert.match(await shown(view, 'notice').innerText(), NOTICE);
    assert.match(await shown(view, 'coverage').innerText(), /glaucoma.*cannot see other/s);
    assert.equal(
      await shown(view, 'status').innerText(),
      await shown(view, 'answer').innerText(),
      'the answer is announced',
    );
    const submitted = await view.evaluate(() => new FormData(document.querySelector('form')).get('eye'));
    assert.deepEqual(JSON.parse(submitted), results[0]);
    const coloured = await view.evaluate(() => {
      const canvas = document.querySelector('vmnet-screen').shadowRoot.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i + 2] > data[i] + 40) count++;
      return count / (data.length / 4);
    });
    assert.ok(coloured > 0.02 && coloured < 0.5, `${coloured} of the picture is coloured as vessels`);
    const soft = await view.evaluate(() => {
      const { width, height, vessels } = document.querySelector('vmnet-screen').result;
      return [vessels.probability.length === width * height, vessels.probability.some((v) => v > 0 && v < 255)];
    });
    assert.deepEqual(soft, [true, true]);
    await view.screenshot({ path: join(FOLDER, 'element.png'), fullPage: true });
  });
});

test('what lies on its side is drawn upright, and it says which way it was turned; of others it says nothing', async () => {
  const lying = await sharp(another).rotate(270).png().toBuffer();
  const pages = {
    'index.html': page('', 'src="lying.png" show="vessels"'),
    'lying.png': lying,
    'glaucoma.jpg': another,
  };
  await withPage(
    pages['index.html'],
    async (view) => {
      const shape = () =>
        view.evaluate(() => {
          const { width, height, dataset } = document.querySelector('vmnet-screen').shadowRoot.querySelector('canvas');
          return dataset.shows === undefined || width === 0 ? null : width / height;
        });
      await view.waitForFunction(() => window.seen.results.length === 1);
      await view.waitForFunction(() => document.querySelector('vmnet-screen').shadowRoot.querySelector('[data-shows]'));
      const [{ image, orientation }] = await view.evaluate(() => window.seen.results);
      assert.ok(orientation.turned === 90 && image.width < image.height, JSON.stringify(orientation));
      assert.ok((await shape()) > 1.3, 'upright');
      assert.match(await shown(view, 'note').innerText(), /on its side.*90° to the right.*which eye/);
      const vessels = await view.evaluate(() => {
        const canvas = document.querySelector('vmnet-screen').shadowRoot.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const blue = (x, y) => data[4 * (y * canvas.width + x) + 2] > data[4 * (y * canvas.width + x)];
        const { mask, width, height } = document.querySelector('vmnet-screen').result.vessels;
        let hit = 0;
        let all = 0;
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            if (mask[y * width + x] === 0) continue;
            all++;
            if (blue(Math.floor(((height - 1 - y) * canvas.width) / height), Math.floor((x * canvas.height) / width)))
              hit++;
          }
        return hit / all;
      });
      assert.ok(vessels > 0.5, `${vessels} of the vessels lie where they are upright`);
      await view.evaluate(() => document.querySelector('vmnet-screen').setAttribute('language', 'fr'));
      await view.waitForFunction(() =>
        /90° vers la droite/.test(
          document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=note]').textContent,
        ),
      );
      await view.evaluate(() => document.querySelector('vmnet-screen').setAttribute('src', 'glaucoma.jpg'));
      await view.waitForFunction(() => window.seen.results.length === 2);
      assert.ok(await shown(view, 'note').isHidden());
      assert.equal(await shown(view, 'note').innerText(), '');
    },
    { pages },
  );
});

test('what is drawn is what was screened, whatever kind of file or picture it is', async () => {
  const folder = scratch();
  const jpeg = join(folder, 'eye.jpg');
  const plain = sharp(sample).resize(300);
  await plain.clone().jpeg({ quality: 98, chromaSubsampling: '4:4:4' }).toFile(jpeg);
  execFileSync('img2dcm', [jpeg, join(folder, 'eye.dcm')]);
  const files = {
    'eye.jpg': readFileSync(jpeg),
    'turned.jpg': await plain.clone().rotate(90).withMetadata({ orientation: 8 }).jpeg({ quality: 98 }).toBuffer(),
    'eye.png': await plain.clone().png().toBuffer(),
    'eye.webp': await plain.clone().webp({ quality: 98 }).toBuffer(),
    'eye.tif': await plain.clone().tiff({ compression: 'lzw' }).toBuffer(),
    'eye.dcm': readFileSync(join(folder, 'eye.dcm')),
  };
  rmSync(folder, { recursive: true });
  const body = `
    window.ready = customElements.whenDefined('vmnet-screen').then(() => {
      document.querySelector('vmnet-screen').options = { size: 256 };
    });
    window.pixels = async (name, kind) => {
      const blob = await (await fetch(name)).blob();
      let given = new File([blob], name);
      if (kind !== 'file') {
        given = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(given.width, given.height);
        const context = canvas.getContext('2d');
        context.drawImage(given, 0, 0);
        if (kind === 'canvas') given = canvas;
        if (kind === 'pixels') given = context.getImageData(0, 0, canvas.width, canvas.height);
      }
      const element = document.querySelector('vmnet-screen');
      const drawn = element.shadowRoot.querySelector('canvas');
      delete drawn.dataset.shows;
      await element.screen(given);
      while (!drawn.dataset.shows) await new Promise(requestAnimationFrame);
      const { width, height } = drawn;
      const { data } = drawn.getContext('2d').getImageData(0, 0, width, height);
      return { width, height, data: Array.from(data) };
    };`;
  await withPage(
    page(body),
    async (view) => {
      await view.evaluate(() => window.ready);
      const drawnOf = (name, kind) => view.evaluate(([n, k]) => window.pixels(n, k), [name, kind]);
      const wanted = await sharp(files['eye.png']).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      for (const [name, kind] of [
        ...Object.keys(files).map((file) => [file, 'file']),
        ['eye.png', 'bitmap'],
        ['eye.png', 'canvas'],
        ['eye.png', 'pixels'],
      ]) {
        const { width, height, data } = await drawnOf(name, kind);
        assert.deepEqual([width, height], [wanted.info.width, wanted.info.height], `${name}, ${kind}`);
        const off = data.reduce((sum, value, i) => sum + Math.abs(value - wanted.data[i]), 0) / data.length;
        assert.ok(off < (/png|tif/.test(name) ? 0.01 : 3), `${name} as ${kind}: ${off} from what the file holds`);
      }
    },
    { pages: { 'index.html': page(body), ...files } },
  );
});

test('point, language and show change what stands there, without another screening', async () => {
  await withPage(page('', 'src="retina.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    const report = await view.evaluate(() => window.seen.results[0]);
    for (const point of ['screening', 'specific', 'balanced']) {
      await view.evaluate((name) => document.querySelector('vmnet-screen').setAttribute('point', name), point);
      const answer = await view.evaluate(
        () => document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=base]').dataset.answer,
      );
      assert.equal(answer, report.decision.at[point].answer, point);
    }
    const answers = new Set();
    for (const language of ['zh', 'es', 'fr', 'hi', 'ar', 'en']) {
      await view.evaluate((code) => document.querySelector('vmnet-screen').setAttribute('language', code), language);
      await view.waitForFunction(
        (code) => document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=base]').lang === code,
        language,
      );
      const text = await view.evaluate(
        () => document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=base]').innerText,
      );
      assert.doesNotMatch(
        text,
        /(decision|quality|findings|disease|page|phase|start)\.[a-z]|\{\w+\}/,
        `${language}: a key without words`,
      );
      answers.add(text);
    }
    assert.equal(answers.size, 6);
    const dir = () =>
      view.evaluate(() => document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=base]').dir);
    assert.equal(await dir(), 'ltr');
    await view.evaluate(() => document.querySelector('vmnet-screen').setAttribute('show', 'glaucoma'));
    await view.waitForFunction(() =>
      document.querySelector('vmnet-screen').shadowRoot.querySelector('[data-shows=glaucoma]'),
    );
    assert.equal(await view.evaluate(() => window.seen.results.length), 1);
  });
});

test('behind a suspected cataract nothing is said to be not suspected', async () => {
  await withPage(page('', 'src="retina.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    await view.evaluate(() => {
      const element = document.querySelector('vmnet-screen');
      const { at } = element.result.decision;
      at.specific = { answer: 'refer', reasons: [{ code: 'finding', disease: 'cataract' }], rest: 'hidden' };
      element.setAttribute('point', 'specific');
    });
    await view.waitForFunction(
      () => document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=base]').dataset.answer === 'refer',
    );
    assert.match(
      await shown(view, 'reasons').innerText(),
      /Suspected: cataract\. A cataract may hide other findings\./,
    );
    const words = await shown(view, 'findings').locator('li span:last-child').allTextContents();
    assert.equal(words.filter((word) => /^Suspected from \d/.test(word)).length, 1);
    assert.equal(words.filter((word) => word === 'Not to be relied on here').length, words.length - 1, `${words}`);
  });
});

test('the grade of a suspected retinopathy stands with it, with what it is worth; where there is none, nothing', async () => {
  await withPage(page('', 'src="retina.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    const told = (grade, code, language = 'en') =>
      view.evaluate(
        async ([of, why, lang]) => {
          const element = document.querySelector('vmnet-screen');
          const { result } = element;
          const decided = {
            answer: 'refer',
            reasons: [{ code: why, disease: 'diabetic-retinopathy' }],
            rest: 'not-suspected',
          };
          Object.assign(result, { grade: of });
          Object.assign(result.decision.at.screening, decided);
          element.language = lang;
          for (const point of ['balanced', 'screening']) element.point = point;
          const base = element.shadowRoot.querySelector('[part=base]');
          while (base.lang !== lang) await new Promise(requestAnimationFrame);
          return [...element.shadowRoot.querySelectorAll('.grade')].map(({ textContent }) => textContent);
        },
        [grade, code, language],
      );
    const valid = { valid: true, reason: null, grade: 3, at_least: [0.9, 0.8, 0.7, 0.1] };
    const none = (reason) => ({ ...valid, valid: false, reason, grade: null });
    assert.deepEqual(await told(valid, 'finding'), [
      'Grade: 3, severe, from one photograph; often off by one, up or down.',
    ]);
    assert.match((await told(none('disagrees'), 'near')).join(), /^No grade can be told/);
    for (const reason of ['not-suspected', 'not-gradable', 'no-output'])
      assert.deepEqual(await told(none(reason), 'finding'), [], reason);
    assert.deepEqual(await told(valid, 'evidence'), [], 'the finding is not named');
    for (const language of ['es', 'fr', 'zh', 'hi', 'ar'])
      assert.doesNotMatch((await told(valid, 'finding', language)).join(), /grade\.|[{}]|^$/, language);
  });
});

test('what is set before define() holds, and null is none', async () => {
  const body = `
    const early = document.createElement('vmnet-screen');
    Object.assign(early, { src: 'retina.jpg', language: 'fr', show: 'none', point: 'screening', options: { size: 256 } });
    early.id = 'early';
    document.querySelector('main').append(early);`;
  await withPage(page(body), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    const seen = await view.evaluate(() => {
      const one = document.querySelector('#early');
      const { report } = one.result;
      return [report.model.size, one.point, one.language, one.getAttribute('show'), Object.hasOwn(one, 'src')];
    });
    assert.deepEqual(seen, [256, 'screening', 'fr', 'none', false]);
    const left = await view.evaluate(() => {
      const one = document.querySelector('#early');
      for (const name of ['src', 'language', 'point', 'show']) one[name] = name === 'src' ? undefined : null;
      return [one.getAttributeNames(), one.src, one.point, one.show, one.result];
    });
    assert.deepEqual(left, [['id'], '', 'balanced', 'photograph', null]);
    assert.deepEqual(await view.evaluate(() => window.seen.errors), []);
  });
});

test('a file by keyboard; what is no photograph is said, and the next one works', async () => {
  await withPage(page(''), async (view) => {
    await view.waitForFunction(() => customElements.get('vmnet-screen'));
    await view.keyboard.press('Tab');
    const focused = await view.evaluate(() => document.activeElement.shadowRoot?.activeElement?.type);
    assert.equal(focused, 'file', 'the first stop is the choice of a file');
    const input = view.locator('vmnet-screen >> css=input');
    await input.setInputFiles({ name: 'notes.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a photograph') });
    await view.waitForFunction(() => window.seen.errors.length === 1);
    const [error] = await view.evaluate(() => window.seen.errors);
    assert.equal(error.code, 'format');
    assert.match(await shown(view, 'status').innerText(), /Not a photograph that can be read.*notes\.jpg/s);
    assert.ok(!(await shown(view, 'answer').isVisible()), 'no answer stands beside an error');
    await input.setInputFiles({ name: 'eye.jpg', mimeType: 'image/jpeg', buffer: sample });
    await view.waitForFunction(() => window.seen.results.length === 1);
    assert.ok(await shown(view, 'answer').isVisible());
  });
  await withPage(page('', 'src="nowhere.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.errors.length === 1);
    assert.match((await view.evaluate(() => window.seen.errors))[0].message, /nowhere\.jpg: the server answered 404/);
  });
});

/** What of the element tells of a photograph; run in the page. */
const state = () => {
  const element = document.querySelector('vmnet-screen');
  const part = (name) => element.shadowRoot.querySelector(`[part=${name}]`);
  return {
    result: element.result?.report.image.name ?? null,
    submitted: new FormData(document.querySelector('form')).has('eye'),
    answer: part('base').dataset.answer ?? null,
    text: ['answer', 'reasons', 'advice', 'findings', 'coverage', 'status']
      .map((name) => part(name).textContent)
      .join(''),
    seen: ['answer', 'reasons', 'advice', 'findings', 'coverage', 'photograph', 'progress'].filter(
      (name) => !part(name).hidden,
    ),
    pixels: part('photograph').width,
  };
};
const NOTHING = { result: null, submitted: false, answer: null, text: '', seen: [], pixels: 0 };
const named = (reports) => reports.map(({ image }) => image.name);

test('what is set while it is out of the page holds when it is back, and no old answer stands beside a new src', async () => {
  await withPage(page('', 'src="retina.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    const answers = await view.evaluate(() => {
      const element = document.querySelector('vmnet-screen');
      const form = element.parentNode;
      return ['screening', 'specific', 'balanced'].map((point) => {
        element.remove();
        element.point = point;
        form.append(element);
        return element.shadowRoot.querySelector('[part=base]').dataset.answer;
      });
    });
    const { at } = await view.evaluate(() => window.seen.results[0].decision);
    assert.deepEqual(answers, [at.screening.answer, at.specific.answer, at.balanced.answer]);
    assert.ok(new Set(answers).size > 1, 'the points differ on this photograph');
    await view.evaluate(() => {
      window.element = document.querySelector('vmnet-screen');
      window.element.remove();
    });
    const away = await view.evaluate(() => {
      window.element.src = 'glaucoma.jpg';
      window.element.language = 'fr';
      return window.element.result;
    });
    assert.equal(away, null, 'the old answer is gone with the old src');
    await view.evaluate(() => document.querySelector('form').append(window.element));
    await view.waitForFunction(() => window.seen.results.length === 2);
    const { results, errors } = await view.evaluate(() => window.seen);
    assert.deepEqual([named(results), errors], [['retina.jpg', 'glaucoma.jpg'], []]);
    assert.equal((await view.evaluate(state)).result, 'glaucoma.jpg');
    await view.waitForFunction(() => window.element.shadowRoot.querySelector('[part=base]').lang === 'fr');
  });
});

test('without src nothing of the photograph stays, and the next one works', async () => {
  await withPage(page('', 'src="retina.jpg"'), async (view) => {
    await view.waitForFunction(() => window.seen.results.length === 1);
    for (const [i, how] of ['removeAttribute', 'empty', 'under way'].entries()) {
      const began = await view.evaluate(state);
      assert.deepEqual([began.result, began.seen.includes('answer')], ['retina.jpg', true]);
      await view.evaluate(async (way) => {
        const element = document.querySelector('vmnet-screen');
        if (way === 'under way') {
          element.src = 'glaucoma.jpg';
          await new Promise((resolve) => {
            element.addEventListener('vmnet-progress', ({ detail }) => detail.phase === 'network' && resolve());
          });
        }
        if (way === 'removeAttribute') element.removeAttribute('src');
        else element.src = '';
      }, how);
      assert.deepEqual(await view.evaluate(state), NOTHING, how);
      await view.evaluate(() => {
        document.querySelector('vmnet-screen').src = 'retina.jpg';
      });
      await view.waitForFunction((n) => window.seen.results.length === n, i + 2);
    }
    const { results, errors } = await view.evaluate(() => window.seen);
    assert.deepEqual([named(results), errors], [Array(4).fill('retina.jpg'), []]);
  });
});

for (const phase of ['module', 'weights', 'network'])
  for (const [how, fetched] of [
    ['moved within a task', 1],
    ['put back in a later task', 2],
  ])
    test(`${how} in phase ${phase}: one answer, no error`, async () => {
      // counted in the page: of a request that was broken off the browser may ask the server once more by itself
      const body = `
        const own = fetch;
        window.asked = 0;
        window.fetch = (...args) => {
          if (String(args[0]).endsWith('/retina.jpg')) window.asked += 1;
          return own(...args);
        };
        addEventListener('vmnet-progress', function move({ target: element, detail }) {
          if (detail.phase !== '${phase}') return;
          removeEventListener('vmnet-progress', move);
          const form = element.parentNode;
          element.remove();
          ${fetched === 1 ? 'form.append(element)' : 'setTimeout(() => form.append(element))'};
        });`;
      await withPage(page(body, 'src="retina.jpg"'), async (view) => {
        await view.waitForFunction(() => window.seen.results.length > 0);
        const asked = await view.evaluate(() => window.asked);
        assert.ok(asked >= 1 && asked <= fetched, `fetched ${asked} times`);
        await view.evaluate(() => {
          document.querySelector('vmnet-screen').src = 'page.txt';
        });
        await view.waitForFunction(() => window.seen.errors.some(({ message }) => /page\.txt/.test(message)));
        const { results, errors } = await view.evaluate(() => window.seen);
        assert.deepEqual([named(results), errors.length], [['retina.jpg'], 1]);
      });
    });

test('given up while a photograph is on its way, it has no error', async () => {
  // counted in the page, as above
  const body = `
    const own = fetch;
    window.asked = 0;
    window.fetch = async (...args) => {
      if (String(args[0]).endsWith('/part.jpg')) window.asked += 1;
      const response = await own(...args);
      if (response.url.endsWith('part.jpg')) window.answered = true;
      return response;
    };`;
  const html = page(body, 'src="part.jpg"');
  const pages = { 'index.html': html, 'part.jpg': 'the first bytes', 'glaucoma.jpg': another };
  // More is announced than comes: the body stays open.
  const headersOf = (path) =>
    path === 'part.jpg' && pages[path] !== sample ? { 'Content-Length': `${sample.length}` } : {};
  for (const [how, wanted, times] of [
    ['removed', 'part.jpg', 2],
    ['another src', 'glaucoma.jpg', 1],
  ]) {
    pages['part.jpg'] = 'the first bytes';
    await withPage(
      html,
      async (view) => {
        await view.waitForFunction(() => window.answered);
        await view.evaluate((way) => {
          window.element = document.querySelector('vmnet-screen');
          // Out of the page its events reach nobody else.
          window.element.addEventListener('vmnet-error', ({ detail }) => window.seen.errors.push(detail.message));
          if (way === 'removed') window.element.remove();
          else window.element.src = 'glaucoma.jpg';
        }, how);
        pages['part.jpg'] = sample;
        await view.evaluate(() => document.querySelector('form').append(window.element));
        await view.waitForFunction(() => window.seen.results.length + window.seen.errors.length > 0);
        const { results, errors } = await view.evaluate(() => window.seen);
        assert.deepEqual([named(results), errors], [[wanted], []], how);
        assert.equal(await view.evaluate(() => window.asked), times, how);
      },
      { pages, headersOf },
    );
  }
});

test('of several addresses the last counts; screen() while it is out of the page goes on', async () => {
  await withPage(page(''), async (view, site) => {
    await view.waitForFunction(() => customElements.get('vmnet-screen'));
    await view.evaluate(async () => {
      const element = document.querySelector('vmnet-screen');
      element.src = 'page.txt';
      element.src = 'retina.jpg';
      await new Promise((resolve) => {
        element.addEventListener('vmnet-progress', ({ detail }) => detail.phase === 'network' && resolve());
      });
      element.src = 'glaucoma.jpg';
    });
    await view.waitForFunction(() => window.seen.results.length === 1);
    assert.ok(!site.asked.includes('/page.txt'));
    const name = await view.evaluate(async () => {
      const element = document.querySelector('vmnet-screen');
      const form = element.parentNode;
      const file = new File([await (await fetch('retina.jpg')).blob()], 'given.jpg');
      element.src = 'page.txt';
      element.remove();
      const screened = element.screen(file);
      setTimeout(() => form.append(element));
      return (await screened).report.image.name;
    });
    assert.equal(name, 'given.jpg');
    assert.equal((await view.evaluate(state)).result, 'given.jpg');
    const { results, errors } = await view.evaluate(() => window.seen);
    assert.deepEqual([named(results).at(0), errors], ['glaucoma.jpg', []]);
  });
});

test('its events and its tag have types, and the examples compile as strict TypeScript', () => {
  const readme = readFileSync(join(ROOT, 'web/package/README.md'), 'utf8');
  const block = (name) => readme.match(new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm'))[1];
  const lines = block('ten-lines').match(/<script type="module">([\s\S]*)<\/script>/)[1];
  const files = {
    'element.ts': `${lines.replace('./vmnet-web/element.js', 'vmnet-web/element')}
      const made = document.createElement('vmnet-screen');
      made.src = 'retina.jpg';
      made.addEventListener('vmnet-result', ({ detail }) => detail.report.image.name satisfies string | null);
      made.addEventListener('vmnet-error', ({ detail }) => detail.code satisfies string);
      document.addEventListener('vmnet-progress', ({ detail }) => detail.phase satisfies string);
      const found: string | undefined = document.querySelector('vmnet-screen')?.src;
      // @ts-expect-error the types say something
      made.point = found;\n`,
    'screen.ts': `declare const file: File;\n${block('screen')}`,
    'dicom.ts': `declare const file: File;\ndeclare const result: import('vmnet-web').ScreenResult;\n${block('dicom')}`,
    'dicomweb.ts': `declare const session: { token: string };\n${block('dicomweb')}`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(APP, name), text);
  const tsc = join(ROOT, 'tests/node_modules/.bin/tsc');
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const args = `--ignoreConfig --noEmit --strict --target es2022 --lib es2022,dom,dom.iterable --module ${module} --moduleResolution ${resolution}`;
    const { status, stdout, stderr } = spawnSync(tsc, [...args.split(' '), ...Object.keys(files)], {
      cwd: APP,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${module}: ${stdout}${stderr}`);
  }
});

test('axe finds nothing in it', async () => {
  const open = { headers: {} }; // axe itself needs what a strict policy forbids
  await withPage(
    page('', 'src="retina.jpg" show="vessels"'),
    async (view) => {
      await view.waitForFunction(() => window.seen.results.length === 1);
      await view.addScriptTag({ content: axe });
      const { violations } = await view.evaluate(() => window.axe.run());
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
        [],
      );
    },
    open,
  );
});

/** A portal's page with the frame in it; `window.got` holds what came from there. */
const host = (frame) => `<!doctype html><title>Portal</title><iframe src="${frame}"></iframe><script>
  window.got = [];
  addEventListener('message', ({ data, origin }) => got.push({ ...data, origin }));
  window.say = (message) => frames[0].postMessage(message, '*');
</script>`;

/** @param {boolean} allowed whether the portal's origin stands in the frame's list */
async function framed(allowed, work) {
  const portal = await serveFolder(INSTALLED, { pages: { 'retina.jpg': sample } });
  const html = readFileSync(join(INSTALLED, 'embed.html'), 'utf8');
  const listed = html.replace('name="vmnet-origins" content=""', `name="vmnet-origins" content="${portal.origin}"`);
  assert.notEqual(listed, html);
  const inner = await serveFolder(INSTALLED, {
    headers: {
      ...POLICY,
      'Content-Security-Policy': `${POLICY['Content-Security-Policy']}; frame-ancestors ${portal.origin}`,
    },
    pages: { 'embed.html': allowed ? listed : html },
  });
  const context = await newContext(browser);
  const view = await context.newPage();
  try {
    await view.goto(`${portal.url}embed.html`); // any page of that origin
    await view.setContent(host(`${inner.url}embed.html`));
    await view.frames()[1].waitForFunction(() => customElements.get('vmnet-screen'));
    await work(view, inner);
  } finally {
    await context.close();
    await Promise.all([portal.stop(), inner.stop()]);
  }
}

test('embed.html: screens for the origin that it knows', async () => {
  await framed(true, async (view, inner) => {
    const of = (type) => view.waitForFunction((wanted) => window.got.find((m) => m.type === wanted), type);
    await of('ready');
    await view.evaluate(async () => {
      const photograph = await (await fetch('retina.jpg')).blob();
      window.say({ vmnet: 1, type: 'screen', id: 7, photograph, name: 'eye.jpg', language: 'fr' });
    });
    const result = await (await of('result')).jsonValue();
    assert.deepEqual([result.vmnet, result.id, result.origin], [1, 7, inner.origin]);
    assert.equal(result.report.image.name, 'eye.jpg');
    const got = await view.evaluate(() => window.got);
    assert.ok(got.some((m) => m.type === 'progress' && m.id === 7 && m.phase === 'network'));
    await view.evaluate(() => window.say({ vmnet: 2, type: 'screen', id: 8 }));
    assert.match((await (await of('error')).jsonValue()).message, /version 2, type 'screen' is unknown/);
    await view.evaluate(() => {
      window.got.length = 0;
      window.say('hello');
      window.say({ type: 'screen' });
      window.say({ vmnet: 1, type: 'status', id: 9 });
    });
    const status = await (await of('status')).jsonValue();
    assert.deepEqual([status.id, status.ignored], [9, 2]);
    await view.evaluate(() => window.say({ vmnet: 1, type: 'screen', id: 10, photograph: 'no' }));
    const error = await view.waitForFunction(() => window.got.find((m) => m.id === 10 && m.type === 'error'));
    assert.equal((await error.jsonValue()).code, 'argument');
  });
});

test('embed.html: another origin is not answered, and its photograph not looked at', async () => {
  await framed(false, async (view) => {
    await view.evaluate(async () => {
      const photograph = await (await fetch('retina.jpg')).blob();
      window.say({ vmnet: 1, type: 'screen', id: 1, photograph });
      window.say({ vmnet: 1, type: 'status', id: 2 });
    });
    // A message of the frame's own origin comes after those two, so they have been seen by then.
    const inside = view.frames()[1];
    const busy = await inside.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener(
            'message',
            ({ data }) =>
              data === 'last' &&
              resolve(!document.querySelector('vmnet-screen').shadowRoot.querySelector('[part=progress]').hidden),
          );
          postMessage('last', '*');
        }),
    );
    assert.equal(busy, false);
    assert.deepEqual(await view.evaluate(() => window.got), []);
  });
});
