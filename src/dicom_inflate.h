/* A deflated DICOM object, unpacked here and with a limit: no program has one for what it unpacks. */
#ifndef VM_DICOM_INFLATE_H
#define VM_DICOM_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "vmnet.h"

#define DICOM_MAX_INFLATED (4 * (size_t)VM_MAX_BYTES) /* bytes, header and all, as the page has it */

/* Where the object is of the deflated transfer syntax, *out [*out_size] is the same one as Explicit VR Little Endian, to be
 * freed; else NULL. VM_ERR_DAMAGED, *why says it, also over DICOM_MAX_INFLATED; VM_ERR_MEMORY. */
vm_status dicom_inflate(const void *bytes, size_t size, uint8_t **out, size_t *out_size, const char **why);

#endif
