/* Model and result as JSON: one shape for the command, the module and the page (web/report.schema.json). */
#ifndef VM_REPORT_H
#define VM_REPORT_H

#include "weights.h"

/* What vm_info tells of a model. */
typedef struct report_model {
  const vm_weights *weights; /* borrowed */
  int size, threads, tensor_count;
  size_t parameters;
} report_model;

/* The model as JSON; free with vm_free. */
vm_status report_info(const report_model *model, char **json, vm_error *err);

/* {"path", "report"}, or with report NULL {"path", "error": {"code", "why", "text"}}, on one line; free with vm_free. report
 * is JSON; code is named as web/vmnet.d.ts names it, and why is left out where it is empty. */
vm_status report_line(const char *path, const char *report, const vm_error *problem, char **json, vm_error *err);

#endif
