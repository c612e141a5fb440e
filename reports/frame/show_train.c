/* show_train.c - of train: how accurate, how fast, what kernels buy, where the time of a step goes, what was published.
 */
#include <math.h>
#include <string.h>

#include "bars.h"
#include "show.h"
#include "table.h"

static void add_heads(struct bm_table *t, const char *const *head)
{
    for (size_t i = 0; i < t->columns; i++)
        bm_table_add(t, "%s", head[i]);
}

static void add_name(struct bm_show *s, struct bm_table *t, const json_t *object, const char *key, int most)
{
    char cut[BM_CUT_ROOM];
    bm_table_add(t, "  %s", bm_cut(bm_text_of(&s->r, object, key), most, cut));
}

/* Largest of a member, to which bars are relative; what is no number does not count. */
static double largest(const json_t *list, const char *key)
{
    const json_t *one;
    double most = 0;
    size_t i;
    json_array_foreach(list, i, one) most = fmax(most, json_number_value(json_object_get(one, key)));
    return most;
}

/* "0.9380 (0.9370 to 0.9391)"; a single value has no range. */
static void add_range(struct bm_show *s, struct bm_table *t, const json_t *range, const char *format)
{
    char median[24], least[24], most[24];
    const double low = bm_show_maybe(s, range, "min"), high = bm_show_maybe(s, range, "max");
    const char *middle = bm_show_figure(format, bm_show_maybe(s, range, "median"), median);
    if (bm_count_of(&s->r, range, "n", 0, 1 << 30) > 1 && low < high)
        bm_table_add(t, "%s (%s to %s)", middle, bm_show_figure(format, low, least),
                     bm_show_figure(format, high, most));
    else
        bm_table_add(t, "%s", middle);
}

static void add_seconds_bar(struct bm_table *t, double seconds, double most)
{
    char bar[BM_BAR_ROOM], time[16];
    bm_table_add(t, "%s %7s", bm_bar(seconds / most, bar), bm_show_seconds(seconds, time));
}

/* ---- experiments ---- */

static void put_accuracy(struct bm_show *s, const json_t *summaries)
{
    static const char *const head[] = { "  experiment", "  variant", "seeds", "validation accuracy", "test accuracy" };
    struct bm_table t = { .columns = 5, .left = 2 };
    const json_t *one;
    size_t i;
    add_heads(&t, head);
    json_array_foreach(summaries, i, one)
    {
        bm_show_at(s, "summaries[%zu]", i);
        const json_t *epochs = bm_list_of(&s->r, one, "epochs"),
                     *last = json_array_get(epochs, json_array_size(epochs) - 1);
        add_name(s, &t, one, "experiment", 16);
        add_name(s, &t, one, "variant", 18);
        bm_table_add(&t, "%zu", json_array_size(bm_list_of(&s->r, one, "seeds")));
        if (last)
            add_range(s, &t, bm_show_object(s, last, "val_accuracy"), "%.4f");
        else
            bm_table_add(&t, "-");
        add_range(s, &t, bm_show_object(s, one, "test_accuracy"), "%.4f");
    }
    bm_show_title(s, "Right? After the last epoch, median over the seeds (and range)");
    bm_table_print(&t, false, s->out);
}

static const char *setting(struct bm_show *s, const json_t *object, const char *key)
{
    return bm_text_of(&s->r, bm_show_object(s, object, "config"), key);
}

static void put_speed(struct bm_show *s, const json_t *summaries)
{
    static const char *const head[] = { "  variant", "  kernels", "thr",          "s per epoch",
                                        "target",    "reached",   "after epochs", "time to target" };
    struct bm_table t = { .columns = 8, .left = 2 };
    const double most = largest(summaries, "target_seconds");
    const json_t *one;
    size_t i;
    char cut[BM_CUT_ROOM], median[16], figure[24];
    add_heads(&t, head);
    json_array_foreach(summaries, i, one)
    {
        bm_show_at(s, "summaries[%zu]", i);
        const json_t *epoch = bm_show_object(s, one, "epoch_seconds");
        const double target = bm_show_maybe(s, one, "target");         /* 0: there is none */
        const json_t *reached = json_object_get(one, "target_epochs"); /* null: infinity */
        add_name(s, &t, one, "variant", 14);
        bm_table_add(&t, "  %s", bm_cut(setting(s, one, "kernels"), 11, cut));
        bm_table_add(&t, "%s", bm_cut(setting(s, one, "threads"), 4, cut));
        bm_table_add(&t, "%s", bm_show_seconds(bm_show_maybe(s, epoch, "median"), median));
        bm_table_add(&t, "%s", target > 0 ? bm_show_figure("%.4g", target, figure) : "-");
        bm_table_add(&t, "%d of %d", bm_count_of(&s->r, one, "reached", 0, 1 << 30),
                     bm_count_of(&s->r, one, "runs", 0, 1 << 30));
        if (json_is_object(reached))
            add_range(s, &t, reached, "%.3g");
        else
            bm_table_add(&t, "-");
        add_seconds_bar(&t, bm_show_maybe(s, one, "target_seconds"), most);
    }
    bm_show_title(s, "How fast? Seconds of training per epoch (median) and to the target (bars: share of the longest)");
    bm_table_print(&t, false, s->out);
}

