/* Open -> screen -> close: the top of the library. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arteries.h"
#include "decision.h"
#include "disc_cup.h"
#include "field.h"
#include "grade.h"
#include "grid.h"
#include "lesions.h"
#include "network.h"
#include "optic_disc.h"
#include "photo_inspect.h"
#include "quality.h"
#include "report.h"
#include "square.h"
#include "status.h"
#include "upright.h"
#include "vessels.h"

struct vm_model {
  vm_network *network;
  vm_weights weights; /* its classes and thresholds; the tensors are closed after vm_open */
  int tensor_count, threads, size;
};

/* ---- model ---- */

static vm_status check_options(const vm_options *opt, vm_error *err) {
  if (opt->size < VM_SIZE_MIN || opt->size > VM_SIZE_MAX || opt->size % VM_SIZE_STEP != 0)
    return status_fail(err, VM_ERR_ARGUMENT, "size %d: must be %d to %d in steps of %d", opt->size, VM_SIZE_MIN,
                       VM_SIZE_MAX, VM_SIZE_STEP);
  if (opt->threads < 1 || opt->threads > VM_MAX_THREADS)
    return status_fail(err, VM_ERR_ARGUMENT, "threads %d: must be 1 to %d", opt->threads, VM_MAX_THREADS);
  return VM_OK;
}

vm_status vm_open(const void *weights, size_t size, const vm_options *opt, vm_model **out, vm_error *err) {
  if (out == NULL) return status_fail(err, VM_ERR_ARGUMENT, "open: no place for the model");
  *out = NULL;
  vm_options o = opt != NULL ? *opt : (vm_options){0};
  if (o.size == 0) o.size = VM_SIZE_DEFAULT;
  if (o.threads == 0) o.threads = 1;
  vm_status s = check_options(&o, err);
  if (s != VM_OK) return s;
  vm_model *m = calloc(1, sizeof *m);
  if (m == NULL) return status_fail(err, VM_ERR_MEMORY, "open: out of memory");
  s = weights_open(weights, size, &m->weights, err);
  if (o.size != VM_SIZE_DEFAULT)
    m->weights.lesion_kinds = 0, m->weights.arteries = false, m->weights.grade.given = false,
    m->weights.orientation.given = false; /* the heads read at the one scale that they were trained at */
  if (s == VM_OK) s = network_create(&m->weights, o.size, o.threads, &m->network, err);
  if (s != VM_OK) {
    weights_close(&m->weights);
    free(m);
    return s;
  }
  m->tensor_count = m->weights.tensor_count;
  m->size = o.size;
  m->threads = o.threads;
  weights_drop_tensors(&m->weights); /* packed by now */
  *out = m;
  return status_ok(err);
}

void vm_close(vm_model *m) {
  if (m == NULL) return;
  network_free(m->network);
  weights_close(&m->weights);
  free(m);
}

vm_status vm_info(const vm_model *m, char **json, vm_error *err) {
  if (m == NULL || json == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "info: a model and a place for the text are needed");
  const report_model facts = {&m->weights, m->size, m->threads, m->tensor_count, network_parameters(m->network)};
  return report_info(&facts, json, err);
}

/* ---- screening ---- */

static vm_status check_photo(const uint8_t *rgba, int width, int height, const vm_request *req, vm_error *err) {
  if (rgba == NULL) return status_fail(err, VM_ERR_ARGUMENT, "photograph: no pixels");
  vm_status s = photo_check_size(width, height, err);
  if (s != VM_OK) return s;
  if (!(req->guide >= 0 && req->guide <= 1))
    return status_fail(err, VM_ERR_ARGUMENT, "guide %s: must be 0 to 1", NUMBER(req->guide));
  if (req->point < VM_POINT_SCREENING || req->point > VM_POINT_SPECIFIC)
    return status_fail(err, VM_ERR_ARGUMENT, "operating point %d: must be 1 to %d, or 0 for the default",
                       (int)req->point, VM_POINTS);
  return VM_OK;
}

/* What a result points to: one block from `vessels` on, and two of their own, which find room where weights lay
 * before. Owned by the result, as its `own`: free_memory. */
