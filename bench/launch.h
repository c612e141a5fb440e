/* SPDX-License-Identifier: MIT */
/* launch.h - a process launch of bench (channel.h): the unit of measuring that is independent of others: its own addresses, pages and team. */
#ifndef BATCHMARK_LAUNCH_H
#define BATCHMARK_LAUNCH_H

#include "channel.h"
#include "measure.h"

/* Two builds can be compared by `ab` if their measuring processes speak the same version. */
enum { BM_PROTOCOL = 1 };

/*
 * The process: answers each request of the channel until it is closed. It introduces itself with {"protocol",
 * "context": the provenance of results, "threads": [1, 2], "kernels": [...], "groups": [{"title", "cases":
 * [description, ...]}]}. Requests are those of bm_measure(), with "began"; {"limits_again": limits} answers
 * {"limits_at_end": the same, measured again}. If a request has "progress_s", answers with "so_far" come that often before
 * the last one, and each waits for {"go_on": bool}.
 */
int bm_serve(const struct bm_bench_plan *plan);

struct bm_launch {
    struct bm_channel channel;
    json_t *hello;
};

/* A build and its settings. */
struct bm_build {
    const char *program; /* path */
    int argc;            /* its command line for bench; argv[0] does not count */
    char **argv;
    char **environment; /* NAME=VALUE, ends with NULL: beside this process's; NULL: nothing */
};

/* Starts `program bench ARGUMENTS --channel=N`. A process that ends before it has introduced itself has said why on
 * stderr: then the message is empty and *status its exit code. */
bool bm_launch_start(struct bm_launch *launch, const struct bm_build *build, int *status, struct bm_error *error);

/* NULL, with the reason, if the process died over it. Takes the request. */
json_t *bm_launch_ask(struct bm_launch *launch, json_t *request, struct bm_error *error);

void bm_launch_stop(struct bm_launch *launch);

#endif
