/* Photographs out of DICOM objects, as web/dicom/ reads them for the page: the same kinds and codings, the same words where
 * one is refused. Debian's dcmtk reads and unpacks them, and OpenJPEG (libopenjp2-tools) what is JPEG 2000. */
#ifndef VM_DICOM_H
#define VM_DICOM_H

#include <stdbool.h>

#include "vmnet.h"

/* What an object says of itself; of the texts that may be of a person, those of patient and study. */
typedef enum dicom_word {
  DICOM_PATIENT_NAME,
  DICOM_PATIENT_ID,
  DICOM_BIRTH_DATE,
  DICOM_SEX,
  DICOM_STUDY,
  DICOM_SERIES,
  DICOM_INSTANCE,
  DICOM_STUDY_ID,
  DICOM_STUDY_DATE,
  DICOM_STUDY_TIME,
  DICOM_ACCESSION,
  DICOM_REFERRER,
  DICOM_FRAME_OF_REFERENCE,
  DICOM_WORDS
} dicom_word;

#define DICOM_WORD_ROOM 800 /* a name: three spellings of 64 letters of up to 4 bytes */

typedef struct dicom_facts {
  bool known;                               /* false: the photograph was no DICOM object */
  bool deidentified;                        /* patient and study were left out: the words are empty */
  char words[DICOM_WORDS][DICOM_WORD_ROOM]; /* UTF-8, each in its form (dicom_value.h); empty where it does not say */
  char sop_class[65];
  char spacing[64]; /* of pixels, rows\columns in mm; empty where it does not say */
  char side;        /* R, L, B or 0 */
  int frame, frames;
} dicom_facts;

/* Whether the bytes call themselves so. */
bool dicom_is(const void *bytes, size_t size);

/* The frame-th photograph (from 1) of an object held in memory, within the limits of vmnet.h. VM_ERR_FORMAT, why dicom-kind,
 * -no-pixels, -bits, -colours, -syntax; VM_ERR_DAMAGED, why dicom, names the tag; VM_ERR_TOO_LARGE, VM_ERR_TOO_SMALL;
 * VM_ERR_ARGUMENT, frame; VM_ERR_RUNTIME, why tool: a program that is needed is missing; VM_ERR_MEMORY. */
vm_status dicom_load(const void *bytes, size_t size, int frame, bool deidentify, vm_image *out, dicom_facts *facts,
                     vm_error *err);

#endif
