/* vmnet: the command. The only file that prints, reads and writes files. */
#define _POSIX_C_SOURCE 200809L /* fileno; NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */

#include <errno.h>
#include <getopt.h>
#include <sha2.h> /* libmd */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dicom_tool.h"
#include "dicom_write.h"
#include "phantom.h"
#include "photo.h"
#include "report.h"
#include "status.h"

enum { EXIT_FINE = 0, EXIT_SOME_FAILED = 1, EXIT_USAGE = 2, EXIT_WEIGHTS = 3 };

/* Two texts, as C promises no more than 4095 letters of one. */
static const char HELP[] =
    "vmnet " VM_VERSION ": screens colour fundus photographs. " VM_NOTICE ".\n"
    "\n"
    "usage: vmnet screen PHOTO... --out DIR [options]   vessels, diseases and heatmaps of each photograph\n"
    "       vmnet screen PHOTO... --dicom DIR [options] the same as DICOM objects; --out besides, or not\n"
    "       vmnet screen --jsonl [-0] [options] <LIST   only the reports, of a list of any length\n"
    "       vmnet info [WEIGHTS]                        what a weights file holds, as JSON\n"
    "       vmnet phantom --out DIR [--seed N] [--side N] [--lesions haemorrhages,exudates,drusen]\n"
    "                     [--cup C] [--calibre F]       a made-up photograph with its true vessels; cup-to-disc ratio\n"
    "                                                   C, 0.01 to 1 (0.4); vessels F times as wide, 0.6 to 1.6 (1)\n"
    "\n"
    "options of screen:\n"
    "  --out DIR        where results go: DIR itself for one photograph, DIR/NAME for each of several\n"
    "  --dicom DIR      where DICOM objects of the results go, in the same way\n"
    "  --frame N        which photograph of a DICOM object that holds several (1)\n"
    "  --deidentify     patient and study of a DICOM object are not read, and do not come into --dicom; the\n"
    "                   file's name stays in the report and names its folder: rename it where it tells too much\n"
    "  --json           also print the reports, one line of JSON a photograph, on standard output\n"
    "  --size S         side of the network's input: 256 to 1024 in steps of 32 (512). Larger finds thinner vessels\n"
    "  --point NAME     operating point: screening (refers more), balanced (default) or specific (refers less)\n"
    "  --guide G        strength of the vessel guide, 0 to 1 (1). 0 shows the answer without it\n"
    "  --fine           vessels, arteries and their measures as the mean over the photograph and its mirror images, in "
    "four\n"
    "                   times the time; the answer stays the same\n"
    "  --threads N      1 to 64 (1)\n"
    "  --weights FILE   (weights/vmnet.safetensors)\n"
    "  --only-report    write report.json and no pictures\n"
    "  --jsonl          read paths from standard input, one a line, and answer each with a line of JSON in their "
    "order,\n"
    "                   as soon as it is known: {\"path\", \"report\"}, or {\"path\", \"error\": {\"code\", \"why\", "
    "\"text\"}} with\n"
    "                   the codes of web/vmnet.d.ts; \"why\" where a code has several cases, \"file\" where there is "
    "no such\n"
    "                   file or it cannot be read. Bytes of a path that are no UTF-8 come back as U+FFFD. A line has\n"
    "                   4095 bytes at most: of a longer one they and an error come back, and it is read past\n"
    "  --inline         with --jsonl: standard input holds the files themselves, each after a line of its size in "
    "bytes, a\n"
    "                   space and its name, as in \"48213 eye.jpg\"; nothing stands between one file and the next "
    "line\n"
    "  -0               a zero byte ends each path (find -print0), or the name of --inline, not a line's end\n"
    "\n";

