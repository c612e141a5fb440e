/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffers.h"
#include "error.h"
#include "memory_budget.h"
#include "oracle.h"

const char *const bm_fill_names[BM_FILL_COUNT] = { "exact", "random", "offset",  "constant",
                                                   "tiny",  "huge",   "special", "extreme" };

size_t bm_footprint(const struct bm_operand *o) { return o->rows && o->cols ? (o->rows - 1) * o->ld + o->cols : 0; }
size_t bm_footprint_bytes(const struct bm_operand *o) { return bm_footprint(o) * bm_type_bytes(o->type); }

/* The arrays exist about six times: pristine, in every placement, in the arenas of bench. */
double bm_problem_bytes(const struct bm_problem *p)
{
    double bytes = 0;
    for (unsigned i = 0; i < p->count; i++) {
        const struct bm_operand *o = &p->operand[i];
        bytes += 6.0 * (double)bm_type_bytes(o->type) * ((double)o->rows * (double)o->ld);
        bytes += o->role == BM_IN ? 0 : 2.0 * sizeof(double) * (double)o->rows * (double)o->cols;
    }
    return bytes;
}

/* A problem that would drive the machine into swap or to the OOM killer is refused beforehand. NULL: it fits. */
static const char *no_memory(const struct bm_problem *p)
{
    static char why[200];
    const double bytes = bm_problem_bytes(p);
    if (bytes <= bm_memory_for_arrays())
        return NULL;
    snprintf(why, sizeof why, "with its oracle and copies it needs %.0f MiB, and arrays can have %.0f MiB here (of %s)",
             ceil(bytes / 0x1p20), floor(bm_memory_for_arrays() / 0x1p20), bm_memory_budget().bound);
    return why;
}

const char *bm_problem_make_inputs(struct bm_problem *p, const struct bm_op *op, const struct bm_shape *shape,
                                   enum bm_fill fill, uint64_t seed)
{
    *p = (struct bm_problem){ .op = op, .shape = *shape, .asked = *shape, .fill = fill, .seed = seed };
    p->count = op->operands(shape, p->operand);
    const char *why = no_memory(p);
    if (why) {
        p->count = 0;
        return why;
    }
    for (unsigned i = 0; i < p->count; i++) {
        const struct bm_operand *o = &p->operand[i];
        p->pristine[i] = bm_alloc(bm_footprint_bytes(o));
        if (o->role != BM_IN || o->ld != o->cols) /* all of any other is filled */
            bm_poison(o->type, p->pristine[i], bm_footprint(o));
    }
    union bm_args args;
    memset(&args, 0, sizeof args);
    op->bind(&p->shape, p->pristine, &args);
    why = op->refuses(&args);
    if (!why && !op->fill(&p->shape, fill, seed, p->pristine))
        why = "this fill means nothing here";
    if (why)
        bm_problem_free(p);
    return why;
}

void bm_problem_solve(struct bm_problem *p)
{
    if (p->solved)
        return;
    for (unsigned i = 0; i < p->count; i++)
        if (p->operand[i].role != BM_IN) {
            p->want[i] = bm_alloc(p->operand[i].rows * p->operand[i].cols * sizeof(double));
            p->bound[i] = bm_alloc(p->operand[i].rows * p->operand[i].cols * sizeof(double));
        }
    p->op->oracle(&p->shape, p->pristine, p->want, p->bound);
    p->solved = true;
}

const char *bm_problem_make(struct bm_problem *p, const struct bm_op *op, const struct bm_shape *shape,
                            enum bm_fill fill, uint64_t seed)
{
    const char *why = bm_problem_make_inputs(p, op, shape, fill, seed);
    if (!why)
        bm_problem_solve(p);
    return why;
}

void bm_problem_free(struct bm_problem *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        free(p->pristine[i]);
        free(p->want[i]);
        free(p->bound[i]);
    }
    p->count = 0;
}

static void load(const struct bm_problem *p, void *const array[], bool inputs)
{
    for (unsigned i = 0; i < p->count; i++)
        if (bm_footprint(&p->operand[i]) && (inputs || p->operand[i].role != BM_IN))
            memcpy(array[i], p->pristine[i], bm_footprint_bytes(&p->operand[i]));
}

bool bm_problem_fits_call(const struct bm_problem *p, const struct bm_abi_call *call)
{
    bool same = call->arrays == p->count;
    for (unsigned i = 0; same && i < p->count; i++) {
        const struct bm_abi_array *a = &call->array[i];
        const struct bm_operand *o = &p->operand[i];
        same = a->role == (int)o->role && a->type == (int)o->type && a->rows == o->rows && a->cols == o->cols && a->ld == o->ld;
    }
    return same;
}

