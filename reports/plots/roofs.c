/* SPDX-License-Identifier: MIT */
#include "roofs.h"

#include <math.h>
#include <string.h>

#include "result.h"

const char *const bm_roof_level[BM_ROOF_LEVELS] = { "L1", "L2", "L3", "memory" };

static double above_0(const json_t *number)
{
    const double x = json_number_value(number);
    return x > 0 ? x : NAN;
}

/* To the bandwidth that the row's member has, unless it was disturbed. */
static void raise_roof(struct bm_value *roof, const json_t *limits, const json_t *gbs, const struct bm_source *source,
                       size_t row, const char *member, const char *level)
{
    const double x = bm_roof_disturbed(limits, member, level) ? NAN : above_0(gbs);
    if (x > roof->x || (isfinite(x) && isnan(roof->x)))
        *roof = bm_value_of(x, BM_UNIT_GBS, source, "limits[%zu].%s%s%s", row, member, *level ? "." : "", level);
}

bool bm_roof_disturbed(const json_t *limits, const char *member, const char *level)
{
    char name[48];
    const bool past = strncmp(member, "stream_", 7) == 0; /* judged with memory's */
    const char *way = past ? member + 7 : member;
    snprintf(name, sizeof name, "%.*s %s", (int)strcspn(way, "_"), way, past ? "memory" : level);
    return bm_rate_disturbed(limits, name);
}

static void raise_levels(const struct bm_source *source, size_t at, const json_t *row, struct bm_roofs *roofs)
{
    static const char *const ways[] = { "copy_gbs", "update_gbs" };
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
            raise_roof(&roofs->level[l], row, json_object_get(json_object_get(row, ways[w]), bm_roof_level[l]), source, at,
                       ways[w], bm_roof_level[l]);
    raise_roof(&roofs->level[BM_ROOF_LEVELS - 1], row, json_object_get(row, "stream_copy_gbs"), source, at,
               "stream_copy_gbs", "");
}

void bm_roofs_of(const struct bm_source *source, int threads, struct bm_roofs *roofs)
{
    const json_t *limits = json_object_get(source->document.ours, "limits");
    *roofs = (struct bm_roofs){ .isas = 0 };
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        roofs->level[l] = bm_value_of(NAN, BM_UNIT_GBS, NULL, "%s", "");
    for (size_t i = 0; i < json_array_size(limits); i++) {
        const json_t *row = json_array_get(limits, i);
        const char *isa = json_string_value(json_object_get(row, "isa"));
        if (!isa || json_integer_value(json_object_get(row, "threads")) != threads)
            continue;
        raise_levels(source, i, row, roofs);
        const double fma = above_0(json_object_get(row, "fma_gflops"));
        if (roofs->isas == BM_ROOF_ISAS || !isfinite(fma) || bm_rate_disturbed(row, "FMA"))
            continue;
        roofs->isa[roofs->isas] = isa;
        roofs->fma[roofs->isas++] = bm_value_of(fma, BM_UNIT_GFLOPS, source, "limits[%zu].fma_gflops", i);
    }
}

size_t bm_roof_threads(const struct bm_source *source, int *threads, size_t most)
{
    const json_t *limits = json_object_get(source->document.ours, "limits");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(limits) && count < most; i++) {
        const json_int_t n = json_integer_value(json_object_get(json_array_get(limits, i), "threads"));
        size_t at = 0;
        while (at < count && threads[at] < n)
            at++;
        if (n < 1 || n > 1 << 20 || (at < count && threads[at] == n))
            continue;
        memmove(threads + at + 1, threads + at, (count - at) * sizeof *threads);
        threads[at] = (int)n;
        count++;
    }
    return count;
}
