/** Words in names of files and folders: for eyes, views, days, what cameras count by; in the page's languages and their neighbours. */

/** @import { Eye } from './one-name.js' */

/** @param {string} text */
const wordList = (text) => text.split(' ');

/** Latin, the page's languages and their neighbours. */
const RIGHT = wordList(
  'od re r right dexter dextra rt droit droite derecho derecha der dcho dcha destro destra direito ' +
    'direita dx rechts rechtes rechte rechter ra rechtsauge rightside 右 右眼 दाईं दाईंआँख दायाँ दायां दाहिनी दाहिना दाहिने ' +
    'يمين اليمين يمنى اليمنى أيمن الأيمن',
);
const LEFT = wordList(
  'os le l left sinister sinistra sinistro lt lf og oi oe gauche izquierdo izquierda izq izqdo izqda ' +
    'esquerdo esquerda sx sn links linkes linke linker la linksauge leftside 左 左眼 बाईं बाईंआँख बायाँ बायां बायीं बाएँ يسار ' +
    'اليسار يسرى اليسرى أيسر الأيسر',
);
/** Says that the word beside it is of an eye; alone it says nothing. */
const EYE = wordList('eye eyes oculus oeil œil ojo occhio olho auge oog oculo 眼 眼睛 आँख आंख عين العين');
/**
 * Codes that are words or names as well: `La Rochelle`, `Le Pen`, `Oi`. In a file's name only as capitals, in a folder's
 * only as its whole name.
 */
export const DOUBTFUL = new Set(wordList('la ra le re os oe oi og od der rt lt lf dx sx sn'));

/** Said of an eye, and people are called so: Dexter, Izquierdo, Linke, Zuo. */
const NAMES_TOO = wordList(
  'dexter droit gauche derecho izquierdo direito esquerdo destro linke linker rechter rechte 左 右',
);
/** By word that of the other eye: Ayman, Yusra and Yumna are people, but where the other eye is beside them in the same gender. */
const PAIRS = { أيمن: 'أيسر', أيسر: 'أيمن', يمنى: 'يسرى', يسرى: 'يمنى' };

/** What may be short for something else as well, such as a serial number: it does not speak against an eye that stands before it. */
export const WEAK = new Set(wordList('l r la ra le re lt rt lf der dx sx sn'));

/**
 * One spelling of each: no capitals, no accents on Latin letters, no marks, one form of composed letters.
 * @param {string} word
 */
export function plain(word) {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{Mn}+/gu, '$1')
    .normalize('NFC');
}

/** A day within a name: `Smith_20240131`, `2024-01-31 Smith`. */
const DAY = /(?<!\d)(?:19|20)\d{2}[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])(?!\d)/g;

/** What is written with one letter or with two, as `Müller` and `Mueller`, with one. @param {string} text plain */
function oneLetter(text) {
  return text
    .replace(/([aou])e/g, '$1')
    .replace(/[øœ]/g, 'o')
    .replace(/æ/g, 'a')
    .replace(/ß/g, 'ss')
    .replace(/ł/g, 'l');
}

/**
 * What names of one person may have in common that differ as they stand: without capitals, accents, umlauts written as two
 * letters, signs, days, and zeros before a number. Enough to ask about, never to join them.
 * @param {string} name
 */
