#define _DEFAULT_SOURCE /* madvise; NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */
#include "pages.h"

#ifdef __linux__
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE = 2 << 20, MANY = 2 * LARGE }; /* bytes; what takes less than MANY would waste too much of its last page */

static void *allocate(void *none, size_t size) {
  (void)none;
  return malloc(size);
}

static void *reallocate(void *none, void *old, size_t size) {
  (void)none;
  return realloc(old, size);
}

static void deallocate(void *none, void *old) {
  (void)none;
  free(old);
}

/* A system that has no large pages left gives small ones, so what madvise says does not matter. */
static void *allocate_aligned(void *none, size_t alignment, size_t size) {
  (void)none;
  if (size >= MANY) alignment = LARGE;
  if (size > SIZE_MAX - alignment) return NULL;
  size = (size + alignment - 1) / alignment * alignment;
  void *p = aligned_alloc(alignment, size);
  if (p != NULL && alignment == LARGE) (void)madvise(p, size, MADV_HUGEPAGE);
  return p;
}

const struct xnn_allocator *pages_allocator(void) {
  static const struct xnn_allocator allocator = {
      .allocate = allocate,
      .reallocate = reallocate,
      .deallocate = deallocate,
      .aligned_allocate = allocate_aligned,
      .aligned_deallocate = deallocate,
  };
  return &allocator;
}
#else
const struct xnn_allocator *pages_allocator(void) { return NULL; }
#endif
