#define _POSIX_C_SOURCE 200809L /* localtime_r; NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */

#include "dicom_study.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECONDARY_CAPTURE "1.2.840.10008.5.1.4.1.1.7"

static bool set_times(dicom_study *out) {
  time_t now = time(NULL);
  struct tm local;
  return localtime_r(&now, &local) != NULL && strftime(out->date, sizeof out->date, "%Y%m%d", &local) > 0 &&
         strftime(out->time, sizeof out->time, "%H%M%S", &local) > 0;
}

/* What the object says, or a new one. */
static bool uid_or_new(const char *said, char out[65]) {
  if (*said == 0) return dicom_new_uid(out);
  snprintf(out, 65, "%.64s", said);
  return true;
}

bool dicom_study_of(const dicom_facts *facts, yyjson_val *report, dicom_study *out) {
  const char(*words)[DICOM_WORD_ROOM] = facts->words;
  *out = (dicom_study){.facts = facts, .report = report};
  dicom_source *source = &out->source;
  out->made_up =
      *facts->sop_class == 0 || *words[DICOM_STUDY] == 0 || *words[DICOM_SERIES] == 0 || *words[DICOM_INSTANCE] == 0;
  snprintf(source->sop_class, sizeof source->sop_class, "%s", out->made_up ? SECONDARY_CAPTURE : facts->sop_class);
  source->frame = out->made_up ? 1 : facts->frame;
  source->frames = out->made_up ? 1 : facts->frames;
  return set_times(out) && uid_or_new(words[DICOM_STUDY], out->uid) &&
         uid_or_new(words[DICOM_FRAME_OF_REFERENCE], out->frame_of_reference) &&
         uid_or_new(out->made_up ? "" : words[DICOM_INSTANCE], source->instance) &&
         uid_or_new(out->made_up ? "" : words[DICOM_SERIES], source->series);
}

const char *dicom_said(const dicom_study *of, const char *part, const char *key) {
  const char *text = yyjson_get_str(yyjson_obj_get(part != NULL ? yyjson_obj_get(of->report, part) : of->report, key));
  return text != NULL ? text : "unknown";
}

double dicom_counted(const dicom_study *of, const char *part, const char *key) {
  return yyjson_get_num(yyjson_obj_get(part != NULL ? yyjson_obj_get(of->report, part) : of->report, key));
}

bool dicom_fine(const dicom_study *of) {
  return yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(of->report, "model"), "fine"));
}

/* The weights' hash is the serial number: it has its 64 letters, and no other weights have it. Of the photograph itself
 * nothing is known. */
static void put_device(dicom_xml *x, const dicom_study *of, bool ours) {
  xml_element(x, "0008,0070", "LO", ours ? "V-MNet" : "");
  xml_element(x, "0008,1090", "LO", ours ? "V-MNet" : "");
  xml_element(x, "0018,1000", "LO", ours ? dicom_said(of, "model", "weights_sha256") : "");
  xml_element(x, "0018,1020", "LO", ours ? dicom_said(of, NULL, "version") : "");
}

void dicom_header(dicom_xml *x, const dicom_study *of, const dicom_kind *kind) {
  static const char *const dates[] = {"0008,0012", "0008,0021", "0008,0023"};
  static const char *const times[] = {"0008,0013", "0008,0031", "0008,0033"};
  static const struct {
    const char *tag, *vr;
    dicom_word word;
  } words[] = {{"0008,0050", "SH", DICOM_ACCESSION},    {"0008,0090", "PN", DICOM_REFERRER},
               {"0010,0010", "PN", DICOM_PATIENT_NAME}, {"0010,0020", "LO", DICOM_PATIENT_ID},
               {"0010,0030", "DA", DICOM_BIRTH_DATE},   {"0010,0040", "CS", DICOM_SEX},
               {"0020,0010", "SH", DICOM_STUDY_ID}};
  bool own = !of->facts->known || of->facts->deidentified; /* a study of its own, of now */
  xml_element(x, "0008,0005", "CS", "ISO_IR 192");
  for (int i = 0; i < 3; i++) {
    xml_element(x, dates[i], "DA", of->date);
    xml_element(x, times[i], "TM", of->time);
  }
  xml_element(x, "0008,0016", "UI", kind->sop_class);
  xml_element(x, "0008,0020", "DA", own ? of->date : of->facts->words[DICOM_STUDY_DATE]);
  xml_element(x, "0008,0030", "TM", own ? of->time : of->facts->words[DICOM_STUDY_TIME]);
  xml_element(x, "0008,0060", "CS", kind->modality);
  xml_element(x, "0008,103e", "LO", kind->description);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    xml_element(x, words[i].tag, words[i].vr, of->facts->words[words[i].word]);
  xml_element(x, "0020,000d", "UI", of->uid);
  xml_format(x, "0020,0011", "IS", "%d", 9000 + kind->number);
  xml_element(x, "0020,0013", "IS", "1");
  bool ours = kind->number != 0; /* and not the photograph */
  put_device(x, of, ours);
  if (ours) {
    xml_new_uid(x, "0008,0018");
    xml_new_uid(x, "0020,000e");
  } else {
    xml_element(x, "0008,0018", "UI", of->source.instance);
    xml_element(x, "0020,000e", "UI", of->source.series);
  }
}

void dicom_reference(dicom_xml *x, const char *tag, const dicom_source *source, const dicom_code *purpose) {
  xml_open_one(x, tag);
  xml_element(x, "0008,1150", "UI", source->sop_class);
  xml_element(x, "0008,1155", "UI", source->instance);
  if (source->frames > 1) xml_format(x, "0008,1160", "IS", "%d", source->frame);
  if (purpose != NULL) xml_code(x, "0040,a170", purpose);
  xml_close_one(x);
}
