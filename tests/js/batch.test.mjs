/** The series' parts that need no page: names, kinds of files, order, summary by eye, CSV, the runner. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { VmnetError } from '../../web/errors.js';
import { chanceText, cutText, gradabilityText, standingText } from '../../web/page/case/decision.js';
import { isPicture, sortOut } from '../../web/page/intake/kinds.js';
import { guessNames } from '../../web/page/intake/names.js';
import { onlyCounts } from '../../web/page/intake/one-name.js';
import { exactDigits } from '../../web/page/lab/digits.js';
import { decidedText, reviewOf } from '../../web/page/record/review.js';
import { operatingPoint, rules, setRules } from '../../web/page/rules/rules.js';
import { csvOf } from '../../web/page/save/csv.js';
import { reportFile } from '../../web/page/save/downloads.js';
import { csvFile, jsonFile } from '../../web/page/save/exports.js';
import { fileName } from '../../web/page/save/file-names.js';
import { formatOf } from '../../web/page/save/spreadsheet.js';
import { toldOf } from '../../web/page/save/told.js';
import { moreWords } from '../../web/page/words/i18n.js';
import { isRepeat, otherPatients } from '../../web/page/worklist/copies.js';
import { doubtsOf } from '../../web/page/worklist/doubts.js';
import { eyesDisagree, withoutLayers } from '../../web/page/worklist/entry.js';
import { byEye, byPatient, eyePasses } from '../../web/page/worklist/eye-rows.js';
import { isPutTogether, otherSpellings, spellingsOf } from '../../web/page/worklist/identities.js';
import { answerWords, countText, eyeWords } from '../../web/page/worklist/row-texts.js';
import { Runner } from '../../web/page/worklist/runner.js';
import { screener } from '../../web/page/worklist/screening.js';
import { Series } from '../../web/page/worklist/series.js';
import {
  answered,
  BY_URGENCY,
  eyeValue,
  passes,
  photographValue,
  sorted,
  urgencyOf,
} from '../../web/page/worklist/sorting.js';
import { TimeLeft } from '../../web/page/worklist/timing.js';
import { Together, unreadEyes } from '../../web/page/worklist/together.js';
import { unseenText } from '../../web/page/worklist/unseen.js';
import { leading, patientAction, wholeOf, wholesOf } from '../../web/page/worklist/whole.js';
import { effect } from '../../web/vendor/signals.js';
import { startEngine } from './engine-run.mjs';

await moreWords();

/** @param {'screening' | 'balanced' | 'specific'} point */
const atPoint = (point) => setRules({ ...rules(), operating_point: point });

/** As RFC 4180 says it, to the letter: a slip in what is written shows. */
const CSV = { bom: true, record_delimiter: '\r\n' };

// ---- names ----

const guesses = (...paths) => guessNames(paths).map(({ patient, eye }) => `${patient}|${eye}`);

test('patient and eye from the name of the file', () => {
  for (const [path, patient, eye] of [
    ['12_left.jpg', '12', 'OS'],
    ['12_right.JPG', '12', 'OD'],
    ['P003_OD_1.jpg', 'P003', 'OD'],
    ['P003-os-2.tiff', 'P003', 'OS'],
    ['P003 OD1.png', 'P003', 'OD'],
    ['0007.R.png', '0007', 'OD'],
    ['Ana Gómez izquierda.jpg', 'Ana Gómez', 'OS'],
    ['张三_右眼.jpg', '张三', 'OD'],
    ['left_12.jpg', '12', 'OS'],
    ['12OD.jpg', '12', 'OD'],
    ['IMG_0012.jpg', 'IMG_0012', ''],
    ['retina.jpg', 'retina', ''],
    ['P1_L2.jpg', 'P1_L2', ''], // a letter with a number may be anything
    ['OD.jpg', 'OD', 'OD'],
    ['.jpg', '.jpg', ''],
  ])
    assert.deepEqual(guesses(path), [`${patient}|${eye}`], path);
});

test('words for the eyes in many languages and spellings; names that only look like them', () => {
  for (const [path, patient, eye] of [
    ['Dupont_OG.jpg', 'Dupont', 'OS'],
    ['P1-œil-droit-2.jpg', 'P1', 'OD'],
    ['P1_oeil gauche.jpg', 'P1', 'OS'],
    ['12 oi.jpg', '12', 'OS'],
    ['P3_OE.jpg', 'P3', 'OS'],
    ['Müller_rechtes Auge.jpg', 'Müller', 'OD'],
    ['12_LA.jpg', '12', 'OS'],
    ['P5_LeftEye.jpg', 'P5', 'OS'],
    ['P5_eye_right_3.jpg', 'P5', 'OD'],
    ['बाईं आँख 7.jpg', '7', 'OS'],
    ['7_العين اليمنى.jpg', '7', 'OD'],
    ['La Rochelle_OD.jpg', 'La Rochelle', 'OD'],
    ['Le Pen_OS_2.jpg', 'Le Pen', 'OS'],
    ['OD_Hoa_OS.jpg', 'OD_Hoa', 'OS'],
    ['OD Martin 12.jpg', 'OD Martin 12', ''],
    ['Od_Anna_left.jpg', 'Od_Anna', 'OS'],
    ['Hoa_1.jpg', 'Hoa_1', ''],
    ['Ra_1.jpg', 'Ra_1', ''],
    ['maria de la cruz.jpg', 'maria de la cruz', ''],
    ['Der Spiegel.jpg', 'Der Spiegel', ''],
  ])
    assert.deepEqual(guesses(path), [`${patient}|${eye}`], path);
});

test('folders called after an eye lie under a person', () => {
  for (const [left, right] of [
    ['OG', 'OD'],
    ['OI', 'OD'],
    ['OE', 'OD'],
    ['Left Eye', 'Right Eye'],
    ['LeftEye', 'RightEye'],
    ['left_eye', 'right_eye'],
    ['œil gauche', 'oeil droit'],
    ['ojo izquierdo', 'Ojo Derecho'],
    ['links', 'Rechts'],
    ['LA', 'RA'],
    ['左眼', '右眼'],
    ['बाईं आँख', 'दाईं आँख'],
    ['العين اليسرى', 'العين اليمنى'],
    ['sx', 'dx'],
    ['linkeroog', 'rechteroog'],
  ])
    assert.deepEqual(
      guesses(`dupont/${left}/1.jpg`, `dupont/${right}/1.jpg`, `martin/${left}/1.jpg`, `Hoa/${right}/1.jpg`),
      ['dupont|OS', 'dupont|OD', 'martin|OS', 'Hoa|OD'],
      left,
    );
});

test('folders that say when lie between a person and an eye, and are nobody', () => {
  for (const when of [
    '2024',
    '202403',
    '20240312',
    '12.03.2024',
    '12-3-24',
    '2024-03',
    'visit1',
    'Visite 2',
    'session_3',
  ])
    assert.deepEqual(
      guesses(`martin/${when}/OG/1.jpg`, `dupont/${when}/OG/1.jpg`, `dupont/${when}/OD/1.jpg`, `p/Hoa/${when}/R/1.jpg`),
      ['martin|OS', 'dupont|OS', 'dupont|OD', 'Hoa|OD'],
      when,
    );
  assert.deepEqual(guesses('A/2024/01/OD/x.jpg', 'A/2024/02/OS/x.jpg', 'B/2024/01/OD/x.jpg'), ['A|OD', 'A|OS', 'B|OD']);
  assert.deepEqual(guesses('1/OD/x.jpg', '2/OD/x.jpg'), ['1|OD', '2|OD'], 'numbers without a year are people');
  assert.deepEqual(
    guesses('2021/OD/x.jpg', '2022/OD/x.jpg'),
    ['2021|OD', '2022|OD'],
    'and so are years with nobody above',
  );
});

test('a name with both eyes says neither', () => {
  assert.deepEqual(
    guesses('smith_OD_OS.jpg', 'left-right.jpg').map((g) => g.split('|')[1]),
    ['', ''],
  );
  assert.deepEqual(guesses('OD Nguyen_OS.jpg', 'Droit Marie_OG.jpg'), ['OD Nguyen|OS', 'Droit Marie|OS']);
});

test('patient and eye from folders', () => {
  assert.deepEqual(guesses('eyes/P1/OD.jpg', 'eyes/P1/b_left.jpg', 'eyes/P2/x.jpg'), ['P1|OD', 'P1|OS', 'P2|']);
  assert.deepEqual(guesses('P9/OD_1.jpg', 'P9/OS.jpg'), ['P9|OD', 'P9|OS'], 'one folder, nothing else to go by');
  assert.deepEqual(guesses('eyes/left/7.jpg', 'eyes/right/7.jpg'), ['7|OS', '7|OD']);
  // folders of many people
  for (const folder of ['train', 'images', '2024-05-01', 'DCIM'])
    assert.deepEqual(guesses(`all/${folder}/12_left.jpg`, 'all/test/13_OD.jpg'), ['12|OS', '13|OD'], folder);
  assert.deepEqual(guesses('a/P1/2024-05-01/OD.jpg', 'a/P2/2023-01-02/OD.jpg'), ['P1|OD', 'P2|OD']);
});

test('views of an eye are nobody: the patient stands further up the path', () => {
  for (const layout of [
    { 'day/P16/OD/macula/1.jpg': 'P16|OD', 'day/P17/OD/macula/1.jpg': 'P17|OD' },
    { 'day/P16/OD/macula/1.jpg': 'P16|OD', 'day/P16/OS/disc/1.jpg': 'P16|OS', 'day/P17/OD/disc/1.jpg': 'P17|OD' },
    { 'day/P16/OD/macula/1.jpg': 'P16|OD' },
    { 'P16/macula/OD.jpg': 'P16|OD' },
    { 'P16/macula/OD.jpg': 'P16|OD', 'P16/disc/OD.jpg': 'P16|OD' },
    { 'P16/macula/1.jpg': 'P16|', 'P16/disc/1.jpg': 'P16|' },
    { 'a/Field 1/OD.jpg': 'a|OD', 'b/Field 1/OD.jpg': 'b|OD', 'b/F2/OS.jpg': 'b|OS' },
    { 'rossi/papilla/OS.jpg': 'rossi|OS', 'verdi/centro/OS.jpg': 'verdi|OS' },
    { 'dupont/champ 2/OG.jpg': 'dupont|OS', 'petit/Champ 2/OG.jpg': 'petit|OS' },
    { 'dupont/fovéa/OG.jpg': 'dupont|OS', 'petit/supérieur/OD.jpg': 'petit|OD' },
    { '张三/黄斑/右眼.jpg': '张三|OD', '李四/视盘/左眼.jpg': '李四|OS' },
    { 'राम/मैकुला/दाईं.jpg': 'राम|OD', 'सीता/मैकुला/बाईं.jpg': 'सीता|OS' },
    { 'سعيد/البقعة/اليمنى.jpg': 'سعيد|OD', 'علي/القرص البصري/اليسرى.jpg': 'علي|OS' },
    { 'P1/optic disc/2024/OD.jpg': 'P1|OD', 'P2/centre of the macula/2024/OD.jpg': 'P2|OD' },
    { 'P1/OD macula/1.jpg': 'P1|OD', 'P2/disc os/1.jpg': 'P2|OS' },
    { 'macula/P1_OD.jpg': 'P1|OD', 'disc/P1_OD.jpg': 'P1|OD', 'disc/P2_OD.jpg': 'P2|OD' },
    { 'P1_macula_OD.jpg': 'P1|OD', 'P1_disc_2_OS.jpg': 'P1|OS', 'P1_OD_nasal.jpg': 'P1|OD', 'P1_F2_OD.jpg': 'P1|OD' },
    { 'P1_macula.jpg': 'P1|', 'P1_field 2.jpg': 'P1|', 'macula_P2.jpg': 'P2|' },
    { 'P3/macula.jpg': 'P3|', 'P3/disc.jpg': 'P3|' },
    { 'P3/macula_OD.jpg': 'P3|OD', 'P3/OS_temporal.jpg': 'P3|OS' },
    // names that only look like views
    { 'clinic/Campo/OD.jpg': 'Campo|OD', 'clinic/Polo/OD.jpg': 'Polo|OD' },
    { 'F1/OD.jpg': 'F1|OD', 'F2/OD.jpg': 'F2|OD' },
    { 'Sally Field_OD.jpg': 'Sally Field|OD' },
  ])
    assert.deepEqual(guesses(...Object.keys(layout)), Object.values(layout), Object.keys(layout).join());
});

test('folders of one name in the folders of different people are different people', () => {
  assert.deepEqual(guesses('north/1/OD.jpg', 'south/1/OD.jpg', 'south/2/OD.jpg'), [
    'north/1|OD',
    'south/1|OD',
    'south/2|OD',
  ]);
  assert.deepEqual(guesses('P1/scans/OD.jpg', 'P2/scans/OD.jpg'), ['P1/scans|OD', 'P2/scans|OD'], 'an unknown word');
  assert.deepEqual(guesses('c/OD/P1/1.jpg', 'c/OS/P1/1.jpg', 'c/OS/P2/1.jpg'), ['P1|OD', 'P1|OS', 'P2|OS']);
  assert.deepEqual(guesses('2023/P1/OD.jpg', '2024/P1/OD.jpg', '2024/P2/OD.jpg'), ['P1|OD', 'P1|OD', 'P2|OD']);
});

/** Each line one drop, by itself: what is guessed of one folder may not depend on what comes with it. */
test('a file name that only counts, or says a view, is nobody where a folder is called after somebody', () => {
  const numbers = (folder, count, of = (i) => `${i}.jpg`) =>
    Array.from({ length: count }, (_, i) => `${folder}/${of(i + 1)}`);
  for (const [paths, wanted] of [
    // one person's folder, whatever its files are called
    [['P16/OD/1.jpg'], ['P16|OD']],
    [['P17/OD/1.jpg'], ['P17|OD']],
    [['P16/left eye/1.jpg'], ['P16|OS']],
    [['Dupont/œil droit/0012.jpg'], ['Dupont|OD']],
    [
      ['P16/1.jpg', 'P16/2.jpg'],
      ['P16|', 'P16|'],
    ],
    [['P16/IMG_0012.jpg'], ['P16|']],
    [['P16/scan (3).png'], ['P16|']],
    [['P16/a.jpg'], ['P16|']],
    [['P16/20240301_101530.jpg'], ['P16|']],
    [['P16/2024-03-01/1.jpg'], ['P16|']],
    [['2024-03-01/P16/1.jpg'], ['P16|']],
    [['P16/Series 2/1.jpg'], ['P16|']],
    [['P16/macula/3.jpg'], ['P16|']],
    [['P16/macula.jpg'], ['P16|']],
    [
      ['P16/L.jpg', 'P16/R.jpg'],
      ['P16|OS', 'P16|OD'],
    ],
    [
      ['P16/1_OD.jpg', 'P16/2_OS.jpg'],
      ['P16|OD', 'P16|OS'],
    ],
    [
      ['Dupont/1.jpg', 'Dupont/2.jpg'],
      ['Dupont|', 'Dupont|'],
    ],
    [
      ['Dupont/1_OD.jpg', 'Dupont/1_OS.jpg'],
      ['Dupont|OD', 'Dupont|OS'],
    ],
    [['张三/图片 1.jpg'], ['张三|']],
    [['clinic/100234/OD.jpg'], ['100234|OD']],
    // a number of a row below somebody, or below anything
    [['P16/3/1.jpg'], ['P16/3|']],
    [['north/1/OD.jpg'], ['north/1|OD']],
    // more than are of one person: each by the folder and its number
    [numbers('IDRiD2', 40), numbers('IDRiD2', 40, (i) => `${i}|`)],
    [numbers('mydata', 6), numbers('mydata', 6, (i) => `${i}|`)],
    [numbers('mydata/left', 20), numbers('mydata', 20, (i) => `${i}|OS`)],
    [numbers('clinic/2024-03-01', 9), numbers('clinic', 9, (i) => `${i}|`)],
    [
      [...numbers('siteA', 17), 'siteB/1.jpg'],
      [...numbers('siteA', 17, (i) => `${i}|`), 'siteB|'],
    ],
    [
      ['Dupont/OD/1.jpg', 'Dupont/OD/2.jpg', 'Dupont/OS/1.jpg', 'Dupont/OS/2.jpg'],
      ['Dupont/1|OD', 'Dupont/2|OD', 'Dupont/1|OS', 'Dupont/2|OS'],
    ],
    [
      ['P16/OD/1.jpg', 'P16/OD/2.jpg', 'P16/OS/1.jpg', 'P16/OS/2.jpg'],
      ['P16|OD', 'P16|OD', 'P16|OS', 'P16|OS'],
    ],
    [
      ['kaggle/10_left.jpg', 'kaggle/10_right.jpg', 'kaggle/13_left.jpg', 'kaggle/13_right.jpg'],
      ['kaggle/10|OS', 'kaggle/10|OD', 'kaggle/13|OS', 'kaggle/13|OD'],
    ],
    // folders that are nobody
    [['OS/2.png'], ['2|OS']],
    [['right/1.jpg'], ['1|OD']],
    [['images/1.jpg'], ['1|']],
    [['2024-03-01/1.jpg'], ['1|']],
    [['DCIM/100CANON/IMG_0001.jpg'], ['IMG_0001|']],
    [
      ['eyes/left/7.jpg', 'eyes/right/7.jpg'],
      ['7|OS', '7|OD'],
    ],
    [
      ['healthy/1.jpg', 'sick/1.jpg'],
      ['healthy/1|', 'sick/1|'],
    ],
    [
      ['all/train/12_left.jpg', 'all/test/12_left.jpg'],
      ['all/train/12|OS', 'all/test/12|OS'],
    ],
    // a name that says somebody stays
    [['mydata/left/Smith.jpg'], ['Smith|OS']],
    [['clinic/100234_OD.jpg'], ['100234|OD']],
    [['images/P16_OD_1.jpg'], ['P16|OD']],
  ])
    assert.deepEqual(guesses(...paths), wanted, paths.join());
});

