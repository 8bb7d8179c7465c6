/* Made-up fundus photographs whose truth is known exactly: for tests, measurements and teaching. */
#ifndef VM_PHANTOM_H
#define VM_PHANTOM_H

#include "vmnet.h"

typedef enum vm_lesions {
  VM_LESION_NONE = 0,
  VM_LESION_HAEMORRHAGES = 1,
  VM_LESION_EXUDATES = 2,
  VM_LESION_DRUSEN = 4
} vm_lesions;

/* How a phantom is drawn: a made-up fundus photograph whose truth is known exactly. */
typedef struct vm_phantom_spec {
  uint32_t seed;
  int width, height; /* VM_MIN_SIDE..VM_MAX_SIDE */
  vm_disc disc;      /* the field of view to draw; radius 0 = centred, 0.48 of the shorter side */
  unsigned lesions;  /* vm_lesions, added up */
  float cup;         /* cup-to-disc ratio, 0..1; 0 = 0.4 */
  float brightness;  /* 0..1 multiplies the light; 0 = 1 */
  float calibre;     /* multiplies the width of the vessels, VM_CALIBRE_MIN..VM_CALIBRE_MAX; 0 = 1 */
} vm_phantom_spec;

#define VM_CALIBRE_MIN 0.6f
#define VM_CALIBRE_MAX 1.6f

/* Draws it: rgba [height][width][4]; vessels and lesions [height][width], 255 or 0 (either may be NULL).
 * *disc (may be NULL) gets the field of view that was drawn. The same spec gives the same bytes everywhere. */
vm_status vm_phantom(const vm_phantom_spec *spec, uint8_t *rgba, uint8_t *vessels, uint8_t *lesions, vm_disc *disc,
                     vm_error *err);

/* Where its landmarks lie, in its pixels. */
typedef struct vm_phantom_marks {
  vm_disc optic_disc; /* radius: half its width; it is drawn 1 / 0.92 as tall */
  float fovea_x, fovea_y;
  float vessel_width; /* mean over the length of all vessels that lie in the field of view */
} vm_phantom_marks;

/* The landmarks and the width of the vessels that vm_phantom draws for this spec, without drawing. */
vm_status vm_phantom_find(const vm_phantom_spec *spec, vm_phantom_marks *out, vm_error *err);

#endif
