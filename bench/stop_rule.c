/* SPDX-License-Identifier: MIT */
#include "stop_rule.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

struct timed {
    double ns;
    size_t launch;
};

static int faster(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    return (x->ns > y->ns) - (x->ns < y->ns);
}

static size_t count_samples(const json_t *launches)
{
    size_t l, n = 0;
    const json_t *launch;
    json_array_foreach(launches, l, launch) n += json_array_size(json_object_get(launch, "ns"));
    return n;
}

/* Appends the samples of launches, which are numbered from `first`; returns how many there are now. */
static size_t take(const json_t *launches, size_t first, struct timed *sample, size_t n)
{
    size_t l, i;
    const json_t *launch, *ns;
    json_array_foreach(launches, l, launch)
        json_array_foreach(json_object_get(launch, "ns"), i, ns)
            sample[n++] = (struct timed){ json_number_value(ns), first + l };
    return n;
}

double bm_floor_precision(const json_t *raw, const json_t *more)
{
    const size_t launches = json_array_size(raw) + json_array_size(more);
    struct timed *sample = bm_alloc((count_samples(raw) + count_samples(more) + 1) * sizeof *sample);
    bool *seen = bm_alloc((launches + 1) * sizeof *seen);
    const size_t n = take(more, json_array_size(raw), sample, take(raw, 0, sample, 0));
    size_t of = 0;
    double precision = INFINITY;
    qsort(sample, n, sizeof *sample, faster);
    for (size_t i = 0; i < n && precision == INFINITY; i++) {
        of += !seen[sample[i].launch];
        seen[sample[i].launch] = true;
        if (i + 1 >= BM_KNOWN_SAMPLES && of >= BM_KNOWN_LAUNCHES)
            precision = sample[i].ns / sample[0].ns - 1;
    }
    free(seen);
    free(sample);
    return precision;
}
