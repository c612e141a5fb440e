/* SPDX-License-Identifier: MIT */
#include "partition.h"

#include <string.h>

enum { LINE_BYTES = 64, LINE = 16 }; /* LINE: elements of f32 */

static bool family_is(const struct bm_problem *p, const char *name) { return strcmp(p->op->family->name, name) == 0; }
/* Elements that one channel, or those that lie side by side, have in an image; 0: channels-last. */
static size_t run_of(const struct bm_problem *p)
{
    const struct bm_shape *s = &p->shape;
    return family_is(p, "bn") && s->layout != BM_CHANNELS_LAST ? s->S * s->layout : 0;
}
static bool kernel_has(const struct tally *t, const char *token) { return strstr(t->kernel->name, token) != NULL; }

unsigned tally_work_of(const struct bm_problem *p)
{
    size_t most[2] = { 0, 0 };
    unsigned of = p->count;
    for (unsigned i = 0; i < p->count; i++) {
        const bool output = p->operand[i].role != BM_IN;
        const size_t n = bm_footprint(&p->operand[i]);
        if (n <= most[output])
            continue;
        most[output] = n;
        of = output ? i : of;
    }
    return most[1] < most[0] && !family_is(p, "gemm") ? p->count : of;
}

bool tally_is_local(const struct bm_problem *p) { return !family_is(p, "gemm"); }

/* ---- what was written ---- */

/* Of an operand; the scratch's are floats. */
static size_t element_bytes(const struct tally *t, unsigned of)
{
    return of < t->problem->count ? bm_type_bytes(t->problem->operand[of].type) : sizeof(float);
}

/* Whose element lies at `at`, where a line begins, and which: an operand, the scratch (problem->count), or nobody's (problem->count + 1). */
static unsigned owner_of(const struct tally *t, const unsigned char *at, size_t *element)
{
    const unsigned count = t->problem->count;
    for (unsigned i = 0; i < count; i++) {
        const unsigned char *begin = t->array[i];
        *element = (size_t)(at - begin) / element_bytes(t, i);
        if (at >= begin && at < begin + bm_footprint_bytes(&t->problem->operand[i]))
            return t->problem->operand[i].role == BM_IN ? count + 1 : i;
    }
    *element = (size_t)(at - t->scratch) / sizeof(float);
    return at >= t->scratch && at < t->scratch + t->scratch_bytes ? count : count + 1;
}

/* May one thread's part end and another's begin in the midst of a cache line, at this element? Where a row (channels-first: a
 * run of a channel; blocked: of a block) begins; in vectors of fewer lines than threads; and between vectors in rows that do not begin with lines. */
static bool may_part(const struct tally *t, unsigned of, size_t element)
{
    if (of >= t->problem->count)
        return true;
    const struct bm_operand *o = &t->problem->operand[of];
    const size_t line = LINE_BYTES / element_bytes(t, of);
    if (o->rows == 1 && o->cols < line * (size_t)t->threads)
        return true;
    const size_t run = run_of(t->problem) && o->rows > 1 ? run_of(t->problem) : o->ld, at = element % o->ld % run;
    return at == 0 || (run % line != 0 && at % 4 == 0);
}

/* Of an element, which begins with this word. One half of it may be as it was. */
static uint16_t writer_of(const uint16_t *word, size_t words)
{
    uint16_t writer = RECORD_NOBODY;
    for (size_t i = 0; i < words; i++)
        writer = word[i] == RECORD_NOBODY ? writer : word[i];
    return writer;
}

/* A cache line of a page, which begins with word `first`. It is of one operand: arrays begin with lines of their own. */
static void tally_line(struct tally *t, const struct record_page *page, size_t first)
{
    size_t begin, before = 0;
    uint16_t last = RECORD_NOBODY;
    bool shared = false, avoidable = false;
    const unsigned of = owner_of(t, page->at + first * RECORD_WORD, &begin);
    const size_t bytes = element_bytes(t, of), words = bytes / RECORD_WORD;
    const int near = of < t->problem->count ? t->node_of[t->toucher[(size_t)(page->at - t->arena) / RECORD_PAGE]] : -1;
    for (size_t i = 0; i < LINE_BYTES / bytes; i++) {
        const uint16_t writer = writer_of(page->writer + first + i * words, words);
        if (writer == RECORD_NOBODY)
            continue;
        t->strays += of > t->problem->count;
        if (of == t->work_of) {
            t->work[writer]++;
            t->near += t->node_of[writer] == near;
        }
        if (last != RECORD_NOBODY && last != writer) {
            bool may = false;
            for (size_t e = before + 1; e <= i; e++) /* what lies between was written by none */
                may = may || may_part(t, of, begin + e);
            shared = true;
            avoidable = avoidable || !may;
        }
        last = writer;
        before = i;
    }
    if (last == RECORD_NOBODY || of > t->problem->count)
        return;
    t->lines[of]++;
    t->shared[of] += shared;
    t->avoidable += avoidable;
}

void tally_phase(const struct record_page *page, size_t pages, void *to)
{
    for (size_t i = 0; i < pages; i++)
        for (size_t line = 0; line < RECORD_WORDS; line += LINE_BYTES / RECORD_WORD)
            tally_line(to, &page[i], line);
}

