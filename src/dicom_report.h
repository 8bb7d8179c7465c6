/* A report as the content of a Structured Report, TID 1500, as web/dicom/structured-report.js writes it. Nothing is decided
 * here. */
#ifndef VM_DICOM_REPORT_H
#define VM_DICOM_REPORT_H

#include "dicom_study.h"

/* Header and content of a Comprehensive 3D SR. Of a photograph that cannot be judged, quality and answer only. */
void dicom_report(dicom_xml *x, const dicom_study *of);

#endif