typedef struct result_memory {
  float *vessels, *guide, *before, *after, *activation, *disc, *cup;
  float *lesions, *arteries;
  char (*names)[WEIGHTS_MAX_NAME]; /* [2 * classes]: names, then ids */
} result_memory;

static void free_memory(result_memory *mem) {
  if (mem == NULL) return;
  free(mem->vessels);
  free(mem->lesions);
  free(mem->arteries);
  free(mem);
}

/* Shares the one block out. */
static void divide_block(const network_output *o, float *block, result_memory *mem) {
  size_t pixels = (size_t)o->size * (size_t)o->size, cells = (size_t)o->grid * (size_t)o->grid;
  mem->vessels = block;
  mem->guide = mem->vessels + pixels;
  mem->before = mem->guide + cells;
  mem->after = mem->before + cells;
  mem->activation = mem->after + cells;
  mem->disc = mem->activation + cells * (size_t)o->classes;
  mem->cup = mem->disc + pixels / 16;
  mem->names = (void *)(mem->cup + pixels / 16);
}

/* NULL: out of memory. */
static result_memory *allocate_memory(const network_output *o) {
  size_t pixels = (size_t)o->size * (size_t)o->size, cells = (size_t)o->grid * (size_t)o->grid,
         classes = (size_t)o->classes, lesions = pixels * (size_t)o->lesion_kinds;
  size_t floats = pixels + 3 * cells + cells * classes + pixels / 8;
  result_memory *mem = calloc(1, sizeof *mem);
  if (mem == NULL) return NULL;
  float *block = malloc(floats * sizeof *block + 2 * classes * sizeof *mem->names);
  if (block != NULL) divide_block(o, block, mem);
  if (lesions > 0) mem->lesions = malloc(lesions * sizeof *mem->lesions);
  if (o->arteries != NULL) mem->arteries = malloc(pixels * sizeof *mem->arteries);
  const bool all =
      block != NULL && (mem->lesions != NULL) == (lesions > 0) && (mem->arteries != NULL) == (o->arteries != NULL);
  if (all) return mem;
  free_memory(mem);
  return NULL;
}

static void fill_features(const network_output *o, const result_memory *mem, vm_result *r) {
  memcpy(mem->before, o->features, (size_t)o->grid * (size_t)o->grid * sizeof(float));
  network_guided(o, mem->after);
  r->features_before = mem->before;
  r->features_after = mem->after;
}

/* Takes class c out of activation [grid][grid][classes] into plane [grid][grid], in logit units, signed. */
static void take_plane(const float *activation, int grid, int classes, int c, float *plane) {
  for (int i = 0; i < grid * grid; i++) plane[i] = activation[(size_t)i * (size_t)classes + (size_t)c];
}

/* The largest value of relu(plane) in the field of view, the disc inside the photograph; 0 where nothing there speaks
 * for the class. The black surround is part of the network's input, but no part of the eye. */
static float peak_in_view(const float *plane, int grid, vm_disc disc, int width, int height) {
  float largest = 0;
  for (int j = 0; j < grid; j++)
    for (int i = 0; i < grid; i++)
      if (plane[j * grid + i] > largest && square_in_view(disc, grid, i, j, width, height))
        largest = plane[j * grid + i];
  return largest;
}

static void fill_classes(const vm_model *m, const network_output *o, const result_memory *mem, vm_result *r) {
  size_t cells = (size_t)o->grid * (size_t)o->grid;
  for (int c = 0; c < o->classes; c++) {
    const weights_class *k = &m->weights.classes[c];
    float *plane = mem->activation + (size_t)c * cells;
    take_plane(o->activation, o->grid, o->classes, c, plane);
    char *name = mem->names[c], *id = mem->names[o->classes + c];
    memcpy(name, k->name, sizeof k->name);
    memcpy(id, k->id, sizeof k->id);
    r->classes[c] = (vm_class){.name = name,
                               .id = id,
                               .logit = o->logits[c],
                               .probability = probability_of(k->scale * o->logits[c] + k->offset),
                               .named = c != m->weights.decision.normal && !m->weights.decision.unnamed[c],
                               .heatmap_max = peak_in_view(plane, o->grid, r->disc, r->width, r->height),
                               .activation = plane,
                               .bias = network_bias(m->network)[c]};
  }
}

