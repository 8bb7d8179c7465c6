/* The safetensors reader, against files broken in every way that it claims to catch. */
#include "check.h"
#include "weights.h"

#define META                                                                                                           \
  "\"__metadata__\":{\"vmnet\":\"{\\\"version\\\":1,\\\"name\\\":\\\"t\\\",\\\"preprocessing\\\":\\\"(rgb - 127) / "   \
  "128\\\","                                                                                                           \
  "\\\"vessel_threshold\\\":0.5,\\\"gradable_threshold\\\":0.5,\\\"classes\\\":[{\\\"name\\\":\\\"a\\\","              \
  "\\\"scale\\\":1,"                                                                                                   \
  "\\\"offset\\\":0,\\\"threshold\\\":0.5}]}\"}"
#define TENSOR "\"x\":{\"dtype\":\"F16\",\"shape\":[2,2],\"data_offsets\":[0,8]}"

static uint8_t file[1 << 16];

static size_t make(const char *header, size_t data) {
  size_t n = strlen(header);
  memset(file, 0, sizeof file);
  file[0] = (uint8_t)n, file[1] = (uint8_t)(n >> 8);
  memcpy(file + 8, header, n);
  return 8 + n + data;
}

static void expect(const char *what, size_t size, const char *words) {
  vm_weights w;
  vm_error err = {0};
  vm_status s = weights_open(file, size, &w, &err);
  CHECK(s == VM_ERR_WEIGHTS, "%s: status %d", what, (int)s);
  CHECK(strstr(err.text, words) != NULL, "%s: \"%s\" is not in \"%s\"", what, words, err.text);
  if (s == VM_OK) weights_close(&w);
}

