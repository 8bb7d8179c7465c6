#include "dicom_report.h"

#include <stdio.h>
#include <string.h>

#define LOCAL "99VMNET" /* what is of no scheme that others keep */

#define CODE(value, scheme, meaning) (&(const dicom_code){value, scheme, meaning})
#define DCM(value, meaning) CODE(value, "DCM", meaning)
#define SCT(value, meaning) CODE(value, "SCT", meaning)
#define OURS(value, meaning) CODE(value, LOCAL, meaning)

/* Relations of an item to the one that it stands in. */
#define CONTAINS "CONTAINS"
#define CONTEXT "HAS OBS CONTEXT"
#define MODIFIES "HAS CONCEPT MOD"

/* A finding's code in SNOMED CT; what has none here has the local one alone. As web/codes.js has them, with the rest below. */
static const struct {
  const char *id, *code, *meaning;
} FINDINGS[] = {{"diabetic-retinopathy", "4855003", "Retinopathy due to diabetes mellitus"},
                {"glaucoma", "23986001", "Glaucoma"},
                {"cataract", "193570009", "Cataract"},
                {"age-related-macular-degeneration", "267718000", "Age-related macular degeneration"},
                {"hypertensive-retinopathy", "6962006", "Hypertensive retinopathy"},
                {"pathologic-myopia", "32022003", "Degenerative progressive high myopia"}};

static const struct {
  const char *key, *code, *name, *unit;
} MEASURES[] = {{"seen", "seen", "Share seen", "1"},
                {"density", "density", "Vessel density", "1"},
                {"length", "length", "Vessel length", "1"},
                {"length_px", "length-px", "Vessel length in pixels", "{pixels}"},
                {"length_density", "length-density", "Vessel length density", "1"},
                {"width", "width", "Mean vessel width", "1"},
                {"width_px", "width-px", "Mean vessel width in pixels", "{pixels}"},
                {"branch_points", "branch-points", "Branch points", "{count}"},
                {"fractal_dimension", "fractal-dimension", "Fractal dimension", "1"},
                {"tortuosity", "tortuosity", "Tortuosity", "1"}};

static const struct {
  const char *key, *id, *name;
} REGIONS[] = {{"field", "vessels-field", "Vessels in the field of view"},
               {"zone_b", "vessels-zone-b", "Vessels in zone B"},
               {"zone_c", "vessels-zone-c", "Vessels in zone C"}};

static const struct {
  const char *answer, *code, *meaning;
} ANSWERS[] = {{"refer", "answer-refer", "Refer: a disease looked for reaches its cut"},
               {"unclear", "answer-unclear", "Unclear: somebody should look"},
               {"repeat", "answer-repeat", "Repeat: the photograph cannot be judged"},
               {"no-finding", "answer-no-finding", "No finding by this test, which cannot see other diseases"}};

/* Grades 1 to 4 of what is graded, on the International Clinical Diabetic Retinopathy scale. */
static const char *const GRADED = "diabetic-retinopathy";
static const char *const GRADES[] = {
    "Mild nonproliferative diabetic retinopathy", "Moderate nonproliferative diabetic retinopathy",
    "Severe nonproliferative diabetic retinopathy", "Proliferative diabetic retinopathy"};
static const char *const GRADE_NOTE = "By the International Clinical Diabetic Retinopathy scale, as far as one "
                                      "photograph shows it: it may be off by one or more, up or down. "
                                      "The answer does not rest on it.";
static const char *const GRADE_NONE = "no grade: finding and grade speak against one another";
#define GRADES_COUNT (sizeof GRADES / sizeof *GRADES)

/* ---- items of the tree ---- */

/* What every item begins with; name may be NULL. */
static void open_item(dicom_xml *x, const char *relation, const char *type, const dicom_code *name) {
  xml_item(x);
  xml_element(x, "0040,a010", "CS", relation);
  xml_element(x, "0040,a040", "CS", type);
  if (name != NULL) xml_code(x, "0040,a043", name);
}

static void open_content(dicom_xml *x) { xml_open(x, "0040,a730"); }

static void put_coded(dicom_xml *x, const char *relation, const dicom_code *name, const dicom_code *value) {
  open_item(x, relation, "CODE", name);
  xml_code(x, "0040,a168", value);
  xml_close_item(x);
}

static void put_text(dicom_xml *x, const char *relation, const dicom_code *name, const char *value) {
  open_item(x, relation, "TEXT", name);
  xml_element(x, "0040,a160", "UT", value);
  xml_close_item(x);
}

