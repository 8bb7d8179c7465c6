/* Memory for XNNPACK in pages of two megabytes, where the system has them for the asking (Linux). The network goes through tens of
 * megabytes for each photograph: with small pages it took 2 to 16 % longer. */
#ifndef VM_PAGES_H
#define VM_PAGES_H

#include <xnnpack.h>

/* For xnn_initialize; NULL where XNNPACK's own is as good. Lives for ever. */
const struct xnn_allocator *pages_allocator(void);

#endif
