/* A made-up fundus photograph whose vessels, lesions and field of view are known exactly.
 *
 * Only + - * / and sqrt are used, and the build forbids fused multiply-add: the same spec gives the same bytes on every
 * host, which lets tests compare a browser with the native command. */
#include "phantom.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "square.h"
#include "status.h"

#define MAX_STROKES 6000
#define MAX_SPOTS 96

typedef struct stroke {                    /* one piece of a vessel, in units of the disc's radius around its centre */
  float x0, y0, x1, y1, half_width, depth; /* depth: how dark, 0..1 */
} stroke;

typedef struct spot {
  float x, y, radius, r, g, b, strength;
} spot;

typedef struct scene {
  uint32_t random;
  float disc_x, disc_y, disc_radius, macula_x, macula_y; /* optic disc and macula */
  float cup, calibre;
  stroke *strokes; /* owned */
  int stroke_count;
  spot spots[MAX_SPOTS];
  int spot_count;
} scene;

/* ---- small deterministic helpers ---- */

static float uniform(scene *s, float low, float high) {
  s->random = s->random * 1664525u + 1013904223u;
  return low + (high - low) * (float)(s->random >> 8) * (1.0f / 16777216.0f);
}

/* Repeatable noise of a pixel, -1..1 */
static float grain(uint32_t x, uint32_t y, uint32_t seed) {
  uint32_t h = x * 374761393u + y * 668265263u + seed * 2246822519u;
  h = (h ^ (h >> 13)) * 1274126177u;
  h ^= h >> 16;
  return (float)(h & 0xFFFF) * (2.0f / 65535.0f) - 1;
}

