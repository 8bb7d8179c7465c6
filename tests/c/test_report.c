/* The JSON of models and results: the same in every locale, and UTF-8 whatever a file is called. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include <locale.h>

#include "check.h"
#include "json.h"
#include "phantom.h"
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
                     .decision = {VM_UNCLEAR, VM_POINT_BALANCED, 0, {{0}}}};
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

int main(void) {
  test_locale();
  test_errors();
  test_names();
  test_arguments();
  return check_end();
}
