/* What a file is by its first bytes, of a PNG by its parts before the pixels; whatever its name says. */
#ifndef VM_PHOTO_KIND_H
#define VM_PHOTO_KIND_H

#include <stddef.h>
#include <stdint.h>

typedef struct photo_kind {
  const char *article; /* of its name in English: "a", "an" */
  const char *name;    /* "JPEG", "icon": what kind of file it is, in every language */
  const char *remedy;  /* how to come by a file that can be read; NULL for JPEG and PNG */
} photo_kind;

/* NULL where the bytes tell nothing. */
const photo_kind *photo_kind_of(const uint8_t *bytes, size_t size);

#endif