static float clamp01(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

/* Bell-shaped: 1 at 0, 1/4 at 1, no exponential needed */
static float bell(float squared) { return 1 / ((1 + squared) * (1 + squared)); }

/* ---- the vessel tree ---- */

typedef struct tip {
  float x, y, dx, dy, half_width, bend;
} tip;

static void turn(tip *t, float angle) { /* small angles: normalise (d + angle * perpendicular) */
  float dx = t->dx - angle * t->dy, dy = t->dy + angle * t->dx, n = sqrtf(dx * dx + dy * dy);
  t->dx = dx / n;
  t->dy = dy / n;
}

static void grow(scene *s, tip t, int generation, float depth) {
  const float step = 0.02f;
  int steps = 14 + (int)uniform(s, 0, 14) + (generation == 0 ? 16 : 0);
  for (int i = 0; i < steps && s->stroke_count < MAX_STROKES; i++) {
    if (t.x * t.x + t.y * t.y > 1.1f) return;
    tip from = t;
    turn(&t, t.bend * step + uniform(s, -0.09f, 0.09f));
    t.x += t.dx * step;
    t.y += t.dy * step;
    float mx = t.x - s->macula_x, my = t.y - s->macula_y; /* the macula stays free of large vessels */
    if (mx * mx + my * my < 0.03f) return;
    t.half_width *= 0.994f;
    s->strokes[s->stroke_count++] = (stroke){from.x, from.y, t.x, t.y, t.half_width, depth};
  }
  if (generation >= 5 || t.half_width < 0.0028f) return;
  for (int side = -1; side <= 1; side += 2) {
    tip child = t;
    turn(&child, (float)side * uniform(s, 0.25f, 0.65f));
    child.half_width *= uniform(s, 0.62f, 0.85f);
    child.bend = -(float)side * uniform(s, 0, 1.0f);
    grow(s, child, generation + 1, depth);
  }
}

static void grow_tree(scene *s) {
  float away = s->macula_x > s->disc_x ? 1.0f : -1.0f;
  for (int up = -1; up <= 1; up += 2)
    for (int lateral = -1; lateral <= 1; lateral += 2)
      for (int kind = 0; kind < 2; kind++) { /* artery and vein side by side */
        float lean = (float)lateral * away, dx = lean * uniform(s, 0.35f, 0.8f), dy = (float)up,
              n = sqrtf(dx * dx + dy * dy);
        float off = ((float)kind - 0.5f) * 0.05f;
        tip t = {s->disc_x + off,
                 s->disc_y,
                 dx / n,
                 dy / n,
                 kind == 0 ? 0.0105f : 0.0145f,
                 -lean * (float)up * away * uniform(s, 0.9f, 1.7f) * away};
        grow(s, t, 0, kind == 0 ? 0.34f : 0.46f);
      }
}

/* ---- lesions ---- */

static void add_spots(scene *s, int count, float low, float high, const float colour[3], float strength,
                      bool near_macula) {
  for (int i = 0; i < count && s->spot_count < MAX_SPOTS; i++) {
    float range = near_macula ? 0.28f : 0.75f;
    float x = uniform(s, -range, range) + (near_macula ? s->macula_x : 0),
          y = uniform(s, -range, range) + (near_macula ? s->macula_y : 0);
    float dx = x - s->disc_x, dy = y - s->disc_y;
    if (x * x + y * y > 0.75f || dx * dx + dy * dy < 0.07f) continue;
    s->spots[s->spot_count++] = (spot){x, y, uniform(s, low, high), colour[0], colour[1], colour[2], strength};
  }
}

static void add_lesions(scene *s, unsigned lesions) {
  static const float red[3] = {0.45f, 0.10f, 0.06f}, yellow[3] = {0.98f, 0.90f, 0.55f}, pale[3] = {0.90f, 0.74f, 0.42f};
  if (lesions & VM_LESION_HAEMORRHAGES) add_spots(s, 26, 0.008f, 0.038f, red, 0.85f, false);
  if (lesions & VM_LESION_EXUDATES) add_spots(s, 24, 0.006f, 0.022f, yellow, 0.9f, true);
  if (lesions & VM_LESION_DRUSEN) add_spots(s, 30, 0.008f, 0.018f, pale, 0.6f, true);
}

/* Optic disc, macula and cup: the first that the seed decides. */
static void place_landmarks(const vm_phantom_spec *spec, scene *s) {
  *s = (scene){.random = spec->seed * 2654435761u + 12345u};
  for (int i = 0; i < 4; i++) uniform(s, 0, 1);
  float side = spec->seed % 2 == 0 ? 1.0f : -1.0f; /* even seeds: optic disc on the right, as in a right eye */
  s->disc_x = side * uniform(s, 0.42f, 0.52f);
  s->disc_y = uniform(s, -0.06f, 0.06f);
  s->disc_radius = uniform(s, 0.125f, 0.15f);
  s->macula_x = s->disc_x - side * 0.56f;
  s->macula_y = s->disc_y + 0.05f;
  s->cup = spec->cup > 0 ? spec->cup : 0.4f;
  s->calibre = spec->calibre > 0 ? spec->calibre : 1;
}

static bool make_scene(const vm_phantom_spec *spec, scene *s) {
  place_landmarks(spec, s);
  s->strokes = malloc(MAX_STROKES * sizeof *s->strokes);
  if (s->strokes == NULL) return false;
  grow_tree(s);
  /* Once it is grown: the tree is the same at every calibre, only its width differs. */
  for (int i = 0; i < s->stroke_count; i++) s->strokes[i].half_width *= s->calibre;
  add_lesions(s, spec->lesions);
  return true;
}

/* Mean width of the vessels in the field of view, weighted by their length, in radii of the field. */
static float mean_width(const scene *s) {
  double sum = 0, length = 0;
  for (int i = 0; i < s->stroke_count; i++) {
    const stroke *k = &s->strokes[i];
    float x = (k->x0 + k->x1) / 2, y = (k->y0 + k->y1) / 2, dx = k->x1 - k->x0, dy = k->y1 - k->y0;
    if (x * x + y * y >= 1) continue;
    double piece = (double)sqrtf(dx * dx + dy * dy);
    sum += piece * 2 * (double)k->half_width;
    length += piece;
  }
  return length > 0 ? (float)(sum / length) : 0;
}

/* ---- drawing ---- */

typedef struct canvas {
  int width, height;
  vm_disc disc;
  float *dark; /* owned [height][width]: how much light the vessels take, 0..1 */
} canvas;

static float distance_squared(const stroke *k, float x, float y) {
  float dx = k->x1 - k->x0, dy = k->y1 - k->y0, length = dx * dx + dy * dy;
  float t = length > 0 ? clamp01(((x - k->x0) * dx + (y - k->y0) * dy) / length) : 0;
  float ex = x - k->x0 - t * dx, ey = y - k->y0 - t * dy;
  return ex * ex + ey * ey;
}

static int clamp_int(float v, int high) { return v<0 ? 0 : v>(float) high ? high : (int)v; }

static void draw_stroke(const canvas *c, const stroke *k, uint8_t *vessels) {
  float r = c->disc.radius, reach = k->half_width * 1.6f;
  float low_x = k->x0 < k->x1 ? k->x0 : k->x1, high_x = k->x0 < k->x1 ? k->x1 : k->x0;
  float low_y = k->y0 < k->y1 ? k->y0 : k->y1, high_y = k->y0 < k->y1 ? k->y1 : k->y0;
  int x0 = clamp_int(c->disc.x + (low_x - reach) * r - 1, c->width),
      x1 = clamp_int(c->disc.x + (high_x + reach) * r + 2, c->width);
  int y0 = clamp_int(c->disc.y + (low_y - reach) * r - 1, c->height),
      y1 = clamp_int(c->disc.y + (high_y + reach) * r + 2, c->height);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++) {
      float u = ((float)x + 0.5f - c->disc.x) / r, v = ((float)y + 0.5f - c->disc.y) / r;
      float q = distance_squared(k, u, v) / (k->half_width * k->half_width);
      if (q > 2.5f || u * u + v * v >= 1) continue;
      size_t at = (size_t)y * (size_t)c->width + (size_t)x;
      float dark = k->depth * (q < 0.4f ? 1 : clamp01((2.5f - q) / 2.1f));
      if (dark > c->dark[at]) c->dark[at] = dark;
      if (vessels != NULL && q <= 1) vessels[at] = 255;
    }
}