/* False: out of memory. */
static bool measure_vessels(const float *vessels, vm_result *r) {
  bool enough =
      vessels_measure(vessels, r->size, r->vessel_threshold, r->disc, r->width, r->height, &r->optic_disc, r->measures);
  r->vessel_density = r->measures[VM_FIELD].density;
  return enough;
}

/* Optic disc and cup. The head reads its features at one scale, that of the size it was trained at. False: out of memory. */
static bool fill_disc_cup(const network_output *o, const result_memory *mem, vm_result *r) {
  const disc_cup_photo photo = {r->disc, r->width, r->height, r->optic_disc};
  r->disc_side = o->size / 4;
  if (o->structures == NULL || o->size != VM_SIZE_DEFAULT) r->disc_cup = disc_cup_none(VM_DISC_NO_OUTPUT);
  else if (!r->gradable) r->disc_cup = disc_cup_none(VM_DISC_NOT_GRADABLE);
  else if (!disc_cup_measure(o->structures, r->disc_side, &photo, mem->disc, mem->cup, &r->disc_cup)) return false;
  if (r->disc_cup.disc.area > 0) r->disc_map = mem->disc;
  if (r->disc_cup.cup.area > 0) r->cup_map = mem->cup;
  return true;
}

/* Lesions. False: out of memory. */
static bool fill_lesions(const vm_model *m, const network_output *o, const result_memory *mem, vm_result *r) {
  vm_drawn_lesions *l = &r->lesions;
  size_t pixels = (size_t)o->size * (size_t)o->size;
  if (o->lesions == NULL) l->validity = VM_LESIONS_NO_OUTPUT;
  else if (!r->gradable) l->validity = VM_LESIONS_NOT_GRADABLE;
  if (l->validity != VM_LESIONS_VALID) return true;
  const lesions_photo photo = {r->disc, r->width, r->height, r->optic_disc, r->disc_cup.disc, r->eye};
  lesions_place_fovea(&photo, l);
  for (int i = 0; i < o->lesion_kinds; i++) {
    const weights_lesion *k = &m->weights.lesions[i];
    vm_lesion_measures *out = &l->kinds[k->kind];
    out->threshold = k->threshold;
    if (!lesions_measure(mem->lesions + (size_t)i * pixels, o->size, &photo, l, out)) return false;
  }
  return true;
}

/* Arteries and veins, whose map is taken by then. False: out of memory. */
static bool measure_arteries(const result_memory *mem, vm_result *r) {
  if (r->arteries.validity != VM_ARTERIES_VALID) return true;
  const arteries_photo photo = {r->disc, r->width, r->height, r->optic_disc};
  return arteries_measure(mem->vessels, r->vessel_threshold, r->size, &photo, mem->arteries, &r->arteries);
}

/* The answer at every operating point, and where each cuts. */
static void decide(const vm_model *m, const network_output *o, vm_point point, vm_result *r) {
  const decision_facts facts = {o->logits, r->gradable != 0, r->reasons};
  for (int i = 0; i < VM_POINTS; i++)
    r->decisions[i] = decision_make(&m->weights, &facts, (vm_point)(VM_POINT_SCREENING + i));
  r->decision = r->decisions[point - VM_POINT_SCREENING];
  for (int c = 0; c < r->class_count; c++) {
    vm_class *k = &r->classes[c];
    for (int i = 0; i < VM_POINTS; i++) k->cuts[i] = decision_cut(&m->weights.classes[c], r->decisions[i].point);
    k->threshold = k->cuts[point - VM_POINT_SCREENING];
  }
}

/* ---- photographs that lie on their side ---- */

/* A photograph upright: what the network saw of it, and where its field lies. */
typedef struct upright_photo {
  network_output seen;
  vm_orientation lies;
  bool doubt; /* whether it stands upright now */
  vm_disc disc;
  int width, height;
} upright_photo;

/* Turns what the network reads clockwise, and runs it again. */
static vm_status turn_and_run(vm_model *m, float guide, int quarters, upright_photo *p, vm_error *err) {
  upright_turn(network_input(m->network), m->size, 3, quarters);
  p->disc = upright_disc(p->disc, p->width, p->height, quarters);
  if (quarters % 2 != 0) {
    const int width = p->width;
    p->width = p->height;
    p->height = width;
  }
  return network_run(m->network, guide, &p->seen, err);
}