/* ---- kernel sets, and what was predicted of them ---- */

static void put_sets(struct bm_show *s, const json_t *sets)
{
    static const char *const head[] = { "  variant", "  kernels", "thr", "epoch", "from", "to", "to target" };
    struct bm_table t = { .columns = 7, .left = 2 };
    const double most = largest(sets, "epoch_seconds");
    const json_t *one;
    size_t i;
    char from[16], to[16], target[16], bar[BM_BAR_ROOM], epoch[16];
    add_heads(&t, head);
    json_array_foreach(sets, i, one)
    {
        bm_show_at(s, "kernel_sets[%zu]", i);
        const double seconds = bm_show_maybe(s, one, "epoch_seconds");
        add_name(s, &t, one, "variant", 18);
        add_name(s, &t, one, "kernels", 18);
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "threads", 0, 1 << 20));
        bm_table_add(&t, "%s %s%7s", bm_bar(seconds / most, bar), bm_show_flag(s, one, "scaled") ? "~" : " ",
                     bm_show_seconds(seconds, epoch));
        bm_table_add(&t, "%s", bm_show_seconds(bm_show_maybe(s, one, "epoch_seconds_min"), from));
        bm_table_add(&t, "%s", bm_show_seconds(bm_show_maybe(s, one, "epoch_seconds_max"), to));
        bm_table_add(&t, "%s", bm_show_seconds(bm_show_maybe(s, one, "target_seconds"), target));
    }
    bm_show_title(s, "What do the kernels buy? Seconds per epoch (bars: share of the longest; ~: from fewer steps)");
    bm_table_print(&t, false, s->out);
}

static void put_predictions(struct bm_show *s, const json_t *predictions)
{
    static const char *const head[] = {
        "  variant", "  kernels", "thr", "predicted", "measured", "measured/predicted"
    };
    struct bm_table t = { .columns = 6, .left = 2 };
    const json_t *one;
    size_t i;
    char predicted[16], measured[16], ratio[24];
    add_heads(&t, head);
    json_array_foreach(predictions, i, one)
    {
        bm_show_at(s, "predictions[%zu]", i);
        const double was = bm_show_maybe(s, one, "measured_epoch_seconds"),
                     would = bm_number_of(&s->r, one, "predicted_epoch_seconds", 0, 1e12);
        add_name(s, &t, one, "variant", 18);
        add_name(s, &t, one, "kernels", 18);
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "threads", 0, 1 << 20));
        bm_table_add(&t, "%s", bm_show_seconds(would, predicted));
        bm_table_add(&t, "%s", bm_show_seconds(was, measured));
        bm_table_add(&t, "%s", bm_show_figure("%.2f", would > 0 ? was / would : NAN, ratio));
    }
    bm_show_title(s, "An epoch predicted from micro-benchmarks of a step's calls, and measured");
    bm_table_print(&t, false, s->out);
}

/* ---- where a step's time goes ---- */

/* Was the run made for the summary, with its kernels, threads and all its steps; and were its cores its own? */
static bool belongs(struct bm_show *s, const json_t *run, const json_t *summary)
{
    static const char *const same[] = { "kernels", "threads", "max_steps" };
    const json_t *ours = json_object_get(run, "config"), *theirs = json_object_get(summary, "config");
    bool equal = bm_show_flag(s, run, "alone");
    for (size_t i = 0; i < 3; i++) {
        const json_t *a = json_object_get(ours, same[i]), *b = json_object_get(theirs, same[i]);
        equal &= a && b && json_equal(a, b);
    }
    return equal && strcmp(bm_text_of(&s->r, run, "experiment"), bm_text_of(&s->r, summary, "experiment")) == 0 &&
           strcmp(bm_text_of(&s->r, run, "variant"), bm_text_of(&s->r, summary, "variant")) == 0;
}

/* Adds the seconds of the run's epochs phase by phase; returns their steps. */
static double add_phases(struct bm_show *s, const json_t *run, json_t *sum)
{
    const json_t *epoch, *epochs = bm_list_of(&s->r, run, "epochs");
    double steps = 0;
    size_t i;
    json_array_foreach(epochs, i, epoch)
    {
        const char *phase;
        json_t *seconds;
        steps += bm_count_of(&s->r, epoch, "steps", 0, 1 << 30);
        json_object_foreach(bm_show_object(s, epoch, "phase_seconds"), phase, seconds)
        {
            if (!json_is_number(seconds))
                bm_reader_fail(&s->r, "\"phase_seconds\" holds what is no number");
            json_object_set_new(sum, phase,
                                json_real(json_number_value(json_object_get(sum, phase)) + json_number_value(seconds)));
        }
    }
    return steps;
}