void bm_problem_load(const struct bm_problem *p, void *const array[]) { load(p, array, true); }
void bm_problem_load_outputs(const struct bm_problem *p, void *const array[]) { load(p, array, false); }

/* Lanes that do not wait for each other: at the speed of memory. Multiplication by an odd number loses no bit, and the
 * rotation brings high bits down, where they change all above them. */
uint64_t bm_problem_hash(const struct bm_problem *p, void *const array[])
{
    enum { LANES = 8 };
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t lane[LANES] = { 1, 2, 3, 4, 5, 6, 7, 8 }, hash = odd;
    for (unsigned i = 0; i < p->count; i++) {
        const unsigned char *at = array[i];
        size_t left = p->operand[i].role == BM_IN ? 0 : bm_footprint_bytes(&p->operand[i]);
        for (; left >= sizeof lane; left -= sizeof lane, at += sizeof lane) {
            uint64_t word[LANES];
            memcpy(word, at, sizeof word);
            for (int l = 0; l < LANES; l++) {
                lane[l] = (lane[l] ^ word[l]) * odd;
                lane[l] = lane[l] << 29 | lane[l] >> 35;
            }
        }
        for (; left > 0; left--, at++)
            hash = (hash ^ *at) * odd;
    }
    for (int l = 0; l < LANES; l++)
        hash = ((hash ^ lane[l]) * odd) << 31 | ((hash ^ lane[l]) * odd) >> 33;
    return hash;
}

/* |got - want| in units of the bound. Above FLT_MAX an infinity of the right sign is the right answer. */
static double error_of(double got, double want, double bound)
{
    if (bound == INFINITY || got == want || (isnan(want) && isnan(got)))
        return 0;
    if (isnan(got) || isnan(want) || isinf(want))
        return INFINITY;
    if (isinf(got))
        return fabs(want) + bound > FLT_MAX && (got > 0) == (want > 0) ? 0 : INFINITY;
    return fabs(got - want) / bound; /* a bound of 0 gives infinity */
}

static void note(struct bm_difference *d, const struct bm_operand *o, size_t row, size_t col, const char *touched)
{
    if (d->wrong)
        return;
    d->wrong = true;
    d->operand = o->name;
    d->row = row;
    d->col = col;
    d->touched = touched;
}

static void check_output(const struct bm_problem *p, unsigned i, const void *got, struct bm_difference *d)
{
    const struct bm_operand *o = &p->operand[i];
    for (size_t r = 0; r < o->rows; r++)
        for (size_t c = 0; c < o->cols; c++) {
            double g = bm_element(o->type, got, r * o->ld + c);
            double want = p->want[i][r * o->cols + c], bound = p->bound[i][r * o->cols + c];
            if (p->fill == BM_EXACT && bound < INFINITY) {
                bound = 0; /* the same bits from any order of summation */
                if (o->type == BM_BF16)
                    want = bm_bf16_value(bm_bf16_round((float)want));
            }
            if (fabs(g - want) <= d->worst * bound)
                continue; /* nearly all of them, without a division; NaN goes on */
            double error = error_of(g, want, bound);
            if (error <= d->worst)
                continue;
            d->worst = error;
            d->operand = o->name;
            d->row = r, d->col = c;
            d->got = g, d->want = want, d->bound = bound;
            d->wrong = error > 1;
        }
}

/* Padding of an output, and all of an input, must be as it was. */
static void check_untouched(const struct bm_problem *p, unsigned i, const unsigned char *now, struct bm_difference *d)
{
    const struct bm_operand *o = &p->operand[i];
    const unsigned char *before = p->pristine[i];
    const size_t bytes = bm_type_bytes(o->type), from = o->role == BM_IN ? 0 : o->cols;
    for (size_t r = 0; r < o->rows && bm_footprint(o); r++) {
        size_t to = r + 1 < o->rows ? o->ld : o->cols, at = (r * o->ld + from) * bytes;
        if (from >= to || memcmp(now + at, before + at, (to - from) * bytes) == 0)
            continue;
        for (size_t c = from; c < to; c++, at += bytes)
            if (memcmp(now + at, before + at, bytes) != 0)
                note(d, o, r, c, c < o->cols ? "input" : "padding");
    }
}

struct bm_difference bm_problem_check(const struct bm_problem *p, void *const array[])
{
    struct bm_difference d = { .worst = 0, .operand = "" };
    for (unsigned i = 0; i < p->count; i++)
        if (p->operand[i].role != BM_IN)
            check_output(p, i, array[i], &d);
    for (unsigned i = 0; i < p->count; i++)
        check_untouched(p, i, array[i], &d);
    return d;
}
