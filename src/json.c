#include "json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#include <jsmn.h>

static const jsmntok_t *tokens(const json_doc *doc) { return doc->tokens; }

bool json_parse(const char *text, size_t size, json_doc *out) {
  *out = (json_doc){.text = text};
  jsmn_parser parser;
  jsmn_init(&parser);
  int needed = jsmn_parse(&parser, text, size, NULL, 0);
  if (needed <= 0) return false;
  out->tokens = calloc((size_t)needed, sizeof(jsmntok_t));
  if (out->tokens == NULL) return false;
  jsmn_init(&parser);
  out->count = jsmn_parse(&parser, text, size, out->tokens, (unsigned)needed);
  /* jsmn accepts several values in a row: the first must be all there is */
  if (out->count != needed || json_next(out, 0) != out->count) {
    json_free(out);
    return false;
  }
  return true;
}

void json_free(json_doc *doc) {
  free(doc->tokens);
  *doc = (json_doc){0};
}

static bool is(const json_doc *doc, int token, jsmntype_t type) {
  return token >= 0 && token < doc->count && tokens(doc)[token].type == type;
}

bool json_is_object(const json_doc *doc, int token) { return is(doc, token, JSMN_OBJECT); }
bool json_is_array(const json_doc *doc, int token) { return is(doc, token, JSMN_ARRAY); }
bool json_is_string(const json_doc *doc, int token) { return is(doc, token, JSMN_STRING); }

int json_size(const json_doc *doc, int token) { return token >= 0 && token < doc->count ? tokens(doc)[token].size : 0; }

size_t json_length(const json_doc *doc, int token) {
  return token >= 0 && token < doc->count ? (size_t)(tokens(doc)[token].end - tokens(doc)[token].start) : 0;
}

int json_next(const json_doc *doc, int token) {
  int end = tokens(doc)[token].end;
  do token++;
  while (token < doc->count && tokens(doc)[token].start < end);
  return token;
}

bool json_equals(const json_doc *doc, int token, const char *text) {
  size_t n = strlen(text);
  return json_is_string(doc, token) && json_length(doc, token) == n &&
         memcmp(doc->text + tokens(doc)[token].start, text, n) == 0;
}

int json_member(const json_doc *doc, int object, const char *key) {
  if (!json_is_object(doc, object)) return -1;
  int token = object + 1;
  for (int i = 0; i < tokens(doc)[object].size && token + 1 < doc->count; i++) {
    if (tokens(doc)[token].size == 1 && json_equals(doc, token, key)) return token + 1;
    token = json_next(doc, token + 1);
  }
  return -1;
}

bool json_number(const json_doc *doc, int token, double *out) {
  char buffer[40];
  size_t n = json_length(doc, token);
  if (!is(doc, token, JSMN_PRIMITIVE) || n == 0 || n >= sizeof buffer) return false;
  memcpy(buffer, doc->text + tokens(doc)[token].start, n);
  buffer[n] = 0;
  if (strspn(buffer, "0123456789+-.eE") != n) return false;
  char *end = NULL;
  *out = strtod(buffer, &end);
  return end == buffer + n && isfinite(*out);
}

bool json_offset(const json_doc *doc, int token, size_t *out) {
  size_t n = json_length(doc, token);
  if (!is(doc, token, JSMN_PRIMITIVE) || n == 0) return false;
  size_t value = 0;
  for (size_t i = 0; i < n; i++) {
    char c = doc->text[tokens(doc)[token].start + (int)i];
    if (c < '0' || c > '9') return false;
    size_t digit = (size_t)(c - '0');
    if (value > (SIZE_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *s, const char *end) {
  if (end - s < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; i++) {
    char c = s[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static size_t put_utf8(unsigned code, char out[3]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xC0 | (code >> 6));
    out[1] = (char)(0x80 | (code & 63));
    return 2;
  }
  out[0] = (char)(0xE0 | (code >> 12));
  out[1] = (char)(0x80 | ((code >> 6) & 63));
  out[2] = (char)(0x80 | (code & 63));
  return 3;
}

int json_string(const json_doc *doc, int token, char *out, size_t capacity) {
  if (!json_is_string(doc, token) || capacity == 0) return -1;
  const char *s = doc->text + tokens(doc)[token].start, *end = doc->text + tokens(doc)[token].end;
  size_t n = 0;
  while (s < end) {
    char piece[3] = {*s++, 0, 0};
    size_t length = 1;
    if (piece[0] == '\\' && s < end) {
      char c = *s++;
      const char *at = strchr("b\bf\fn\nr\rt\t", c);
      if (c == 'u') {
        int code = hex4(s, end);
        if (code <= 0 || (code >= 0xD800 && code < 0xE000)) return -1; /* no surrogates: names are plain text */
        length = put_utf8((unsigned)code, piece);
        s += 4;
      } else {
        piece[0] = at != NULL && c >= 'b' ? at[1] : c;
      }
    }
    if (n + length >= capacity) return -1;
    memcpy(out + n, piece, length);
    n += length;
  }
  out[n] = 0;
  return (int)n;
}

static bool reserve(json_out *out, size_t more) {
  if (out->failed) return false;
  if (out->size + more + 1 <= out->capacity) return true;
  size_t capacity = (out->size + more + 1) * 2;
  char *text = realloc(out->text, capacity);
  if (text == NULL) {
    free(out->text);
    *out = (json_out){.failed = true};
    return false;
  }
  out->text = text;
  out->capacity = capacity;
  return true;
}

static void append(json_out *out, const char *text, size_t n) {
  if (!reserve(out, n)) return;
  memcpy(out->text + out->size, text, n);
  out->size += n;
  out->text[out->size] = 0;
}

void json_put(json_out *out, const char *raw) { append(out, raw, strlen(raw)); }

void json_put_string(json_out *out, const char *text) {
  if (text == NULL) {
    json_put(out, "null");
    return;
  }
  append(out, "\"", 1);
  for (; *text; text++) {
    char buffer[8];
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      buffer[0] = '\\';
      buffer[1] = (char)c;
      append(out, buffer, 2);
    } else if (c < 32) {
      append(out, buffer, (size_t)snprintf(buffer, sizeof buffer, "\\u%04x", (unsigned)c));
    } else {
      append(out, text, 1);
    }
  }
  append(out, "\"", 1);
}

void json_put_key(json_out *out, const char *name) {
  char last = out->size > 0 ? out->text[out->size - 1] : 0;
  if (last != '{') json_put(out, ",");
  json_put_string(out, name);
  json_put(out, ":");
}

void json_put_number(json_out *out, double value) {
  char buffer[40];
  if (!isfinite(value)) {
    json_put(out, "null");
    return;
  }
  snprintf(buffer, sizeof buffer, "%.7g", value);
  json_put(out, buffer);
}
