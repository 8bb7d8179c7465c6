#include "dicom_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom_report.h"
#include "dicom_tool.h"
#include "status.h"

#define TEXT_FILE "object.xml"
#define PIXEL_FILE "pixels.raw"

static const dicom_code RETINA = {"5665001", "SCT", "Retina"};

typedef struct writing {
  const dicom_result *of;
  dicom_study study;
  dicom_folder folder; /* a temporary one */
  uint8_t *mask;       /* owned [frames][height][width]: 255 = vessel, in the optic disc, in its cup */
  int frames;          /* those that there are */
} writing;

/* Segments in the order of their frames. Colours in CIELab, scaled as PS3.3 C.10.7.1.1 has it: cyan, yellow, orange. The cup
 * has no code in SNOMED CT's list for DICOM. */
static const struct {
  vm_layer layer;
  const char *id, *label, *colour;
  dicom_code type;
} SEGMENTS[] = {
    {VM_LAYER_VESSEL_MASK, "vessels", "Retinal vessels", "59900\\22900\\28600", {"59820001", "SCT", "Blood Vessel"}},
    {VM_LAYER_DISC, "disc", "Optic disc", "58100\\32100\\55300", {"81016008", "SCT", "Optic nerve head"}},
    {VM_LAYER_CUP, "cup", "Optic cup", "40600\\48300\\51100", {"optic-cup", "99VMNET", "Optic cup"}}};
enum { SEGMENT_COUNT = sizeof SEGMENTS / sizeof *SEGMENTS };

static vm_status out_of_memory(vm_error *err) {
  return status_fail(err, VM_ERR_MEMORY, "not enough memory for DICOM objects; close other programs");
}

/* ---- vessels, optic disc and cup: a segment and a frame each, a bit a pixel ---- */

static void put_dimensions(dicom_xml *x) {
  char organization[65];
  if (!dicom_new_uid(organization)) x->failed = true;
  xml_open_one(x, "0020,9221");
  xml_element(x, "0020,9164", "UI", organization);
  xml_close_one(x);
  xml_open_one(x, "0020,9222");
  xml_element(x, "0020,9164", "UI", organization);
  xml_element(x, "0020,9165", "AT", "(0062,000b)"); /* ReferencedSegmentNumber */
  xml_element(x, "0020,9167", "AT", "(0062,000a)"); /* SegmentIdentificationSequence */
  xml_element(x, "0020,9421", "LO", "Segment");
  xml_close_one(x);
}

/* An item; i: from 0. */
static void put_segment(dicom_xml *x, const dicom_study *s, int i) {
  static const dicom_code family = {"123109", "DCM", "Artificial Intelligence"};
  static const dicom_code category = {"91723000", "SCT", "Anatomical Structure"};
  xml_item(x);
  xml_format(x, "0062,0004", "US", "%d", i + 1);
  xml_element(x, "0062,0005", "LO", SEGMENTS[i].label);
  if (i == 0)
    xml_format(x, "0062,0006", "ST", "Vessel probability of at least %.7g", dicom_counted(s, "vessels", "threshold"));
  else xml_element(x, "0062,0006", "ST", "As the network draws it");
  xml_element(x, "0062,0008", "CS", "AUTOMATIC");
  xml_element(x, "0062,0009", "LO", "V-MNet");
  xml_open_one(x, "0062,0007");
  xml_code(x, "0066,002f", &family);
  xml_element(x, "0066,0036", "LO", "V-MNet");
  xml_element(x, "0066,0031", "LO", dicom_said(s, NULL, "version"));
  xml_format(x, "0066,0032", "LT", "weights SHA-256 %s, size %.7g, guide %.7g%s",
             dicom_said(s, "model", "weights_sha256"), dicom_counted(s, "model", "size"),
             dicom_counted(s, "model", "guide"), dicom_fine(s) ? ", mirror images 3" : "");
  xml_close_one(x);
  xml_code(x, "0062,0003", &category);
  xml_code(x, "0062,000f", &SEGMENTS[i].type);
  xml_code(x, "0008,2218", &RETINA);
  xml_element(x, "0062,000d", "US", SEGMENTS[i].colour);
  xml_element(x, "0062,0020", "UT", SEGMENTS[i].id);
  xml_new_uid(x, "0062,0021");
  xml_close_item(x);
}

