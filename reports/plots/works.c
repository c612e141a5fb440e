/* SPDX-License-Identifier: MIT */
#include "works.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "plot.h"

/* ---- texts ---- */

int bm_text_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

const char *bm_shortened(const char *text, size_t most, char shown[static 128])
{
    size_t bytes = 0;
    for (double width = 0; text[bytes] && bytes < 120 && (width += bm_glyph_width(text + bytes)) <= (double)most;)
        do
            bytes++;
        while (((unsigned char)text[bytes] & 0xc0) == 0x80);
    snprintf(shown, 128, "%.*s%s", (int)bytes, text, text[bytes] ? "\u2026" : "");
    return shown;
}

/* ---- works ---- */

static int level_rank(const struct bm_run_case *c)
{
    static const char *const level[] = { "L1", "L2", "L3" };
    for (int i = 0; i < 3; i++)
        if (strcmp(c->level, level[i]) == 0)
            return i;
    return 3;
}

/* What the order looks at. */
struct place {
    struct bm_work work;
    size_t op;  /* its first case's place in the file */
    bool alone; /* the op's only work */
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    const struct bm_run_case *c = x->work.first, *d = y->work.first;
    const double size = c->flops + c->read_bytes + c->write_bytes, other = d->flops + d->read_bytes + d->write_bytes;
    if (x->alone != y->alone)
        return x->alone - y->alone;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1;
    if (level_rank(c) != level_rank(d))
        return level_rank(c) - level_rank(d);
    return size != other ? (size < other ? -1 : 1) : c < d ? -1 : 1;
}

struct bm_work *bm_works(const struct bm_run *run, size_t *works)
{
    struct place *place = bm_alloc((run->cases + 1) * sizeof *place);
    struct bm_work *work = bm_alloc((run->cases + 1) * sizeof *work);
    size_t count = 0;
    for (size_t i = 0; i < run->cases; i++) {
        const struct bm_run_case *c = &run->cased[i];
        size_t known = 0, op = i;
        if (strcmp(c->cache, "warm") != 0)
            continue;
        for (size_t k = count; k-- > 0;)
            if (strcmp(place[k].work.first->op, c->op) == 0)
                op = place[k].op;
        while (known < count && !bm_same_work(place[known].work.first, c))
            known++;
        if (known == count)
            place[count++] = (struct place){ { c }, op, false };
        else if (c->threads < place[known].work.first->threads)
            place[known].work.first = c;
    }
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        for (size_t k = 0; k < count; k++)
            same += place[k].op == place[i].op;
        place[i].alone = same == 1;
    }
    if (count)
        qsort(place, count, sizeof *place, by_place);
    for (size_t i = 0; i < count; i++)
        work[i] = place[i].work;
    free(place);
    *works = count;
    return work;
}

size_t bm_works_section(const struct bm_work *work, size_t works, size_t begin, const char **title)
{
    size_t end = begin + 1;
    while (end < works && strcmp(work[end].first->op, work[begin].first->op) == 0)
        end++;
    *title = work[begin].first->op;
    if (end == begin + 1 && works - begin > 1) { /* those of one work each come last */
        *title = "other ops";
        end = works;
    }
    return end;
}

const char *bm_text_whole(char *text)
{
    size_t end = strlen(text), tail = 0;
    while (tail < end && ((unsigned char)text[end - 1 - tail] & 0xc0) == 0x80)
        tail++;
    if (tail < end) {
        const unsigned char lead = (unsigned char)text[end - 1 - tail];
        const size_t whole = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        if (tail < whole)
            text[end - 1 - tail] = '\0';
    }
    return text;
}

const char *bm_work_name(const struct bm_work *work, bool with_op, char text[static BM_WORK_NAME])
{
    char op[40];
    snprintf(op, sizeof op, "%s", with_op ? work->first->op : "");
    snprintf(text, BM_WORK_NAME, "%s%s%s", bm_text_whole(op), with_op ? " " : "", work->first->shape);
    return bm_text_whole(text);
}

int bm_work_most(const struct bm_run *run, const struct bm_work *work)
{
    int most = 0;
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++)
        if (bm_case_is_warm(c) && c->threads > most && bm_same_work(c, work->first))
            most = c->threads;
    return most;
}

const char *bm_work_id(const char *part, const char *op, size_t number, char id[static 64])
{
    char letters[25];
    size_t n = 0;
    for (; op[n] && n < sizeof letters - 1; n++)
        letters[n] = isalnum((unsigned char)op[n]) && (unsigned char)op[n] < 0x80 ? op[n] : '-';
    letters[n] = '\0';
    snprintf(id, 64, "%.16s-%s-%zu", part, letters, number);
    return id;
}
