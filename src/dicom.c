#include "dicom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom_dump.h"
#include "dicom_inflate.h"
#include "dicom_pixels.h"
#include "dicom_tool.h"
#include "dicom_value.h"
#include "photo_inspect.h"
#include "photo_jpeg.h"
#include "photo_samples.h"
#include "status.h"

#define REMEDY "; export the photograph as JPEG or PNG from the DICOM viewer"
#define REFUSED(why, ...) status_fail_as(err, VM_ERR_FORMAT, "dicom-" why, "a DICOM object, but " __VA_ARGS__)
#define DAMAGED(...) status_fail_as(err, VM_ERR_DAMAGED, "dicom", "a DICOM object, but " __VA_ARGS__)
#define AGAIN "; copy or export it again"
#define PIXELS "(7FE0,0010) "

/* Names in the folder; decoded: by dcmdjpeg and its like. */
#define OBJECT "object.dcm"
#define DECODED "decoded.dcm"

enum { MOST_FRAGMENTS = 4096 }; /* a photograph has one or a few; each is a file for a moment */

typedef enum coding { RAW, RLE, JPEG, JPEG_LOSSLESS, JPEG_LS, JPEG_2000, CODINGS } coding;

static const char *const CODING_NAMES[CODINGS] = {"raw", "rle", "jpeg", "jpeg-lossless", "jpeg-ls", "jpeg-2000"};

/* Transfer syntaxes: how the pixels are coded. */
static const struct {
  const char *uid;
  coding how;
} SYNTAXES[] = {
    {"1.2.840.10008.1.2", RAW},
    {"1.2.840.10008.1.2.1", RAW},
    {"1.2.840.10008.1.2.2", RAW},
    {"1.2.840.10008.1.2.5", RLE},
    {"1.2.840.10008.1.2.4.50", JPEG},
    {"1.2.840.10008.1.2.4.51", JPEG},
    {"1.2.840.10008.1.2.4.57", JPEG_LOSSLESS},
    {"1.2.840.10008.1.2.4.70", JPEG_LOSSLESS},
    {"1.2.840.10008.1.2.4.80", JPEG_LS},
    {"1.2.840.10008.1.2.4.81", JPEG_LS},
    {"1.2.840.10008.1.2.4.90", JPEG_2000},
    {"1.2.840.10008.1.2.4.91", JPEG_2000},
};

/* SOP classes: photographs have no name here, and others that come in folders of an eye clinic have theirs. */
static const struct {
  const char *uid, *name;
} KINDS[] = {
    {"1.2.840.10008.5.1.4.1.1.77.1.5.1", NULL}, /* Ophthalmic Photography 8 Bit */
    {"1.2.840.10008.5.1.4.1.1.77.1.4", NULL},   /* VL Photographic */
    {"1.2.840.10008.5.1.4.1.1.7", NULL},        /* Secondary Capture */
    {"1.2.840.10008.5.1.4.1.1.7.2", NULL},      /* Multi-frame Grayscale Byte Secondary Capture */
    {"1.2.840.10008.5.1.4.1.1.7.4", NULL},      /* Multi-frame True Color Secondary Capture */
    {"1.2.840.10008.1.3.10", "DICOMDIR"},
    {"1.2.840.10008.5.1.4.1.1.2", "CT Image"},
    {"1.2.840.10008.5.1.4.1.1.4", "MR Image"},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.2", "Ophthalmic Photography 16 Bit Image"},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.4", "Ophthalmic Tomography Image"},
    {"1.2.840.10008.5.1.4.1.1.66.4", "Segmentation"},
    {"1.2.840.10008.5.1.4.1.1.88.33", "Comprehensive SR"},
    {"1.2.840.10008.5.1.4.1.1.88.34", "Comprehensive 3D SR"},
    {"1.2.840.10008.5.1.4.1.1.88.22", "Enhanced SR"},
    {"1.2.840.10008.5.1.4.1.1.104.1", "Encapsulated PDF"},
};

