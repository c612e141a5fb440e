/* SPDX-License-Identifier: MIT */
/* result.h - result files: JSON, a superset of Google Benchmark's. The schema is in results/README.md. */
#ifndef BATCHMARK_RESULT_H
#define BATCHMARK_RESULT_H

#include <jansson.h>

#include "error.h"
#include "roofline.h"

/* Schema 2, which is read as well, is the same with other names of some kernels (old_names.h). */
enum { BM_RESULT_SCHEMA = 3, BM_RESULT_OLDEST_SCHEMA = 2 };

/* A new result of kind "bench", "train", ...: the context (Google Benchmark's fields, and ours under "batchmark": the machine,
 * the software, the date), an empty list "benchmarks" and an object "batchmark" with the schema's version and the
 * fingerprint. The command line is for the record. `provenance` is that of another process (borrowed), or NULL: of this
 * one. */
json_t *bm_result_new(const char *kind, int argc, char **argv, json_t *provenance);

/* The numbers of threads that were timed, a list: part of the fingerprint. */
void bm_result_set_threads(json_t *result, const json_t *threads);

/* One of "batchmark"'s members, made as an empty list if it is not there; borrowed. */
json_t *bm_result_list(json_t *result, const char *member);

/* CRC-32 of the document without batchmark.checksum: 8 hex digits that do not depend on blanks and on the order of members.
 * free() it. */
char *bm_result_checksum(json_t *result);

/* A number, or null for what is not finite, which JSON has no word for. */
json_t *bm_real_or_null(double x);

json_t *bm_limits_json(const struct bm_limits *limits);
/* Back from JSON; what is not there is 0. False: an ISA that is not known here. */
bool bm_limits_of_json(const json_t *json, struct bm_limits *limits);

/* Is a rate of a row of limits, by its name (bm_disturbed_name() in roofline.h), not that of the machine? */
bool bm_rate_disturbed(const json_t *limits, const char *name);

/* The limit of a case of `bench` from a list of the machine's limits. False: the case does not say enough (older
 * results), or there are none of its threads and ISA. */
bool bm_case_limit(const json_t *limits, const json_t *about, struct bm_limit *limit);

json_t *bm_stair_json(const struct bm_stair *stair);

/* <folder>/<utc>-<commit>-<host>-<random>-<kind>.json: no two runs of a cluster have the same. Sorted by name is by time.
 * free() it. */
char *bm_result_name(const char *folder, const char *commit, const char *kind);

/* Such a name in results/<machine>, which is made; free() it. NULL, with a message: it cannot be. */
char *bm_result_path(const char *kind, struct bm_error *error);

/* Where a result goes: `asked` ("-": standard output, from now on for the result alone), or else a path as above, a file
 * that belongs to this process from now on (lock.h). free() it. NULL, with a message: it cannot be made, or another run has it. */
char *bm_result_claim(const char *asked, const char *kind, struct bm_error *error);

/* Path of this machine's newest stored result of a kind that is not complete and that no living run has: now it belongs to
 * this process. free() it. NULL, with a message: none. */
char *bm_result_unfinished(const char *kind, struct bm_error *error);

/* The path without symbolic links at its end, which stay what they are; free() it. NULL, with the reason: nothing can be
 * put there. */
char *bm_file_place(const char *path, struct bm_error *error);

/* Below /dev (but for /dev/shm), /proc or /sys, where nothing is written? */
bool bm_is_of_the_system(const char *path);

/* Replaces the file in one step: at every moment, even after SIGKILL or on a full disk, the path holds a whole file,
 * the old or the new one, or none. Through a symbolic link its target is written. */
bool bm_file_write(const void *bytes, size_t length, const char *path, struct bm_error *error);
/* The same of a result, or at the end of the program to standard output. A result of batchmark gets its checksum first.
 * False also for a complete one, which was written, with a member that members.c does not know: a fault of who made it. */
bool bm_result_write(json_t *result, const char *path, struct bm_error *error);

/* An error before the first figure removes the file that was claimed; after this none does: what is in it can be gone on from. */
void bm_result_keep(void);

/* The text that it writes, with its checksum; free() it. */
char *bm_result_text(json_t *result);

/* With those above it. */
bool bm_make_folder(const char *path, struct bm_error *error);

#endif
