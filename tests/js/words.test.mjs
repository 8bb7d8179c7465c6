/** The page's words: every language says everything, and nothing is said that no part of the page asks for. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyOf } from '../../web/answer.js';
import { USED } from '../../web/element-words.js';
import core from '../../web/page/words/en.js';
import later from '../../web/page/words/en-later.js';
import { ROOT } from './native.mjs';

const PAGE = join(ROOT, 'web/page');
const WORDS = join(PAGE, 'words');
const LANGUAGES = readFileSync(join(WORDS, 'i18n.js'), 'utf8').match(/LANGUAGES = \{(.*?)\}/s)[1];
const codes = [...LANGUAGES.matchAll(/(\w+): '/g)].map((m) => m[1]);

const SCHEMA = JSON.parse(readFileSync(join(ROOT, 'web/report.schema.json'), 'utf8'));
const QUALITY_REASONS = SCHEMA.properties.quality.properties.reasons.items.enum;

/** All of English. */
const en = { ...core, ...later };
const wordsOf = async (code) => (code === 'en' ? en : (await import(`../../web/page/words/${code}.js`)).default);
const forms = (message) => (typeof message === 'string' ? { other: message } : message);
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g))].sort();

test('there is a catalogue for each language of the menu, and no other', () => {
  const files = readdirSync(WORDS).flatMap((name) => name.match(/^([a-z]{2})\.js$/)?.[1] ?? []);
  assert.deepEqual(files.sort(), [...codes].sort());
  assert.ok(codes.length >= 6);
});

for (const code of codes)
  test(`${code}: the keys, placeholders and plural forms that English has`, async () => {
    const words = await wordsOf(code);
    assert.deepEqual(
      Object.keys(en).filter((key) => !(key in words)),
      [],
      'missing',
    );
    assert.deepEqual(
      Object.keys(words).filter((key) => !(key in en)),
      [],
      'unknown',
    );
    const plural = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
    for (const [key, message] of Object.entries(words)) {
      const all = forms(message);
      assert.ok(typeof all.other === 'string' && all.other.trim() !== '', `${key}: empty`);
      assert.equal(typeof message, typeof en[key], `${key}: plural forms where English has them, and only there`);
      const wanted = placeholders(forms(en[key]).other);
      for (const [form, text] of Object.entries(all)) {
        assert.ok(plural.includes(form), `${key}: ${form} is no plural form of ${code}`);
        const has = placeholders(text);
        // a form for one thing may leave the number out
        const missing = wanted.filter((p) => !has.includes(p) && !(p === '{count}' && form !== 'other'));
        assert.deepEqual(
          [missing, has.filter((p) => !wanted.includes(p))],
          [[], []],
          `${key}: placeholders of "${text}"`,
        );
      }
    }
  });

test('every code of an error has a heading, what is wrong, and a remedy', () => {
  const types = readFileSync(join(ROOT, 'web/vmnet.d.ts'), 'utf8');
  const all = [...types.match(/type VmnetErrorCode =([^;]*);/)[1].matchAll(/'([\w-]+)'/g)].map((m) => m[1]);
  assert.ok(all.length >= 12);
  for (const errorCode of all)
    for (const part of ['', '.problem', '.remedy']) assert.ok(`error.${errorCode}${part}` in en, `${errorCode}${part}`);
});

test('the element says of each reason what the page says: nothing is left out, in any language', async () => {
  const reasons = ['finding', 'near', 'not-normal', 'evidence', 'normal', 'not-gradable', ...QUALITY_REASONS];
  for (const code of codes) {
    const own = Object.fromEntries(Object.entries(await wordsOf(code)).filter(([key]) => USED.test(key)));
    const words = {
      has: (key) => key in own,
      say: (key, values = {}) => own[key].replace(/\{(\w+)\}/g, (_, name) => values[name]),
      list: (parts) => parts.join('+'),
      nameOf: (id) => own[`disease.${id}.name`],
    };
    const why = (answer, all) => whyOf({ answer, reasons: all }, ['glaucoma'], words);
    assert.ok(why('refer', [{ code: 'finding', disease: 'glaucoma' }]).includes(words.nameOf('glaucoma')), code);
    for (const reason of reasons.filter((one) => one !== 'finding')) {
      const told = why('unclear', [{ code: reason, disease: reason === 'near' ? 'glaucoma' : undefined }]);
      assert.ok(told.length > own['decision.why.unclear'].length, `${code}: ${reason}: ${told}`);
      if (QUALITY_REASONS.includes(reason))
        for (const answer of ['unclear', 'repeat'])
          assert.ok(why(answer, [{ code: reason }]).includes(own[`batch.reason.${reason}`]), `${code}: ${reason}`);
    }
  }
});