static void test_good(void) {
  vm_weights w;
  vm_error err = {0};
  size_t n = make("{" META "," TENSOR "}", 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  CHECK(w.tensor_count == 1 && w.class_count == 1 && strcmp(w.classes[0].name, "a") == 0, "contents");
  const weights_tensor *t = weights_find(&w, "x", &err);
  CHECK(t != NULL && t->rank == 2 && t->count == 4, "tensor");
  CHECK(weights_find(&w, "y", &err) == NULL && strstr(err.text, "y is missing") != NULL, "%s", err.text);
  float out[4];
  static const uint16_t half[4] = {0x3C00, 0xC000, 0x0001, 0x7BFF}; /* 1, -2, 2^-24, 65504 */
  memcpy(file + n - 8, half, 8);
  CHECK(t != NULL && weights_read(&w, t, out, &err) == VM_OK, "%s", err.text);
  CHECK(out[0] == 1 && out[1] == -2 && out[2] == 0x1p-24f && out[3] == 65504, "%g %g %g %g", (double)out[0],
        (double)out[1], (double)out[2], (double)out[3]);
  file[n - 1] = 0x7E, file[n - 2] = 1; /* NaN */
  CHECK(t != NULL && weights_read(&w, t, out, &err) == VM_ERR_WEIGHTS, "NaN taken");
  CHECK(strstr(err.text, "tensor x: element 3") != NULL && strstr(err.text, "offset") != NULL, "%s", err.text);
  weights_close(&w);
}

#define META_POINTS(low, at, high)                                                                                     \
  "\"__metadata__\":{\"vmnet\":\"{\\\"version\\\":1,\\\"name\\\":\\\"t\\\",\\\"preprocessing\\\":\\\"(rgb - 127) / "   \
  "128\\\",\\\"vessel_threshold\\\":0.5,\\\"gradable_threshold\\\":0.5,\\\"classes\\\":[{\\\"name\\\":\\\"a\\\","      \
  "\\\"scale\\\":1,\\\"offset\\\":0,\\\"threshold\\\":0.5,\\\"points\\\":{" POINT("screening", low) "," POINT(         \
      "balanced", at) "," POINT("specific", high) "}}]}\"}"
#define POINT(name, at) "\\\"" name "\\\":{\\\"threshold\\\":" at ",\\\"sensitivity\\\":0.9,\\\"specificity\\\":0.8}"

static void test_points(void) {
  vm_weights w;
  vm_error err = {0};
  size_t n = make("{" META_POINTS("0.25", "0.5", "0.75") "," TENSOR "}", 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  const weights_point *p = w.classes[0].points;
  CHECK(w.classes[0].has_points && p[0].threshold == 0.25f && p[2].threshold == 0.75f, "thresholds");
  CHECK(fabsf(p[1].sensitivity - 0.9f) < 1e-6f && fabsf(p[1].specificity - 0.8f) < 1e-6f, "rates");
  weights_close(&w);
  n = make("{" META_POINTS("0.11342", "0.11342", "0.11342") "," TENSOR "}", 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "equal points: %s", err.text);
  weights_close(&w);
  expect("falling points", make("{" META_POINTS("0.6", "0.5", "0.75") "," TENSOR "}", 8), "point \"balanced\" lacks");
  expect("no number", make("{" META_POINTS("0.1", "0.5", "\\\"x\\\"") "," TENSOR "}", 8), "point \"specific\" lacks");
}

/* A file of the classes "normal", "a" and "other eyes", with this text (quotes as ') after them in the metadata. */
static size_t make_decision(const char *more) {
  static const char *const start =
      "{'version':1,'name':'t','preprocessing':'(rgb - 127) / 128','vessel_threshold':0.5,'gradable_threshold':0.5,"
      "'classes':[{'name':'normal','scale':1,'offset':0,'threshold':0.5},{'name':'a','scale':1,'offset':0,'threshold':"
      "0.5},{'name':'other eyes','scale':1,'offset':0,'threshold':0.5}]";
  static char meta[4096], header[8192];
  snprintf(meta, sizeof meta, "%s%s}", start, more);
  char *to = header;
  to += sprintf(to, "{\"__metadata__\":{\"vmnet\":\"");
  for (const char *c = meta; *c != 0; c++) {
    if (*c == '\'') *to++ = '\\';
    *to++ = *c == '\'' ? '"' : *c;
  }
  sprintf(to, "\"}," TENSOR "}");
  return make(header, 8);
}

#define AT(name, normal, evidence, near)                                                                               \
  "'" name "':{'normal_at':" normal ",'evidence_at':" evidence ",'near':" near ",'diseased':0.05,'healthy':0.5}"
#define POINTS                                                                                                         \
  AT("screening", "0.9", "-2", "0.5") "," AT("balanced", "0.8", "-1.5", "0.25") "," AT("specific", "0.7", "-1", "0")
#define EVIDENCE "{'logits':[-0.75,0,0.5],'lse':0.5,'offset':-1}"
#define QUALITY "{'facts':{'vessels':1.5,'hues':-2},'offset':3}"
#define BLOCK(normal, unnamed, evidence, points, quality)                                                              \
  ",'decision':{'normal':" normal ",'unnamed':" unnamed ",'evidence':" evidence ",'points':{" points "}" quality "}"

static void test_decision(void) {
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision(BLOCK("'normal'", "['other eyes']", EVIDENCE, POINTS, ",'quality':" QUALITY));
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  const weights_decision *d = &w.decision;
  CHECK(d->given && d->normal == 0 && !d->unnamed[0] && !d->unnamed[1] && d->unnamed[2], "classes");
  CHECK(d->logits[0] == -0.75f && d->logits[1] == 0 && d->logits[2] == 0.5f && d->lse == 0.5f && d->offset == -1,
        "evidence");
  const weights_clear want[WEIGHTS_POINTS] = {{.normal_at = 0.9f, .evidence_at = -2, .near = 0.5f},
                                              {.normal_at = 0.8f, .evidence_at = -1.5f, .near = 0.25f},
                                              {.normal_at = 0.7f, .evidence_at = -1, .near = 0}};
  for (int i = 0; i < WEIGHTS_POINTS; i++)
    CHECK(d->points[i].normal_at == want[i].normal_at && d->points[i].evidence_at == want[i].evidence_at &&
              d->points[i].near == want[i].near && d->points[i].diseased == 0.05f && d->points[i].healthy == 0.5f,
          "point %d", i);
  const weights_class *normal = &w.classes[0];
  CHECK(normal->threshold == 0.8f && normal->has_points && w.classes[1].threshold == 0.5f && !w.classes[1].has_points,
        "normal is cut where the decision cuts it, and no other class");
  for (int i = 0; i < WEIGHTS_POINTS; i++)
    CHECK(normal->points[i].threshold == want[i].normal_at && normal->points[i].sensitivity == 0.5f &&
              normal->points[i].specificity == 1 - 0.05f,
          "normal at point %d", i);
  CHECK(w.quality.given && w.quality.offset == 3, "quality");
  for (int i = 0; i < WEIGHTS_FACTS; i++) {
    float wanted = i == WEIGHTS_FACT_VESSELS ? 1.5f : i == WEIGHTS_FACT_HUES ? -2.0f : 0.0f;
    CHECK(w.quality.facts[i] == wanted, "fact %d: %g", i, (double)w.quality.facts[i]);
  }
  weights_close(&w);
  n = make_decision(BLOCK("'normal'", "[]", EVIDENCE, POINTS, ""));
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.decision.given && !w.quality.given, "no quality: %s", err.text);
  CHECK(!w.decision.unnamed[2], "nothing unnamed");
  weights_close(&w);
  n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && !w.decision.given && !w.quality.given, "no block: %s", err.text);
  CHECK(w.decision.normal == 0 && w.decision.unnamed[2] && !w.decision.unnamed[1], "guessed by name");
  weights_close(&w);
}

