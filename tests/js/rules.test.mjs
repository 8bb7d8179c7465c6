/** The clinic's rules: what is to be done, of several findings the most urgent, and what is refused with which words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whatToDo } from '../../web/page/case/decision.js';
import { ACTIONS, checkRules, MOST_RULE_NOTE, MOST_TEXT, parseRules } from '../../web/page/rules/check.js';
import { delayOf, plansFor, rules, setRules } from '../../web/page/rules/rules.js';
import { SHIPPED } from '../../web/page/rules/shipped.js';
import { moreWords } from '../../web/page/words/i18n.js';

await moreWords();

const IDS = [
  'diabetic-retinopathy',
  'glaucoma',
  'cataract',
  'age-related-macular-degeneration',
  'hypertensive-retinopathy',
];
const finding = (disease) => ({ code: 'finding', disease });
const own = (change) => {
  const made = { ...structuredClone(SHIPPED.balanced), name: 'Ours' };
  change(made);
  return made;
};

/** With these rules in use. @param {import('../../web/page/rules/rules.js').Rules} wanted @param {() => void} act */
function under(wanted, act) {
  const before = rules();
  setRules(wanted);
  try {
    act();
  } finally {
    setRules(before);
  }
}

test('what comes with the page can be used, names known findings, and answers each answer', () => {
  for (const [name, set] of Object.entries(SHIPPED)) {
    assert.deepEqual(checkRules(set, IDS), { rules: set, wrong: [] }, name);
    assert.equal(set.name, name);
  }
  assert.equal(rules(), SHIPPED.balanced, 'in use where nobody chose');
});

test('of several findings the shortest delay counts, once for each action, with all notes', () => {
  const wanted = own((made) => {
    made.answers.refer = { action: 'refer', within: 'P3M', note: 'Any day' };
    made.findings = {
      glaucoma: { action: 'refer', within: 'P20D', note: 'Tuesdays' },
      'diabetic-retinopathy': { action: 'refer', within: 'P2W' },
      'hypertensive-retinopathy': { action: 'physician', within: 'P1W' },
    };
  });
  assert.deepEqual(checkRules(wanted, IDS).wrong, []);
  under(wanted, () => {
    const reasons = ['cataract', 'glaucoma', 'diabetic-retinopathy', 'hypertensive-retinopathy'].map(finding);
    assert.deepEqual(plansFor({ answer: 'refer', reasons }), [
      { action: 'physician', within: 'P1W', notes: [] },
      { action: 'refer', within: 'P2W', notes: ['Tuesdays', 'Any day'] },
    ]);
    assert.equal(
      whatToDo({ answer: 'refer', reasons: [finding('glaucoma')] }),
      'Refer to an eye doctor and say what is suspected. Do so within 20 days. Tuesdays',
    );
    assert.equal(plansFor({ answer: 'refer', reasons: [finding('unheard-of')] })[0].within, 'P3M');
    // a finding does not make an answer: what is not referred is not done as if it were
    assert.deepEqual(plansFor({ answer: 'repeat', reasons: [{ code: 'dark' }, finding('glaucoma')] }), [
      { action: 'repeat', within: 'P1M', notes: [] },
    ]);
  });
});

test('no finding: nothing to do, or the next photograph by when; complaints always need a doctor', () => {
  const decision = { answer: 'no-finding', reasons: [{ code: 'normal' }] };
  assert.match(whatToDo(decision), /^Nothing to do by this test\. Complaints need an eye doctor all the same\.$/);
  under(SHIPPED.cautious, () =>
    assert.match(
      whatToDo(decision),
      /Complaints need an eye doctor all the same\. Photograph again within 12 months\.$/,
    ),
  );
});

test('delays are days, weeks or months', () => {
  assert.deepEqual(delayOf('P14D'), { count: 14, unit: 'day' });
  assert.deepEqual(delayOf('P2W'), { count: 2, unit: 'week' });
  assert.deepEqual(delayOf('P999M'), { count: 999, unit: 'month' });
  for (const wrong of [undefined, '', 'P0D', 'P1Y', '2W', 'P1000D', 'P-1D', 'P1.5M', 'p2w', 'P2W ', 'PT2M'])
    assert.equal(delayOf(wrong), null, String(wrong));
});