/* What is said of one frame: an item; i: from 0. */
static void put_frame(dicom_xml *x, const dicom_study *s, int i) {
  static const dicom_code source = {"121322", "DCM", "Source image for image processing operation"};
  static const dicom_code derivation = {"113076", "DCM", "Segmentation"};
  xml_item(x);
  xml_open_one(x, "0008,9124");
  dicom_reference(x, "0008,2112", &s->source, &source);
  xml_code(x, "0008,9215", &derivation);
  xml_close_one(x);
  xml_open_one(x, "0020,9111");
  xml_format(x, "0020,9157", "UL", "%d", i + 1);
  xml_close_one(x);
  xml_open_one(x, "0020,9113");
  xml_element(x, "0020,0032", "DS", "0\\0\\0");
  xml_close_one(x);
  xml_open_one(x, "0062,000a");
  xml_format(x, "0062,000b", "US", "%d", i + 1);
  xml_close_one(x);
  xml_close_item(x);
}

/* A photograph has no place in space; viewers want one (OHIF stops without it). Where no spacing is known it is so large
 * that nobody takes it for a measure of a retina: 1 mm. */
static void put_place(dicom_xml *x, const dicom_study *s, int frames) {
  xml_open_one(x, "5200,9229");
  xml_open_one(x, "0020,9116");
  xml_element(x, "0020,0037", "DS", "1\\0\\0\\0\\1\\0");
  xml_close_one(x);
  xml_open_one(x, "0028,9110");
  xml_element(x, "0028,0030", "DS", *s->facts->spacing != 0 ? s->facts->spacing : "1\\1");
  xml_element(x, "0018,0050", "DS", "1");
  xml_close_one(x);
  xml_close_one(x);
  xml_open(x, "5200,9230");
  for (int i = 0; i < frames; i++) put_frame(x, s, i);
  xml_close(x);
}

static void put_pixels(dicom_xml *x, const vm_image *photo, int samples, int bits) {
  xml_format(x, "0028,0002", "US", "%d", samples);
  xml_element(x, "0028,0004", "CS", samples == 1 ? "MONOCHROME2" : "RGB");
  if (samples > 1) xml_element(x, "0028,0006", "US", "0");
  xml_format(x, "0028,0010", "US", "%d", photo->height);
  xml_format(x, "0028,0011", "US", "%d", photo->width);
  xml_format(x, "0028,0100", "US", "%d", bits);
  xml_format(x, "0028,0101", "US", "%d", bits);
  xml_format(x, "0028,0102", "US", "%d", bits - 1);
  xml_element(x, "0028,0103", "US", "0");
  xml_file(x, "7fe0,0010", "OB", PIXEL_FILE);
}

static void segmentation_xml(const writing *w, dicom_xml *x) {
  const dicom_study *s = &w->study;
  static const dicom_kind kind = {"1.2.840.10008.5.1.4.1.1.66.4", "SEG", "V-MNet: structures of the retina", 1};
  dicom_header(x, s, &kind);
  xml_element(x, "0008,0008", "CS", "DERIVED\\PRIMARY");
  xml_element(x, "0020,0052", "UI", s->frame_of_reference);
  xml_element(x, "0020,1040", "LO", "");
  xml_format(x, "0028,0008", "IS", "%d", w->frames);
  put_pixels(x, w->of->photo, 1, 1);
  xml_element(x, "0028,2110", "CS", "00");
  xml_element(x, "0062,0001", "CS", "BINARY");
  xml_element(x, "0070,0080", "CS", "RETINA");
  xml_element(x, "0070,0081", "LO", "Nominal in place, and in spacing where the photograph has none");
  xml_element(x, "0070,0084", "PN", "V-MNet^");
  put_dimensions(x);
  xml_open(x, "0062,0002");
  for (int i = 0; i < w->frames; i++) put_segment(x, s, i);
  xml_close(x);
  xml_open_one(x, "0008,1115");
  xml_element(x, "0020,000e", "UI", s->source.series);
  dicom_reference(x, "0008,114a", &s->source, NULL);
  xml_close_one(x);
  put_place(x, s, w->frames);
}