/* Photometric interpretations and the samples of each. */
static const struct {
  const char *name;
  unsigned samples;
} COLOURS[] = {{"RGB", 3},     {"YBR_FULL", 3},      {"YBR_FULL_422", 3}, {"YBR_RCT", 3},
               {"YBR_ICT", 3}, {"PALETTE COLOR", 1}, {"MONOCHROME1", 1},  {"MONOCHROME2", 1}};

/* What is asked of dcmdump: what is read here, and the words in their order. */
static const char *const TAGS[] = {"0002,0010", "0008,0016", "0028,0002", "0028,0004", "0028,0006",
                                   "0028,0008", "0028,0010", "0028,0011", "0028,0030", "0028,0100",
                                   "0028,0101", "0028,1101", "0028,1102", "0028,1103", "0028,1201",
                                   "0028,1202", "0028,1203", "0020,0060", "0020,0062", "7fe0,0010"};
static const struct {
  const char *tag, *vr;
} WORDS[DICOM_WORDS] = {[DICOM_PATIENT_NAME] = {"0010,0010", "PN"},
                        [DICOM_PATIENT_ID] = {"0010,0020", "LO"},
                        [DICOM_BIRTH_DATE] = {"0010,0030", "DA"},
                        [DICOM_SEX] = {"0010,0040", "CS"},
                        [DICOM_STUDY] = {"0020,000d", "UI"},
                        [DICOM_SERIES] = {"0020,000e", "UI"},
                        [DICOM_INSTANCE] = {"0008,0018", "UI"},
                        [DICOM_STUDY_ID] = {"0020,0010", "SH"},
                        [DICOM_STUDY_DATE] = {"0008,0020", "DA"},
                        [DICOM_STUDY_TIME] = {"0008,0030", "TM"},
                        [DICOM_ACCESSION] = {"0008,0050", "SH"},
                        [DICOM_REFERRER] = {"0008,0090", "PN"},
                        [DICOM_FRAME_OF_REFERENCE] = {"0020,0052", "UI"}};

typedef struct object {
  dicom_folder folder;
  char *dump;   /* owned: a text, what dcmdump says */
  char *pixels; /* owned: the same of the pixel data alone, with the files that they stand in */
  bool whole;   /* whether it could be read to its end */
  coding how;
  dicom_layout layout;
  int frames;
} object;

bool dicom_is(const void *bytes, size_t size) {
  return size >= 132 && memcmp((const uint8_t *)bytes + 128, "DICM", 4) == 0;
}

/* ---- what the object says ---- */

/* What dcmdump says, called with these words; to be freed. */
static vm_status dumped(const dicom_folder *folder, const char *const *words, char **dump, bool *whole, vm_error *err) {
  uint8_t *said = NULL;
  size_t size = 0;
  vm_status status = dicom_run(folder, "dcmtk", words, whole, err);
  if (status == VM_OK) status = dicom_folder_read(folder, DICOM_SAID, &said, &size, err);
  if (status == VM_OK && said == NULL) said = calloc(1, 1);
  if (status == VM_OK && said == NULL) status = status_fail(err, VM_ERR_MEMORY, "photograph: out of memory");
  for (size_t i = 0; i < size && said != NULL; i++)
    if (said[i] == 0) said[i] = ' ';
  *dump = (char *)said;
  return status;
}

/* All but long pixel data: no palette is longer than 132 KiB. */
static vm_status dump_object(const dicom_folder *folder, bool utf8, char **dump, bool *whole, vm_error *err) {
  enum { TAG_COUNT = sizeof TAGS / sizeof *TAGS, MOST = 16 + 2 * (TAG_COUNT + DICOM_WORDS) };
  const char *words[MOST] = {"dcmdump", "+E", "+L", "-M", "+R", "132", "-Un", "+p"};
  int n = 8;
  if (utf8) words[n++] = "+U8";
  for (int i = 0; i < TAG_COUNT + DICOM_WORDS; i++) {
    words[n++] = "+P";
    words[n++] = i < TAG_COUNT ? TAGS[i] : WORDS[i - TAG_COUNT].tag;
  }
  words[n] = OBJECT;
  return dumped(folder, words, dump, whole, err);
}

