/* SPDX-License-Identifier: MIT */
/* dataset_internal.h - between dataset.c, which searches, and the formats that it finds: idx.c, cifar10.c,
 * builtin_digits.c, and identify.c. */
#ifndef BATCHMARK_DATASET_INTERNAL_H
#define BATCHMARK_DATASET_INTERNAL_H

#include <zlib.h>

#include "dataset.h"

/* Five times what MNIST's largest file holds: a header that promises more is wrong. */
#define BM_DATASET_MAX_BYTES ((uint64_t)1 << 28)

/* How most messages end: what to do. */
#define BM_AGAIN "; get the file again, for example by `make data`"

/* What to do if a data set does not fit (memory_budget.h). */
#define BM_MORE_MEMORY "ask the batch system for more memory"

/* One open file, gzip or plain: zlib reads both. */
struct bm_input {
    char path[BM_PATH_SIZE];
    uint64_t size; /* of the file as it is on disk */
    gzFile gz;
    uint32_t crc; /* CRC-32 of what was read */
};

/* The path of folder/name.gz or folder/name, whichever is there first: true. If neither is, path is the latter. */
bool bm_input_find(char path[BM_PATH_SIZE], const char *folder, const char *name);

/* Opens what bm_input_find() finds. The other functions may be called on success only. */
bool bm_input_open(struct bm_input *in, const char *folder, const char *name, struct bm_error *error);
void bm_input_close(struct bm_input *in);

/* Exactly `bytes` bytes, or an error that names `what` was being read and how far the file goes. */
bool bm_input_read(struct bm_input *in, void *to, size_t bytes, const char *what, struct bm_error *error);

/* The file must end here; for gzip this is also where its checksum is compared. `holds`: what it was to hold. */
bool bm_input_end(struct bm_input *in, const char *holds, struct bm_error *error);

/* False, with the first offender, unless every label is below classes. */
bool bm_check_labels(const char *path, const uint8_t *label, size_t count, unsigned classes, struct bm_error *error);

/* Whose file is it, which was read to its end? `file`: its published name. False, with the right option: another data
 * set's. What nobody published is marked in *d. */
bool bm_identify(struct bm_dataset *d, const struct bm_input *in, const char *file, struct bm_error *error);
enum bm_overlap bm_dataset_overlap(const struct bm_dataset *d);

/* The formats. Each fills everything of *d but the name; on false the caller frees what was allocated. `present`
 * looks for any file of the set in a folder. */
bool bm_idx_present(const char *folder);
bool bm_idx_load(struct bm_dataset *d, const char *folder, struct bm_error *error);
bool bm_cifar10_present(const char *folder);
bool bm_cifar10_load(struct bm_dataset *d, const char *folder, struct bm_error *error);
bool bm_builtin_digits(struct bm_dataset *d, struct bm_error *error); /* false: no memory */

#endif
