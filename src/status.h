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

/* A status as hosts in other languages and lists name it: "argument", "too-large" ...; "runtime" for one that is none. */
const char *status_code(vm_status status);

#define STATUS_NUMBER 24

/* A number in seven digits, what a float holds, with a point in every locale; written into text, which it returns. */
const char *status_number(double value, char text[STATUS_NUMBER]);

/* The same for an argument of status_fail, whose %g would follow the caller's locale. */
#define NUMBER(value) status_number((double)(value), (char[STATUS_NUMBER]){0})

/* Clears err (may be NULL); returns VM_OK. */
vm_status status_ok(vm_error *err);

#endif
