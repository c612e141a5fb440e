/* SPDX-License-Identifier: MIT */
/* moves.h - lasting changes of the machine among its levels: steps, and what goes little by little. */
#ifndef BATCHMARK_MOVES_H
#define BATCHMARK_MOVES_H

#include "history.h"

/*
 * Of each class that has a level of its own (else of all together), the change points of its levels (changes.h), larger
 * than `threshold`; or a straight line through all of them, where that needs fewer parameters for what it explains
 * (Schwarz's criterion). Steps in one direction that follow each other are one move, and so are equal moves of several
 * classes.
 */
void bm_moves_find(struct bm_drift *d, size_t runs, double threshold);

/* "1 thread: L2, L3; more threads: L2"; "all classes" */
const char *bm_move_classes(unsigned classes, char text[static 128]);

/* "The machine became 10.1 % slower (9.5 to 10.7 %) from 2026-01-30 to 2026-01-31, in 1 step; 1 thread: L2, L3; by 38
 * cases whose code did not change." */
const char *bm_move_sentence(const struct bm_history *h, const struct bm_move *move, char text[static 512]);

/* "From 2026-01-30 to 2026-01-31 the machine is unknown: ..." `run`: where drift.unknown is set. */
const char *bm_unknown_sentence(const struct bm_history *h, size_t run, char text[static 512]);

#endif
