/* The JSON of models and results: the same in every locale, and UTF-8 whatever a file is called. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <locale.h>

#include "check.h"
#include "json.h"
#include "phantom.h"
#include "report.h"
#include "status.h"
#include "vmnet.h"

/* A locale that writes numbers as much of Europe does: build/locale/comma, made of tests/c/comma.locale. */
static bool use_comma(bool on) {
  setenv("LOCPATH", "build/locale", 1);
  return setlocale(LC_ALL, on ? "comma" : "C") != NULL;
}

static char *info(void) {
  size_t n;
  uint8_t *bytes = read_all("weights/vmnet.safetensors", &n);
  vm_error err = {0};
  vm_model *m = NULL;
  char *json = NULL;
  CHECK(vm_open(bytes, n, NULL, &m, &err) == VM_OK, "%s", err.text);
  CHECK(m != NULL && vm_info(m, &json, &err) == VM_OK, "%s", err.text);
  vm_close(m);
  free(bytes);
  return json;
}

static char *report(const vm_result *r, const char *name) {
  vm_error err = {0};
  char *json = NULL;
  const vm_provenance from = {name, NULL, NULL, NULL, "native", 1};
  CHECK(vm_report(r, &from, &json, &err) == VM_OK, "%s", err.text);
  return json;
}

static vm_result made_up(void) {
  return (vm_result){.width = 640,
                     .height = 480,
                     .disc = {320.25f, 240.5f, 1e-5f},
                     .vessel_density = 0.0625f,
                     .gradability = 1234567.0f,
                     .gradable_at = NAN,
                     .decision = {VM_UNCLEAR, VM_POINT_BALANCED, VM_REST_NOT_SUSPECTED, 0, {{0}}}};
}

static void test_locale(void) {
  const vm_result r = made_up();
  char *plain_info = info(), *plain = report(&r, "a.png"), text[16];
  CHECK(use_comma(true), "no locale build/locale/comma: `make build-tests` makes it");
  snprintf(text, sizeof text, "%g", 0.5);
  CHECK(strcmp(text, "0,5") == 0, "the locale says %s", text);
  char *comma_info = info(), *comma = report(&r, "a.png");
  use_comma(false);
  CHECK(comma_info != NULL && plain_info != NULL && strcmp(comma_info, plain_info) == 0, "info: %s", comma_info);
  CHECK(comma != NULL && plain != NULL && strcmp(comma, plain) == 0, "report: %s", comma);
  CHECK(strstr(plain, "\"x\":320.25,\"y\":240.5,\"radius\":1e-05}") != NULL, "%s", plain);
  CHECK(strstr(plain, "\"gradability\":1234567,\"threshold\":null,") != NULL, "%s", plain);
  vm_free(plain_info), vm_free(plain), vm_free(comma_info), vm_free(comma);
}

/* An error's numbers, which a caller shows to people, have their point in every locale, too. */
static void test_errors(void) {
  const vm_phantom_spec spec = {.width = 300, .height = 300, .calibre = 3};
  vm_phantom_marks marks;
  vm_error err = {0};
  use_comma(true);
  CHECK(vm_phantom_find(&spec, &marks, &err) == VM_ERR_ARGUMENT, "a calibre of 3");
  use_comma(false);
  CHECK(strstr(err.text, "must be 0.6 to 1.6,") != NULL, "%s", err.text);
  char text[STATUS_NUMBER];
  CHECK(strcmp(status_number(-1.25e-9, text), "-1.25e-09") == 0, "%s", text);
  CHECK(strcmp(status_number(-INFINITY, text), "-inf") == 0, "%s", text);
  CHECK(strcmp(status_number(NAN, text) + (*text == '-'), "nan") == 0, "%s", text);
}

/* ---- every number under its own name ---- */

/* want: with ' for " */
static void expect(const char *what, char *json, const char *want) {
  size_t same = 0;
  for (char *c = json; *c; c++)
    if (*c == '"') *c = '\'';
  while (json[same] && json[same] == want[same]) same++;
  CHECK(strcmp(json, want) == 0, "%s: from character %zu on: %s", what, same, json + same);
  vm_free(json);
}