test('a folder of several people beside others is nobody’s, whatever it is called; one person’s files stay together', () => {
  for (const layout of [
    {
      'Ward A/smith_OD.jpg': 'Ward A/smith|OD',
      'Ward A/jones_OD.jpg': 'jones|OD',
      'Ward B/smith_OD.jpg': 'Ward B/smith|OD',
    },
    {
      'Dr Khan/P12_OD.jpg': 'Dr Khan/P12|OD',
      'Dr Khan/P12_OS.jpg': 'Dr Khan/P12|OS',
      'Dr Khan/P13_OS.jpg': 'Dr Khan/P13|OS',
      'Dr Lee/1.jpg': 'Dr Lee|',
    },
    { 'P1/P12_OD.jpg': 'P1/P12|OD', 'P1/P13_OS.jpg': 'P1/P13|OS', 'P2/OD.jpg': 'P2|OD' },
    { 'room 1/Smith.jpg': 'Smith|', 'room 1/Jones.jpg': 'Jones|', 'room 2/x.jpg': 'room 2|' },
    {
      '一诊室/王小明右眼.jpg': '王小明|OD',
      '一诊室/李华左眼.jpg': '李华|OS',
      '二诊室/右眼.jpg': '二诊室|OD',
    },
    {
      'odd/#12_OD.jpg': 'odd/12|OD',
      'odd/50%_OD.jpg': 'odd/50|OD',
      'odd/a_x_OD.jpg': 'odd/a_x|OD',
      'odd/b_x_OD.jpg': 'odd/b_x|OD',
      'P2/OD.jpg': 'P2|OD',
    },
    {
      'clinic/DCIM/100CANON/IMG_0001.JPG': 'clinic/IMG_0001|',
      'clinic/DCIM/100CANON/IMG_0002.JPG': 'clinic/IMG_0002|',
      'clinic/P3/OD.jpg': 'P3|OD',
      'clinic/smith_OS.jpg': 'smith|OS',
    },
    // one person's
    { 'Miller/J Miller_OD.jpg': 'Miller|OD', 'Miller/Miller_OS.jpg': 'Miller|OS', 'Smith/OD.jpg': 'Smith|OD' },
    {
      '12345/12345_20240312_101530_R_001.jpg': '12345|OD',
      '12345/12345_20240312_101545_L_002.jpg': '12345|OS',
      '12399/1.jpg': '12399|',
    },
    { 'Miller/DSC00012.jpg': 'Miller|', 'Miller/DSC00013.jpg': 'Miller|', 'Smith/DSC00014.jpg': 'Smith|' },
  ])
    assert.deepEqual(guesses(...Object.keys(layout)), Object.values(layout), Object.keys(layout).join());
  const many = Array.from({ length: 17 }, (_, i) => `siteA/F${10000 + i}.jpg`);
  assert.equal(new Set(guesses(...many, 'siteB/F1.jpg')).size, 18, 'more than one person has');
  const long = Array.from({ length: 20 }, (_, i) => `Smith/Smith_${1000 + i}_OD.jpg`);
  assert.equal(new Set(guesses(...long, 'Jones/1.jpg')).size, 2, 'but for files that are called after him');
});

test('a folder that one other person’s files lie in is a place: the next list’s person there is another', () => {
  for (const layout of [
    {
      'd1/Kibera/Meier_OD.jpg': 'Kibera/Meier',
      'd1/Kibera/Meier_OS.jpg': 'Kibera/Meier',
      'd1/Mathare/Huber_OS.jpg': 'Mathare/Huber',
    },
    { 'd2/Kibera/Sato_OS.jpg': 'Kibera/Sato', 'd2/Mathare/1002345_OD.jpg': 'Mathare/1002345' },
    { 'room 2/Meier.jpg': 'room 2/Meier', 'room 3/OD.jpg': 'room 3' },
    { 'morning/Meier_OD.jpg': 'morning/Meier', 'afternoon/Huber_OD.jpg': 'afternoon/Huber' },
    // a day is no place, and says nobody
    { 'day1/Meier_OD.jpg': 'Meier', 'day2/Huber_OD.jpg': 'Huber' },
    { 'day1/OD/Meier.jpg': 'Meier', 'day2/OD/Huber.jpg': 'Huber', 'day2/OS/Sato.jpg': 'Sato' },
    { 'day1/Meier_OD.jpg': 'day1/Meier', 'day2/Meier_OD.jpg': 'day2/Meier', 'day2/Ito_OD.jpg': 'Ito' },
    // where others show that folders are places
    { 'a/Meier_OD.jpg': 'Meier', 'a/Huber_OD.jpg': 'Huber', 'b/Novak_OD.jpg': 'Novak' },
    // what cameras count by is nobody's name anywhere
    { 'a/Meier_OD.jpg': 'Meier', 'a/DSC00012_OD.jpg': 'a/DSC00012', 'b/OD.jpg': 'b' },
    // behind the folder's own name
    { 'Kibera/Kibera_Meier_OD.jpg': 'Kibera_Meier', 'Kibera/Kibera_Huber_OD.jpg': 'Kibera_Huber', 'b/OD.jpg': 'b' },
    {
      'a/Ki-012_OD.jpg': 'a/Ki-012',
      'Ki/Ki-012_OD.jpg': 'Ki/Ki-012',
      'Ki/Ki-012_OS.jpg': 'Ki/Ki-012',
      'Ki/Ki-013_OS.jpg': 'Ki-013',
    },
    // of one name in several folders nobody knows whether a camera gave it: the next list has another one there
    { 'Meier/Zeiss_OD.jpg': 'Meier/Zeiss', 'Huber/Zeiss_OD.jpg': 'Huber/Zeiss' },
    { 'village1/P1_OD.jpg': 'village1/P1', 'village2/P1_OD.jpg': 'village2/P1', 'village2/P1.jpg': 'village2/P1' },
    // one person's all the same
    { 'P3/Meier_OD.jpg': 'P3', 'P4/Huber_OD.jpg': 'P4' },
    { 'Meier/DSC00012.jpg': 'Meier', 'Huber/fundus_2_OD.jpg': 'Huber' },
    { 'Meier/Jane Meier_OD.jpg': 'Meier', 'Meier/Meier_OS.jpg': 'Meier', 'Huber/OD.jpg': 'Huber' },
    { 'P3/P3_001_OD.jpg': 'P3', 'P3/P3_001_OS.jpg': 'P3', 'P3/P3_002_OD.jpg': 'P3', 'P4/OD.jpg': 'P4' },
    { 'Ki/Ki_1_OD.jpg': 'Ki', 'Ki/Ki_1_OS.jpg': 'Ki', 'Ki/Ki_2_OD.jpg': 'Ki', 'Mo/OD.jpg': 'Mo' },
  ])
    assert.deepEqual(
      guessNames(Object.keys(layout)).map(({ patient }) => patient),
      Object.values(layout),
      Object.keys(layout).join(),
    );
});

test('a folder beside the photographs takes nobody’s name from the next list; names of several folders stay apart', () => {
  const named = (...paths) => guesses(...paths).map((text) => text.slice(0, text.indexOf('|')));
  const day = ['day1/Meier_Anna_OD.jpg', 'day1/Huber_OS.jpg', 'day1/1002345_OD.jpg', 'day1/P12_OD.jpg'];
  const alone = ['Meier_Anna', 'Huber', '1002345'];
  for (const beside of ['day1/more/x.jpg', 'day2/x.jpg', 'x/OD.jpg'])
    assert.deepEqual(named(...day, beside).slice(0, 4), [...alone, 'day1/P12'], beside);
  assert.deepEqual(named(...day).slice(0, 3), alone, 'as without it');
  assert.deepEqual(named('a/OD.jpg', 'b/OD.jpg'), ['a', 'b'], 'files that are called alike are of two people');
  const two = ['a/Smith_OD.jpg', 'a/Jones_OD.jpg', 'b/smith_OS.jpg', 'b/Brown_OS.jpg'];
  assert.deepEqual(named(...two), ['a/Smith', 'Jones', 'b/smith', 'Brown']);
  assert.deepEqual(named('a/Smith_OD.jpg', 'a/Jones_OD.jpg', 'Smith/OS.jpg'), ['a/Smith', 'Jones', 'Smith']);
  assert.deepEqual(named('a/Smith_OD.jpg', 'a/Jones_OD.jpg', 'b/OD.jpg', 'Smith_OS.jpg')[0], 'a/Smith');
});

test('people who are numbered in a folder called by a word are different people, be there one alone; photographs of one are not', () => {
  for (const [layout, beside] of [
    [{ 'North/North 12_OD.jpg': 'North 12', 'North/North 13_OS.jpg': 'North 13' }, 'South/South 4_OD.jpg'],
    [{ 'Mathare/Mathare-001_OD.jpg': 'Mathare-001' }, 'Kibera/Kibera-003_OD.jpg'],
    [{ 'Mathare/Mathare-001.jpg': 'Mathare-001', 'Mathare/Mathare-002.jpg': 'Mathare-002' }, 'Kibera/1.jpg'],
    [{ 'North/12_OD.jpg': 'North/12', 'North/12_OS.jpg': 'North/12', 'North/13_OD.jpg': 'North/13' }, 'South/3_OD.jpg'],
    [{ 'Kibera/K-012_OD.jpg': 'Kibera/K-012' }, 'Mo/OD.jpg'],
    [{ 'Kibera/P12.jpg': 'Kibera/P12', 'Kibera/P13.jpg': 'Kibera/P13' }, 'Mo/OD.jpg'],
    [
      {
        'Kibera/1_R.jpg': 'Kibera/1',
        'Kibera/1_L.jpg': 'Kibera/1',
        'Kibera/2_R.jpg': 'Kibera/2',
        'Mathare/1_R.jpg': 'Mathare',
      },
      'Mathare/1_L.jpg',
    ],
    [{ 'H12/1_R.jpg': 'H12/1', 'H12/1_L.jpg': 'H12/1', 'H12/2_L.jpg': 'H12/2' }, 'H13/1_R.jpg'],
    [
      { 'Kibera/right/1.jpg': 'Kibera/1', 'Kibera/left/1.jpg': 'Kibera/1', 'Kibera/left/2.jpg': 'Kibera/2' },
      'Mathare/1_L.jpg',
    ],
    // photographs of one person
    [{ 'Smith/Smith_1_OD.jpg': 'Smith', 'Smith/Smith_3_OS.jpg': 'Smith' }, 'Jones/OD.jpg'],
    [{ 'Smith/Smith_01_OD.jpg': 'Smith', 'Smith/Smith_02_OS.jpg': 'Smith' }, 'Jones/OD.jpg'],
    [
      { 'Smith/Smith_2023_OD.jpg': 'Smith', 'Smith/Smith_2023_OS.jpg': 'Smith', 'Smith/Smith_2024_OD.jpg': 'Smith' },
      'Jones/OD.jpg',
    ],
    [{ 'Smith/OD_1.jpg': 'Smith', 'Smith/OS_1.jpg': 'Smith', 'Smith/OD_2.jpg': 'Smith' }, 'Jones/OD.jpg'],
    [
      { 'Smith/20240301_OD.jpg': 'Smith', 'Smith/20240301_OS.jpg': 'Smith', 'Smith/20240410_OD.jpg': 'Smith' },
      'Jones/OD.jpg',
    ],
    [{ 'Smith/DSC012.jpg': 'Smith', 'Smith/DSC013.jpg': 'Smith' }, 'Jones/OD.jpg'],
  ]) {
    const found = guessNames([...Object.keys(layout), beside]).map(({ patient }) => patient);
    assert.deepEqual(found.slice(0, -1), Object.values(layout), Object.keys(layout).join());
  }
  // in the next list as in this one, and with nothing beside it
  const of = (...paths) => guessNames(paths)[0].patient;
  for (const beside of [[], ['Mathare/Mathare-002.jpg'], ['Kibera/1.jpg'], ['Kibera/Kibera-003_OD.jpg', 'Mo/OD.jpg']])
    assert.equal(of('Mathare/Mathare-001.jpg', ...beside), 'Mathare-001', beside.join());
  const days = ['Dupont/20240301_OD.jpg', 'Dupont/20240301_OS.jpg', 'Dupont/20240410_OD.jpg'];
  assert.deepEqual(guesses(...days), ['Dupont|OD', 'Dupont|OS', 'Dupont|OD'], 'days alone');
});

test('who is put together by a guess from folders and numbers is asked about, whatever lies beside him, and several come of it', () => {
  const at = (path, bytes) => {
    const file = new File(['x'.repeat(bytes)], path.split('/').at(-1));
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    return file;
  };
  const listOf = (lists) => {
    const series = new Series();
    let bytes = 0;
    for (const list of lists) series.add(list.map((path) => at(`${path}.jpg`, ++bytes)));
    return series;
  };
  const people = (series) => [...new Set(series.entries.map(({ patient }) => patient))];
  for (const [lists, wanted] of [
    [[['Kibera/1_R', 'Kibera/2_L']], ['Kibera/1', 'Kibera/2']],
    [
      [['Kibera/1_R', 'Kibera/2_L'], ['Anna_R']],
      ['Kibera/1', 'Kibera/2', 'Anna'],
    ],
    [
      [['Camp/Kibera/1_R', 'Camp/Kibera/2_L', 'Camp/Mathare/1_R', 'Camp/Mathare/2_L']],
      ['Camp/Kibera/1', 'Camp/Kibera/2', 'Camp/Mathare/1', 'Camp/Mathare/2'],
    ],
    [[['Kibera/1_R', 'Kibera/2_L', 'Kibera/IMG_0007']], ['Kibera/1', 'Kibera/2', 'Kibera/IMG_0007']],
    [[['Kibera/IMG_0001_R', 'Kibera/IMG_0002_L']], ['Kibera/IMG_0001', 'Kibera/IMG_0002']],
    [[['Kibera/OD_1', 'Kibera/OS_2']], ['Kibera/1', 'Kibera/2']],
    [[['Day 3/1_R', 'Day 3/2_L', 'x/Anna_OD', 'x/Bert_OD']], ['Day 3/1', 'Day 3/2', 'Anna', 'Bert']],
    [[['Ward 3/1_R', 'Ward 3/2_L']], ['Ward 3/1', 'Ward 3/2']],
    [[['Village2/right/1', 'Village2/right/2', 'Village2/left/1']], ['Village2/1', 'Village2/2']],
    [[['Kibera/1_macula_R', 'Kibera/1_macula_L', 'Kibera/2_macula_R']], ['Kibera/1', 'Kibera/2']],
    [[['Kibera/2001_R', 'Kibera/2001_L', 'Kibera/2002_R']], ['Kibera/2001', 'Kibera/2002']],
    [[['Camp/12-01/R', 'Camp/12-02/L']], ['Camp/12-01', 'Camp/12-02']],
    [[['Camp/1 OD/a', 'Camp/1 OS/a', 'Camp/2 OD/a']], ['Camp/1/a', 'Camp/2/a']],
    [[['Kibera/Monday/1_R', 'Kibera/Monday/1_L', 'Kibera/Tuesday/1_R']], ['Kibera/Monday/1', 'Kibera/Tuesday/1']],
    [[['2026-03-02/Kibera/1_R', '2026-03-03/Kibera/1_L']], ['2026-03-02/Kibera/1', '2026-03-03/Kibera/1']],
    [[['Camp/Exam 1/R', 'Camp/Exam 2/L']], ['Camp/Exam 1', 'Camp/Exam 2']],
    [
      [['DSC00012'], ['DSC00012']],
      ['DSC00012', 'DSC00012 (2)'],
    ],
    [
      [
        ['Sam/R', 'Sam/L'],
        ['Sam/R', 'Sam/L'],
      ],
      ['Sam', 'Sam (2)'],
    ],
    [
      [['Wajir/Joe_R'], ['Kibera/Joe/L']],
      ['Wajir/Joe', 'Kibera/Joe'],
    ],
    [[['Kibera/IMG_OD_12', 'Kibera/IMG_OS_13']], ['Kibera/IMG_12', 'Kibera/IMG_13']],
    [[['Smith_OD_Mary', 'Smith_OS_Jane']], ['Smith', 'Smith (2)']],
    [[['Anna_OD_12345', 'Anna_OS_67890']], ['Anna', 'Anna (2)']],
    [[['Centro 1/P1_R', 'Centro 2/P1_L']], ['1/P1', '2/P1']],
    [[['Mission/Centre 1/1_R', 'Mission/Centre 2/1_R']], ['Mission/1/1', 'Mission/2/1']],
    [[['Monday/P1_R', 'Tuesday/P1_L']], ['Monday/P1', 'Tuesday/P1']],
    [[['100_PANA/P1000001', '101_PANA/P1000001']], ['100_PANA/P1000001', '101_PANA/P1000001']],
    [
      [['P1/OD'], ['P1/OD', 'P1/OS']],
      ['P1', 'P1 (2)'],
    ],
    [[['P1_R', 'P1/L']], ['P1', 'P1 (2)']],
  ]) {
    const series = listOf(lists);
    assert.ok(series.entries.some(isPutTogether), lists.join(' | '));
    series.sayOfGuesses('several');
    assert.deepEqual(people(series), wanted, lists.join(' | '));
    assert.ok(!series.entries.some(isPutTogether), lists.join(' | '));
    const right = listOf(lists);
    const before = people(right);
    right.sayOfGuesses('one');
    assert.deepEqual([people(right), right.entries.some(isPutTogether)], [before, false], lists.join(' | '));
  }
  // the right eye of one is never put to the left one of another who came later under the same path
  const later = listOf([['P1/OD'], ['P1/OD', 'P1/OS']]);
  later.sayOfGuesses('several');
  assert.deepEqual(
    later.entries.map(({ patient, named }) => `${patient} ${named}`),
    ['P1 OD', 'P1 (2) OD', 'P1 (2) OS'],
  );
  // other files of one path and as many bytes, once they are screened
  const same = listOf([['x/A_R'], ['x/A_R']]);
  for (const [i, entry] of same.entries.entries()) {
    Object.assign(entry, { bytes: 9 });
    const result = resultOf('A', 0.8, 0.1, [CLEAR]);
    same.update(entry, {
      state: 'done',
      result: { ...result, report: { ...result.report, image: { sha256: String(i) } } },
    });
  }
  assert.ok(same.entries.every(isPutTogether));
  // what comes later: of several each is somebody, of one it is asked anew
  for (const [said, wanted, open] of [
    ['several', ['Kibera/1', 'Kibera/2', 'Kibera/3', 'Kibera/4', 'Kibera/2'], false],
    ['one', ['Kibera', 'Kibera', 'Kibera/3', 'Kibera/4', 'Kibera'], true],
  ]) {
    const series = listOf([['Kibera/1_R', 'Kibera/2_L']]);
    series.sayOfGuesses(said);
    series.add([at('Kibera/3_R.jpg', 3), at('Kibera/4_L.jpg', 4), at('Kibera/2_R.jpg', 5)]);
    assert.deepEqual(
      series.entries.map(({ patient }) => patient),
      wanted,
    );
    assert.equal(series.entries.some(isPutTogether), open, said);
  }
  // what a name or a person's own folder says is no guess
  for (const list of [
    ['P1/OD', 'P1/OS', 'P2/OD'],
    ['Anna_R', 'Anna_L'],
    ['P1_OD_1', 'P1_OD_2', 'P1_OS_1'],
    ['P3/izquierdo/1', 'P3/derecho/1'],
    ['OD/Sam', 'OS/Sam'],
    ['camp/P1 OD/1', 'camp/P1 OS/1'],
    ['Smith/Smith_OD', 'Smith/Smith_OS'],
    ['1_R', '1_L', '2_R'],
    ['P16/macula_R', 'P16/disc_R'],
    ['Monday/Sam_R', 'Tuesday/Sam_L'],
    ['day/P16/OD/macula/1', 'day/P16/OS/disc/1'],
  ])
    assert.ok(!listOf([list]).entries.some(isPutTogether), list.join());
});

