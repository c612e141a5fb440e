/* SPDX-License-Identifier: MIT */
/* call_parts.h - which part of a call a thread of one parallel region has. */
#ifndef BATCHMARK_CALL_PARTS_H
#define BATCHMARK_CALL_PARTS_H

#include "calls.h"

/* The part of a call that begin to end - 1 of its columns are; of the loss: of its rows. `own`: of the layer. */
union bm_args bm_part_of(const struct bm_call *call, size_t begin, size_t end, struct bm_share_of own);

/* Of the gradient by a layer's input, whose rows of weights from `row` on are a thread's: the part that comes from the
 * columns of thread `of`. False: it has none. */
bool bm_part_from(const struct bm_layer *layer, const struct bm_call *call, size_t row, int of, struct bm_gemm *part);

#endif
