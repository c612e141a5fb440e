/* mutant.h - correct bn loops for the mutants of tests/mutants/ to spoil. A mutant is a kernel with one planted defect
 * that `batchmark verify` must reject; its header says which check has to notice. */
#ifndef BATCHMARK_MUTANT_H
#define BATCHMARK_MUTANT_H

#include "bn_loop.h"

/* correct_forward(b, begin, end) and so on: the channels [begin, end) by the textbook loop, in either layout. */
#define BN_CORRECT(kind)                                                                          \
    BN_LOOP_DO(part_##kind, kind, ACT_NONE)                                                       \
    static inline void correct_##kind(const struct bm_bn *b, size_t begin, size_t end)            \
    {                                                                                             \
        struct bn_loop loop = bn_loop(b);                                                         \
        part_##kind(b, &loop, bn_loop_alone(&loop, (struct bm_range){ begin, end }));             \
    }
BN_CORRECT(forward)
BN_CORRECT(inference)
BN_CORRECT(backward)

/* Defines the kernel; the fields that only a report needs say that it is none. */
#define BM_MUTANT(...) \
    BM_KERNEL(.idea = "a planted defect", .source = "none", .loses = "verification", __VA_ARGS__)
#define BN_MUTANT(kind) BM_MUTANT(.scratch_bytes = bn_loop_##kind##_scratch_bytes, .run = run)

#endif
