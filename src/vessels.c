#include "vessels.h"

#include <stdbool.h>

float vessels_density(const float *vessels, int size, vm_disc disc, int width, int height, float threshold) {
  long inside = 0, vessel = 0;
  float step = 2 * disc.radius / (float)size;
  for (int j = 0; j < size; j++)
    for (int i = 0; i < size; i++) {
      float dx = ((float)i + 0.5f) * step - disc.radius, dy = ((float)j + 0.5f) * step - disc.radius;
      float x = disc.x + dx, y = disc.y + dy;
      bool in =
          dx * dx + dy * dy <= disc.radius * disc.radius && x >= 0 && y >= 0 && x < (float)width && y < (float)height;
      if (!in) continue;
      inside++;
      vessel += vessels[(size_t)j * (size_t)size + (size_t)i] >= threshold;
    }
  return inside > 0 ? (float)vessel / (float)inside : 0;
}
