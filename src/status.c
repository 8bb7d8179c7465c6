#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static vm_status fail(vm_error *err, vm_status status, const char *why, const char *format, va_list args) {
  if (err == NULL) return status;
  err->status = status;
  vsnprintf(err->text, sizeof err->text, format, args);
  snprintf(err->why, sizeof err->why, "%s", why);
  return status;
}

vm_status status_fail(vm_error *err, vm_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fail(err, status, "", format, args);
  va_end(args);
  return status;
}

vm_status status_fail_as(vm_error *err, vm_status status, const char *why, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fail(err, status, why, format, args);
  va_end(args);
  return status;
}

const char *status_number(double value, char text[STATUS_NUMBER]) {
  char local[40];
  snprintf(local, sizeof local, "%.7g", value);
  size_t n = 0;
  for (const char *s = local; *s;) {
    size_t plain = strspn(s, "+-0123456789einfa"), point;
    memcpy(text + n, s, plain);
    n += plain, s += plain;
    point = strcspn(s, "+-0123456789einfa"); /* of several bytes in some locales */
    if (point > 0) text[n++] = '.';
    s += point;
  }
  text[n] = 0;
  return text;
}

vm_status status_ok(vm_error *err) {
  if (err != NULL) memset(err, 0, sizeof *err);
  return VM_OK;
}

const char *vm_strerror(vm_status status) {
  switch (status) {
  case VM_OK: return "no error";
  case VM_ERR_ARGUMENT: return "argument out of range";
  case VM_ERR_MEMORY: return "not enough memory";
  case VM_ERR_WEIGHTS: return "weights file not usable";
  case VM_ERR_FORMAT: return "not a JPEG or PNG";
  case VM_ERR_DAMAGED: return "damaged photograph";
  case VM_ERR_TOO_LARGE: return "photograph too large";
  case VM_ERR_TOO_SMALL: return "photograph too small";
  case VM_ERR_NOT_FUNDUS: return "no field of view found";
  case VM_ERR_RUNTIME: return "inference failed";
  }
  return "unknown status";
}

const char *status_code(vm_status status) {
  switch (status) {
  case VM_ERR_ARGUMENT: return "argument";
  case VM_ERR_MEMORY: return "memory";
  case VM_ERR_WEIGHTS: return "weights";
  case VM_ERR_FORMAT: return "format";
  case VM_ERR_DAMAGED: return "damaged";
  case VM_ERR_TOO_LARGE: return "too-large";
  case VM_ERR_TOO_SMALL: return "too-small";
  case VM_ERR_NOT_FUNDUS: return "not-fundus";
  case VM_OK:
  case VM_ERR_RUNTIME: break;
  }
  return "runtime";
}
