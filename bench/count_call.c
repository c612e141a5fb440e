/* SPDX-License-Identifier: MIT */
#include "count_call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "disassemble.h"
#include "module.h"

enum { MOST_STEPS = 300000, CHANGES_SHOWN = 4 };

/* ---- a call, ready to be made ---- */

struct ready {
    const struct bm_abi *abi;
    struct bm_problem problem;
    struct bm_arena arena;
    struct bm_buffer scratch;
    struct bm_abi_call *call;
    void *array[BM_MAX_OPERANDS];
};

static bool make_ready(struct ready *r, const struct bm_abi *abi, const char *kernel, const struct bm_op *op,
                       const struct bm_shape *shape, struct bm_error *error)
{
    char label[BM_LABEL], why[512];
    *r = (struct ready){ .abi = abi, 
        .call = bm_module_open(abi, kernel, bm_shape_label(op, shape, label), 1, why, sizeof why) };
    if (!r->call)
        return bm_failed(error, "%s", why);
    const char *reason = bm_problem_make_inputs(&r->problem, op, shape, BM_RANDOM, 1);
    if (reason || !bm_problem_fits_call(&r->problem, r->call)) {
        if (!reason)
            bm_problem_free(&r->problem);
        abi->close(r->call);
        return bm_failed(error, "%s", reason ? reason : "the other build means other arrays by this op");
    }
    bm_arena_make(&r->arena, &r->problem, 1, false);
    bm_arena_arrays(&r->arena, &r->problem, 0, r->array);
    r->scratch = bm_pool(r->call->scratch_bytes, false);
    abi->bind(r->call, r->array, r->scratch.data);
    return true;
}

static void drop(struct ready *r)
{
    r->abi->close(r->call);
    bm_buffer_free(&r->scratch);
    bm_arena_free(&r->arena);
    bm_problem_free(&r->problem);
}

/* The first call finds symbols and touches pages; then outputs are as they were, since some ops change them in place.
 */
static void warm_up(void *context)
{
    struct ready *r = context;
    r->call->run(r->call->args);
    bm_problem_load(&r->problem, r->array);
}

/* ---- counting ---- */

static void sort_into_classes(struct bm_call_count *count)
{
    count->classed = bm_disassemble(&count->steps, &count->unclassed);
    for (size_t i = 0; i < count->steps.count && count->classed; i++)
        count->of[count->steps.executed[i].class] += count->steps.executed[i].count;
    if (count->classed)
        bm_hot_block(count->steps.executed, count->steps.count, &count->hot);
}

static bool count_on(const struct bm_abi *abi, const char *kernel, const struct bm_op *op, const struct bm_shape *shape,
                     struct bm_call_count *count, struct bm_error *error)
{
    struct ready r;
    if (!make_ready(&r, abi, kernel, op, shape, error))
        return false;
    const struct bm_stepped stepped = { warm_up, &r, r.call->run, r.call->args, MOST_STEPS };
    *count = (struct bm_call_count){ .cycles = NAN };
    bm_shape_label(op, shape, count->shape);
    const bool good = bm_step(&stepped, &count->steps, error);
    drop(&r);
    if (good)
        sort_into_classes(count);
    return good;
}

/* Is there a shape of the list that the kernel takes? */
static const struct bm_shape *first_taken(const struct bm_abi *abi, const char *kernel, const struct bm_op *op,
                                          const struct bm_shape_list *list, struct bm_error *error)
{
    char label[BM_LABEL], why[512] = "no shape in bench/shapes/count.txt is of this op";
    for (size_t i = 0; i < list->count; i++) {
        if (!bm_shape_fits(&list->line[i], op))
            continue;
        struct bm_abi_call *call =
            bm_module_open(abi, kernel, bm_shape_label(op, &list->line[i].shape, label), 1, why, sizeof why);
        if (!call)
            continue;
        abi->close(call);
        return &list->line[i].shape;
    }
    bm_failed(error, "%s", why);
    return NULL;
}

bool bm_count_call(const struct bm_abi *abi, const char *kernel, const struct bm_op *op, const struct bm_shape *shape,
                   struct bm_call_count *count, struct bm_error *error)
{
    struct bm_shape_list list = { 0 };
    bool good = shape || bm_shapes_load(&list, "count", error);
    if (good && !shape)
        shape = first_taken(abi, kernel, op, &list, error);
    good = good && shape && count_on(abi, kernel, op, shape, count, error);
    bm_shapes_free(&list);
    return good;
}

void bm_call_count_free(struct bm_call_count *count)
{
    bm_steps_free(&count->steps);
    count->classed = false;
}

/* ---- cycles ---- */

