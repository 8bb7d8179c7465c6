/** Every main state of the page, one after the other: axe-core looks through them, and so do people, in pictures. */

import { withAnswers } from './answers.mjs';
import { settled } from './browser.mjs';
import { BAD, file, sample } from './pictures.mjs';

/** @import { Page } from 'playwright-core' */

const cut = BAD.find(([name]) => name === 'cut.jpg')[1];
const WEIGHTS = '**/*.safetensors';

/** Holds the weights back, so that the first state is the one that a slow network shows; and the camera is refused. @param {Page} page */
export async function prepare(page) {
  let release = () => {};
  const held = new Promise((resolve) => {
    release = resolve;
  });
  page.releaseWeights = () => release();
  await withAnswers(page);
  await page.route(WEIGHTS, async (route) => {
    await held;
    await route.continue().catch(() => {}); // the page may be gone
  });
  await page.addInitScript(() => {
    if (navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('no', 'NotAllowedError');
      };
  });
}

/** A photograph whose answer is made up. @param {Page} page @param {string} name of ANSWERS */
async function answer(page, name) {
  await page.setInputFiles('#file', file(`${name}.jpg`, sample));
  await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, `${name}.jpg`);
  await settled(page);
}

const teachShows = (/** @type {Page} */ page) =>
  page.waitForFunction(
    () =>
      document.querySelectorAll('.teach-flow canvas').length >= 4 &&
      document.querySelector('.teach-row .delta')?.dataset.off,
  );
const quizAsks = (/** @type {Page} */ page, /** @type {string} */ task) =>
  page.waitForFunction((wanted) => document.querySelector('.teach-quiz')?.dataset.task === wanted, task);

const PASSPHRASE = 'otter lamp violin seven';

/** Writes it into these fields, and waits until it was taken. @param {Page} page @param {...string} fields */
async function passphrase(page, ...fields) {
  for (const name of fields) await page.fill(`[data-testid=passphrase-${name}]`, PASSPHRASE);
  await page.click('[data-testid=passphrase-go]');
  await page.waitForSelector('[data-testid=passphrase]', { state: 'detached' });
}

/** In the browser: what is kept was taken in a year before today, by another version. @param {string} words */
async function aYearAgo(words) {
  const { Store } = await import('/web/page/save/store.js');
  const store = await Store.open(words);
  for (const kept of (await store.entries()).kept) {
    kept.visit = new Date(Date.now() - 365 * 86_400_000).toISOString();
    if (kept.entry.result !== null) kept.entry.result.report.version = '0';
    await store.put(kept);
  }
  await store.close();
}

/**
 * Each goes on from the one before, and none depends on the language.
 * @type {Record<string, (page: Page) => Promise<unknown>>}
 */