test('a folder called by a word for an eye that is a name as well is a person, where people lie beside it or the other eye does not', () => {
  for (const [paths, wanted] of [
    [
      ['أيمن/1.jpg', 'يسرى/1.jpg'],
      ['أيمن|', 'يسرى|'],
    ],
    [
      ['v1/أيمن/OD.jpg', 'v1/أيمن/OS.jpg', 'v1/يسرى/OD.jpg'],
      ['أيمن|OD', 'أيمن|OS', 'يسرى|OD'],
    ],
    [['يسرى/1.jpg'], ['يسرى|']],
    [
      ['x/يمنى/1.jpg', 'x/يسرى/1.jpg', 'x/فاطمة/1.jpg'],
      ['يمنى|', 'يسرى|', 'فاطمة|'],
    ],
    [
      ['x/أيمن/1.jpg', 'x/أيسر/1.jpg', 'x/Fatima_OD.jpg'],
      ['أيمن|', 'أيسر|', 'Fatima|OD'],
    ],
    [
      ['Camp/يمنى/R.jpg', 'Camp/يمنى/L.jpg', 'Camp/يسرى/R.jpg'],
      ['يمنى|OD', 'يمنى|OS', 'يسرى|OD'],
    ],
    [
      ['Dexter/1.jpg', 'Dexter/2.jpg'],
      ['Dexter|', 'Dexter|'],
    ],
    [
      ['أحمد أيمن.jpg', 'أحمد يسرى.jpg', 'علي أيمن.jpg', 'علي أيسر.jpg'],
      ['أحمد أيمن|', 'أحمد يسرى|', 'علي|OD', 'علي|OS'],
    ],
    [
      ['أيمن/7.jpg', 'أيسر/7.jpg', 'أيمن/8.jpg'],
      ['7|OD', '7|OS', '8|OD'],
    ],
    [
      ['فاطمة/يمنى/1.jpg', 'فاطمة/يسرى/1.jpg'],
      ['فاطمة|OD', 'فاطمة|OS'],
    ],
    [
      ['العين اليمنى/7.jpg', 'العين اليسرى/7.jpg'],
      ['7|OD', '7|OS'],
    ],
    [
      ['Camp/Izquierdo/OD.jpg', 'Camp/Izquierdo/OI.jpg', 'Camp/Gomez/OD.jpg'],
      ['Izquierdo|OD', 'Izquierdo|OS', 'Gomez|OD'],
    ],
    [
      ['Linke/OD.jpg', 'Linke/OS.jpg', 'Dexter/OD.jpg', 'Meier/OD.jpg'],
      ['Linke|OD', 'Linke|OS', 'Dexter|OD', 'Meier|OD'],
    ],
    [
      ['P3/izquierdo/1.jpg', 'P3/derecho/1.jpg', 'P4/izquierdo/1.jpg'],
      ['P3|OS', 'P3|OD', 'P4|OS'],
    ],
    [
      ['izquierdo/7.jpg', 'derecho/7.jpg'],
      ['7|OS', '7|OD'],
    ],
    [
      ['李华/左/1.jpg', '李华/右/1.jpg', '左/左眼.jpg'],
      ['李华|OS', '李华|OD', '左|OS'],
    ],
    // and within a file's name
    [
      ['Maria L_OD.jpg', 'Maria L_OS.jpg', 'P1_L_OD.jpg'],
      ['Maria L|OD', 'Maria L|OS', 'P1_L|'],
    ],
    [
      ['OD Fatima.jpg', 'OS Fatima.jpg', 'OD Martin.jpg'],
      ['Fatima|OD', 'Fatima|OS', 'OD Martin|'],
    ],
  ])
    assert.deepEqual(guesses(...paths), wanted, paths.join());
});

test('a folder for each eye of a person is his, in whatever language; places that are called by such a word are not', () => {
  for (const [right, left] of [
    ['P1 OD', 'P1 OS'],
    ['P1_OD', 'P1_OG'],
    ['P1 right eye', 'P1 left eye'],
    ['P1 rechts', 'P1 links'],
    ['P1 œil droit', 'P1 œil gauche'],
    ['P1 ojo derecho', 'P1 ojo izquierdo'],
    ['P1 右眼', 'P1 左眼'],
    ['P1 दाईं आँख', 'P1 बाईं आँख'],
    ['P1 العين اليمنى', 'P1 العين اليسرى'],
    ['P1 OD 2024-03-01', 'P1 OS 2024-03-01'],
  ]) {
    const paths = [`camp/${right}/1.jpg`, `camp/${left}/macula/1.jpg`];
    assert.deepEqual(guesses(...paths), ['P1|OD', 'P1|OS'], right);
    assert.deepEqual(guesses(...paths, 'camp/P2 OD/1.jpg'), ['P1|OD', 'P1|OS', 'P2|OD'], right);
  }
  assert.deepEqual(guesses('张三右眼/1.jpg', '李四左眼/1.jpg'), ['张三|OD', '李四|OS']);
  assert.deepEqual(guesses('P1_OD/a.jpg'), ['P1|OD']);
  // nor are people whose initial is a letter of an eye: their files say both eyes, or the other one
  const both = ['Camp/Maria L/OD.jpg', 'Camp/Maria L/OS.jpg', 'Camp/Maria R/1_OD.jpg', 'Camp/Maria R/1_OS.jpg'];
  assert.deepEqual(guesses(...both), ['Maria L|OD', 'Maria L|OS', 'Maria R|OD', 'Maria R|OS']);
  assert.deepEqual(guesses(both[0], both[2]), ['Maria L|OD', 'Maria R|OD']);
  // what is called as its folder says nobody else
  for (const own of ['Anna R/Anna R', 'Anna R/Anna', 'Anna R/Anna_OD', 'Anna R/IMG_1'])
    assert.deepEqual(guesses(`Camp/${own}.jpg`, 'Camp/Anna L/Anna L.jpg'), ['Anna|OD', 'Anna|OS'], own);
  for (const [paths, wanted] of [
    [
      ['Rive Gauche/P1_3.jpg', 'Rive Droite/P1_3.jpg'],
      ['Rive Gauche|', 'Rive Droite|'],
    ],
    [['Rive Gauche/1.jpg'], ['Rive Gauche|']],
    [
      ['Left Wing/P1_OD.jpg', 'Left Wing/P2_OD.jpg'],
      ['P1|OD', 'P2|OD'],
    ],
    [['OD Martin/1.jpg'], ['OD Martin|']],
    [
      ['images left/1.jpg', 'images right/1.jpg', 'images left/2.jpg'],
      ['1|OS', '1|OD', '2|OS'],
    ],
    [
      ['2024-03-01 OD/1.jpg', '2024-03-02 OD/1.jpg'],
      ['2024-03-01/1|OD', '2024-03-02/1|OD'],
    ],
    [
      ['P1/1 OD/x.jpg', 'P1/2 OS/x.jpg', 'P2/1 OD/x.jpg'],
      ['P1|OD', 'P1|OS', 'P2|OD'],
    ],
  ])
    assert.deepEqual(guesses(...paths), wanted, paths.join());
});

test('a letter for the eye behind a number counts where the other one is there too', () => {
  assert.deepEqual(guesses('P001L.jpg', 'P001R.jpg'), ['P001|OS', 'P001|OD']);
  assert.deepEqual(guesses('a/001L.jpg', 'a/001R.jpg', 'a/002L.jpg'), ['a/001|OS', 'a/001|OD', 'a/002L|']);
  assert.deepEqual(guesses('P001L.jpg', 'P002R.jpg'), ['P001L|', 'P002R|']);
  assert.deepEqual(guesses('L12_OD.jpg', 'R12_OS.jpg', 'LR7_L.jpg'), ['L12|OD', 'R12|OS', 'LR7|OS']);
});

test('folders that are called after days or are copies of new ones hold photographs of many people', () => {
  for (const [one, next] of [
    ['01.03.2024', '02.03.2024'],
    ['1-3-24', '2-3-24'],
    ['12 March 2024', '13 March 2024'],
    ['March 2024', 'April 2024'],
    ['12. März 2024', '13. März 2024'],
    ['12 mars 2024', '13 février 2024'],
    ['12 de marzo de 2024', '3 de abril de 2024'],
    ['2024年3月12日', '2024年3月13日'],
    ['12 मार्च 2024', '13 मार्च 2024'],
    ['12 مارس 2024', '13 مارس 2024'],
    ['New folder', 'New folder (2)'],
  ]) {
    const paths = [`${one}/1_OD.jpg`, `${one}/2_OD.jpg`, `${next}/1_OS.jpg`, `${next}/Smith_OS.jpg`];
    assert.deepEqual(guesses(...paths), [`${one}/1|OD`, '2|OD', `${next}/1|OS`, 'Smith|OS'], one);
    assert.deepEqual(guesses(`P1/${one}/OD.jpg`, `P1/${next}/OS.jpg`, `P2/${one}/OD.jpg`), ['P1|OD', 'P1|OS', 'P2|OD']);
  }
});

test('who may be called after his folder is asked about, in the list and beside what is kept, and nobody is taken for another', () => {
  const series = new Series();
  series.kept = () => ['day1/P12', 'day1/7', 'Meier_Anna'].map((patient) => ({ entry: { patient, result: null } }));
  const at = (path) => {
    const file = new File([path], path.split('/').at(-1));
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    return file;
  };
  const paths = ['P12_OD.jpg', '7_OD.jpg', 'a/Smith_OD.jpg', 'a/Jones_OD.jpg', 'b/Smith_OS.jpg', 'b/Brown_OS.jpg'];
  const entries = series.add([...paths, 'b/Meier_Anna_OD.jpg'].map(at));
  assert.deepEqual(
    entries.map(({ patient }) => patient),
    ['P12', '7', 'a/Smith', 'Jones', 'b/Smith', 'Brown', 'Meier_Anna'],
  );
  assert.deepEqual(entries.map(otherSpellings), [['day1/P12'], [], ['b/Smith'], [], ['a/Smith'], [], []]);
  assert.deepEqual(doubtsOf(entries[0])[0].join, ['day1/P12', 'P12'], 'under the name that is kept');
  // the same file of who is kept out of this folder is his; out of another folder it is not
  const kept = (path, patient) => ({ entry: { path, patient, result: resultOf('k', 0.8, 0.1, [CLEAR]) }, visit: null });
  series.kept = () => [kept('v1/P7/OD.jpg', 'v1/P7'), kept('v2/P7/OD.jpg', 'P7')];
  const [seven] = series.add([at('v1/P7/OS.jpg')]);
  series.update(seven, { state: 'done', result: resultOf('k', 0.8, 0.1, [CLEAR]) });
  assert.deepEqual([seven.patient, otherSpellings(seven), otherPatients(seven)], ['P7', ['v1/P7'], ['v2/P7']]);
  series.kept = () => [];
  // one folder after the other
  const [later] = series.add([at('c/Brown_OD.jpg'), at('c/Miller_OD.jpg')]);
  assert.deepEqual([later.patient, otherSpellings(later)], ['c/Brown', ['Brown']]);
});

test('names that cameras give: the ID before day and time; Chinese names without spaces; copies', () => {
  for (const [path, patient, eye] of [
    ['00012345_20240312_101530_R_001.jpg', '00012345', 'OD'],
    ['0000001234_20240312_093015_OS_Color.jpg', '0000001234', 'OS'],
    ['IMG_20240312_101530_OD.jpg', 'IMG_20240312_101530', 'OD'],
    ['TRC50_20240312_101530_OD.jpg', 'TRC50_20240312_101530', 'OD'], // a camera's name is nobody's
    ['Smith,John-19540312-OD-20240312-color.jpg', 'Smith,John-19540312', 'OD'],
    ['1.2.840.113619.2.5.101', '1.2.840.113619.2.5.101', ''],
    ['IMG_OD_0012.jpg', 'IMG_0012', 'OD'],
    ['Patient_R_001.jpg', 'Patient_001', 'OD'],
    ['Smith_OD_1_SN123.jpg', 'Smith', 'OD'],
    ['P1_left_1_re.jpg', 'P1', 'OS'],
    ['OPTOS_12345_R_RG_2024-03-12 10.15.30.jpg', 'OPTOS_12345', 'OD'],
    ['VISUCAM/12345/2024-03-12/OD_Color_45.jpg', '12345', 'OD'],
    ['Doe^Jane_CZMI123456_OS_Fundus.jpg', 'Doe^Jane_CZMI123456', 'OS'],
    ['李华右眼.jpg', '李华', 'OD'],
    ['左眼李华.jpg', '李华', 'OS'],
    ['张伟OD.jpg', '张伟', 'OD'],
    ['Copy of smith_OS.jpg', 'smith', 'OS'],
    ['smith_OD - Copy.jpg', 'smith', 'OD'],
    ['a#b%20c_OD.jpg', 'a#b%20c', 'OD'],
  ])
    assert.deepEqual(guesses(path), [`${patient}|${eye}`], path);
});