static void put_uid(dicom_xml *x, const char *relation, const dicom_code *name) {
  open_item(x, relation, "UIDREF", name);
  xml_new_uid(x, "0040,a124");
  xml_close_item(x);
}

static void put_template(dicom_xml *x, const char *identifier) {
  xml_open_one(x, "0040,a504");
  xml_element(x, "0008,0105", "CS", "DCMR");
  xml_element(x, "0040,db00", "CS", identifier);
  xml_close_one(x);
}

/* Up to its content, which is closed by close_container. */
static void open_container(dicom_xml *x, const dicom_code *name, const char *template) {
  open_item(x, CONTAINS, "CONTAINER", name);
  xml_element(x, "0040,a050", "CS", "SEPARATE");
  if (template != NULL) put_template(x, template);
  open_content(x);
}

static void close_container(dicom_xml *x) {
  xml_close(x);
  xml_close_item(x);
}

/* unit: of UCUM. */
static void put_number(dicom_xml *x, const dicom_code *name, double value, const char *unit) {
  bool plain = strcmp(unit, "1") == 0;
  char meaning[16];
  size_t braces = unit[0] == '{';
  snprintf(meaning, sizeof meaning, "%.*s", (int)(strlen(unit) - 2 * braces), unit + braces);
  open_item(x, CONTAINS, "NUM", name);
  xml_open_one(x, "0040,a300");
  xml_format(x, "0040,a30a", "DS", "%.9g", value); /* the report has seven digits */
  xml_format(x, "0040,a161", "FD", "%.9g", value);
  xml_code(x, "0040,08ea", CODE(unit, "UCUM", plain ? "no units" : meaning));
  xml_close_one(x);
  xml_close_item(x);
}

static void put_image(dicom_xml *x, const dicom_study *of, const dicom_code *name) {
  open_item(x, CONTAINS, "IMAGE", name);
  dicom_reference(x, "0008,1199", &of->source, NULL);
  xml_close_item(x);
}

/* ---- parts of the report ---- */

static void put_observer(dicom_xml *x, const dicom_study *of) {
  char model[64];
  snprintf(model, sizeof model, "V-MNet %s", dicom_said(of, NULL, "version"));
  put_coded(x, CONTEXT, DCM("121005", "Observer Type"), DCM("121007", "Device"));
  put_uid(x, CONTEXT, DCM("121012", "Device Observer UID"));
  put_text(x, CONTEXT, DCM("121013", "Device Observer Name"), "V-MNet");
  put_text(x, CONTEXT, DCM("121014", "Device Observer Manufacturer"), "V-MNet");
  put_text(x, CONTEXT, DCM("121015", "Device Observer Model Name"), model);
  put_text(x, CONTEXT, DCM("121016", "Device Observer Serial Number"), dicom_said(of, "model", "weights_sha256"));
}

static void put_parameter(dicom_xml *x, const char *name, const char *value) {
  char text[160];
  snprintf(text, sizeof text, "%s: %s", name, value);
  put_text(x, MODIFIES, DCM("111002", "Algorithm Parameters"), text);
}

static void put_count(dicom_xml *x, const char *name, double value) {
  char text[32];
  snprintf(text, sizeof text, "%.7g", value);
  put_parameter(x, name, text);
}

static void put_site(dicom_xml *x, char side) {
  open_item(x, MODIFIES, "CODE", SCT("363698007", "Finding Site"));
  xml_code(x, "0040,a168", SCT("5665001", "Retina"));
  if (side == 'R' || side == 'L') {
    open_content(x);
    put_coded(x, MODIFIES, SCT("272741003", "Laterality"),
              side == 'R' ? SCT("24028007", "Right") : SCT("7771000", "Left"));
    xml_close(x);
  }
  xml_close_item(x);
}

/* TID 1501; closed by close_container. */
static void open_group(dicom_xml *x, const dicom_study *of, const char *id, const dicom_code *finding) {
  open_container(x, DCM("125007", "Measurement Group"), "1501");
  put_text(x, CONTEXT, DCM("112039", "Tracking Identifier"), id);
  put_uid(x, CONTEXT, DCM("112040", "Tracking Unique Identifier"));
  put_coded(x, CONTAINS, DCM("121071", "Finding"), finding);
  put_site(x, of->facts->side);
  put_text(x, MODIFIES, DCM("111001", "Algorithm Name"), "V-MNet");
  put_text(x, MODIFIES, DCM("111003", "Algorithm Version"), dicom_said(of, NULL, "version"));
  put_parameter(x, "weights SHA-256", dicom_said(of, "model", "weights_sha256"));
  put_parameter(x, "binary SHA-256", dicom_said(of, "model", "binary_sha256"));
  put_parameter(x, "variant", dicom_said(of, "model", "variant"));
  put_count(x, "size", dicom_counted(of, "model", "size"));
  put_count(x, "guide", dicom_counted(of, "model", "guide"));
  if (dicom_fine(of)) put_parameter(x, "mirror images", "3");
  put_image(x, of, DCM("121112", "Source of Measurement"));
}