export const STATES = {
  loading: (page) => page.waitForFunction(() => document.documentElement.dataset.state === 'loading'),
  start: async (page) => {
    page.releaseWeights();
    await page.waitForSelector('#status[data-ready]');
  },
  'camera-refused': async (page) => {
    await page.click('#more-inputs [data-action=camera]');
    await page.waitForSelector('dialog.camera[data-state=failed]');
  },
  result: async (page) => {
    await page.keyboard.press('Escape');
    await page.click('.offer[data-action=sample]');
    await settled(page);
  },
  'result-open': async (page) => {
    await page.click('#unlikely summary');
    await page.click('#unlikely [data-about=glaucoma]');
    await page.click('#numbers summary');
    await page.click('#details summary'); // with what is to be said of offline use
    await page.waitForFunction(() => document.querySelector('[data-offline]').textContent !== '');
  },
  layers: async (page) => {
    await page.click('#numbers summary');
    await page.click('#details summary');
    await page.click('#vessels-on');
    await page.click('#heat-on');
    await page.selectOption('#heat-style', 'colour');
  },
  rules: async (page) => {
    await page.click('#rules');
    await page.waitForSelector('dialog.rules[open]');
    await page.click('.rules summary');
  },
  wipe: async (page) => {
    await page.keyboard.press('Escape');
    await page.click('#wipe-on');
  },
  error: async (page) => {
    await page.setInputFiles('#file', file('notes.txt', Buffer.from('x')));
    await page.waitForSelector('#error:not([hidden])');
    await settled(page);
  },
  phantom: async (page) => {
    await page.click('#error-close');
    await page.click('#home');
    await page.click('.offer[data-action=phantom]');
    await page.waitForFunction(() => /^phantom/.test(window.vmnetLast?.report.image.name));
    await settled(page);
    await page.waitForSelector('#wipe:not([hidden])'); // as on the photograph before
  },
  'answer-refer': (page) => answer(page, 'sick'),
  'answer-graded': async (page) => {
    await answer(page, 'severe');
    await page.click('#diseases [data-about=diabetic-retinopathy]');
    await page.click('#numbers summary');
  },
  'answer-unclear': async (page) => {
    await page.click('#numbers summary');
    await answer(page, 'vague');
  },
  'answer-repeat': (page) => answer(page, 'veiled'),
  'answer-no-finding': (page) => answer(page, 'clear'),
  privacy: async (page) => {
    await page.click('#privacy');
    await page.waitForSelector('dialog.privacy[open] tbody tr');
  },
  list: async (page) => {
    await page.keyboard.press('Escape');
    const both = [
      file('P1_OS_sick.jpg', other(1)),
      file('P1_OD_vague.jpg', other(2)),
      file('P2_OS_clear.jpg', other(3)),
    ];
    // of a list that is not to be seen, on a phone, there is the number of its rows
    const rows = () => document.querySelector('#rail table')?.getAttribute('aria-rowcount') ?? '';
    const before = await page.evaluate(rows);
    await page.setInputFiles('#file', both);
    await page.waitForFunction((old) => {
      const rail = document.querySelector('#rail');
      const now = rail?.querySelector('table')?.getAttribute('aria-rowcount') ?? '';
      return now !== old && rail.dataset.phase === 'idle';
    }, before);
    await page.click('[data-testid=batch-next]:enabled, [data-testid=batch-previous]:enabled');
    await page.click('[data-testid=batch-previous]:enabled');
    await settled(page);
  },
  'series-empty': async (page) => {
    await page.click('#to-batch');
    await page.click('[data-testid=batch-new]');
    await page.click('[data-testid=confirm]');
    await page.waitForSelector('[data-testid=batch-start]:visible');
  },
  series: async (page) => {
    const mixed = [file('P1_left.jpg', sample), file('P1_right.jpg', other(0)), file('P2_left.jpg', cut)];
    await page.setInputFiles('#file', [...mixed, file('notes.txt', Buffer.from('x'))]);
    await page.waitForFunction(
      () =>
        document.querySelectorAll('.photographs tbody .c-disease .percent').length >= 14 &&
        document.querySelector('.photographs .c-error') !== null,
    );
  },
  'keep-new': async (page) => {
    await page.click('[data-testid=batch-keep]');
    await page.click('[data-testid=passphrase-go]'); // nothing is written: it is said
    await page.waitForFunction(() => document.querySelector('#passphrase-trouble')?.textContent !== '');
  },
  kept: async (page) => {
    await passphrase(page, 'fresh', 'again');
    await page.click('[data-testid=keep-show]');
    await page.waitForSelector('[data-testid=kept-patients] li');
  },
  'visits-asked': async (page) => {
    await page.click('[data-testid=keep-lock]');
    await page.waitForSelector('[data-testid=batch-resume]:visible');
    await page.evaluate(aYearAgo, PASSPHRASE);
    await page.setInputFiles('#file', [file('P1_left_today.jpg', other(4))]);
    await page.click('[data-testid=batch-resume]');
    await passphrase(page, 'before');
    await page.waitForSelector('.photographs tbody .answer');
    await page.click('.photographs tbody .open');
    await page.waitForSelector('[data-testid=visits-same]');
    await settled(page);
  },
  visits: async (page) => {
    await page.click('[data-testid=visits-same]');
    await page.click('[data-testid=confirm]');
    await page.waitForSelector('[data-testid=visits] .visit');
    await settled(page);
  },
  'learn-stages': async (page) => {
    await page.click('#home');
    await page.click('.offer[data-action=sample]');
    await page.waitForFunction(() => /^retina/.test(window.vmnetLast?.report.image.name));
    await settled(page);
    await page.click('#to-teach');
    await teachShows(page);
  },
  'learn-dialog': async (page) => {
    await page.click('.teach-flow [data-stage=heatmap]');
    await page.waitForSelector('#view-teach dialog[open]');
  },
  'learn-break': async (page) => {
    await page.keyboard.press('Escape');
    await page.click('#teach-tab-break');
    await page.waitForFunction(() => document.querySelectorAll('.break-rows .percent[data-probability]').length === 8);
    await page.locator('.break-stage canvas').click({ position: { x: 120, y: 90 } });
  },
  'learn-phantoms': async (page) => {
    await page.click('#teach-tab-phantoms');
    await page.waitForFunction(() => {
      const root = document.querySelector('.teach-phantoms');
      const drawn = [...document.querySelectorAll('.teach-pictures .teach-stage:not(.empty) canvas')].filter((canvas) =>
        canvas
          .getContext('2d')
          .getImageData(0, canvas.height / 2, canvas.width, 1)
          .data.some((v) => v > 0),
      );
      return (
        root?.getAttribute('aria-busy') === 'false' &&
        drawn.length === 4 &&
        !root.querySelector('.teach-facts').textContent.includes('…')
      );
    });
  },
  'learn-quiz': async (page) => {
    await page.click('#teach-tab-quiz');
    await quizAsks(page, 'disc');
  },
  'learn-quiz-truth': async (page) => {
    for (const task of ['disc', 'fovea', 'lesion']) {
      await quizAsks(page, task);
      await page.locator('.teach-quiz .stage').press('Enter'); // where the cross stands: in the middle
    }
    await quizAsks(page, 'done');
    // until the network has looked as well
    await page.waitForFunction(
      () =>
        document.querySelector('.teach-quiz').getAttribute('aria-busy') === 'false' &&
        document.querySelector('.teach-network').textContent !== '',
    );
  },
  'learn-mistakes': async (page) => {
    await page.click('#teach-tab-mistakes');
    await page.waitForFunction(() => document.querySelectorAll('.teach-mistakes [data-verdict]').length === 6);
  },
};

/** The sample with another byte in its comment: another file, and no repetition. */
function other(number) {
  const comment = Buffer.from([0xff, 0xfe, 0, 4, 1, 1 + number]);
  return Buffer.concat([sample.subarray(0, 2), comment, sample.subarray(2)]);
}
