/* SPDX-License-Identifier: MIT */
#include "marks.h"

#include "markup.h"

#include <math.h>
#include <stdlib.h>

void bm_marks_begin(struct bm_marks *m)
{
    *m = (struct bm_marks){ .least = INFINITY, .most = -INFINITY };
    m->rows = bm_text_file(&m->text[0], &m->size[0]);
    m->marks = bm_text_file(&m->text[1], &m->size[1]);
    m->keys = bm_text_file(&m->text[2], &m->size[2]);
}

void bm_marks_include(struct bm_marks *m, double x)
{
    if (!isfinite(x))
        return;
    m->least = fmin(m->least, x);
    m->most = fmax(m->most, x);
}

void bm_marks_row(struct bm_marks *m, const char *name, int most, const char *note)
{
    fprintf(m->rows, "%zu ", ++m->count);
    bm_plot_text(m->rows, name, most);
    bm_plot_text(m->rows, note, 10);
    fputc('\n', m->rows);
}

void bm_marks_add(struct bm_marks *m, double x, double from, double to, int type)
{
    bm_marks_include(m, x);
    bm_marks_include(m, from);
    bm_marks_include(m, to);
    bm_plot_row(m->marks, (double)m->count, x, type, from, to);
}

void bm_marks_key(struct bm_marks *m, int type, const char *name, int most, const char *shown)
{
    bm_plot_key(m->keys, type, name, most, shown);
}

FILE *bm_marks_end(struct bm_marks *m, const char *axis, bool logarithmic)
{
    static const char *const name[] = { "rows", "marks", "keys" };
    FILE *const part[] = { m->rows, m->marks, m->keys }, *data = bm_plot_begin();
    const bool any = m->least <= m->most;
    bm_plot_set_text(data, "axis", axis, 60);
    bm_plot_set(data, "logarithmic", logarithmic);
    bm_plot_set(data, "low", any ? m->least : 1);
    bm_plot_set(data, "high", any ? m->most : 1);
    for (int i = 0; i < 3; i++) {
        fclose(part[i]);
        bm_plot_block(data, name[i]);
        fputs(m->text[i], data);
        bm_plot_block_end(data);
        free(m->text[i]);
    }
    return data;
}
