/* SPDX-License-Identifier: MIT */
/* part_summary.c - the four answers that stand first: how fast, right, slower than before, and what it buys. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "train_report.h"

static struct bm_value nothing(void) { return bm_value_or(bm_derived(NAN, BM_UNIT_PLAIN, NULL), "not known"); }

/* ---- of what ---- */

static void put_about(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_bench(library);
    for (size_t i = library->sources; !s && i-- > 0;)
        if (strcmp(library->source[i].machine, library->machine) == 0)
            s = &library->source[i];
    if (!s)
        return;
    const json_t *print = json_object_get(s->document.ours, "fingerprint");
    const double cores = bm_member_number(print, "cores");
    char day[11], cpu[128], compiler[128], fleet[96] = "";
    if (library->fleet.count)
        snprintf(fleet, sizeof fleet, "; %zu results of nodes of a fleet are on the sheet of machine and kernels",
                 library->fleet.count);
    snprintf(day, sizeof day, "%.10s", s->date);
    bm_page_about(page, "%s, %.0f core%s, instructions up to %s%s; measured on %s (UTC) with commit %s, %s%s",
                  bm_shortened(bm_member_text(print, "cpu"), 60, cpu), cores, cores == 1 ? "" : "s",
                  bm_member_text(print, "isa"),
                  *bm_member_text(print, "virtualised") ? ", virtual" : "", day, *s->commit ? s->commit : "unknown",
                  *bm_build_text(s, "compiler") ? bm_shortened(bm_build_text(s, "compiler"), 40, compiler)
                                                : "an unknown compiler",
                  fleet);
}

/* ---- how fast ---- */

/* Ours of the highest rate of an op, in GFLOP/s or in GB/s; while others used the cores only if there is no other case.
 * NULL: none. */
static const struct bm_run_case *highest_rate(const struct bm_source *s, const char *op, bool flops)
{
    const struct bm_run_case *best = NULL;
    for (size_t i = 0; s && i < s->run.cases; i++) {
        const struct bm_run_case *c = &s->run.cased[i];
        if (bm_case_is_warm(c) && !bm_case_is_peer(c) && bm_counts_flops(c) == flops && strcmp(c->op, op) == 0 &&
            (!best || c->contended < best->contended ||
             (c->contended == best->contended && bm_case_rate(s, c).x > bm_case_rate(s, best).x)))
            best = c;
    }
    return best;
}

