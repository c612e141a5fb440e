/* SPDX-License-Identifier: MIT */
#include "pairs_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_print.h"
#include "result.h"
#include "page.h"

enum { INCONCLUSIVE_SHOWN = 20, WITH_INSTRUCTIONS = 7 /* columns */ };

static double percent(double change) { return 100 * expm1(change); }

/* "bn_forward_avx2 N=32 C=300, 2 threads"; two kernels or numbers of threads where the sides differ. */
static char *name_of(const struct bm_paired *c)
{
    char *name, kernels[160], threads[32];
    snprintf(kernels, sizeof kernels, strcmp(c->kernel[0], c->kernel[1]) ? "%s : %s" : "%s", c->kernel[0], c->kernel[1]);
    snprintf(threads, sizeof threads, c->threads[0] != c->threads[1] ? "%d:%d" : "%d", c->threads[0], c->threads[1]);
    if (asprintf(&name, "%s  %s  t=%s%s", kernels, c->shape, threads, strcmp(c->cache, "cold") ? "" : "  cold") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return name;
}

static int worst_first(const void *a, const void *b)
{
    static const int rank[BM_PAIR_VERDICTS] = { [BM_PAIR_WRONG] = 0,  [BM_PAIR_CRASHED] = 1,      [BM_PAIR_SLOWER] = 2,
                                                [BM_PAIR_FASTER] = 3, [BM_PAIR_INCONCLUSIVE] = 4, [BM_PAIR_SAME] = 5,
                                                [BM_PAIR_SKIPPED] = 6, [BM_PAIR_IDENTICAL] = 7 };
    const struct bm_paired *x = a, *y = b;
    const double left = fabs(x->figures.mean), right = fabs(y->figures.mean);
    if (x->figures.verdict != y->figures.verdict)
        return rank[x->figures.verdict] - rank[y->figures.verdict];
    if (left != right)
        return (left < right) - (left > right);
    const int kernels = strcmp(x->kernel[0], y->kernel[0]);
    return kernels ? kernels : strcmp(x->shape, y->shape) ? strcmp(x->shape, y->shape) : x->threads[1] - y->threads[1];
}

static void change_of(const struct bm_pair_count *pair, char text[static BM_CHANGE_TEXT])
{
    bm_count_change_text(&pair->of[0], &pair->of[1], text);
}

/* ---- JSON ---- */

static json_t *counts_json(const struct bm_pair_counts *counts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < counts->counted; i++) {
        const struct bm_pair_count *pair = &counts->pair[i];
        char change[BM_CHANGE_TEXT];
        change_of(pair, change);
        json_array_append_new(list, json_pack("{s:[s, s], s:s, s:s, s:o, s:o}", "kernel", pair->kernel[0], pair->kernel[1],
                                              "shape", pair->of[0].shape, "change", change, "a",
                                              bm_call_count_json(&pair->of[0]), "b", bm_call_count_json(&pair->of[1])));
    }
    return list;
}

static json_t *case_json(const struct bm_paired *c)
{
    const struct bm_pair_figures *f = &c->figures;
    char *name = name_of(c);
    json_t *json = json_pack("{s:s, s:s, s:s, s:[s, s], s:s, s:[i, i], s:s}", "name", name, "verdict",
                             bm_pair_verdicts[f->verdict], "op", c->op->name, "kernel", c->kernel[0], c->kernel[1], "shape",
                             c->shape, "threads", c->threads[0], c->threads[1], "cache", c->cache);
    free(name);
    if (*c->reason)
        json_object_set_new(json, "reason", json_string(c->reason));
    if (c->instructions)
        json_object_set_new(json, "instructions",
                            json_pack("[I, I]", (json_int_t)c->instructions->of[0].steps.total,
                                      (json_int_t)c->instructions->of[1].steps.total));
    if (f->launches < BM_PAIRS_LEAST)
        return json;
    json_object_set_new(json, "level", json_string(c->level));
    json_object_set_new(json, "a_least_s", json_real(c->call_s[0]));
    json_object_set_new(json, "b_least_s", json_real(c->call_s[1]));
    json_object_set_new(json, "ratio", bm_real_or_null(exp(f->mean)));
    json_object_set_new(json, "low", bm_real_or_null(exp(f->low)));
    json_object_set_new(json, "high", bm_real_or_null(exp(f->high)));
    json_object_set_new(json, "p", bm_real_or_null(f->p));
    json_object_set_new(json, "visible", bm_real_or_null(expm1(f->visible)));
    json_t *launches = json_array();
    for (size_t i = 0; i < f->launches; i++)
        json_array_append_new(launches, json_real(exp(f->change[i])));
    json_object_set_new(json, "launches", launches);
    return json;
}

