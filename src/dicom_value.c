#include "dicom_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Also those of Latin-1, U+0080 to U+009F. */
static void clean(char *value) {
  char *to = value;
  for (const char *from = value; *from != 0; from++) {
    unsigned char c = (unsigned char)*from, next = (unsigned char)from[1];
    bool high = c == 0xC2 && next >= 0x80 && next < 0xA0;
    if (high) from++;
    bool control = high || c < ' ' || c == 127;
    if (to > value || !(control || c == ' ')) *to++ = (char)(control ? ' ' : c);
  }
  while (to > value && to[-1] == ' ') to--;
  *to = 0;
}

static size_t letters(const char *text, size_t size) {
  size_t n = 0;
  for (size_t i = 0; i < size; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
  return n;
}

/* Up to three spellings, each of up to five parts. */
static bool is_name(const char *text) {
  for (int spelling = 0; spelling < 3; spelling++) {
    size_t n = strcspn(text, "="), carets = 0;
    for (size_t i = 0; i < n; i++) carets += text[i] == '^';
    if (letters(text, n) > 64 || carets > 4) return false;
    if (text[n] == 0) return true;
    text += n + 1;
  }
  return false;
}

static void drop(char *value, size_t at) { memmove(value + at, value + at + 1, strlen(value + at)); }

static int two(const char *digits) { return 10 * (digits[0] - '0') + digits[1] - '0'; }

static bool is_date(char *value) {
  static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (strlen(value) == 10 && value[4] == '.' && value[7] == '.') {
    drop(value, 7);
    drop(value, 4);
  }
  if (strlen(value) != 8 || strspn(value, "0123456789") != 8) return false;
  int year = 100 * two(value) + two(value + 2), month = two(value + 4), day = two(value + 6);
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* HH, HHMM, HHMMSS or HHMMSS.FFFFFF */
static bool is_time(char *value) {
  if (strlen(value) >= 5 && value[2] == ':' && (value[5] == ':' || value[5] == 0)) {
    if (value[5] == ':') drop(value, 5);
    drop(value, 2);
  }
  size_t n = strspn(value, "0123456789");
  if ((n != 2 && n != 4 && n != 6) || two(value) > 23) return false;
  for (size_t i = 2; i < n; i += 2)
    if (two(value + i) > 59) return false;
  if (value[n] == 0) return true;
  size_t fraction = strspn(value + n + 1, "0123456789");
  return n == 6 && value[n] == '.' && fraction >= 1 && fraction <= 6 && value[n + 1 + fraction] == 0;
}

static bool is_uid(const char *value) {
  size_t size = strlen(value);
  return size <= 64 && strspn(value, "0123456789.") == size && strchr(value, '.') != NULL && value[0] != '.' &&
         value[size - 1] != '.' && strstr(value, "..") == NULL;
}

static bool is_of(const char *vr, char *value) {
  if (strchr(value, '\\') != NULL) return false;
  if (strcmp(vr, "SH") == 0) return letters(value, strlen(value)) <= 16;
  if (strcmp(vr, "PN") == 0) return is_name(value);
  if (strcmp(vr, "DA") == 0) return is_date(value);
  if (strcmp(vr, "TM") == 0) return is_time(value);
  if (strcmp(vr, "UI") == 0) return is_uid(value);
  if (strcmp(vr, "CS") == 0) return strcmp(value, "M") == 0 || strcmp(value, "F") == 0 || strcmp(value, "O") == 0;
  return letters(value, strlen(value)) <= 64;
}

void dicom_bring_into_form(const char *vr, char *value) {
  clean(value);
  if (*value != 0 && !is_of(vr, value)) *value = 0;
}
