/**
 * Pictures of every main state of the page, and a page to leaf through them: build/screenshots/index.html.
 * `make screenshots`, or for some states only: node tests/browser/screenshots.mjs start series
 * The states before those are gone through as well, as each goes on from the one before.
 */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCREENSHOTS, start } from './browser.mjs';
import { prepare, STATES } from './states.mjs';

const SIZES = [
  [390, 844, 'light', 'en'],
  [390, 844, 'dark', 'en'],
  [390, 844, 'light', 'ar'],
  [1280, 900, 'light', 'en'],
  [1280, 900, 'dark', 'en'],
  [1920, 1080, 'light', 'en'],
];

const wanted = process.argv.slice(2);
for (const name of wanted)
  if (!Object.hasOwn(STATES, name)) throw new Error(`no state ${name}; there are: ${Object.keys(STATES).join(', ')}`);

const suffix = (width, scheme, lang) => `${width}-${scheme}${lang === 'en' ? '' : `-${lang}`}`;

/** Dialogs lie over what is in sight; all else is shown whole. */
async function shoot(page, file) {
  const inDialog = await page.evaluate(() => {
    scrollTo(0, 0);
    return document.querySelector('dialog[open]') !== null;
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: join(SCREENSHOTS, file), fullPage: !inDialog });
}

async function goThrough(site, [width, height, colorScheme, lang]) {
  const { page, close } = await site.open(
    {
      path: `#lang=${lang}`,
      viewport: { width, height },
      colorScheme,
      hasTouch: width < 500,
      reducedMotion: 'reduce',
    },
    prepare,
  );
  await page.waitForFunction((code) => document.documentElement.lang === code, lang);
  const names = Object.keys(STATES);
  const last = wanted.length > 0 ? Math.max(...wanted.map((name) => names.indexOf(name))) : names.length - 1;
  for (const name of names.slice(0, last + 1)) {
    await STATES[name](page);
    if (wanted.length === 0 || wanted.includes(name))
      await shoot(page, `${name}-${suffix(width, colorScheme, lang)}.png`);
  }
  await close();
}

/** @param {string} name of a state, or of what a test has left there @param {string[]} files */
function section(name, files) {
  const figures = files.map(
    (file) =>
      `<figure><a href="${file}"><img loading="lazy" src="${file}" alt="${file}"></a><figcaption>${file}</figcaption></figure>`,
  );
  return `<section id="${name}"><h2>${name}</h2><div>${figures.join('')}</div></section>`;
}

function writeIndex() {
  const files = readdirSync(SCREENSHOTS).filter((file) => file.endsWith('.png'));
  const own = Object.keys(STATES).map((name) => [
    name,
    SIZES.map(([width, , scheme, lang]) => `${name}-${suffix(width, scheme, lang)}.png`).filter((f) =>
      files.includes(f),
    ),
  ]);
  const known = new Set(own.flatMap(([, list]) => list));
  const parts = [...own, ['from the tests', files.filter((f) => !known.has(f)).sort()]].filter(([, l]) => l.length > 0);
  const style = `:root{color-scheme:light dark;font:16px system-ui,sans-serif}body{margin:0 1.5rem 4rem}
nav{position:sticky;top:0;background:Canvas;padding:.75rem 0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
section{scroll-margin-top:6rem}section>div{display:flex;gap:1rem;overflow-x:auto;align-items:start;padding-bottom:1rem}
figure{margin:0;flex:none}img{height:34rem;border:1px solid GrayText;border-radius:4px}figcaption{font-size:.8rem;padding:.25rem 0}`;
  const links = parts.map(([name]) => `<a href="#${name}">${name}</a>`).join(' ');
  const sections = parts.map(([name, list]) => section(name, list)).join('\n');
  writeFileSync(
    join(SCREENSHOTS, 'index.html'),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>V-MNet: screenshots</title><style>${style}</style></head><body><h1>V-MNet: every main state</h1><nav>${links}</nav>\n${sections}</body></html>\n`,
  );
}

const site = await start();
try {
  for (const size of SIZES) await goThrough(site, size);
} finally {
  await site.stop();
}
writeIndex();
console.log(join(SCREENSHOTS, 'index.html'));