static const char HELP_RESULTS[] =
    "for each photograph, a line on standard output (not with --json, --jsonl): PHOTO, answer and reasons, with tabs "
    "between;\n"
    "a control character in a name is ? there.\n"
    "  refer            a finding that the test looks for reaches its cut\n"
    "  unclear          somebody should look: no finding reaches its cut, and it does not read as normal either\n"
    "  repeat           the photograph cannot be judged\n"
    "  no-finding       nothing found by this test, which cannot see other diseases\n"
    "and after another tab, where the weights grade it and it is suspected, the grade of diabetic retinopathy: "
    "grade:1\n"
    "mild, grade:2 moderate, grade:3 severe, grade:4 proliferative;\n"
    "after one more, where it lies on its side, by how many degrees it was turned clockwise to be screened: turned:90 "
    "or\n"
    "turned:270. What is not said takes no tab.\n"
    "in DIR:\n"
    "  report.json             answer, probabilities, thresholds, quality, optic disc and cup, lesions,\n"
    "                          arteries and veins, grade, eye, which way up, vessel measures, hashes; see "
    "web/report.schema.json\n"
    "  vessels.png             vessel mask at the photograph's resolution, 255 = vessel\n"
    "  probability.png         vessel probability, 255 = 1\n"
    "  disc.png, cup.png       masks of the optic disc and of its cup, where they are seen, 255 = inside\n"
    "  arteries.png, veins.png the vessel mask's parts, where they are told apart, 255 = inside\n"
    "  lesions-KIND.png        masks of microaneurysms and other lesions, where any is drawn, 255 = inside\n"
    "  heatmap-CLASS.png       what the network used for a class (Grad-CAM), 255 = its strongest place\n"
    "  overlay-CLASS.png       the same over the photograph\n"
    "in DIR of --dicom:\n"
    "  segmentation.dcm        masks of the vessels, and of the optic disc and its cup where they were seen\n"
    "  report.dcm              Structured Report of TID 1500: quality, findings, vessel measures, answer\n"
    "  overlay.dcm             Secondary Capture: the photograph with its vessels drawn\n"
    "  photograph.dcm          Secondary Capture: the photograph, where it was no DICOM object or with --deidentify\n"
    "\n"
    "photographs: JPEG, PNG or DICOM, 256 to 8192 pixels a side, at most 40 megapixels and 64 MiB.\n"
    "DICOM: ophthalmic and visible-light photographs and secondary captures, 8 bits a sample. Needs the programs of\n"
    "       dcmtk and, for JPEG 2000, of libopenjp2-tools (so are Debian's packages named). They write to a folder\n"
    "       under TMPDIR (/tmp) that only you may read, and that is removed after each photograph.\n"
    "exit code: 0 all screened; 1 some photograph failed (named on standard error, or by its line of --jsonl; the "
    "others\n"
    "           are done), or the answer could not be written;\n"
    "           2 wrong usage; 3 the weights cannot be used.\n"
    "\n"
    "example: vmnet screen web/sample/retina.jpg --out result && xdg-open result/overlay-glaucoma.png\n";

typedef struct bytes {
  uint8_t *data; /* owned */
  size_t size;
  char sha256[SHA256_DIGEST_STRING_LENGTH];
} bytes;

typedef struct settings {
  const char *out, *dicom, *weights;
  bool json, only_report;
  bool jsonl;
  bool in_line; /* files follow their names on standard input */
  bool zeros;   /* -0 */
  vm_options options;
  vm_request request;
  vm_phantom_spec phantom;
  int frame; /* of a DICOM object, from 1 */
  bool deidentify;
} settings;

/* ---- what is said ---- */

/* A file's name within a line: a control character, which could end the line, start another column or steer the terminal,
 * is a question mark there. */
static void print_name(FILE *to, const char *name) {
  for (const char *c = name; *c != 0; c++) putc((unsigned char)*c < ' ' || *c == 127 ? '?' : *c, to);
}

static bool help(FILE *to) { return fputs(HELP, to) >= 0 && fputs(HELP_RESULTS, to) >= 0; }

/* Says what is wrong with a file; folder may be NULL. */
static void complain(const char *folder, const char *name, const char *text) {
  fputs("vmnet: ", stderr);
  if (folder != NULL) {
    print_name(stderr, folder);
    putc('/', stderr);
  }
  print_name(stderr, name);
  fprintf(stderr, ": %s\n", text);
}

/* The exit code, once all that was printed has arrived. */
static int all_printed(int code) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return code;
  fputs("vmnet: standard output: the answer could not be written; make room there, or send it elsewhere\n", stderr);
  return code == EXIT_FINE ? EXIT_SOME_FAILED : code;
}

/* ---- files ---- */

/* Says that memory is short; returns false. */
static bool no_memory(const char *what, size_t bytes) {
  fprintf(stderr, "vmnet: %s: not enough memory for %zu MiB; close other programs, or give a smaller picture\n", what,
          (bytes >> 20) + 1);
  return false;
}

static vm_status over_limit(unsigned long long size, size_t limit, vm_error *err) {
  return status_fail(err, VM_ERR_TOO_LARGE, "%llu bytes are over the limit of %zu MiB", size, limit >> 20);
}

/* Room for a file; NULL without memory. To be freed. */
static uint8_t *room_for(size_t size, vm_error *err) {
  uint8_t *data = malloc(size + 1);
  if (data == NULL)
    (void)status_fail(err, VM_ERR_MEMORY,
                      "not enough memory for %zu MiB; close other programs, or give a smaller picture",
                      (size >> 20) + 1);
  return data;
}

/* Reads a whole file of at most `limit` bytes. */
static vm_status read_file(const char *path, size_t limit, bytes *out, vm_error *err) {
  *out = (bytes){0};
  struct stat st;
  if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* to open a pipe waits for whoever writes into it */
    return status_fail_as(err, VM_ERR_ARGUMENT, "file", "not a regular file");
  FILE *f = fopen(path, "rb");
  if (f == NULL) return status_fail_as(err, VM_ERR_ARGUMENT, "file", "%s", strerror(errno));
  vm_status status = VM_OK;
  if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
    status = status_fail_as(err, VM_ERR_ARGUMENT, "file", "not a regular file");
  else if ((uint64_t)st.st_size > limit) status = over_limit((unsigned long long)st.st_size, limit, err);
  size_t size = status == VM_OK ? (size_t)st.st_size : 0;
  uint8_t *data = status == VM_OK ? room_for(size, err) : NULL;
  if (status == VM_OK && data == NULL) status = VM_ERR_MEMORY;
  if (data != NULL && fread(data, 1, size, f) != size)
    status = status_fail_as(err, VM_ERR_ARGUMENT, "file", "could not be read");
  fclose(f);
  if (status != VM_OK) {
    free(data);
    return status;
  }
  out->data = data;
  out->size = size;
  SHA256Data(data, size, out->sha256);
  return VM_OK; /* data belongs to *out now; NOLINT(clang-analyzer-unix.Malloc) */
}

