/* SPDX-License-Identifier: MIT */
/* known.h - names of the command line that must be known. */
#ifndef BATCHMARK_KNOWN_H
#define BATCHMARK_KNOWN_H

#include "options.h"
#include "names.h"

/* Ends the program if no op or no kernel has a name that --op or --kernel matches. */
void bm_check_filters(const struct bm_options *o);

/* The names of the ops, and of the kernels of this platform and of others. */
struct bm_names bm_op_names(void);
struct bm_names bm_kernel_names(void);

#endif
