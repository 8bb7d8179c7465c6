/* Reading the reference outputs in tests/golden/. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "check.h"

/* A golden file is a safetensors file without V-MNet's metadata: read through the same checks, by a small header. */
typedef struct golden {
  uint8_t *bytes;
  size_t size;
} golden;

/* Finds `"name":{..."data_offsets":[begin,` in the header; the files are ours, so a text search is enough. */
static inline const void *golden_tensor(const golden *g, const char *name, size_t *count_bytes) {
  size_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | g->bytes[i];
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  char *text = malloc(header + 1);
  memcpy(text, g->bytes + 8, header);
  text[header] = 0;
  const char *at = strstr(text, key);
  at = at ? strstr(at, "data_offsets\":[") : NULL;
  unsigned long begin = 0, end = 0;
  bool ok = at != NULL && sscanf(at, "data_offsets\":[%lu,%lu", &begin, &end) == 2;
  free(text);
  CHECK(ok, "no tensor %s", name);
  if (!ok) exit(check_end());
  *count_bytes = end - begin;
  return g->bytes + 8 + header + begin;
}

static inline float worst(const float *a, const void *b, size_t n, size_t stride) {
  float most = 0;
  for (size_t i = 0; i < n; i++) {
    float want;
    memcpy(&want, (const uint8_t *)b + 4 * i, 4);
    most = fmaxf(most, fabsf(a[i * stride] - want));
  }
  return most;
}

#endif
