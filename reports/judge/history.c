/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdlib.h>
#include <string.h>

enum bm_added bm_history_add(struct bm_history *h, const char *path, struct bm_error *error)
{
    struct bm_history_run one;
    const enum bm_added added = bm_history_run_read(path, &one, error);
    if (added != BM_ADDED)
        return added;
    for (size_t i = 0; i < h->runs; i++)
        if (strcmp(h->run[i].sum, one.sum) == 0) {
            bm_failed(error, "%s: the same result as %s", path, h->run[i].path);
            bm_history_run_free(&one);
            return BM_UNREADABLE;
        }
    h->run = bm_grown(h->run, h->runs, sizeof *h->run);
    h->run[h->runs++] = one;
    return BM_ADDED;
}

enum bm_code_change bm_code_at(const struct bm_series *s, const struct bm_change *c)
{
    const char *before = s->point[c->at - 1].is->code, *after = s->point[c->at].is->code;
    return !*before || !*after ? BM_CODE_UNKNOWN : strcmp(before, after) == 0 ? BM_CODE_UNCHANGED : BM_CODE_CHANGED;
}

const char *bm_code_verdict(const struct bm_series *s, const struct bm_change *c)
{
    static const char *const verdict[] = { "code unknown", "code changed", "code unchanged" };
    return verdict[bm_code_at(s, c)];
}

bool bm_history_by_pairs(const struct bm_series *s, const struct bm_change *c)
{
    const struct bm_point *p = &s->point[c->at];
    return p->pairs && p->pairs == p[-1].pairs;
}

bool bm_history_is_together(const struct bm_history *h, const struct bm_series *s, const struct bm_change *c)
{
    for (size_t i = 0; i < h->togethers; i++)
        if (h->together[i].run == s->point[c->at].run)
            return true;
    return false;
}

void bm_history_free(struct bm_history *h)
{
    for (size_t i = 0; i < h->all; i++) {
        free(h->series[i].point);
        free(h->series[i].change);
    }
    for (size_t i = 0; i < h->runs; i++)
        bm_history_run_free(&h->run[i]);
    bm_drift_free(&h->drift);
    free(h->series);
    free(h->together);
    free(h->run);
    *h = (struct bm_history){ 0 };
}
