/* SPDX-License-Identifier: MIT */
/*
 * dataset.h - the images that training reads: MNIST, Fashion-MNIST, CIFAR-10 from their publishers' files, and a
 * generated set for machines that have none of them.
 *
 *   struct bm_dataset data;
 *   struct bm_error error;
 *   enum bm_dataset_status status = bm_dataset_load(&data, "mnist", NULL, &error);
 *   if (status == BM_DATASET_ABSENT) { say error.text; status = bm_dataset_load(&data, "builtin", NULL, &error); }
 *   if (status != BM_DATASET_LOADED) bm_die(BM_EXIT_INPUT, "%s", error.text);
 *   ... say data.origin ...
 *   bm_dataset_free(&data);
 *
 * Where files are looked for: under the folder `dir` if it is not NULL and nowhere else; otherwise under
 * $BATCHMARK_DATA (if set and not empty), then under data/ in the current folder. Below it:
 *
 *   mnist          mnist/, else MNIST/raw/ (torchvision's), else the folder itself when there is no mnist/ in it
 *   fashion-mnist  fashion-mnist/, else FashionMNIST/raw/
 *                  both: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,
 *                  t10k-labels-idx1-ubyte, or with a dot before idx; 28 x 28, any number of images
 *   cifar-10       cifar-10-batches-bin/: data_batch_1.bin to data_batch_5.bin, test_batch.bin, 10,000 images each
 *   builtin        no file: see builtin_digits.c
 *
 * A folder that is given as `dir` may also be the one with the files itself, or the one that raw/ is in. Every file may be
 * plain, or gzip with .gz at the end of its name (which is taken first).
 *
 * Files are known by their content (checksums.txt): those of another data set are refused, and what nobody published is
 * marked.
 */
#ifndef BATCHMARK_DATASET_H
#define BATCHMARK_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { BM_PATH_SIZE = 4096 }; /* Linux's PATH_MAX */

/* What is known of the content: each file is as it was published, or one is not, or a rule made it. */
enum bm_content { BM_CONTENT_PUBLISHED, BM_CONTENT_UNKNOWN, BM_CONTENT_GENERATED };

/* Training and test images: some differ on either side; the same; each test image is also one to train with; each one to
 * train with is also a test image. */
enum bm_overlap { BM_OVERLAP_NONE, BM_OVERLAP_EQUAL, BM_OVERLAP_TEST, BM_OVERLAP_TRAIN };

struct bm_dataset {
    const char *name;                /* as given to bm_dataset_load(), in static memory */
    char origin[BM_PATH_SIZE + 256];     /* for people: the folder and its files, or that the data was generated */
    enum bm_content content;
    char unknown[BM_PATH_SIZE];      /* the first file with unknown content */
    enum bm_overlap overlap;
    size_t train_count, test_count;
    unsigned height, width, channels, classes;
    const char *const *class_names;  /* classes of them, in static memory */
    uint8_t *train_images, *test_images; /* count x (channels x height x width), bytes as in the files: planar */
    uint8_t *train_labels, *test_labels; /* count, each below classes */
};

enum bm_dataset_status {
    BM_DATASET_LOADED,
    BM_DATASET_ABSENT, /* no file of it in any of the places that are searched by default: a caller may use "builtin" */
    BM_DATASET_FAILED  /* unknown name, something is there but cannot be used, or the given dir has none of it */
};

/* Unless LOADED, *d holds nothing that needs freeing and the error says which file or folder, what was expected,
 * what was found and what to do. */
enum bm_dataset_status bm_dataset_load(struct bm_dataset *d, const char *name, const char *dir, struct bm_error *error);

/* Also right after a failed load and for a second time. */
void bm_dataset_free(struct bm_dataset *d);

/* "Fashion-MNIST" of "fashion-mnist"; of another name itself. */
const char *bm_dataset_title(const char *name);

/* What bm_dataset_load() takes, for help texts. */
#define BM_DATASET_NAMES "mnist, fashion-mnist, cifar-10, builtin"

#endif
