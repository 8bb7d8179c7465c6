#include "dicom_xml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(dicom_xml *x, const char *text, size_t n) {
  if (x->failed) return;
  if (x->size + n + 1 > x->room) {
    size_t room = 2 * (x->size + n) + 4096;
    char *larger = realloc(x->text, room);
    if (larger == NULL) {
      x->failed = true;
      return;
    }
    x->text = larger;
    x->room = room;
  }
  memcpy(x->text + x->size, text, n);
  x->size += n;
  x->text[x->size] = 0;
}

static void put_text(dicom_xml *x, const char *text) { put(x, text, strlen(text)); }

static void put_escaped(dicom_xml *x, const char *text) {
  for (size_t n = 0; *text != 0; text += n) {
    n = strcspn(text, "&<>");
    put(x, text, n);
    if (text[n] == 0) return;
    put_text(x, text[n] == '&' ? "&amp;" : text[n] == '<' ? "&lt;" : "&gt;");
    n++;
  }
}

void xml_start(dicom_xml *x) {
  *x = (dicom_xml){0};
  put_text(x, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<file-format>"
              "<meta-header xfer=\"1.2.840.10008.1.2.1\"></meta-header><data-set xfer=\"1.2.840.10008.1.2.1\">\n");
}

void xml_end(dicom_xml *x) { put_text(x, "</data-set></file-format>\n"); }

static void open_element(dicom_xml *x, const char *tag, const char *vr, const char *more) {
  put_text(x, "<element tag=\"");
  put_text(x, tag);
  put_text(x, "\" vr=\"");
  put_text(x, vr);
  put_text(x, more);
}

void xml_element(dicom_xml *x, const char *tag, const char *vr, const char *value) {
  open_element(x, tag, vr, "\">");
  put_escaped(x, value);
  put_text(x, "</element>\n");
}

void xml_format(dicom_xml *x, const char *tag, const char *vr, const char *format, ...) {
  char value[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(value, sizeof value, format, args);
  va_end(args);
  xml_element(x, tag, vr, value);
}

void xml_file(dicom_xml *x, const char *tag, const char *vr, const char *name) {
  open_element(x, tag, vr, "\" binary=\"file\">");
  put_escaped(x, name);
  put_text(x, "</element>\n");
}

void xml_open(dicom_xml *x, const char *tag) {
  put_text(x, "<sequence tag=\"");
  put_text(x, tag);
  put_text(x, "\" vr=\"SQ\">\n");
}

void xml_item(dicom_xml *x) { put_text(x, "<item>\n"); }
void xml_close_item(dicom_xml *x) { put_text(x, "</item>\n"); }
void xml_close(dicom_xml *x) { put_text(x, "</sequence>\n"); }

void xml_open_one(dicom_xml *x, const char *tag) {
  xml_open(x, tag);
  xml_item(x);
}

void xml_close_one(dicom_xml *x) {
  xml_close_item(x);
  xml_close(x);
}

void xml_code(dicom_xml *x, const char *tag, const dicom_code *code) {
  bool is_long = strlen(code->value) > 16;
  xml_open_one(x, tag);
  xml_element(x, is_long ? "0008,0119" : "0008,0100", is_long ? "UC" : "SH", code->value);
  xml_element(x, "0008,0102", "SH", code->scheme);
  xml_format(x, "0008,0104", "LO", "%.64s", code->meaning);
  xml_close_one(x);
}

/* ---- UIDs ---- */

bool dicom_new_uid(char out[65]) {
  uint8_t bytes[16];
  char digits[40];
  size_t n = 0;
  out[0] = 0;
  FILE *f = fopen("/dev/urandom", "rb");
  bool good = f != NULL && fread(bytes, 1, sizeof bytes, f) == sizeof bytes;
  if (f != NULL) fclose(f);
  if (!good) return false;
  bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
  for (bool left = true; left && n < sizeof digits;) { /* 128 bits by ten, digit after digit */
    unsigned rest = 0;
    left = false;
    for (size_t i = 0; i < sizeof bytes; i++) {
      rest = rest << 8 | bytes[i];
      bytes[i] = (uint8_t)(rest / 10);
      rest %= 10;
      left |= bytes[i] != 0;
    }
    digits[n++] = (char)('0' + rest);
  }
  memcpy(out, "2.25.", 5);
  for (size_t i = 0; i < n; i++) out[5 + i] = digits[n - 1 - i];
  out[5 + n] = 0;
  return true;
}

void xml_new_uid(dicom_xml *x, const char *tag) {
  char uid[65];
  if (!dicom_new_uid(uid)) x->failed = true;
  xml_element(x, tag, "UI", uid);
}