/* "gemm M=1024 N=1024 K=1024 NN, 2 threads"; free() it. */
static char *work_in_words(const struct bm_run_case *c)
{
    char *shape = bm_short_shape(c->shape), *text;
    if (asprintf(&text, "%s, %d thread%s%s", shape, c->threads, bm_plural((size_t)c->threads),
                 c->contended ? ", while others used the cores" : "") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(shape);
    return text;
}

static const char *title_of(const struct bm_run_case *c) { return strcmp(c->op, "gemm") == 0 ? "GEMM" : "BN forward"; }

static void answer_speed(struct bm_page *page, const struct bm_source *s)
{
    static const char question[] = "How fast?";
    const struct bm_run_case *gemm = highest_rate(s, "gemm", true), *bn = highest_rate(s, "bn_forward", false);
    const struct bm_run_case *first = gemm ? gemm : bn, *second = gemm && bn ? bn : NULL;
    if (!first) {
        bm_page_answer(page, question, nothing(), "",
                       "No result of bench has GEMM or BN forward with a warm cache. make bench makes one.");
        return;
    }
    char *one = work_in_words(first), *other = second ? work_in_words(second) : NULL;
    if (second)
        bm_page_answer(page, question, bm_case_rate(s, first), "", "%s (%s): %v of the machine's limit%i. %s: %v, %v of the limit%i (%s).",
                       title_of(first), one, bm_case_of_limit(s, first),
                       bm_range_of(bm_share_interval(first), 100, BM_UNIT_PERCENT, s), title_of(second),
                       bm_case_rate(s, second), bm_case_of_limit(s, second),
                       bm_range_of(bm_share_interval(second), 100, BM_UNIT_PERCENT, s), other);
    else
        bm_page_answer(page, question, bm_case_rate(s, first), "", "%s (%s): %v of the machine's limit%i.", title_of(first), one,
                       bm_case_of_limit(s, first), bm_range_of(bm_share_interval(first), 100, BM_UNIT_PERCENT, s));
    free(one);
    free(other);
}

/* ---- right ---- */

static bool has_checks(const struct bm_source *s)
{
    return json_array_size(json_object_get(s->document.ours, "verification")) > 0;
}

static void answer_right(struct bm_page *page, const struct bm_library *library)
{
    static const char question[] = "Right?";
    const struct bm_source *s = bm_library_newest(library, "verify", has_checks);
    if (!s) {
        bm_page_answer(page, question, nothing(), "",
                       "No result of verify is here. batchmark verify --store makes one.");
        return;
    }
    const struct bm_value failed = bm_value_from(BM_UNIT_COUNT, s, "sum(verification[*].failed)");
    bm_page_answer(page, question, failed, "wrong",
                   "of %v results that %v kernels gave, each against the same sum in double precision, within a "
                   "bound that is derived (commit %s).",
                   bm_value_from(BM_UNIT_COUNT, s, "sum(verification[*].failed,verification[*].passed)"),
                   bm_value_from(BM_UNIT_COUNT, s, "count(verification[*].kernel)"),
                   *s->commit ? s->commit : "unknown");
}

/* ---- slower than before ---- */

static struct bm_value counted(const struct bm_last_change *l, enum bm_verdict verdict)
{
    return bm_derived((double)l->comparison.verdicts[verdict], BM_UNIT_COUNT, l->now);
}

static void answer_change(struct bm_page *page, const struct bm_library *library, const struct bm_source *s)
{
    static const char question[] = "Slower than before?";
    struct bm_last_change l;
    bm_last_change(library, s, &l);
    if (l.why) {
        bm_page_answer(page, question, nothing(), "", "It cannot be told: %s. make bench makes one more result.", l.why);
        return;
    }
    const struct bm_value cases = bm_derived((double)l.comparison.cases, BM_UNIT_COUNT, l.now);
    char when[BM_WHEN];
    const char *commit = *l.before->commit ? l.before->commit : "unknown";
    if (l.comparison.verdicts[BM_INCONCLUSIVE] == l.comparison.cases)
        bm_page_answer(page, question, nothing(), "",
                       "All %v cases are inconclusive against the result of %s (commit %s): noise hides changes "
                       "of the size that matters. batchmark ab OLD NEW decides.",
                       cases, bm_when(l.before->date, when), commit);
    else
        bm_page_answer(page, question, counted(&l, BM_SLOWER), "slower",
                       "of %v cases; %v the same, %v faster, %v inconclusive, against the result of %s (commit "
                       "%s).%s",
                       cases, counted(&l, BM_SAME), counted(&l, BM_FASTER), counted(&l, BM_INCONCLUSIVE),
                       bm_when(l.before->date, when), commit,
                       l.comparison.verdicts[BM_INCONCLUSIVE] ? " batchmark ab OLD NEW decides the inconclusive ones." : "");
    bm_last_change_free(&l);
}

/* ---- what it buys in training ---- */

static const json_t *sets_of(const struct bm_source *s) { return json_object_get(s->document.ours, "kernel_sets"); }

static bool has_kernel_sets(const struct bm_source *s) { return json_array_size(sets_of(s)) > 0; }

static bool has_sets_of_images(const struct bm_source *s)
{
    return has_kernel_sets(s) && !bm_data_is_generated(s->document.ours);
}

/* Of a set; -1: not known. */
static struct bm_value set_value(const struct bm_source *s, int set, const char *figure)
{
    return bm_value_from(BM_UNIT_SECONDS, s, "kernel_sets[%d].%s", set, figure);
}

/* The set with the least `figure` of a variant (NULL; any) that does or does not use naive kernels; -1: none. */
static int least_set(const struct bm_source *s, const char *figure, const char *variant, bool naive)
{
    const json_t *set;
    size_t i;
    int best = -1;
    json_array_foreach(sets_of(s), i, set)
    {
        const double x = set_value(s, (int)i, figure).x;
        if ((!variant || strcmp(bm_member_text(set, "variant"), variant) == 0) &&
            (strcmp(bm_member_text(set, "kernels"), "naive") == 0) == naive && x > 0 &&
            !(set_value(s, best, figure).x <= x))
            best = (int)i;
    }
    return best;
}

/* That of a variant without BN with the same kernels; -1: none. */
static int without_bn(const struct bm_source *s, const json_t *has)
{
    const json_t *run, *set;
    size_t i, k;
    json_array_foreach(json_object_get(s->document.ours, "runs"), i, run) json_array_foreach(sets_of(s), k, set)
    {
        const char *variant = bm_member_text(set, "variant");
        if (strcmp(bm_member_text(json_object_get(run, "config"), "bn"), "none") == 0 &&
            strcmp(bm_member_text(run, "variant"), variant) == 0 &&
            strcmp(bm_member_text(has, "variant"), variant) != 0 &&
            strcmp(bm_member_text(set, "kernels"), bm_member_text(has, "kernels")) == 0)
            return (int)k;
    }
    return -1;
}

/* One set's time over another's, by the figures that are named. */
static struct bm_value sets_ratio(const struct bm_source *s, int slow, const char *of_slow, int fast,
                                  const char *of_fast)
{
    return bm_value_from(BM_UNIT_TIMES, s, "kernel_sets[%d].%s/kernel_sets[%d].%s", slow, of_slow, fast, of_fast);
}

/* "96 % validation accuracy": what a variant trains for; nothing if it is not told. */
static struct bm_value target_of(const struct bm_source *s, const char *variant)
{
    const json_t *summary;
    size_t i;
    json_array_foreach(json_object_get(s->document.ours, "summaries"), i, summary) if (
        strcmp(bm_member_text(summary, "variant"), variant) == 0) return bm_value_from(BM_UNIT_PERCENT, s,
                                                                                      "100*summaries[%zu].target", i);
    return nothing();
}

static void answer_training(struct bm_page *page, const struct bm_library *library)
{
    static const char question[] = "What does it buy?";
    char note[BM_DATA_NOTE] = "";
    const struct bm_source *s = bm_library_newest(library, "train", has_sets_of_images);
    if (!s)
        s = bm_library_newest(library, "train", has_kernel_sets);
    const bool target = s && least_set(s, "target_seconds", NULL, false) >= 0;
    const char *figure = target ? "target_seconds" : "epoch_seconds";
    const int best = s ? least_set(s, figure, NULL, false) : -1;
    const json_t *set = best < 0 ? NULL : json_array_get(sets_of(s), (size_t)best);
    const int naive = best < 0 ? -1 : least_set(s, figure, bm_member_text(set, "variant"), true);
    if (naive < 0) {
        bm_page_answer(page, question, nothing(), "",
                       "No training was timed with naive and other kernels; batchmark train "
                       "--compare-kernels does it.");
        return;
    }
    const struct bm_value times = sets_ratio(s, naive, figure, best, figure),
                          least = sets_ratio(s, naive, "epoch_seconds_min", best, "epoch_seconds_max"),
                          most = sets_ratio(s, naive, "epoch_seconds_max", best, "epoch_seconds_min"),
                          fast = set_value(s, best, figure), slow = set_value(s, naive, figure);
    const json_t *run = json_array_get(json_object_get(s->document.ours, "runs"), 0);
    const char *with = bm_member_text(set, "kernels"), *variant = bm_member_text(set, "variant");
    char name[128];
    const char *data = bm_data_called(bm_member_text(json_object_get(run, "config"), "dataset"), name);
    bm_page_caveat(page, bm_data_note(s->document.ours, note));
    if (target)
        bm_page_answer(page, question, fast, "",
                       "to an accuracy of %v on %s (variant %w, %s kernels) instead of %v with naive kernels: %v as fast "
                       "(%v to %v by the range of the epochs). Without BN, the same kernels: %v.",
                       target_of(s, variant), data, variant, with, slow, times, least, most,
                       bm_value_or(set_value(s, without_bn(s, set), figure), "not reached"));
    else
        bm_page_answer(page, question, fast, "",
                       "an epoch of %s (variant %w, %s kernels) instead of %v with naive kernels: %v as fast (%v to %v by the "
                       "range of the epochs). No run reached its target accuracy.",
                       data, variant, with, slow, times, least, most);
    bm_page_caveat(page, "");
}

void bm_part_summary(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_bench(library);
    put_about(page, library);
    answer_speed(page, s);
    answer_right(page, library);
    answer_change(page, library, s);
    answer_training(page, library);
}
