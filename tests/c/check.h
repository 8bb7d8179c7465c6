/* A test program is a list of CHECKs; it prints each failure and ends with "N passed, N failed". */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For make mutate, which asks no more than whether one fails; FEWER: where the same is tried with many inputs, with some. */
#ifdef STOP_AT_FIRST
enum { CHECK_STOPS = 1 };
#else
enum { CHECK_STOPS = 0 };
#endif
#ifdef FEWER
enum { CHECK_FEWER = 1 };
#else
enum { CHECK_FEWER = 0 };
#endif

static int check_passed, check_failed;

#define CHECK(condition, ...)                                                                                          \
  do {                                                                                                                 \
    if (condition) {                                                                                                   \
      check_passed++;                                                                                                  \
    } else {                                                                                                           \
      check_failed++;                                                                                                  \
      printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);                                                           \
      printf(__VA_ARGS__);                                                                                             \
      printf("\n");                                                                                                    \
      if (CHECK_STOPS) exit(1);                                                                                        \
    }                                                                                                                  \
  } while (0)

static inline int check_end(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed != 0;
}

/* Reads a whole file; the test ends if it is not there. */
static inline uint8_t *read_all(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (f == NULL) {
    printf("%s is missing: run the tests from the project's folder\n0 passed, 1 failed\n", path);
    exit(1);
  }
  fseek(f, 0, SEEK_END);
  *size = (size_t)ftell(f);
  rewind(f);
  uint8_t *data = malloc(*size + 1);
  if (data == NULL || fread(data, 1, *size, f) != *size) exit(1);
  fclose(f);
  return data;
}

#endif
