/* SPDX-License-Identifier: MIT */
/* run.h - a result of `bench`, read back, checked and laid out for reports. The schema is in results/README.md. */
#ifndef BATCHMARK_RUN_H
#define BATCHMARK_RUN_H

#include <jansson.h>

#include "document.h"
#include "samples.h"

/* Samples of one case in one process launch. */
struct bm_run_launch {
    int launch;          /* which launch of the run */
    size_t count;        /* samples */
    double *s;           /* seconds a call, in the order of time */
    double median_s;
};

struct bm_run_case {
    const char *name;    /* unique in the run */
    const char *kernel, *op, *shape, *cache, *origin, *level, *bound, *stop;
    const char *implementation; /* of a peer: which of its own kernels it took; NULL where it does not say */
    const char *code;    /* hash of the kernel's object code; "" where unknown */
    int threads;
    double weight;       /* times the network named in origin uses the shape */
    double flops, read_bytes, write_bytes, bound_s;
    struct bm_run_launch *launch;
    size_t launches, samples;
    json_t *raw, *floor_raw;       /* all launches, as they are in the file; floor_raw: NULL if there are none */
    double instructions;           /* of a call, as the CPU's counters say; NaN: not counted */
    struct bm_floor floor;         /* of both */
    struct bm_stats stats;         /* of all samples; .median, .low and .high: of the launches' medians */
    double p95_s;
    bool contended;                /* others used its cores all the time */
    bool older;                    /* the file's own medians are of its undisturbed samples, those here of all */
};

struct bm_run {
    char *path;
    json_t *json;
    const json_t *ours;             /* its member "batchmark" */
    json_t *fingerprint;            /* flat: what must be equal for two runs to be comparable */
    const char *machine;            /* fingerprint.machine, the folder's name */
    const char *commit, *date;      /* of the build; UTC, ISO 8601 */
    bool complete;
    bool edited;                    /* its checksum does not hold */
    bool other_schema;              /* not loaded: it is of another schema; all other members are empty then */
    size_t cases;
    struct bm_run_case *cased;      /* in the file's order */
    size_t *by_name;                /* indices, sorted by name */
};

/* Reads a file, plain or gzip. False, with the reason, for a file that is truncated, is no JSON, has another schema or
 * kind, or whose members contradict each other or the description; then there is nothing to free. An edited file is
 * read, and marked. Samples are above 0; what a case tells of them follows from them. */
bool bm_run_load(const char *path, struct bm_run *run, struct bm_error *error);

/* The same from memory; `path` is for messages. */
bool bm_run_parse(const char *text, size_t length, const char *path, struct bm_run *run, struct bm_error *error);

/* The same from a file that was read already; the run keeps its JSON. */
bool bm_run_read(const struct bm_document *document, struct bm_run *run, struct bm_error *error);

void bm_run_free(struct bm_run *run);

const struct bm_run_case *bm_run_find(const struct bm_run *run, const char *name);

/* A case's launch with this number, or NULL. */
const struct bm_run_launch *bm_run_launch_of(const struct bm_run_case *c, int launch);

/* The medians of `from` over those of `to`, of each launch that both have: at most from->launches; returns how many. */
size_t bm_launch_ratios(const struct bm_run_case *from, const struct bm_run_case *to, double *ratio);

/* The first member in which two fingerprints differ, as "threads: 1,2 against 1"; NULL if they are equal. */
const char *bm_fingerprints_differ(json_t *a, json_t *b, char text[static 256]);

#endif
