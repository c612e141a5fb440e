/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "peer_calls.h"
#include "call_caches.h"
#include "clock.h"
#include "error.h"
#include "shape.h"
#include "topology.h"

void bm_stage_make(struct bm_stage *stage, const struct bm_problem *p, int placements)
{
    *stage = (struct bm_stage){ .problem = p, .placements = placements };
    for (unsigned i = 0; i < p->count; i++) {
        enum bm_type type = p->operand[i].type;
        size_t n = bm_footprint(&p->operand[i]);
        stage->buffer[BM_ALIGNED][i] = bm_guarded(type, n, 0);
        if (placements > BM_UNALIGNED)
            stage->buffer[BM_UNALIGNED][i] = bm_guarded(type, n, 1 + (i * 5 + 2) % 15); /* odd and even, never 16 */
        if (placements > BM_FENCED)
            stage->buffer[BM_FENCED][i] = bm_fenced(type, n);
    }
}

void bm_stage_free(struct bm_stage *stage)
{
    for (unsigned i = 0; i < stage->problem->count; i++)
        for (int where = 0; where < stage->placements; where++)
            bm_buffer_free(&stage->buffer[where][i]);
    bm_buffer_free(&stage->scratch);
}

__attribute__((format(printf, 2, 3))) static void wrong(struct bm_verification *v, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    v->verdict = BM_WRONG;
    vsnprintf(v->text, sizeof v->text, format, list);
    va_end(list);
}

static void describe(struct bm_verification *v, const struct bm_difference *d)
{
    if (d->touched && strcmp(d->touched, "input") == 0)
        wrong(v, "it wrote to its input %s[%zu][%zu]", d->operand, d->row, d->col);
    else if (d->touched)
        wrong(v, "it wrote to the padding of %s, between rows, at [%zu][%zu]", d->operand, d->row, d->col);
    else if (d->worst == INFINITY && d->bound == 0)
        wrong(v, "%s[%zu][%zu] is %.9g, must be exactly %.9g", d->operand, d->row, d->col, d->got, d->want);
    else
        wrong(v, "%s[%zu][%zu] is %.9g, want %.9g +- %.3g: %.3g times the bound", d->operand, d->row, d->col, d->got,
              d->want, d->bound, d->worst);
}

/* Bit for bit, but for the payload and the sign of a NaN, which operands in another order change. */
static bool same_numbers(const struct bm_operand *o, const void *a, const void *b)
{
    const size_t bytes = bm_type_bytes(o->type), n = bm_footprint(o);
    for (size_t i = 0; i < n; i++)
        if (memcmp((const char *)a + i * bytes, (const char *)b + i * bytes, bytes) != 0 &&
            !(isnan(bm_element(o->type, a, i)) && isnan(bm_element(o->type, b, i))))
            return false;
    return true;
}

bool bm_only_inaccurate(const struct bm_kernel *kernel, enum bm_fill fill, const struct bm_difference *d)
{
    return kernel->peer && !d->touched && fill != BM_EXACT && (fill != BM_RANDOM || d->worst <= BM_PEER_SLACK);
}

/* Blocks follow from the caches: those of this machine, unknown ones, and ones so small that little fits, where teams
 * work on the least. */
static const struct bm_caches *caches_of(enum bm_placement where)
{
    static const struct bm_caches small = { { 1024, 2, 64, 1 }, { 8192, 4, 64, 1 }, { 32768, 8, 64, 2 }, { 1, 1, 1 } };
    return where == BM_ALIGNED ? bm_call_caches() : where == BM_UNALIGNED ? NULL : &small;
}

