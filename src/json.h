/* Reading JSON through jsmn, and writing it into a growing text. */
#ifndef VM_JSON_H
#define VM_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* ---- reading ---- */

typedef struct json_doc {
  const char *text; /* borrowed */
  void *tokens;     /* owned, jsmn's */
  int count;
} json_doc;

/* Parses text[0, size); false if it is not one JSON value or memory is short. Free with json_free either way. */
bool json_parse(const char *text, size_t size, json_doc *out);
void json_free(json_doc *doc);

/* Tokens are named by their index; 0 is the root, -1 means "not there". */
bool json_is_object(const json_doc *doc, int token);
bool json_is_array(const json_doc *doc, int token);
bool json_is_string(const json_doc *doc, int token);
int json_size(const json_doc *doc, int token);                     /* members of an object or an array */
int json_member(const json_doc *doc, int object, const char *key); /* the value of a key */
int json_next(const json_doc *doc, int token);                     /* the token after this whole value */
bool json_equals(const json_doc *doc, int token, const char *text);
bool json_number(const json_doc *doc, int token, double *out); /* false unless a finite number */
bool json_offset(const json_doc *doc, int token, size_t *out); /* false unless a whole number that fits */
/* Copies a string with its escapes resolved; returns its length, or -1 if it does not fit or is no string. */
int json_string(const json_doc *doc, int token, char *out, size_t capacity);
size_t json_length(const json_doc *doc, int token); /* bytes of the token's raw text */

/* ---- writing ---- */

typedef struct json_out {
  char *text; /* owned; ends with 0 */
  size_t size, capacity;
  bool failed; /* out of memory: text is NULL */
} json_out;

void json_put(json_out *out, const char *raw);         /* as it is */
void json_put_key(json_out *out, const char *name);    /* with the comma before it where one is due */
void json_put_string(json_out *out, const char *text); /* quoted and escaped; NULL gives null */
void json_put_number(json_out *out, double value);     /* shortest of 7 digits; null unless finite */

#endif