/* That the photograph lies on its side in its file, and was turned. */
static void put_turned(dicom_xml *x, const dicom_study *of) {
  int64_t turned = yyjson_get_int(yyjson_obj_get(yyjson_obj_get(of->report, "orientation"), "turned"));
  char text[256];
  if (turned == 0) return;
  snprintf(text, sizeof text,
           "The file holds the photograph on its side: it was turned by 90 degrees %s before it was looked at; check "
           "that it stands upright so, and which eye it shows",
           turned == 90 ? "clockwise" : "counter-clockwise");
  put_text(x, CONTAINS, DCM("121106", "Comment"), text);
}

static void put_quality(dicom_xml *x, const dicom_study *of, bool gradable) {
  yyjson_val *reasons = yyjson_obj_get(yyjson_obj_get(of->report, "quality"), "reasons"), *reason;
  const dicom_code *name = OURS("quality", "Quality of the photograph"), *said = OURS("good", "It can be judged");
  if (!gradable) said = OURS("not-gradable", "It cannot be judged");
  else if (yyjson_arr_size(reasons) > 0) said = OURS("barely", "It can be judged, and something speaks against it");
  open_group(x, of, "quality", name);
  put_number(x, OURS("gradability", "Probability that it can be judged"), dicom_counted(of, "quality", "gradability"),
             "1");
  put_number(x, OURS("cut", "Cut"), dicom_counted(of, "quality", "threshold"), "1");
  put_coded(x, CONTAINS, name, said);
  yyjson_arr_iter each = yyjson_arr_iter_with(reasons);
  while ((reason = yyjson_arr_iter_next(&each)) != NULL)
    put_text(x, CONTAINS, OURS("reason", "Reason"), yyjson_get_str(reason));
  put_turned(x, of);
  close_container(x);
}

/* What the report says of one finding of a photograph that can be judged. */
static const dicom_code *said_of(const dicom_study *of, const char *id) {
  yyjson_val *reason;
  yyjson_arr_iter each = yyjson_arr_iter_with(yyjson_obj_get(yyjson_obj_get(of->report, "decision"), "reasons"));
  static const dicom_code detected = {"260373001", "SCT", "Detected"}, near = {"82334004", "SCT", "Indeterminate"},
                          not_detected = {"260415000", "SCT", "Not detected"};
  while ((reason = yyjson_arr_iter_next(&each)) != NULL) {
    const char *code = yyjson_get_str(yyjson_obj_get(reason, "code"));
    if (code == NULL || !yyjson_equals_str(yyjson_obj_get(reason, "disease"), id)) continue;
    return strcmp(code, "finding") == 0 ? &detected : strcmp(code, "near") == 0 ? &near : &not_detected;
  }
  return strcmp(dicom_said(of, "decision", "rest"), "not-suspected") == 0 ? &not_detected : &near;
}

/* How likely at least each grade is. grade: of a report that tells one, or why it has none, else NULL. */
static void put_at_least(dicom_xml *x, yyjson_val *grade) {
  char code[16], meaning[64];
  for (size_t i = 0; grade != NULL && i < GRADES_COUNT; i++) {
    snprintf(code, sizeof code, "at-least-%zu", i + 1);
    snprintf(meaning, sizeof meaning, "Probability of at least grade %zu", i + 1);
    put_number(x, OURS(code, meaning), yyjson_get_num(yyjson_arr_get(yyjson_obj_get(grade, "at_least"), i)), "1");
  }
}

/* Which one, or that finding and grade speak against one another, and by which scale. grade: as above. */
static void put_grade(dicom_xml *x, yyjson_val *grade) {
  if (grade == NULL) return;
  char code[16];
  uint64_t value = yyjson_get_uint(yyjson_obj_get(grade, "grade"));
  if (value >= 1 && value <= GRADES_COUNT) {
    snprintf(code, sizeof code, "grade-%u", (unsigned)value);
    put_coded(x, CONTAINS, OURS("grade", "Grade of diabetic retinopathy"), OURS(code, GRADES[value - 1]));
  } else {
    put_text(x, CONTAINS, OURS("grade", "Grade of diabetic retinopathy"), GRADE_NONE);
  }
  put_text(x, CONTAINS, DCM("121106", "Comment"), GRADE_NOTE);
}

