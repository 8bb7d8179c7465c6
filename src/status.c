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

vm_status status_ok(vm_error *err) {
  if (err != NULL) memset(err, 0, sizeof *err);
  return VM_OK;
}

vm_status status_check_size(int width, int height, vm_error *err) {
  if (width > VM_MAX_SIDE || height > VM_MAX_SIDE || (int64_t)width * height > VM_MAX_PIXELS)
    return status_fail(err, VM_ERR_TOO_LARGE,
                       "photograph: %d x %d pixels are over the limit of %d a side and %d megapixels; scale it down",
                       width, height, VM_MAX_SIDE, VM_MAX_PIXELS / 1000000);
  if (width < VM_MIN_SIDE || height < VM_MIN_SIDE)
    return status_fail(
        err, VM_ERR_TOO_SMALL,
        "photograph: %d x %d pixels are under the limit of %d a side; give the original, not a thumbnail", width,
        height, VM_MIN_SIDE);
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