/* A bit a pixel, the first one lowest; an even number of bytes. To be freed. */
static uint8_t *mask_bits(const uint8_t *mask, size_t count, size_t *size) {
  *size = (count + 15) / 16 * 2;
  uint8_t *bits = calloc(*size, 1);
  for (size_t i = 0; i < count && bits != NULL; i++)
    if (mask[i] != 0) bits[i >> 3] |= (uint8_t)(1u << (i & 7));
  return bits;
}

/* ---- pictures ---- */

/* Red, green, blue; an even number of bytes. mask, where it is not NULL, is drawn as the page draws vessels. To be freed. */
static uint8_t *rgb_of(const vm_image *photo, const uint8_t *mask, size_t *size) {
  static const int vessel[3] = {0, 220, 255};
  size_t count = (size_t)photo->width * (size_t)photo->height;
  *size = (count * 3 + 1) / 2 * 2;
  uint8_t *rgb = malloc(*size);
  if (rgb == NULL) return NULL;
  rgb[*size - 1] = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < 3; c++) {
      int value = photo->rgba[4 * i + c],
          toward = 3 * (vessel[c] - value); /* three quarters of the way, halves upward */
      bool drawn = mask != NULL && mask[i] != 0;
      rgb[3 * i + c] = (uint8_t)(drawn ? value + (toward + 2 + 4 * 256) / 4 - 256 : value);
    }
  return rgb;
}

static void capture_xml(const writing *w, const dicom_kind *kind, dicom_xml *x) {
  const dicom_study *s = &w->study;
  bool drawn = kind->number != 0;
  char side[2] = {s->facts->side == 'R' || s->facts->side == 'L' ? s->facts->side : 'U', 0};
  dicom_header(x, s, kind);
  xml_element(x, "0008,0064", "CS", "WSD");
  xml_element(x, "0008,0008", "CS", drawn ? "DERIVED\\SECONDARY" : "ORIGINAL\\PRIMARY");
  xml_element(x, "0020,0020", "CS", "");
  xml_element(x, "0020,0062", "CS", side);
  xml_element(x, "0028,0301", "CS", "NO");
  xml_element(x, "0020,4000", "LT", drawn ? dicom_said(s, NULL, "notice") : "");
  if (*s->facts->spacing != 0) xml_element(x, "0028,0030", "DS", s->facts->spacing);
  put_pixels(x, w->of->photo, 3, 8);
  if (!drawn) return;
  xml_element(x, "0008,2111", "ST", "The mask of the vessels drawn in cyan");
  dicom_reference(x, "0008,2112", &s->source, NULL);
}

/* ---- files ---- */

/* Ends the text, has xml2dcm build the object, and puts it into the folder. pixels NULL where there are none. */
static vm_status build(const writing *w, dicom_xml *x, const uint8_t *pixels, size_t size, const char *folder,
                       const char *name, vm_error *err) {
  static const char *const words[] = {"xml2dcm", "+te", TEXT_FILE, "built.dcm", NULL};
  char path[4096];
  bool good = false;
  xml_end(x);
  vm_status status = x->failed ? out_of_memory(err) : VM_OK;
  if (status == VM_OK) status = dicom_folder_write(&w->folder, TEXT_FILE, x->text, x->size, err);
  if (status == VM_OK && pixels != NULL) status = dicom_folder_write(&w->folder, PIXEL_FILE, pixels, size, err);
  if (status == VM_OK) status = dicom_run(&w->folder, "dcmtk", words, &good, err);
  free(x->text);
  if (status != VM_OK) return status;
  if (!good)
    return status_fail(err, VM_ERR_RUNTIME, "%s could not be built by xml2dcm; look at its memory limit", name);
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  errno = ENAMETOOLONG;
  if (n > 0 && (size_t)n < sizeof path && dicom_folder_copy(&w->folder, "built.dcm", path)) return VM_OK;
  return status_fail(err, VM_ERR_RUNTIME, "%s: %s", name, strerror(errno));
}

