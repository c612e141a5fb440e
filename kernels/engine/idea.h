/* SPDX-License-Identifier: MIT */
/*
 * idea.h - the switches of an engine. Its table, bn_ideas.h or gemm_ideas.h, says what each idea is for. A recipe, such
 * as bn_forward_avx2_tuned.c, names the ideas that are on:
 *
 *     #define BM_IDEAS (IDEA_WIDE | IDEA_ROWS | IDEA_STREAM)
 *
 * An ablation is the same recipe, compiled with -DBM_WITHOUT=IDEA_STREAM (mk/ideas.mk); `batchmark bench --ideas` times
 * one against the other. Switches are constants: what is off leaves no code.
 */
#ifndef BATCHMARK_IDEA_H
#define BATCHMARK_IDEA_H

#ifndef BM_WITHOUT
#define BM_WITHOUT 0
#endif

/* Is the idea on? */
#define BM_HAS(name) (((BM_IDEAS) & ~(BM_WITHOUT) & IDEA_##name) != 0)

/* Makes the IDEA_ constants of a table. */
#define BM_IDEA_NUMBER(name, purpose) NUMBER_##name,
#define BM_IDEA_BIT(name, purpose)    IDEA_##name = 1 << NUMBER_##name,
#define BM_IDEA_SWITCHES(EACH)                                                                                         \
    enum { EACH(BM_IDEA_NUMBER) };                                                                                     \
    enum { EACH(BM_IDEA_BIT) };

#endif