static bool write_file(const char *dir, const char *name, const void *data, size_t size) {
  char path[4096];
  int n = snprintf(path, sizeof path, "%s/%s", dir, name);
  errno = ENAMETOOLONG;
  FILE *f = n > 0 && (size_t)n < sizeof path ? fopen(path, "wb") : NULL;
  bool ok = f != NULL && fwrite(data, 1, size, f) == size;
  if (f != NULL && fclose(f) != 0) ok = false;
  if (!ok) complain(dir, name, strerror(errno));
  if (f != NULL && !ok) (void)remove(path); /* half a result is none */
  return ok;
}

static bool make_folder(const char *path) {
  char part[4096];
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof part) {
    fprintf(stderr, "vmnet: a folder for results needs a name of 1 to %zu bytes\n", sizeof part - 1);
    return false;
  }
  for (size_t i = 1; i <= n; i++)
    if (path[i] == '/' || path[i] == 0) {
      memcpy(part, path, i);
      part[i] = 0;
      if (mkdir(part, 0777) != 0 && errno != EEXIST) {
        complain(NULL, part, strerror(errno));
        return false;
      }
    }
  return true;
}

static bool write_png(const char *dir, const char *name, const uint8_t *pixels, int width, int height, int channels) {
  uint8_t *png = NULL;
  size_t size = 0;
  vm_error err;
  if (photo_png(pixels, width, height, channels, &png, &size, &err) != VM_OK) {
    complain(dir, name, err.text);
    return false;
  }
  bool ok = write_file(dir, name, png, size);
  vm_free(png);
  return ok;
}

/* ---- pictures of a result ---- */

/* Transparent to amber to white-hot, laid over the photograph in place. */
static void overlay(uint8_t *rgba, const uint8_t *heat, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    float h = (float)heat[i] / 255, alpha = 0.7f * h;
    const float colour[3] = {255, 90 + 150 * h, 20 + 60 * h};
    for (size_t c = 0; c < 3; c++) {
      float base = rgba[4 * i + c];
      rgba[4 * i + c] = (uint8_t)(base + alpha * (colour[c] - base) + 0.5f);
    }
  }
}

static bool write_layer(const vm_result *r, const char *dir, const char *name, vm_layer layer, int c, uint8_t *buffer) {
  vm_error err;
  if (vm_render_u8(r, layer, c, 0, r->height, buffer, &err) == VM_OK)
    return write_png(dir, name, buffer, r->width, r->height, 1);
  complain(dir, name, err.text);
  return false;
}

static bool write_pictures(const vm_result *r, const vm_image *photo, const char *dir) {
  size_t pixels = (size_t)r->width * (size_t)r->height;
  uint8_t *layer = malloc(pixels), *copy = malloc(pixels * 4);
  bool ok = (layer != NULL && copy != NULL) || no_memory(dir, pixels * 5);
  ok = ok && write_layer(r, dir, "vessels.png", VM_LAYER_VESSEL_MASK, 0, layer) &&
       write_layer(r, dir, "probability.png", VM_LAYER_VESSELS, 0, layer);
  if (r->disc_map != NULL) ok = ok && write_layer(r, dir, "disc.png", VM_LAYER_DISC, 0, layer);
  if (r->cup_map != NULL) ok = ok && write_layer(r, dir, "cup.png", VM_LAYER_CUP, 0, layer);
  if (r->arteries.map != NULL)
    ok = ok && write_layer(r, dir, "arteries.png", VM_LAYER_ARTERIES, 0, layer) &&
         write_layer(r, dir, "veins.png", VM_LAYER_VEINS, 0, layer);
  for (int k = 0; k < VM_LESIONS && ok; k++) {
    char name[96];
    snprintf(name, sizeof name, "lesions-%s.png", vm_lesion_name((vm_lesion)k));
    if (r->lesions.kinds[k].count > 0) ok = write_layer(r, dir, name, VM_LAYER_LESION_MASK, k, layer);
  }
  for (int c = 0; c < r->class_count && ok; c++) {
    char name[96];
    const char *id = r->classes[c].id;
    snprintf(name, sizeof name, "heatmap-%s.png", id);
    ok = write_layer(r, dir, name, VM_LAYER_HEATMAP, c, layer);
    if (!ok) break;
    memcpy(copy, photo->rgba, pixels * 4);
    overlay(copy, layer, pixels);
    snprintf(name, sizeof name, "overlay-%s.png", id);
    ok = write_png(dir, name, copy, r->width, r->height, 4);
  }
  free(layer);
  free(copy);
  return ok;
}

/* ---- screen ---- */