static void test_structures(void) {
  static const char *const broken[] = {",'structures':7", ",'structures':[]", ",'structures':['cup','disc']",
                                       ",'structures':['disc','cup','fovea']", ",'structures':['disc',1]"};
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && !w.structures, "none: %s", err.text);
  weights_close(&w);
  n = make_decision(",'structures':['disc','cup']");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.structures, "both: %s", err.text);
  weights_close(&w);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i], make_decision(broken[i]), "\"structures\" must be");
}

static void test_vessel_kinds(void) {
  static const char *const broken[] = {",'vessel_kinds':true", ",'vessel_kinds':[]",
                                       ",'vessel_kinds':['vein','artery']", ",'vessel_kinds':['artery']",
                                       ",'vessel_kinds':['artery','vein','vein']"};
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && !w.arteries, "none: %s", err.text);
  weights_close(&w);
  n = make_decision(",'vessel_kinds':['artery','vein']");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.arteries && !w.structures, "both: %s", err.text);
  weights_close(&w);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i], make_decision(broken[i]), "\"vessel_kinds\" must be");
}

static void test_lesions(void) {
  static const char *const broken[] = {
      ",'lesions':7",
      ",'lesions':[]",
      ",'lesions':['hard-exudates']",
      ",'lesions':[{'kind':'drusen','threshold':0.5}]",
      ",'lesions':[{'kind':'hard-exudates'}]",
      ",'lesions':[{'kind':'hard-exudates','threshold':1.5}]",
      ",'lesions':[{'kind':'hard-exudates','threshold':0.5},{'kind':'haemorrhages','threshold':0.5}]"};
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.lesion_kinds == 0, "none: %s", err.text);
  weights_close(&w);
  n = make_decision(",'lesions':[{'kind':'haemorrhages','threshold':0.25},{'kind':'soft-exudates','threshold':0.5}]");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.lesion_kinds == 2, "two: %s", err.text);
  CHECK(w.lesions[0].kind == VM_HAEMORRHAGE && w.lesions[0].threshold == 0.25f &&
            w.lesions[1].kind == VM_SOFT_EXUDATE && w.lesions[1].threshold == 0.5f,
        "kinds");
  weights_close(&w);
  n = make_decision(",'lesions':[{'kind':'microaneurysms','threshold':1}]");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.lesion_kinds == 1 && w.lesions[0].kind == VM_MICROANEURYSM,
        "the first kind alone: %s", err.text);
  weights_close(&w);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i], make_decision(broken[i]), "\"lesions\" must list");
}

#define GRADE(class, scale, offset, cuts)                                                                              \
  ",'grade':{'class':" class ",'scale':" scale ",'offset':" offset ",'cuts':" cuts "}"
#define FOUR "[1,0.5,2,4]"

static void test_grade(void) {
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && !w.grade.given, "none: %s", err.text);
  weights_close(&w);
  n = make_decision(GRADE("'a'", FOUR, "[0,-1,1000,-1000]", "[1,0.5,0.25,0]"));
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.grade.given && w.grade.class_index == 1, "%s", err.text);
  const weights_grade want = {true, 1, {1, 0.5f, 2, 4}, {0, -1, 1000, -1000}, {1, 0.5f, 0.25f, 0}};
  for (int k = 0; k < VM_GRADES; k++)
    CHECK(w.grade.scale[k] == want.scale[k] && w.grade.offset[k] == want.offset[k] && w.grade.cuts[k] == want.cuts[k],
          "grade %d: %g, %g, %g", k + 1, (double)w.grade.scale[k], (double)w.grade.offset[k], (double)w.grade.cuts[k]);
  weights_close(&w);
}

