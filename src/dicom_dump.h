/* What dcmdump says of an object, taken apart. */
#ifndef VM_DICOM_DUMP_H
#define VM_DICOM_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A top-level element's line: "(0028,0010) US 351   #   2, 1 Rows". */
typedef struct dicom_element {
  char vr[3];
  const char *value; /* borrowed from the dump [length]; without brackets, = and what follows */
  size_t length;
} dicom_element;

/* Looks for a tag as "0028,0010" in a dump, a text. False where it is not there. An empty one has length 0. */
bool dicom_find(const char *dump, const char *tag, dicom_element *out);

/* A text, without spaces at its ends; false, and out empty, where there is none or it does not fit. What is no UTF-8 is read
 * as Latin-1; control characters become spaces, and a text with an escape, after which another set of characters holds, is
 * none. */
bool dicom_text(const char *dump, const char *tag, char *out, size_t room);

/* The index-th number of an element of whole numbers, as 16 bits; false where there is none. */
bool dicom_number(const char *dump, const char *tag, int index, unsigned *out);

/* The bytes of a table (OB, OW, US), little end first, into out [room]: how many there are, up to room. */
size_t dicom_bytes(const char *dump, const char *tag, uint8_t *out, size_t room);

/* Names of files that pixel data were written to: 0 is the element itself where it is in one piece (*pieces is 0 then);
 * else items 0 to *pieces - 1, the first of which is the table of offsets. Empty where an item has no bytes. False where
 * the index is past the end. */
bool dicom_pixel_file(const char *dump, int index, int *pieces, char name[64]);

#endif
