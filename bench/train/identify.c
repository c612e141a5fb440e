/* SPDX-License-Identifier: MIT */
/* identify.c - whose files are these? By the CRC-32 of their content, against the list that `make data` downloads by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_internal.h"
#include "shape.h"

extern const struct bm_text bm_published_files[]; /* texts.c: checksums.txt */

/* A line of the list: MD5, path, and for what is no archive the CRC-32. */
struct published {
    char md5[33], path[64];
    unsigned crc;
    bool archive;
};

/* The next line of the list, from *at on; false: no more. */
static bool next_published(const char **at, struct published *p)
{
    while (**at) {
        const char *line = *at;
        *at += strcspn(line, "\n");
        *at += **at == '\n';
        const int got = sscanf(line, "%32[0-9a-f] %63s %8x", p->md5, p->path, &p->crc);
        p->archive = got == 2 || !strchr(p->path, '/');
        if (got >= 2)
            return true;
    }
    return false;
}

static bool find_content(uint32_t crc, struct published *p)
{
    const char *at = bm_published_files[0].text;
    while (next_published(&at, p))
        if (!p->archive && p->crc == crc)
            return true;
    return false;
}

/* Files of an archive: `make data` checks it, unpacks it, and lists in md5sums.txt the archive and what was in it. */
static bool of_archive(const struct bm_input *in, const char *set, const char *file)
{
    char path[BM_PATH_SIZE + 16], line[256], name[64], md5[33] = "";
    const char *at = bm_published_files[0].text;
    const int folder = (int)(strrchr(in->path, '/') - in->path);
    struct published p;
    unsigned crc;
    bool listed = false, same = false;
    snprintf(path, sizeof path, "%.*s/md5sums.txt", folder, in->path);
    FILE *list = fopen(path, "r");
    if (!list)
        return false;
    if (fgets(line, sizeof line, list))
        sscanf(line, "# %32[0-9a-f]", md5);
    while (next_published(&at, &p))
        listed |= p.archive && strncmp(p.path, set, strlen(set)) == 0 && strcmp(p.md5, md5) == 0;
    while (fgets(line, sizeof line, list))
        same |= sscanf(line, "# crc32 %8x %63s", &crc, name) == 2 && strcmp(name, file) == 0 && crc == in->crc;
    fclose(list);
    return listed && same;
}

bool bm_identify(struct bm_dataset *d, const struct bm_input *in, const char *file, struct bm_error *error)
{
    struct published p;
    char set[64];
    if (!find_content(in->crc, &p)) {
        if (of_archive(in, d->name, file))
            return true;
    } else {
        snprintf(set, sizeof set, "%.*s", (int)strcspn(p.path, "/"), p.path);
        if (strcmp(set, d->name) != 0)
            return bm_failed(error,
                             "%s: these are %s's files, not %s's: train with --dataset %s, or name the folder of %s "
                             "by --data",
                             in->path, bm_dataset_title(set), bm_dataset_title(d->name), set,
                             bm_dataset_title(d->name));
        if (strcmp(p.path + strlen(set) + 1, file) == 0)
            return true;
    }
    if (d->content != BM_CONTENT_UNKNOWN)
        snprintf(d->unknown, sizeof d->unknown, "%s", in->path);
    d->content = BM_CONTENT_UNKNOWN;
    return true;
}

/* ---- images that are in both sets ---- */

struct hashed {
    uint32_t crc;
    const uint8_t *image;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return (x->crc > y->crc) - (x->crc < y->crc);
}

static struct hashed *hash_images(const uint8_t *images, size_t count, size_t bytes)
{
    struct hashed *all = bm_alloc(count * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct hashed){ (uint32_t)crc32_z(0, images + i * bytes, bytes), images + i * bytes };
    qsort(all, count, sizeof *all, by_hash);
    return all;
}

/* Is each image of `some` also among `all`? Both are sorted; equal hashes lie side by side. */
static bool all_within(const struct hashed *some, size_t n, const struct hashed *all, size_t m, size_t bytes)
{
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        while (from < m && all[from].crc < some[i].crc)
            from++;
        size_t k = from;
        while (k < m && all[k].crc == some[i].crc && memcmp(all[k].image, some[i].image, bytes) != 0)
            k++;
        if (k == m || all[k].crc != some[i].crc)
            return false;
    }
    return true;
}

enum bm_overlap bm_dataset_overlap(const struct bm_dataset *d)
{
    const size_t bytes = (size_t)d->channels * d->height * d->width, n = d->train_count, m = d->test_count;
    struct hashed *train = hash_images(d->train_images, n, bytes), *test = hash_images(d->test_images, m, bytes);
    const bool test_seen = all_within(test, m, train, n, bytes), train_seen = all_within(train, n, test, m, bytes);
    free(train);
    free(test);
    return test_seen && train_seen ? BM_OVERLAP_EQUAL
           : test_seen             ? BM_OVERLAP_TEST
           : train_seen            ? BM_OVERLAP_TRAIN
                                   : BM_OVERLAP_NONE;
}