static void test_broken_grade(void) {
  static const struct {
    const char *block, *words;
  } broken[] = {{",'grade':7", "grade: \"class\" is no finding"},
                {",'grade':null", "grade: \"class\" is no finding"},
                {",'grade':{'scale':" FOUR ",'offset':[0,0,0,0],'cuts':[0,0,0,0]}", "grade: \"class\" is no finding"},
                {GRADE("'b'", FOUR, "[0,0,0,0]", "[0,0,0,0]"), "grade: \"class\" is no finding"},
                {GRADE("'normal'", FOUR, "[0,0,0,0]", "[0,0,0,0]"), "grade: \"class\" is no finding"},
                {GRADE("1", FOUR, "[0,0,0,0]", "[0,0,0,0]"), "grade: \"class\" is no finding"},
                {",'grade':{'class':'a','offset':[0,0,0,0],'cuts':[0,0,0,0]}", "grade: scale (0.001 to 1000), offset"},
                {",'grade':{'class':'a','scale':" FOUR ",'cuts':[0,0,0,0]}", "grade: scale (0.001 to 1000), offset"},
                {",'grade':{'class':'a','scale':" FOUR ",'offset':[0,0,0,0]}", "must be 4 numbers each"},
                {GRADE("'a'", "[1,1,1]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "[1,1,1,1,1]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "[1,1,1,0]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "[1,-1,1,1]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "[1,1,1,1001]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "[1,1,'1',1]", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", "1", "[0,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,1001]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[null,0,0,0]", "[0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,0]", "[0,0,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,0]", "[0,0,0,1.5]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,0]", "[-0.5,0,0,0]"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,0]", "{'1':0}"), "grade: scale"},
                {GRADE("'a'", FOUR, "[0,0,0,0]", "[0.5,0.5,0.25,0.375]"), "grade: no cut may be larger"}};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i].block, make_decision(broken[i].block), broken[i].words);
}

static void test_orientation(void) {
  static const char *const broken[] = {",'orientation':7",
                                       ",'orientation':null",
                                       ",'orientation':{}",
                                       ",'orientation':{'turned_from':'0.9'}",
                                       ",'orientation':{'turned_from':0.25}",
                                       ",'orientation':{'turned_from':1.5}"};
  vm_weights w;
  vm_error err = {0};
  size_t n = make_decision("");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && !w.orientation.given, "none: %s", err.text);
  weights_close(&w);
  n = make_decision(",'orientation':{'turned_from':0.75}");
  CHECK(weights_open(file, n, &w, &err) == VM_OK && w.orientation.given && w.orientation.turned_from == 0.75f, "%s",
        err.text);
  weights_close(&w);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i], make_decision(broken[i]), "orientation: \"turned_from\" must be a number in 0.5..1");
}