/* The report's grade where it is told; NULL where it is not suspected: that would reassure. */
static yyjson_val *told_grade(const dicom_study *of) {
  yyjson_val *grade = yyjson_obj_get(of->report, "grade");
  const char *reason = yyjson_get_str(yyjson_obj_get(grade, "reason"));
  bool disagrees = reason != NULL && strcmp(reason, "disagrees") == 0;
  return disagrees || yyjson_get_bool(yyjson_obj_get(grade, "valid")) ? grade : NULL;
}

static void put_finding(dicom_xml *x, const dicom_study *of, yyjson_val *disease) {
  const char *id = yyjson_get_str(yyjson_obj_get(disease, "id"));
  dicom_code finding = {id, LOCAL, yyjson_get_str(yyjson_obj_get(disease, "name"))};
  if (id == NULL || finding.meaning == NULL || strcmp(id, "normal") == 0) return;
  for (size_t i = 0; i < sizeof FINDINGS / sizeof *FINDINGS; i++)
    if (strcmp(FINDINGS[i].id, id) == 0) finding = (dicom_code){FINDINGS[i].code, "SCT", FINDINGS[i].meaning};
  yyjson_val *grade = strcmp(id, GRADED) == 0 ? told_grade(of) : NULL;
  open_group(x, of, id, &finding);
  put_number(x, OURS("probability", "Probability, calibrated"), yyjson_get_num(yyjson_obj_get(disease, "probability")),
             "1");
  put_number(x, OURS("cut", "Cut"), yyjson_get_num(yyjson_obj_get(disease, "threshold")), "1");
  put_at_least(x, grade);
  put_coded(x, CONTAINS, OURS("decision", "Decision"), said_of(of, id));
  put_grade(x, grade);
  close_container(x);
}

static void put_vessels(dicom_xml *x, const dicom_study *of, size_t region) {
  yyjson_val *measures = yyjson_obj_get(yyjson_obj_get(of->report, "vessels"), REGIONS[region].key);
  if (!yyjson_is_obj(measures)) return;
  const char *id = REGIONS[region].id;
  open_group(x, of, id, OURS(id, REGIONS[region].name));
  for (size_t i = 0; i < sizeof MEASURES / sizeof *MEASURES; i++) {
    yyjson_val *value = yyjson_obj_get(measures, MEASURES[i].key);
    if (yyjson_is_num(value))
      put_number(x, OURS(MEASURES[i].code, MEASURES[i].name), yyjson_get_num(value), MEASURES[i].unit);
  }
  close_container(x);
}

/* Only where the ratios say something. */
static void put_disc(dicom_xml *x, const dicom_study *of) {
  static const char part[] = "disc_and_cup";
  if (!yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(of->report, part), "valid"))) return;
  open_group(x, of, "disc-and-cup", SCT("81016008", "Optic nerve head"));
  put_number(x, OURS("vertical-ratio", "Vertical cup-to-disc ratio"), dicom_counted(of, part, "vertical_ratio"), "1");
  put_number(x, OURS("area-ratio", "Cup-to-disc area ratio"), dicom_counted(of, part, "area_ratio"), "1");
  close_container(x);
}

/* Of a photograph that cannot be judged, no number is told as if it could. */
static void put_groups(dicom_xml *x, const dicom_study *of) {
  bool gradable = yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(of->report, "quality"), "gradable"));
  yyjson_val *disease;
  yyjson_arr_iter each = yyjson_arr_iter_with(yyjson_obj_get(of->report, "diseases"));
  open_container(x, DCM("126010", "Imaging Measurements"), NULL);
  put_quality(x, of, gradable);
  while (gradable && (disease = yyjson_arr_iter_next(&each)) != NULL) put_finding(x, of, disease);
  for (size_t i = 0; gradable && i < sizeof REGIONS / sizeof *REGIONS; i++) put_vessels(x, of, i);
  if (gradable) put_disc(x, of);
  close_container(x);
}

