/* Compiles the third-party code in its headers (found through -isystem, so its warnings are its own). */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include "stb.h"
