#include "json.h"

#include <yyjson.c>