/* The pixel data of a file, each piece of which becomes a file of the folder. */
static vm_status dump_pixels(const dicom_folder *folder, const char *name, char **dump, bool *whole, vm_error *err) {
  const char *words[16] = {"dcmdump", "+E", "-Un", "+p", "+W", ".", "+P", "7fe0,0010", "+P", "0028,0006", name};
  return dumped(folder, words, dump, whole, err);
}

/* Names the tag that dcmdump's first complaint is about. */
static vm_status not_to_its_end(const object *o, vm_error *err) {
  char reason[100], tag[12] = "(0002,0010)";
  dicom_complaint(&o->folder, "dcmdump ended early", reason, sizeof reason);
  const char *at = strchr(reason, '(');
  while (at != NULL && !(strlen(at) > 10 && at[5] == ',' && at[10] == ')')) at = strchr(at + 1, '(');
  if (at != NULL) snprintf(tag, sizeof tag, "%.11s", at);
  /* an item of the pixel data, which come last, or their end */
  if ((at == NULL || strncmp(tag, "(fffe,", 6) == 0) && strstr(o->dump, "\n(7fe0,0010) ") != NULL)
    snprintf(tag, sizeof tag, "(7FE0,0010)");
  for (char *c = tag; *c != 0; c++) *c = (char)(*c >= 'a' && *c <= 'f' ? *c - 32 : *c);
  return DAMAGED("%s cannot be read to its end, or what follows it (%s)" AGAIN, tag, reason);
}

static vm_status check_kind(const object *o, vm_error *err) {
  char uid[65];
  (void)dicom_text(o->dump, "0008,0016", uid, sizeof uid);
  const char *name = *uid != 0 ? uid : "no kind (0008,0016)";
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
    if (strcmp(KINDS[i].uid, uid) != 0) continue;
    if (KINDS[i].name == NULL) return VM_OK;
    name = KINDS[i].name;
  }
  return REFUSED("kind", "of the kind %s, which is not a photograph" REMEDY, name);
}

static vm_status missing(const char *tag, vm_error *err) { return DAMAGED("(%s) is missing" AGAIN, tag); }

static vm_status read_layout(object *o, vm_error *err) {
  unsigned allocated = 0, stored = 0, samples = 0, planar = 0, rows = 0, columns = 0;
  if (!dicom_number(o->dump, "0028,0100", 0, &allocated)) return missing("0028,0100", err);
  if (!dicom_number(o->dump, "0028,0101", 0, &stored)) stored = allocated;
  if (allocated != 8 || stored != 8)
    return REFUSED("bits", "of %u bits a sample (0028,010%d), and 8 are read here" REMEDY,
                   stored != 8 ? stored : allocated, stored != 8);
  dicom_layout *out = &o->layout;
  (void)dicom_text(o->dump, "0028,0004", out->colours, sizeof out->colours);
  if (!dicom_number(o->dump, "0028,0002", 0, &samples)) return missing("0028,0002", err);
  bool known = false;
  for (size_t i = 0; i < sizeof COLOURS / sizeof *COLOURS; i++)
    known |= strcmp(COLOURS[i].name, out->colours) == 0 && COLOURS[i].samples == samples;
  if (!known)
    return REFUSED("colours", "of the colours %s in %u samples (0028,0004), which are not read here" REMEDY,
                   *out->colours != 0 ? out->colours : "none", samples);
  char frames[16];
  bool said = dicom_text(o->dump, "0028,0008", frames, sizeof frames);
  long count = said ? strtol(frames, NULL, 10) : 1;
  o->frames = count > 0 && count <= INT32_MAX ? (int)count : 0;
  if (o->frames < 1) return DAMAGED("(0028,0008) gives no number of frames" AGAIN);
  if (!dicom_number(o->dump, "0028,0010", 0, &rows)) return missing("0028,0010", err);
  if (!dicom_number(o->dump, "0028,0011", 0, &columns)) return missing("0028,0011", err);
  (void)dicom_number(o->dump, "0028,0006", 0, &planar);
  out->samples = (int)samples;
  out->planar = samples > 1 && planar == 1;
  out->width = (int)columns;
  out->height = (int)rows;
  return VM_OK;
}

