/* SPDX-License-Identifier: MIT */
/* history.h - the results of one machine in the order of time: a series a case, and where its level changed. */
#ifndef BATCHMARK_HISTORY_H
#define BATCHMARK_HISTORY_H

#include "changes.h"
#include "drift.h"
#include "history_result.h"
#include "page.h"

struct bm_point {
    size_t run; /* index into runs */
    const struct bm_history_case *is;
    double s;     /* seconds without the machine's changes: on the machine as it was in the first result */
    double error; /* standard, of its log: of a pair since the first of them; of others from result to result; NaN */
    size_t pairs; /* neighbours of the same number have what pairs say (series.h); 0: it is from the floor alone */
};

struct bm_series {
    const char *name, *kernel;
    struct bm_point *point; /* in the order of time; a run without this case has none */
    size_t points;
    struct bm_change *change; /* .at is an index into point[] */
    size_t changes;
};

/* Many cases that changed between the same two results: the machine, its libraries, or what all kernels share. */
struct bm_together {
    size_t run;                                        /* the first result after it */
    size_t cases, slower, changed, unchanged, unknown; /* the last three: their code */
};

struct bm_history {
    struct bm_history_run *run; /* after bm_history_find(): only those that take part, by date */
    size_t runs;
    struct bm_series *series; /* by name */
    size_t all;
    struct bm_together *together;
    size_t togethers;
    struct bm_drift drift; /* of the machine */
    double threshold;
    const char *host; /* before bm_history_find(): only results of hosts that match; NULL: of the newest's host */
    size_t hosts;     /* of the results that take part */
    size_t elsewhere; /* results of other hosts */
    size_t other;     /* results of another set-up than those that take part, */
    char why[256];    /* and where the last of them differs */
};

/* Reads one result. BM_OTHER_KIND: of train, verify or noise. BM_UNREADABLE: broken, edited since, of another schema,
 * without a date, or there already under another name. Both with the reason in `error`. */
enum bm_added bm_history_add(struct bm_history *history, const char *path, struct bm_error *error);

/* To be called once, after the last was added: keeps the results of `host` that are of one set-up, orders them,
 * and finds the changes of the machine, by all cases, and those of the cases whose name or kernel matches `glob` (NULL:
 * all), larger than `threshold` (0.02: 2 %). */
void bm_history_find(struct bm_history *history, const char *glob, double threshold);

void bm_history_free(struct bm_history *history);

/* Is the change one of many that are in history->together? */
bool bm_history_is_together(const struct bm_history *history, const struct bm_series *series,
                            const struct bm_change *change);

/* The kernel's code on either side of a change; as text "code changed", "code unchanged", "code unknown". */
enum bm_code_change { BM_CODE_UNKNOWN, BM_CODE_CHANGED, BM_CODE_UNCHANGED };
enum bm_code_change bm_code_at(const struct bm_series *series, const struct bm_change *change);
const char *bm_code_verdict(const struct bm_series *series, const struct bm_change *change);

/* Is the change what pairs measured? */
bool bm_history_by_pairs(const struct bm_series *series, const struct bm_change *change);

/* The changes, the largest first; `all`: also those that are in history->together. free() the list. */
struct bm_found {
    const struct bm_series *series;
    const struct bm_change *change;
};
struct bm_found *bm_history_found(const struct bm_history *history, bool all, size_t *count);

/* What was found: what results there are and what the machine did; some changes, with linked numbers if there is a
 * source for each run; and how many there are. */
void bm_history_sentences(struct bm_page *page, const struct bm_history *history);
void bm_history_table(struct bm_page *page, const char *id, const struct bm_history *history,
                      const struct bm_found *found, size_t count, const struct bm_source *const *source);
void bm_history_summary(struct bm_page *page, const struct bm_history *history);

/* All of that. `all`: with each series' values, and the changes that came together one by one. */
void bm_history_print(const struct bm_history *history, enum bm_page_format format, bool all, FILE *out);
json_t *bm_history_json(const struct bm_history *history, bool all);

/* For other tools. A row a case and result, times in seconds; level_s is without the machine's changes. */
void bm_export_csv(const struct bm_history *history, FILE *file);
/* What the CSV importer of Apache Otava reads: a column a case, times in ns without the
 * machine's changes. It takes no gaps: cases that are not in
 * every result are left out; returns how many. */
size_t bm_export_otava(const struct bm_history *history, FILE *file);

/* The configuration that fits it, for a file of the name `csv`. */
size_t bm_export_otava_yaml(const struct bm_history *history, const char *csv, FILE *file);

/* Bencher Metric Format of the newest result, times in ns. */
json_t *bm_export_bencher(const struct bm_history *history);

#endif
