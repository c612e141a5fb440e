/* SPDX-License-Identifier: MIT */
#include "winner.h"

#include <math.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "ratio.h"
#include "works.h"

size_t bm_fastest_of(const struct bm_run_case *const *of, size_t count)
{
    size_t fastest = 0;
    double least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        const double s = of[i]->stats.median;
        if (s < least) {
            least = s;
            fastest = i;
        }
    }
    return fastest;
}

bool bm_ties(const struct bm_run_case *fastest, const struct bm_run_case *other)
{
    const struct bm_ratio ratio = bm_ratio_of_cases(other, fastest);
    if (isnan(ratio.error))
        return !(other->floor.s > 2 * fastest->stats.median);
    return bm_ratio_interval(&ratio).low <= 1 + BM_TIE;
}

const char *bm_ties_text(const struct bm_run_case *fastest, const struct bm_run_case *const *of, size_t count,
                         char text[static BM_TIES_ROOM])
{
    size_t length = 0, more = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char name[40], with[40] = "";
        if (of[i] == fastest || !bm_ties(fastest, of[i]))
            continue;
        snprintf(name, sizeof name, "%s", bm_case_variant(of[i]));
        if (of[i]->threads != fastest->threads)
            snprintf(with, sizeof with, " on %d thread%s", of[i]->threads, bm_plural((size_t)of[i]->threads));
        if (length + strlen(bm_text_whole(name)) + strlen(with) + 24 > BM_TIES_ROOM)
            more++;
        else
            length += (size_t)snprintf(text + length, BM_TIES_ROOM - length, "%s%s%s", length ? ", " : " (ties with ",
                                       name, with);
    }
    if (more)
        length += (size_t)snprintf(text + length, BM_TIES_ROOM - length, " and %zu more", more);
    if (length)
        snprintf(text + length, BM_TIES_ROOM - length, ")");
    return text;
}
