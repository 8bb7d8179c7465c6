/* Compiles the third-party code in its headers (found through -isystem, so its warnings are its own). Below it is what
 * has to see inside stb_image. */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include "stb.h"

typedef struct decoder {
  stbi__context context;
  stbi__jpeg jpeg;
} decoder;

bool stb_jpeg_decode(const uint8_t *bytes, int size, stb_inverse *inverse, stb_jpeg *out) {
  *out = (stb_jpeg){0};
  decoder *d = calloc(1, sizeof *d);
  if (d == NULL) return stbi__err("outofmem", "Out of memory");
  stbi__jpeg *j = &d->jpeg;
  out->decoder = d;
  stbi__start_mem(&d->context, bytes, size);
  j->s = &d->context;
  stbi__setup_jpeg(j);
  j->idct_block_kernel = inverse;
  if (!stbi__decode_jpeg_image(j)) {
    stb_jpeg_free(out);
    return false;
  }
  out->width = (int)d->context.img_x, out->height = (int)d->context.img_y, out->planes = d->context.img_n;
  out->across = j->img_h_max, out->down = j->img_v_max;
  out->jfif = j->jfif != 0, out->adobe = j->app14_color_transform;
  for (int k = 0; k < out->planes; k++)
    out->plane[k] = (stb_plane){j->img_comp[k].id, j->img_comp[k].h,  j->img_comp[k].v,   j->img_comp[k].x,
                                j->img_comp[k].y,  j->img_comp[k].w2, j->img_comp[k].data};
  return true;
}

void stb_jpeg_free(stb_jpeg *jpeg) {
  decoder *d = jpeg->decoder;
  if (d != NULL) stbi__cleanup_jpeg(&d->jpeg);
  free(d);
  *jpeg = (stb_jpeg){0};
}