/* Writes the pixel data out, unless they are in more pieces than a photograph is. */
static vm_status write_pieces(object *o, vm_error *err) {
  int pieces = 0;
  char name[64];
  bool there = dicom_pixel_file(o->dump, 0, &pieces, name), good = true;
  if (pieces > MOST_FRAGMENTS + 1) /* one is the table of offsets */
    return DAMAGED(PIXELS "is in %d fragments, over the limit of %d" AGAIN, pieces - 1, MOST_FRAGMENTS);
  vm_status status = there ? dump_pixels(&o->folder, OBJECT, &o->pixels, &good, err) : VM_OK;
  if (status != VM_OK || !good) return status == VM_OK ? not_to_its_end(o, err) : status;
  there = there && dicom_pixel_file(o->pixels, 0, &pieces, name);
  return there && (pieces > 0 || *name != 0) ? VM_OK : REFUSED("no-pixels", "without pixel data (7FE0,0010)" REMEDY);
}

/* In the order in which the page refuses. */
static vm_status check_object(object *o, vm_error *err) {
  char syntax[65];
  if (!dicom_text(o->dump, "0002,0010", syntax, sizeof syntax))
    return DAMAGED("(0002,0010) the transfer syntax, is missing" AGAIN);
  size_t i = 0, count = sizeof SYNTAXES / sizeof *SYNTAXES;
  while (i < count && strcmp(SYNTAXES[i].uid, syntax) != 0) i++;
  if (i == count) return REFUSED("syntax", "of transfer syntax %s, which is not read here" REMEDY, syntax);
  o->how = SYNTAXES[i].how;
  if (!o->whole) return not_to_its_end(o, err);
  vm_status status = check_kind(o, err);
  if (status == VM_OK) status = write_pieces(o, err);
  return status == VM_OK ? read_layout(o, err) : status;
}

/* Puts it into the folder, unpacked. */
static vm_status write_object(const dicom_folder *folder, const void *bytes, size_t size, vm_error *err) {
  uint8_t *whole = NULL;
  size_t length = 0;
  const char *why = "";
  vm_status status = dicom_inflate(bytes, size, &whole, &length, &why);
  if (status == VM_ERR_DAMAGED)
    return DAMAGED("(0002,0010) says deflated, and the rest cannot be unpacked (%s)" AGAIN, why);
  if (status != VM_OK) return status_fail(err, status, "photograph: no memory to unpack it; close other programs");
  status = whole != NULL ? dicom_folder_write(folder, OBJECT, whole, length, err)
                         : dicom_folder_write(folder, OBJECT, bytes, size, err);
  free(whole);
  return status;
}

static vm_status open_object(const void *bytes, size_t size, object *o, vm_error *err) {
  vm_status status = dicom_folder_open(&o->folder, err);
  if (status == VM_OK) status = write_object(&o->folder, bytes, size, err);
  if (status == VM_OK) status = dump_object(&o->folder, true, &o->dump, &o->whole, err);
  if (status == VM_OK && !o->whole) { /* dcmdump does not know every character set */
    free(o->dump);
    o->dump = NULL;
    status = dump_object(&o->folder, false, &o->dump, &o->whole, err);
  }
  return status == VM_OK ? check_object(o, err) : status;
}

