#include "skeleton.h"

#include <stdlib.h>
#include <string.h>

#include "grid.h"

#define LONGEST_SPUR 256

static inline bool bit(unsigned around, int k) { return around >> (k & 7) & 1; }

/* ---- thinning ---- */

/* Zhang & Suen's condition in half step 0 or 1: 3 to 6 neighbours, one run of them, and an open side. Theirs begins at
 * 2, which lets stairs vanish (Lu & Wang, Communications of the ACM 1986). */
static bool deletable(unsigned a, int step) {
  int degree = skeleton_degree(a), runs = 0;
  for (int k = 0; k < 8; k++) runs += !bit(a, k) && bit(a, k + 1);
  if (degree < 3 || degree > 6 || runs != 1) return false;
  bool n = bit(a, 0), e = bit(a, 2), s = bit(a, 4), w = bit(a, 6);
  return step == 0 ? !(n && e && s) && !(e && s && w) : !(n && e && w) && !(n && s && w);
}

/* Whether the neighbours hang together without the pixel: Yokoi's 8-connectivity number is 1. */
static inline bool simple(unsigned a) {
  int number = 0;
  for (int k = 0; k < 8; k += 2) number += !bit(a, k) && (bit(a, k + 1) || bit(a, k + 2));
  return number == 1;
}

/* Pixels still to be looked at in each half step; bits 1 and 2 of the map say who is in which list. */
typedef struct queue {
  int *list[2], *gone; /* one block, owned */
  int count[2];
} queue;

static inline void enqueue(queue *q, uint8_t *map, int at) {
  for (int step = 0; step < 2; step++) {
    if (map[at] & 2 << step) continue;
    map[at] |= (uint8_t)(2 << step);
    q->list[step][q->count[step]++] = at;
  }
}

/* One half step; all of it sees the map as it was before. Only pixels near a change are looked at again. */
static inline void half_step(queue *q, uint8_t *map, int side, int step, const bool deletes[256]) {
  int gone = 0, count = q->count[step];
  q->count[step] = 0;
  for (int i = 0; i < count; i++) {
    int at = q->list[step][i];
    map[at] &= (uint8_t)~(2 << step);
    if ((map[at] & 1) && deletes[skeleton_around(map, side, at)]) q->gone[gone++] = at;
  }
  for (int i = 0; i < gone; i++) /* one by one: squares of four would vanish, too */
    if (simple(skeleton_around(map, side, q->gone[i]))) map[q->gone[i]] &= (uint8_t)~1;
  for (int i = 0; i < gone; i++)
    for (int k = 0; k < 8; k++) {
      int near = skeleton_neighbour(side, q->gone[i], k);
      if (map[near] & 1) enqueue(q, map, near);
    }
}

/* Takes out the inner pixels of stairs: those with neighbours on two sides that hang together without them. */
static void drop_corners(uint8_t *map, int side) {
  for (int at = side - 1, last = side * (side - 1); (at = next_set(map, at, last)) < last;) {
    unsigned a = skeleton_around(map, side, at);
    if ((a & 0x11) != 0 && (a & 0x44) != 0 && simple(a)) map[at] = 0; /* north or south, and east or west */
  }
}

bool skeleton_thin(uint8_t *map, int side) {
  bool deletes[2][256];
  for (unsigned a = 0; a < 256; a++)
    for (int step = 0; step < 2; step++) deletes[step][a] = deletable(a, step);
  size_t n = 0;
  const int last = side * (side - 1);
  for (int at = side - 1; (at = next_set(map, at, last)) < last;) n++;
  queue q = {.list = {malloc((3 * n + 1) * sizeof(int)), NULL}};
  if (q.list[0] == NULL) return false;
  q.list[1] = q.list[0] + n;
  q.gone = q.list[1] + n;
  for (int at = side - 1; (at = next_set(map, at, last)) < last;)
    if (skeleton_around(map, side, at) != 255) enqueue(&q, map, at);
  for (int step = 0; q.count[0] + q.count[1] > 0; step ^= 1) half_step(&q, map, side, step, deletes[step]);
  free(q.list[0]);
  drop_corners(map, side);
  return true;
}

/* ---- distance ---- */

static inline uint16_t least(int a, int b) { return (uint16_t)(a < b ? a : b); }

/* Each pass has seen what lies before: of an inside pixel a distance, of an outside one 0. */
void skeleton_distance(const uint8_t *map, int side, uint16_t *distance) {
  const int first = side, last = side * (side - 1);
  memset(distance, 0, (size_t)side * (size_t)side * sizeof *distance);
  for (int at = first - 1; (at = next_set(map, at, last)) < last;) {
    uint16_t *d = distance + at;
    *d = least(least(d[-1], d[-side]) + 3, least(d[-side - 1], d[1 - side]) + 4);
  }
  for (int at = last; (at = set_before(map, at, first)) >= first;) {
    uint16_t *d = distance + at;
    *d = least(*d, least(least(d[1], d[side]) + 3, least(d[side + 1], d[side - 1]) + 4));
  }
}

/* ---- spurs ---- */

/* From the free end `at` to the next junction: the pixels on the way into path, the junction returned; -1 if there is
 * none within reach. */
static int walk(const uint8_t *map, int side, int at, int *path, int *length) {
  int before = -1;
  *length = 0;
  for (;;) {
    unsigned a = skeleton_around(map, side, at);
    int degree = skeleton_degree(a), next = -1;
    if (degree > 2) return at;
    if (*length == LONGEST_SPUR) return -1;
    path[(*length)++] = at;
    for (int k = 0; k < 8; k++)
      if (bit(a, k) && skeleton_neighbour(side, at, k) != before) next = skeleton_neighbour(side, at, k);
    if (next < 0 || (degree == 1 && before >= 0)) return -1;
    before = at;
    at = next;
  }
}

void skeleton_prune(uint8_t *map, int side, const uint16_t *distance) {
  int path[LONGEST_SPUR];
  for (int at = side - 1, last = side * (side - 1); (at = next_set(map, at, last)) < last;) {
    if (skeleton_degree(skeleton_around(map, side, at)) != 1) continue;
    int length, junction = walk(map, side, at, path, &length);
    if (junction < 0 || 2 * length > distance[junction] + 2) continue; /* 1.5 times the half thickness, and 1 */
    for (int i = 0; i < length; i++) map[path[i]] = 0;
  }
  drop_corners(map, side);
}
