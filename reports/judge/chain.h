/* SPDX-License-Identifier: MIT */
/* chain.h - how fast each code of a case is, from pairs of codes that were measured side by side. */
#ifndef BATCHMARK_CHAIN_H
#define BATCHMARK_CHAIN_H

#include <stddef.h>

/* Two codes, by number, and the log of time(own) / time(older) with its standard error. */
struct bm_link {
    size_t older, own;
    double change, error, df;
};

/*
 * Each code gets a level, so that the differences of levels are the measured changes, by weighted least squares over
 * all pairs: the same two codes in several results are pooled by 1 / error^2, and the way over a third code counts as
 * well. Where the pairs contradict each other by more than their errors allow, all errors grow by what is missing
 * (Birge's ratio, Physical Review 40, 1932).
 */
struct bm_chain {
    size_t codes;
    size_t *part;  /* of each code: the least code that pairs join it to */
    double *level; /* logs, which say something within a part only */
    double *covariance;
    double df; /* the least of all pairs */
};

struct bm_chain bm_chain_of(const struct bm_link *link, size_t links, size_t codes);
void bm_chain_free(struct bm_chain *chain);

/* Standard error of level[b] - level[a], two codes of one part. */
double bm_chain_error(const struct bm_chain *chain, size_t a, size_t b);

#endif
