/* SPDX-License-Identifier: MIT */
/* gemm_ideas.h - the ideas of the GEMM engine, each a switch (idea.h): X(NAME, "what it is for"). */
#ifndef BATCHMARK_GEMM_IDEAS_H
#define BATCHMARK_GEMM_IDEAS_H

#define GEMM_EACH_IDEA(X)                                                                                              \
    X(BLOCKS, "blocks of K, of rows and of columns stay in caches while they are used again")                          \
    X(PACK, "A is copied in the order in which it is read, if there are columns enough to use the copy")               \
    X(COPY, "the first panel of rows copies the B that it reads in place for the others, in idle store slots")         \
    X(PANEL, "the second panel of rows fetches the next panel of B, whose rows lie too far apart for the hardware")    \
    X(AHEAD, "rows of B are fetched 16 steps of K ahead")                                                              \
    X(LATE, "a tile of C is fetched just before it is used: sooner, a long loop over K would have evicted it")         \
    X(WIDE, "few rows take four vectors of columns instead of two: sums enough to hide the latency of an FMA")         \
    X(EVEN, "panels of rows are as equal as can be (32 = 11 + 11 + 10): no short one is left")                         \
    X(STRIPS, "a B larger than half of L2 is taken in strips of columns that stay there")                              \
    X(PARTS, "up to half a vector of last columns shares it with other steps of K or other rows")                      \
    X(EPILOGUE, "bias, activation and BN statistics are made of tiles in registers: no second pass over C")

#endif
