/* SPDX-License-Identifier: MIT */
/* names.h - a name that nobody knows: what was meant, and which names there are. */
#ifndef BATCHMARK_NAMES_H
#define BATCHMARK_NAMES_H

#include <stddef.h>

/* Names, each once, in the order in which they came. The names belong to the caller. */
struct bm_names {
    const char **name;
    size_t count;
};
void bm_names_add(struct bm_names *names, const char *name);
void bm_names_free(struct bm_names *names);

/* The one that was probably meant, or NULL: none is near. Letters that were left out cost half of wrong ones, so that
 * bn_fwd is bn_forward. */
const char *bm_nearest(const char *name, const struct bm_names *known);

/* "there is no op 'bn_fwd': did you mean bn_forward? Known: gemm, ..."; of very many names only how many there are.
 * `more`: what lists them ("`batchmark list`"), or NULL. free() it. */
char *bm_unknown(const char *kind, const char *name, const struct bm_names *known, const char *more);

#endif
