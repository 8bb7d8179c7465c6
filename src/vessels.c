#include "vessels.h"

#include "fundus.h"

float vessels_density(const float *vessels, int size, vm_disc disc, int width, int height, float threshold) {
  long inside = 0, vessel = 0;
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++) {
      if (!fundus_in_view(disc, size, i, j, width, height)) continue;
      inside++;
      vessel += vessels[(size_t)j * (size_t)size + (size_t)i] >= threshold;
    }
  return inside > 0 ? (float)vessel / (float)inside : 0;
}