/* The retina without vessels at (u, v), in units of the radius: rgb 0..1 */
static void retina(const scene *s, float u, float v, float rgb[3]) {
  float rr = u * u + v * v, light = 1 - 0.38f * rr;
  float mx = u - s->macula_x, my = v - s->macula_y, macula = 0.42f * bell((mx * mx + my * my) / 0.022f);
  rgb[0] = 0.80f * light * (1 - 0.5f * macula);
  rgb[1] = 0.42f * light * (1 - macula);
  rgb[2] = 0.22f * light * (1 - macula);
  float dx = u - s->disc_x, dy = (v - s->disc_y) * 0.92f, d = (dx * dx + dy * dy) / (s->disc_radius * s->disc_radius);
  float in_disc = clamp01((1.12f - d) * 6), in_cup = clamp01((s->cup * s->cup - d) * 8 + 0.5f) * in_disc;
  const float rim[] = {0.95f, 0.70f, 0.42f}, cup[] = {1.0f, 0.92f, 0.74f};
  for (int c = 0; c < 3; c++) {
    rgb[c] += in_disc * (rim[c] - rgb[c]);
    rgb[c] += in_cup * (cup[c] - rgb[c]);
  }
}

static bool paint_spots(const scene *s, float u, float v, float rgb[3]) {
  bool lesion = false;
  for (int i = 0; i < s->spot_count; i++) {
    const spot *k = &s->spots[i];
    float dx = u - k->x, dy = v - k->y, q = (dx * dx + dy * dy) / (k->radius * k->radius);
    if (q > 1.6f) continue;
    float a = k->strength * clamp01((1.6f - q) / 1.2f);
    rgb[0] += a * (k->r - rgb[0]);
    rgb[1] += a * (k->g - rgb[1]);
    rgb[2] += a * (k->b - rgb[2]);
    lesion = lesion || q <= 1;
  }
  return lesion;
}

static void draw_photo(const scene *s, const canvas *c, const vm_phantom_spec *spec, uint8_t *rgba, uint8_t *lesions) {
  float brightness = spec->brightness > 0 ? spec->brightness : 1;
  for (int y = 0; y < c->height; y++)
    for (int x = 0; x < c->width; x++) {
      size_t at = (size_t)y * (size_t)c->width + (size_t)x;
      float u = ((float)x + 0.5f - c->disc.x) / c->disc.radius, v = ((float)y + 0.5f - c->disc.y) / c->disc.radius;
      float edge = clamp01((1 - sqrtf(u * u + v * v)) * c->disc.radius + 0.5f); /* one pixel soft */
      float rgb[3] = {0, 0, 0}, noise = grain((uint32_t)x, (uint32_t)y, spec->seed) * 0.012f;
      bool lesion = false;
      if (edge > 0) {
        retina(s, u, v, rgb);
        lesion = paint_spots(s, u, v, rgb);
        rgb[0] *= 1 - 0.55f * c->dark[at];
        rgb[1] *= 1 - c->dark[at];
        rgb[2] *= 1 - 0.8f * c->dark[at];
      }
      for (int k = 0; k < 3; k++)
        rgba[at * 4 + (size_t)k] =
            (uint8_t)(clamp01((rgb[k] * brightness + noise * rgb[k]) * edge + 0.012f) * 255 + 0.5f);
      rgba[at * 4 + 3] = 255;
      if (lesions != NULL) lesions[at] = lesion && edge >= 0.5f ? 255 : 0;
    }
}

