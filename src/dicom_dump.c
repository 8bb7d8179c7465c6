#include "dicom_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM "  (fffe,e000) pi "

static const char *next_line(const char *at) {
  at += strcspn(at, "\n");
  return *at == '\n' ? at + 1 : at;
}

/* A value without what dcmdump puts around it and behind it. */
static void take_value(const char *at, dicom_element *out) {
  size_t n = strcspn(at, "\n");
  out->value = at;
  out->length = 0;
  if (*at == '(') return; /* (no value available) */
  size_t end = n;
  if (*at == '[') {
    while (end > 1 && at[end - 1] != ']') end--;
    if (end < 2) return; /* a text of several lines: none of those that are asked for may be one */
    end--;
  } else {
    end = strcspn(at, " \n");
  }
  size_t start = *at == '[' || *at == '=' ? 1 : 0;
  if (end < start) return;
  out->value = at + start;
  out->length = end - start;
}

bool dicom_find(const char *dump, const char *tag, dicom_element *out) {
  char head[16];
  int n = snprintf(head, sizeof head, "(%.9s) ", tag);
  for (const char *at = dump; *at != 0; at = next_line(at)) {
    if (strncmp(at, head, (size_t)n) != 0 || strcspn(at, "\n") < (size_t)n + 3) continue;
    snprintf(out->vr, sizeof out->vr, "%.2s", at + n);
    take_value(at + n + 3, out);
    return true;
  }
  return false;
}

/* ---- texts ---- */

/* Bytes of the UTF-8 sequence at p, which ends with a 0 or goes on; 0 where it is none. */
static size_t utf8_length(const uint8_t *p, size_t left) {
  size_t n = p[0] < 0x80                   ? 1
             : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
             : (p[0] & 0xF0) == 0xE0       ? 3
             : (p[0] & 0xF8) == 0xF0       ? 4
                                           : 0;
  if (n > left) return 0;
  for (size_t i = 1; i < n; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  bool over_long = n == 3 && p[0] == 0xE0 && p[1] < 0xA0;
  bool surrogate = n == 3 && p[0] == 0xED && p[1] >= 0xA0;
  bool outside = n == 4 && (p[0] > 0xF4 || (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90));
  bool not_xml = n == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE; /* U+FFFE, U+FFFF */
  return over_long || surrogate || outside || not_xml ? 0 : n;
}

enum { ESCAPE = 27 }; /* what follows is of another set of characters (ISO 2022), which nothing here reads */

bool dicom_text(const char *dump, const char *tag, char *out, size_t room) {
  dicom_element e;
  size_t n = 0;
  out[0] = 0;
  if (!dicom_find(dump, tag, &e) || memchr(e.value, ESCAPE, e.length) != NULL) return false;
  while (e.length > 0 && e.value[e.length - 1] == ' ') e.length--;
  while (e.length > 0 && *e.value == ' ') e.value++, e.length--;
  const uint8_t *p = (const uint8_t *)e.value;
  for (size_t i = 0; i < e.length;) {
    size_t length = utf8_length(p + i, e.length - i);
    if (n + (length == 0 ? 2 : length) >= room) {
      out[0] = 0;
      return false;
    }
    if (length == 0) { /* Latin-1 */
      out[n++] = (char)(0xC0 | p[i] >> 6);
      out[n++] = (char)(0x80 | (p[i] & 0x3F));
    } else {
      memcpy(out + n, p + i, length);
      if (p[i] < ' ' || p[i] == 127) out[n] = ' ';
      n += length;
    }
    i += length == 0 ? 1 : length;
  }
  out[n] = 0;
  return n > 0;
}

/* ---- numbers ---- */

bool dicom_number(const char *dump, const char *tag, int index, unsigned *out) {
  dicom_element e;
  if (!dicom_find(dump, tag, &e) || e.length == 0) return false;
  const char *at = e.value, *end = e.value + e.length;
  for (; index > 0 && at < end; at++) index -= *at == '\\';
  if (index > 0 || at >= end || *at == '\\') return false;
  *out = (uint16_t)strtol(at, NULL, 10);
  return true;
}

static unsigned hex_digit(char c) {
  return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* Up to the next backslash. */
static unsigned value_at(const char *at, const char *end, bool hex) {
  unsigned value = 0;
  for (; at < end && *at != '\\'; at++)
    value = (hex ? value * 16 + hex_digit(*at) : value * 10 + hex_digit(*at)) & 0xFFFF;
  return value;
}

size_t dicom_bytes(const char *dump, const char *tag, uint8_t *out, size_t room) {
  dicom_element e;
  if (!dicom_find(dump, tag, &e) || e.length == 0) return 0;
  bool words = strcmp(e.vr, "OB") != 0 && strcmp(e.vr, "UN") != 0, hex = e.vr[0] == 'O' || !words;
  size_t n = 0;
  for (const char *at = e.value, *end = at + e.length; at < end && n + 2 <= room;) {
    unsigned value = value_at(at, end, hex);
    out[n++] = (uint8_t)(value & 255);
    if (words) out[n++] = (uint8_t)(value >> 8);
    while (at < end && *at != '\\') at++;
    at++;
  }
  return n;
}

/* ---- pixel data ---- */

/* The name in "=./object.dcm.0.raw": what we named and a number. Anything else is none. */
static void take_name(const char *at, char name[64]) {
  name[0] = 0;
  if (strncmp(at, "=./", 3) != 0) return;
  size_t n = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz0123456789.");
  if (n < 64) snprintf(name, 64, "%.*s", (int)n, at + 3);
}

bool dicom_pixel_file(const char *dump, int index, int *pieces, char name[64]) {
  dicom_element e;
  *pieces = 0;
  name[0] = 0;
  if (!dicom_find(dump, "7fe0,0010", &e)) return false;
  const char *line = e.value;
  if (strncmp(line, "(PixelSequence", 14) != 0) {
    take_name(e.length > 0 ? e.value - 1 : "", name);
    return index == 0;
  }
  bool found = false;
  for (line = next_line(line); strncmp(line, ITEM, strlen(ITEM)) == 0; line = next_line(line)) {
    if (*pieces == index) {
      take_name(line + strlen(ITEM), name);
      found = true;
    }
    ++*pieces;
  }
  return found;
}
