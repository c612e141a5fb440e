/* SPDX-License-Identifier: MIT */
/* options.h - the options that several commands share, as argp children. */
#ifndef BATCHMARK_OPTIONS_H
#define BATCHMARK_OPTIONS_H

#include <jansson.h>

#include "lines.h"
#include "parse.h"
#include "shape.h"
#include "signals.h"
#include "topology.h"

enum { BM_MAX_THREAD_COUNTS = BM_MOST_SWEEP };

struct bm_options {
    const char *op, *kernel;                          /* globs; NULL: all */
    struct bm_shape_list shapes;                      /* of --shape, --shapes, --sweep; empty: the command's default */
    const char *sweep;                                /* FAMILY[:COUNT] */
    int threads[BM_MAX_THREAD_COUNTS], thread_counts; /* --threads; 0: the command's default */
    uint64_t seed;
    const char *json;
    bool store; /* --store */
    bool no_tuning; /* --no-tuning */
};

/* Each reads into a struct bm_options given as argp's child input. */
extern const struct argp bm_filter_argp;  /* --op, --kernel */
extern const struct argp bm_shape_argp;   /* --shape, --shapes, --sweep */
extern const struct argp bm_threads_argp; /* --threads */
extern const struct argp bm_seed_argp;    /* --seed */
extern const struct argp bm_json_argp;    /* --json */
extern const struct argp bm_peer_argp;    /* --peer */
extern const struct argp bm_tuning_argp;  /* --no-tuning */
extern const struct argp bm_store_argp;   /* --store, beside --json: for commands that keep nothing by default */

/* All of them, for commands that run kernels on shapes. */
enum { BM_KERNEL_ARGPS = 7 };
extern const struct argp_child bm_kernel_argps[BM_KERNEL_ARGPS + 1];

/* Does the kernel pass the filters? */
bool bm_wanted(const struct bm_options *o, const struct bm_kernel *kernel);

/* Loads the peers (peer.h) that were named by --peer and those of wanted kernels, before anything is pinned or
 * recorded. One that was given a path, by --peer or the environment, and cannot be loaded from it ends the program. */
void bm_load_peers(const struct bm_options *o);

/* Calls use the thresholds that were measured on this machine from now on (tuning.h), and stdout says so; not after
 * --no-tuning. What is wrong with their file is one line on stderr. Returns them. */
struct bm_thresholds bm_use_tuning(const struct bm_options *o);

/* Where --json or --store want the result, or NULL: nowhere; free() it. The folder of a stored one is made; if that
 * fails, the program ends: ask before the work. */
char *bm_store_path(const struct bm_options *o, const char *kind);
/* Writes the result there, and says on stdout where a stored one is; without a path nothing. */
void bm_store_result(const struct bm_options *o, json_t *result, const char *path);

/* A number of the command line within a range, or a clear exit. */
long bm_read_long(const char *option, const char *text, long least, long most);
double bm_read_double(const char *option, const char *text, double least, double most);
/* "1,2,4" into list, each number once; returns how many. */
int bm_read_list(const char *option, const char *text, int *list, int room, long least, long most);
/* Position of a word in a NULL-ended list, or a clear exit that names the choices. */
int bm_read_word(const char *option, const char *text, const char *const *words);

/* That there is no such built-in text, and none of the file's name; or `why` the file, if it is there, could not be read.
 * free() it. */
char *bm_unknown_text(const char *kind, const char *name, const struct bm_text *table, const struct bm_error *why,
                      const char *more);

/* The commands. */
int bm_cmd_list(int argc, char **argv);
int bm_cmd_machine(int argc, char **argv);
int bm_cmd_verify(int argc, char **argv);
int bm_cmd_bench(int argc, char **argv);
int bm_cmd_ab(int argc, char **argv);
int bm_cmd_tune(int argc, char **argv);
int bm_cmd_count(int argc, char **argv);
int bm_cmd_show(int argc, char **argv);
int bm_cmd_history(int argc, char **argv);
int bm_cmd_fleet(int argc, char **argv);
int bm_cmd_train(int argc, char **argv);
int bm_cmd_compare(int argc, char **argv);
int bm_cmd_calibrate(int argc, char **argv);
int bm_cmd_report(int argc, char **argv);
int bm_cmd_validate(int argc, char **argv);

#endif
