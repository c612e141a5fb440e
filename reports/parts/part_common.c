/* SPDX-License-Identifier: MIT */
#include "part_common.h"

#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void find_noise(struct bm_last_change *l)
{
    struct bm_error error; /* a noise file that cannot be read is none */
    char *path = strdup(l->before->run.path);
    if (!path)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!bm_noise_find(dirname(path), l->before->run.fingerprint, &l->noise, &error))
        l->noise = (struct bm_noise){ 0 };
    free(path);
}

void bm_last_change(const struct bm_library *library, const struct bm_source *now, struct bm_last_change *l)
{
    *l = (struct bm_last_change){ .now = now };
    l->before = now ? bm_library_before(library, now) : NULL;
    if (!now)
        l->why = "there is no result of bench";
    else if (!l->before)
        l->why = "there is no earlier result of this machine with the same settings";
    else if (l->before->run.edited || now->run.edited)
        l->why = "one of the last two results was edited after it was written";
    if (l->why)
        return;
    find_noise(l);
    const struct bm_side side[] = { { &l->before->run, 1 }, { &now->run, 1 } };
    bm_compare(side, BM_LAST_THRESHOLD, NULL, l->noise.json ? &l->noise : NULL, &l->comparison);
    if (l->comparison.cases)
        return;
    bm_last_change_free(l);
    l->why = "the last two results have no case in common";
}

void bm_last_change_free(struct bm_last_change *l)
{
    if (l->why)
        return;
    bm_comparison_free(&l->comparison);
    bm_noise_free(&l->noise);
}

struct bm_range_value bm_range_of(struct bm_interval i, double factor, enum bm_unit unit,
                                  const struct bm_source *source)
{
    const bool known = bm_interval_known(&i);
    return (struct bm_range_value){ bm_derived(known ? factor * i.low : NAN, unit, source),
                                    bm_derived(known ? factor * i.high : NAN, unit, source) };
}

const char *bm_when(const char *date, char text[static BM_WHEN])
{
    if (strlen(date) >= 16 && date[10] == 'T')
        snprintf(text, BM_WHEN, "%.10s %.5s UTC", date, date + 11);
    else
        snprintf(text, BM_WHEN, "%.20s", date);
    return text;
}

const char *bm_plural(size_t n) { return n == 1 ? "" : "s"; }

char *bm_short_shape(const char *shape)
{
    char *text = bm_alloc(strlen(shape) + 1), *to = text;
    while (*shape) {
        const size_t word = strcspn(shape, " "), key = strcspn(shape, " =");
        const bool named = key > 1 && key < word; /* M=64 stays */
        if (to > text)
            *to++ = strncmp(shape, "epilogue=", 9) == 0 ? '+' : ' ';
        to = mempcpy(to, shape + (named ? key + 1 : 0), word - (named ? key + 1 : 0));
        shape += word + strspn(shape + word, " ");
    }
    *to = '\0';
    return text;
}