/* Runs the network, and anew on what is turned upright where that lies on its side: once, or twice where it then stands on its
 * head. */
static vm_status run_upright(vm_model *m, float guide, upright_photo *p, vm_error *err) {
  vm_status s = network_run(m->network, guide, &p->seen, err);
  if (s != VM_OK) return s;
  p->lies = upright_seen(&m->weights.orientation, p->seen.orientation);
  if (p->lies.turned != 0) s = turn_and_run(m, guide, p->lies.turned / 90, p, err);
  if (s == VM_OK && p->lies.turned != 0 && upright_wrong_way(p->seen.orientation)) {
    p->lies.turned = (p->lies.turned + 180) % 360;
    s = turn_and_run(m, guide, 2, p, err);
  }
  if (s == VM_OK) p->doubt = upright_doubt(&p->lies, p->seen.orientation);
  return s;
}

/* Maps and places of the result to the photograph as it was given. */
static void turn_back(const network_output *o, const result_memory *mem, vm_result *r) {
  const int quarters = r->orientation.turned / 90, back = 4 - quarters, side = r->disc_side;
  float *const drawn[] = {r->disc_map != NULL ? mem->disc : NULL, r->cup_map != NULL ? mem->cup : NULL};
  float *const cells[] = {mem->guide, mem->before, mem->after};
  if (quarters == 0) return;
  upright_turn(mem->vessels, r->size, 1, back);
  for (int i = 0; i < 2; i++)
    if (drawn[i] != NULL) upright_turn(drawn[i], side, 1, back);
  for (int i = 0; i < 3; i++) upright_turn(cells[i], r->grid, 1, back);
  for (int c = 0; c < o->classes; c++)
    upright_turn(mem->activation + (size_t)(c * r->grid * r->grid), r->grid, 1, back);
  for (int i = 0; i < o->lesion_kinds && r->lesions.validity == VM_LESIONS_VALID; i++)
    upright_turn(mem->lesions + (size_t)i * (size_t)r->size * (size_t)r->size, r->size, 1, back);
  if (o->arteries != NULL) upright_turn(mem->arteries, r->size, 1, back);
  upright_places_back(r, quarters);
}

/* ---- all that one run gives, side by side where there are threads ---- */

/* What the parts below share; each writes what no other one reads. */
typedef struct one_run {
  const vm_model *m;
  const network_output *o;
  const result_memory *mem;
  vm_result *r;
  bool fine;
  quality_facts facts;
  bool enough[3]; /* memory, in each part */
} one_run;

typedef bool one_part(one_run *run);

/* Where the optic disc is, and what is measured around it. */
static bool see_disc(one_run *run) {
  vm_result *r = run->r;
  const float *vessels = run->o->vessels;
  return optic_disc_find(network_input(run->m->network), vessels, r->size, r->disc, r->width, r->height, &r->optic_disc,
                         NULL) &&
         measure_vessels(vessels, r);
}

static bool see_quality(one_run *run) {
  return quality_measure(network_input(run->m->network), run->o->size, &run->facts);
}

/* What the network's next run would overwrite. */
static bool take_maps(one_run *run) {
  const network_output *o = run->o;
  const result_memory *mem = run->mem;
  const size_t pixels = (size_t)o->size * (size_t)o->size;
  memcpy(mem->vessels, o->vessels, pixels * sizeof(float));
  memcpy(mem->guide, o->guide, (size_t)o->grid * (size_t)o->grid * sizeof(float));
  fill_features(o, mem, run->r);
  fill_classes(run->m, o, mem, run->r);
  for (int i = 0; i < o->lesion_kinds; i++) network_lesions(o, i, mem->lesions + (size_t)i * pixels);
  if (o->arteries != NULL) network_arteries(o, mem->arteries);
  return true;
}