test('folders that come one after the other: the same number from elsewhere is somebody else', () => {
  const whose = (...drops) => {
    const series = new Series();
    for (const drop of drops)
      series.add(
        Object.entries(drop).map(([path, bytes]) => {
          const file = new File(['x'.repeat(bytes)], path.split('/').at(-1));
          Object.defineProperty(file, 'webkitRelativePath', { value: path });
          return file;
        }),
      );
    return series.entries.map(({ patient }) => patient);
  };
  assert.deepEqual(whose({ 'P16/OD/1.jpg': 1 }, { 'P17/OD/1.jpg': 2 }), ['P16', 'P17']);
  assert.deepEqual(whose({ 'north/1/OD.jpg': 1 }, { 'south/1/OD.jpg': 2 }), ['north/1', 'south/1']);
  assert.deepEqual(whose({ 'OD/1.jpg': 1 }, { 'OD/1.jpg': 2 }), ['1', '1 (2)'], 'another file of the same path');
  assert.deepEqual(
    whose({ '1/OD.jpg': 1 }, { '1/OD.jpg': 2, '1/OS.jpg': 3 }),
    ['1', '1 (2)', '1 (2)'],
    'folders called 1',
  );
  assert.deepEqual(whose({ '2024-03-01/1.jpg': 1 }, { '2024-03-02/1.jpg': 2 }), ['1', '1 (2)']);
  assert.deepEqual(whose({ 'IMG_1.jpg': 1 }, { 'IMG_1.jpg': 2 }, { 'IMG_1.jpg': 3 }), [
    'IMG_1',
    'IMG_1 (2)',
    'IMG_1 (3)',
  ]);
  assert.deepEqual(whose({ 'OD/1.jpg': 1 }, { 'OD/1.jpg': 1 }), ['1', '1'], 'the same file again');
  assert.deepEqual(whose({ 'OD/1.jpg': 1 }, { 'OD/1.jpg': 2 }, { 'OD/1.jpg': 2 }), ['1', '1 (2)', '1 (2)']);
  assert.deepEqual(whose({ 'OD/1.jpg': 1 }, { 'OS/1.jpg': 2 }), ['1', '1'], 'the other eye');
  assert.deepEqual(
    whose({ 'OD/1.jpg': 1 }, { 'OD/1.jpg': 2 }, { 'OS/1.jpg': 3 }),
    ['1', '1 (2)', '1 (3)'],
    'of either: of none',
  );
  assert.deepEqual(
    whose({ 'P16_OD.jpg': 1 }, { 'P16_OD.jpg': 2 }),
    ['P16', 'P16'],
    'who is named is photographed again',
  );
  // one person's visits, and the folders of a camera
  for (const [one, other] of [
    ['3/2024-01-01/OD.jpg', '3/2025-01-01/OD.jpg'],
    ['3/DCIM/100CANON/OD.jpg', '3/DCIM/101CANON/OD.jpg'],
    ['3/2024-01-01/OD/1.jpg', '3/2024-01-01/OS/1.jpg'],
  ]) {
    assert.deepEqual(whose({ [one]: 1, [other]: 2 }), ['3', '3'], one);
    assert.deepEqual(whose({ [one]: 1 }, { [other]: 2 }), ['3', '3'], `${one}, then ${other}`);
  }
  assert.deepEqual(whose({ 'north/3/2024-01-01/OD.jpg': 1, '3/OD.jpg': 2 }), ['north/3', '3']);
  // numbers that show only together that they are people's
  assert.deepEqual(
    whose({ 'kaggle/10_left.jpg': 1, 'kaggle/10_right.jpg': 2 }, { 'kaggle/13_left.jpg': 3, 'kaggle/13_right.jpg': 4 }),
    ['kaggle', 'kaggle', 'kaggle/13', 'kaggle/13'],
  );
  assert.deepEqual(
    whose(
      { 'kaggle/10_left.jpg': 1 },
      { 'kaggle/13_left.jpg': 3, 'kaggle/13_right.jpg': 4 },
      { 'kaggle/10_right.jpg': 2 },
    ),
    ['kaggle', 'kaggle/13', 'kaggle/13', 'kaggle'],
  );
  assert.deepEqual(
    whose({ 'kaggle/10_left.jpg': 1 }, { 'kaggle/10_right.jpg': 2, 'kaggle/13_left.jpg': 3, 'kaggle/13_right.jpg': 4 }),
    ['kaggle', 'kaggle', 'kaggle/13', 'kaggle/13'],
  );
  assert.deepEqual(
    whose({ 'Dupont/1_OD.jpg': 1, 'Dupont/1_OS.jpg': 2 }, { 'Dupont/1_OD.jpg': 3, 'Dupont/1_OS.jpg': 4 }),
    ['Dupont', 'Dupont', 'Dupont', 'Dupont'],
    'the same number again',
  );
  assert.deepEqual(whose({ 'P1/scans/OD.jpg': 1 }, { 'P2/scans/OD.jpg': 2 }), ['scans', 'P2/scans']);
  // who was told apart by his folder is found again without the others beside him
  for (const [one, other, again] of [
    ['v1/P1/OD.jpg', 'v2/P1/OD.jpg', 'v1/P1/OS.jpg'],
    ['Meier/Anna_OD.jpg', 'Huber/Anna_OD.jpg', 'Meier/Anna_OS.jpg'],
  ]) {
    const [first, second, third] = whose({ [one]: 1, [other]: 2 }, { [again]: 3 });
    assert.deepEqual([first === third, second === third], [true, false], again);
  }
});

test('an earlier sitting: who has the same number there is somebody else, but for the same file; who is named is the same', () => {
  const file = (name, text) => new File([text], name);
  const before = new Series();
  const kept = before.add([file('3_OD.jpg', 'a'), file('IMG_7.jpg', 'b'), file('P3_OD.jpg', 'c')]);
  const [number, folder] = [
    kept[0],
    { ...kept[0], id: 9, patient: 'north/4', path: 'north/4_OD.jpg', name: '4_OD.jpg' },
  ];
  const series = new Series();
  series.restore([...kept, folder].map((entry) => ({ ...entry, file: null })));
  const whose = (...files) => series.add(files).map(({ patient }) => patient);
  assert.deepEqual(whose(file('3_OS.jpg', 'd'), file('IMG_7.jpg', 'efg'), file('P3_OS.jpg', 'h')), [
    '3 (2)',
    'IMG_7 (2)',
    'P3',
  ]);
  assert.deepEqual(whose(file('3_OD.jpg', 'a')), ['3'], 'the same file again');
  const other = file('4_OS.jpg', 'i');
  Object.defineProperty(other, 'webkitRelativePath', { value: 'north/4_OS.jpg' });
  const many = Array.from({ length: 20 }, (_, i) => {
    const one = file(`${i + 10}_OD.jpg`, 'x'.repeat(i));
    Object.defineProperty(one, 'webkitRelativePath', { value: `north/${i + 10}_OD.jpg` });
    return one;
  });
  assert.equal(whose(other, ...many)[0], 'north/4 (2)', 'numbers of one folder');
  assert.equal(number.sitting, folder.sitting);
  const { sitting } = series.entries.at(-1);
  series.clear();
  series.add([file('3_OD.jpg', 'z')]);
  assert.notEqual(series.entries[0].sitting, sitting, 'another list');
});

test('names that only count are told from those that may be somebody’s', () => {
  for (const name of ['1', '3', '999', '0012', 'IMG_0012', 'clinic/3', '3 (2)', 'DSC 7', 'OD', '图片 5', '2024-03-01'])
    assert.ok(onlyCounts(name), name);
  for (const name of ['', 'P3', 'Anna', 'Dupont/Anna', '104233', 'AB12', '张三', 'Anna (2)', 'MRN 7'])
    assert.ok(!onlyCounts(name), name);
});

test('names that differ in capitals or accents alone stay apart, and it is said of both; letters however composed are one', () => {
  const series = new Series();
  const files = ['P1_OD.jpg', 'p1_OS.jpg', 'Jose\u0301_OD.jpg', 'Jos\u00e9_OS.jpg', 'Jose_OD.jpg', 'P2_OD.jpg'];
  const entries = series.add(files.map((name) => new File([name], name)));
  assert.deepEqual(
    entries.map(({ patient }) => patient),
    ['P1', 'p1', 'Jos\u00e9', 'Jos\u00e9', 'Jose', 'P2'],
  );
  assert.deepEqual(entries.map(otherSpellings), [['p1'], ['P1'], ['Jose'], ['Jose'], ['Jos\u00e9'], []]);
  assert.match(doubtsOf(entries[1])[0].text, /P1.*capitals, accents/);
  assert.deepEqual(doubtsOf(entries[1])[0].join, ['P1', 'p1'], 'the one that came first stays');
  assert.deepEqual(doubtsOf(entries[5]), []);
  const [told] = toldOf(entries[0], null);
  assert.match(told, /\(p1\): it may be the same person/);
  assert.doesNotMatch(toldOf(entries[0], null, true).join(), /p1/);
  const { together } = coreOf();
  const { reports } = JSON.parse(jsonFile(entries, INFO, together));
  assert.deepEqual([reports[0].similar_patients, reports[5].similar_patients], [['p1'], undefined]);
  const [names, ...rows] = parse(csvFile(entries, INFO, together), CSV);
  assert.equal(rows[1][names.indexOf('similar_patients')], 'P1');
  series.kept = () => [{ entry: { patient: 'p2', result: null } }, { entry: { patient: 'img_1', result: null } }];
  assert.deepEqual(spellingsOf(entries[5]), ['p2', 'P2'], 'what is kept came first');
  const [counted] = series.add([new File(['n'], 'IMG_1.jpg')]);
  assert.deepEqual(otherSpellings(counted), [], 'of another list, and no name');
  series.updateAll(({ patient }) => patient === 'p1', { patient: 'P1' });
  assert.deepEqual(otherSpellings(entries[0]), []);
});

test('names of one person on several days, or by other signs, are asked about; a day of the week is nobody', () => {
  const alike = [
    ['Smith_20240131_OD', 'Smith_20240228_OS'],
    ['2024-01-31_Smith_OD', '2024-02-28_Smith_OS'],
    ['12346_20240101_OD', '12346_20240315_OS'],
    ["O'Brien_OD", 'O\u2019Brien_OS'],
    ['MRN 007_OD', 'MRN-7_OS'],
    ['Müller_OD', 'Mueller_OS'],
    ['Weiß_OD', 'Weiss_OS'],
    ['Sørensen_OD', 'Soerensen_OS'],
    ['007_OD', '7_OS'],
  ];
  const other = [
    ['scan 2024-01-31_OD', 'scan 2024-02-28_OS'],
    ['Smith 1_OD', 'Smith 2_OS'],
    ['12346_OD', '12347_OS'],
    ['007_OD', '8_OS'],
  ];
  const asked = (names) => {
    const entries = new Series().add(names.map((name) => new File([name], `${name}.jpg`)));
    return [entries[0].patient === entries[1].patient, otherSpellings(entries[0]).length];
  };
  for (const names of alike) assert.deepEqual(asked(names), [false, 1], names[0]);
  for (const names of other) assert.deepEqual(asked(names), [false, 0], names[0]);
  for (const [one, next] of [
    ['Monday', 'Tuesday'],
    ['lundi', 'mercredi'],
    ['星期一', '周二'],
  ]) {
    const guesses = guessNames([`${one}/P1_OD.jpg`, `${next}/P1_OS.jpg`]);
    assert.deepEqual(
      guesses.map(({ patient, eye }) => [patient, eye]),
      [
        ['P1', 'OD'],
        ['P1', 'OS'],
      ],
    );
  }
});

test('what DICOM objects say: several patients under one name, one under several, another eye', () => {
  const series = new Series();
  const names = ['A_OD.dcm', 'A_OS.dcm', 'B_OD.dcm', 'C_OD.dcm', 'C_OS.jpg'];
  const entries = series.add(names.map((name) => new File([name], name)));
  const object = (id, laterality, name = null) => ({ patient: { id, name }, laterality });
  const objects = [object('1', 'R'), object('2', 'L'), object('1', 'L'), object(null, null, 'Doe^Jane'), null];
  for (const [i, dicom] of objects.entries()) {
    const { report } = resultOf(names[i], 0.8, 0.1, [CLEAR]);
    const result = withoutLayers({ report, info: { notes: [] }, dicom }, []);
    series.update(entries[i], { state: 'done', result });
  }
  const [a, , b, c, jpeg] = entries;
  assert.deepEqual(
    entries.map(({ result }) => result.stated?.patient ?? null),
    ['1', '2', '1', 'Doe Jane', null],
  );
  const texts = (entry) => doubtsOf(entry).map(({ text }) => text);
  assert.match(texts(a)[0], /different patients: 1 and 2\. Patients may be mixed up/);
  assert.match(texts(a)[1], /under the name of B\. Is it the same patient/);
  assert.equal(doubtsOf(a)[1].join, undefined, 'who may be two is not put together with a third');
  series.update(entries[1], { patient: 'D' });
  assert.deepEqual(doubtsOf(a)[0].join, ['A', 'B']);
  series.update(entries[1], { patient: 'A' });
  assert.match(texts(b)[0], /under the name of A\./);
  assert.match(texts(b)[1], /says: left eye/);
  assert.deepEqual([texts(c), texts(jpeg)], [[], []]);
  series.update(b, { chosen: 'OD' });
  assert.equal(texts(b).length, 1, 'whoever chose the eye knows better');
  assert.match(toldOf(a, null).join(' '), /several patients stand under this name/);
  const { together } = coreOf();
  const [head, ...rows] = parse(csvFile(entries, INFO, together), CSV);
  assert.deepEqual(
    rows.map((row) => [row[head.indexOf('dicom_patient')], row[head.indexOf('dicom_eye')]]),
    [
      ['1', 'OD'],
      ['2', 'OS'],
      ['1', 'OS'],
      ['Doe Jane', ''],
      ['', ''],
    ],
  );
  series.updateAll(({ patient }) => patient === 'A', { patient: '' });
  assert.deepEqual([texts(a), texts(b)], [[], []], 'of nobody nothing is said');
});

test('initials are no eyes; a code after a number is one', () => {
  for (const [path, patient, eye] of [
    ['L. Brown.jpg', 'L. Brown', ''],
    ['R Brown_1.jpg', 'R Brown_1', ''],
    ['J. R. Smith_OS.jpg', 'J. R. Smith', 'OS'],
    ['Brown, L.jpg', 'Brown, L', ''],
    ['Brown_L.jpg', 'Brown', 'OS'],
    ['0007.R.png', '0007', 'OD'],
    ['P1.L.macula.jpg', 'P1', 'OS'],
    ['L 12.jpg', '12', 'OS'],
    ['P14OD.jpg', 'P14', 'OD'],
    ['P14OS.jpg', 'P14', 'OS'],
    ['AB-2041os_2.jpg', 'AB-2041', 'OS'],
    ['P14OD_OS.jpg', 'P14OD', ''],
    ['Schod.jpg', 'Schod', ''],
    ['P14Od.jpg', 'P14Od', ''],
  ])
    assert.deepEqual(guesses(path), [`${patient}|${eye}`], path);
});

// ---- kinds of files ----

test('left out is only what neither name nor content makes a picture', async () => {
  const jpeg = [0xff, 0xd8, 0xff, 0xe0];
  const text = [...Buffer.from('hello')];
  for (const [name, bytes, wanted] of [
    ['a.jpg', text, true], // its row says that it is none
    ['a.HEIC', text, true],
    ['a.txt', text, false],
    ['a.txt', jpeg, true],
    ['photo', jpeg, true],
    ['README', text, false],
    ['.DS_Store', text, false],
    ['Thumbs.db', text, false],
    ['._a.jpg', [0, 5, 0x16, 7], false],
    ['all.zip', [0x50, 0x4b, 3, 4], false],
    ['scan', [...Buffer.from('II*\0'), 8, 0, 0, 0], true],
    ['scan', [...new Array(128).fill(0), ...Buffer.from('DICM')], true],
    ['empty.jpg', [], true],
    ['empty', [], false],
  ])
    assert.equal(isPicture(name, new Uint8Array(bytes)), wanted, name);
  const files = [new File(['x'], 'x.txt'), new File([new Uint8Array(jpeg)], 'y'), new File(['z'], 'z.png')];
  const { pictures, others } = await sortOut(files);
  assert.deepEqual(
    pictures.map((f) => f.name),
    ['y', 'z.png'],
  );
  assert.deepEqual(others, ['x.txt']);
});

// ---- a series with results ----

const points = (low, mid, high) =>
  Object.fromEntries(
    [
      ['screening', low],
      ['balanced', mid],
      ['specific', high],
    ].map(([name, threshold]) => [name, { threshold, sensitivity: 0.9, specificity: 0.8 }]),
  );
const CLASSES = [
  { id: 'normal', name: 'normal', threshold: 0.5, points: points(0.4, 0.5, 0.6) },
  { id: 'glaucoma', name: 'glaucoma', threshold: 0.3, points: points(0.2, 0.3, 0.7) },
];
const INFO = { classes: CLASSES, version: '0.1.0', weightsSha256: 'w'.repeat(64), weights: 'v', wasmSha256: null };

const said = (answer, ...reasons) => ({
  answer,
  reasons: reasons.map((reason) => {
    const [code, disease] = reason.split(':');
    return disease === undefined ? { code } : { code, disease };
  }),
});

/** @param {object[]} answers at the three operating points; one alone stands for all */
function resultOf(name, normal, glaucoma, answers, more = {}) {
  const [screening, balanced = screening, specific = balanced] = answers;
  const { quality, ...others } = more;
  return {
    report: {
      schema: 'vmnet-report-2',
      version: '0.1.0',
      image: { name, sha256: `sha of ${name}`, width: 800, height: 600 },
      model: { weights_sha256: INFO.weightsSha256, binary_sha256: 'b' },
      quality: { gradability: 0.9, threshold: 0.3, gradable: true, reasons: [], ...quality },
      vessels: { density: 0.1 },
      diseases: [
        ...[normal, glaucoma].map((probability, i) => {
          const { id, name, threshold, points: at } = CLASSES[i];
          const positive = i === 0 ? probability >= threshold : balanced.reasons.some((r) => r.code === 'finding');
          const cuts = Object.fromEntries(Object.entries(at).map(([point, one]) => [point, one.threshold]));
          return { id, name, probability, threshold, positive, cuts };
        }),
      ],
      decision: {
        operating_point: 'balanced',
        ...balanced,
        at: { screening, balanced, specific },
        looks_for: ['glaucoma'],
      },
    },
    measures: null,
    opticDisc: null,
    laterality: null,
    notes: [],
    ...others,
  };
}

const REFER = said('refer', 'finding:glaucoma');
const NEAR = said('unclear', 'near:glaucoma', 'not-normal');
const CLEAR = said('no-finding', 'normal');
const POOR = said('repeat', 'dark', 'blurred', 'finding:glaucoma');

function seriesOf() {
  const series = new Series();
  const names = ['P1_OD_1.jpg', 'P1_OD_2.jpg', 'P1_OD_3.jpg', 'P2_left.jpg', 'x.jpg', 'P1_OD_4.jpg'];
  const entries = series.add(names.map((name) => new File(['x'], name)));
  const results = [
    resultOf('1', 0.8, 0.1, [CLEAR]),
    resultOf('2', 0.45, 0.35, [REFER, REFER, NEAR]),
    // too poor: counts for nothing
    resultOf('3', 0.1, 0.99, [POOR], { quality: { gradability: 0.1, gradable: false, reasons: ['dark', 'blurred'] } }),
    resultOf('4', 0.2, 0.25, [REFER, NEAR, CLEAR], {
      laterality: { guess: 'OD', confidence: 0.7 },
      measures: { disc: { meanWidth: 5.5 } },
    }),
  ];
  for (const [i, result] of results.entries()) series.update(entries[i], { state: 'done', result });
  series.update(entries[4], {
    state: 'failed',
    error: { code: 'format', message: 'x.jpg: no picture; =give one, "or" not' },
  });
  series.update(entries[5], { state: 'done', result: results[1], sameAs: entries[1].id });
  return { series, entries };
}

