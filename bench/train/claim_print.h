/* SPDX-License-Identifier: MIT */
/* claim_print.h - a claim's figures and verdicts for a terminal. */
#ifndef BATCHMARK_CLAIM_PRINT_H
#define BATCHMARK_CLAIM_PRINT_H

#include "claim.h"

/* note: what must be said of the data, in brackets, or "". */
void bm_claim_print(const struct bm_claim_data *data, const char *note);

#endif
