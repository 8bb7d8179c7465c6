#include "dicom_inflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "stb.h"

/* Explicit VR Little Endian's UID and three letters more. */
#define DEFLATED "1.2.840.10008.1.2.1.99"
enum { PREAMBLE = 132, MORE = 3 };

static size_t le16(const uint8_t *p) { return (size_t)p[0] | (size_t)p[1] << 8; }
static size_t le32(const uint8_t *p) { return le16(p) | le16(p + 2) << 16; }

/* Whether its length has four bytes, after two that say nothing. */
static bool is_long(const uint8_t *vr) {
  static const char names[][3] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (memcmp(names[i], vr, 2) == 0) return true;
  return false;
}

static bool says_deflated(const uint8_t *value, size_t length) {
  while (length > 0 && (value[length - 1] == 0 || value[length - 1] == ' ')) length--;
  return length == sizeof DEFLATED - 1 && memcmp(value, DEFLATED, length) == 0;
}

/* Where what is deflated begins, after the header (group 0002); 0 where nothing is. *syntax: where the UID stands. */
static size_t deflated_from(const uint8_t *p, size_t size, size_t *syntax) {
  size_t at = PREAMBLE;
  bool deflated = false;
  while (size >= at + 12 && le16(p + at) == 2) {
    size_t head = is_long(p + at + 4) ? 12 : 8, length = head == 12 ? le32(p + at + 8) : le16(p + at + 6);
    if (length > size - at - head) return 0;
    if (le16(p + at + 2) == 0x0010) {
      deflated = says_deflated(p + at + head, length);
      *syntax = at + head;
    }
    at += head + length;
  }
  return deflated ? at : 0;
}

vm_status dicom_inflate(const void *bytes, size_t size, uint8_t **out, size_t *out_size, const char **why) {
  const uint8_t *p = bytes;
  size_t syntax = 0, from = deflated_from(p, size, &syntax);
  *out = NULL;
  *out_size = 0;
  if (from == 0) return VM_OK;
  uint8_t *whole = malloc(DICOM_MAX_INFLATED); /* pages that nothing is written to take no memory */
  if (whole == NULL) return VM_ERR_MEMORY;
  int n = 0; /* what went wrong last is kept from call to call: put something else there */
  (void)stbi_info_from_memory(p, 0, &n, &n, &n);
  n = stbi_zlib_decode_noheader_buffer((char *)whole + from, (int)(DICOM_MAX_INFLATED - from), (const char *)p + from,
                                       (int)(size - from));
  if (n < 0) {
    free(whole);
    bool over = strcmp(stbi_failure_reason(), "output buffer limit") == 0;
    *why = over ? "over the limit of 256 MiB" : "it is not whole";
    return VM_ERR_DAMAGED;
  }
  memcpy(whole, p, from);
  memset(whole + syntax + sizeof DEFLATED - 1 - MORE, 0, MORE);
  *out_size = from + (size_t)n;
  uint8_t *fitting = realloc(whole, *out_size);
  *out = fitting != NULL ? fitting : whole;
  return VM_OK;
}