static void take_facts(const object *o, int frame, bool deidentify, dicom_facts *out) {
  *out = (dicom_facts){.known = true, .deidentified = deidentify, .frame = frame, .frames = o->frames};
  (void)dicom_text(o->dump, "0008,0016", out->sop_class, sizeof out->sop_class);
  char side[32] = "", spacing[64] = "";
  if (!dicom_text(o->dump, "0020,0062", side, sizeof side)) /* the image's, else the series' */
    (void)dicom_text(o->dump, "0020,0060", side, sizeof side);
  if (strcmp(side, "R") == 0 || strcmp(side, "L") == 0 || strcmp(side, "B") == 0) out->side = side[0];
  (void)dicom_text(o->dump, "0028,0030", spacing, sizeof spacing);
  char *end = NULL;
  double rows = strtod(spacing, &end), columns = *end == '\\' ? strtod(end + 1, NULL) : 0;
  if (rows > 0 && columns > 0 && rows < 1e6 && columns < 1e6)
    snprintf(out->spacing, sizeof out->spacing, "%.9g\\%.9g", rows, columns);
  for (int i = 0; i < DICOM_WORDS && !deidentify; i++) {
    (void)dicom_text(o->dump, WORDS[i].tag, out->words[i], sizeof out->words[i]);
    dicom_bring_into_form(WORDS[i].vr, out->words[i]);
  }
}

/* ---- its pixels ---- */

/* All frames, of pixel data in one piece; *out is NULL where they are not. To be freed. */
static vm_status read_frames(const object *o, const char *pixels, uint8_t **out, size_t *size, vm_error *err) {
  int pieces = 0;
  char name[64];
  *out = NULL;
  *size = 0;
  if (!dicom_pixel_file(pixels, 0, &pieces, name) || pieces > 0 || *name == 0) return VM_OK;
  return dicom_folder_read(&o->folder, name, out, size, err);
}

/* A file of the folder; VM_ERR_DAMAGED where it is not there. To be freed. */
static vm_status read_piece(const object *o, const char *name, uint8_t **out, size_t *size, vm_error *err) {
  vm_status status = dicom_folder_read(&o->folder, name, out, size, err);
  if (status == VM_OK && *out == NULL) return DAMAGED(PIXELS "cannot be decoded (a part of it is empty)" AGAIN);
  return status;
}

static size_t pixels_of(const dicom_layout *l) { return (size_t)l->width * (size_t)l->height; }

static vm_status no_memory(const dicom_layout *l, vm_error *err) {
  return status_fail(err, VM_ERR_MEMORY, "no memory for its pixels (%d x %d); scale it down or close other programs",
                     l->width, l->height);
}

/* samples: of the frame. */
static vm_status to_rgba(const object *o, const uint8_t *samples, bool planar, uint8_t *rgba, vm_error *err) {
  dicom_layout layout = o->layout;
  dicom_palette palette;
  layout.planar = planar;
  bool indexed = strcmp(layout.colours, "PALETTE COLOR") == 0;
  if (indexed && !dicom_palette_of(o->dump, &palette))
    return DAMAGED("(0028,1201) to (0028,1203), the palette, are not whole" AGAIN);
  dicom_to_rgba(samples, &layout, indexed ? &palette : NULL, rgba);
  return VM_OK;
}

static vm_status decode_raw(const object *o, int frame, uint8_t *rgba, vm_error *err) {
  bool halved = strcmp(o->layout.colours, "YBR_FULL_422") == 0;
  size_t count = pixels_of(&o->layout), each = halved ? (count + 1) / 2 * 4 : count * (size_t)o->layout.samples;
  uint8_t *bytes = NULL;
  size_t size = 0;
  char name[64];
  int pieces = 0;
  if (dicom_pixel_file(o->pixels, 0, &pieces, name) && pieces > 0)
    return DAMAGED(PIXELS "is in fragments, and its transfer syntax has none" AGAIN);
  vm_status status = read_frames(o, o->pixels, &bytes, &size, err);
  if (status == VM_OK && (bytes == NULL || size < ((size_t)frame + 1) * each))
    status = DAMAGED(PIXELS "holds %zu bytes, and its frames need %zu" AGAIN, size, (size_t)o->frames * each);
  if (status == VM_OK && halved) dicom_from_422(bytes + (size_t)frame * each, count, rgba);
  else if (status == VM_OK) status = to_rgba(o, bytes + (size_t)frame * each, o->layout.planar, rgba, err);
  free(bytes);
  return status;
}