/* One call and all its checks; `again` receives the outputs, or, if `compare`, must equal them. */
static bool run_once(struct bm_stage *stage, const struct bm_kernel *kernel, enum bm_placement where, int threads,
                     void **again, bool compare, struct bm_verification *v)
{
    static const char *const place[] = { "aligned arrays", "unaligned arrays",
                                         "arrays that end at an unreadable page" };
    const struct bm_problem *p = stage->problem;
    void *array[BM_MAX_OPERANDS];
    for (unsigned i = 0; i < p->count; i++)
        array[i] = stage->buffer[where][i].data;
    if (stage->loaded[where])
        bm_problem_load_outputs(p, array);
    else
        bm_problem_load(p, array);
    stage->loaded[where] = false; /* until the check says that the inputs are as they were */

    union bm_args args;
    memset(&args, 0, sizeof args);
    p->op->bind(&p->shape, array, &args);
    args.means.threads = threads;
    args.means.caches = caches_of(where);
    bm_peer_failure = (struct bm_peer_failure){ NULL, 0 };
    const char *why = bm_refuses(kernel, &args);
    if (why) {
        v->verdict = BM_REFUSED;
        snprintf(v->text, sizeof v->text, "%s", why);
        return false;
    }
    size_t scratch_elements = (bm_scratch_bytes(kernel, &args) + 3) / 4;
    bm_guarded_again(&stage->scratch, BM_F32, scratch_elements);
    bm_poison(BM_F32, stage->scratch.data, scratch_elements);
    args.means.scratch = stage->scratch.data;

    char fault[1024];
    snprintf(fault, sizeof fault, "batchmark: %s left its arrays (%s, %d threads); again: %s", kernel->name,
             place[where], threads, v->command);
    bm_fault_message(fault);
    if (kernel->prepare)
        kernel->prepare(&args);
    double begin = bm_now_s();
    kernel->run(&args);
    v->seconds = bm_now_s() - begin;
    bm_fault_message(NULL);

    ptrdiff_t element;
    if (!bm_guards_intact(&stage->scratch, &element))
        wrong(v, "it wrote outside its scratch of %zu bytes, at byte %td", stage->scratch.bytes, element * 4);
    for (unsigned i = 0; i < p->count; i++)
        if (!bm_guards_intact(&stage->buffer[where][i], &element)) {
            wrong(v, "it wrote outside %s (%zu elements), at element %td", p->operand[i].name,
                  bm_footprint(&p->operand[i]), element);
            bm_stage_free(stage); /* its guards are spoilt */
            bm_stage_make(stage, p, stage->placements);
            return false;
        }
    struct bm_difference d = bm_problem_check(p, array);
    stage->loaded[where] = !d.wrong;
    if (d.worst > v->worst)
        v->worst = d.worst;
    if (d.wrong)
        describe(v, &d);
    if (d.wrong && bm_only_inaccurate(kernel, p->fill, &d))
        v->verdict = BM_INACCURATE;
    if (bm_peer_failure.call)
        wrong(v, "%s of %s failed with status %d", bm_peer_failure.call, kernel->peer, bm_peer_failure.status);
    for (unsigned i = 0; i < p->count && v->verdict != BM_WRONG; i++) {
        if (p->operand[i].role == BM_IN || !again)
            continue;
        if (!compare)
            memcpy(again[i], array[i], bm_footprint_bytes(&p->operand[i]));
        else if (!same_numbers(&p->operand[i], again[i], array[i]))
            wrong(v, "%s differs between thread counts", p->operand[i].name);
    }
    if (!d.wrong && v->verdict != BM_WRONG)
        return true;
    size_t used = strlen(v->text);
    snprintf(v->text + used, sizeof v->text - used, " (%s, %d thread%s)", place[where], threads,
             threads == 1 ? "" : "s");
    return v->verdict != BM_WRONG;
}

struct bm_verification bm_verify(struct bm_stage *stage, const struct bm_kernel *kernel, const int *threads,
                                 int thread_counts, int placements)
{
    static const int one = 1;
    struct bm_verification v = { .verdict = BM_PASSED };
    const struct bm_problem *p = stage->problem;
    if (!kernel->omp)
        threads = &one, thread_counts = 1;
    if (kernel->peer && placements > BM_FENCED) /* BLIS reads past the end of an array */
        placements = BM_FENCED;
    if (kernel->peer) /* libraries whose threads spin take seconds a call with more of them than CPUs */
        while (thread_counts > 1 && threads[thread_counts - 1] > bm_topology()->cpus_available)
            thread_counts--;
    const bool same_bits = (thread_counts > 1 || placements > BM_UNALIGNED) && !kernel->peer;
    char label[BM_LABEL], list[64] = "";
    for (int t = 0; t < thread_counts; t++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%d", t ? "," : "", threads[t]);
    snprintf(v.command, sizeof v.command,
             "batchmark verify --kernel %s --shape '%s %s' --fill %s --seed %llu --threads %s", kernel->name,
             p->op->name, bm_shape_label(p->op, &p->asked, label), bm_fill_names[p->fill], (unsigned long long)p->seed,
             list);

    void *again[BM_MAX_OPERANDS] = { NULL };
    for (unsigned i = 0; i < p->count && same_bits; i++)
        again[i] = bm_alloc(bm_footprint_bytes(&p->operand[i]));
    bool ok = true;
    for (int t = 0; t < thread_counts && ok; t++)
        ok = run_once(stage, kernel, BM_ALIGNED, threads[t], same_bits ? again : NULL, t > 0, &v);
    for (int where = BM_UNALIGNED; where < placements && ok; where++)
        ok = run_once(stage, kernel, (enum bm_placement)where, threads[thread_counts - 1], same_bits ? again : NULL, true, &v);
    for (unsigned i = 0; i < p->count; i++)
        free(again[i]);
    return v;
}

static double rms(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return n ? sqrt(sum / (double)n) : 0;
}

static double rms_operand(const struct bm_operand *o, const void *array)
{
    double sum = 0;
    for (size_t r = 0; r < o->rows; r++)
        for (size_t c = 0; c < o->cols; c++) {
            const size_t at = r * o->ld + c;
            const double v = bm_element(o->type, array, at);
            sum += v * v;
        }
    return o->rows && o->cols ? sqrt(sum / (double)(o->rows * o->cols)) : 0;
}

const char *bm_bounds_too_wide(const struct bm_problem *p, char text[static 256])
{
    enum { ENOUGH = 16 }; /* elements for an average to mean something */
    double input = 0;
    for (unsigned i = 0; i < p->count; i++)
        if (p->operand[i].role != BM_OUT && p->operand[i].type != BM_I32)
            input = fmax(input, rms_operand(&p->operand[i], p->pristine[i]));
    for (unsigned i = 0; i < p->count; i++) {
        size_t n = p->operand[i].rows * p->operand[i].cols;
        if (!p->want[i] || n < ENOUGH)
            continue;
        double bound = rms(p->bound[i], n), data = fmax(input, rms(p->want[i], n));
        if (bound <= 0.01 * data)
            continue;
        snprintf(text, 256, "the oracle's bound on %s would let errors of %.3g pass beside data of %.3g",
                 p->operand[i].name, bound, data);
        return text;
    }
    return NULL;
}