typedef struct session {
  const settings *set;
  vm_model *model;
  char weights_sha256[SHA256_DIGEST_STRING_LENGTH];
  char binary_sha256[SHA256_DIGEST_STRING_LENGTH];
} session;

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* PHOTO, answer and reasons: codes, a finding's with its class behind a colon. */
static void print_answer(const char *path, const vm_result *r) {
  const vm_decision *d = &r->decision;
  print_name(stdout, path);
  printf("\t%s\t", vm_answer_name(d->answer));
  for (int i = 0; i < d->reason_count; i++) {
    int c = d->reasons[i].class_index;
    printf("%s%s%s%s", i > 0 ? "," : "", vm_reason_name(d->reasons[i].code), c >= 0 ? ":" : "",
           c >= 0 ? r->classes[c].id : "");
  }
  if (r->grade.validity == VM_GRADE_VALID) printf("\tgrade:%d", r->grade.grade);
  if (r->orientation.turned != 0) printf("\tturned:%d", r->orientation.turned);
  printf("\n");
}

/* A photograph and what was found in it; all owned. */
typedef struct screened {
  bytes file;
  vm_image photo;
  dicom_facts dicom;
  vm_result *result;
  char *report; /* JSON on one line */
} screened;

static void screened_free(screened *all) {
  vm_free(all->report);
  vm_result_free(all->result);
  vm_image_free(&all->photo);
  free(all->file.data);
}

/* Fills *out, which holds the file and is to be freed in every case. */
static vm_status screen_bytes(const session *s, const char *path, screened *out, vm_error *err) {
  vm_image *photo = &out->photo;
  const bytes *file = &out->file;
  vm_status status = dicom_is(file->data, file->size) ? dicom_load(file->data, file->size, s->set->frame,
                                                                   s->set->deidentify, photo, &out->dicom, err)
                                                      : vm_image_load(file->data, file->size, photo, err);
  if (status == VM_OK)
    status = vm_screen(s->model, photo->rgba, photo->width, photo->height, &s->set->request, &out->result, err);
  if (status != VM_OK) return status;
  vm_provenance from = {base_name(path),   out->file.sha256,
                        s->weights_sha256, s->binary_sha256[0] ? s->binary_sha256 : NULL,
                        "native",          s->set->options.threads ? s->set->options.threads : 1};
  return vm_report(out->result, &from, &out->report, err);
}

/* The same of a path. */
static vm_status screen_file(const session *s, const char *path, screened *out, vm_error *err) {
  *out = (screened){0};
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    return status_fail_as(err, VM_ERR_ARGUMENT, "file",
                          "a folder; name the photographs in it, FOLDER/*.jpg, or as many as you like: "
                          "find FOLDER -name '*.jpg' -print0 | vmnet screen --jsonl -0");
  vm_status status = read_file(path, VM_MAX_BYTES, &out->file, err);
  return status == VM_OK ? screen_bytes(s, path, out, err) : status;
}

static bool write_objects(const screened *all, const char *dir) {
  const dicom_result of = {all->result, all->report, &all->photo, &all->dicom};
  vm_error err;
  if (!make_folder(dir)) return false;
  if (dicom_write(&of, dir, &err) == VM_OK) return true;
  complain(NULL, dir, err.text);
  return false;
}

/* Where one photograph's results go; NULL where nothing of the kind is asked for. */
typedef struct places {
  const char *out, *dicom;
} places;

static bool write_results(const session *s, const char *path, const screened *all, const places *to) {
  bool ok =
      to->out == NULL || (make_folder(to->out) && write_file(to->out, "report.json", all->report, strlen(all->report)));
  ok = ok && (to->dicom == NULL || write_objects(all, to->dicom));
  if (ok && s->set->json) printf("%s\n", all->report);
  else if (ok) print_answer(path, all->result);
  if (ok && to->out != NULL && !s->set->only_report) ok = write_pictures(all->result, &all->photo, to->out);
  return ok;
}

static bool screen_one(const session *s, const char *path, const places *to) {
  screened all;
  vm_error err;
  bool ok = screen_file(s, path, &all, &err) == VM_OK;
  if (ok && all.dicom.frames > 1) {
    char note[96];
    snprintf(note, sizeof note, "a DICOM object of %d photographs: only number %d was read", all.dicom.frames,
             all.dicom.frame);
    complain(NULL, path, note);
  }
  if (ok) ok = write_results(s, path, &all, to);
  else complain(NULL, path, err.text);
  screened_free(&all);
  return ok;
}

/* Where a photograph's results go. */
typedef struct folder {
  const char *name; /* borrowed [length]: the file's name up to its first dot */
  int length, index;
  int copy; /* 1 for the first photograph of that name, 2 for the second */
} folder;

static int by_name(const void *a, const void *b) {
  const folder *p = a, *q = b;
  int shorter = p->length < q->length ? p->length : q->length, order = memcmp(p->name, q->name, (size_t)shorter);
  if (order == 0) order = p->length - q->length;
  return order != 0 ? order : p->index - q->index;
}

static int by_index(const void *a, const void *b) { return ((const folder *)a)->index - ((const folder *)b)->index; }

