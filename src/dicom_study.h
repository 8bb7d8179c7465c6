/* What all objects that are written have in common: UIDs, patient, study, the device. */
#ifndef VM_DICOM_STUDY_H
#define VM_DICOM_STUDY_H

#include "dicom.h"
#include "dicom_xml.h"
#include "json.h"

/* The photograph that a result is of. */
typedef struct dicom_source {
  char sop_class[65], instance[65], series[65];
  int frame, frames;
} dicom_source;

typedef struct dicom_study {
  const dicom_facts *facts; /* borrowed */
  yyjson_val *report;       /* borrowed: web/report.schema.json */
  dicom_source source;
  char uid[65], frame_of_reference[65];
  char date[9], time[7]; /* when it was made, of this place */
  bool made_up;          /* the photograph was no object, or is not to be told as one: it is written too */
} dicom_study;

/* False without random numbers. */
bool dicom_study_of(const dicom_facts *facts, yyjson_val *report, dicom_study *out);

typedef struct dicom_kind {
  const char *sop_class, *modality, *description;
  int number; /* of the series, from 9000 */
} dicom_kind;

/* Everything but what the kind of object adds. */
void dicom_header(dicom_xml *x, const dicom_study *of, const dicom_kind *kind);

/* A sequence that names the photograph; more is NULL or a code of what for. */
void dicom_reference(dicom_xml *x, const char *tag, const dicom_source *source, const dicom_code *purpose);

/* Of the report, an object's text, "unknown" where it is null; and a number. part may be NULL for the report itself. */
const char *dicom_said(const dicom_study *of, const char *part, const char *key);
double dicom_counted(const dicom_study *of, const char *part, const char *key);
/* Whether vessels were screened as vm_request.fine says. */
bool dicom_fine(const dicom_study *of);

#endif
