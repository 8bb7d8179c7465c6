/** Photographs whose answer is made up, by their name, so that every answer can be shown at every operating point. */

import { changeModule } from './browser.mjs';

const finding = (disease) => ({ code: 'finding', disease });
const near = (disease) => ({ code: 'near', disease });
const same = (answer, ...reasons) => ({
  answer,
  reasons,
  rest: reasons.some((r) => r.disease === 'cataract') ? 'hidden' : answer === 'repeat' ? 'not-judged' : 'not-suspected',
});
const everywhere = (decided) => ({ screening: decided, balanced: decided, specific: decided });
const DR = 'diabetic-retinopathy';

/** By what a file's name holds. @type {Record<string, Record<'screening' | 'balanced' | 'specific', { answer: string, reasons: { code: string, disease?: string }[], rest: string }>>} */
export const ANSWERS = {
  sick: everywhere(same('refer', finding(DR), finding('glaucoma'))),
  severe: everywhere(same('refer', finding(DR))),
  worst: everywhere(same('refer', finding('hypertensive-retinopathy'), finding('glaucoma'), finding(DR))),
  mild: everywhere(same('unclear', near(DR), { code: 'not-normal' })),
  contrary: everywhere(same('refer', finding(DR))),
  strict: {
    screening: same('refer', finding(DR)),
    balanced: same('refer', finding(DR)),
    specific: same('no-finding', { code: 'normal' }),
  },
  odd: everywhere(same('unclear', finding('other'), { code: 'not-normal' })),
  vague: everywhere(same('unclear', { code: 'not-normal' }, { code: 'evidence' })),
  dark: everywhere(same('repeat', { code: 'dark' }, { code: 'no-vessels' })),
  veiled: everywhere(same('repeat', { code: 'low-contrast' }, finding('cataract'))),
  cloudy: everywhere(same('refer', finding('cataract'))),
  clear: everywhere(same('no-finding', { code: 'normal' })),
  moving: {
    screening: same('refer', finding('glaucoma')),
    balanced: same('unclear', near('glaucoma')),
    specific: same('no-finding', { code: 'normal' }),
  },
};

/** @param {string | null} reason @param {number | null} grade @param {number[]} likely */
const graded = (reason, grade, likely) => {
  const told = { valid: reason === null, reason, grade };
  return { ...told, at_least: likely, at: { screening: told, balanced: told, specific: told } };
};

/** Grades of diabetic retinopathy beside some of them; of the others it is what the core says of the photograph. */
const GRADES = {
  severe: graded(null, 3, [0.98, 0.93, 0.71, 0.12]),
  worst: graded(null, 4, [0.99, 0.98, 0.94, 0.72]),
  mild: graded(null, 1, [0.61, 0.2, 0.03, 0.01]),
  contrary: graded('disagrees', null, [0.2, 0.1, 0.02, 0.01]),
  strict: graded(null, 2, [0.7, 0.5, 0.1, 0.04]),
  clear: graded('not-suspected', null, [0.02, 0.01, 0.001, 0.0005]),
};

/** Runs in the page in place of what the core said. */
function dress(result, name, answers, grades) {
  const of = Object.keys(answers).find((key) => name?.includes(key));
  if (of === undefined) return result;
  const { [of]: at } = answers;
  const { [of]: grade = result.grade } = grades;
  const { looks_for } = result.report.decision;
  const decision = { operating_point: 'balanced', ...at.balanced, at, looks_for };
  const quality = { ...result.quality, gradable: at.balanced.answer !== 'repeat' };
  return { ...result, quality, decision, grade, report: { ...result.report, quality, decision, grade } };
}

/** @param {import('playwright-core').Page} page */
export function withAnswers(page) {
  const dressed = `...dress(result, name, ${JSON.stringify(ANSWERS)}, ${JSON.stringify(GRADES)}),`;
  return changeModule(page, 'web/vmnet.js', '...result,', dressed, `${dress}`);
}

/** The same of whatever is screened, named or not. @param {string} key of ANSWERS @returns {(page: import('playwright-core').Page) => Promise<unknown>} */
export const withAnswer = (key) => (page) =>
  changeModule(
    page,
    'web/vmnet.js',
    '...result,',
    `...dress(result, '${key}', ${JSON.stringify(ANSWERS)}, ${JSON.stringify(GRADES)}),`,
    `${dress}`,
  );
