/**
 * The sets of rules that come with the page. Their delays are examples, to be decided by who runs the clinic. There is none by the
 * grades of diabetic retinopathy: rules follow the answer, which does not rest on a grade.
 */

/** @import { Rules } from './rules.js' */

/** @type {Readonly<Record<'cautious' | 'balanced', Rules>>} */
export const SHIPPED = {
  cautious: {
    schema: 'vmnet-rules-1',
    name: 'cautious',
    operating_point: 'screening',
    answers: {
      refer: { action: 'refer', within: 'P1M' },
      unclear: { action: 'look', within: 'P1W' },
      repeat: { action: 'repeat', within: 'P1W' },
      'no-finding': { action: 'recall', within: 'P12M' },
    },
    findings: {
      'age-related-macular-degeneration': { action: 'refer', within: 'P1W' },
      'diabetic-retinopathy': { action: 'refer', within: 'P2W' },
      'hypertensive-retinopathy': { action: 'refer', within: 'P1W' },
    },
  },
  balanced: {
    schema: 'vmnet-rules-1',
    name: 'balanced',
    operating_point: 'balanced',
    answers: {
      refer: { action: 'refer', within: 'P3M' },
      unclear: { action: 'look', within: 'P1M' },
      repeat: { action: 'repeat', within: 'P1M' },
      'no-finding': { action: 'none' },
    },
    findings: {
      'age-related-macular-degeneration': { action: 'refer', within: 'P2W' },
      'diabetic-retinopathy': { action: 'refer', within: 'P1M' },
      glaucoma: { action: 'refer', within: 'P1M' },
      'hypertensive-retinopathy': { action: 'refer', within: 'P2W' },
    },
  },
};
