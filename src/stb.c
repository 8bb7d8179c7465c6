/* Compiles the third-party code in its headers (found through -isystem, so its warnings are its own). Below it is what
 * has to see inside stb_image. */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
/* No decoder's fault may turn what lay in memory into a picture: what it never wrote is 0. */
#include <stdlib.h>
#define STBI_MALLOC(size) calloc(1, size)
#define STBI_REALLOC(old, size) realloc(old, size)
#define STBI_FREE(old) free(old)
#include "stb.h"

typedef struct decoder {
  stbi__context context;
  stbi__jpeg jpeg;
} decoder;

/* stb_image answers success, too, where it meets a segment that it does not know, and has decoded nothing or half by then.
 * It leaves a reason then; and it has not come as far as the end mark. */
static bool reached_end(const stbi__context *context, const uint8_t *bytes) {
  const uint8_t *at = context->img_buffer;
  return stbi__g_failure_reason == NULL && at - bytes >= 4 && at[-2] == 0xFF && at[-1] == 0xD9;
}

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
  stbi__g_failure_reason = NULL;
  if (!stbi__decode_jpeg_image(j) || !reached_end(&d->context, bytes)) {
    stb_jpeg_free(out);
    return false;
  }
  out->width = (int)d->context.img_x, out->height = (int)d->context.img_y, out->planes = d->context.img_n;
  out->across = j->img_h_max, out->down = j->img_v_max;
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
