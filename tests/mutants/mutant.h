/* mutant.h - correct bn loops for the mutants of tests/mutants/ to spoil. A mutant is a kernel with one planted defect
 * that `batchmark verify` must reject; its header says which check has to notice. */
#ifndef BATCHMARK_MUTANT_H
#define BATCHMARK_MUTANT_H

#include "bn_loop.h"

/* correct_forward(b, begin, end) and so on: the channels [begin, end) by the textbook loop, in either layout. */
#define BN_CORRECT(kind)                                                                          \
    static inline void correct_##kind(const struct bm_bn *b, size_t begin, size_t end)            \
    {                                                                                             \
        if (b->layout == BM_CHANNELS_LAST)                                                        \
            bn_loop_##kind##_part(b, ACT_NONE, 1, begin, end);                                    \
        else                                                                                      \
            for (size_t c = begin; c < end; c++)                                                  \
                bn_loop_##kind##_part(b, ACT_NONE, b->S, c, c + 1);                               \
    }
BN_CORRECT(forward)
BN_CORRECT(inference)
BN_CORRECT(backward)

/* Defines the kernel; the fields that only a report needs say that it is none. */
#define BM_MUTANT(...) \
    BM_KERNEL(.idea = "a planted defect", .source = "none", .loses = "verification", __VA_ARGS__)
#define BN_MUTANT(kind) BM_MUTANT(.scratch_bytes = bn_loop_##kind##_scratch_bytes, .run = run)

#endif
