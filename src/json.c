#include "json.h"

#include <stdlib.h>

#ifdef YYJSON_DISABLE_FAST_FP_CONV
#define strtod json_real
#endif
#include <yyjson.c>
