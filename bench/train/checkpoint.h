/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.h - the state of a run in one file, from which it goes on with the same bits.
 *
 * The file says of which run it is: the identity, lines of "name = value". Only a run with the same identity may go on
 * from it. Magic number with the format's version, lengths, identity, the sections one after the other as they lie in
 * memory, and a CRC-32 of all of that.
 */
#ifndef BATCHMARK_CHECKPOINT_H
#define BATCHMARK_CHECKPOINT_H

#include "config.h"
#include "dataset.h"

struct bm_section {
    void *at;
    size_t bytes;
};

/* What the bits of a run depend on: the program's commit, the instruction set, the data with its checksum, the folder
 * that it was loaded from (or NULL), the number of ranks and every key. free() it. */
char *bm_checkpoint_identity(const struct bm_train_config *config, const struct bm_dataset *data, const char *load);

/* Replaces the file in one step. */
bool bm_checkpoint_write(const char *path, const char *identity, const struct bm_section *section, unsigned sections,
                         struct bm_error *error);

/* May a run of this identity go on from the file? */
bool bm_checkpoint_check(const char *path, const char *identity, struct bm_error *error);

/* On false, no section was touched. */
bool bm_checkpoint_read(const char *path, const char *identity, const struct bm_section *section, unsigned sections,
                        struct bm_error *error);

#endif
