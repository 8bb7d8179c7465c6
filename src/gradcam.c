#include "gradcam.h"

#include <stddef.h>

float gradcam_plane(const float *activation, int cells, int classes, int c, float *plane) {
  float largest = 0;
  for (int i = 0; i < cells; i++) {
    plane[i] = activation[(size_t)i * (size_t)classes + (size_t)c];
    if (plane[i] > largest) largest = plane[i];
  }
  return largest;
}
