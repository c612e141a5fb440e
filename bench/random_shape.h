/* random_shape.h - shape number i of a stream, for soak tests: small sizes more often than large ones, ones and zeros,
 * odd strides, every transpose, layout and epilogue. */
#ifndef BATCHMARK_RANDOM_SHAPE_H
#define BATCHMARK_RANDOM_SHAPE_H

#include "batchmark.h"

struct bm_shape bm_random_shape(const struct bm_op *op, uint64_t seed, uint64_t i);

#endif
