/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "lines.h"

/* Earlier than this nothing is known of the pace. */
static const double EARLY_S = 2;

double bm_pace_left(struct bm_pace *p, size_t done, size_t all, double now_s)
{
    if (all != p->all || done < p->last)
        *p = (struct bm_pace){ .from = done, .all = all, .began_s = now_s };
    p->last = done;
    const double passed = now_s - p->began_s;
    if (done == p->from || passed < EARLY_S)
        return -1;
    return passed / (double)(done - p->from) * (double)(all - done);
}

void bm_left_text(double seconds, char text[BM_LEFT_TEXT])
{
    if (seconds < 0)
        *text = '\0';
    else if (seconds < 99.5)
        snprintf(text, BM_LEFT_TEXT, "%.0f s left", seconds);
    else if (seconds < 99.5 * 60)
        snprintf(text, BM_LEFT_TEXT, "%.0f min left", seconds / 60);
    else
        snprintf(text, BM_LEFT_TEXT, "%.1f h left", seconds / 3600);
}

void bm_progress_left(size_t done, size_t all, double seconds, const char *text)
{
    char line[512], left[BM_LEFT_TEXT];
    if (!isatty(STDERR_FILENO))
        return;
    if (text) {
        bm_left_text(seconds, left);
        snprintf(line, sizeof line, "[%zu/%zu%s%s] %s", done, all, *left ? ", " : "", left, text);
        fprintf(stderr, "\r\033[K%.*s", (int)bm_text_fit(line, strlen(line), bm_columns() - 1), line);
    } else
        fputs("\r\033[K", stderr);
    fflush(stderr);
}

void bm_progress(size_t done, size_t all, const char *text)
{
    static struct bm_pace pace;
    bm_progress_left(done, all, text ? bm_pace_left(&pace, done, all, bm_now_s()) : -1, text);
}