/* Whether a fragment ends a JPEG picture. */
static bool ends_picture(const uint8_t *p, size_t size) {
  if (size > 2 && p[size - 1] == 0) size--; /* filled up to an even number */
  return size >= 2 && p[size - 2] == 0xFF && p[size - 1] == 0xD9;
}

typedef struct fragments {
  int count, *frame_of; /* owned [count] */
} fragments;

/* Which frame each fragment belongs to; pieces are the table of offsets and the fragments. */
static vm_status sort_fragments(const object *o, int pieces, fragments *out, vm_error *err) {
  int count = pieces - 1;
  *out = (fragments){0};
  if (count < 1) return DAMAGED(PIXELS "is not in fragments, as its transfer syntax has it" AGAIN);
  out->frame_of = calloc((size_t)count, sizeof *out->frame_of);
  if (out->frame_of == NULL) return no_memory(&o->layout, err);
  out->count = count;
  bool each = out->count == o->frames, by_marks = o->how == JPEG || o->how == JPEG_LOSSLESS;
  uint8_t *table = NULL;
  size_t size = 0, offset = 0;
  char name[64];
  vm_status status = VM_OK;
  if (!each && o->frames > 1 && dicom_pixel_file(o->pixels, 0, &pieces, name) && *name != 0)
    status = dicom_folder_read(&o->folder, name, &table, &size, err);
  bool by_table = size == 4 * (size_t)o->frames;
  if (status == VM_OK && !each && o->frames > 1 && !by_table && !by_marks)
    status =
        DAMAGED(PIXELS "has %d fragments for %d frames, and no table that says which" AGAIN, out->count, o->frames);
  for (int i = 0, frame = 0; i < out->count && status == VM_OK; i++) {
    out->frame_of[i] = each ? i : frame;
    if (each || o->frames == 1) continue;
    uint8_t *bytes = NULL;
    size_t length = 0;
    (void)dicom_pixel_file(o->pixels, i + 1, &pieces, name);
    status = dicom_folder_read(&o->folder, name, &bytes, &length, err);
    offset += 8 + length;
    const uint8_t *next = table != NULL && frame + 1 < o->frames ? table + 4 * ((size_t)frame + 1) : NULL;
    bool last = by_table ? next != NULL && offset >= ((size_t)next[0] | (size_t)next[1] << 8 | (size_t)next[2] << 16 |
                                                      (size_t)next[3] << 24)
                         : bytes != NULL && ends_picture(bytes, length);
    frame += last;
    free(bytes);
  }
  free(table);
  return status;
}

/* The frame's own bytes, all its fragments; to be freed. */
static vm_status coded_frame(const object *o, int frame, uint8_t **out, size_t *size, vm_error *err) {
  int pieces = 0;
  char name[64];
  fragments all = {0};
  *out = NULL;
  *size = 0;
  (void)dicom_pixel_file(o->pixels, 0, &pieces, name);
  vm_status status = sort_fragments(o, pieces, &all, err);
  for (int i = 0; i < all.count && status == VM_OK; i++) {
    if (all.frame_of[i] != frame || !dicom_pixel_file(o->pixels, i + 1, &pieces, name) || *name == 0) continue;
    uint8_t *bytes = NULL, *longer = NULL;
    size_t length = 0;
    status = read_piece(o, name, &bytes, &length, err);
    if (status == VM_OK) longer = realloc(*out, *size + length + 1);
    if (status == VM_OK && longer == NULL) status = no_memory(&o->layout, err);
    if (longer != NULL) {
      memcpy(longer + *size, bytes, length);
      *out = longer;
      *size += length;
    }
    free(bytes);
  }
  free(all.frame_of);
  if (status == VM_OK && *out == NULL) status = DAMAGED(PIXELS "holds no %s picture" AGAIN, CODING_NAMES[o->how]);
  return status;
}

/* Whether the picture is of the kind that the transfer syntax says. */
static bool is_of(coding how, unsigned mark) {
  coding real = mark == 0x51 ? JPEG_2000 : mark == 0xF7 ? JPEG_LS : mark == 0xC3 ? JPEG_LOSSLESS : JPEG;
  return how == real;
}

