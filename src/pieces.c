#include "pieces.h"

#include <stdlib.h>
#include <string.h>

#include "grid.h"

static int count_in(const uint8_t *row, int width, uint8_t value) {
  int count = 0;
  for (int at = 0; (at = run_of(row, at, width, !value)) < width; count++) at = run_of(row, at, width, value);
  return count;
}

static int first_of(pieces *p, int index) {
  piece_stretch *s = p->list;
  while (s[index].first != index) index = s[index].first = s[s[index].first].first;
  return index;
}

/* Makes one piece of those of two stretches; it begins where the earlier one did. */
static inline void join(pieces *p, int a, int b) {
  a = first_of(p, a), b = first_of(p, b);
  if (a < b) p->list[b].first = a;
  else p->list[a].first = b;
}

/* Joins the stretches of a row, which begin at `from`, to those of the row above, from `above` on. */
static void join_rows(pieces *p, int above, int from, bool diagonal) {
  int reach = diagonal ? 1 : 0;
  for (int a = above, b = from; a < from && b < p->count;) {
    const piece_stretch *s = &p->list[a], *t = &p->list[b];
    if (s->begin < t->end + reach && t->begin < s->end + reach) join(p, a, b);
    if (s->end < t->end) a++;
    else b++;
  }
}

bool pieces_find(const uint8_t *map, int width, int height, int stride, uint8_t value, bool diagonal, pieces *out) {
  int count = 0;
  for (int j = 0; j < height; j++) count += count_in(map + (ptrdiff_t)j * stride, width, value);
  *out = (pieces){malloc(((size_t)count + 1) * sizeof *out->list), 0};
  if (out->list == NULL) return false;
  for (int j = 0, above = 0, from = 0; j < height; j++, above = from, from = out->count) {
    const uint8_t *row = map + (ptrdiff_t)j * stride;
    for (int at = 0, end; (at = run_of(row, at, width, !value)) < width; at = end, out->count++) {
      end = run_of(row, at, width, value);
      out->list[out->count] = (piece_stretch){j, at, end, out->count, 0};
    }
    join_rows(out, above, from, diagonal);
  }
  for (int i = 0; i < out->count; i++) {
    piece_stretch *s = &out->list[i];
    s->first = first_of(out, i);
    out->list[s->first].cells += s->end - s->begin;
  }
  return true;
}

void pieces_free(pieces *p) {
  free(p->list);
  *p = (pieces){0};
}
