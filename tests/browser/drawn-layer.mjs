/** A layer of the case that the network draws: disc and cup, lesions. What holds for each of them, step by step. */

import assert from 'node:assert/strict';
import { changeModule, settled } from './browser.mjs';
import { file, sample } from './pictures.mjs';

/** @typedef {import('playwright-core').Page} Page */

/**
 * A page on which what was drawn is made up: `drawn` runs there, in place of what the network drew, with result and name.
 * @param {{ open: Function }} site @param {(result: any, name: string) => unknown} drawn a named function
 * @returns {Promise<{ page: Page, close: () => Promise<void>, screen: (name: string) => Promise<void> }>}
 */
export async function withDrawn(site, drawn) {
  const { page, close } = await site.open({}, (p) =>
    changeModule(p, 'web/vmnet.js', '...result,', `...${drawn.name}(result, name),`, `${drawn}`),
  );
  const screen = async (name) => {
    await page.setInputFiles('#file', file(name, sample));
    await page.waitForFunction((wanted) => window.vmnetLast?.report.image.name === wanted, name);
    await settled(page);
  };
  return { page, close, screen };
}

/**
 * Drawn for as long as its key is held, with nothing else in the legend; by its button it stays.
 * @param {Page} page @param {{ key: string, name: string, other: string, legend: RegExp, described: RegExp }} of legend: what it
 *   says while it is drawn; described: how the picture is described then
 */
export async function heldAndKept(page, { key, name, other, legend, described }) {
  assert.ok(await page.isHidden('#legend'));
  const clean = await page.evaluate(() => document.querySelector('#canvas').toDataURL());
  await page.keyboard.down(key);
  await page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() !== old, clean);
  assert.match(await page.locator(`#legend .${name}-legend:visible`).textContent(), legend);
  assert.ok(
    (await page.isHidden(`#legend .${other}-legend`)) && (await page.isHidden('#legend .scale')),
    'and nothing else',
  );
  await page.keyboard.up(key);
  await page.waitForFunction((old) => document.querySelector('#canvas').toDataURL() === old, clean);
  assert.ok(await page.isHidden('#legend'));
  await page.click(`#${name}-on`);
  assert.match(await page.getAttribute('#canvas', 'aria-label'), described);
}

/**
 * It is wished for, and is not there: why, in words, among the numbers and on the picture, where it can be put away; nothing of
 * it where the weights never draw it.
 * @param {Page} page @param {(name: string) => Promise<void>} screen @param {string} name
 * @param {import('playwright-core').Locator} fact @param {[string, RegExp][]} reasons by the photograph's name
 */
export async function saysWhyNot(page, screen, name, fact, reasons) {
  const button = `#${name}-on`;
  const legend = page.locator(`#legend .${name}-legend`);
  for (const [reason, words] of reasons) {
    await screen(`${reason}.jpg`);
    assert.match(await fact.textContent(), words);
    if (reason === 'no-output') {
      assert.ok((await page.isHidden(button)) && (await legend.isHidden()));
      continue;
    }
    assert.match(await legend.textContent(), words);
    await page.click(button);
    assert.ok((await page.isDisabled(button)) && (await page.isHidden('#legend')), 'put away, and there is none');
    await screen('seen.jpg');
    await page.click(button);
  }
}