/* One for each photograph, in their order; NULL without memory. To be freed. */
static folder *make_folders(char **photos, int count) {
  folder *all = calloc((size_t)count, sizeof *all);
  if (all == NULL) return NULL;
  for (int i = 0; i < count; i++) {
    const char *name = base_name(photos[i]);
    all[i] = (folder){name, (int)strcspn(name, "."), i, 1};
  }
  qsort(all, (size_t)count, sizeof *all, by_name);
  for (int i = 1; i < count; i++)
    if (all[i].length == all[i - 1].length && memcmp(all[i].name, all[i - 1].name, (size_t)all[i].length) == 0)
      all[i].copy = all[i - 1].copy + 1;
  qsort(all, (size_t)count, sizeof *all, by_index);
  return all;
}

enum { FOLDER_ROOM = 4098 }; /* a name that is cut off is still too long for make_folder */

/* DIR for one photograph; DIR/NAME for several. The second of a name gets NAME.2 and so on: no NAME holds a dot, so
 * nothing is written over. */
static void name_folder(const char *out, const folder *f, int count, char dir[FOLDER_ROOM]) {
  if (count == 1) snprintf(dir, FOLDER_ROOM, "%s", out);
  else if (f->copy == 1) snprintf(dir, FOLDER_ROOM, "%s/%.*s", out, f->length, f->name);
  else snprintf(dir, FOLDER_ROOM, "%s/%.*s.%d", out, f->length, f->name, f->copy);
}

static bool open_model(const settings *set, session *s) {
  bytes weights, self;
  vm_error err;
  vm_status status = read_file(set->weights, 256u << 20, &weights, &err);
  const char *remedy = status == VM_OK ? "" : "; name the weights file with --weights FILE (weights/ of the project)";
  memcpy(s->weights_sha256, weights.sha256, sizeof s->weights_sha256);
  unsigned held = dicom_hold(); /* not by its threads, but by this one signals are taken: dicom_tool.h */
  if (status == VM_OK) status = vm_open(weights.data, weights.size, &set->options, &s->model, &err);
  dicom_let_go(held);
  if (status != VM_OK) fprintf(stderr, "vmnet: %s: %s%s\n", set->weights, err.text, remedy);
  free(weights.data);
  if (status == VM_OK && read_file("/proc/self/exe", 256u << 20, &self, NULL) == VM_OK) {
    memcpy(s->binary_sha256, self.sha256, sizeof s->binary_sha256);
    free(self.data);
  }
  return status == VM_OK;
}

/* ---- screen --jsonl ---- */

/* Prints the line of one photograph and frees it; *failed where the line is an error. False where it cannot be written. */
static bool print_line(const char *path, screened *all, const vm_error *err, bool *failed) {
  vm_error short_of;
  char *line = NULL;
  *failed = all->report == NULL;
  bool ok = report_line(path, all->report, err, &line, &short_of) == VM_OK;
  if (!ok) complain(NULL, path, short_of.text);
  else ok = puts(line) >= 0 && fflush(stdout) == 0;
  vm_free(line);
  screened_free(all);
  return ok;
}

enum { LINE_MOST = 4095 }; /* bytes: Linux opens no longer path (PATH_MAX) */

/* What ends with a line's end, or with a zero byte, on standard input. */
typedef struct line {
  char text[LINE_MOST + 1]; /* its beginning, then 0 */
  size_t length;            /* of text */
  bool over;                /* more of it is still to be read past */
} line;

/* False at the end of the list. */
static bool next_line(int end, line *out) {
  int c = 0;
  out->over = false;
  out->length = 0;
  while (!out->over && (c = getc(stdin)) != EOF && c != end) {
    if (out->length < LINE_MOST) out->text[out->length++] = (char)c;
    else out->over = true;
  }
  out->text[out->length] = 0;
  return c != EOF || out->length > 0;
}

static void skip_line(int end) {
  int c;
  do c = getc(stdin);
  while (c != EOF && c != end);
}

static void say_over(bool zeros, vm_error *err) {
  (void)status_fail_as(err, VM_ERR_ARGUMENT, "file", "a line over the limit of %d bytes; end each path with %s",
                       LINE_MOST, zeros ? "a zero byte" : "a line's end");
}

/* What a list from Windows has around its paths, where there is such a file without it: a carriage return or a byte order
 * mark may be a part of a name here. */
static void hint(const line *path, vm_error *err) {
  char bare[LINE_MOST + 1];
  struct stat st;
  size_t n = path->length;
  bool marked = strncmp(path->text, "\xEF\xBB\xBF", 3) == 0, returns = n > 0 && path->text[n - 1] == '\r';
  if (!marked && !returns) return;
  snprintf(bare, sizeof bare, "%.*s", (int)(n - (size_t)returns), path->text);
  if (stat(bare + (marked ? 3 : 0), &st) != 0) return;
  const char *what = returns ? "carriage return at its end" : "byte order mark before it";
  const char *remedy = returns ? "send the list through tr -d '\\r'" : "save the list without one";
  (void)status_fail_as(err, VM_ERR_ARGUMENT, "file", "no such file, but there is one without the %s; %s", what, remedy);
}