static void print_json(const struct bm_pairs_run *run, const struct bm_pairs_view *v, const size_t count[], FILE *out)
{
    json_t *cases = json_array(), *summary = json_object();
    for (size_t i = 0; i < run->count; i++)
        json_array_append_new(cases, case_json(&run->paired[i]));
    for (int k = 0; k < BM_PAIR_VERDICTS; k++)
        json_object_set_new(summary, bm_pair_verdicts[k], json_integer((json_int_t)count[k]));
    json_t *json = json_pack("{s:s, s:s, s:f, s:i, s:f, s:O?, s:O, s:o, s:o, s:o}", "a", run->side[0].label, "b",
                             run->side[1].label, "threshold", run->threshold, "launches", run->launches, "seconds",
                             run->seconds, "context", run->context, "notes", v->notes, "summary", summary, "instructions",
                             counts_json(v->counts), "cases", cases);
    json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    fputc('\n', out);
    json_decref(json);
}

/* ---- text and Markdown ---- */

static struct bm_page *new_page(int format)
{
    struct bm_page *page = bm_page_new((enum bm_page_format)format, NULL, "", NULL);
    bm_page_wide(page);
    return page;
}

/* In short: print_counts() has the rest. */
static void add_instructions(struct bm_grid *grid, const struct bm_paired *c)
{
    char change[BM_CHANGE_TEXT] = "-";
    if (c->instructions)
        change_of(c->instructions, change);
    bm_grid_text(grid, "%.*s", (int)strcspn(change, ":"), change);
}

static void add_row(struct bm_grid *grid, const struct bm_paired *c, double threshold)
{
    const struct bm_pair_figures *f = &c->figures;
    char *name = name_of(c), seconds[16];
    bm_grid_text(grid, "%s", bm_pair_verdicts[f->verdict]);
    bm_grid_text(grid, "%s", name);
    free(name);
    if (f->launches < BM_PAIRS_LEAST) {
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "%s", *c->reason ? c->reason : "-");
        bm_grid_text(grid, f->launches ? "%zu, too few" : "-", f->launches);
        return;
    }
    bm_grid_text(grid, "%s", bm_seconds_text(c->call_s[0], seconds));
    bm_grid_text(grid, "%+.2f %%", percent(f->mean));
    bm_grid_text(grid, "%+.2f to %+.2f %%", percent(f->low), percent(f->high));
    const size_t needed = f->verdict == BM_PAIR_INCONCLUSIVE ? bm_pairs_needed(f, log1p(threshold)) : 0;
    if (f->verdict == BM_PAIR_INCONCLUSIVE && needed)
        bm_grid_text(grid, "%zu, some %zu would tell", f->launches, needed);
    else
        bm_grid_text(grid, "%zu", f->launches);
}

static size_t print_cases(const struct bm_pairs_run *run, const struct bm_pairs_view *v, FILE *out)
{
    static const char *const head[] = { "verdict", "case", "A", "B over A", "95 % interval", "launches", "instructions" };
    struct bm_page *page = new_page(v->format);
    struct bm_grid *grid = bm_grid_of(page, "cases", "", head, v->counts->counted ? 7 : 6);
    bm_grid_left(grid, 2);
    bm_grid_spare(grid, "instructions", "launches", NULL);
    size_t inconclusive = 0, left_out = 0;
    for (size_t i = 0; i < run->count; i++) {
        const enum bm_pair_verdict verdict = run->paired[i].figures.verdict;
        inconclusive += verdict == BM_PAIR_INCONCLUSIVE;
        const bool shown = bm_pair_fault(verdict) || verdict == BM_PAIR_SLOWER || verdict == BM_PAIR_FASTER ||
                           (verdict == BM_PAIR_INCONCLUSIVE && inconclusive <= INCONCLUSIVE_SHOWN);
        if (v->all || shown) {
            add_row(grid, &run->paired[i], run->threshold);
            if (v->counts->counted)
                add_instructions(grid, &run->paired[i]);
        } else
            left_out += verdict == BM_PAIR_INCONCLUSIVE;
    }
    bm_page_table(page, grid);
    bm_page_print(page, out);
    return left_out;
}