/** In the place of the core, whose rule has tests of its own: it says what nothing here could find out by itself. */
const ODD = said('unclear', 'evidence');
const UNREAD = { ...said('repeat', 'not-readable'), rest: 'not-judged' };
function coreOf() {
  const asked = [];
  const model = {
    decideTogether: async (decisions, at, eyes) => {
      asked.push([decisions.map((d) => d?.at[at].answer ?? 'unread').join(), at, eyes.join()]);
      return decisions.every((d) => d === null) ? UNREAD : ODD;
    },
  };
  const together = new Together(async () => model);
  return { together, asked };
}

test('what comes in while a kept series is fetched is numbered anew, and the kept ones keep their numbers', () => {
  const before = new Series();
  const kept = before.add(['a.jpg', 'b.jpg', 'c.jpg'].map((name) => new File([name], name)));
  const series = new Series();
  const came = series.add(['d.jpg', 'e.jpg'].map((name) => new File([name], name)));
  series.update(came[0], { state: 'done' });
  series.update(came[1], { state: 'done', sameAs: came[0].id });
  series.restore(kept.map((entry) => ({ ...entry, file: null, version: 0 })));
  assert.deepEqual(
    series.entries.map(({ id, name }) => [id, name]),
    [
      [1, 'a.jpg'],
      [2, 'b.jpg'],
      [3, 'c.jpg'],
      [4, 'd.jpg'],
      [5, 'e.jpg'],
    ],
  );
  assert.equal(came[1].sameAs, 4, 'the repetition names the one that it repeats');
  assert.ok(
    came.every(({ version }) => version > 1),
    'their rows are written again',
  );
  for (const entry of series.entries) assert.equal(series.entry(entry.id), entry);
  // each waits once: whatever is taken next can be marked
  const taken = [];
  for (let next = series.next(); next !== undefined && taken.length < 10; next = series.next()) {
    taken.push(next.name);
    series.update(next, { state: 'working' });
  }
  assert.deepEqual(taken, ['a.jpg', 'b.jpg', 'c.jpg']);
  assert.equal(series.add([new File(['f'], 'f.jpg')])[0].id, 6);
});

test('a photograph has its result and is done at one go: no eye counts as screened and as not photographed', async () => {
  const series = new Series();
  const [entry, copy] = series.add([new File(['a'], 'P_OD.jpg'), new File(['a'], 'Q_OD.jpg')]);
  const sha256 = createHash('sha256').update('a').digest('hex');
  const result = { report: { image: { sha256 } }, info: { notes: [] } };
  const model = { info: { notes: [] }, screen: async () => result, decode: async () => null };
  const screen = screener(
    series,
    async () => /** @type {any} */ (model),
    async ({ file }) => /** @type {File} */ (file),
  );
  /** @type {[string, string, boolean][]} */
  const seen = [];
  const stop = effect(() => {
    series.changes.value;
    for (const { name, state, result } of series.entries) seen.push([name, state, result !== null]);
  });
  for (const one of [entry, copy]) {
    series.update(one, { state: 'working' });
    await screen(one, new AbortController().signal, () => {});
  }
  stop();
  for (const [name, state, has] of seen) assert.equal(has, state === 'done', `${name}: ${state}, result: ${has}`);
  assert.equal(copy.sameAs, entry.id);
});

test('what is saved is called after whose it is, what it holds and of which day, and no two alike', () => {
  const now = new Date(2026, 10, 29, 0, 30); // half an hour into the day, wherever
  assert.equal(fileName('pdf', { now }), 'report-2026-11-29.pdf');
  assert.equal(fileName('pdf', { now, selected: true }), 'report-selection-2026-11-29.pdf');
  assert.equal(fileName('zip', { now, whose: 'Meier', part: 2 }), 'Meier-pictures-2026-11-29-part-2.zip');
  assert.equal(fileName('dicom', { now, what: 'deidentified' }), 'deidentified-2026-11-29.dicom.zip');
  const kinds = /** @type {const} */ (['pdf', 'xlsx', 'csv', 'json', 'zip', 'fhir', 'dicom']);
  const all = kinds.flatMap((kind) => [0, 1].map((part) => fileName(kind, { now, part })));
  assert.equal(new Set(all).size, all.length, all.join(', '));
});

test('filter and order', () => {
  const { series, entries } = seriesOf();
  const names = (what, text = '') => series.entries.filter(passes({ what, text })).map((e) => e.name);
  assert.equal(names('all').length, 6);
  assert.deepEqual(names('answer:refer'), ['P1_OD_2.jpg', 'P1_OD_4.jpg']);
  assert.deepEqual(names('answer:unclear'), ['P2_left.jpg']);
  assert.deepEqual(names('answer:repeat'), ['P1_OD_3.jpg']);
  assert.deepEqual(names('answer:no-finding'), ['P1_OD_1.jpg']);
  assert.deepEqual(names('disease:glaucoma'), ['P1_OD_2.jpg', 'P1_OD_3.jpg', 'P1_OD_4.jpg'], 'nothing hides');
  assert.deepEqual(names('failed'), ['x.jpg']);
  assert.deepEqual(names('waiting'), []);
  assert.deepEqual(names('repeated'), ['P1_OD_2.jpg', 'P1_OD_4.jpg'], 'both of a pair');
  assert.deepEqual(names('eye'), ['x.jpg']);
  assert.deepEqual(names('all', ' p2 '), ['P2_left.jpg']);
  atPoint('screening');
  assert.equal(names('answer:refer').length, 3);
  atPoint('specific');
  assert.equal(names('answer:refer').length, 0);
  atPoint('balanced');

  const order = (key, down) => sorted(series.entries, photographValue(key), down).map((e) => e.name);
  assert.deepEqual(order('disease:glaucoma', true).slice(0, 2), ['P1_OD_3.jpg', 'P1_OD_2.jpg']);
  assert.equal(order('disease:glaucoma', true).at(-1), 'x.jpg', 'what has none comes last');
  assert.equal(order('disease:glaucoma', false).at(-1), 'x.jpg', 'either way');
  assert.equal(order('gradability', false)[0], 'P1_OD_3.jpg');
  series.update(entries[3], { result: null, state: 'waiting' });
  assert.deepEqual(
    order(BY_URGENCY.key, BY_URGENCY.down),
    ['P1_OD_2.jpg', 'P1_OD_4.jpg', 'P1_OD_3.jpg', 'x.jpg', 'P1_OD_1.jpg', 'P2_left.jpg'],
    'refer, repeat, not possible, no finding, not screened yet',
  );
  assert.deepEqual(order('eye', false).at(-1), 'x.jpg');
  series.update(entries[0], { name: 'a10' });
  series.update(entries[1], { name: 'a9' });
  assert.deepEqual(order('name', false).slice(0, 2), ['a9', 'a10'], 'numbers count as numbers');
  assert.deepEqual(
    sorted([3, 1, 2], (x) => x % 1, false),
    [3, 1, 2],
    'equals keep their order',
  );
});

test('of the same urgency: the shorter delay, then the likelier, then the name; what waits stays as it came', () => {
  const series = new Series();
  const add = (name, answer, probability) => {
    const [entry] = series.add([new File(['x'], name)]);
    if (answer !== null) series.update(entry, { state: 'done', result: resultOf(name, 0.1, probability, [answer]) });
    return entry;
  };
  add('P12_OD.jpg', CLEAR, 0.2);
  add('P3_OD.jpg', REFER, 0.6);
  add('P10_OD.jpg', REFER, 0.9);
  add('P2_OD.jpg', CLEAR, 0.1);
  add('P8_OD.jpg', null, 0);
  add('P7_OD.jpg', null, 0);
  add('P4_OD.jpg', said('refer', 'finding:cataract'), 0.99);
  add('P9_OD.jpg', REFER, 0.6);
  const shown = (down = true) => sorted(series.entries, photographValue('answer'), down).map(({ patient }) => patient);
  const wanted = ['P10', 'P3', 'P9', 'P4', 'P2', 'P12', 'P8', 'P7'];
  assert.deepEqual(shown(), wanted, 'glaucoma by its probability, then what has none; no finding by name');
  const { together } = coreOf();
  const eyes = byEye(series.entries, together);
  assert.deepEqual(
    sorted(eyes, eyeValue('answer'), true).map(({ patient }) => patient),
    [...wanted.slice(0, 6), 'P7', 'P8'],
    'the table by eye in the same order',
  );
  assert.deepEqual(
    sorted(eyes.toReversed(), (row) => urgencyOf(row, row.patient), true)
      .map(({ patient }) => patient)
      .slice(0, 6),
    wanted.slice(0, 6),
    'however they came',
  );
  assert.deepEqual(shown(false), ['P2', 'P12', 'P4', 'P3', 'P9', 'P10', 'P8', 'P7'], 'names rise either way');
  const before = rules();
  setRules({ ...before, findings: { cataract: { action: 'refer', within: 'P1D' } } });
  assert.equal(shown()[0], 'P4', 'a shorter delay goes before a higher probability');
  setRules(before);
});

/** As the core grades diabetic retinopathy, alike at each operating point. */
const graded = (grade, reason = null) => {
  const told = { valid: reason === null, reason, grade };
  const at = { screening: told, balanced: told, specific: told };
  return { ...told, at_least: reason === 'not-gradable' ? null : [0.9, 0.5, 0.25, 0.125], at };
};
const DIABETIC = said('refer', 'finding:diabetic-retinopathy');

/** @param {Record<string, [object[], object | undefined]>} of answers and grade by the file's name */
function gradedSeries(of) {
  const series = new Series();
  for (const [name, [answers, grade]] of Object.entries(of)) {
    const [entry] = series.add([new File(['x'], name)]);
    const result = resultOf(name, 0.1, 0.2, answers);
    result.report.decision.looks_for.push('diabetic-retinopathy');
    if (grade !== undefined) result.report.grade = grade;
    series.update(entry, { state: 'done', result });
  }
  return series;
}

test('of what is referred the delay of the rules goes first, within it grade 4 of diabetic retinopathy, then 3, and the others as before; an eye and a patient by the worst', () => {
  const quick = said('refer', 'finding:hypertensive-retinopathy'); // within the shorter delay
  const series = gradedSeries({
    'P1_OD.jpg': [[quick], undefined],
    'P2_OD.jpg': [[DIABETIC], graded(2)],
    'P3_OD.jpg': [[DIABETIC], graded(3)],
    'P4_OD.jpg': [[DIABETIC], graded(1)],
    'P5_OD.jpg': [[DIABETIC], graded(4)],
    'P6_OD.jpg': [[said('unclear', 'near:diabetic-retinopathy')], graded(4)],
    'P7_OD.jpg': [[DIABETIC], graded(null, 'disagrees')],
    'P8_OD.jpg': [[DIABETIC, DIABETIC, CLEAR], graded(3)],
    'P9_OD.jpg': [[said('refer', 'finding:diabetic-retinopathy', 'finding:hypertensive-retinopathy')], graded(2)],
    'P2_OS.jpg': [[DIABETIC], undefined],
  });
  const of = (entries) => sorted(entries, photographValue('answer'), true).map(({ name }) => name.slice(0, 5));
  assert.deepEqual(of(series.entries), [
    'P1_OD',
    'P9_OD',
    'P5_OD',
    'P3_OD',
    'P8_OD',
    'P2_OD',
    'P2_OS',
    'P4_OD',
    'P7_OD',
    'P6_OD',
  ]);
  atPoint('specific');
  assert.equal(of(series.entries).at(-1), 'P8_OD', 'a grade beside an answer that does not name it moves nothing');
  atPoint('balanced');
  const [second] = gradedSeries({ 'P2_OS_2.jpg': [[DIABETIC], graded(4)] }).entries;
  const patients = series.entries.map((entry) => ({
    name: entry.patient,
    decision: answered(entry),
    entries: entry.patient === 'P2' ? [entry, second] : [entry],
  }));
  const names = sorted(patients, (one) => urgencyOf(one, one.name), true).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 3), ['P1', 'P9', 'P2'], 'with one of his eyes at grade 4, before P5 by name');
});

test('the note of a row names the grade with the finding, of several photographs the worst', () => {
  const series = gradedSeries({
    'P1_OD_1.jpg': [[DIABETIC], graded(2)],
    'P1_OD_2.jpg': [[DIABETIC], graded(3)],
    'P2_OD.jpg': [[said('unclear', 'near:diabetic-retinopathy')], graded(1)],
    'P3_OD.jpg': [[DIABETIC], graded(null, 'disagrees')],
    'P4_OD.jpg': [[REFER], graded(null, 'not-suspected')],
  });
  assert.deepEqual(
    series.entries.map((entry) => answerWords(entry).note),
    [
      ...['diabetic retinopathy (moderate)', 'diabetic retinopathy (severe)', 'almost diabetic retinopathy (mild)'],
      ...['diabetic retinopathy', 'glaucoma'],
    ],
  );
  const eye = { decision: DIABETIC, entries: series.entries.slice(0, 2) };
  assert.equal(eyeWords(eye).note, 'diabetic retinopathy (severe)');
  const marks = series.entries.map((entry) => answerWords(entry).grade?.mark);
  assert.deepEqual(marks, ['grade 2', 'grade 3', 'grade 1', undefined, undefined], 'in a word beside the answer, too');
  assert.deepEqual(eyeWords(eye).grade, { mark: 'grade 3', text: 'Grade: 3, severe' });
});

test('what is graded stands first in the note, which may be cut off', () => {
  const both = said('refer', 'finding:glaucoma', 'finding:diabetic-retinopathy');
  const [entry, plain] = gradedSeries({ 'P1_OD.jpg': [[both], graded(4)], 'P2_OD.jpg': [[both], undefined] }).entries;
  assert.equal(answerWords(entry).note, 'diabetic retinopathy (proliferative) and glaucoma');
  assert.equal(answerWords(plain).note, 'glaucoma and diabetic retinopathy', 'else the strongest first');
});

test('a report that holds its grade at its own operating point alone is told there, and has none elsewhere', async () => {
  const { at: _, ...own } = graded(4);
  const series = gradedSeries({ 'P1_OD.jpg': [[DIABETIC], own], 'P2_OD.jpg': [[DIABETIC], graded(3)] });
  const { together } = coreOf();
  const table = () => together.complete(() => csvFile(series.entries, INFO, together));
  const told = async () => {
    const [names, ...rows] = parse(await table(), CSV);
    return rows.map((row) => row[names.indexOf('grade')]);
  };
  assert.deepEqual(await told(), ['4', '3']);
  assert.equal(series.entries.map((entry) => answerWords(entry).grade?.mark).join(), 'grade 4,grade 3');
  atPoint('screening');
  assert.deepEqual(await told(), ['', '3']);
  assert.equal(answerWords(series.entries[0]).note, 'diabetic retinopathy');
  const [{ report }] = JSON.parse(jsonFile(series.entries, INFO, together)).reports;
  assert.equal(report.grade, undefined);
  atPoint('balanced');
});

test('table and reports hold the grade at the operating point in use, with its probabilities, and why there is none', async () => {
  const series = gradedSeries({
    'P1_OD.jpg': [[DIABETIC, DIABETIC, CLEAR], graded(2)],
    'P2_OD.jpg': [[DIABETIC], graded(null, 'disagrees')],
    'P3_OD.jpg': [[CLEAR], graded(null, 'not-suspected')],
    'P4_OD.jpg': [[POOR], graded(null, 'not-gradable')],
    'P5_OD.jpg': [[DIABETIC], undefined],
  });
  const { together } = coreOf();
  const table = async () => {
    const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
    return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  };
  const cells = await table();
  assert.deepEqual(
    cells.map((c) => [c.grade, c.grade_reason, c.grade_at_least_1, c.grade_at_least_4]),
    [
      ['2', '', '0.9', '0.125'],
      ['', 'disagrees', '0.9', '0.125'],
      ['', 'not-suspected', '0.9', '0.125'],
      ['', 'not-gradable', '', ''],
      ['', '', '', ''],
    ],
  );
  assert.match(cells[0].reason, /Grade: 2, moderate, from one photograph; often off by one, up or down\.$/);
  assert.match(cells[1].reason, /No grade can be told/);
  for (const { reason } of cells.slice(2)) assert.doesNotMatch(reason, /[Gg]rade/);
  const [{ report }] = JSON.parse(jsonFile(series.entries, INFO, together)).reports;
  assert.deepEqual(report.grade, graded(2));
  atPoint('specific');
  const [strict] = await table();
  assert.deepEqual([strict.answer, strict.grade, strict.grade_reason], ['no-finding', '', 'not-suspected']);
  const [{ report: other }] = JSON.parse(jsonFile(series.entries, INFO, together)).reports;
  assert.deepEqual(other.grade, { ...graded(null, 'not-suspected'), at: graded(2).at });
  atPoint('balanced');
});

