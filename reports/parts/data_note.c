/* SPDX-License-Identifier: MIT */
/* data_note.c - what must be said beside figures of training: they are not of the data set that its name tells, or other
 * programs ran beside what was timed. */
#include <string.h>

#include "train_report.h"

static const char generated[] = "builtin"; /* the name of generated digits as a data set */

static void add(char note[static BM_DATA_NOTE], const char *format, const char *data)
{
    char text[128], name[128];
    snprintf(text, sizeof text, format, bm_shortened(data, 24, name));
    if (!strstr(note, text))
        snprintf(note + strlen(note), BM_DATA_NOTE - strlen(note), "%s%s", *note ? "; " : "", text);
}

static void add_generated(char note[static BM_DATA_NOTE], const char *asked)
{
    add(note, strcmp(asked, generated) == 0 ? "generated digits%.0s" : "generated digits, not %s", asked);
}

/* Results from before the list "data" name what was asked for in a run, and what came in its samples. */
static bool is_older_generated(const json_t *ours, const char **asked)
{
    const json_t *run = json_array_get(json_object_get(ours, "runs"), 0),
                 *sample = json_array_get(json_object_get(ours, "samples"), 0);
    *asked = bm_member_text(json_object_get(run, "config"), "dataset");
    return strcmp(bm_member_text(sample, "data"), generated) == 0;
}

bool bm_data_is_generated(const json_t *ours)
{
    const json_t *list = json_object_get(ours, "data"), *one;
    const char *asked;
    size_t i;
    json_array_foreach(list, i, one) if (strcmp(bm_member_text(one, "content"), "generated") == 0) return true;
    return !list && is_older_generated(ours, &asked);
}

/* Times of a claim: was a fifth or more of them taken while others used the cores? */
static bool is_disturbed(const json_t *ours)
{
    const json_t *one;
    double visits = 0, disturbed = 0;
    size_t i;
    json_array_foreach(json_object_get(ours, "timings"), i, one)
    {
        visits += bm_member_number(one, "visits");
        disturbed += bm_member_number(one, "disturbed");
    }
    return visits > 0 && 5 * disturbed >= visits;
}

const char *bm_data_note(const json_t *ours, char note[static BM_DATA_NOTE])
{
    static const struct {
        const char *overlap, *says;
    } overlaps[] = { { "equal", "training and test images of %s are the same" },
                     { "test in training", "test images of %s are also trained with" },
                     { "training in test", "training images of %s are also test images" } };
    const json_t *list = json_object_get(ours, "data"), *one;
    const char *asked;
    size_t i;
    *note = '\0';
    if (!list && is_older_generated(ours, &asked))
        add_generated(note, asked);
    json_array_foreach(list, i, one)
    {
        const char *content = bm_member_text(one, "content");
        asked = bm_member_text(one, "asked");
        if (strcmp(content, "generated") == 0)
            add_generated(note, asked);
        else if (strcmp(content, "published") != 0)
            add(note, "%s from unknown files", asked);
        for (size_t k = 0; k < sizeof overlaps / sizeof *overlaps; k++)
            if (strcmp(bm_member_text(one, "overlap"), overlaps[k].overlap) == 0)
                add(note, overlaps[k].says, asked);
    }
    if (is_disturbed(ours))
        add(note, "other programs ran beside the timed steps%.0s", "");
    bm_text_whole(note);
    return note;
}

const char *bm_data_called(const char *name, char text[static 128])
{
    static const char *const title[][2] = { { "mnist", "MNIST" },
                                            { "fashion-mnist", "Fashion-MNIST" },
                                            { "cifar-10", "CIFAR-10" },
                                            { "builtin", "generated digits" } };
    for (size_t i = 0; i < sizeof title / sizeof *title; i++)
        if (strcmp(name, title[i][0]) == 0)
            return title[i][1];
    return bm_shortened(name, 30, text);
}