static void put_phases(struct bm_show *s, const json_t *summary, size_t number)
{
    json_t *sum = json_object(), *one, *runs = bm_show_list(s, "runs");
    double steps = 0, all = 0;
    const char *phase;
    char cut[BM_CUT_ROOM], bar[BM_BAR_ROOM], time[16], kernels[BM_CUT_ROOM];
    size_t i;
    json_array_foreach(runs, i, one)
    {
        bm_show_at(s, "runs[%zu]", i);
        if (belongs(s, one, summary))
            steps += add_phases(s, one, sum);
    }
    json_object_foreach(sum, phase, one) all += json_number_value(one);
    bm_show_at(s, "summaries[%zu]", number);
    if (steps > 0 && all > 0) {
        bm_show_title(s, "Where a step's time goes: %s, kernels %s: %s a step",
                      bm_cut(bm_text_of(&s->r, summary, "variant"), 20, cut),
                      bm_cut(setting(s, summary, "kernels"), 20, kernels), bm_seconds_text(all / steps, time));
        json_object_foreach(sum, phase, one)
        {
            const double seconds = json_number_value(one);
            if (seconds > 0)
                fprintf(s->out, "  %-21s %s %5.1f%%  %9s\n", bm_cut(phase, 21, cut), bm_bar(seconds / all, bar),
                        100 * seconds / all, bm_seconds_text(seconds / steps, time));
        }
    }
    json_decref(sum);
}

/* ---- published ---- */

static const char *verdict(struct bm_show *s, const json_t *one)
{
    if (json_is_null(json_object_get(one, "reproduced")))
        return "not run";
    return bm_show_flag(s, one, "reproduced") ? "reproduced" : "NOT";
}

static void put_published(struct bm_show *s, const json_t *published)
{
    static const char *const head[] = { "  variant", "  figure", "epoch", "published", "ours", "reproduced" };
    struct bm_table t = { .columns = 6, .left = 2 };
    const json_t *one;
    size_t i;
    add_heads(&t, head);
    json_array_foreach(published, i, one)
    {
        bm_show_at(s, "published[%zu]", i);
        const int epoch = bm_count_of(&s->r, one, "epoch", 0, 1 << 30);
        add_name(s, &t, one, "variant", 20);
        add_name(s, &t, one, "figure", 14);
        bm_table_add(&t, epoch ? "%d" : "end", epoch);
        bm_table_add(&t, "%.4g", bm_number_of(&s->r, one, "published", -1e12, 1e12));
        add_range(s, &t, bm_show_object(s, one, "ours"), "%.4g");
        bm_table_add(&t, "%s", verdict(s, one));
    }
    bm_show_title(s, "Published figures against ours, median (and range) over the seeds");
    bm_table_print(&t, false, s->out);
    json_array_foreach(published, i, one)
    {
        bm_show_at(s, "published[%zu]", i);
        const char *why = bm_text_of(&s->r, one, "why");
        char cut[BM_CUT_ROOM];
        if (json_is_false(json_object_get(one, "reproduced")))
            bm_show_text(s, "  NOT      ", "%s, %s: %s", bm_cut(bm_text_of(&s->r, one, "variant"), 20, cut),
                         bm_text_of(&s->r, one, "figure"), why[0] ? why : "no reason is given");
    }
}

static void put_stopped(struct bm_show *s)
{
    const json_t *one, *runs = bm_show_list(s, "runs");
    size_t i;
    json_array_foreach(runs, i, one)
    {
        bm_show_at(s, "runs[%zu]", i);
        if (bm_text_of(&s->r, one, "stopped")[0])
            bm_show_text(s, "  STOPPED  ", "%s: %s", bm_text_of(&s->r, one, "name"), bm_text_of(&s->r, one, "stopped"));
    }
}

void bm_show_train(struct bm_show *s)
{
    const json_t *summaries = bm_show_list(s, "summaries"), *sets = bm_show_list(s, "kernel_sets"), *one,
                 *predictions = bm_show_list(s, "predictions"), *published = bm_show_list(s, "published"),
                 *runs = bm_show_list(s, "runs");
    size_t i;
    if (json_array_size(runs)) {
        bm_show_at(s, "runs[0]");
        bm_show_text(s, "  data     ", "%s; %zu runs", bm_text_of(&s->r, json_array_get(runs, 0), "data"),
                     json_array_size(runs));
    }
    put_stopped(s);
    put_accuracy(s, summaries);
    put_speed(s, summaries);
    if (json_array_size(sets))
        put_sets(s, sets);
    json_array_foreach(summaries, i, one) put_phases(s, one, i);
    if (json_array_size(predictions))
        put_predictions(s, predictions);
    if (json_array_size(published))
        put_published(s, published);
}
