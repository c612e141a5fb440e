/* SPDX-License-Identifier: MIT */
/* provenance.h - where and how a result came about: the machine, its state, the software. What cannot be read is null
 * (in text: "unknown"), never a guess. */
#ifndef BATCHMARK_PROVENANCE_H
#define BATCHMARK_PROVENANCE_H

#include <jansson.h>
#include <stdio.h>

/*
 * A new JSON object, described in results/README.md; "warnings" is an array of sentences about what disturbs
 * measurements here. Takes about 10 ms, for the running frequency. Call it before pinning (see topology.h). All strings
 * are valid UTF-8. Slurm's variables are kept but for its authentication token.
 */
json_t *bm_provenance(void);

/* The same for a reader, as wide as the terminal (lines.h); every line says where it was read. */
void bm_print_machine(FILE *file);

/* A folder name such as "amd-epyc-f25m17s1-2c": [a-z0-9-], 1 to 80 characters, whatever the arguments hold (NULL and
 * negative numbers included). cores: those of the machine. free() it. */
char *bm_slug(const char *vendor, const char *model_name, int family, int model, int stepping, int cores);

/* bm_slug() of this machine. */
char *bm_machine_slug(void);

#endif
