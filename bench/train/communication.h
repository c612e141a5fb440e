/* SPDX-License-Identifier: MIT */
/* communication.h - what a step over ranks spends on other ranks, layer by layer: of a run, and of an allreduce alone. */
#ifndef BATCHMARK_COMMUNICATION_H
#define BATCHMARK_COMMUNICATION_H

#include <jansson.h>

#include "trainer.h"

/* Of a layer in a step; seconds are means over the steps with a whole batch. */
struct bm_exchanged {
    size_t gradient_bytes, norm_bytes; /* that a rank adds to the sums of all: gradients; BN's moments and sums */
    double begin_s, wait_s, norm_s; /* beginning the gradients' sum, waiting for it, and BN's sums, waiting included */
};

/* Number 0 is the input's BN. Returns how many there are. */
unsigned bm_exchanged_by_layer(const struct bm_train_result *r, struct bm_exchanged layer[BM_MAX_WIDTHS]);

/* Of all layers. */
struct bm_exchanged bm_exchanged_in_all(const struct bm_train_result *r);

/* Mean seconds of a step, and of its communication. */
double bm_step_seconds(const struct bm_train_result *r);
double bm_communication_seconds(const struct bm_train_result *r);

/* Prints it as a table, beside the time that it takes to move the gradients once through memory, and adds it to the
 * result's "communication". memory_gbs: of copying, reading and writing counted; NaN: not known. */
void bm_communication_report(const struct bm_train_config *config, const struct bm_train_result *r, const char *variant,
                             double memory_gbs, json_t *result);

/*
 * The time of an allreduce by its size, measured over all ranks and fitted by least squares of relative errors:
 * seconds = start_s + bytes / rate.
 *
 * What other numbers of ranks p would need follows from the cost of the algorithms that MPI libraries use (Thakur,
 * Rabenseifner & Gropp, "Optimization of Collective Communication Operations in MPICH", IJHPCA 19(1), 2005), of which
 * the cheaper counts; l = ceil(log2 p), n bytes, a message of which takes latency_s + n / bandwidth:
 *
 *   recursive doubling                         l (latency_s + n / bandwidth)
 *   reduce-scatter and allgather, by halving   2 l latency_s + 2 (p - 1) / p n / bandwidth
 *
 * Additions count within the bandwidth. It is a prediction: a network's switches, its load and ranks that come late are
 * not in it, and latency and bandwidth are those between the ranks that measured, wherever they were.
 */
enum { BM_ALLREDUCE_SIZES = 11 };
struct bm_allreduce {
    int ranks, sizes;
    double bytes[BM_ALLREDUCE_SIZES], seconds[BM_ALLREDUCE_SIZES];
    double latency_s, bandwidth; /* bytes a second */
};

/* Collective; ranks->count must be above 1. */
struct bm_allreduce bm_allreduce_measure(const struct bm_ranks *ranks);
/* From bytes and seconds; apart for tests. */
void bm_allreduce_fit(struct bm_allreduce *a);
double bm_allreduce_predict(const struct bm_allreduce *a, double bytes, int ranks);

#endif