struct balance tally_balance(const struct tally *t)
{
    struct balance b = { 0, 0, 0 };
    for (int i = 0; i < t->threads; i++) {
        b.all += t->work[i];
        b.working += t->work[i] > 0;
        b.largest = t->work[i] > b.largest ? t->work[i] : b.largest;
    }
    return b;
}

/* ---- rules ---- */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }

/* What a kernel gives to one thread as a whole: how many such parts there are, and elements of the largest. */
struct parts {
    size_t count, elements;
};

static struct parts blocks_of(const struct bm_shape *s, size_t rows, size_t cols)
{
    rows = least(rows, s->M);
    cols = least(cols, s->N);
    return (struct parts){ (s->M + rows - 1) / rows * ((s->N + cols - 1) / cols), rows * cols };
}

static struct parts parts_of(const struct tally *t, const struct balance *b)
{
    const struct bm_shape *s = &t->problem->shape;
    const bool backward = kernel_has(t, "_backward_");
    const bool loops = kernel_has(t, "naive") || kernel_has(t, "autovec"), wide = kernel_has(t, "avx512");
    size_t elements = 64;
    if (family_is(t->problem, "gemm"))
        return loops ? blocks_of(s, 1, 1024)
               : kernel_has(t, "tuned") || kernel_has(t, "direct")
                   ? blocks_of(s, 1, LINE)
                   : blocks_of(s, kernel_has(t, "packed") ? (wide ? 12 : 6) : 96, wide ? 32 : 16);
    if (run_of(t->problem))
        elements = s->N * run_of(t->problem);
    else if (family_is(t->problem, "bn"))
        elements = s->C * (loops ? most(16, (s->N + 255) / 256) : kernel_has(t, "tuned") ? 1 : 4);
    else if (family_is(t->problem, "norm")) /* rows; in vectors two; backward chunks of them, which have sums */
        elements = s->C * (backward ? loops ? most(16, (s->N + 255) / 256) : least(64, most(8, (s->N + 127) / 128 * 2))
                                    : loops ? 1 : 2);
    else if (family_is(t->problem, "group")) /* groups; in the loops of backward images, which have sums */
        elements = (backward && loops ? s->C : s->C / s->G) * s->S;
    return (struct parts){ (b->all + elements - 1) / elements, elements };
}

const char *tally_balance_fault(const struct tally *t, const struct balance *b)
{
    const bool gemm = family_is(t->problem, "gemm");
    const struct bm_shape *s = &t->problem->shape;
    const struct bm_operand *o = &t->problem->operand[t->work_of];
    const size_t once = t->work_of < t->problem->count ? o->rows * o->cols : b->all, threads = (size_t)t->threads;
    const size_t times = once ? (b->all + once / 2) / once : 0; /* blocks of K add to C, each once */
    const struct parts parts = parts_of(t, b);
    if (b->all == 0)
        return NULL;
    /* Tiles of a grid are whole rows and lines of columns; what several blocks leave over adds up. The most is that of 19 lines in
     * 12 columns of tiles, some of two and some of one, and 32 rows in 3: 1.32. */
    if ((double)b->largest > (gemm ? 1.33 : 1.1) * (double)b->all / (double)b->working &&
        b->largest > (parts.count + b->working - 1) / b->working * parts.elements * most(times, 1))
        return "the largest share is too large for the mean";
    /* Tuned BN sums strips of 32 or 64 channels of at most 256 rows or more. */
    const size_t strip = kernel_has(t, "avx512") ? 64 : 32;
    const size_t strips = (s->N + 255) / 256 * ((s->C + strip - 1) / strip);
    const bool summed = family_is(t->problem, "bn") && !run_of(t->problem) && kernel_has(t, "tuned");
    if (b->working > 1 && !gemm && 4 * b->working < 3 * least(summed ? strips : parts.count, threads))
        return "threads are idle";
    return NULL;
}

const char *tally_line_fault(const struct tally *t)
{
    return t->avoidable ? "two threads write one cache line, and need not" : NULL;
}

const char *tally_scratch_fault(const struct tally *t, size_t scratch_alone)
{
    size_t arrays = 0;
    for (unsigned i = 0; i < t->problem->count; i++)
        arrays += bm_footprint_bytes(&t->problem->operand[i]);
    if (t->kernel->isa != BM_BASELINE && kernel_has(t, "gemm") && kernel_has(t, "tuned")) {
        const size_t each = (512 * 7 / 8 + 4096 / 2 + 4) << 10; /* of the test's machine; and what fills lines up */
        return t->scratch_bytes > (size_t)t->threads * each
                   ? "its copies do not fit 7/8 of L2 and half of the last level"
                   : NULL;
    }
    if (t->scratch_bytes != scratch_alone)
        return "its scratch depends on the number of threads";
    return t->scratch_bytes > (2 << 20) + arrays / 2 ? "its scratch exceeds 2 MiB and half of the arrays" : NULL;
}

/* Channels-last, vectors and rows: what a thread writes was touched first on its node, but for a page at each border. */
const char *tally_distance_fault(const struct tally *t, const struct balance *b)
{
    const struct bm_problem *p = t->problem;
    if (b->working < (size_t)t->threads || t->work_of == p->count || !tally_is_local(p) || run_of(p))
        return NULL;
    return 10 * t->near < 8 * b->all ? "pages lie on other nodes than the threads that write to them" : NULL;
}