/* Answers one path of the list. */
static bool answer_path(const session *s, const line *path, bool *failed) {
  screened all = {0};
  vm_error err;
  if (path->over) say_over(s->set->zeros, &err);
  else if (strlen(path->text) != path->length)
    status_fail_as(&err, VM_ERR_ARGUMENT, "file", "a zero byte in a path; where they end paths, give -0");
  else if (screen_file(s, path->text, &all, &err) != VM_OK && strcmp(err.why, "file") == 0) hint(path, &err);
  bool ok = print_line(path->text, &all, &err, failed);
  if (path->over) skip_line(s->set->zeros ? 0 : '\n');
  return ok;
}

/* Reads past so many bytes of standard input. */
static void skip(unsigned long long size) {
  char part[1 << 14];
  while (size > 0) {
    size_t n = fread(part, 1, size < sizeof part ? (size_t)size : sizeof part, stdin);
    if (n == 0) return;
    size -= n;
  }
}

/* Reads a file of so many bytes off standard input. */
static vm_status take_file(unsigned long long size, bytes *out, vm_error *err) {
  uint8_t *data = size <= VM_MAX_BYTES ? room_for((size_t)size, err) : NULL;
  if (data == NULL) {
    skip(size); /* the next one is to be found */
    return size <= VM_MAX_BYTES ? VM_ERR_MEMORY : over_limit(size, VM_MAX_BYTES, err);
  }
  size_t came = fread(data, 1, (size_t)size, stdin);
  *out = (bytes){.data = data, .size = (size_t)size};
  if (came != size)
    return status_fail_as(err, VM_ERR_ARGUMENT, "file", "standard input ended after %zu of its %llu bytes", came, size);
  SHA256Data(data, out->size, out->sha256);
  return VM_OK;
}

/* Answers one file that follows its "BYTES NAME". */
static bool answer_inline(const session *s, const line *before, bool *failed) {
  const char *head = before->text;
  char *name = NULL;
  bool digit = *head >= '0' && *head <= '9';
  errno = 0;
  unsigned long long size = digit ? strtoull(head, &name, 10) : 0;
  *failed = true;
  if (!digit || errno != 0 || *name != ' ' || name[1] == 0 || strlen(head) != before->length) {
    fputs("vmnet: standard input: a size in bytes, a space and a name must stand before each file, not '", stderr);
    for (size_t i = 0; i < before->length && i < 40; i++) putc(head[i] >= ' ' && head[i] < 127 ? head[i] : '?', stderr);
    fputs("'; what follows was not read\n", stderr);
    return false;
  }
  screened all = {0};
  vm_error err;
  if (before->over) {
    say_over(s->set->zeros, &err);
    skip_line(s->set->zeros ? 0 : '\n');
    skip(size);
  } else if (take_file(size, &all.file, &err) == VM_OK) (void)screen_bytes(s, name + 1, &all, &err);
  return print_line(name + 1, &all, &err, failed);
}

static int screen_list(const settings *set, int count) {
  if (count > 0 || set->out != NULL || set->dicom != NULL || set->json) {
    fprintf(stderr,
            "vmnet: screen --jsonl reads paths from standard input: leave out PHOTO, --out, --dicom and --json\n");
    return EXIT_USAGE;
  }
  session s = {.set = set};
  if (!open_model(set, &s)) return EXIT_WEIGHTS;
  line head;
  bool going = true, some_failed = false;
  while (going && next_line(set->zeros ? 0 : '\n', &head)) {
    bool failed = false;
    going = (set->in_line ? answer_inline : answer_path)(&s, &head, &failed);
    some_failed |= failed;
  }
  if (going && !feof(stdin)) {
    fprintf(stderr, "vmnet: standard input: %s\n", strerror(errno));
    going = false;
  }
  vm_close(s.model);
  return going && !some_failed ? EXIT_FINE : EXIT_SOME_FAILED;
}

static int screen(const settings *set, char **photos, int count) {
  if (set->jsonl) return screen_list(set, count);
  if (set->zeros || set->in_line) {
    fprintf(stderr, "vmnet: %s tells how the list of screen --jsonl is written; give both or neither\n",
            set->zeros ? "-0" : "--inline");
    return EXIT_USAGE;
  }
  if (count == 0 || (set->out == NULL && set->dicom == NULL)) {
    fprintf(stderr, "vmnet: screen needs at least one PHOTO and --out DIR or --dicom DIR; see vmnet --help\n");
    return EXIT_USAGE;
  }
  session s = {.set = set};
  if (!open_model(set, &s)) return EXIT_WEIGHTS;
  folder *folders = make_folders(photos, count);
  int bad = folders != NULL ? 0 : count;
  if (folders == NULL) no_memory("screen", (size_t)count * sizeof *folders);
  for (int i = 0; folders != NULL && i < count; i++) {
    char out[FOLDER_ROOM], dicom[FOLDER_ROOM];
    if (set->out != NULL) name_folder(set->out, &folders[i], count, out);
    if (set->dicom != NULL) name_folder(set->dicom, &folders[i], count, dicom);
    const places to = {set->out != NULL ? out : NULL, set->dicom != NULL ? dicom : NULL};
    if (count > 1) {
      fprintf(stderr, "[%d/%d] ", i + 1, count);
      print_name(stderr, photos[i]);
      putc('\n', stderr);
    }
    bad += !screen_one(&s, photos[i], &to);
  }
  if (bad > 0 && count > 1) fprintf(stderr, "vmnet: %d of %d photographs could not be screened\n", bad, count);
  free(folders);
  vm_close(s.model);
  return bad > 0 ? EXIT_SOME_FAILED : EXIT_FINE;
}