static bool see_arteries(one_run *run) {
  vm_arteries *a = &run->r->arteries;
  if (run->o->arteries == NULL) a->validity = VM_ARTERIES_NO_OUTPUT;
  else if (!run->r->gradable) a->validity = VM_ARTERIES_NOT_GRADABLE;
  return run->fine || measure_arteries(run->mem, run->r); /* finely: once the others have run */
}

static bool see_lesions(one_run *run) {
  return fill_disc_cup(run->o, run->mem, run->r) && fill_lesions(run->m, run->o, run->mem, run->r);
}

/* In the order of their length, the longest first: whoever is free takes the next. */
static one_part *const SEEN[] = {see_disc, see_quality, take_maps}, *const DRAWN[] = {see_arteries, see_lesions};

static void do_seen(void *run, size_t part) { ((one_run *)run)->enough[part] = SEEN[part](run); }
static void do_drawn(void *run, size_t part) { ((one_run *)run)->enough[part] = DRAWN[part](run); }

/* Whether the photograph can be judged, by what is measured rather than learnt. */
static void judge(const one_run *run) {
  vm_result *r = run->r;
  r->eye = optic_disc_eye(&r->optic_disc, r->disc, &r->eye_confidence);
  quality_judgement q =
      quality_judge(&run->m->weights, &run->facts, run->o->gradability, r->vessel_density, &r->optic_disc);
  r->gradability = q.gradability;
  r->gradable = q.gradable;
  bool turned = q.gradable && quality_on_its_side(&r->optic_disc, r->disc);
  r->reasons = q.reasons | (turned ? VM_REASON_TURNED : 0u);
}

/* False: out of memory. */
static bool see_all(one_run *run) {
  pthreadpool_t threads = network_threads(run->m->network);
  pthreadpool_parallelize_1d(threads, do_seen, run, 3, 0);
  if (!run->enough[0] || !run->enough[1]) return false;
  judge(run);
  pthreadpool_parallelize_1d(threads, do_drawn, run, 2, 0);
  return run->enough[0] && run->enough[1];
}

/* NULL: out of memory. */
static vm_result *make_result(const vm_model *m, const upright_photo *photo, const vm_request *req) {
  const network_output *o = &photo->seen;
  vm_result *r = calloc(1, sizeof *r);
  result_memory *mem = r != NULL ? allocate_memory(o) : NULL;
  if (mem == NULL) {
    free(r);
    return NULL;
  }
  r->own = mem;
  r->width = photo->width;
  r->height = photo->height;
  r->size = o->size;
  r->grid = o->grid;
  r->guide = req->guide;
  r->disc = photo->disc;
  r->orientation = photo->lies;
  r->gradable_at = m->weights.gradable_threshold;
  r->vessel_threshold = m->weights.vessel_threshold;
  r->class_count = o->classes;
  r->vessels = mem->vessels;
  r->guide_map = mem->guide;
  if (!see_all(&(one_run){.m = m, .o = o, .mem = mem, .r = r, .fine = req->fine != 0})) {
    vm_result_free(r);
    return NULL;
  }
  if (photo->doubt && r->gradable) r->reasons |= VM_REASON_TURNED;
  decide(m, o, req->point, r);
  r->grade = grade_of(&m->weights.grade, o->grade, r);
  return r;
}

/* ---- fine vessels ---- */

/* Mirrors map [side][side][deep] in place: what is left comes to the right. */
static void mirror_across(float *map, int side, int deep) {
  for (int j = 0; j < side; j++)
    for (int a = 0, b = side - 1; a < b; a++, b--)
      for (int k = 0; k < deep; k++) {
        float *left = map + (size_t)(j * side + a) * (size_t)deep + k,
              *right = map + (size_t)(j * side + b) * (size_t)deep + k, kept = *left;
        *left = *right;
        *right = kept;
      }
}

/* What is above comes below. */
static void mirror_down(float *map, int side, int deep) {
  size_t row = (size_t)side * (size_t)deep;
  for (int a = 0, b = side - 1; a < b; a++, b--)
    for (size_t i = 0; i < row; i++) {
      float *up = map + (size_t)a * row + i, *down = map + (size_t)b * row + i, kept = *up;
      *up = *down;
      *down = kept;
    }
}