static void put_reasons(dicom_xml *x, yyjson_val *reasons) {
  yyjson_val *reason;
  yyjson_arr_iter each = yyjson_arr_iter_with(reasons);
  while ((reason = yyjson_arr_iter_next(&each)) != NULL) {
    const char *code = yyjson_get_str(yyjson_obj_get(reason, "code"));
    const char *disease = yyjson_get_str(yyjson_obj_get(reason, "disease"));
    char text[128];
    snprintf(text, sizeof text, "%s%s%s", code != NULL ? code : "", disease != NULL ? ": " : "",
             disease != NULL ? disease : "");
    put_text(x, CONTAINS, OURS("reason", "Reason"), text);
  }
}

static void put_looks_for(dicom_xml *x, yyjson_val *list) {
  char text[1024] = "";
  yyjson_val *one;
  yyjson_arr_iter each = yyjson_arr_iter_with(list);
  while ((one = yyjson_arr_iter_next(&each)) != NULL) {
    size_t n = strlen(text);
    snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? ", " : "", yyjson_get_str(one));
  }
  put_text(x, CONTAINS, OURS("looks-for", "Looks for these only"), text);
}

static void put_evaluations(dicom_xml *x, const dicom_study *of) {
  yyjson_val *decision = yyjson_obj_get(of->report, "decision");
  const char *answer = dicom_said(of, "decision", "answer"), *eye = dicom_said(of, "laterality", "guess");
  open_container(x, CODE("C0034375", "UMLS", "Qualitative Evaluations"), NULL);
  for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++)
    if (strcmp(ANSWERS[i].answer, answer) == 0)
      put_coded(x, CONTAINS, OURS("answer", "Answer"), OURS(ANSWERS[i].code, ANSWERS[i].meaning));
  put_reasons(x, yyjson_obj_get(decision, "reasons"));
  put_text(x, CONTAINS, OURS("point", "Operating point"), dicom_said(of, "decision", "operating_point"));
  put_looks_for(x, yyjson_obj_get(decision, "looks_for"));
  bool right = strcmp(eye, "OD") == 0;
  if (right || strcmp(eye, "OS") == 0)
    put_coded(x, CONTAINS, OURS("eye-guess", "Eye, guessed from the photograph"),
              right ? SCT("18944008", "Right eye structure") : SCT("8966001", "Left eye structure"));
  put_text(x, CONTAINS, OURS("notice", "Notice"), dicom_said(of, NULL, "notice"));
  close_container(x);
}

/* ---- the document ---- */

static void put_evidence(dicom_xml *x, const dicom_study *of) {
  dicom_source whole = of->source;
  whole.frames = 1; /* the object, not a frame of it */
  xml_open_one(x, "0040,a375");
  xml_element(x, "0020,000d", "UI", of->uid);
  xml_open_one(x, "0008,1115");
  xml_element(x, "0020,000e", "UI", of->source.series);
  dicom_reference(x, "0008,1199", &whole, NULL);
  xml_close_one(x);
  xml_close_one(x);
}

void dicom_report(dicom_xml *x, const dicom_study *of) {
  static const dicom_kind kind = {"1.2.840.10008.5.1.4.1.1.88.34", "SR", "V-MNet: measurements and answer", 2};
  dicom_header(x, of, &kind);
  xml_element(x, "0040,a491", "CS", "COMPLETE");
  xml_element(x, "0040,a493", "CS", "UNVERIFIED");
  xml_element(x, "0040,a496", "CS", "PRELIMINARY");
  xml_open(x, "0008,1111");
  xml_close(x);
  xml_open(x, "0040,a372");
  xml_close(x);
  xml_open_one(x, "0008,0110");
  xml_element(x, "0008,0102", "SH", LOCAL);
  xml_element(x, "0008,0115", "ST", "V-MNet, as in its FHIR code system");
  xml_close_one(x);
  put_evidence(x, of);
  xml_element(x, "0040,a040", "CS", "CONTAINER");
  xml_code(x, "0040,a043", DCM("126000", "Imaging Measurement Report"));
  xml_element(x, "0040,a050", "CS", "SEPARATE");
  put_template(x, "1500");
  open_content(x);
  put_coded(x, MODIFIES, DCM("121049", "Language of Content Item and Descendants"), CODE("en", "RFC5646", "English"));
  put_observer(x, of);
  put_coded(x, MODIFIES, DCM("121058", "Procedure reported"), SCT("314971001", "Camera fundoscopy"));
  open_container(x, DCM("111028", "Image Library"), NULL);
  open_container(x, DCM("126200", "Image Library Group"), NULL);
  put_image(x, of, NULL);
  close_container(x);
  close_container(x);
  put_groups(x, of);
  put_evaluations(x, of);
  xml_close(x);
}
