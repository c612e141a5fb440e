/* SPDX-License-Identifier: MIT */
/* progress.h - how far long work is, and when it will be done: a line on a terminal, nothing in a log. */
#ifndef BATCHMARK_PROGRESS_H
#define BATCHMARK_PROGRESS_H

#include <stddef.h>

/* The pace of a series of parts of about equal work. It starts anew when `all` changes, or when done goes back. */
struct bm_pace {
    size_t from, last, all; /* parts: done when it started, done when last told, of the series */
    double began_s;
};

/* Seconds that the rest takes at the pace so far; negative: too early to say. now_s: of bm_now_s(). */
double bm_pace_left(struct bm_pace *pace, size_t done, size_t all, double now_s);

/* "40 s left", "3 min left" or "1.5 h left"; "" for negative seconds. */
enum { BM_LEFT_TEXT = 32 };
void bm_left_text(double seconds, char text[BM_LEFT_TEXT]);

/* "[12/96, 40 s left] text", as wide as the terminal at most; NULL erases it. */
void bm_progress(size_t done, size_t all, const char *text);

/* The same by one who knows better how many seconds are left. */
void bm_progress_left(size_t done, size_t all, double seconds, const char *text);

#endif