static vm_status write_segmentation(const writing *w, const char *folder, vm_error *err) {
  const vm_image *photo = w->of->photo;
  size_t size = 0;
  uint8_t *bits = mask_bits(w->mask, (size_t)w->frames * (size_t)photo->width * (size_t)photo->height, &size);
  if (bits == NULL) return out_of_memory(err);
  dicom_xml x;
  xml_start(&x);
  segmentation_xml(w, &x);
  vm_status status = build(w, &x, bits, size, folder, "segmentation.dcm", err);
  free(bits);
  return status;
}

static vm_status write_capture(const writing *w, bool drawn, const char *folder, vm_error *err) {
  static const dicom_kind kinds[2] = {
      {"1.2.840.10008.5.1.4.1.1.7", "OP", "Fundus photograph", 0},
      {"1.2.840.10008.5.1.4.1.1.7", "OP", "V-MNet: vessels drawn on the photograph", 3}};
  size_t size = 0;
  uint8_t *rgb = rgb_of(w->of->photo, drawn ? w->mask : NULL, &size);
  if (rgb == NULL) return out_of_memory(err);
  dicom_xml x;
  xml_start(&x);
  capture_xml(w, &kinds[drawn], &x);
  vm_status status = build(w, &x, rgb, size, folder, drawn ? "overlay.dcm" : "photograph.dcm", err);
  free(rgb);
  return status;
}

static vm_status write_report(const writing *w, const char *folder, vm_error *err) {
  dicom_xml x;
  xml_start(&x);
  dicom_report(&x, &w->study);
  return build(w, &x, NULL, 0, folder, "report.dcm", err);
}

static vm_status write_all(writing *w, const char *folder, vm_error *err) {
  const vm_image *photo = w->of->photo;
  const vm_result *result = w->of->result;
  size_t pixels = (size_t)photo->width * (size_t)photo->height;
  w->frames = result->disc_map == NULL ? 1 : result->cup_map == NULL ? 2 : SEGMENT_COUNT;
  w->mask = malloc((size_t)w->frames * pixels);
  if (w->mask == NULL) return out_of_memory(err);
  vm_status status = VM_OK;
  for (int i = 0; i < w->frames && status == VM_OK; i++)
    status = vm_render_u8(result, SEGMENTS[i].layer, 0, 0, photo->height, w->mask + (size_t)i * pixels, err);
  if (status == VM_OK) status = dicom_folder_open(&w->folder, err);
  if (status == VM_OK) status = write_segmentation(w, folder, err);
  if (status == VM_OK) status = write_report(w, folder, err);
  if (status == VM_OK) status = write_capture(w, true, folder, err);
  if (status == VM_OK && w->study.made_up) status = write_capture(w, false, folder, err);
  dicom_folder_close(&w->folder);
  free(w->mask);
  return status;
}

vm_status dicom_write(const dicom_result *of, const char *folder, vm_error *err) {
  writing w = {.of = of};
  yyjson_doc *report = yyjson_read(of->report, strlen(of->report), 0);
  if (report == NULL) return out_of_memory(err);
  bool good = dicom_study_of(of->facts, yyjson_doc_get_root(report), &w.study);
  vm_status status = good ? write_all(&w, folder, err)
                          : status_fail(err, VM_ERR_RUNTIME, "/dev/urandom gives no numbers for new UIDs");
  yyjson_doc_free(report);
  return status;
}