/* What the picture's own header says, before a codec makes room for it. */
static vm_status check_head(const object *o, const uint8_t *coded, size_t size, vm_error *err) {
  dicom_head head;
  const dicom_layout *l = &o->layout;
  if (!dicom_head_of(coded, size, &head) || !is_of(o->how, head.mark))
    return DAMAGED(PIXELS "holds no %s picture" AGAIN, CODING_NAMES[o->how]);
  if (head.bits != 8)
    return REFUSED("bits", "of %d bits a sample in (7FE0,0010), and 8 are read here" REMEDY, head.bits);
  if (head.width != l->width || head.height != l->height || head.samples != l->samples)
    return DAMAGED(PIXELS "holds %lld x %lld pixels of %d samples, and (0028,0010) and (0028,0011) say %d x %d of "
                          "%d" AGAIN,
                   (long long)head.width, (long long)head.height, head.samples, l->width, l->height, l->samples);
  return VM_OK;
}

/* Room [size + 16] for a JPEG with an Adobe mark that says no YCbCr, which JPEG itself does not tell. */
static void mark_rgb(const uint8_t *jpeg, size_t size, uint8_t *out) {
  static const uint8_t mark[16] = {0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100};
  memcpy(out, jpeg, 2);
  memcpy(out + 2, mark, sizeof mark);
  memcpy(out + 18, jpeg + 2, size - 2);
}

/* Whether there is an end mark at all. */
static bool reaches_end(const uint8_t *p, size_t size) {
  for (size_t at = 2; at + 1 < size; at++)
    if (p[at] == 0xFF && p[at + 1] == 0xD9) return true;
  return false;
}

static vm_status decode_jpeg(const object *o, const uint8_t *coded, size_t size, uint8_t *rgba, vm_error *err) {
  vm_error inside;
  if (!reaches_end(coded, size)) return DAMAGED(PIXELS "holds a JPEG, but the end is missing (no EOI marker)" AGAIN);
  const char *damage = inside.text;
  vm_status checked = photo_jpeg_check(coded, size, &inside);
  if (checked == VM_ERR_MEMORY) return no_memory(&o->layout, err);
  if (checked != VM_OK) {
    static const char prefix[] = "photograph: the JPEG is damaged: ";
    if (strncmp(damage, prefix, sizeof prefix - 1) == 0) damage += sizeof prefix - 1;
    return DAMAGED(PIXELS "holds a JPEG, but %.*s" AGAIN, (int)strcspn(damage, ";"), damage);
  }
  uint8_t *marked = NULL;
  if (strcmp(o->layout.colours, "RGB") == 0) {
    marked = malloc(size + 16);
    if (marked == NULL) return no_memory(&o->layout, err);
    mark_rgb(coded, size, marked);
  }
  int width = 0, height = 0;
  const char *why = NULL;
  uint8_t *pixels =
      photo_jpeg_pixels(marked != NULL ? marked : coded, marked != NULL ? size + 16 : size, &width, &height, &why);
  bool good = pixels != NULL && width == o->layout.width && height == o->layout.height;
  if (good) memcpy(rgba, pixels, 4 * pixels_of(&o->layout));
  free(marked);
  if (pixels != NULL && !good) why = "not whole";
  free(pixels);
  return good ? VM_OK : DAMAGED(PIXELS "cannot be decoded (%s)" AGAIN, why);
}