static vm_result numbered(void) {
  vm_result r = {
      .width = 1001,
      .height = 1002,
      .size = 512,
      .guide = 0.75f,
      .disc = {501, 502, 250},
      .orientation = {270, 0.875f},
      .gradability = 0.61f,
      .gradable_at = 0.62f,
      .gradable = 0,
      .reasons = VM_REASON_BRIGHT | VM_REASON_NOT_FUNDUS,
      .vessel_threshold = 0.63f,
      .vessel_density = 0.064f,
      .class_count = 2,
      .optic_disc = {1, 603, 604, 65, 0.66f},
      .eye = VM_EYE_LEFT,
      .eye_confidence = 0.67f,
      .disc_cup = {VM_DISC_VALID,
                   0.5f,
                   0.25f,
                   {0.5f, 0, 0, 0.25f, 0, 0, 0, 0, 0, 0.125f, 0, 0.375f},
                   {11, 12, 0.125f, 0.25f, 0.0625f},
                   {13, 14, 0.375f, 0.5f, 0.75f}},
      .lesions = {VM_LESIONS_VALID, 1, 701, 702, 33, {0.875f, 0.75f}, {{0}}},
      .arteries = {VM_ARTERIES_VALID, 0.03125f, 0.0625f, {VM_CALIBRES_VALID, 0.25f, 0.5f, 0.5f, 7, 8}, NULL}};
  r.grade = (vm_grade){VM_GRADE_VALID,
                       2,
                       {0.875f, 0.75f, 0.25f, 0.125f},
                       {{VM_GRADE_VALID, 2}, {VM_GRADE_DISAGREES, 0}, {VM_GRADE_NOT_SUSPECTED, 0}}};
  r.lesions.kinds[VM_HARD_EXUDATE] = (vm_lesion_measures){
      1, 0.375f, 21, 0.03125f, {1, 2, 3, 4}, 5, {6, 7}, {0.5f, 0.25f, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, NULL};
  r.classes[0] = (vm_class){"First", "first", -0.5f, 0.25f, 1, 0.25f, {0.125f, 0.25f, 0.5f}, 1.5f, NULL, 0};
  r.classes[1] = (vm_class){"Second one", "second-one", -1.25f, 0.125f, 0, 0.3f, {0.1f, 0.3f, 0.7f}, 2.5f, NULL, 0};
  r.measures[VM_FIELD] = (vm_measures){0.9f, 0.1f, 8, 10, 0.02f, 33, 1.4f, 1.1f};
  r.measures[VM_ZONE_C] = (vm_measures){0.8f, 0.2f, 2, 11, 0.03f, 7, NAN, 1.2f};
  r.decisions[0] = (vm_decision){VM_REFER, VM_POINT_SCREENING, VM_REST_HIDDEN, 1, {{VM_DECIDED_BY_FINDING, 0}}};
  r.decisions[1] = (vm_decision){
      VM_UNCLEAR, VM_POINT_BALANCED, VM_REST_NOT_SUSPECTED, 2, {{VM_DECIDED_BY_NEAR, 1}, {VM_DECIDED_BY_EVIDENCE, -1}}};
  r.decisions[2] = (vm_decision){VM_REPEAT, VM_POINT_SPECIFIC, VM_REST_NOT_JUDGED, 1, {{VM_DECIDED_BY_DARK, -1}}};
  r.decision = r.decisions[1];
  return r;
}

static void test_report_text(void) {
  const vm_result r = numbered();
  const vm_provenance from = {"eye.png", "1a", "2b", "3c", "native", 4};
  char *json = NULL;
  CHECK(vm_report(&r, &from, &json, NULL) == VM_OK, "report");
  expect(
      "report", json,
      "{'schema':'vmnet-report-2','notice':'research and teaching, not a medical device','version':'0.1.0',"
      "'image':{'name':'eye.png','sha256':'1a','width':1001,'height':1002},'model':{'weights_sha256':'2b',"
      "'binary_sha256':'3c','variant':'native','threads':4,'size':512,'guide':0.75,'fine':false},"
      "'decision':{'operating_point':'balanced','answer':'unclear','reasons':[{'code':'near',"
      "'disease':'second-one'},{'code':'evidence'}],'rest':'not-suspected','at':{'screening':{'answer':'refer',"
      "'reasons':[{'code':'finding','disease':'first'}],'rest':'hidden'},'balanced':{'answer':'unclear',"
      "'reasons':[{'code':'near','disease':'second-one'},{'code':'evidence'}],'rest':'not-suspected'},"
      "'specific':{'answer':'repeat','reasons':[{'code':'dark'}],'rest':'not-judged'}},'looks_for':['first']},"
      "'field_of_view':{'x':501,'y':502,'radius':250},'orientation':{'turned':270,'sideways':0.875},'quality':{'"
      "gradability':0.61,'threshold':0.62,"
      "'gradable':false,'reasons':['bright','not-fundus']},'optic_disc':{'found':true,'x':603,'y':604,"
      "'radius':65,'confidence':0.66},'laterality':{'guess':'OS','confidence':0.67},"
      "'disc_and_cup':{'valid':true,'reason':null,'vertical_ratio':0.5,"
      "'area_ratio':0.25,'rim':[0.5,0,0,0.25,0,0,0,0,0,0.125,0,0.375],'disc':{'x':11,'y':12,'height':0.125,'height_"
      "px':62.5,'width':0.25,'width_px':125,"
      "'area':0.0625},'cup':{'x':13,'y':14,'height':0.375,'height_px':187.5,'width':0.5,'width_px':250,"
      "'area':0.75}},"
      "'lesions':{'valid':true,'reason':null,'fovea':{'x':701,'y':702},'microaneurysms':null,'haemorrhages':null,"
      "'hard_exudates':{'threshold':0.375,'count':21,'area':0.03125,'quadrants':{'superotemporal':1,'superonasal':2,"
      "'inferotemporal':3,'inferonasal':4},'macula':5,"
      "'regions':{'centre':{'seen':0.875,'count':6,'area':0.5},'inner_superior':{'seen':0.75,'count':7,'area':0.25},"
      "'inner_nasal':null,'inner_inferior':null,'inner_temporal':null,'outer_superior':null,'outer_nasal':null,"
      "'outer_inferior':null,'outer_temporal':null}},'soft_exudates':null},"
      "'arteries':{'valid':true,'reason':null,'artery_density':0.03125,'vein_density':0.0625,'calibres':{"
      "'valid':true,'reason':null,'arteries':7,'veins':8,'crae':0.25,'crae_px':125,'crve':0.5,'crve_px':250,"
      "'ratio':0.5}},"
      "'grade':{'valid':true,'reason':null,'grade':2,'at_least':[0.875,0.75,0.25,0.125],"
      "'at':{'screening':{'valid':true,'reason':null,'grade':2},'balanced':{'valid':false,'reason':'disagrees','grade':"
      "null},"
      "'specific':{'valid':false,'reason':'not-suspected','grade':null}}},"
      "'vessels':{'density':0.064,'threshold':0.63,'field':{'seen':0.9,'density':0.1,'length':8,"
      "'length_px':4000,'length_density':10,'width':0.02,'width_px':10,'branch_points':33,"
      "'fractal_dimension':1.4,'tortuosity':1.1},'zone_b':null,'zone_c':{'seen':0.8,'density':0.2,"
      "'length':2,'length_px':1000,'length_density':11,'width':0.03,'width_px':15,'branch_points':7,"
      "'fractal_dimension':null,'tortuosity':1.2}},'diseases':[{'id':'first','name':'First','logit':-0.5,"
      "'probability':0.25,'threshold':0.25,'positive':true,'cuts':{'screening':0.125,'balanced':0.25,'specific':0.5},"
      "'heatmap_max':1.5},{'id':'second-one','name':'Second one','logit':-1.25,'probability':0.125,'threshold':0.3,"
      "'positive':false,'cuts':{'screening':0.1,'balanced':0.3,'specific':0.7},'heatmap_max':2.5}]}");
}

/* Where nobody knows the fovea's place, its keys are there all the same. */
static void test_unknown_fovea(void) {
  vm_result r = numbered();
  char *json = NULL;
  r.lesions.fovea_known = 0;
  CHECK(vm_report(&r, &(vm_provenance){.threads = 1}, &json, NULL) == VM_OK, "report");
  CHECK(strstr(json, "\"fovea\":null,\"microaneurysms\":null") != NULL, "%s", json);
  CHECK(strstr(json, "\"area\":0.03125,\"quadrants\":null,\"macula\":null,\"regions\":null}") != NULL, "%s", json);
  vm_free(json);
}

/* A report is JSON whatever was measured: where an hour of the rim is no number, none is given. */
static void test_rim_without_number(void) {
  static const float none[] = {NAN, INFINITY, -INFINITY};
  for (int k = 0; k < 3; k++) {
    vm_result r = numbered();
    char *json = NULL;
    r.disc_cup.rim[VM_HOURS - 1] = none[k];
    r.disc_cup.vertical_ratio = none[k];
    CHECK(vm_report(&r, &(vm_provenance){.threads = 1}, &json, NULL) == VM_OK, "report");
    CHECK(strstr(json, "\"vertical_ratio\":null,\"area_ratio\":0.25,\"rim\":null,\"disc\":{") != NULL, "%s", json);
    vm_free(json);
  }
}

/* No grade without a reason; the probabilities are there where the photograph is judged and the weights have the head. */
static void test_without_grade(void) {
  static const struct {
    vm_grade_validity validity;
    const char *text;
  } all[] = {{VM_GRADE_NO_OUTPUT, "'reason':'no-output','grade':null,'at_least':null,'at':{"},
             {VM_GRADE_NOT_GRADABLE, "'reason':'not-gradable','grade':null,'at_least':null,'at':{"},
             {VM_GRADE_NOT_SUSPECTED, "'reason':'not-suspected','grade':null,'at_least':[0.5,0.25,0.125,0],'at':{"},
             {VM_GRADE_DISAGREES, "'reason':'disagrees','grade':null,'at_least':[0.5,0.25,0.125,0],'at':{"}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    vm_result r = numbered();
    char *json = NULL;
    r.grade = (vm_grade){all[i].validity, 0, {0.5f, 0.25f, 0.125f, 0}, {{0}}};
    CHECK(vm_report(&r, &(vm_provenance){.threads = 1}, &json, NULL) == VM_OK, "report");
    for (char *c = json; *c; c++)
      if (*c == '"') *c = '\'';
    const char *at = strstr(json, "'grade':{'valid':false,");
    CHECK(at != NULL && strncmp(at + 23, all[i].text, strlen(all[i].text)) == 0, "%s", json);
    vm_free(json);
  }
}

static void test_line_text(void) {
  char *json = NULL;
  vm_error problem = {VM_ERR_NOT_FUNDUS, "no \"eye\"", "grey"};
  CHECK(report_line("a\tb.png", NULL, &problem, &json, NULL) == VM_OK, "line");
  expect("refused", json, "{'path':'a\\tb.png','error':{'code':'not-fundus','why':'grey','text':'no \\'eye\\''}}");
  problem = (vm_error){VM_ERR_TOO_SMALL, "small", ""};
  CHECK(report_line("b.png", NULL, &problem, &json, NULL) == VM_OK, "line");
  expect("refused", json, "{'path':'b.png','error':{'code':'too-small','text':'small'}}");
  CHECK(report_line("c.png", "{\"a\":1}", NULL, &json, NULL) == VM_OK, "line");
  expect("screened", json, "{'path':'c.png','report':{'a':1}}");
}

static void test_info_text(void) {
  static vm_weights w = {.name = "made-up",
                         .vessel_threshold = 0.51f,
                         .gradable_threshold = 0.52f,
                         .class_count = 3,
                         .structures = true,
                         .arteries = true,
                         .lesion_kinds = 1,
                         .lesions = {{VM_SOFT_EXUDATE, 0.5f}},
                         .grade = {.given = true, .class_index = 1}};
  w.decision = (weights_decision){.given = true, .normal = 0, .unnamed = {[2] = true}};
  for (int i = 0; i < VM_POINTS; i++) {
    float k = (float)i / 100;
    w.decision.points[i] = (weights_clear){.normal_at = 0.1f + k, .diseased = 0.2f + k, .healthy = 0.3f + k};
    w.classes[1].points[i] = (weights_point){0.4f + k, 0.5f + k, 0.6f + k};
  }
  const char *names[] = {"Normal", "One thing", "Other"}, *ids[] = {"normal", "one-thing", "other"};
  for (int c = 0; c < 3; c++) {
    weights_class *k = &w.classes[c];
    strcpy(k->name, names[c]), strcpy(k->id, ids[c]);
    k->scale = 1.5f + (float)c, k->offset = -0.25f - (float)c, k->threshold = 0.7f + (float)c / 10;
  }
  w.classes[1].has_points = true;
  const report_model m = {&w, 544, 3, 77, 123456};
  char *json = NULL;
  CHECK(report_info(&m, &json, NULL) == VM_OK, "info");
  expect("info", json,
         "{'notice':'research and teaching, not a medical device','version':'0.1.0','weights':'made-up',"
         "'format':1,'size':544,'threads':3,'tensors':77,'parameters':123456,'vessel_threshold':0.51,"
         "'gradable_threshold':0.52,'structures':['disc','cup'],'lesions':['soft-exudates'],"
         "'vessel_kinds':['artery','vein'],'grade':'one-thing',"
         "'no_finding':{'screening':{'normal_at':0.1,'diseased':0.2,'healthy':0.3},"
         "'balanced':{'normal_at':0.11,'diseased':0.21,'healthy':0.31},'specific':{'normal_at':0.12,"
         "'diseased':0.22,'healthy':0.32}},'classes':[{'id':'normal','name':'Normal','named':false,"
         "'scale':1.5,'offset':-0.25,'threshold':0.7},{'id':'one-thing','name':'One thing','named':true,"
         "'scale':2.5,'offset':-1.25,'threshold':0.8,'points':{'screening':{'threshold':0.4,'sensitivity':0.5,"
         "'specificity':0.6},'balanced':{'threshold':0.41,'sensitivity':0.51,'specificity':0.61},"
         "'specific':{'threshold':0.42,'sensitivity':0.52,'specificity':0.62}}},{'id':'other','name':'Other',"
         "'named':false,'scale':3.5,'offset':-2.25,'threshold':0.9}]}");
}

/* Every name and number, written out: a host in another language has no other source. */
static void test_constants(void) {
  char *json = NULL;
  CHECK(vm_constants(&json, NULL) == VM_OK, "constants");
  expect("constants", json,
         "{'version':'" VM_VERSION "','report':'vmnet-report-2','limits':{'max_bytes':67108864,'max_pixels':40000000,"
         "'max_side':8192,'min_side':256,'max_classes':64,'max_reasons':16,'max_threads':64,'size_default':512,"
         "'size_min':256,'size_max':1024,'size_step':32,'calibre_min':0.6,'calibre_max':1.6},"
         "'statuses':{'argument':1,'memory':2,'weights':3,'format':4,'damaged':5,'too-large':6,'too-small':7,"
         "'not-fundus':8,'runtime':9},'points':{'screening':1,'balanced':2,'specific':3},"
         "'answers':{'refer':1,'unclear':2,'repeat':3,'no-finding':4},'rests':{'not-suspected':1,'not-judged':2,"
         "'hidden':3},'reasons':{'finding':1,'near':2,'not-normal':3,"
         "'evidence':4,'normal':5,'dark':6,'bright':7,'blurred':8,'low-contrast':9,'field-cut':10,'not-fundus':11,"
         "'no-vessels':12,'colours':13,'not-gradable':14,'not-readable':15,'both-eyes':16,'turned':17},'quality':{'"
         "dark':1,'bright'"
         ":2,'blurred':4,"
         "'low-contrast':8,'field-cut':16,'not-fundus':32,'no-vessels':64,'colours':128,'turned':256},'disc_and_cup':{'"
         "valid':0,'no-"
         "output':1,"
         "'not-gradable':2,'not-found':3,'cut':4,'implausible':5,'no-cup':6},'grade':{'valid':0,'no-output':1,'not-"
         "gradable':2,'not-suspected':3,"
         "'disagrees':4},'layers':{'vessels':0,'vessel-mask':1,"
         "'heatmap':2,'guide':3,'disc':4,'cup':5,'lesion':6,'lesion-mask':7,'before':8,'after':9,'arteries':10,"
         "'veins':11,'artery-map':12},"
         "'lesions':{'haemorrhages':1,'exudates':2,'drusen':4},'drawn_lesions':{'microaneurysms':0,'haemorrhages':1,"
         "'hard_exudates':2,'soft_exudates':3}}");
}

/* The name as a reader gets it back. */
static void check_name(const char *name, const char *want) {
  const vm_result r = made_up();
  char *json = report(&r, name);
  yyjson_doc *doc = yyjson_read(json, strlen(json), 0); /* refuses what is not UTF-8 */
  CHECK(doc != NULL, "not JSON: %s", json);
  yyjson_val *got = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(doc), "image"), "name");
  CHECK(want == NULL ? yyjson_is_null(got) : yyjson_equals_str(got, want), "%s: got %s", name, yyjson_get_str(got));
  yyjson_doc_free(doc);
  vm_free(json);
}

