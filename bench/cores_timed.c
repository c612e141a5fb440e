/* SPDX-License-Identifier: MIT */
#include "cores_timed.h"

#include <stdio.h>
#include <string.h>

#include "topology.h"

static int different(const json_t *cpus)
{
    int count = 0;
    for (size_t i = 0; i < json_array_size(cpus); i++) {
        size_t same = 0;
        while (!json_equal(json_array_get(cpus, same), json_array_get(cpus, i)))
            same++;
        count += same == i;
    }
    return count;
}

int bm_cores_of_cases(const json_t *cases)
{
    const json_t *one, *launch;
    size_t c, l;
    int most = 0;
    json_array_foreach(cases, c, one) json_array_foreach(json_object_get(one, "raw"), l, launch)
    {
        const int cpus = different(json_object_get(launch, "cpus"));
        most = cpus > most ? cpus : most;
    }
    return most;
}

static const char of_those_given[] = "cores that were given";

/* That of a run that was stopped and goes on. */
static void drop_earlier(json_t *warnings)
{
    for (size_t i = json_array_size(warnings); i-- > 0;)
        if (strstr(json_string_value(json_array_get(warnings, i)), of_those_given))
            json_array_remove(warnings, i);
}

/* The result has these among its warnings. */
static void say_assumed(void)
{
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        const struct bm_cache *c = &bm_topology()->cache[level];
        if (!c->known && c->bytes)
            printf("WARNING: hwloc shows no size of L%d here: %zu KiB are assumed, so levels, limits and cold copies may be "
                   "wrong\n",
                   level, c->bytes >> 10);
    }
}

void bm_note_cores(json_t *result, int timed, bool asked, const char *why)
{
    const int given = bm_cores_available();
    json_t *context = json_object_get(json_object_get(result, "context"), "batchmark"),
           *warnings = json_object_get(context, "warnings");
    json_object_set_new(json_object_get(result, "batchmark"), "cores_timed", json_integer(timed));
    drop_earlier(warnings);
    say_assumed();
    if (timed >= given || timed < 1)
        return;
    if (!why)
        why = asked                           ? "--threads asks for no more"
              : bm_default_threads() <= timed ? "the control group's CPU time allows no more"
                                              : "nothing that was chosen uses more";
    json_t *warning = json_sprintf("%d of the %d %s %s timed: %s", timed, given, of_those_given, timed == 1 ? "was" : "were", why);
    printf("WARNING: %s\n", json_string_value(warning));
    json_array_append_new(warnings, warning);
}