/* ---- info, phantom ---- */

static int info(const settings *set) {
  session s = {.set = set};
  char *json = NULL;
  vm_error err;
  if (!open_model(set, &s)) return EXIT_WEIGHTS;
  int code = EXIT_FINE;
  if (vm_info(s.model, &json, &err) == VM_OK) printf("%s\n", json);
  else code = EXIT_SOME_FAILED, fprintf(stderr, "vmnet: %s\n", err.text);
  vm_free(json);
  vm_close(s.model);
  return code;
}

static int phantom(const settings *set) {
  if (set->out == NULL) {
    fprintf(stderr, "vmnet: phantom needs --out DIR; see vmnet --help\n");
    return EXIT_USAGE;
  }
  vm_phantom_spec spec = set->phantom;
  size_t pixels = (size_t)spec.width * (size_t)spec.height;
  vm_error err;
  uint8_t *rgba = malloc(pixels * 4), *vessels = malloc(pixels), *lesions = malloc(pixels);
  bool ok = (rgba != NULL && vessels != NULL && lesions != NULL) || no_memory("phantom", pixels * 6);
  if (ok && vm_phantom(&spec, rgba, vessels, lesions, NULL, &err) != VM_OK) {
    fprintf(stderr, "vmnet: %s\n", err.text);
    ok = false;
  }
  ok = ok && make_folder(set->out) && write_png(set->out, "phantom.png", rgba, spec.width, spec.height, 4) &&
       write_png(set->out, "phantom-vessels.png", vessels, spec.width, spec.height, 1) &&
       write_png(set->out, "phantom-lesions.png", lesions, spec.width, spec.height, 1);
  free(rgba);
  free(vessels);
  free(lesions);
  return ok ? EXIT_FINE : EXIT_SOME_FAILED;
}

/* ---- command line ---- */

static bool whole_number(const char *name, const char *text, int low, int high, int *out) {
  char *end = NULL;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != 0 || value < low || value > high) {
    fprintf(stderr, "vmnet: %s %s: must be a whole number from %d to %d\n", name, text, low, high);
    return false;
  }
  *out = (int)value;
  return true;
}

static bool side_of_input(const char *text, int *out) {
  if (!whole_number("--size", text, VM_SIZE_MIN, VM_SIZE_MAX, out)) return false;
  if (*out % VM_SIZE_STEP == 0) return true;
  fprintf(stderr, "vmnet: --size %s: must be %d to %d in steps of %d\n", text, VM_SIZE_MIN, VM_SIZE_MAX, VM_SIZE_STEP);
  return false;
}

static bool number_within(const char *name, const char *text, float low, float high, float *out) {
  char *end = NULL;
  float value = strtof(text, &end); /* with a point: nobody calls setlocale, so the locale is C's */
  if (end == text || *end != 0 || !(value >= low && value <= high)) {
    fprintf(stderr, "vmnet: %s %s: must be a number from %g to %g\n", name, text, (double)low, (double)high);
    return false;
  }
  *out = value;
  return true;
}

static bool lesion_list(const char *text, unsigned *out) {
  static const struct {
    const char *name;
    unsigned bit;
  } known[] = {
      {"haemorrhages", VM_LESION_HAEMORRHAGES}, {"exudates", VM_LESION_EXUDATES}, {"drusen", VM_LESION_DRUSEN}};
  while (*text) {
    size_t n = strcspn(text, ","), i = 0;
    while (i < 3 && (strlen(known[i].name) != n || strncmp(text, known[i].name, n) != 0)) i++;
    if (i == 3) {
      fprintf(stderr, "vmnet: --lesions %s: choose from haemorrhages,exudates,drusen\n", text);
      return false;
    }
    *out |= known[i].bit;
    text += n + (text[n] == ',');
  }
  return true;
}

static bool point_named(const char *text, vm_point *out) {
  for (int p = VM_POINT_SCREENING; p <= VM_POINT_SPECIFIC; p++) {
    if (strcmp(text, vm_point_name((vm_point)p)) != 0) continue;
    *out = (vm_point)p;
    return true;
  }
  fprintf(stderr, "vmnet: --point %s: choose screening, balanced or specific\n", text);
  return false;
}

enum {
  OPT_OUT = 256,
  OPT_JSON,
  OPT_JSONL,
  OPT_INLINE,
  OPT_SIZE,
  OPT_GUIDE,
  OPT_THREADS,
  OPT_WEIGHTS,
  OPT_REPORT,
  OPT_SEED,
  OPT_SIDE,
  OPT_LESIONS,
  OPT_CUP,
  OPT_CALIBRE,
  OPT_POINT,
  OPT_FINE,
  OPT_FRAME,
  OPT_DEIDENTIFY,
  OPT_DICOM
};