#define BAD "\xEF\xBF\xBD"

static void test_names(void) {
  check_name(NULL, NULL);
  check_name("", "");
  check_name("a \"quoted\" \\ name\n\x01.png", "a \"quoted\" \\ name\n\x01.png");
  check_name("caf\xC3\xA9 \xE0\xA4\xA8 \xF0\x9F\x91\x81.jpg", "caf\xC3\xA9 \xE0\xA4\xA8 \xF0\x9F\x91\x81.jpg");
  check_name("\xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF", "\xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF");
  check_name("caf\xE9.jpg", "caf" BAD ".jpg");          /* Latin-1 */
  check_name("\xE9", BAD);                              /* cut off at the end */
  check_name("\xF0\x9F\x91", BAD BAD BAD);              /* the same */
  check_name("\x80 \xFF", BAD " " BAD);                 /* no first byte */
  check_name("\xC0\xAF \xC1\xBF", BAD BAD " " BAD BAD); /* overlong */
  check_name("\xE0\x9F\xBF", BAD BAD BAD);
  check_name("\xF0\x8F\xBF\xBF", BAD BAD BAD BAD);
  check_name("\xED\xA0\x80", BAD BAD BAD);         /* a surrogate */
  check_name("\xF4\x90\x80\x80", BAD BAD BAD BAD); /* beyond Unicode */
  check_name("\xF5\x80\x80\x80", BAD BAD BAD BAD);
}