test('table and reason say of a photograph that it was turned upright; of others they say nothing, also where nobody knows', async () => {
  const series = gradedSeries({
    'P1_OD.jpg': [[DIABETIC], undefined],
    'P2_OD.jpg': [[DIABETIC], undefined],
    'P3_OD.jpg': [[CLEAR], undefined],
    'P4_OD.jpg': [[CLEAR], undefined],
  });
  for (const [i, turned] of [90, 270, 0].entries())
    series.entries[i].result.report.orientation = { turned, sideways: 0.5 };
  const { together } = coreOf();
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const cells = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  assert.deepEqual(
    cells.map(({ turned }) => turned),
    ['90', '270', '0', ''],
  );
  assert.match(cells[0].reason, / by 90° to the right\. Check .* which eye it shows\.$/);
  assert.match(cells[1].reason, / by 90° to the left\. Check /);
  for (const { reason } of cells.slice(2)) assert.doesNotMatch(reason, /turned/);
});

test('what the operating point in use alone suspects has the grade that the core gives there', async () => {
  const none = graded(null, 'not-suspected');
  const mild = { ...none, at: { ...none.at, screening: { valid: true, reason: null, grade: 1 } } };
  const series = gradedSeries({ 'P1_OD.jpg': [[DIABETIC, CLEAR, CLEAR], mild] });
  const { together } = coreOf();
  const grades = [];
  for (const point of ['screening', 'balanced']) {
    atPoint(point);
    const [names, row] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
    grades.push(['grade', 'grade_reason'].map((name) => row[names.indexOf(name)]));
  }
  atPoint('balanced');
  assert.deepEqual(grades, [
    ['1', ''],
    ['', 'not-suspected'],
  ]);
});

test('a decision about one photograph is none about the others of its eye', () => {
  const { series, entries } = seriesOf();
  const own = entries.filter(({ patient }) => patient === 'P1');
  const review = (answer) => reviewOf(entries[0].result.report, { by: '', answer, note: '' });
  series.update(entries[0], { review: review('refer') });
  assert.equal(decidedText(own), 'Decided: Refer (1 of 3)', 'of the same file twice one');
  series.update(entries[5], { review: review('refer') });
  assert.equal(decidedText(own), 'Decided: Refer (2 of 3)', 'about either copy of it');
  assert.equal(decidedText(own.slice(0, -1)), 'Decided: Refer (2 of 3)', 'also where the list has the first alone');
  assert.equal(decidedText([entries[5]]), 'Decided: Refer');
  series.update(entries[5], { review: null });
  for (const entry of entries.slice(1, 3)) series.update(entry, { review: review('refer') });
  assert.equal(decidedText(own), 'Decided: Refer');
  series.update(entries[3], { patient: 'P1' });
  assert.equal(decidedText([...own, entries[3]]), 'OD decided: Refer');
  series.update(entries[2], { review: null });
  series.update(entries[3], { review: review('refer') });
  assert.equal(decidedText([...own, entries[3]]), 'OD decided: Refer (2 of 3), OS decided: Refer');
  // what could not be read can have none
  series.update(entries[2], { state: 'failed', result: null });
  assert.equal(decidedText(own), 'Decided: Refer');
});

test('by eye: the answer is the one that the core gives for its photographs', async () => {
  const { series, entries } = seriesOf();
  const { together, asked } = coreOf();
  assert.equal(
    byEye(series.entries, together)[0].decision,
    REFER,
    'on its way, and what is known to be urgent is said',
  );
  const rows = await together.complete(() => byEye(series.entries, together));
  assert.deepEqual(
    rows.map((r) => [r.patient, r.eye, r.photographs, r.screened, r.judged, r.decision?.answer ?? null]),
    [
      ['P1', 'OD', 3, 3, 2, 'unclear'],
      ['P2', 'OS', 1, 1, 1, 'unclear'],
      ['x', '', 1, 0, 0, 'repeat'],
    ],
    'the same file twice counts once',
  );
  assert.equal(rows[0].decision, ODD);
  assert.equal(rows[1].decision, NEAR, 'of a single photograph: its own');
  assert.deepEqual(
    asked,
    [
      ['no-finding,refer,repeat', 'balanced', 'OD,OD,OD'],
      ['unread', 'balanced', ''],
    ],
    'asked once, also of what could not be read',
  );
  assert.equal(together.answers.value, 2, 'who waits for it is told');
  assert.equal(rows[0].worst.get('glaucoma'), 0.35, 'not the 0.99 of the one that is too poor');
  assert.equal(rows[0].stands.get('glaucoma'), 'suspected');
  assert.equal(rows[1].stands.get('glaucoma'), 'near');
  assert.deepEqual(rows[2].worst.size, 0);
  const eyes = (what) => rows.filter(eyePasses(what)).map((r) => r.patient);
  assert.deepEqual(eyes('answer:unclear'), ['P1', 'P2']);
  assert.deepEqual(eyes('answer:repeat'), ['x']);
  assert.deepEqual(eyes('answer:refer'), []);
  assert.deepEqual(eyes('failed'), ['x']);
  assert.deepEqual(eyes('disease:glaucoma'), ['P1']);
  assert.deepEqual(
    sorted(rows, eyeValue('count'), true).map((r) => r.patient),
    ['P1', 'P2', 'x'],
  );
  assert.deepEqual(
    sorted(rows, eyeValue(BY_URGENCY.key), BY_URGENCY.down).map((r) => r.patient),
    ['P2', 'P1', 'x'],
    'of two that are unclear the one of which a disease is named',
  );
  // corrected by a person
  assert.ok(eyesDisagree(entries[3]), 'the name says left, the disc says right');
  series.update(entries[3], { chosen: 'OD', patient: 'P1' });
  assert.ok(!eyesDisagree(entries[3]));
  assert.deepEqual(
    byEye(series.entries, together).map((r) => [r.patient, r.eye, r.photographs]),
    [
      ['P1', 'OD', 4],
      ['x', '', 1],
    ],
  );
});

test('by eye: what is suspected all the same on a photograph that cannot be judged is told, beside others of the eye as well', async () => {
  const series = new Series();
  const names = ['A_OD.jpg', 'B_OD_1.jpg', 'B_OD_2.jpg', 'C_OD.jpg', 'D_OD_1.jpg', 'D_OD_2.jpg'];
  const entries = series.add(names.map((name) => new File(['x'], name)));
  const poor = { quality: { gradability: 0.1, gradable: false, reasons: ['dark'] } };
  const rests = { 'no-finding': 'not-suspected', unclear: 'not-suspected', repeat: 'not-judged' };
  for (const [i, [glaucoma, answer]] of [
    [0.99, POOR],
    [0.99, POOR],
    [0.1, CLEAR],
    [0.1, said('repeat', 'dark')],
    [0.99, POOR],
    [0.25, NEAR],
  ].entries()) {
    const decided = { ...answer, rest: rests[answer.answer] };
    series.update(entries[i], { state: 'done', result: resultOf(String(i), 0.8, glaucoma, [decided], poor) });
  }
  const { together } = coreOf();
  const rows = await together.complete(() => byEye(series.entries, together));
  assert.deepEqual(
    rows.map(({ patient, worst, stands, rest }) => [
      patient,
      worst.get('glaucoma') ?? null,
      stands.get('glaucoma') ?? rest,
      rest,
    ]),
    [
      ['A', 0.99, 'suspected', 'unjudged'],
      ['B', 0.99, 'suspected', 'unjudged'],
      ['C', null, 'unjudged', 'unjudged'],
      ['D', 0.99, 'suspected', 'unjudged'],
    ],
    'a better one that shows nothing does not settle it',
  );
  assert.deepEqual(
    rows.filter(eyePasses('disease:glaucoma')).map(({ patient }) => patient),
    ['A', 'B', 'D'],
  );
});

test('the same file under a second name: both patients are there, and each is told of the other', async () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  assert.deepEqual(otherPatients(entries[5]), [], 'twice under one name is no mix-up');
  const mixed = resultOf('4', 0.2, 0.25, [REFER, NEAR, CLEAR]);
  const [twin] = series.add([new File(['x'], 'P9_OD.jpg')]);
  series.update(twin, { state: 'done', result: mixed, sameAs: entries[3].id });
  assert.deepEqual(otherPatients(twin), ['P2']);
  assert.match(toldOf(twin, null).join(' '), /also stands under P2:/);
  assert.doesNotMatch(toldOf(twin, null, true).join(' '), /P2/, 'no name where the patient has none');
  assert.deepEqual(otherPatients(entries[3]), ['P9']);
  const rows = await together.complete(() => byEye(series.entries, together));
  assert.deepEqual(
    rows.map(({ patient, photographs, decision }) => [patient, photographs, decision?.answer]),
    [
      ['P1', 3, 'unclear'],
      ['P2', 1, 'unclear'],
      ['P9', 1, 'unclear'],
      ['x', 1, 'repeat'],
    ],
    'the second patient is one',
  );
  assert.deepEqual([...byPatient(series.entries).keys()], ['P1', 'P2', 'P9', 'x']);
  const [names, ...cells] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const told = (name) => cells.map((row) => row[names.indexOf(name)]);
  assert.deepEqual(told('same_file_patients'), ['', '', '', 'P9', '', '', 'P2']);
  assert.equal(told('patient_answer').at(-1), 'unclear', 'the answer is its own, not that of the other patient');
  const { reports, patients } = JSON.parse(await together.complete(() => jsonFile(series.entries, INFO, together)));
  assert.deepEqual(reports.at(-1).same_file_patients, ['P2']);
  assert.equal(reports[0].same_file_patients, undefined);
  assert.equal(patients.find(({ patient }) => patient === 'P9').answer, 'unclear');
  // whoever corrects the name has no mix-up any more
  series.update(twin, { patient: 'P2' });
  assert.deepEqual(otherPatients(twin), []);
  assert.deepEqual([...byPatient(series.entries).keys()], ['P1', 'P2', 'x']);
  // what is kept from earlier counts as well
  series.kept = () => [{ entry: { patient: 'P3', result: mixed } }];
  assert.deepEqual(otherPatients(twin), ['P3']);
});

test('a patient: the core is told of which eye each photograph is; of nobody in particular, none is known', async () => {
  const { series, entries } = seriesOf();
  const { together, asked } = coreOf();
  series.update(entries[3], { patient: 'P1' });
  await together.complete(() => together.of(entries));
  assert.deepEqual(asked, [['unread,no-finding,refer,repeat,unclear', 'balanced', ',OD,OD,OD,OS']]);
  series.update(entries[1], { chosen: '' });
  await together.complete(() => together.of(entries));
  assert.deepEqual(asked[1], ['unread,refer,no-finding,repeat,unclear', 'balanced', ',,OD,OD,OS'], 'asked anew');
  for (const entry of entries) series.update(entry, { patient: '' });
  await together.complete(() => together.of(entries));
  assert.deepEqual(asked[2], ['unread,no-finding,refer,repeat,unclear', 'balanced', ',,,,']);
});

test('an answer that could not be had is asked for again', async () => {
  const { series } = seriesOf();
  let broken = true;
  const together = new Together(async () => ({
    decideTogether: async () => {
      if (broken) throw new VmnetError('runtime', 'x: it stopped; again');
      return ODD;
    },
  }));
  const all = series.entries.slice(0, 3);
  await assert.rejects(
    together.complete(() => together.of(all)),
    /it stopped/,
    'nothing is saved without it',
  );
  assert.equal(together.of(all), REFER, 'what is known stays');
  broken = false;
  assert.equal(await together.complete(() => together.of(all)), ODD);
});

test('the answer is the same whoever asks, and is asked once for all orders of the photographs', async () => {
  const { series } = seriesOf();
  const { together, asked } = coreOf();
  const all = series.entries.slice(0, 4);
  assert.equal(await together.complete(() => together.of(all)), ODD);
  assert.equal(together.of([...all].reverse()), ODD, 'at once: nobody waits for it again');
  assert.equal(together.of([all[2], all[0], all[3], all[1]]), ODD);
  assert.equal(asked.length, 1);
});

test('what is saved waits for every answer in it, also for one that is wanted only while it waits', async () => {
  const { series, entries } = seriesOf();
  const release = [];
  const together = new Together(async () => ({
    decideTogether: () => new Promise((resolve) => release.push(() => resolve(ODD))),
  }));
  const made = [];
  const make = () => made.push(byEye(series.entries, together)[0].decision);
  const saving = together.complete(make);
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  await turn();
  // The list changes meanwhile: the answer of before is not the one that is shown.
  series.update(entries[2], { state: 'failed', result: null });
  for (const answer of release.splice(0)) answer();
  await turn();
  assert.deepEqual(made, [REFER, REFER]);
  for (const answer of release.splice(0)) answer();
  await saving;
  assert.deepEqual(made, [REFER, REFER, ODD]);
});

test('who is urgent by what is screened so far stays so until the answer from all of it has come', async () => {
  let id = 0;
  const entryOf = (answer) => {
    const decided = { answer, reasons: [] };
    return {
      id: ++id,
      sameAs: null,
      result: { report: { decision: { at: { screening: decided, balanced: decided, specific: decided } } } },
    };
  };
  const answers = (first) => {
    const { together } = coreOf();
    const [one, other] = [entryOf(first), entryOf('no-finding')];
    return [together.of([one]), together.of([one, other]), together.complete(() => together.of([one, other]))];
  };
  const [alone, meanwhile, then] = answers('refer');
  assert.equal(alone.answer, 'refer');
  assert.equal(meanwhile, alone);
  assert.equal(await then, ODD);
  // also where nobody asked before there were two
  const { together } = coreOf();
  assert.equal(together.of([entryOf('no-finding'), entryOf('refer')]).answer, 'refer');
  assert.equal(together.of([entryOf('no-finding'), entryOf('unclear')]), null);
  // one eye's "no finding" says nothing of both
  assert.equal(answers('no-finding')[1], null);
});

// ---- CSV and JSON ----

test('CSV: quoted, with a mark for Excel, and no formula', () => {
  const text = csvOf([
    ['a', 'b'],
    ['x,"y"\nz', 1.5],
    ['=1+1', -2],
    ['+x', null],
    ['-x', true],
    ['@x', false],
    ['\t=x', Number.NaN],
    [' =x', undefined],
    ['＝x', 1e-7],
  ]);
  assert.equal(text.charCodeAt(0), 0xfeff);
  assert.ok(text.endsWith('\r\n'));
  const rows = parse(text, CSV);
  assert.deepEqual(rows[1], ['x,"y"\nz', '1.5']);
  assert.deepEqual(
    rows.slice(2).map((r) => r[0]),
    ["'=1+1", "'+x", "'-x", "'@x", "'\t=x", "' =x", "'＝x"],
  );
  assert.deepEqual(
    rows.slice(2).map((r) => r[1]),
    ['-2', '', 'yes', 'no', '', '', '1e-7'],
  );
});

/** By the core's own rule. */
async function coreItself() {
  const engine = await startEngine('simd', { size: 256 });
  const of = (each, point, eyes) =>
    engine.decideTogether(
      each.map((d) => (typeof d === 'string' ? d : (d?.at[point] ?? null))),
      point,
      eyes,
    );
  return { together: new Together(async () => ({ decideTogether: async (...all) => of(...all) })), engine };
}

test('an eye that could not be read leaves no patient without a finding, in the list, the table and the reports', async () => {
  await moreWords();
  const { series, entries } = seriesOf();
  const { together, engine } = await coreItself();
  const told = (...all) => together.complete(() => together.of(all));
  const eyes = (all) => unreadEyes(all).join();
  const [fine] = entries;
  const add = (name) => {
    const [entry] = series.add([new File([name], name)]);
    series.update(entry, {
      state: 'failed',
      patient: fine.patient,
      error: { code: 'damaged', message: `${name}: cut` },
    });
    return entry;
  };
  series.update(fine, { patient: 'P7', chosen: 'OD' });
  assert.equal(together.of([fine]).answer, 'no-finding');
  assert.equal(wholeOf(fine, [fine], together), null, 'of one photograph there is no more to say');
  const same = add('P7_OD.jpg');
  assert.equal((await told(fine, same)).answer, 'no-finding', 'another photograph of the eye was judged');
  assert.equal(wholeOf(fine, [fine, same], together), null);
  const other = add('P7_OS.jpg');
  assert.equal(eyes([fine, same, other]), 'OS');
  assert.deepEqual(await told(fine, same, other), UNREAD);
  await together.complete(() => wholeOf(fine, [fine, same, other], together));
  for (const one of [fine, other]) {
    const { decided, causes } = wholeOf(one, [fine, same, other], together);
    assert.deepEqual(
      [decided, causes.map(({ eye }) => eye)],
      [UNREAD, ['OS']],
      'also of one without an answer of its own',
    );
  }
  assert.deepEqual(await told(other), UNREAD, 'an eye that was not judged');
  series.update(other, { chosen: '' });
  assert.equal((await told(fine, other)).answer, 'repeat', 'it may be the other eye');
  series.update(other, { chosen: 'OS' });
  const refer = { ...entries[1], patient: 'P7', chosen: 'OD' };
  const { answer, rest } = await told(refer, other);
  assert.deepEqual([answer, rest], ['refer', 'not-judged']);
  assert.equal(wholeOf(refer, [refer, other], together), null, 'the most urgent answer is the patient’s');
  assert.equal(wholeOf(fine, [refer, fine], together).decided.answer, 'refer', 'whichever of his eyes is looked at');
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const column = (name) => rows.filter((row) => row[0] === 'P7').map((row) => row[names.indexOf(name)]);
  assert.equal(names[0], 'patient');
  assert.deepEqual(column('answer'), ['no-finding', '', '']);
  assert.deepEqual(column('eye_answer'), ['no-finding', 'no-finding', 'repeat']);
  assert.deepEqual(column('eye_reasons'), ['normal', 'normal', 'not-readable']);
  for (const [name, value] of [
    ['patient_answer', 'repeat'],
    ['patient_reasons', 'not-readable'],
    ['patient_rest', 'not-judged'],
  ])
    assert.deepEqual(column(name), [value, value, value]);
  for (const action of column('action'))
    assert.match(action, /^For this patient: Repeat the photograph\. Left eye \(OS\): .*could not be used/);
  assert.deepEqual(column('action_codes'), ['repeat', 'repeat', 'repeat'], 'what is to be done is of the patient');
  assert.deepEqual(
    (await told(fine, same, other)) &&
      JSON.parse(jsonFile(series.entries, INFO, together)).reports.flatMap(
        ({ patient, patient_plans: plans, report }) =>
          patient === 'P7'
            ? [[plans, ...(report ? [report.clinic.plans] : [])].map(([plan]) => plan.action).join()]
            : [],
      ),
    ['repeat,repeat', 'repeat', 'repeat'],
    'no file says that there is nothing to do',
  );
  const {
    patients,
    eyes: all,
    reports,
  } = JSON.parse(await together.complete(() => jsonFile(series.entries, INFO, together)));
  assert.equal(patients.find(({ patient }) => patient === 'P7').answer, 'repeat');
  assert.deepEqual(
    all.filter(({ patient }) => patient === 'P7').map(({ eye, answer: said }) => [eye, said]),
    [
      ['OD', 'no-finding'],
      ['OS', 'repeat'],
    ],
  );
  assert.deepEqual(
    reports.filter(({ patient }) => patient === 'P7').map(({ patient_answer }) => patient_answer),
    ['repeat', 'repeat', 'repeat'],
  );
  engine.close();
});

