#include "rows.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "plot.h"

/* ---- axes ---- */

const char *bm_axis_seconds(double value, char text[static 32])
{
    static const char *const unit[] = { "s", "ms", "us", "ns" };
    size_t i = 0;
    while (i < 3 && value < 0.9999) {
        value *= 1000;
        i++;
    }
    snprintf(text, 32, "%.4g %s", value, unit[i]);
    return text;
}

const char *bm_axis_plain(double value, char text[static 32])
{
    if (value >= 0.001 && value < 1e5)
        snprintf(text, 32, "%.6g", value);
    else
        snprintf(text, 32, "1e%.0f", log10(value));
    return text;
}

/* Which of each `decades`-th power of ten's multiples; the finest first, ending with 0. */
static const struct density {
    double multiple[16];
    int decades;
} densities[] = {
    { { 1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8.5 }, 1 },
    { { 1, 1.2, 1.5, 2, 3, 4, 5, 7 }, 1 },
    { { 1, 1.5, 2, 3, 5, 7 }, 1 },
    { { 1, 2, 5 }, 1 },
    { { 1, 3 }, 1 },
    { { 1 }, 1 },
    { { 1 }, 2 },
    { { 1 }, 3 },
    { { 1 }, 5 },
    { { 1 }, 10 },
    { { 1 }, 20 },
};

/* Puts the tics of one density from low to high; false if some are nearer than `ratio` to each other. */
static bool put_tics(FILE *script, const struct density *d, double low, double high, double ratio, bm_axis_text *text)
{
    double last = 0;
    char words[32];
    const int from = (int)floor(log10(low)) - d->decades, to = (int)ceil(log10(high));
    for (int power = from - ((from % d->decades) + d->decades) % d->decades; power <= to; power += d->decades)
        for (size_t i = 0; d->multiple[i] > 0; i++) {
            const double at = d->multiple[i] * pow(10, power);
            if (at < low || at > high)
                continue;
            if (last > 0 && at < last * ratio)
                return false;
            if (script) {
                fputs(last > 0 ? "," : "", script);
                bm_plot_text(script, text(at, words), 12);
                fprintf(script, " %.9g", at);
            }
            last = at;
        }
    return true;
}

void bm_plot_log_tics(FILE *script, char axis, double low, double high, double length, double apart, bm_axis_text *text)
{
    const double ratio = pow(high / low, apart / length);
    size_t i = 0;
    while (i + 1 < sizeof densities / sizeof *densities && !put_tics(NULL, &densities[i], low, high, ratio, text))
        i++;
    fprintf(script, "set logscale %c\nset %crange [%.9g:%.9g]\nset %ctics (", axis, axis, low, high, axis);
    put_tics(script, &densities[i], low, high, ratio, text);
    fputs(")\n", script);
}

/* ---- rows ---- */

enum { NOTE = 50, TOP = 24, BOTTOM = 52 };

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

FILE *bm_rows_begin(size_t rows, int longest, int notes, double low, double high, const char *axis, bm_axis_text *text,
                    double *length)
{
    const int height = TOP + BOTTOM + BM_ROW * (int)rows;
    const double left = 14 + 7.0 * (longest < BM_ROW_NAME ? longest : BM_ROW_NAME);
    const double right = BM_PLOT_WIDTH - (notes ? 8 + NOTE * notes : 14);
    FILE *script = bm_plot_begin(height);
    *length = right - left;
    fprintf(script,
            "set lmargin at screen %.4f\nset rmargin at screen %.4f\nset tmargin at screen %.4f\nset bmargin at screen "
            "%.4f\n"
            "set border 1 lc rgb '" BM_INK "'\nunset ytics\nunset key\nset yrange [%zu.5:0.5]\n"
            "set grid noytics xtics lt 1 lw 0.5 lc rgb '" BM_FAINT "'\nset xtics scale 0.5 font ',12'\nset xlabel ",
            left / BM_PLOT_WIDTH, right / BM_PLOT_WIDTH, 1 - (double)TOP / height, (double)BOTTOM / height, rows);
    bm_plot_text(script, axis, 60);
    fputs(" font ',12' offset 0,0.6\n", script);
    bm_plot_log_tics(script, 'x', low, high, *length, 52, text);
    return script;
}

static void put_label(FILE *script, const char *text, int most, double x, size_t row, const char *justify)
{
    fputs("set label ", script);
    bm_plot_text(script, text, most);
    fprintf(script, " at screen %.4f, first %.2f %s font ',12' tc rgb '" BM_INK "'\n", x, row ? (double)row : 0.1,
            justify);
}

void bm_rows_name(FILE *script, size_t row, const char *name)
{
    put_label(script, name, BM_ROW_NAME, 4.0 / BM_PLOT_WIDTH, row, "left");
}

void bm_rows_note(FILE *script, size_t row, int column, const char *text)
{
    put_label(script, text, 8, (BM_PLOT_WIDTH - 2.0 - NOTE * column) / BM_PLOT_WIDTH, row, "right");
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
        if (strcmp(c->cache, "warm") == 0 && c->threads > most && bm_same_work(c, work->first))
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