/* Through a program that unpacks the whole object, all frames of it. */
static vm_status decode_by_dcmtk(const object *o, int frame, uint8_t *rgba, vm_error *err) {
  static const char *const ways[CODINGS][6] = {[RLE] = {"dcmdrle", OBJECT, DECODED},
                                               [JPEG_LOSSLESS] = {"dcmdjpeg", "+cn", "+px", OBJECT, DECODED},
                                               [JPEG_LS] = {"dcmdjpls", "+px", OBJECT, DECODED}};
  bool good = false;
  char *dump = NULL;
  unsigned planar = 0;
  uint8_t *bytes = NULL;
  size_t size = 0, each = pixels_of(&o->layout) * (size_t)o->layout.samples;
  vm_status status = dicom_run(&o->folder, "dcmtk", ways[o->how], &good, err);
  if (status == VM_OK && good) status = dump_pixels(&o->folder, DECODED, &dump, &good, err);
  if (status == VM_OK && good) status = read_frames(o, dump, &bytes, &size, err);
  if (status == VM_OK && (bytes == NULL || size < ((size_t)frame + 1) * each))
    status = o->how == RLE ? DAMAGED(PIXELS "its run lengths do not fill the picture" AGAIN)
                           : DAMAGED(PIXELS "cannot be decoded (by %s)" AGAIN, ways[o->how][0]);
  if (status == VM_OK) {
    (void)dicom_number(dump, "0028,0006", 0, &planar);
    status = to_rgba(o, bytes + (size_t)frame * each, o->layout.samples > 1 && planar == 1, rgba, err);
  }
  free(bytes);
  free(dump);
  return status;
}

static vm_status decode_2000(const object *o, const uint8_t *coded, size_t size, uint8_t *rgba, vm_error *err) {
  static const char *const words[] = {"opj_decompress", "-i", "frame.j2k", "-o", "frame.raw", NULL};
  bool good = false;
  uint8_t *bytes = NULL;
  size_t got = 0;
  vm_status status = dicom_folder_write(&o->folder, "frame.j2k", coded, size, err);
  if (status == VM_OK) status = dicom_run(&o->folder, "libopenjp2-tools", words, &good, err);
  if (status == VM_OK && good) status = dicom_folder_read(&o->folder, "frame.raw", &bytes, &got, err);
  if (status == VM_OK && bytes == NULL) status = DAMAGED(PIXELS "cannot be decoded (by opj_decompress)" AGAIN);
  if (status == VM_OK && got != pixels_of(&o->layout) * (size_t)o->layout.samples)
    status = DAMAGED(PIXELS "ends before the picture does" AGAIN);
  if (status == VM_OK) status = to_rgba(o, bytes, o->layout.samples > 1, rgba, err); /* plane after plane */
  free(bytes);
  return status;
}

static vm_status decode(const object *o, int frame, uint8_t *rgba, vm_error *err) {
  if (o->how == RAW) return decode_raw(o, frame, rgba, err);
  uint8_t *coded = NULL;
  size_t size = 0;
  vm_status status = coded_frame(o, frame, &coded, &size, err);
  if (status == VM_OK && o->how != RLE) status = check_head(o, coded, size, err);
  if (status == VM_OK && o->how == JPEG) status = decode_jpeg(o, coded, size, rgba, err);
  else if (status == VM_OK && o->how == JPEG_2000) status = decode_2000(o, coded, size, rgba, err);
  else if (status == VM_OK) status = decode_by_dcmtk(o, frame, rgba, err);
  free(coded);
  return status;
}

vm_status dicom_load(const void *bytes, size_t size, int frame, bool deidentify, vm_image *out, dicom_facts *facts,
                     vm_error *err) {
  object o = {.frames = 0};
  *out = (vm_image){0};
  *facts = (dicom_facts){0};
  vm_status status = open_object(bytes, size, &o, err);
  const dicom_layout *l = &o.layout;
  if (status == VM_OK) status = photo_check_size(l->width, l->height, err);
  if (status == VM_OK && (frame < 1 || frame > o.frames))
    status = status_fail_as(err, VM_ERR_ARGUMENT, "frame", "frame %d must be 1 to %d, the number of frames (0028,0008)",
                            frame, o.frames);
  if (status == VM_OK) out->rgba = malloc(4 * pixels_of(l));
  if (status == VM_OK && out->rgba == NULL) status = no_memory(l, err);
  if (status == VM_OK) {
    take_facts(&o, frame, deidentify, facts);
    out->width = l->width;
    out->height = l->height;
    status = decode(&o, frame - 1, out->rgba, err);
  }
  if (status != VM_OK) vm_image_free(out);
  free(o.dump);
  free(o.pixels);
  dicom_folder_close(&o.folder);
  return status;
}