/* What code does is no verdict: a kernel may execute more instructions in less time. */
static void print_counts(const struct bm_pair_counts *counts, int format, FILE *out)
{
    if (!counts->counted)
        return;
    struct bm_page *page = new_page(format);
    struct bm_grid *grid =
        bm_grid_new(page, "counts", "Instructions of one call on one thread (no verdict; docs/instructions.md):",
                    "kernel", "on", "A -> B", "change", NULL);
    bm_grid_left(grid, 4);
    for (size_t i = 0; i < counts->counted; i++) {
        const struct bm_pair_count *pair = &counts->pair[i];
        char change[BM_CHANGE_TEXT];
        change_of(pair, change);
        const bool other = strcmp(pair->kernel[0], pair->kernel[1]) != 0;
        bm_grid_text(grid, "%s%s%s", pair->kernel[0], other ? " : " : "", other ? pair->kernel[1] : "");
        bm_grid_text(grid, "%s", pair->of[0].shape);
        bm_grid_text(grid, "%llu -> %llu", (unsigned long long)pair->of[0].steps.total, (unsigned long long)pair->of[1].steps.total);
        bm_grid_text(grid, "%s", change);
    }
    bm_page_table(page, grid);
    bm_page_print(page, out);
}

/* Why cases were skipped, each reason once. */
static void print_reasons(const struct bm_pairs_run *run, FILE *out)
{
    json_t *reasons = json_object(), *count;
    const char *reason;
    for (size_t i = 0; i < run->count; i++)
        if (run->paired[i].figures.verdict == BM_PAIR_SKIPPED) {
            reason = run->paired[i].reason;
            json_object_set_new(reasons, reason, json_integer(json_integer_value(json_object_get(reasons, reason)) + 1));
        }
    json_object_foreach(reasons, reason, count) fprintf(out, "  %4lld skipped: %s\n", (long long)json_integer_value(count), reason);
    json_decref(reasons);
}

/* What could have been seen: the median over measured cases, and of how many. */
static void print_visible(const struct bm_pairs_run *run, FILE *out)
{
    double *visible = bm_alloc((run->count + 1) * sizeof *visible);
    size_t n = 0;
    for (size_t i = 0; i < run->count; i++)
        if (run->paired[i].figures.launches >= BM_PAIRS_LEAST)
            visible[n++] = run->paired[i].figures.visible;
    if (n) {
        bm_sort(visible, n);
        fprintf(out, "A change above %.1f %% would have been called in half of the measured cases, above %.1f %% in nine of ten.\n",
                percent(visible[n / 2]), percent(visible[n * 9 / 10]));
    }
    free(visible);
}

static void print_text(const struct bm_pairs_run *run, const struct bm_pairs_view *v, const size_t count[], FILE *out)
{
    const char *end = v->format == BM_MARKDOWN ? "  \n" : "\n"; /* a line break in Markdown too */
    const json_t *note;
    size_t i;
    for (i = 0; i < BM_PAIR_SIDES; i++)
        fprintf(out, "%c  %s%s", "AB"[i], run->side[i].label, end);
    json_array_foreach(v->notes, i, note) fprintf(out, "NOTE %s%s", json_string_value(note), end);
    const size_t left_out = print_cases(run, v, out);
    if (left_out)
        fprintf(out, "\n%zu more are inconclusive; --list names every case\n", left_out);
    print_counts(v->counts, v->format, out);
    fprintf(out, "\n%zu slower, %zu faster, %zu same, %zu inconclusive", count[BM_PAIR_SLOWER], count[BM_PAIR_FASTER],
            count[BM_PAIR_SAME], count[BM_PAIR_INCONCLUSIVE]);
    if (count[BM_PAIR_WRONG])
        fprintf(out, ", %zu WRONG", count[BM_PAIR_WRONG]);
    if (count[BM_PAIR_CRASHED])
        fprintf(out, ", %zu CRASHED", count[BM_PAIR_CRASHED]);
    if (count[BM_PAIR_IDENTICAL])
        fprintf(out, "; %zu of identical code, not measured", count[BM_PAIR_IDENTICAL]);
    if (count[BM_PAIR_SKIPPED])
        fprintf(out, "; %zu skipped", count[BM_PAIR_SKIPPED]);
    fprintf(out, "; %d launches, %.0f s\n", run->launches, run->seconds);
    print_visible(run, out);
    print_reasons(run, out);
    if (count[BM_PAIR_INCONCLUSIVE])
        fprintf(out, "Longer, for the inconclusive ones: %s\n", v->again);
}

void bm_pairs_print(struct bm_pairs_run *run, const struct bm_pairs_view *v, FILE *out)
{
    size_t count[BM_PAIR_VERDICTS] = { 0 };
    qsort(run->paired, run->count, sizeof *run->paired, worst_first);
    for (size_t i = 0; i < run->count; i++)
        count[run->paired[i].figures.verdict]++;
    if (v->format == BM_JSON)
        print_json(run, v, count, out);
    else
        print_text(run, v, count, out);
}