/** Photographs of P7 without a finding, each by its name; of the same file where they are called a copy of one. */
function copiesIn(series, result, of) {
  const entries = series.add(Object.keys(of).map((name) => new File([name], name)));
  for (const [i, first] of Object.values(of).entries())
    series.update(entries[i], {
      state: 'done',
      result: structuredClone(result),
      sameAs: first === null ? null : entries[first].id,
    });
  return entries;
}

test('the second copy of a file is told of the patient as the first is, in every file', async () => {
  await moreWords();
  const { together, engine } = await coreItself();
  const series = new Series();
  const result = resultOf('1', 0.8, 0.1, [CLEAR]);
  const [first, copy] = copiesIn(series, result, { 'P7_OD.jpg': null, 'P7_OD_2.jpg': 0 });
  const [unread] = series.add([new File(['y'], 'P7_OS.jpg')]);
  series.update(unread, { state: 'failed', error: { code: 'damaged', message: 'P7_OS.jpg: cut; again' } });
  const wholes = await together.complete(() => wholesOf(series.entries, together));
  for (const one of [first, copy, unread]) assert.deepEqual(wholes.get(one).decided, UNREAD);
  for (const entry of [first, copy])
    for (const plain of [false, true])
      assert.match(toldOf(entry, wholes.get(entry), plain).join(' '), /all photographs: repeat \(not-readable\)\.$/);
  engine.close();
});

test('each file counts once a patient: also a third copy, and where the first is gone', () => {
  const series = new Series();
  const result = resultOf('1', 0.8, 0.1, [CLEAR]);
  const [first, one, two] = copiesIn(series, result, { 'P1_OD.jpg': null, 'P2_OD.jpg': 0, 'P2_OD_2.jpg': 0 });
  assert.deepEqual([first, one, two].map(isRepeat), [false, false, true]);
  const { together } = coreOf();
  assert.deepEqual(
    byEye(series.entries, together).map(({ patient, photographs }) => [patient, photographs]),
    [
      ['P1', 1],
      ['P2', 1],
    ],
  );
  series.remove((entry) => entry === first);
  assert.deepEqual([one, two].map(isRepeat), [false, true]);
  assert.deepEqual([one.sameAs, two.sameAs], [null, one.id], 'the next is the first');
  series.update(two, { patient: 'P3' });
  assert.ok(!isRepeat(two), 'of another patient it is none');
});

test('one file as both eyes of a patient clears neither, and it is said', async () => {
  await moreWords();
  const { together, engine } = await coreItself();
  const series = new Series();
  const result = resultOf('1', 0.8, 0.1, [CLEAR]);
  const [right, left] = copiesIn(series, result, { 'P7_OD.jpg': null, 'P7_OS.jpg': 0 });
  const told = (...all) => together.complete(() => together.of(all));
  assert.notEqual((await told(right, left)).answer, 'no-finding');
  const wholes = await together.complete(() => wholesOf(series.entries, together));
  for (const entry of [right, left]) {
    assert.notEqual(wholes.get(entry)?.decided.answer ?? 'no-finding', 'no-finding', entry.name);
    assert.match(doubtsOf(entry)[0].text, /same file stands as both eyes/);
  }
  const rows = await together.complete(() => byEye(series.entries, together));
  assert.deepEqual(
    rows.map(({ eye, decision }) => [eye, decision.answer]),
    [
      ['OD', 'repeat'],
      ['OS', 'repeat'],
    ],
  );
  const [names, ...cells] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  for (const row of cells) {
    assert.equal(row[names.indexOf('patient_answer')], 'repeat');
    for (const reasons of ['eye_reasons', 'patient_reasons']) assert.equal(row[names.indexOf(reasons)], 'both-eyes');
    assert.equal(row[names.indexOf('same_file_eyes')], 'yes');
  }
  assert.match(toldOf(right, null, true).join(' '), /same file stands as both eyes/);
  // another photograph of the one eye does not say of which eye it is
  const [more] = series.add([new File(['z'], 'P7_OS_2.jpg')]);
  series.update(more, { state: 'done', result: resultOf('2', 0.8, 0.1, [CLEAR]) });
  assert.notEqual((await told(...series.entries)).answer, 'no-finding');
  series.update(left, { chosen: 'OD' });
  assert.deepEqual(doubtsOf(left), []);
  assert.equal((await told(...series.entries)).answer, 'no-finding');
  series.update(left, { chosen: 'OS', patient: 'P8' });
  assert.ok(!doubtsOf(left).some(({ text }) => text.includes('both eyes')), "another patient's doubt is another");
  engine.close();
});

test('the row of a file that stands as both eyes has the answer of its own eye', async () => {
  const { together, engine } = await coreItself();
  const series = new Series();
  const [right, left] = copiesIn(series, resultOf('1', 0.8, 0.1, [CLEAR]), { 'P7_OD.jpg': null, 'P7_OS.jpg': 0 });
  const [more] = series.add([new File(['z'], 'P7_OS_2.jpg')]);
  series.update(more, { state: 'done', result: resultOf('2', 0.2, 0.9, [REFER]) });
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  assert.deepEqual(
    rows.map((row) => row[names.indexOf('eye_answer')]),
    ['repeat', 'refer', 'refer'],
    "not the right eye's for the left",
  );
  assert.equal(left.sameAs, right.id);
  engine.close();
});

test('what is said of the patient beside one eye names the eye that it comes from, and what is suspected there', async () => {
  await moreWords();
  const { together, engine } = await coreItself();
  const action = async (right, left, isSame = false) => {
    const series = new Series();
    const [fine, other] = series.add(['P7_OD.jpg', 'P7_OS.jpg'].map((name) => new File([name], name)));
    series.update(fine, { state: 'done', result: resultOf('1', 0.8, 0.1, [right]) });
    const result = isSame ? fine.result : left && resultOf('2', 0.1, 0.9, [left]);
    series.update(other, { state: left === null ? 'failed' : 'done', result, sameAs: isSame ? fine.id : null });
    const wholes = await together.complete(() => {
      const all = wholesOf(series.entries, together);
      for (const [entry, whole] of all) patientAction(answered(entry), whole);
      return all;
    });
    return series.entries.map((entry) => patientAction(answered(entry), wholes.get(entry) ?? null));
  };
  const [sharp, poor] = await action(CLEAR, said('repeat', 'dark', 'blurred'));
  assert.match(sharp, /^For this patient: Repeat the photograph\. Left eye \(OS\): It is too dark: .* It is blurred: /);
  assert.match(poor, /^It is too dark: /, 'its own');
  const [clear] = await action(CLEAR, REFER);
  assert.match(clear, /^For this patient: Refer\b.*\. Left eye \(OS\): Suspected: glaucoma\. Refer to an eye doctor /);
  const both = await action(said('repeat', 'dark'), null);
  assert.match(both[1], /Right eye \(OD\): It is too dark: .* Left eye \(OS\): A photograph could not be used: /);
  const [twice] = await action(CLEAR, CLEAR, true); // of one file, which was read, nothing says that it was not
  assert.match(
    twice,
    /^For this patient: Repeat the photograph\. Right eye \(OD\) and left eye \(OS\): One file stands as both eyes: (?!.*could not)/,
  );
  engine.close();
});

test('of one answer for both eyes the shorter delay and the other action are said of the patient, whichever eye is looked at', async () => {
  await moreWords();
  const { together, engine } = await coreItself();
  const series = new Series();
  const [later, sooner] = series.add(['P7_OS.jpg', 'P7_OD.jpg'].map((name) => new File([name], name)));
  series.update(later, { state: 'done', result: resultOf('1', 0.1, 0.1, [said('refer', 'finding:cataract')]) });
  series.update(sooner, { state: 'done', result: resultOf('2', 0.1, 0.9, [REFER]) });
  const both = () => together.complete(() => wholesOf(series.entries, together));
  let wholes = await both();
  assert.equal(wholes.get(sooner), undefined, 'what is to be done about it is all that is to be done');
  const { patient, own, toDo } = leading(later, wholes.get(later));
  assert.equal(patient, 'For this patient: Refer. Do so within 1 month.');
  assert.equal(own, 'This photograph: Refer');
  assert.match(
    toDo,
    /^Right eye \(OD\): Suspected: glaucoma\. Left eye \(OS\): Suspected: something else\. .* within 1 month\.$/,
  );
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const column = (name) => rows.map((row) => row[names.indexOf(name)]);
  assert.deepEqual(column('action_within'), ['P1M', 'P1M']);
  assert.match(column('action')[0], /^For this patient: Refer\. Right eye.* within 1 month\.$/);
  const before = rules();
  setRules({ ...before, findings: { ...before.findings, cataract: { action: 'physician', within: 'P3M' } } });
  wholes = await both();
  assert.match(leading(sooner, wholes.get(sooner)).toDo, /within 1 month\..*within 3 months\.$/, 'another action');
  setRules(before);
  // photographs of one eye count as well, and the same plan is no news
  series.update(later, { chosen: 'OD' });
  assert.match(patientAction(answered(later), (await both()).get(later)), /within 1 month\.$/);
  series.update(later, { result: resultOf('3', 0.1, 0.9, [REFER]) });
  assert.equal((await both()).size, 0);
  engine.close();
});

test('of one eye without a finding it is said that the other was not photographed, where it is known which it is', async () => {
  await moreWords();
  const { together, engine } = await coreItself();
  const series = new Series();
  const [right, more] = series.add(['P7_OD.jpg', 'P7_OD_2.jpg'].map((name) => new File([name], name)));
  for (const [i, entry] of [right, more].entries())
    series.update(entry, { state: 'done', result: resultOf(`${i}`, 0.8, 0.1, [CLEAR]) });
  const said = async () => {
    const [names, row] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
    const text = unseenText(series.entries, await together.complete(() => together.of(series.entries)));
    assert.equal(row[names.indexOf('action')], [NOTHING, text].filter(Boolean).join(' '));
    return text;
  };
  const NOTHING = 'Nothing to do by this test. Complaints need an eye doctor all the same.';
  const left = 'The left eye was not photographed.';
  assert.equal(await said(), left);
  const { answer, patient, own, toDo } = leading(right, null, left);
  assert.deepEqual([answer, patient, own], ['', '', 'No finding by this test'], 'its answer stays');
  assert.equal(toDo, `${NOTHING} ${left}`);
  assert.equal(leading(right, null), null);
  series.update(more, { chosen: 'OS' });
  assert.equal(await said(), '', 'both were');
  series.update(more, { chosen: '' });
  assert.equal(await said(), '', 'it may be the other eye');
  series.update(more, {
    chosen: null,
    named: '',
    result: { ...more.result, laterality: { guess: 'OD', confidence: 0.9 } },
  });
  assert.equal(await said(), '', 'by the disc alone it is a guess');
  series.update(more, { named: 'OD', result: { ...more.result, laterality: { guess: 'OS', confidence: 0.9 } } });
  assert.equal(await said(), '', 'the disc says otherwise');
  for (const one of [right, more]) series.update(one, { chosen: 'OS', result: { ...one.result, laterality: null } });
  assert.equal(await said(), 'The right eye was not photographed.');
  series.update(more, { result: resultOf('3', 0.1, 0.9, [REFER]) });
  assert.equal(
    unseenText(series.entries, await together.complete(() => together.of(series.entries))),
    '',
    'what is said leads',
  );
  engine.close();
});

test('the report of one photograph holds no plan where the patient is to be told more', async () => {
  const { report } = resultOf('1', 0.8, 0.1, [CLEAR]);
  const saved = async (whole) => JSON.parse(await reportFile('x', { report }, null, whole).blob.text());
  for (const whole of [null, { answer: '', patient: '' }])
    assert.equal((await saved(whole)).clinic.plans[0].action, 'none');
  const { clinic, decision } = await saved({ answer: 'refer', patient: 'For this patient: Refer' });
  assert.deepEqual([clinic, decision.answer], [undefined, 'no-finding']);
});

test('"not known yet" asks for a screening only where an eye is awaited', async () => {
  await moreWords();
  const { together } = coreOf();
  const series = new Series();
  const [fine, other] = series.add(['P7_OD.jpg', 'P7_OS.jpg'].map((name) => new File([name], name)));
  for (const [i, entry] of [fine, other].entries())
    series.update(entry, { state: 'done', result: resultOf(`${i}`, 0.8, 0.1, [CLEAR]) });
  const whole = wholeOf(fine, [fine, other], together);
  assert.deepEqual(whole, { decided: null, causes: [], coming: true }, 'the answer is on its way');
  assert.equal(patientAction(CLEAR, whole), 'For this patient: being worked out');
  series.update(other, { state: 'waiting', result: null });
  assert.match(patientAction(CLEAR, wholeOf(fine, [fine, other], together)), /not known yet\. Screen all/);
});

test('the page names an eye that could not be read wherever the core counts it, and nowhere else', async () => {
  const { together, engine } = await coreItself();
  const ended = {
    fine: { state: 'done', result: resultOf('fine', 0.8, 0.1, [CLEAR]) },
    poor: { state: 'done', result: resultOf('poor', 0.1, 0.1, [said('repeat', 'dark')]) },
    unread: { state: 'failed', error: { code: 'damaged', message: 'cut' } },
  };
  const kinds = Object.keys(ended).flatMap((how) => ['OD', 'OS', ''].map((eye) => ({ how, eye })));
  const seen = { named: 0, not: 0 };
  for (const a of kinds)
    for (const b of kinds)
      for (const c of kinds) {
        const series = new Series();
        const all = series.add([1, 2, 3].map((n) => new File([`${n}`], `${n}.jpg`)));
        for (const [i, { how, eye }] of [a, b, c].entries())
          series.update(all[i], { ...ended[how], patient: 'P7', chosen: eye });
        const { answer, reasons } = await together.complete(() => together.of(all));
        const counted = reasons.some(({ code }) => code === 'not-readable');
        const what = [a, b, c].map(({ how, eye }) => `${how} ${eye}`).join();
        assert.equal(unreadEyes(all).length > 0, counted, `${what}: ${answer}`);
        seen[counted ? 'named' : 'not'] += 1;
      }
  assert.ok(seen.named > 100 && seen.not > 100, JSON.stringify(seen));
  engine.close();
});

test('of nobody in particular each photograph stands for itself in table and reports', async () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  for (const entry of entries) series.update(entry, { patient: '' });
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const column = (name) => rows.map((row) => row[names.indexOf(name)]);
  const own = ['no-finding', 'refer', 'repeat', 'unclear', 'repeat', 'refer'];
  for (const name of ['eye_answer', 'patient_answer']) assert.deepEqual(column(name), own, name);
  const { eyes, patients } = JSON.parse(await together.complete(() => jsonFile(series.entries, INFO, together)));
  assert.deepEqual(patients, [], 'photographs of nobody are of no patient');
  // the last is the same file as another, and stands once
  assert.deepEqual(
    eyes.map(({ file, photographs, answer }) => [file, photographs, answer]).sort(),
    entries.slice(0, 5).map(({ path }, i) => [path, 1, own[i]]),
    'two right eyes of nobody are not one eye',
  );
  assert.ok(new Set(byEye(series.entries, together).map(({ key }) => key)).size === 5);
});

test('while an eye is still to be screened, or was left when the screening was stopped, the other one clears no patient', () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  const [fine, refer] = entries;
  series.update(fine, { patient: 'P7', chosen: 'OD' });
  const [other] = series.add([new File(['P7_OS.jpg'], 'P7_OS.jpg')]);
  for (const state of ['waiting', 'working', 'left']) {
    series.update(other, { state, patient: 'P7', chosen: 'OS' });
    assert.equal(together.of([fine, other]), null, state);
    assert.deepEqual(
      wholeOf(fine, [fine, other], together),
      { decided: null, causes: [] },
      'that is said of the patient',
    );
    assert.equal(
      together.of([{ ...refer, patient: 'P7', chosen: 'OD' }, other]).answer,
      'refer',
      'what is urgent stays',
    );
  }
  series.update(other, { chosen: 'OD' });
  assert.equal(together.of([fine, other]).answer, 'no-finding', 'another photograph of the eye was judged');
  series.update(other, { chosen: 'OS', patient: '' });
  assert.equal(together.of([fine, other]).answer, 'no-finding', "somebody else's");
});