static void test_arguments(void) {
  const vm_result r = made_up();
  const vm_provenance from = {0};
  vm_error err = {0};
  char *json = NULL;
  CHECK(vm_report(NULL, &from, &json, &err) == VM_ERR_ARGUMENT, "no result");
  CHECK(vm_report(&r, NULL, &json, &err) == VM_ERR_ARGUMENT, "no provenance");
  CHECK(vm_report(&r, &from, NULL, &err) == VM_ERR_ARGUMENT, "no place");
  CHECK(strstr(err.text, "a place for the text") != NULL, "%s", err.text);
  CHECK(vm_info(NULL, &json, &err) == VM_ERR_ARGUMENT, "no model");
}

static void check_real(const char *text) {
  char *end = NULL, *wanted_end = NULL;
  double value = json_real(text, &end), wanted = strtod(text, &wanted_end);
  CHECK(memcmp(&value, &wanted, sizeof value) == 0, "%s: %.17g, not %.17g", text, value, wanted);
  CHECK(end == wanted_end, "%s: read to %s, not to %s", text, end, wanted_end);
}

/* Short decimals, and those that are not, give the double that strtod() gives. */
static void test_reals(void) {
  static const char *const texts[] = {"0.5,",
                                      "-0.0]",
                                      "123456.789",
                                      "0.00000000000001",
                                      "0.000000000000001",
                                      "999999999999999",
                                      "9007199254740993.0",
                                      "1.1016943454742432",
                                      "-0.2475653737783432}",
                                      "123456789012345.6",
                                      "1e5",
                                      "2.5E-3 ",
                                      "1e400"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_real(texts[i]);
  uint64_t x = 1;
  for (int i = 0; i < 2000; i++) {
    char text[48];
    x = (x * 1103515245 + 12345) % 2147483648u;
    snprintf(text, sizeof text, "%s%u.%0*u", i % 2 ? "-" : "", (unsigned)(x >> 8) % 100000, i % 12 + 1,
             (unsigned)(x >> 4) % (i % 3 ? 10 : 1000000));
    check_real(text);
  }
  char comma[] = "0.25,";
  CHECK(use_comma(true), "no locale build/locale/comma: `make build-tests` makes it");
  CHECK(json_real(comma, &(char *){NULL}) == 0.25, "read as %g", json_real(comma, &(char *){NULL}));
  use_comma(false);
}

int main(void) {
  test_locale();
  test_reals();
  test_report_text();
  test_unknown_fovea();
  test_info_text();
  test_constants();
  test_rim_without_number();
  test_without_grade();
  test_line_text();
  test_errors();
  test_names();
  test_arguments();
  return check_end();
}
