/** Codes and their texts for what a report says, which FHIR and DICOM share. */

/** @import { Answer, Report, VesselMeasures } from './vmnet.js' */

/** A finding's code in SNOMED CT. What has none here has the local one alone. @type {Record<string, [string, string]>} */
export const FINDINGS = {
  'diabetic-retinopathy': ['4855003', 'Retinopathy due to diabetes mellitus'],
  glaucoma: ['23986001', 'Glaucoma'],
  cataract: ['193570009', 'Cataract'],
  'age-related-macular-degeneration': ['267718000', 'Age-related macular degeneration'],
  'hypertensive-retinopathy': ['6962006', 'Hypertensive retinopathy'],
  'pathologic-myopia': ['32022003', 'Degenerative progressive high myopia'],
};

/** @type {Record<'OD' | 'OS', [string, string]>} */
export const EYES = { OD: ['18944008', 'Right eye structure'], OS: ['8966001', 'Left eye structure'] };

/** What is said of the eye as a whole. @type {Record<Answer, string>} */
export const ANSWER_TEXTS = {
  refer: 'A disease that the test looks for reaches its cut',
  unclear: 'Somebody should look: no such disease reaches its cut, and the photograph does not read as normal either',
  repeat: 'The photograph cannot be judged; take another',
  'no-finding': 'No finding by this test, which cannot see other diseases',
};

/** Of a region: display, UCUM unit, definition. @type {Record<keyof VesselMeasures, [string, string, string]>} */
export const MEASURE_CODES = {
  seen: ['Share seen', '1', 'Share of the region that the photograph shows'],
  density: ['Vessel density', '1', 'Share of what is seen that is vessel'],
  length: ['Vessel length', '1', 'Length of the centre lines, in diameters of the field of view'],
  length_px: ['Vessel length in pixels', '{pixels}', "Length of the centre lines, in the photograph's pixels"],
  length_density: ['Vessel length density', '1', 'Length per area seen, in field diameters per square field diameter'],
  width: ['Mean vessel width', '1', 'Vessel area by length, in diameters of the field of view'],
  width_px: ['Mean vessel width in pixels', '{pixels}', "Vessel area by length, in the photograph's pixels"],
  branch_points: ['Branch points', '{count}', 'Branchings and crossings of the centre lines'],
  fractal_dimension: ['Fractal dimension', '1', 'Box counting on the centre lines: 1 a line, 2 a filled plane'],
  tortuosity: ['Tortuosity', '1', 'Length by chord of the segments between branch points, mean weighted by length'],
};

/** Of the optic disc and its cup: display, UCUM unit, definition. @type {Record<'vertical_ratio' | 'area_ratio', [string, string, string]>} */
export const DISC_MEASURE_CODES = {
  vertical_ratio: [
    'Vertical cup-to-disc ratio',
    '1',
    'Height of the cup by height of the disc; compare only photographs of one camera',
  ],
  area_ratio: [
    'Cup-to-disc area ratio',
    '1',
    'Area of the cup by area of the disc; compare only photographs of one camera',
  ],
};

/** Grades 1 to 4 of diabetic retinopathy, on the International Clinical Diabetic Retinopathy scale. */
export const GRADE_TEXTS = [
  'Mild nonproliferative diabetic retinopathy',
  'Moderate nonproliferative diabetic retinopathy',
  'Severe nonproliferative diabetic retinopathy',
  'Proliferative diabetic retinopathy',
];

export const GRADE_NOTE =
  'By the International Clinical Diabetic Retinopathy scale, as far as one photograph shows it: it may be off by one or more, up or down. The answer does not rest on it.';
export const GRADE_NONE = 'no grade: finding and grade speak against one another';

/** SNOMED CT, as CID 4209 of DICOM has it. The cup has no code there. @type {[string, string]} */
export const DISC = ['81016008', 'Optic nerve head'];

/** @type {Record<'field' | 'zone_b' | 'zone_c', [string, string]>} */
export const REGIONS = {
  field: ['Vessels in the field of view', 'The whole field of view'],
  zone_b: ['Vessels in zone B', "0.5 to 1 disc diameters from the optic disc's margin"],
  zone_c: ['Vessels in zone C', "0.5 to 2 disc diameters from the optic disc's margin"],
};

export const QUALITY_TEXTS = {
  good: 'It can be judged',
  barely: 'It can be judged, and something speaks against it',
  'not-gradable': 'It cannot be judged',
};

/** Of a photograph that was turned upright before it was looked at; '' of others. @param {Pick<Report, 'orientation'>} report not in those of before */
export function turnedText({ orientation }) {
  const turned = orientation?.turned ?? 0;
  if (turned === 0) return '';
  const way = turned === 90 ? 'clockwise' : 'counter-clockwise';
  return `The file holds the photograph on its side: it was turned by 90 degrees ${way} before it was looked at; check that it stands upright so, and which eye it shows`;
}
