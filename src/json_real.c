#include <stdint.h>
#include <stdlib.h>

#include "json.h"

/* Whole numbers of so many digits, and the powers of ten that they are divided by, are doubles without rounding. */
#define EXACT_DIGITS 15

/* Takes the digits at *p into the whole number while it has fewer than 16, and says how many there are. */
static int take_digits(const char **p, uint64_t *whole) {
  int n = 0;
  for (; **p >= '0' && **p <= '9'; (*p)++, n++)
    if (*whole < 1000000000000000) *whole = *whole * 10 + (uint64_t)(**p - '0');
  return n;
}

double json_real(const char *text, char **end) {
  const char *p = text + (*text == '-');
  uint64_t whole = 0;
  int before = take_digits(&p, &whole), behind = 0;
  if (*p == '.') p++, behind = take_digits(&p, &whole);
  if (before == 0 || before + behind > EXACT_DIGITS || *p == 'e' || *p == 'E') return strtod(text, end);
  double power = 1, value = (double)whole;
  for (int i = 0; i < behind; i++) power *= 10;
  value /= power;
  *end = (char *)(uintptr_t)p; /* as strtod() has it */
  return *text == '-' ? -value : value;
}
