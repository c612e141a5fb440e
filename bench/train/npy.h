/* SPDX-License-Identifier: MIT */
/*
 * npy.h - arrays in files that numpy.save() writes and numpy.load() reads: format 1.0, little-endian, C order.
 *
 * Format: numpy's numpy.lib.format. Own code, since Debian packages no C library for it.
 */
#ifndef BATCHMARK_NPY_H
#define BATCHMARK_NPY_H

#include "error.h"

enum bm_npy_type { BM_NPY_F4, BM_NPY_F8, BM_NPY_I4, BM_NPY_U4, BM_NPY_U1 };
enum { BM_NPY_DIMS = 8 };

/* Replaces the file in one step. */
bool bm_npy_write(const char *path, enum bm_npy_type type, unsigned dims, const size_t *shape, const void *data,
                  struct bm_error *error);

/* Reads an array of exactly this type and shape. On false, what `to` holds is undefined and the error says what was
 * expected and what was found. */
bool bm_npy_read(const char *path, enum bm_npy_type type, unsigned dims, const size_t *shape, void *to,
                 struct bm_error *error);

#endif
