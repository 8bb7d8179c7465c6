/* Whether a JPEG's compressed data is whole: every code, every block, every restart mark, without making pixels. */
#ifndef VM_PHOTO_JPEG_H
#define VM_PHOTO_JPEG_H

#include "vmnet.h"

/* Walks the file from its first mark to its last and decodes all Huffman codes (8 bits a sample, baseline, extended and
 * progressive). Its width and height were found within the limits before. What decoders make different pictures of is
 * damage, too: unknown marks, scans out of their order, steps that change behind a scan. VM_ERR_DAMAGED: what is wrong,
 * in words; VM_ERR_MEMORY. */
vm_status photo_jpeg_check(const uint8_t *bytes, size_t size, vm_error *err);

#endif
