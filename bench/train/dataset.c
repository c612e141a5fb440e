/* SPDX-License-Identifier: MIT */
/* dataset.c - where a data set is looked for, and the reading that both file formats share. */
#include "dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataset_internal.h"
#include "names.h"

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool bm_input_find(char path[BM_PATH_SIZE], const char *folder, const char *name)
{
    snprintf(path, BM_PATH_SIZE, "%s/%s.gz", folder, name);
    if (exists(path))
        return true;
    snprintf(path, BM_PATH_SIZE, "%s/%s", folder, name);
    return exists(path);
}

bool bm_input_open(struct bm_input *in, const char *folder, const char *name, struct bm_error *error)
{
    struct stat info;
    if (!bm_input_find(in->path, folder, name))
        return bm_failed(error, "%s: not there (nor with .gz), though other files of the data set are; `make data` "
            "downloads what is missing", in->path);
    /* Before opening: a pipe would block, and a folder can be opened but not read. */
    if (stat(in->path, &info) != 0)
        return bm_failed(error, "%s: %s", in->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return bm_failed(error, "%s: expected a file, found %s" BM_AGAIN,
            in->path, S_ISDIR(info.st_mode) ? "a folder" : "something else (a device or a pipe)");
    in->size = (uint64_t)info.st_size;
    in->crc = 0;
    in->gz = gzopen(in->path, "rb");
    if (!in->gz)
        return bm_failed(error, "%s: cannot be opened: %s", in->path, strerror(errno));
    gzbuffer(in->gz, 1 << 17);
    return true;
}

void bm_input_close(struct bm_input *in) { gzclose(in->gz); }

/* The reason of a failed gzread(): a read error, a damaged stream, or one that stops before its end. */
static bool read_failed(struct bm_input *in, const char *what, struct bm_error *error)
{
    int code;
    const char *text = gzerror(in->gz, &code);
    if (code == Z_ERRNO)
        return bm_failed(error, "%s: cannot be read: %s", in->path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return bm_failed(error, "%s: truncated: the gzip data ends within the %s" BM_AGAIN, in->path, what);
    /* zlib puts the path before its text. */
    size_t path = strlen(in->path);
    if (strncmp(text, in->path, path) == 0 && strncmp(text + path, ": ", 2) == 0)
        text += path + 2;
    return bm_failed(error, "%s: damaged gzip data (%s), found while reading the %s" BM_AGAIN,
        in->path, text, what);
}

bool bm_input_read(struct bm_input *in, void *to, size_t bytes, const char *what, struct bm_error *error)
{
    z_off_t from = gztell(in->gz);
    int got = gzread(in->gz, to, (unsigned)bytes), code;
    /* A stream that is cut off later is reported by zlib as soon as it has looked ahead: only a short read counts. */
    gzerror(in->gz, &code);
    if (got < 0 || ((size_t)got < bytes && code != Z_OK))
        return read_failed(in, what, error);
    if ((size_t)got < bytes)
        return bm_failed(error, "%s: truncated: expected %zu bytes of %s from byte %ld on, found %d" BM_AGAIN,
            in->path, bytes, what, (long)from, got);
    in->crc = (uint32_t)crc32_z(in->crc, to, bytes);
    return true;
}

bool bm_input_end(struct bm_input *in, const char *holds, struct bm_error *error)
{
    char byte;
    int got = gzread(in->gz, &byte, 1), code;
    gzerror(in->gz, &code);
    if (got < 0 || code != Z_OK)
        return read_failed(in, "end of the file", error);
    if (got > 0)
        return bm_failed(error, "%s: too long: expected %s, which end at byte %ld, but more bytes follow" BM_AGAIN,
            in->path, holds, (long)gztell(in->gz) - 1);
    return true;
}

bool bm_check_labels(const char *path, const uint8_t *label, size_t count, unsigned classes, struct bm_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (label[i] >= classes)
            return bm_failed(error, "%s: label %u of image %zu (counted from 0) is out of range: 0 to %u" BM_AGAIN,
                path, label[i], i, classes - 1);
    return true;
}

/* A file-based set: its folder below the data folder and torchvision's, its format, its classes. */
static const struct source {
    const char *name, *title, *folder, *torchvision;
    bool bare; /* the files may lie in the data folder itself */
    bool (*present)(const char *folder);
    bool (*load)(struct bm_dataset *d, const char *folder, struct bm_error *error);
    const char *class_names[10];
} sources[] = {
    { "mnist", "MNIST", "mnist", "MNIST/raw", true, bm_idx_present, bm_idx_load,
      { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" } },
    { "fashion-mnist", "Fashion-MNIST", "fashion-mnist", "FashionMNIST/raw", false, bm_idx_present, bm_idx_load,
      { "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot" } },
    { "cifar-10", "CIFAR-10", "cifar-10-batches-bin", NULL, false, bm_cifar10_present, bm_cifar10_load,
      { "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck" } },
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

const char *bm_dataset_title(const char *name)
{
    for (const struct source *s = sources; s < sources + SOURCES; s++)
        if (strcmp(s->name, name) == 0)
            return s->title;
    return name;
}

static bool join(char folder[static BM_PATH_SIZE], const char *dir, const char *name)
{
    return snprintf(folder, BM_PATH_SIZE, "%s/%s", dir, name) < BM_PATH_SIZE;
}

/* The first folder below a data folder that has one of the set's files, in the order in which they are documented;
 * false: none has. `given`: the data folder was named for this run, and may be the files' own. */
static bool find_folder(const struct source *s, const char *dir, bool given, char folder[static BM_PATH_SIZE])
{
    if (join(folder, dir, s->folder) && s->present(folder))
        return true;
    const bool bare = (s->bare || given) && !exists(folder);
    if (s->torchvision && join(folder, dir, s->torchvision) && s->present(folder))
        return true;
    snprintf(folder, BM_PATH_SIZE, "%s", dir);
    if (bare && s->present(folder))
        return true;
    return bare && join(folder, dir, "raw") && s->present(folder);
}

/* Finds and loads a set below one data folder. */
static enum bm_dataset_status load_below(struct bm_dataset *d, const struct source *s, const char *dir, bool given,
    struct bm_error *error)
{
    char folder[BM_PATH_SIZE];
    /* Room for the longest file name, so that no path below is cut off. */
    if (strlen(dir) + strlen(s->folder) + 96 > sizeof folder) {
        bm_failed(error, "the data folder's path is too long: %zu characters", strlen(dir));
        return BM_DATASET_FAILED;
    }
    if (!find_folder(s, dir, given, folder))
        return BM_DATASET_ABSENT;
    d->classes = 10;
    d->class_names = s->class_names;
    if (s->load(d, folder, error)) {
        d->overlap = bm_dataset_overlap(d);
        return BM_DATASET_LOADED;
    }
    bm_dataset_free(d);
    return BM_DATASET_FAILED;
}

enum bm_dataset_status bm_dataset_load(struct bm_dataset *d, const char *name, const char *dir, struct bm_error *error)
{
    memset(d, 0, sizeof *d);
    if (strcmp(name, "builtin") == 0) {
        d->name = "builtin";
        return bm_builtin_digits(d, error) ? BM_DATASET_LOADED : BM_DATASET_FAILED;
    }
    const struct source *s = sources, *end = sources + SOURCES;
    while (s < end && strcmp(name, s->name) != 0)
        s++;
    if (s == end) {
        struct bm_names known = { NULL, 0 };
        for (s = sources; s < end; s++)
            bm_names_add(&known, s->name);
        bm_names_add(&known, "builtin");
        char *text = bm_unknown("data set", name, &known, NULL);
        bm_failed(error, "%s", text);
        free(text);
        bm_names_free(&known);
        return BM_DATASET_FAILED;
    }
    d->name = s->name;

    const char *variable = getenv("BATCHMARK_DATA");
    if (variable && !*variable)
        variable = NULL;
    if (dir) {
        enum bm_dataset_status status = load_below(d, s, dir, true, error);
        if (status != BM_DATASET_ABSENT)
            return status;
        bm_failed(error, "%s: %s; expected %s's files in %s/ below it; `make data` downloads them", dir,
            exists(dir) ? "the data set is not there" : "there is no such folder", s->name, s->folder);
        return BM_DATASET_FAILED;
    }
    const char *const place[] = { variable, "data" };
    for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
        enum bm_dataset_status status = place[i] ? load_below(d, s, place[i], false, error) : BM_DATASET_ABSENT;
        if (status != BM_DATASET_ABSENT)
            return status;
    }
    bm_failed(error, "no %s in %s%sdata/ (%s/ was looked for); `make data` downloads it, and --data or $BATCHMARK_DATA "
        "names another folder", s->name, variable ? variable : "", variable ? " (from $BATCHMARK_DATA) or " : "",
        s->folder);
    return BM_DATASET_ABSENT;
}

void bm_dataset_free(struct bm_dataset *d)
{
    free(d->train_images);
    free(d->test_images);
    free(d->train_labels);
    free(d->test_labels);
    d->train_images = d->test_images = d->train_labels = d->test_labels = NULL;
}
