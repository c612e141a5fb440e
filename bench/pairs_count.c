/* SPDX-License-Identifier: MIT */
#include "pairs_count.h"

#include <string.h>

#include "options.h"
#include "progress.h"

/* What is counted so far, and what is not. */
struct counting {
    struct bm_pairs_run *run;
    struct bm_pair_counts *counts;
    json_t *notes, *reasons; /* reasons: that are in notes */
    json_t *failed, *left;   /* pairs of kernels */
};

static bool same_kernels(const struct bm_paired *c, const char *const kernel[])
{
    return strcmp(c->kernel[0], kernel[0]) == 0 && strcmp(c->kernel[1], kernel[1]) == 0;
}

static const struct bm_pair_count *find(const struct bm_pair_counts *counts, const struct bm_paired *c)
{
    for (size_t i = 0; i < counts->counted; i++)
        if (same_kernels(c, counts->pair[i].kernel))
            return &counts->pair[i];
    return NULL;
}

/* Each reason once, with the first kernel that it was met at. */
static void note(struct counting *n, const char *kernel, const char *reason)
{
    if (json_object_get(n->reasons, reason))
        return;
    json_object_set_new(n->reasons, reason, json_true());
    json_array_append_new(n->notes, json_sprintf("instructions of %s are not counted: %s", kernel, reason));
}

/* Both sides, on the same shape: the first that A's kernel takes. */
static bool count_pair(const struct bm_pairs_run *run, const struct bm_paired *c, struct bm_pair_count *pair,
                       struct bm_error *error)
{
    const struct bm_abi *abi[BM_PAIR_SIDES];
    struct bm_shape_line line;
    for (int s = 0; s < BM_PAIR_SIDES; s++) {
        struct bm_abi_kernel about;
        pair->kernel[s] = c->kernel[s];
        abi[s] = bm_pair_abi(&run->side[s], c->kernel[s], &about);
        if (!abi[s] || about.peer)
            return bm_failed(error, abi[s] ? "%s is another library's" : "%s is in one build only", c->kernel[s]);
    }
    if (!bm_count_call(abi[0], c->kernel[0], c->op, NULL, &pair->of[0], error))
        return false;
    if (bm_shape_parse(pair->of[0].shape, "shape", &line, error) &&
        bm_count_call(abi[1], c->kernel[1], c->op, &line.shape, &pair->of[1], error))
        return true;
    bm_call_count_free(&pair->of[0]);
    return false;
}

/* Was code measured that differs? */
static bool is_asked(const struct bm_pairs_run *run, const struct bm_paired *c)
{
    return c->figures.launches && bm_pair_code(&run->side[0], c->kernel[0]) && bm_pair_code(&run->side[1], c->kernel[1]) &&
           !bm_pair_same_code(run->side, c->kernel);
}

static void count_case(struct counting *n, struct bm_paired *c)
{
    struct bm_pair_counts *counts = n->counts;
    struct bm_error error;
    char both[320];
    snprintf(both, sizeof both, "%s %s", c->kernel[0], c->kernel[1]);
    c->instructions = find(counts, c);
    if (c->instructions || json_object_get(n->failed, both))
        return;
    bm_progress(counts->counted, BM_PAIRS_COUNTED, "counting instructions");
    if (counts->counted == BM_PAIRS_COUNTED)
        json_object_set_new(n->left, both, json_true());
    else if (count_pair(n->run, c, &counts->pair[counts->counted], &error))
        c->instructions = &counts->pair[counts->counted++];
    else {
        json_object_set_new(n->failed, both, json_true());
        note(n, c->kernel[0], error.text);
    }
}

void bm_pairs_count(struct bm_pairs_run *run, struct bm_pair_counts *counts, json_t *notes)
{
    static const enum bm_pair_verdict order[] = { BM_PAIR_SLOWER, BM_PAIR_FASTER, BM_PAIR_INCONCLUSIVE, BM_PAIR_SAME };
    struct counting n = { run, counts, notes, json_object(), json_object(), json_object() };
    counts->counted = 0;
    for (size_t v = 0; v < sizeof order / sizeof *order; v++)
        for (size_t i = 0; i < run->count && !bm_interrupted; i++)
            if (run->paired[i].figures.verdict == order[v] && is_asked(run, &run->paired[i]))
                count_case(&n, &run->paired[i]);
    bm_progress(0, 0, NULL);
    if (json_object_size(n.left))
        json_array_append_new(
            notes, json_sprintf("instructions of %zu more kernels are not counted; `batchmark count` does it",
                                json_object_size(n.left)));
    json_decref(n.reasons);
    json_decref(n.failed);
    json_decref(n.left);
}

void bm_pairs_count_free(struct bm_pair_counts *counts)
{
    for (size_t i = 0; i < counts->counted; i++)
        for (int s = 0; s < BM_PAIR_SIDES; s++)
            bm_call_count_free(&counts->pair[i].of[s]);
    counts->counted = 0;
}