/* The least of many batches, each in the cycles of its moment. */
static double measured_cycles(const struct bm_abi_call *call)
{
    enum { BATCHES = 400 };
    double least = INFINITY;
    for (int b = 0, calls = 1; b < BATCHES; b++) {
        const double begin = bm_now_s(), first = bm_ticks();
        for (int i = 0; i < calls; i++)
            call->run(call->args);
        const double ticks = bm_ticks() - first, seconds = bm_now_s() - begin;
        if (seconds < 25e-6 && b < BATCHES / 2)
            calls *= 2;
        else
            least = fmin(least, ticks / calls * bm_clock_ratio());
    }
    return least;
}

/* In a process of its own: a team of OpenMP that was started in this one would not survive in one that is stepped
 * later. */
void bm_count_cycles(const struct bm_abi *abi, const char *kernel, const struct bm_op *op, struct bm_call_count *count)
{
    struct bm_shape_line line;
    struct ready r;
    double *cycles = mmap(NULL, sizeof *cycles, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cycles == MAP_FAILED)
        return;
    *cycles = NAN;
    if (bm_shape_parse(count->shape, "shape", &line, NULL) && make_ready(&r, abi, kernel, op, &line.shape, NULL)) {
        const pid_t child = fork();
        if (child == 0) {
            *cycles = measured_cycles(r.call);
            _exit(0);
        }
        if (child > 0)
            waitpid(child, NULL, 0);
        drop(&r);
    }
    count->cycles = isfinite(*cycles) ? *cycles : NAN;
    munmap(cycles, sizeof *cycles);
}

/* ---- what is said ---- */

json_t *bm_call_count_json(const struct bm_call_count *count)
{
    json_t *classes = json_object(), *code = json_array();
    if (!count->classed) {
        json_decref(classes);
        json_decref(code);
        return json_pack("{s:I, s:n, s:n}", "total", (json_int_t)count->steps.total, "classes", "hot");
    }
    for (int i = 0; i < BM_INSTRUCTION_CLASSES; i++)
        json_object_set_new(classes, bm_instruction_classes[i], json_integer((json_int_t)count->of[i]));
    for (size_t i = count->hot.begin; i < count->hot.end; i++)
        json_array_append_new(code, json_string(count->steps.executed[i].text));
    json_t *hot = json_pack("{s:I, s:I, s:b, s:o}", "instructions", (json_int_t)(count->hot.end - count->hot.begin),
                            "times", (json_int_t)count->hot.times, "loop", count->hot.loop, "code", code);
    return json_pack("{s:I, s:o, s:o}", "total", (json_int_t)count->steps.total, "classes", classes, "hot", hot);
}

/* "+2.9 %"; "0 -> 12" where there were none. */
static int say_change(char *text, size_t room, const char *what, uint64_t a, uint64_t b)
{
    const double percent = 100 * ((double)b - (double)a) / (double)a;
    if (!a)
        return snprintf(text, room, "%s0 -> %llu", what, (unsigned long long)b);
    return snprintf(text, room, "%s%+.*f %%", what, fabs(percent) >= 10 ? 0 : fabs(percent) >= 0.1 ? 1 : 3, percent);
}

struct change {
    const char *name;
    uint64_t a, b, by;
};

static int larger_first(const void *x, const void *y)
{
    const struct change *p = x, *q = y;
    return (p->by < q->by) - (p->by > q->by);
}

char *bm_count_change_text(const struct bm_call_count *a, const struct bm_call_count *b,
                           char text[static BM_CHANGE_TEXT])
{
    struct change all[BM_INSTRUCTION_CLASSES];
    size_t n = 0;
    for (int i = 0; i < BM_INSTRUCTION_CLASSES && a->classed && b->classed; i++)
        if (a->of[i] != b->of[i])
            all[n++] = (struct change){ bm_instruction_classes[i], a->of[i], b->of[i],
                                        a->of[i] < b->of[i] ? b->of[i] - a->of[i] : a->of[i] - b->of[i] };
    if (a->steps.total == b->steps.total && n == 0)
        return strcpy(text, "as many");
    qsort(all, n, sizeof *all, larger_first);
    int length = say_change(text, BM_CHANGE_TEXT, "", a->steps.total, b->steps.total);
    for (size_t i = 0; i < n && i < CHANGES_SHOWN && length < BM_CHANGE_TEXT; i++) {
        char what[48];
        snprintf(what, sizeof what, "%s%s ", i ? ", " : ": ", all[i].name);
        length += say_change(text + length, (size_t)(BM_CHANGE_TEXT - length), what, all[i].a, all[i].b);
    }
    return text;
}