test('what is wrong is refused, each with its place, what was found and what is possible', () => {
  /** @type {[(made: any) => void, RegExp][]} */
  const cases = [
    [(made) => delete made.answers, /^answers: this is missing$/],
    [(made) => delete made.answers.repeat, /^answers\.repeat: this is missing$/],
    [(made) => (made.schema = 'vmnet-rules-2'), /^schema: "vmnet-rules-2" is not possible; possible: vmnet-rules-1$/],
    [(made) => (made.operating_point = 'often'), /^operating_point: "often" .* screening, balanced, specific$/],
    [(made) => (made.findings.gout = { action: 'refer' }), /^findings\.gout: this name is not known; .*glaucoma/],
    [(made) => (made.findings.glaucoma = 'refer'), /^findings\.glaucoma: a group .* with action/],
    [(made) => (made.findings = []), /^findings: a group .* with diabetic-retinopathy/],
    [
      (made) => (made.findings.glaucoma.within = 'two weeks'),
      /^findings\.glaucoma\.within: "two weeks" is no delay; .*P2W/,
    ],
    [(made) => (made.findings.glaucoma.within = 14), /^findings\.glaucoma\.within: 14 is no delay/],
    [(made) => (made.findings.glaucoma.extra = 1), /^findings\.glaucoma\.extra: this name is not known/],
    [(made) => (made.answers.refer.note = 'x'.repeat(MOST_RULE_NOTE + 1)), /^answers\.refer\.note: a text of 1 to 200/],
    [(made) => (made.answers['no-finding'] = { action: 'recall' }), /^answers\.no-finding\.within: this is missing$/],
    [
      (made) => (made.answers['no-finding'] = { action: 'none', within: 'P1M' }),
      /^answers\.no-finding\.within: this name/,
    ],
    [(made) => (made.name = ' '), /^name: a text of 1 to 40/],
    [(made) => (made.name = 'cautious'), /^name: "cautious" is the name of a set that comes with the page/],
  ];
  for (const [change, words] of cases) {
    const { rules: wanted, wrong } = checkRules(own(change), IDS);
    assert.equal(wanted, null, String(words));
    assert.equal(wrong.length, 1, JSON.stringify(wrong));
    assert.match(wrong[0], words);
  }
  // nothing less than what the answer says
  for (const [answer, possible] of Object.entries(ACTIONS))
    for (const action of ['refer', 'physician', 'look', 'repeat', 'recall', 'none'])
      if (!possible.includes(action)) {
        const { wrong } = checkRules(
          own((made) => (made.answers[answer] = { action, within: 'P1M' })),
          IDS,
        );
        assert.ok(
          wrong.some((text) => text.startsWith(`answers.${answer}.action: `)),
          `${answer}: ${action}`,
        );
      }
  for (const value of [null, 1, 'x', [], true])
    assert.match(checkRules(value, IDS).wrong[0], /^JSON: a group .* schema/);
});

test('all that is wrong is said at once', () => {
  const { wrong } = checkRules(
    { schema: 'vmnet-rules-1', operating_point: 'x', answers: { refer: {} }, findings: {} },
    IDS,
  );
  assert.deepEqual(
    wrong.map((text) => text.split(':')[0]),
    ['name', 'operating_point', 'answers.refer.action', 'answers.unclear', 'answers.repeat', 'answers.no-finding'],
  );
});

test('text that is no JSON, or far too long, is refused in words', () => {
  assert.match(parseRules('{"a": ', IDS).wrong[0], /^This cannot be read as JSON; .*: \S/);
  assert.match(parseRules(' '.repeat(MOST_TEXT + 1), IDS).wrong[0], /more than 65,536 characters/);
  assert.deepEqual(parseRules(JSON.stringify(SHIPPED.cautious), IDS).wrong, []);
});
