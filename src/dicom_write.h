/* A result as DICOM objects, as web/dicom.js writes it: vessels, optic disc and cup as a Segmentation, the report as a
 * Structured Report of TID 1500, the photograph with its vessels drawn as a Secondary Capture. Built by Debian's dcmtk. */
#ifndef VM_DICOM_WRITE_H
#define VM_DICOM_WRITE_H

#include "dicom.h"

typedef struct dicom_result {
  const vm_result *result;
  const char *report;       /* JSON, web/report.schema.json */
  const vm_image *photo;    /* of the same size */
  const dicom_facts *facts; /* what the object said; all zero for another file */
} dicom_result;

/* Writes segmentation.dcm, report.dcm and overlay.dcm into a folder that is there; and photograph.dcm, which the others
 * refer to, where the photograph was no object or is not to be told as one. VM_ERR_RUNTIME, VM_ERR_MEMORY. */
vm_status dicom_write(const dicom_result *of, const char *folder, vm_error *err);

#endif
