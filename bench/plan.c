/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "topology.h"
#include "versus_rows.h"

const char *const bm_cache_names[] = { "warm", "cold", NULL };

static bool any_wanted(const struct bm_bench_options *o, const struct bm_op *op)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if ((*k)->op == op && !(*k)->peer && bm_wanted(&o->common, *k))
            return true;
    return false;
}

/* The kernel's name without its op and without _omp: "avx2" of gemm_avx2_omp. */
static void variant_of(const struct bm_kernel *k, char variant[static 64])
{
    const size_t op = strlen(k->op->name) + 1;
    snprintf(variant, 64, "%s", strlen(k->name) > op ? k->name + op : "");
    char *omp = strstr(variant, "_omp");
    if (omp && !omp[4])
        *omp = '\0';
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(name, *names) != 0)
        names++;
    return *names != NULL;
}

/* For a first look, of four ops: naive and what the compiler makes of it, on one thread; the plain kernel of the widest
 * ISA that runs, and auto. */
static bool quick_wanted(const struct bm_kernel *k)
{
    static const char *const ops[] = { "gemm", "bn_forward", "bn_backward", "sgd", NULL };
    static const char *const usual[] = { "naive", "autovec", "auto", NULL };
    char variant[64];
    variant_of(k, variant);
    if (!is_one_of(k->op->name, ops))
        return false;
    if (is_one_of(variant, usual))
        return !k->omp || bm_is_auto(k);
    if (strcmp(variant, bm_isa_name(k->isa)) != 0 || !bm_isa_runs(k->isa))
        return false;
    for (const struct bm_kernel *const *other = bm_kernels; *other; other++) { /* is there one of a wider ISA? */
        char name[64];
        variant_of(*other, name);
        if ((*other)->op == k->op && (*other)->isa > k->isa && bm_isa_runs((*other)->isa) &&
            strcmp(name, bm_isa_name((*other)->isa)) == 0)
            return false;
    }
    return true;
}

static bool wanted(const struct bm_bench_options *o, const struct bm_kernel *k)
{
    if (o->versus == BM_VERSUS_NAIVE && bm_is_naive(k)) /* the others are set against it */
        return any_wanted(o, k->op);
    if (o->quick && !quick_wanted(k))
        return false;
    return bm_wanted(&o->common, k) && (!o->versus || bm_versus_wanted(k, o->versus));
}

/* Does the bench time a kernel with threads[t]? Peers and <op>_auto on every number that is timed. The others: serial
 * ones on one thread, _omp ones on the numbers that were asked for, else on all cores. */
static bool times_with(const struct bm_bench_plan *plan, const struct bm_kernel *k, int t)
{
    const struct bm_options *o = &plan->options->common;
    bool one_asked = false;
    for (int i = 0; i < o->thread_counts; i++)
        one_asked |= o->threads[i] == 1;
    if (k->peer || bm_is_auto(k))
        return true;
    if (!k->omp)
        return t == 0;
    return t > 0 || (o->thread_counts ? one_asked : plan->thread_counts == 1);
}

static void plan_group(struct bm_bench_plan *plan, const struct bm_op *op, const struct bm_shape_line *line)
{
    const struct bm_bench_options *o = plan->options;
    struct bm_group *g = &plan->group[plan->groups];
    size_t kernels = 0;
    while (bm_kernels[kernels])
        kernels++;
    *g = (struct bm_group){ .op = op, .line = line };
    bm_shape_label(op, &line->shape, g->label);
    g->planned = bm_alloc(kernels * (size_t)plan->thread_counts * BM_CACHE_STATES * sizeof *g->planned);
    for (size_t k = 0; k < kernels; k++)
        for (int t = 0; t < plan->thread_counts; t++)
            for (int cache = 0; cache < BM_CACHE_STATES; cache++)
                if (bm_kernels[k]->op == op && wanted(o, bm_kernels[k]) && o->cache[cache] &&
                    times_with(plan, bm_kernels[k], t))
                    g->planned[g->cases++] = (struct bm_case_plan){ bm_kernels[k], plan->threads[t], cache };
    if (g->cases)
        plan->groups++;
    else
        free(g->planned);
}

void bm_bench_plan(const struct bm_bench_options *o, struct bm_bench_plan *plan)
{
    *plan = (struct bm_bench_plan){ .options = o, .threads = { 1 }, .thread_counts = 1 };
    size_t ops = 0;
    for (int i = 0; i < o->common.thread_counts; i++)
        if (o->common.threads[i] != 1 && plan->thread_counts < BM_MAX_THREAD_COUNTS)
            plan->threads[plan->thread_counts++] = o->common.threads[i];
    if (!o->common.thread_counts && bm_default_threads() > 1)
        plan->threads[plan->thread_counts++] = bm_default_threads();
    while (bm_ops[ops])
        ops++;
    plan->group = bm_alloc((ops * o->common.shapes.count + 1) * sizeof *plan->group);
    for (size_t op = 0; op < ops; op++)
        for (size_t i = 0; i < o->common.shapes.count; i++)
            if (bm_shape_fits(&o->common.shapes.line[i], bm_ops[op]))
                plan_group(plan, bm_ops[op], &o->common.shapes.line[i]);
}

void bm_bench_plan_free(struct bm_bench_plan *plan)
{
    for (size_t i = 0; i < plan->groups; i++)
        free(plan->group[i].planned);
    free(plan->group);
}

/* Of what is read and written, the bytes that are the same ones. */
static double update_bytes(const struct bm_op *op, const struct bm_shape *shape)
{
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned n = op->operands(shape, o);
    double bytes = 0;
    for (unsigned i = 0; i < n; i++)
        if (o[i].role == BM_INOUT)
            bytes += (double)bm_type_bytes(o[i].type) * (double)o[i].rows * (double)o[i].cols;
    return bytes;
}

int bm_samples_of_launch(double seconds, double launch_s)
{
    const double fit = launch_s / seconds;
    return !(fit > BM_LEAST_SAMPLES) ? BM_LEAST_SAMPLES : fit < BM_MOST_SAMPLES ? (int)fit : BM_MOST_SAMPLES;
}

json_t *bm_case_json(const struct bm_group *g, const struct bm_case_plan *planned)
{
    char name[320], parts[BM_LABEL];
    strcpy(parts, g->label);
    for (char *p = parts; *p; p++)
        *p = *p == ' ' ? '/' : *p == '=' ? ':' : *p;
    snprintf(name, sizeof name, "%s/%s/threads:%d/%s/real_time", planned->kernel->name, parts, planned->threads,
             bm_cache_names[planned->cache]);
    const struct bm_traffic t = bm_traffic(g->op, &g->line->shape);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:s}", "name", name, "kernel",
                     planned->kernel->name, "op", g->op->name, "shape", g->label, "threads", planned->threads, "cache",
                     bm_cache_names[planned->cache], "origin", g->line->origin, "weight", (int)g->line->weight, "flops",
                     g->op->flops(&g->line->shape), "read_bytes", t.read_bytes, "write_bytes", t.write_bytes,
                     "update_bytes", update_bytes(g->op, &g->line->shape), "again_bytes", t.again_bytes, "code",
                     bm_code_of(planned->kernel));
}