/* sum [side][side] += map, which lies mirrored across, downwards or both. */
static void add_mirrored(const float *map, int side, bool across, bool down, float *sum) {
  for (int j = 0; j < side; j++)
    for (int i = 0; i < side; i++) {
      int v = down ? side - 1 - j : j, u = across ? side - 1 - i : i;
      sum[j * side + i] += map[v * side + u];
    }
}

/* The maps of vessels and arteries become their means over the photograph and its three mirror images, which the network's
 * input goes through in place. room [S][S]. */
static vm_status average_mirrored(vm_model *m, float guide, const result_memory *mem, float *room, vm_error *err) {
  float *input = network_input(m->network);
  const int side = m->size;
  float *maps[] = {mem->vessels, mem->arteries};
  bool arteries = false;
  for (int turn = 0; turn < 3; turn++) { /* across; across and down; down */
    if (turn == 1) mirror_down(input, side, 3);
    else mirror_across(input, side, 3);
    network_output o;
    vm_status s = network_run(m->network, guide, &o, err);
    if (s != VM_OK) return s;
    add_mirrored(o.vessels, side, turn < 2, turn > 0, mem->vessels);
    arteries = o.arteries != NULL;
    if (!arteries) continue;
    network_arteries(&o, room);
    add_mirrored(room, side, turn < 2, turn > 0, mem->arteries);
  }
  for (int k = 0; k < 1 + arteries; k++)
    for (int i = 0; i < side * side; i++) maps[k][i] /= 4;
  return VM_OK;
}

/* What is seen and measured of the vessels anew, more finely: weights/RESULTS.md says by how much. The answer has been given
 * by then, and stays. */
static vm_status refine_vessels(vm_model *m, float guide, const result_memory *mem, vm_result *r, vm_error *err) {
  float *room = malloc((size_t)r->size * (size_t)r->size * sizeof *room);
  vm_status s = room != NULL ? average_mirrored(m, guide, mem, room, err) : VM_ERR_MEMORY;
  free(room);
  if (s == VM_OK && (!measure_vessels(mem->vessels, r) || !measure_arteries(mem, r))) s = VM_ERR_MEMORY;
  r->fine = 1;
  return s != VM_ERR_MEMORY ? s : status_fail(err, s, "screen: out of memory for the fine vessels");
}

/* The strength 0..1 and a point in place of what stands for them. */
static vm_request with_defaults(const vm_request *req) {
  vm_request r = req != NULL ? *req : (vm_request){0};
  r.guide = r.guide == 0 ? 1 : r.guide == VM_GUIDE_OFF ? 0 : r.guide;
  if (r.point == VM_POINT_DEFAULT) r.point = VM_POINT_BALANCED;
  return r;
}

vm_status vm_screen(vm_model *m, const uint8_t *rgba, int width, int height, const vm_request *req, vm_result **out,
                    vm_error *err) {
  if (out != NULL) *out = NULL;
  if (m == NULL || out == NULL)
    return status_fail(err, VM_ERR_ARGUMENT, "screen: a model and a place for the result are needed");
  const vm_request asked = with_defaults(req);
  field found = {0};
  vm_status s = check_photo(rgba, width, height, &asked, err);
  if (s == VM_OK) s = field_find(rgba, width, height, &found, err);
  if (s == VM_OK)
    s = square_prepare(rgba, width, height, found.disc, m->size, network_threads(m->network), network_input(m->network),
                       err);
  if (s == VM_OK) field_darken(&found, m->size, network_input(m->network));
  upright_photo photo = {.disc = found.disc, .width = width, .height = height};
  field_free(&found);
  if (s == VM_OK) s = run_upright(m, asked.guide, &photo, err);
  if (s != VM_OK) return s;
  vm_result *r = make_result(m, &photo, &asked);
  if (r == NULL) s = status_fail(err, VM_ERR_MEMORY, "screen: out of memory for the result");
  else if (asked.fine) s = refine_vessels(m, asked.guide, r->own, r, err);
  if (s == VM_OK) turn_back(&photo.seen, r->own, r), *out = r;
  else vm_result_free(r);
  return s == VM_OK ? status_ok(err) : s;
}

void vm_result_free(vm_result *r) {
  if (r == NULL) return;
  free_memory(r->own);
  free(r);
}