static vm_status check_spec(const vm_phantom_spec *p, const void *out, vm_error *err) {
  if (p == NULL || out == NULL || p->width < VM_MIN_SIDE || p->height < VM_MIN_SIDE || p->width > VM_MAX_SIDE ||
      p->height > VM_MAX_SIDE || (int64_t)p->width * p->height > VM_MAX_PIXELS)
    return status_fail(err, VM_ERR_ARGUMENT, "phantom: sides must be %d to %d and at most %d megapixels", VM_MIN_SIDE,
                       VM_MAX_SIDE, VM_MAX_PIXELS / 1000000);
  if (!(p->cup >= 0 && p->cup <= 1) || !(p->brightness >= 0 && p->brightness <= 1))
    return status_fail(err, VM_ERR_ARGUMENT, "phantom: cup and brightness must be 0 to 1");
  if (p->disc.radius != 0 && !square_allows(p->disc))
    return status_fail(err, VM_ERR_ARGUMENT,
                       "phantom: the field's radius must be 1 to %d, or 0 for the default, its centre within %d to %d",
                       VM_MAX_SIDE, -VM_MAX_SIDE, 2 * VM_MAX_SIDE);
  if (p->calibre != 0 && !(p->calibre >= VM_CALIBRE_MIN && p->calibre <= VM_CALIBRE_MAX))
    return status_fail(err, VM_ERR_ARGUMENT, "phantom: calibre must be %s to %s, or 0 for 1", NUMBER(VM_CALIBRE_MIN),
                       NUMBER(VM_CALIBRE_MAX));
  return VM_OK;
}

static vm_disc field_of(const vm_phantom_spec *spec) {
  if (spec->disc.radius > 0) return spec->disc;
  int shorter = spec->width < spec->height ? spec->width : spec->height;
  return (vm_disc){(float)spec->width / 2, (float)spec->height / 2, 0.48f * (float)shorter};
}

vm_status vm_phantom_find(const vm_phantom_spec *spec, vm_phantom_marks *out, vm_error *err) {
  vm_status status = check_spec(spec, out, err);
  if (status != VM_OK) return status;
  vm_disc field = field_of(spec);
  scene s;
  if (!make_scene(spec, &s)) return status_fail(err, VM_ERR_MEMORY, "phantom: out of memory for its vessels");
  *out = (vm_phantom_marks){
      {field.x + s.disc_x * field.radius, field.y + s.disc_y * field.radius, s.disc_radius * field.radius},
      field.x + s.macula_x * field.radius,
      field.y + s.macula_y * field.radius,
      mean_width(&s) * field.radius};
  free(s.strokes);
  status_ok(err);
  return VM_OK;
}

vm_status vm_phantom(const vm_phantom_spec *spec, uint8_t *rgba, uint8_t *vessels, uint8_t *lesions, vm_disc *disc,
                     vm_error *err) {
  vm_status status = check_spec(spec, rgba, err);
  if (status != VM_OK) return status;
  size_t pixels = (size_t)spec->width * (size_t)spec->height;
  canvas c = {spec->width, spec->height, field_of(spec), calloc(pixels, sizeof(float))};
  scene s = {0};
  if (c.dark != NULL && make_scene(spec, &s)) {
    if (vessels != NULL) memset(vessels, 0, pixels);
    for (int i = 0; i < s.stroke_count; i++) draw_stroke(&c, &s.strokes[i], vessels);
    draw_photo(&s, &c, spec, rgba, lesions);
    if (disc != NULL) *disc = c.disc;
    status_ok(err);
  } else {
    status = status_fail(err, VM_ERR_MEMORY, "phantom: out of memory for %d x %d pixels", spec->width, spec->height);
  }
  free(s.strokes);
  free(c.dark);
  return status;
}
