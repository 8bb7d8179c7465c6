/* The weights files of the project with a made-up head that grades, put in their place in memory. */
#ifndef GRADED_H
#define GRADED_H

#include "check.h"

enum { GRADED_LOGITS = 4, GRADED_READ = 128 + 112 + 320 }; /* means of F', E16 and E32 */

#define GRADED_CLASS "diabetic retinopathy"

/* The file without any head that grades: what begins with "grade" is renamed, tensors and metadata alike. */
static inline void graded_forget(uint8_t *bytes, size_t header) {
  static const char *const names[] = {"\"grade.hidden.weight\"", "\"grade.weight\"", "\"grade.bias\"", "\\\"grade\\\""};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    for (size_t i = 8, n = strlen(names[k]); i + n < 8 + header; i++)
      if (memcmp(bytes + i, names[k], n) == 0) bytes[i + n / 2] = 'x';
}

/* The file at `path` with these tensors in f32 and, where `block` is not NULL, this text as "grade" of the metadata (quotes
 * escaped as they are there). To be freed. */
static inline uint8_t *graded_file(const char *path, const char *block, const float *weight, const float *bias,
                                   size_t *size) {
  size_t n, header = 0;
  uint8_t *file = read_all(path, &n);
  for (int i = 7; i >= 0; i--) header = header << 8 | file[i];
  graded_forget(file, header);
  size_t data = n - 8 - header, bytes = GRADED_LOGITS * GRADED_READ * 4, end = header;
  while (end > 0 && file[8 + end - 1] != '}') end--; /* spaces may follow */
  static const char start[] = "\"vmnet\":\"{";
  size_t at = 8;
  while (at + sizeof start < 8 + header && memcmp(file + at, start, sizeof start - 1) != 0) at++;
  at += sizeof start - 1; /* behind the brace: other members follow */
  char told[1024] = "", tensors[512];
  if (block != NULL) snprintf(told, sizeof told, "\\\"grade\\\":%s,", block);
  snprintf(tensors, sizeof tensors,
           ",\"grade.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]},"
           "\"grade.bias\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%zu,%zu]}}",
           GRADED_LOGITS, GRADED_READ, data, data + bytes, GRADED_LOGITS, data + bytes,
           data + bytes + GRADED_LOGITS * 4);
  size_t longer = end - 1 + strlen(told) + strlen(tensors), put = 8;
  *size = 8 + longer + data + bytes + GRADED_LOGITS * 4;
  uint8_t *out = malloc(*size);
  if (out == NULL) exit(1);
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(longer >> 8 * i);
  memcpy(out + put, file + 8, at - 8), put += at - 8;
  memcpy(out + put, told, strlen(told)), put += strlen(told);
  memcpy(out + put, file + at, 8 + end - 1 - at), put += 8 + end - 1 - at;
  memcpy(out + put, tensors, strlen(tensors)), put += strlen(tensors);
  memcpy(out + put, file + 8 + header, data), put += data;
  memcpy(out + put, weight, bytes), put += bytes;
  memcpy(out + put, bias, GRADED_LOGITS * 4);
  free(file);
  return out;
}

#define GRADED_BLOCK(class, scale, offset, cuts)                                                                       \
  "{\\\"class\\\":\\\"" class "\\\",\\\"scale\\\":" scale ",\\\"offset\\\":" offset ",\\\"cuts\\\":" cuts "}"
#define GRADED_PLAIN GRADED_BLOCK(GRADED_CLASS, "[1,1,1,1]", "[0,0,0,0]", "[0.5,0.5,0.5,0.5]")

/* Writes another first decimal into a number of the weights' header. */
static inline void change(uint8_t *bytes, size_t n, const char *name, char digit) {
  size_t length = strlen(name), at = 0;
  while (at + length < n && memcmp(bytes + at, name, length) != 0) at++;
  while (at < n && bytes[at] != '.') at++;
  if (at + 1 < n) bytes[at + 1] = (uint8_t)digit;
}

#endif
