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

#endif
