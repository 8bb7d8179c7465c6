/** The page in a ZIP file that shows what is in it: needs no network, runs no script. */

import { reviewNotes, reviewText } from '../record/review.js';
import { language, listed, t } from '../words/i18n.js';
import { capital, dayName, nameOf } from '../words/terms.js';
import { doubtsOf } from '../worklist/doubts.js';
import { eyeOf } from '../worklist/entry.js';
import { errorText, eyeName, stateText } from '../worklist/row-texts.js';
import { answered, photographValue, sorted } from '../worklist/sorting.js';
import { actionText, ownText, patientText } from '../worklist/whole.js';
import { reasonText } from './exports.js';
import { dayOfEntry, daysOf } from './visits.js';

/**
 * @import { ModelInfo } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Whole } from '../worklist/whole.js'
 */

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1.25rem; }
article { display: grid; grid-template-columns: minmax(9rem, 16rem) 1fr; gap: 1.25rem; padding-block: 1.25rem; border-block-start: 1px solid #8886; }
img { display: block; width: 100%; background: #000; border-radius: 6px; }
.turned-90, .turned-270 { aspect-ratio: 1; object-fit: contain; transform: rotate(90deg); }
.turned-270 { transform: rotate(270deg); }
h1 { font-size: 1.4rem; } h2 { margin: 0; font-size: 1.15rem; } p { margin: 0.35rem 0; overflow-wrap: anywhere; }
.answer { font-weight: 700; } .fine { opacity: 0.75; font-size: 0.9rem; }
@media (max-width: 36rem) { article { grid-template-columns: 1fr; } }
`;

/** A document of no page: the pictures that it names are not fetched. */
const apart = document.implementation.createHTMLDocument('');

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} children */
function make(tag, attributes, ...children) {
  const element = apart.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * The most urgent first.
 * @param {Entry[]} entries @param {Map<Entry, string>} folders of those whose pictures are in the file @param {ModelInfo} info
 * @param {Map<Entry, Whole>} wholes what is to be said of the patient
 * @returns {string}
 */
export function indexPage(entries, folders, info, wholes) {
  const days = daysOf(entries).map(dayName);
  const body = make(
    'body',
    {},
    make('h1', {}, 'V-MNet'),
    make('p', {}, make('strong', {}, t('page.notice'))),
    make('p', { class: 'fine' }, t('batch.sheet.day', { day: listed(days) })),
    ...sorted(entries, photographValue('answer'), true).map((entry) =>
      part(entry, folders.get(entry), days.length > 1, wholes.get(entry) ?? null),
    ),
    make('p', { class: 'fine' }, `V-MNet ${info.version}, ${info.weights}`),
  );
  const title = make('title', {}, t('page.title'));
  return `<!doctype html>
<html lang="${language()}" dir="${document.documentElement.dir || 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
${title.outerHTML}
<style>${STYLE}</style>
</head>
${body.outerHTML}
</html>
`;
}

/** @param {Entry} entry @param {string | undefined} folder @param {boolean} dated whether it says of which day it is @param {Whole | null} whole */
function part(entry, folder, dated, whole) {
  const { patient, name, review, result } = entry;
  const who = [
    patient || t('batch.patient.none'),
    eyeName(eyeOf(entry)),
    ...(dated ? [dayName(dayOfEntry(entry))] : []),
  ].join(' · ');
  return make(
    'article',
    {},
    make(
      'div',
      {},
      ...(folder === undefined ? [] : [linked(`${folder}/overlay.jpg`, name, result?.report.orientation?.turned)]),
    ),
    make(
      'div',
      {},
      make('h2', {}, make('bdi', {}, who)),
      ...doubtsOf(entry).map(({ text }) => make('p', {}, make('strong', {}, text))),
      ...answer(entry, whole),
      ...(review === null || result === null
        ? []
        : [make('p', {}, make('strong', {}, reviewText(review)), ' ', reviewNotes(review, result.report).join(' '))]),
      make('p', { class: 'fine' }, make('bdi', {}, entry.path)),
      ...(folder === undefined ? [] : [files(entry, folder)]),
    ),
  );
}

/** @param {Entry} entry @param {Whole | null} whole */
function answer(entry, whole) {
  const decision = answered(entry);
  const coverage = entry.result?.report.decision;
  const patient = whole === null ? [] : [make('p', { class: 'answer' }, patientText(whole))];
  if (decision === null || coverage === undefined)
    return [
      ...patient,
      make('p', { class: 'answer' }, stateText(entry)),
      make('p', {}, errorText(entry)),
      ...(whole === null ? [] : [make('p', {}, actionText(null, whole))]),
    ];
  return [
    ...patient,
    make('p', { class: 'answer' }, ownText(decision, whole)),
    make('p', {}, reasonText(entry, decision)),
    make('p', {}, actionText(decision, whole)),
  ];
}

/** A picture that lies as its file does is shown upright. @param {string} path @param {string} name @param {number} [turned] degrees clockwise */
function linked(path, name, turned = 0) {
  /** @type {Record<string, string>} */
  const lies = turned === 0 ? {} : { class: `turned-${turned}` };
  return make('a', { href: path }, make('img', { src: path, alt: name, loading: 'lazy', ...lies }));
}

/** @param {Entry} entry @param {string} folder */
function files(entry, folder) {
  const suspected = answered(entry)?.reasons.filter(({ code }) => code === 'finding') ?? [];
  const heatmaps = entry.evidence
    .filter(({ id }) => suspected.some(({ disease }) => disease === id))
    .map(({ id }) => ({ path: `heatmap-${id}.png`, text: capital(nameOf({ id, name: id })) }));
  const all = [
    { path: 'vessels.png', text: t('screen.vessels') },
    ...heatmaps,
    { path: 'report.json', text: t('screen.download.report') },
  ];
  const links = all.map(({ path, text }) => make('a', { href: `${folder}/${path}` }, text));
  return make('p', { class: 'fine' }, ...links.flatMap((link, i) => (i === 0 ? [link] : [' · ', link])));
}
