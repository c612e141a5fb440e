/* show_verify.c - of verify: which variants are right, and how much of its bound the worst error of each uses. */
#include <math.h>
#include <string.h>

#include "bars.h"
#include "show.h"
#include "table.h"

enum { MOST_FILLS = 8 }; /* columns of the second table */

struct worst {
    double error;
    const char *fill;
};

static struct worst worst_of(struct bm_show *s, json_t *fills)
{
    struct worst worst = { NAN, "-" };
    const char *fill;
    json_t *one;
    json_object_foreach(fills, fill, one)
    {
        const double error = bm_show_maybe(s, one, "worst_error");
        if (!isnan(error) && !(error <= worst.error))
            worst = (struct worst){ error, fill };
    }
    return worst;
}

static void put_variant(struct bm_show *s, const json_t *one, struct bm_table *t)
{
    char cut[BM_CUT_ROOM], bar[BM_BAR_ROOM], figure[24];
    const struct worst worst = worst_of(s, bm_show_object(s, one, "fills"));
    bm_table_add(t, "  %s", bm_cut(bm_text_of(&s->r, one, "kernel"), 30, cut));
    bm_table_add(t, "%d", bm_count_of(&s->r, one, "passed", 0, 1 << 30));
    bm_table_add(t, "%d", bm_count_of(&s->r, one, "failed", 0, 1 << 30));
    bm_table_add(t, "%d", bm_count_of(&s->r, one, "refused", 0, 1 << 30));
    bm_table_add(t, "%s %7s", bm_bar(worst.error, bar), bm_show_figure("%.3g", worst.error, figure));
    bm_table_add(t, "%s", bm_cut(worst.fill, 10, cut));
}

static bool wanted(struct bm_show *s, const json_t *one, size_t i)
{
    bm_show_at(s, "verification[%zu]", i);
    return bm_show_wanted(s, bm_text_of(&s->r, one, "op"), bm_text_of(&s->r, one, "kernel"));
}

static bool skipped(const json_t *one) { return json_is_string(json_object_get(one, "skipped")); }

static void put_variants(struct bm_show *s, const json_t *list)
{
    struct bm_table t = { .columns = 6, .left = 1 };
    static const char *const head[] = { "  variant", "passed", "failed", "refused", "worst error", "fill" };
    const json_t *one;
    size_t i;
    for (i = 0; i < t.columns; i++)
        bm_table_add(&t, "%s", head[i]);
    json_array_foreach(list, i, one) if (wanted(s, one, i) && !skipped(one)) put_variant(s, one, &t);
    bm_show_title(s,
                  "Each variant against the oracle; worst error in units of its bound: above 1 is wrong but for peers");
    bm_table_print(&t, false, s->out);
}

/* The fills' names are those of the first variant that has any. */
static size_t find_fills(const json_t *list, const char *fill[static MOST_FILLS])
{
    const json_t *one;
    const char *name;
    json_t *value;
    size_t i, fills = 0;
    json_array_foreach(list, i, one)
    {
        json_object_foreach(json_object_get(one, "fills"), name, value) if (fills < MOST_FILLS) fill[fills++] = name;
        if (fills)
            break;
    }
    return fills;
}

static void put_fills(struct bm_show *s, const json_t *list)
{
    const char *fill[MOST_FILLS];
    const size_t fills = find_fills(list, fill);
    struct bm_table t = { .columns = 1 + fills, .left = 1 };
    char cut[BM_CUT_ROOM], figure[24];
    const json_t *one;
    size_t i;
    bm_table_add(&t, "  variant");
    for (size_t k = 0; k < fills; k++)
        bm_table_add(&t, "%s", bm_cut(fill[k], 8, cut));
    json_array_foreach(list, i, one)
    {
        if (!wanted(s, one, i) || skipped(one))
            continue;
        bm_table_add(&t, "  %s", bm_cut(bm_text_of(&s->r, one, "kernel"), 30, cut));
        for (size_t k = 0; k < fills; k++) {
            const json_t *of = json_object_get(json_object_get(one, "fills"), fill[k]);
            bm_table_add(&t, "%s", of ? bm_show_figure("%.2g", bm_show_maybe(s, of, "worst_error"), figure) : "-");
        }
    }
    bm_show_title(s, "Worst error per fill");
    bm_table_print(&t, false, s->out);
}

static void put_totals(struct bm_show *s, const json_t *list)
{
    long long passed = 0, failed = 0, left = 0;
    const json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (!wanted(s, one, i))
            continue;
        const int wrong = bm_count_of(&s->r, one, "failed", 0, 1 << 30);
        passed += bm_count_of(&s->r, one, "passed", 0, 1 << 30);
        failed += wrong;
        left += skipped(one);
        if (wrong)
            bm_show_text(s, "  WRONG    ", "%s: %d cases failed", bm_text_of(&s->r, one, "kernel"), wrong);
    }
    bm_show_text(s, "  right?   ", "%lld cases passed, %lld failed, %lld variants skipped%s", passed, failed, left,
                 failed ? ": NOT RIGHT" : "");
}

void bm_show_verify(struct bm_show *s)
{
    const json_t *one, *list = bm_show_list(s, "verification");
    size_t i;
    put_totals(s, list);
    put_variants(s, list);
    put_fills(s, list);
    json_array_foreach(list, i, one) if (wanted(s, one, i) && skipped(one))
        bm_show_text(s, "  skipped  ", "%s: %s", bm_text_of(&s->r, one, "kernel"), bm_text_of(&s->r, one, "skipped"));
}
