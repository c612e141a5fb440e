/* SPDX-License-Identifier: MIT */
/* history_export.c - a history for other tools. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "markup.h"

void bm_export_csv(const struct bm_history *h, FILE *file)
{
    fputs("date,commit,case,kernel,op,shape,threads,cache,median_s,low_s,high_s,min_s,code,level_s,by\n", file);
    for (size_t i = 0; i < h->all; i++)
        for (size_t k = 0; k < h->series[i].points; k++) {
            const struct bm_point *p = &h->series[i].point[k];
            const struct bm_history_case *c = p->is;
            const struct bm_history_run *run = &h->run[p->run];
            const char *const text[] = { run->date, run->commit, c->name, c->kernel, c->op, c->shape };
            for (size_t t = 0; t < sizeof text / sizeof *text; t++)
                bm_put_csv(file, text[t], ',');
            fprintf(file, "%d,", c->threads);
            bm_put_csv(file, c->cache, ',');
            fprintf(file, "%.9g,", c->median_s);
            if (isfinite(c->high_s))
                fprintf(file, "%.9g,%.9g,", c->low_s, c->high_s);
            else
                fputs(",,", file);
            fprintf(file, "%.9g,", c->min_s);
            bm_put_csv(file, c->code, ',');
            fprintf(file, "%.9g,\"%s\"\n", p->s, p->pairs ? "pairs" : "floor");
        }
}

/* ---- Apache Otava ---- */

/* Its columns: a case called like one of the two that come first would be taken for it. */
static bool in_otava(const struct bm_history *h, const struct bm_series *s)
{
    return s->points == h->runs && strcmp(s->name, "time") != 0 && strcmp(s->name, "commit") != 0 &&
           strcmp(s->name, "branch") != 0;
}

size_t bm_export_otava(const struct bm_history *h, FILE *file)
{
    size_t left_out = 0;
    fputs("time,commit", file);
    for (size_t i = 0; i < h->all; i++)
        if (in_otava(h, &h->series[i])) {
            fputc(',', file);
            bm_put_csv(file, h->series[i].name, '\0');
        } else
            left_out++;
    fputc('\n', file);
    for (size_t r = 0; r < h->runs; r++) {
        fprintf(file, "%s,", h->run[r].date);
        bm_put_csv(file, h->run[r].commit, '\0');
        for (size_t i = 0; i < h->all; i++)
            if (in_otava(h, &h->series[i]))
                fprintf(file, ",%.9g", h->series[i].point[r].s * 1e9);
        fputc('\n', file);
    }
    return left_out;
}

/* JSON's strings are YAML's in double quotes. */
static void put_yaml(const char *text, FILE *file)
{
    json_t *string = json_string(text);
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    if (!quoted)
        bm_die(BM_EXIT_INPUT, "out of memory");
    fputs(quoted, file);
    free(quoted);
    json_decref(string);
}

size_t bm_export_otava_yaml(const struct bm_history *h, const char *csv, FILE *file)
{
    size_t left_out = 0;
    fputs("tests:\n  batchmark:\n    type: csv\n    file: ", file);
    put_yaml(csv, file);
    fputs("\n    time_column: time\n    attributes: [commit]\n    metrics:\n", file);
    for (size_t i = 0; i < h->all; i++) {
        const char *name = h->series[i].name;
        if (!in_otava(h, &h->series[i])) {
            left_out++;
            continue;
        }
        fputs("      ", file);
        put_yaml(name, file);
        fputs(":\n        column: ", file);
        put_yaml(name, file);
        fputs("\n        direction: -1\n        scale: 1\n", file);
    }
    fputs("    csv_options:\n      delimiter: ','\n      quote_char: '\"'\n", file);
    return left_out;
}

/* ---- Bencher ---- */

json_t *bm_export_bencher(const struct bm_history *h)
{
    json_t *json = json_object();
    for (size_t i = 0; i < h->all; i++) {
        const struct bm_series *s = &h->series[i];
        const struct bm_point *last = &s->point[s->points - 1];
        if (last->run + 1 != h->runs)
            continue;
        json_t *latency = json_pack("{s:f}", "value", last->is->median_s * 1e9);
        if (isfinite(last->is->high_s)) {
            json_object_set_new(latency, "lower_value", json_real(last->is->low_s * 1e9));
            json_object_set_new(latency, "upper_value", json_real(last->is->high_s * 1e9));
        }
        json_object_set_new(json, s->name, json_pack("{s:o}", "latency", latency));
    }
    return json;
}
