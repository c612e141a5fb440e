/* SPDX-License-Identifier: MIT */
/*
 * code.h - hashes of the kernels' machine code, so that "nothing changed" is known and not believed.
 *
 * The Makefile makes one of each kernel's object file: 16 hex digits of the SHA-256 of its code, its constants and
 * what both refer to. Not in it: debug information, texts (idea, source, flags) and file names. Equal hashes are equal
 * instructions; another compiler or flag that emits the same ones changes nothing.
 */
#ifndef BATCHMARK_CODE_H
#define BATCHMARK_CODE_H

#include "kernel.h"

struct bm_code {
    const char *kernel, *hash;
};

/* All kernels but those of peers; and, by op, all kernels of it together, which is the name of its module
 * (modules.h). Both end with NULL. Generated. */
extern const struct bm_code bm_codes[], bm_modules[];

/* The hash; of <op>_auto over all our kernels of its op, since it calls them. "" where the code is elsewhere: peers,
 * mutants, and kernels that are not built in. */
const char *bm_code_of(const struct bm_kernel *kernel);

#endif