test('of an eye it is said that it cannot be judged once all of it is screened, and never of one that waits', () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  const poor = entries[2];
  series.update(poor, { patient: 'P7' });
  const [other] = series.add([new File(['P7_OD.jpg'], 'P7_OD.jpg')]);
  series.update(other, { patient: 'P7', chosen: 'OD' });
  const told = () => byEye(series.entries, together).map((row) => [row.patient, countText(row)]);
  const of = (patient) => told().find(([name]) => name === patient)[1];
  assert.equal(of('P7'), '2 photographs', 'one waits');
  series.remove((entry) => entry === poor);
  for (const state of ['waiting', 'working', 'left', 'failed']) {
    series.update(other, { state, error: state === 'failed' ? { code: 'format', message: '' } : null });
    assert.equal(of('P7'), 'One photograph', state);
  }
  assert.equal(of('P1'), '2 photographs', 'the same file twice counts once');
  series.update(other, { state: 'done', result: poor.result });
  assert.equal(of('P7'), 'One photograph, cannot be judged');
  series.update(entries[0], { result: poor.result });
  assert.equal(of('P1'), '2 photographs, one can be judged');
});

test('while more of the same visit is kept and not yet in the list, what is there clears no patient', () => {
  const { series, entries } = seriesOf();
  const [fine] = entries;
  series.update(fine, { patient: 'K1', chosen: 'OD' });
  let kept = ['K1'];
  const together = new Together(
    async () => Promise.reject(new Error('nothing is to be asked')),
    (patient) => kept.includes(patient),
  );
  assert.equal(together.of([fine]), null);
  assert.equal(wholeOf(fine, [fine], together).coming, true, 'that is said of the patient');
  const urgent = { ...entries[1], patient: 'K1', chosen: 'OD' };
  assert.equal(together.of([urgent]).answer, 'refer', 'who is urgent stays so');
  kept = [];
  assert.equal(together.of([fine]).answer, 'no-finding');
  assert.equal(wholeOf(fine, [fine], together), null);
});

test('the table and the reports hold what the series holds', async () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  const table = async () => parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  await table();
  series.update(entries[0], { patient: '=cmd' });
  const [names, ...rows] = await table();
  assert.equal(new Set(names).size, names.length);
  const cells = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  assert.equal(rows.length, 6);
  assert.ok(rows.every((row) => row.length === names.length));
  assert.equal(cells[0].patient, "'=cmd");
  assert.equal(cells[1].glaucoma_probability, '0.35');
  assert.equal(cells[1].glaucoma_threshold, '0.3');
  assert.equal(cells[1].glaucoma_suspected, 'yes');
  assert.equal(cells[1].eye_source, 'guess-name');
  assert.deepEqual(
    cells.map((c) => c.answer),
    ['no-finding', 'refer', 'repeat', 'unclear', '', 'refer'],
  );
  assert.deepEqual(
    [cells[3].answer_screening, cells[3].answer_balanced, cells[3].answer_specific],
    ['refer', 'unclear', 'no-finding'],
  );
  assert.equal(cells[1].answer_reasons, 'finding:glaucoma');
  assert.equal(cells[2].answer_reasons, 'dark blurred finding:glaucoma');
  assert.deepEqual(
    cells.map((c) => `${c.eye_answer}, ${c.patient_answer}`),
    [
      ...['no-finding, no-finding', 'unclear, unclear', 'unclear, unclear', 'unclear, unclear'],
      ...['repeat, repeat', 'unclear, unclear'],
    ],
  );
  assert.deepEqual([cells[4].eye_reasons, cells[4].patient_reasons], ['not-readable', 'not-readable']);
  assert.equal(cells[2].gradable, 'no');
  assert.equal(cells[2].quality_reasons, 'dark blurred');
  assert.deepEqual([cells[3].eye, cells[3].eye_by_disc, cells[3].eye_conflict], ['OS', 'OD', 'yes']);
  assert.deepEqual([cells[0].eye_by_disc, cells[0].eye_conflict, cells[4].eye_conflict], ['', 'no', '']);
  assert.equal(cells[3].measure_disc_mean_width, '5.5');
  assert.equal(cells[0].measure_disc_mean_width, '', 'a column that others lack');
  assert.equal(cells[4].error, 'format');
  assert.equal(cells[4].error_text, 'x.jpg: no picture; =give one, "or" not');
  assert.equal(cells[4].glaucoma_suspected, '');
  assert.equal(cells[5].same_as, 'P1_OD_2.jpg');
  for (const cell of cells) {
    assert.equal(cell.notice, 'research and teaching, not a medical device');
    assert.equal(cell.version, '0.1.0');
    assert.equal(cell.weights_sha256, INFO.weightsSha256);
    assert.equal(cell.operating_point, 'balanced');
  }
  atPoint('specific');
  const strict = await table();
  assert.equal(strict[2][names.indexOf('glaucoma_suspected')], 'near');
  assert.equal(strict[2][names.indexOf('answer')], 'unclear');
  assert.equal(strict[2][names.indexOf('glaucoma_threshold')], '0.7');
  assert.equal(strict[2][names.indexOf('operating_point')], 'specific');
  atPoint('balanced');
  assert.equal(operatingPoint(), 'balanced');

  const json = JSON.parse(jsonFile(series.entries, INFO, together));
  assert.equal(json.notice, 'research and teaching, not a medical device');
  assert.equal(json.reports.length, 6);
  const { clinic, ...report } = json.reports[1].report;
  assert.deepEqual(report, entries[1].result.report);
  assert.deepEqual(clinic, { rules: 'balanced', plans: [{ action: 'refer', within: 'P1M', notes: [] }] });
  assert.equal(json.reports[4].error.code, 'format');
  assert.equal(json.reports[5].same_as, 'P1_OD_2.jpg');
  assert.equal(json.operating_point.classes[1].sensitivity, 0.9);
  const second = json.eyes.find((e) => e.patient === 'P2');
  assert.equal(second.probabilities.glaucoma, 0.25);
  assert.deepEqual([second.answer, second.reasons], ['unclear', NEAR.reasons]);
  assert.deepEqual(json.reports[3].reasons, NEAR.reasons);
  assert.equal(json.reports[3].eye_conflict, true);
  assert.deepEqual(
    json.patients.map(({ patient, answer }) => [patient, answer]),
    [
      ['=cmd', 'no-finding'],
      ['P1', 'unclear'],
      ['P2', 'unclear'],
      ['x', 'repeat'],
    ],
  );
});

test('what is suspected says from where on, in digits that tell its probability from the cut', () => {
  for (const [cut, share, wanted] of [
    [0.00124, 0.0014, ['0.14%', 'Suspected from 0.12%', 'Almost: suspected from 0.12%']],
    [0.04746, 0.0475, ['4.8%', 'Suspected from 4.7%', 'Almost: suspected from 4.7%']],
    [0.31152, 0.7, ['70.0%', 'Suspected from 31.2%', 'Almost: suspected from 31.2%']],
  ]) {
    const both = ['suspected', 'near'].map((stands) => standingText(stands, cut));
    assert.deepEqual([chanceText(share, 'suspected', cut), ...both], wanted);
  }
  assert.equal(standingText('not', 0.00124), 'Not suspected');
});

const below = (text) => `\u2066< ${text}\u2069`;

test('what is below its cut never reads as if it reached it, and what reaches it never as if it did not', async () => {
  for (const [stands, share, cut, wanted] of [
    ['not', 0.0361, 0.0404, '3.6%'],
    ['not', 0.03996, 0.04, below('4.0%')],
    ['not', 0.0402, 0.0404, below('4.0%')],
    ['near', 0.0402, 0.0404, below('4.0%')],
    ['near', 0.039, 0.0404, '3.9%'],
    ['suspected', 0.0404, 0.0404, '4.0%'],
    ['unjudged', 0.0404, 0.0404, '4.0%'],
    ['unjudged', 0.4, 0.0404, '40%'],
    ['not', 0.02, 0.0404, '2%'],
    ['not', 0.001, 0.00124, '0.10%'],
    ['not', 0.00121, 0.00124, below('0.12%')],
    ['not', 0.00001, 0.00124, below('0.01%')],
    ['not', 0, 0.00124, '0.00%'],
    ['not', 0.001, 0.31152, below('1%')],
    ['not', 0.3, Number.NaN, '30%'],
  ])
    assert.equal(chanceText(share, stands, cut), wanted, `${stands} ${share} ${cut}`);
  assert.equal(gradabilityText({ gradability: 0.496, threshold: 0.5 }), '49.6%');
  assert.equal(gradabilityText({ gradability: 0.4999, threshold: 0.5 }), below('50.0%'));
  assert.equal(gradabilityText({ gradability: 0.97, threshold: 0.5 }), '97%');
  // a spreadsheet keeps the number: its format says it
  assert.deepEqual(
    [
      [0.0361, 0.0404],
      [0.0402, 0.0404],
      [0.0404, 0.0404],
      [0.00121, 0.00124],
      [0.001, 0.00124],
    ].map(([share, cut]) => formatOf(share, cut)),
    ['0.0%', '"< "0.0%', '0.0%', '"< "0.00%', '0.00%'],
  );
  // in the lab beside all its cuts
  const cuts = [0.0404, 0.1, 0.3];
  assert.deepEqual(
    [0.0361, 0.03996, 0.0402, 0.0404, 0.00121].map((p) => exactDigits(p, cuts)),
    [1, 2, 2, 1, 2],
  );
  assert.equal(cutText(0.0404, 2), '4.04%');
});

test('what a report says of its diseases is of the operating point of its answer, also one that an earlier version made', () => {
  const { series, entries } = seriesOf();
  const { together } = coreOf();
  const earlier = structuredClone(entries[3].result);
  for (const disease of earlier.report.diseases) delete disease.cuts;
  series.update(entries[0], { result: earlier });
  for (const [point, cut] of Object.entries({ screening: 0.2, balanced: 0.3, specific: 0.7 })) {
    atPoint(point);
    const { reports } = JSON.parse(jsonFile(series.entries, INFO, together));
    for (const { report } of reports.filter((one) => one.report !== undefined)) {
      const { operating_point: of, reasons } = report.decision;
      assert.equal(of, point);
      const [, { threshold, positive, cuts }] = report.diseases;
      assert.equal(
        positive,
        reasons.some(({ code, disease }) => code === 'finding' && disease === 'glaucoma'),
      );
      assert.equal(threshold, cuts === undefined && point !== 'balanced' ? null : cut);
    }
    assert.deepEqual(
      reports[3].report.diseases.map(({ positive }) => positive),
      [false, point === 'screening'],
    );
  }
  atPoint('balanced');
});

test('the table says "no" of a disease only where the answer says that it is not suspected', async () => {
  const series = new Series();
  const of = (rest, answer) => ({ ...answer, rest });
  const entries = series.add(['A_OD', 'B_OD', 'C_OD', 'D_OD', 'E_OD', 'F_OD', 'G_OD'].map((n) => new File(['x'], n)));
  for (const [i, decided] of [
    of('not-suspected', CLEAR),
    of('hidden', said('refer', 'finding:cataract')),
    of('not-judged', said('repeat', 'dark')),
    of('not-suspected', NEAR),
    of('hidden', REFER),
    CLEAR, // of a version that did not tell
  ].entries())
    series.update(entries[i], { state: 'done', result: resultOf(String(i), 0.8, 0.1, [decided]) });
  const { together } = coreOf();
  const [names, ...rows] = parse(await together.complete(() => csvFile(series.entries, INFO, together)), CSV);
  const column = (name) => rows.map((row) => row[names.indexOf(name)]);
  assert.deepEqual(column('glaucoma_suspected'), ['no', 'hidden', 'not-judged', 'near', 'yes', 'not-judged', '']);
  const rest = ['not-suspected', 'hidden', 'not-judged', 'not-suspected', 'hidden', '', ''];
  for (const name of ['rest', 'eye_rest', 'patient_rest']) assert.deepEqual(column(name), rest, name);
  assert.ok(!names.includes('normal_suspected'), 'to be normal is no finding');
  assert.ok(names.includes('normal_probability'));
  const json = JSON.parse(jsonFile(series.entries, INFO, together));
  const told = rest.map((text) => text || null);
  for (const of of ['eyes', 'patients'])
    assert.deepEqual(
      json[of].map((one) => one.rest),
      told,
      of,
    );
  assert.deepEqual(
    json.reports.map((one) => one.rest ?? null),
    told,
  );
});

// ---- the runner ----

function runnerOf(names, screen, more = {}) {
  const series = new Series();
  const entries = series.add(names.map((name) => new File(['x'], name)));
  const runner = new Runner({
    ready: async () => {},
    next: () => series.next(),
    screen,
    update: (entry, change) => series.update(entry, change),
    ...more,
  });
  return { series, entries, runner, states: () => entries.map(({ state }) => state).join() };
}
test('a view that cannot show a change stops neither the queue nor the other views', async () => {
  const { series, runner, states } = runnerOf(['a', 'b', 'c'], async () => {});
  const said = [];
  const { error } = console;
  console.error = (what) => said.push(what.message);
  let shown = '';
  const ends = [
    effect(() => {
      if (series.changes.value > 1) throw new Error('cannot be drawn');
    }),
    effect(() => {
      shown = `${series.changes.value} ${states()}`;
    }),
  ];
  try {
    await runner.run();
  } finally {
    console.error = error;
    for (const end of ends) end();
  }
  assert.equal(states(), 'done,done,done');
  assert.equal(runner.phase, 'idle');
  assert.match(shown, / done,done,done$/);
  assert.ok(said.includes('cannot be drawn'), 'who looks for why is told');
});
const failing = (code) => {
  throw new VmnetError(code, `x: ${code}; again`);
};

test('what is broken is marked, and the rest goes on', async () => {
  const tries = {};
  const { runner, states, entries } = runnerOf(['a', 'bad', 'dies', 'dies-always', 'b'], async ({ name }) => {
    tries[name] = (tries[name] ?? 0) + 1;
    if (name === 'bad') failing('damaged');
    if (name === 'dies' && tries[name] === 1) failing('runtime');
    if (name === 'dies-always') throw new TypeError('oh');
  });
  await runner.run();
  assert.equal(states(), 'done,failed,done,failed,done');
  assert.deepEqual(tries, { a: 1, bad: 1, dies: 2, 'dies-always': 2, b: 1 });
  assert.equal(entries[1].error.code, 'damaged');
  assert.equal(entries[3].error.code, 'runtime');
  assert.equal(runner.phase, 'idle');
});

test('three that fail through the program stop the series; it can go on', async () => {
  let broken = true;
  const { runner, states, series } = runnerOf(['a', 'b', 'c', 'd'], async () => {
    if (broken) failing('worker');
  });
  await runner.run();
  assert.equal(runner.phase, 'stopped');
  assert.equal(runner.trouble.code, 'worker');
  assert.equal(states(), 'failed,failed,failed,waiting');
  broken = false;
  series.updateAll(({ state }) => state === 'failed', { state: 'waiting' });
  await runner.run();
  assert.equal(states(), 'done,done,done,done');
});

test('three broken photographs in a row do not', async () => {
  const { runner, states } = runnerOf(['a', 'b', 'c', 'd'], async () => failing('not-fundus'));
  await runner.run();
  assert.equal(runner.phase, 'idle');
  assert.equal(states(), 'failed,failed,failed,failed');
});

test('pause lets the one under way end; cancel does not', async () => {
  let release = () => {};
  const { runner, states } = runnerOf(
    ['a', 'b', 'c'],
    (_, signal) =>
      new Promise((resolve, reject) => {
        release = resolve;
        signal.addEventListener('abort', () => reject(new VmnetError('aborted', 'x: cancelled; again')));
      }),
  );
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  const first = runner.run();
  await turn();
  runner.pause();
  assert.equal(runner.phase, 'pausing');
  release();
  await first;
  assert.equal(runner.phase, 'paused');
  assert.equal(states(), 'done,waiting,waiting');

  runner.run();
  await turn();
  assert.equal(states(), 'done,working,waiting');
  runner.pause();
  runner.run(); // thought better of it
  assert.equal(runner.phase, 'running');
  await runner.cancel();
  assert.equal(runner.phase, 'idle');
  assert.equal(states(), 'done,waiting,waiting');
});

test('a Worker that says nothing is given up', async () => {
  let tries = 0;
  const { runner, states, entries } = runnerOf(
    ['a', 'b'],
    ({ name }, signal) =>
      new Promise((resolve, reject) => {
        if (name === 'b') resolve();
        tries += 1;
        signal.addEventListener('abort', () => reject(new VmnetError('aborted', 'x: cancelled; again')));
      }),
    { patience: 5 },
  );
  await runner.run();
  assert.equal(states(), 'failed,done');
  assert.equal(tries, 3);
  assert.match(entries[0].error.message, /^a: no answer/);
});

test('without a network the series stops and nothing is marked', async () => {
  const { runner, states } = runnerOf(['a'], async () => {}, { ready: () => failing('network') });
  await runner.run();
  assert.equal(runner.phase, 'stopped');
  assert.equal(states(), 'waiting');
});

test('the time left follows the last photographs', () => {
  const left = new TimeLeft();
  assert.equal(left.of(10), null);
  left.add(1000);
  left.add(3000);
  assert.equal(left.of(10), 20_000);
  for (let i = 0; i < 20; i++) left.add(500);
  assert.equal(left.of(2), 1000);
});
