/** The clinic's rules on the page: what they change, what they leave, that they stay, and what is refused. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SHIPPED } from '../../web/page/rules/shipped.js';
import { withAnswers } from './answers.mjs';
import { assertPrivate, settled, siteForAll } from './browser.mjs';
import { sample } from './pictures.mjs';

const site = siteForAll();

const id = (name) => `[data-testid=${name}]`;

/** @param {import('playwright-core').Page} page */
async function screen(page) {
  await page.waitForSelector('#status[data-ready]');
  await page.setInputFiles('#file', { name: 'sick.jpg', mimeType: 'image/jpeg', buffer: sample });
  await page.waitForFunction(() => window.vmnetLast !== undefined);
  await settled(page);
}

/** What the strip says: the answer, why, what to do, and the rest. */
const strip = (page) =>
  page.evaluate(() => ['summary', 'why', 'to-do', 'coverage'].map((name) => document.getElementById(name).textContent));

test('other rules: the answer stays, what to do changes, on the page, in files, and after a reload', async () => {
  const { page, seen, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await screen(page);
  const [answer, why, todo, covers] = await strip(page);
  assert.deepEqual(
    [answer, todo],
    ['Refer', 'Refer to an eye doctor and say what is suspected. Do so within 1 month.'],
  );
  assert.match(covers, /Rules: Balanced\.$/);

  await page.click('#rules');
  const row = (name) => page.locator(`dialog.rules [data-rule=${name}]`);
  await row('glaucoma').locator('input[type=number]').fill('10');
  await row('glaucoma').locator('select').last().selectOption('D');
  await row('glaucoma').locator('input[type=text]').fill('Dr Rossi, Tuesdays');
  await page.locator(id('rules-name')).focus(); // as whoever types on does
  assert.equal(await page.inputValue(id('rules-name')), 'Our own', 'a set that was changed is no shipped one');
  await page.fill(id('rules-name'), 'Eye bus');
  await page.click(id('rules-use'));
  const now = await strip(page);
  assert.deepEqual(now.slice(0, 3), [
    answer,
    why,
    'Refer to an eye doctor and say what is suspected. Do so within 10 days. Dr Rossi, Tuesdays',
  ]);
  assert.match(now[3], /Rules: Eye bus\.$/);

  await page.waitForSelector(id('case-save'));
  await page.click(id('case-save'));
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#case-save-menu [data-export=json]')]);
  const json = JSON.parse(readFileSync(await saved.path(), 'utf8'));
  assert.equal(json.rules.name, 'Eye bus');
  assert.deepEqual(json.rules.findings.glaucoma, { action: 'refer', within: 'P10D', note: 'Dr Rossi, Tuesdays' });
  const plans = [{ action: 'refer', within: 'P10D', notes: ['Dr Rossi, Tuesdays'] }];
  assert.deepEqual(json.reports[0].report.clinic, { rules: 'Eye bus', plans });
  assert.deepEqual([json.reports[0].answer, json.patients[0].plans], ['refer', plans]);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.match(await page.textContent('.sheet .to-do'), /within 10 days\. Dr Rossi/);
  assert.match(await page.textContent('.sheet-point'), /^Rules: Eye bus\. /);
  await page.emulateMedia({ media: 'screen' });

  await page.reload();
  await screen(page);
  assert.match((await strip(page))[3], /Rules: Eye bus\.$/, 'kept as the language is');
  await page.click('#rules');
  await page.selectOption(id('rules-set'), 'cautious');
  await page.click(id('rules-use'));
  assert.match((await strip(page))[2], /Do so within 2 weeks\.$/);
  assertPrivate(seen, site.url);
  await close();
});

test('rules as a file: what is wrong is said and nothing changes; what was saved comes back', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await page.waitForSelector('#status[data-ready]');
  await page.click('#rules');
  const give = (value) =>
    page.setInputFiles(id('rules-file'), {
      name: 'rules.json',
      mimeType: 'application/json',
      buffer: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    });
  const wrong = structuredClone(SHIPPED.cautious);
  wrong.name = 'Ours';
  wrong.findings.glaucoma = { action: 'none' };
  await give(wrong);
  const said = page.locator(`${id('rules-wrong')} li`);
  await said.waitFor();
  assert.deepEqual(await said.allTextContents(), [
    'findings.glaucoma.action: "none" is not possible; possible: refer, physician',
  ]);
  await page.click(id('rules-use'));
  assert.ok(await page.isVisible('dialog.rules'), 'wrong rules are not taken');
  await page.keyboard.press('Escape');
  await page.click('#rules');
  await page.waitForSelector('dialog.rules[open]');
  assert.equal(await page.inputValue(id('rules-set')), 'balanced', 'nothing changed');
  assert.equal(await said.count(), 0);

  const right = { ...structuredClone(SHIPPED.cautious), name: 'Ours' };
  await give(right);
  await page.waitForFunction((name) => document.querySelector(name).value === 'Ours', id('rules-name'));
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('dialog.rules [data-act=save]')]);
  assert.deepEqual(JSON.parse(readFileSync(await file.path(), 'utf8')), right);
  await close();
});

test('rules to which nobody gave a name are called ours in every language, also those from before a reload', async () => {
  const { page, close } = await site.open({ path: '#lang=en' }, withAnswers);
  await screen(page);
  await page.click('#rules');
  await page.locator('dialog.rules input[value=screening]').check();
  await page.click(id('rules-use'));
  const named = async (code) => {
    await page.selectOption('#language', code);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, code);
    const { default: own } = await import(`../../web/page/words/${code}.js`);
    const covers = (await strip(page))[3];
    assert.ok(covers.endsWith(own['rules.by'].replace('{name}', own['rules.own'])), `${code}: ${covers}`);
    await page.click('#rules');
    assert.equal(await page.inputValue(id('rules-name')), own['rules.own']);
    await page.click('dialog.rules .close');
    await page.waitForSelector('dialog.rules', { state: 'hidden' });
  };
  for (const code of ['en', 'es', 'fr', 'zh', 'hi', 'ar']) await named(code);
  await page.reload();
  await screen(page);
  await named('fr');
  // taken over in another language it keeps no language's name
  await page.click('#rules');
  await page.locator('dialog.rules input[value=specific]').check();
  await page.click(id('rules-use'));
  await named('es');
  await close();
});
