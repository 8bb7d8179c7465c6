#include "gradcam.h"

#include "fundus.h"

void gradcam_plane(const float *activation, int grid, int classes, int c, float *plane) {
  for (int i = 0; i < grid * grid; i++) plane[i] = activation[(size_t)i * (size_t)classes + (size_t)c];
}

float gradcam_peak(const float *plane, int grid, vm_disc disc, int width, int height) {
  float largest = 0;
  for (int j = 0; j < grid; j++)
    for (int i = 0; i < grid; i++)
      if (plane[j * grid + i] > largest && fundus_in_view(disc, grid, i, j, width, height))
        largest = plane[j * grid + i];
  return largest;
}
