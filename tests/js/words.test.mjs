/** The page's words: every language says everything, and nothing is said that no part of the page asks for. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyOf } from '../../web/answer.js';
import { USED, wordsFor } from '../../web/element-words.js';
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

/** What stands after "within" for so many: the grammar of each language, by hand. */
const WITHIN = {
  en: { day: ['1 day', '2 days', '11 days'], week: ['1 week', '2 weeks', '11 weeks'], month: ['1 month', '3 months'] },
  es: { day: ['1 día', '2 días', '11 días'], week: ['1 semana', '2 semanas'], month: ['1 mes', '3 meses'] },
  fr: {
    day: ['d’un jour', 'de 2 jours', 'de 11 jours'],
    week: ['d’une semaine', 'de 2 semaines'],
    month: ['d’un mois', 'de 3 mois'],
  },
  zh: { day: ['1 天', '2 天'], week: ['1 周', '2 周'], month: ['1 个月', '3 个月'] },
  hi: { day: ['1 दिन', '2 दिन'], week: ['1 सप्ताह', '2 सप्ताह'], month: ['1 महीने', '3 महीने'] },
  ar: {
    day: ['يوم واحد', 'يومين', '3 أيام', '11 يومًا', '100 يوم'],
    week: ['أسبوع واحد', 'أسبوعين', '3 أسابيع', '11 أسبوعًا', '100 أسبوع'],
    month: ['شهر واحد', 'شهرين', '3 أشهر', '11 شهرًا', '100 شهر'],
  },
};
const COUNTS = {
  'd’un jour': 1,
  'd’une semaine': 1,
  'd’un mois': 1,
  'يوم واحد': 1,
  'أسبوع واحد': 1,
  'شهر واحد': 1,
  يومين: 2,
  أسبوعين: 2,
  شهرين: 2,
};

test('a delay stands in the number and the case that its language asks for after "within"', async () => {
  assert.deepEqual(Object.keys(WITHIN).sort(), [...codes].sort());
  for (const [code, units] of Object.entries(WITHIN)) {
    const words = await wordsOf(code);
    const say = (message, count) =>
      forms(message)[new Intl.PluralRules(code).select(count)].replace('{count}', String(count));
    for (const [unit, all] of Object.entries(units))
      for (const wanted of all)
        assert.equal(say(words[`delay.${unit}`], COUNTS[wanted] ?? Number(wanted.match(/\d+/)[0])), wanted, code);
    for (const key of ['decision.within', 'decision.recall']) assert.match(words[key], /\{delay\}/, code);
  }
});

test('what goes for DICOM alone is said to: other files name the patient', async () => {
  for (const code of codes) assert.match((await wordsOf(code))['save.dicom.plain'], /^DICOM/, code);
});

test('one is not many: points and widths of a disc, also with decimals', async () => {
  const say = async (code, key, count, digits) => {
    const form = new Intl.PluralRules(code, { minimumFractionDigits: digits }).select(count);
    const message = forms((await wordsOf(code))[key]);
    return (message[form] ?? message.other).replace(/\{\w+\}/, count.toFixed(digits));
  };
  assert.equal(await say('en', 'visits.points', 1, 0), '1 point');
  assert.equal(await say('en', 'visits.points', 1, 1), '1.0 points');
  assert.equal(await say('fr', 'visits.points', 1.5, 1), '1.5 point', 'French: singular under two');
  assert.equal(await say('fr', 'teach.widths', 1.3, 1), '1.3 diamètre papillaire');
  assert.equal(await say('fr', 'teach.widths', 2, 1), '2.0 diamètres papillaires');
  assert.equal(await say('es', 'teach.widths', 1, 0), '1 diámetro papilar');
  assert.equal(await say('ar', 'visits.points', 3, 0), '3 نقاط مئوية');
  assert.equal(await say('ar', 'visits.points', 11, 0), '11 نقطة مئوية');
});

test('one word for one thing: what one part of the page calls an answer, a finding or a patient, all do', async () => {
  /** Words that stood for the same beside another one, by language. */
  const other = {
    es: /valorable|Fantoma/,
    fr: /évaluable|Évaluabilité|Fantôme|règles de la clinique/,
    zh: /热图|怀疑：|其他发现/,
    hi: /रोगी|तस्वीर|घाव|मधुमेही|फंडस|नसें|निर्यात/,
    ar: /إجابة|نتحات|خرائط الحرارة/,
  };
  for (const [code, pattern] of Object.entries(other)) {
    const all = Object.entries(await wordsOf(code)).flatMap(([key, m]) =>
      Object.values(forms(m)).map((text) => [key, text]),
    );
    assert.deepEqual(
      all.filter(([, text]) => pattern.test(text)),
      [],
      code,
    );
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

test('which way a photograph was turned is said in every language, by the page and by the element', async () => {
  for (const code of codes) {
    const words = await wordsOf(code);
    const [right, left] = [90, 270].map((turned) => words[`file.turned.${turned}`]);
    assert.ok(right !== left && [right, left].every((text) => /90/.test(text)), code);
  }
  for (const turned of [90, 270]) assert.ok(USED.test(`file.turned.${turned}`), 'the element has the words');
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

test('a disease’s name, which stands without its article, is set off where a sentence would want one', async () => {
  const keys = Object.keys(en).filter((key) =>
    /^(teach\.quiz\.network|save\.sheet\.evidence|findings\.about)/.test(key),
  );
  const named = keys.filter((key) => forms(en[key]).other.includes('{name}'));
  assert.ok(named.length >= 6, named.join(', '));
  for (const code of ['fr', 'es'])
    for (const key of named)
      for (const text of Object.values(forms((await wordsOf(code))[key])))
        assert.match(text, /«\s?\{name\}\s?»|:\s\{name\}/, `${code}, ${key}`);
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

test("the element's words are there in every language, English ones that the page fetches later among them", async () => {
  const all = await Promise.all(codes.map(async (code) => [code, await wordsFor(code)]));
  const used = (words) =>
    Object.keys(words)
      .filter((key) => USED.test(key))
      .sort();
  const [, french] = all.find(([language]) => language === 'fr');
  assert.ok(used(french).includes('file.turned.90') && used(french).includes('grade.sentence'));
  for (const [language, words] of all) assert.deepEqual(used(words), used(french), language);
});