test('whoever suspects what the test does not name does not say that it suspects nothing', async () => {
  const other = { code: 'finding', disease: 'other' };
  for (const code of codes) {
    const own = await wordsOf(code);
    const words = {
      has: (key) => key in own,
      say: (key, values = {}) => own[key].replace(/\{(\w+)\}/g, (_, name) => values[name]),
      list: (parts) => parts.join('+'),
      nameOf: (id) => own[`disease.${id}.name`],
    };
    const why = (answer, reasons) => whyOf({ answer, reasons, rest: 'not-suspected' }, ['glaucoma'], words);
    const unclear = why('unclear', [other, { code: 'not-normal' }]);
    assert.equal(unclear, `${own['decision.why.something-else']} ${own['decision.why.not-normal']}`, code);
    assert.equal(why('unclear', [{ code: 'not-normal' }]).indexOf(own['decision.why.unclear']), 0, code);
    // of several photographs of an eye, one that cannot be judged and suspects a disease that the test names
    const unjudged = why('unclear', [{ code: 'finding', disease: 'glaucoma' }, { code: 'dark' }]);
    const said = own['decision.why.unjudged'].replace('{names}', own['disease.glaucoma.name']);
    assert.ok(unjudged.startsWith(said), `${code}: ${unjudged}`);
    assert.ok(unjudged.includes(own['batch.reason.dark']), `${code}: ${unjudged}`);
    assert.ok(why('refer', [{ code: 'finding', disease: 'glaucoma' }, other]).includes(own['findings.unnamed']), code);
    assert.equal(
      own['disease.other.name'],
      own['findings.unnamed'],
      `${code}: the row is called what the headline says`,
    );
  }
});

test('what the quality of a photograph may hide is no cataract', async () => {
  const own = await wordsOf('en');
  const words = { has: (key) => key in own, say: (key) => own[key], list: (parts) => parts.join(), nameOf: (id) => id };
  const why = (...reasons) => whyOf({ answer: 'refer', reasons, rest: 'hidden' }, ['glaucoma', 'cataract'], words);
  const cataract = own['decision.why.cataract'];
  assert.ok(!why({ code: 'finding', disease: 'glaucoma' }).includes(cataract));
  assert.ok(why({ code: 'finding', disease: 'glaucoma' }, { code: 'finding', disease: 'cataract' }).includes(cataract));
});

test('French: no mark that a space parts from its word stands alone on the next line', async () => {
  const { WORDS: archive } = await import('../../web/worklist-words.js');
  const texts = [
    ...Object.values(await wordsOf('fr')).flatMap((m) => Object.values(forms(m))),
    ...Object.values(archive.fr),
  ];
  assert.deepEqual(
    texts.filter((text) => / [:;?!%»]|« /.test(text)),
    [],
  );
});

test('other languages are not English', async () => {
  for (const code of codes.filter((c) => c !== 'en')) {
    const words = await wordsOf(code);
    const same = Object.keys(en).filter(
      (key) => forms(en[key]).other === forms(words[key]).other && /[a-z]{3,} [a-z]{3,}/i.test(forms(en[key]).other),
    );
    assert.deepEqual(same, [], `${code}: as in English`);
  }
});

/** Every source text of the page, catalogues left out. */
function sources() {
  const files = readdirSync(PAGE, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.js') && !/^words\/([a-z]{2}|en-later)\.js$/.test(name));
  const all = [join(ROOT, 'index.html'), join(ROOT, 'web/answer.js'), ...files.map((name) => join(PAGE, name))];
  return all.map((file) => readFileSync(file, 'utf8'));
}

test('what the page asks for is there, and what is there is asked for', () => {
  const texts = sources();
  const asked = new Set();
  const begun = new Set(); // `part.${...}`: any key that fits
  for (const text of texts.map((source) => source.replace(/\/\*\*[^*]*\*\//g, ''))) {
    for (const [, key] of text.matchAll(/data-t(?:-label|-title|-placeholder)?=["']([^"']+)["']/g)) asked.add(key);
    for (const [, key] of text.matchAll(/["'`]([a-z][\w-]*(?:\.[\w-]+)+)["'`]/g)) asked.add(key);
    for (const [, key] of text.matchAll(/`([a-z][\w-]*\.[^`]*\$\{[^`]*)`/g))
      begun.add(`^${key.replace(/\./g, '\\.').replace(/\$\{[^}]*\}/g, '[\\w.-]+')}$`);
  }
  const patterns = [...begun].map((source) => new RegExp(source));
  const idle = Object.keys(en).filter((key) => !asked.has(key) && !patterns.some((p) => p.test(key)));
  assert.deepEqual(idle, [], 'never asked for');
  const html = [...readFileSync(join(ROOT, 'index.html'), 'utf8').matchAll(/data-t(?:-\w+)?="([^"]+)"/g)].map(
    (m) => m[1],
  );
  assert.deepEqual(
    html.filter((key) => !(key in en)),
    [],
    'index.html asks for what is not there',
  );
});

test('what index.html shows before any word has come is what English says', () => {
  const html = readFileSync(join(ROOT, 'index.html'), 'utf8');
  const shown = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)].filter(([, , text]) => text.trim() !== '');
  assert.ok(shown.length > 10, `${shown.length} texts`);
  for (const [, key, text] of shown) assert.equal(text.trim().replace(/\s+/g, ' '), en[key], key);
});
