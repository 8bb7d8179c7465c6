/* Connected pieces against a plain flood fill, and the steps over what is empty. */
#include "check.h"
#include "grid.h"
#include "pieces.h"

enum { MOST = 40 };

static uint32_t state = 1;

static uint32_t random_below(uint32_t n) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % n;
}

/* Gives the cells of a piece its number, by a flood fill over a map with a frame; returns how many there are. */
static int paint(const uint8_t map[MOST + 2][MOST + 2], int number[MOST + 2][MOST + 2], int x, int y, bool diagonal,
                 int to) {
  static int queue[MOST * MOST][2];
  int count = 1;
  queue[0][0] = x, queue[0][1] = y, number[y][x] = to;
  for (int i = 0; i < count; i++)
    for (int dy = -1; dy <= 1; dy++)
      for (int dx = -1; dx <= 1; dx++) {
        int u = queue[i][0] + dx, v = queue[i][1] + dy;
        if ((!diagonal && dx != 0 && dy != 0) || map[v][u] != map[y][x] || number[v][u] != 0) continue;
        number[v][u] = to, queue[count][0] = u, queue[count++][1] = v;
      }
  return count;
}

/* One map, `share` of ten cells set; the pieces of `value`. */
static void compare(int width, int height, uint32_t share, uint8_t value, bool diagonal) {
  uint8_t map[MOST + 2][MOST + 2];
  int number[MOST + 2][MOST + 2] = {{0}}, cells[MOST * MOST + 1], count = 0, seen = 0, wrong = 0;
  memset(map, 2, sizeof map);
  for (int y = 1; y <= height; y++)
    for (int x = 1; x <= width; x++) map[y][x] = random_below(10) < share;
  for (int y = 1; y <= height; y++)
    for (int x = 1; x <= width; x++)
      if (map[y][x] == value && number[y][x] == 0) {
        count++;
        cells[count] = paint((const uint8_t(*)[MOST + 2]) map, number, x, y, diagonal, count);
      }
  pieces found;
  CHECK(pieces_find(&map[1][1], width, height, MOST + 2, value, diagonal, &found), "out of memory");
  int first[MOST * MOST + 1], pieces_seen = 0; /* the stretch that a piece begins with */
  for (int i = 0; i < found.count; i++) {
    const piece_stretch *s = &found.list[i];
    int n = number[s->row + 1][s->begin + 1];
    if (s->first == i) first[n] = i, pieces_seen++, wrong += n != pieces_seen || s->cells != cells[n];
    wrong += n == 0 || s->first > i || s->first != first[n];
    for (int x = s->begin; x < s->end; x++) wrong += number[s->row + 1][x + 1] != n, seen++;
  }
  int all = 0;
  for (int k = 1; k <= count; k++) all += cells[k];
  CHECK(wrong == 0 && pieces_seen == count && seen == all,
        "%d x %d, share %u, value %d, diagonal %d: %d wrong, %d of %d pieces", width, height, share, value, diagonal,
        wrong, pieces_seen, count);
  pieces_free(&found);
  CHECK(found.list == NULL && found.count == 0, "freed twice is freed once");
}

static void test_pieces(void) {
  static const int sides[][2] = {{40, 40}, {40, 1}, {1, 40}, {8, 3}, {7, 7}, {17, 33}};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
    for (uint32_t share = 0; share <= 10; share++)
      for (int kind = 0; kind < 4; kind++) compare(sides[i][0], sides[i][1], share, kind & 1, kind & 2);
}

/* Wherever the one cell lies that is not like the others, and however far the search goes. */
static void test_steps(void) {
  uint8_t map[MOST];
  for (int value = 0; value < 2; value++)
    for (int at = 0; at <= MOST; at++) {
      memset(map, value, sizeof map);
      if (at < MOST) map[at] = 7;
      for (int from = 0; from <= MOST; from++)
        for (int last = from; last <= MOST; last++) {
          int wanted = at >= from && at < last ? at : last;
          if (run_of(map, from, last, (uint8_t)value) == wanted) continue;
          CHECK(false, "from %d to %d, another at %d", from, last, at);
          return;
        }
    }
  memset(map, 0, sizeof map);
  map[3] = map[4] = map[20] = 1;
  int found[4] = {next_set(map, -1, MOST), next_set(map, 3, MOST), next_set(map, 4, MOST), next_set(map, 20, MOST)};
  CHECK(found[0] == 3 && found[1] == 4 && found[2] == 20 && found[3] == MOST, "%d %d %d %d", found[0], found[1],
        found[2], found[3]);
}

int main(void) {
  test_pieces();
  test_steps();
  return check_end();
}
