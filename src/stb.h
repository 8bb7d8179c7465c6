/* stb_image and stb_image_write as this project uses them; the code itself is compiled in stb.c. */
#ifndef VM_STB_H
#define VM_STB_H

#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#include <stb_image.h>
#include <stb_image_write.h>

unsigned char *stbi_write_png_to_mem(const unsigned char *pixels, int stride_bytes, int x, int y, int n, int *out_len);

#endif