static void test_broken_decision(void) {
  static const struct {
    const char *block, *words;
  } broken[] = {
      {",'decision':1", "decision: \"normal\" is no class"},
      {BLOCK("'sound'", "[]", EVIDENCE, POINTS, ""), "decision: \"normal\" is no class"},
      {BLOCK("'normal'", "'other eyes'", EVIDENCE, POINTS, ""), "decision: \"unnamed\" must list classes"},
      {BLOCK("'normal'", "['a','b']", EVIDENCE, POINTS, ""), "decision: number 2 of \"unnamed\" is no class"},
      {BLOCK("'normal'", "[]", "{'logits':[1,2],'lse':0,'offset':0}", POINTS, ""), "logits (3 numbers)"},
      {BLOCK("'normal'", "[]", "{'logits':[1,2,'x'],'lse':0,'offset':0}", POINTS, ""), "logits (3 numbers)"},
      {BLOCK("'normal'", "[]", "{'logits':[1,2,1e9],'lse':0,'offset':0}", POINTS, ""), "logits (3 numbers)"},
      {BLOCK("'normal'", "[]", "{'logits':[1,2,3],'offset':0}", POINTS, ""), "lse and offset"},
      {BLOCK("'normal'", "[]", "{'logits':[1,2,3],'lse':0}", POINTS, ""), "lse and offset"},
      {BLOCK("'normal'", "[]", EVIDENCE, AT("screening", "0.5", "0", "0") "," AT("specific", "0.5", "0", "0"), ""),
       "decision: point \"balanced\""},
      {BLOCK("'normal'", "[]", EVIDENCE,
             AT("screening", "0.5", "0", "0") "," AT("balanced", "0.5", "0", "0") "," AT("specific", "1.5", "0", "0"),
             ""),
       "decision: point \"specific\""},
      {BLOCK("'normal'", "[]", EVIDENCE,
             AT("screening", "0.5", "0", "-1") "," AT("balanced", "0.5", "0", "0") "," AT("specific", "0.5", "0", "0"),
             ""),
       "decision: point \"screening\""},
      {BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':{'facts':{'beauty':1},'offset':0}"),
       "\"quality\" must have"},
      {BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':{'facts':{'hues':'x'},'offset':0}"),
       "\"quality\" must have"},
      {BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':{'facts':{'hues':1}}"), "\"quality\" must have"},
      {BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':{'offset':1}"), "\"quality\" must have"},
      {BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':7"), "\"quality\" must have"}};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    expect(broken[i].block, make_decision(broken[i].block), broken[i].words);
}

/* The largest and smallest that evidence may be, and just beyond. */
static void test_limits(void) {
  static const struct {
    const char *evidence;
    bool good;
  } all[] = {{"{'logits':[1000,-1000,0],'lse':1000,'offset':-1000}", true},
             {"{'logits':[0,0,0],'lse':-1000,'offset':1000}", true},
             {"{'logits':[1000.5,0,0],'lse':0,'offset':0}", false},
             {"{'logits':[0,0,-1000.5],'lse':0,'offset':0}", false},
             {"{'logits':[0,0,0],'lse':1000.5,'offset':0}", false},
             {"{'logits':[0,0,0],'lse':-1000.5,'offset':0}", false},
             {"{'logits':[0,0,0],'lse':0,'offset':1000.5}", false},
             {"{'logits':[0,0,0],'lse':0,'offset':-1000.5}", false}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    char block[1024];
    snprintf(block, sizeof block, BLOCK("'normal'", "[]", "%s", POINTS, ""), all[i].evidence);
    vm_weights w;
    vm_error err = {0};
    bool good = weights_open(file, make_decision(block), &w, &err) == VM_OK;
    CHECK(good == all[i].good, "%s: %s", all[i].evidence, err.text);
    if (good) weights_close(&w);
  }
  static const struct {
    const char *fact, *offset;
    bool good;
  } quality[] = {{"1000", "-1000", true}, {"-1000", "1000", true}, {"1000.5", "0", false},
                 {"-1000.5", "0", false}, {"0", "1000.5", false},  {"0", "-1000.5", false}};
  for (size_t i = 0; i < sizeof quality / sizeof *quality; i++) {
    char block[1024];
    snprintf(block, sizeof block,
             BLOCK("'normal'", "[]", EVIDENCE, POINTS, ",'quality':{'facts':{'hues':%s},'offset':%s}"), quality[i].fact,
             quality[i].offset);
    vm_weights w;
    vm_error err = {0};
    bool good = weights_open(file, make_decision(block), &w, &err) == VM_OK;
    CHECK(good == quality[i].good, "%s, %s: %s", quality[i].fact, quality[i].offset, err.text);
    if (good) weights_close(&w);
  }
}

/* A name becomes an id of small letters, digits and single dashes; the header may name tensors in any order. */
static void test_names_and_order(void) {
  static const char *const names[][2] = {
      {"Wet & dry (AMD), 2!", "wet-dry-amd-2"}, {"--Z--a9--", "z-a9"}, {"x", "x"}, {"A_Zaz09", "a-zaz09"}};
  vm_weights w;
  vm_error err = {0};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char header[2048] = "{" META "," TENSOR "}", rest[2048];
    char *at = strstr(header, "\\\"a\\\",\\\"scale");
    if (at == NULL) exit(check_end());
    strcpy(rest, at + 5);
    sprintf(at, "\\\"%s\\\"%s", names[i][0], rest);
    size_t n = make(header, 8);
    CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
    CHECK(strcmp(w.classes[0].name, names[i][0]) == 0 && strcmp(w.classes[0].id, names[i][1]) == 0, "%s: %s",
          w.classes[0].name, w.classes[0].id);
    weights_close(&w);
  }
  size_t n = make("{" META ",\"y\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}," TENSOR "}", 16);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  const float two[2] = {1.5f, -2.25f};
  memcpy(file + n - 8, two, 8);
  float out[2] = {0};
  const weights_tensor *y = weights_find(&w, "y", &err);
  CHECK(y != NULL && weights_read(&w, y, out, &err) == VM_OK && out[0] == 1.5f && out[1] == -2.25f, "%s", err.text);
  weights_close(&w);
}

/* int8 is read as it is, and never as if it were f32. */
static void test_int8(void) {
  vm_weights w;
  vm_error err = {0};
  float real[8];
  int8_t whole[8];
  size_t n = make("{" META ",\"x\":{\"dtype\":\"I8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8);
  const int8_t values[8] = {0, 1, -1, 127, -64, 64, 3, 127};
  memcpy(file + n - 8, values, 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  const weights_tensor *t = weights_find(&w, "x", &err);
  CHECK(t != NULL && weights_read_int8(&w, t, false, whole, &err) == VM_OK && memcmp(whole, values, 8) == 0, "%s",
        err.text);
  CHECK(t != NULL && weights_read_int8(&w, t, true, whole, &err) == VM_ERR_WEIGHTS, "too large a pair taken");
  CHECK(strstr(err.text, "x: elements 6 and 7") != NULL && strstr(err.text, "are 3 and 127") != NULL, "%s", err.text);
  file[n - 1] = 125;
  CHECK(t != NULL && weights_read_int8(&w, t, true, whole, &err) == VM_OK, "%s", err.text);
  file[n - 1] = (uint8_t)INT8_MIN;
  CHECK(t != NULL && weights_read_int8(&w, t, false, whole, &err) == VM_ERR_WEIGHTS, "too large a weight taken");
  CHECK(strstr(err.text, "x: element 7") != NULL && strstr(err.text, "-127 to 127") != NULL, "%s", err.text);
  CHECK(t != NULL && weights_read(&w, t, real, &err) == VM_ERR_WEIGHTS, "int8 read as f32");
  weights_close(&w);
  n = make("{" META "," TENSOR "}", 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  t = weights_find(&w, "x", &err);
  CHECK(t != NULL && weights_read_int8(&w, t, true, whole, &err) == VM_ERR_WEIGHTS, "f16 read as int8");
  weights_close(&w);
}

/* Eight bits a weight: each channel of the output has a step of its own, whichever side it lies along. */
static void test_expanded(void) {
  vm_weights w;
  vm_error err = {0};
  float out[8];
  const int8_t values[8] = {0, -127, 127, 1, 2, 3, -4, 5};
  const float steps[2] = {0.5f, 2}, across[4] = {1, 0.25f, -1, 10};
  size_t n = make("{" META ",\"x\":{\"dtype\":\"I8\",\"shape\":[2,1,1,4],\"data_offsets\":[0,8]}}", 8);
  memcpy(file + n - 8, values, 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  const weights_tensor *t = weights_find(&w, "x", &err);
  CHECK(t != NULL && weights_expand(&w, t, 0, steps, out, &err) == VM_OK, "%s", err.text);
  const float first[8] = {0, -63.5f, 63.5f, 0.5f, 4, 6, -8, 10}, last[8] = {0, -31.75f, -127, 10, 2, 0.75f, 4, 50};
  CHECK(memcmp(out, first, sizeof out) == 0, "along the first side");
  CHECK(t != NULL && weights_expand(&w, t, 3, across, out, &err) == VM_OK, "%s", err.text);
  CHECK(memcmp(out, last, sizeof out) == 0, "along the last side");
  file[n - 8] = 0x80;
  CHECK(t != NULL && weights_expand(&w, t, 0, steps, out, &err) == VM_ERR_WEIGHTS, "-128 taken");
  CHECK(strstr(err.text, "x: element 0") != NULL && strstr(err.text, "-127 to 127") != NULL, "%s", err.text);
  weights_close(&w);
  n = make("{" META "," TENSOR "}", 8);
  CHECK(weights_open(file, n, &w, &err) == VM_OK, "%s", err.text);
  t = weights_find(&w, "x", &err);
  CHECK(t != NULL && weights_expand(&w, t, 0, steps, out, &err) == VM_ERR_WEIGHTS, "f16 expanded");
  weights_close(&w);
}

static void test_broken(void) {
  size_t n = make("{" META "," TENSOR "}", 8);
  expect("empty", 0, "too few");
  expect("cut data", n - 1, "x: offsets 0..8 lie outside");
  expect("cut header", 100, "truncated");
  expect("extra bytes", n + 4, "follow the last tensor");
  file[8] = 'x';
  expect("magic", n, "not a safetensors file");
  make("{}", 0);
  file[7] = 0xFF;
  expect("huge header", 10, "not a safetensors file");
  expect("no metadata", make("{" TENSOR "}", 8), "no V-MNet weights");
  expect("not JSON", make("{" META "," TENSOR, 8), "not JSON");
  expect("two values", make("{" META "," TENSOR "} {}", 8), "not JSON");
  expect("dtype", make("{" META ",\"x\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8), "x: dtype");
  expect("shape", make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[0,8]}}", 8),
         "do not hold its 6");
  expect("a byte too many",
         make("{" META "," TENSOR ",\"y\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[8,17]}}", 17),
         "tensor y: 9 bytes at offset 8 do not hold its 4 elements");
  expect("zero side", make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0), "side 0");
  expect("rank 5", make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[1,1,1,1,4],\"data_offsets\":[0,8]}}", 8),
         "1 to 4 sides");
  expect("huge side",
         make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8),
         "side 0");
  expect("overflowing product",
         make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[16777216,16777216,16777216],\"data_offsets\":[0,8]}}", 8),
         "over");
  expect("negative offset", make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[-8,0]}}", 8),
         "data_offsets");
  expect("swapped offsets", make("{" META ",\"x\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[8,0]}}", 8),
         "lie outside");
  expect("overlap", make("{" META "," TENSOR ",\"y\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[4,12]}}", 12),
         "overlaps");
  expect("hole", make("{" META "," TENSOR ",\"y\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[12,16]}}", 16),
         "leaves a hole");
  expect("same name, same place", make("{" META "," TENSOR "," TENSOR "}", 8), "overlaps");
  char meta[2048];
  strcpy(meta, "{" META "," TENSOR "}");
  memcpy(strstr(meta, "version\\\":1"), "version\\\":9", 11);
  expect("version", make(meta, 8), "version 9 is unknown");
  strcpy(meta, "{" META "," TENSOR "}");
  memcpy(strstr(meta, "- 127"), "- 128", 5);
  expect("preprocessing", make(meta, 8), "preprocessing");
  strcpy(meta, "{" META "," TENSOR "}");
  memcpy(strstr(meta, "threshold\\\":0.5}"), "threshold\\\":7.5}", 16);
  expect("threshold", make(meta, 8), "threshold");
}

/* The real file with every header byte damaged in turn and cut at many places: an error or a clean open, never worse. */
static void test_real_file_damaged(void) {
  size_t size;
  uint8_t *real = read_all("weights/vmnet.safetensors", &size);
  vm_weights w;
  vm_error err = {0};
  CHECK(weights_open(real, size, &w, &err) == VM_OK, "%s", err.text);
  weights_close(&w);
  size_t header = 8 + (size_t)real[0] + ((size_t)real[1] << 8) + ((size_t)real[2] << 16);
  int opened = 0;
  for (size_t i = 0; i < header; i += 7) {
    uint8_t old = real[i];
    real[i] ^= 0x15;
    vm_status s = weights_open(real, size, &w, &err);
    if (s == VM_OK) opened++, weights_close(&w);
    real[i] = old;
  }
  CHECK(opened < (int)header / 7, "damage was never noticed");
  int cut_opened = 0;
  for (size_t n = 0; n < size; n += 1 + size / 200)
    if (weights_open(real, n, &w, &err) == VM_OK) cut_opened++, weights_close(&w);
  CHECK(cut_opened == 0, "%d truncated files were opened", cut_opened);
  free(real);
}

int main(void) {
  test_good();
  test_points();
  test_decision();
  test_structures();
  test_vessel_kinds();
  test_lesions();
  test_grade();
  test_broken_grade();
  test_orientation();
  test_broken_decision();
  test_int8();
  test_expanded();
  test_limits();
  test_names_and_order();
  test_broken();
  test_real_file_damaged();
  return check_end();
}