export function likeness(name) {
  const letters = (/** @type {string} */ text) =>
    (oneLetter(plain(text)).match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? [])
      .map((part) => part.replace(/^0+(?=\d)/, ''))
      .join(' ');
  return letters(name.replace(/['’‘ʼ`´]/g, '').replace(DAY, ' ')) || letters(name) || name;
}

/** @type {ReadonlyMap<string, Eye>} */
export const EYE_OF = new Map([
  ...RIGHT.map((word) => /** @type {[string, Eye]} */ ([plain(word), 'OD'])),
  ...LEFT.map((word) => /** @type {[string, Eye]} */ ([plain(word), 'OS'])),
]);
/** @type {ReadonlyMap<string, string>} */
export const PAIRED = new Map(Object.entries(PAIRS).map(([word, other]) => [plain(word), plain(other)]));
/** As a folder's whole name these are an eye's or a person's. */
export const EYE_OR_NAME = new Set([...NAMES_TOO.map(plain), ...PAIRED.keys()]);
export const EYE_WORDS = new Set(EYE.map(plain));

/** Folders that hold photographs of many people; `100CANON` and `101_PANA` are a camera's, `Monday` a clinic's. */
export const ANYBODY =
  /^(images?|imgs?|im[aá]genes|photos?|photographs?|photographies|fotos?|fotograf[ií]as|bilder|pictures?|pics?|data|datasets?|dcim|\d{3}[a-z_][a-z\d_]{4}|camera|raw|new|old|all|train(ing)?|test(ing)?|val(id(ation)?)?|patients?|pacientes?|patienten|fundus|retinas?|cases|samples?|healthy|normal|sick|downloads?|desktop|documents?|exports?|screening|(new|untitled) folder( \d+)?|neuer ordner|nouveau dossier|nueva carpeta|(mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|(mon|diens|donners|frei|sams|sonn)tag|mittwoch|(星期|周)[一二三四五六日天]|सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार|रविवार|الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد|\d{4}[-_. ]?\d{2}[-_. ]?\d{2})$/i;

/** Folders that say when: years, days and visits of one person. */
export const WHEN =
  /^((19|20)\d{2}|(19|20)\d{4}|(19|20)\d{6}|\d{1,2}[-_. ]\d{1,2}[-_. ](\d{2}|\d{4})|(\d{4}|\d{2})[-_. ]\d{1,2}|(visite?|visita|besuch|termin|session|sesi[oó]n|s[eé]ance|exam|examen|exame|study|studie|series?|serie|consulta|consultation|follow[-_. ]?up|baseline|day|month|year)[-_. ]?\d*)$/i;
export const YEAR = /^(19|20)\d{2}$/;

/** Months in the page's languages and German: `12 March 2024`, `mars 2024`. */
const MONTHS =
  'jan(uary|vier|uar)?|enero|ene|f[eé]b(ruary|ruar|rero)?|f[eé]v(rier)?|m[aä]r(ch|s|z|zo)?|apr(il)?|avr(il)?|abr(il)?|may|mai|mayo|june?|juin|juni|junio|july?|juil(let)?|juli|julio|aug(ust)?|ao[uû]t|agosto|sept?(ember|embre)?|septiembre|o[ck]t(ober|obre|ubre)?|nov(ember|embre|iembre)?|de[cz](ember)?|d[eé]c(embre)?|dic(iembre)?|' +
  'जनवरी|फ़रवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|सितम्बर|अक्टूबर|अक्तूबर|नवंबर|नवम्बर|दिसंबर|दिसम्बर|' +
  'يناير|فبراير|مارس|أبريل|إبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر';
/** Folders that are called after a day or a month, as people write them; they hold photographs of many people. */
export const DATE = new RegExp(
  '^(\\d{1,2}[-_. ]\\d{1,2}[-_. ]((19|20)\\d{2}|\\d{2})|\\d{4}年\\d{1,2}月(\\d{1,2}日)?' +
    `|(\\d{1,2}\\.?[-_ ]?(de )?)?(${MONTHS})\\.?[-_ ]?(de )?(\\d{1,2},?[-_ ])?(19|20)\\d{2})$`,
  'i',
);

/** What of the eye a photograph shows: the page's languages and their neighbours. */
export const VIEWS = new Set(
  wordList(
    'macula maculas macular maculae maculaire makula macule disc discs disk optic optical optique optico optica ottico ' +
      'ottica papilla papille papila papilar papillaire onh nerf nervio fovea foveal fovealis fovee foveola fóvea centre ' +
      'center central centrale centro centred centered centrada centrado centree zentral zentrum nasal nasale nasally ' +
      'temporal temporale superior superieur superieure inferior inferieur inferieure superonasal inferonasal ' +
      'superotemporal inferotemporal posterior posterieur peripheral periphery peripherie periferia peripherique ' +
      'widefield 黄斑 黄斑区 黄斑中心 视盘 视盘中心 视乳头 视神经 中心凹 中央 中心 鼻侧 颞侧 上方 下方 周边 后极部 ' +
      'मैकुला मैक्युला मैकुलर डिस्क ऑप्टिक फोविया केंद्र केन्द्र केंद्रीय नासिका टेम्पोरल दृष्टि ' +
      'البقعة بقعة اللطخة الصفراء القرص قرص البصري بصري العصب النقرة المركز مركز مركزي مركزية أنفي أنفية صدغي صدغية',
  ).map(plain),
);
/** Views that are names as well: only with a number, or in small letters. */
export const MAYBE_VIEWS = new Set(
  wordList('field fields feld champ campo disco disque pole polo nerve view vue vista 视野 حقل'),
);
/** What cameras and programs put before the numbers by which they count. */
export const COUNTED = new Set(
  wordList(
    'img image images imagen bild im dsc dscn dscf dcf dscim pict pic picture photo photograph foto fotografia photographie ' +
      'scan capture captura snap snapshot screenshot file fichier archivo datei untitled unbenannt copy copia kopie fundus ' +
      'retina retinal colour color frame series serie se no nr number numero num camera cam export 图片 照片 图像 眼底 ' +
      'फोटो चित्र صورة',
  ).map(plain),
);
/** Between words of a view: `centre of the disc`. */
export const BETWEEN = new Set(wordList('of the on de du la le el del der des and et y und'));