static bool apply(settings *s, int option, const char *value) {
  int number = 0;
  switch (option) {
  case OPT_OUT: s->out = value; return true;
  case OPT_JSON: return s->json = true;
  case OPT_JSONL: return s->jsonl = true;
  case OPT_INLINE: return s->in_line = true;
  case '0': return s->zeros = true;
  case OPT_REPORT: return s->only_report = true;
  case OPT_WEIGHTS: s->weights = value; return true;
  case OPT_SIZE: return side_of_input(value, &s->options.size);
  case OPT_THREADS: return whole_number("--threads", value, 1, VM_MAX_THREADS, &s->options.threads);
  case OPT_GUIDE:
    if (!number_within("--guide", value, 0, 1, &s->request.guide)) return false;
    if (s->request.guide == 0) s->request.guide = VM_GUIDE_OFF;
    return true;
  case OPT_FINE: return s->request.fine = 1;
  case OPT_POINT: return point_named(value, &s->request.point);
  case OPT_DICOM: s->dicom = value; return true;
  case OPT_FRAME: return whole_number("--frame", value, 1, INT32_MAX, &s->frame);
  case OPT_DEIDENTIFY: return s->deidentify = true;
  case OPT_CUP: return number_within("--cup", value, 0.01f, 1, &s->phantom.cup);
  case OPT_CALIBRE: return number_within("--calibre", value, VM_CALIBRE_MIN, VM_CALIBRE_MAX, &s->phantom.calibre);
  case OPT_LESIONS: return lesion_list(value, &s->phantom.lesions);
  case OPT_SEED:
    if (!whole_number("--seed", value, 0, INT32_MAX, &number)) return false;
    s->phantom.seed = (uint32_t)number;
    return true;
  case OPT_SIDE:
    if (!whole_number("--side", value, VM_MIN_SIDE, 6000, &number)) return false;
    s->phantom.width = s->phantom.height = number;
    return true;
  default: return false;
  }
}

static int command(int argc, char **argv) {
  static const struct option known[] = {{"out", required_argument, NULL, OPT_OUT},
                                        {"dicom", required_argument, NULL, OPT_DICOM},
                                        {"json", no_argument, NULL, OPT_JSON},
                                        {"jsonl", no_argument, NULL, OPT_JSONL},
                                        {"inline", no_argument, NULL, OPT_INLINE},
                                        {"size", required_argument, NULL, OPT_SIZE},
                                        {"guide", required_argument, NULL, OPT_GUIDE},
                                        {"threads", required_argument, NULL, OPT_THREADS},
                                        {"weights", required_argument, NULL, OPT_WEIGHTS},
                                        {"only-report", no_argument, NULL, OPT_REPORT},
                                        {"seed", required_argument, NULL, OPT_SEED},
                                        {"side", required_argument, NULL, OPT_SIDE},
                                        {"lesions", required_argument, NULL, OPT_LESIONS},
                                        {"cup", required_argument, NULL, OPT_CUP},
                                        {"calibre", required_argument, NULL, OPT_CALIBRE},
                                        {"point", required_argument, NULL, OPT_POINT},
                                        {"fine", no_argument, NULL, OPT_FINE},
                                        {"frame", required_argument, NULL, OPT_FRAME},
                                        {"deidentify", no_argument, NULL, OPT_DEIDENTIFY},
                                        {"help", no_argument, NULL, 'h'},
                                        {"version", no_argument, NULL, 'v'},
                                        {NULL, 0, NULL, 0}};
  settings set = {.weights = "weights/vmnet.safetensors", .phantom = {.width = 1024, .height = 1024}, .frame = 1};
  opterr = 0; /* getopt's own words come in the language of the system */
  for (int o; (o = getopt_long(argc, argv, ":hv0", known, NULL)) != -1;) {
    if (o == '?' || o == ':') {
      fprintf(stderr, "vmnet: %s: %s; `vmnet --help` lists the options\n", argv[optind - 1],
              o == ':' ? "a value has to follow" : "no such option, or it takes no value");
      return EXIT_USAGE;
    }
    if (o == 'h') return !help(stdout);
    if (o == 'v') return puts("vmnet " VM_VERSION) < 0;
    if (!apply(&set, o, optarg)) return EXIT_USAGE;
  }
  int rest = argc - optind;
  char **words = argv + optind;
  if (rest >= 1 && strcmp(words[0], "screen") == 0) return screen(&set, words + 1, rest - 1);
  if (rest >= 1 && rest <= 2 && strcmp(words[0], "info") == 0) {
    if (rest == 2) set.weights = words[1];
    return info(&set);
  }
  if (rest == 1 && strcmp(words[0], "phantom") == 0) return phantom(&set);
  (void)help(stderr);
  return EXIT_USAGE;
}

int main(int argc, char **argv) {
  (void)signal(SIGCHLD, SIG_DFL); /* who starts this may ignore it; then nobody can wait for a program's end */
  return all_printed(command(argc, argv));
}
