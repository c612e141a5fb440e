/* SPDX-License-Identifier: MIT */
/* ab_noise.c - how far pairs of equal code lie apart on this machine: kept by `ab --calibrate`, taken into account by later
 * comparisons. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "noise.h"
#include "provenance.h"
#include "result.h"

char *bm_ab_keep_noise(const struct bm_pairs_run *run, int argc, char **argv)
{
    struct bm_error error;
    json_t *noise = bm_result_new("noise", argc, argv, run->context), *ours = json_object_get(noise, "batchmark"),
           *pairs = bm_result_list(noise, "pairs");
    struct bm_pair_figures *figures = bm_alloc((run->count + 1) * sizeof *figures);
    for (size_t i = 0; i < run->count; i++)
        figures[i] = run->paired[i].figures;
    for (int class = 0; class < BM_PAIRS_CLASSES; class++) {
        double largest;
        const size_t n = bm_pairs_noise(figures, run->count, class, &largest);
        if (n)
            json_array_append_new(pairs, json_pack("{s:s, s:b, s:I, s:f}", "level", bm_pairs_class_level(class), "parallel",
                                                   bm_pairs_class_parallel(class), "cases", (json_int_t)n, "error", expm1(largest)));
    }
    free(figures);
    bm_result_list(noise, "margins");
    bm_result_list(noise, "of");
    json_object_set_new(ours, "complete", json_true());
    char *path = bm_result_claim(NULL, "noise", &error);
    if (!path || !bm_result_write(noise, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    json_decref(noise);
    return path;
}

char *bm_ab_find_noise(struct bm_pairs_run *run)
{
    struct bm_error error;
    struct bm_noise noise;
    json_t *own = bm_result_new("noise", 0, NULL, NULL);
    char *slug = bm_machine_slug(), *folder, *found = NULL;
    if (asprintf(&folder, "results/%s", slug) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (bm_noise_find(folder, json_object_get(json_object_get(own, "batchmark"), "fingerprint"), &noise, &error)) {
        for (int class = 0; class < BM_PAIRS_CLASSES; class++)
            run->noise[class] = log1p(noise.pair_error[class]);
        found = strdup(noise.path);
        bm_noise_free(&noise);
    }
    free(folder);
    free(slug);
    json_decref(own);
    return found;
}
