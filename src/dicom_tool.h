/* Programs of other packages (dcmtk, libopenjp2-tools), run in a folder of their own: what they do to a hostile file stays
 * theirs. No shell; names of files are this module's own. */
#ifndef VM_DICOM_TOOL_H
#define VM_DICOM_TOOL_H

#include <stdbool.h>

#include "vmnet.h"

/* A temporary folder that only this user may read, for one object. */
typedef struct dicom_folder {
  char path[256];
  unsigned held; /* what dicom_hold gave */
} dicom_folder;

/* Signals that end a process wait, in this thread and those that it starts, until dicom_let_go has what this gave. */
unsigned dicom_hold(void);
void dicom_let_go(unsigned held);

/* Under TMPDIR, or /tmp. A signal that would end this process waits until it is closed, so that nothing of a patient stays:
 * other threads that may take it are started between dicom_hold and dicom_let_go. */
vm_status dicom_folder_open(dicom_folder *out, vm_error *err);
/* Removes it with all that is in it. One that was not opened is fine. */
void dicom_folder_close(dicom_folder *folder);

vm_status dicom_folder_write(const dicom_folder *folder, const char *name, const void *data, size_t size,
                             vm_error *err);
/* A whole file of the folder and a 0 behind it, to be freed; *out is NULL where there is none. VM_ERR_MEMORY. */
vm_status dicom_folder_read(const dicom_folder *folder, const char *name, uint8_t **out, size_t *size, vm_error *err);
/* Copies a file of the folder to another place; false where that fails, errno says why, and no part of it is left. */
bool dicom_folder_copy(const dicom_folder *folder, const char *name, const char *to);

/* The file of the folder that what a program says goes to. */
#define DICOM_SAID "said"

/* Runs words[0], found on PATH, in the folder, and waits for its end. *good where it ended well. VM_ERR_RUNTIME names the
 * package where the program is missing. */
vm_status dicom_run(const dicom_folder *folder, const char *package, const char *const *words, bool *good,
                    vm_error *err);

/* What dcmtk's program that ran last complained of first, a line without a file's name; or else what is given. */
void dicom_complaint(const dicom_folder *folder, const char *otherwise, char *out, size_t room);

#endif
