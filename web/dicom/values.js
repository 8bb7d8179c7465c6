/** Values of a patient and a study in the form that their kind (VR, PS3.5 6.2) has. The command's rule: src/dicom_value.h. */

/** @typedef {'PN' | 'LO' | 'SH' | 'DA' | 'TM' | 'CS' | 'UI'} Vr */

/** @param {string} text @param {number} most letters */
const fits = (text, most) => [...text].length <= most;

/** A day that there is. @param {string} text YYYYMMDD */
function isDate(text) {
  if (!/^\d{8}$/.test(text)) return false;
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)].map(Number);
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** Whether a text is of the kind. @type {Readonly<Record<Vr, (text: string) => boolean>>} */
const IS = {
  PN: (text) => {
    const spellings = text.split('=');
    return spellings.length <= 3 && spellings.every((one) => fits(one, 64) && one.split('^').length <= 5);
  },
  LO: (text) => fits(text, 64),
  SH: (text) => fits(text, 16),
  DA: isDate,
  TM: (text) => /^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?$/.test(text),
  CS: (text) => /^[MFO]$/.test(text),
  UI: (text) => text.length <= 64 && /^\d+(\.\d+)+$/.test(text),
};

/**
 * PS3.5 9.1, but that zeros may lead: archives hold such. What is none (empty, '..', with a slash) must not come into a path,
 * an address or a name: everything that takes a UID out of an object or an answer asks here, or inForm('UI', ...).
 * @param {unknown} value
 * @returns {value is string}
 */
export function isUid(value) {
  return typeof value === 'string' && IS.UI(value);
}

/**
 * In its form where that is certain, else left out.
 * @param {Vr} vr @param {unknown} value null and undefined are none
 * @returns {string} empty where there is none, or it has no such form
 */
export function inForm(vr, value) {
  let text = typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ').replace(/^ +| +$/g, '') : '';
  if (vr === 'DA') text = text.replace(/^(.{4})\.(..)\.(..)$/, '$1$2$3');
  if (vr === 'TM') text = text.replace(/^(..):(..)(?::|$)/, '$1$2');
  return !text.includes('\\') && IS[vr](text) ? text : '';
}
