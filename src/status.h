/* Errors as values: every failure fills the caller's vm_error and returns its status. */
#ifndef VM_STATUS_H
#define VM_STATUS_H

#include "vmnet.h"

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
/* Writes status and text (cut to fit) into err, which may be NULL; returns status. */
vm_status
status_fail(vm_error *err, vm_status status, const char *format, ...);

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
/* The same, and says which case it is; why has at most 15 letters. */
vm_status
status_fail_as(vm_error *err, vm_status status, const char *why, const char *format, ...);

/* The limits on a photograph's sides and pixels: VM_OK, or what is over or under them. */
vm_status status_check_size(int width, int height, vm_error *err);

/* Clears err (may be NULL); returns VM_OK. */
vm_status status_ok(vm_error *err);

#endif
