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

/** Runs in the page in place of what the core said. */
function dress(result, name, answers) {
  const of = Object.keys(answers).find((key) => name?.includes(key));
  if (of === undefined) return result;
  const at = answers[of];
  const { looks_for } = result.report.decision;
  const decision = { operating_point: 'balanced', ...at.balanced, at, looks_for };
  const quality = { ...result.quality, gradable: at.balanced.answer !== 'repeat' };
  return { ...result, quality, decision, report: { ...result.report, quality, decision } };
}

/** @param {import('playwright-core').Page} page */
export function withAnswers(page) {
  const dressed = `...dress(result, name, ${JSON.stringify(ANSWERS)}),`;
  return changeModule(page, 'web/vmnet.js', '...result,', dressed, `${dress}`);
}

/** The same of whatever is screened, named or not. @param {string} key of ANSWERS @returns {(page: import('playwright-core').Page) => Promise<unknown>} */
export const withAnswer = (key) => (page) =>
  changeModule(
    page,
    'web/vmnet.js',
    '...result,',
    `...dress(result, '${key}', ${JSON.stringify(ANSWERS)}),`,
    `${dress}`,
  );
