/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { LONGEST_NAME = 100, LONGEST_LIST = 800, LEFT_OUT = 1, WRONG = 2 };

void bm_names_add(struct bm_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return;
    names->name = realloc(names->name, (names->count + 1) * sizeof *names->name);
    if (!names->name)
        bm_die(BM_EXIT_INPUT, "out of memory");
    names->name[names->count++] = name;
}

void bm_names_free(struct bm_names *names)
{
    free(names->name);
    *names = (struct bm_names){ NULL, 0 };
}

static int least(int a, int b) { return a < b ? a : b; }

/* The edit distance, with weights, from what was typed to a name. Too long ones are far. */
static int distance(const char *typed, const char *name)
{
    const size_t from = strlen(typed), to = strlen(name);
    int row[LONGEST_NAME + 1];
    if (from > LONGEST_NAME || to > LONGEST_NAME)
        return WRONG * LONGEST_NAME;
    for (size_t k = 0; k <= to; k++)
        row[k] = LEFT_OUT * (int)k;
    for (size_t i = 1; i <= from; i++) {
        int before = row[0];
        row[0] = WRONG * (int)i;
        for (size_t k = 1; k <= to; k++) {
            const int same = before + (typed[i - 1] == name[k - 1] ? 0 : WRONG);
            before = row[k];
            row[k] = least(same, least(row[k] + WRONG, row[k - 1] + LEFT_OUT));
        }
    }
    return row[to];
}

const char *bm_nearest(const char *name, const struct bm_names *known)
{
    const char *nearest = NULL;
    int nearest_at = (int)(3 * strlen(name) / 4) + 1; /* a third of the letters may be wrong */
    for (size_t i = 0; i < known->count; i++) {
        const int at = distance(name, known->name[i]);
        if (at < nearest_at) {
            nearest = known->name[i];
            nearest_at = at;
        }
    }
    return nearest;
}

static void put_known(FILE *out, const struct bm_names *known, const char *more)
{
    size_t length = 0;
    for (size_t i = 0; i < known->count; i++)
        length += strlen(known->name[i]) + 2;
    if (length > LONGEST_LIST)
        fprintf(out, "%zu are known", known->count);
    else
        fputs(known->count ? "known: " : "none is known", out);
    for (size_t i = 0; i < known->count && length <= LONGEST_LIST; i++)
        fprintf(out, "%s%s", i ? ", " : "", known->name[i]);
    if (more)
        fprintf(out, "; %s lists them", more);
}

char *bm_unknown(const char *kind, const char *name, const struct bm_names *known, const char *more)
{
    const char *nearest = bm_nearest(name, known);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    fprintf(out, "there is no %s '%.100s'; ", kind, name);
    if (nearest)
        fprintf(out, "did you mean %s? ", nearest);
    put_known(out, known, more);
    fclose(out);
    bm_plain(text);
    return text;
}
