/* JSON, through yyjson: numbers are read and written the same in every locale, text is checked to be UTF-8. */
#ifndef VM_JSON_H
#define VM_JSON_H

#define YYJSON_DISABLE_UTILS 1        /* pointers and patches */
#define YYJSON_DISABLE_NON_STANDARD 1 /* comments, trailing commas */
#ifdef __wasm__
#define YYJSON_DISABLE_FAST_FP_CONV 1 /* its tables are large, and Emscripten's own strtod knows no locale */
#endif
#define yyjson_inline inline /* where the compiler finds it worth its bytes, not everywhere */
#include <yyjson.h>

/* strtod() of a number as JSON writes it, in any locale where it is short; the same double, mostly in one division: Emscripten's
 * own computes in 128 bits. */
double json_real(const char *text, char **end);

#endif
