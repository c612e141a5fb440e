/* SPDX-License-Identifier: MIT */
/* random_shape.h - shape number i of a stream, for soak tests, by the keys of the op's family: small sizes more often than
 * large ones, ones and zeros; what has a usual value keeps it every other time. */
#ifndef BATCHMARK_RANDOM_SHAPE_H
#define BATCHMARK_RANDOM_SHAPE_H

#include "batchmark.h"

struct bm_shape bm_random_shape(const struct bm_op *op, uint64_t seed, uint64_t i);

#endif
