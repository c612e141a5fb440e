/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "batchmark.h"
#include "result.h"

static const char magic[24] = "batchmark checkpoint 1\n";

struct header {
    char magic[sizeof magic];
    uint64_t identity_bytes, state_bytes;
};

static uint32_t checksum(const void *bytes, size_t n) { return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, n); }

static size_t bytes_of(const struct bm_section *section, unsigned sections)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < sections; i++)
        bytes += section[i].bytes;
    return bytes;
}

char *bm_checkpoint_identity(const struct bm_train_config *c, const struct bm_dataset *d, const char *load)
{
    char *text = NULL, value[BM_TRAIN_VALUE];
    size_t size, features = (size_t)d->height * d->width * d->channels;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    fprintf(out, "commit = %s\ninstruction set = %s\n", BM_COMMIT, bm_isa_name(bm_isa_best()));
    fprintf(out, "data = %s, %zu and %zu images, checksums %08x %08x %08x %08x\n", d->name, d->train_count,
            d->test_count, checksum(d->train_images, d->train_count * features),
            checksum(d->train_labels, d->train_count), checksum(d->test_images, d->test_count * features),
            checksum(d->test_labels, d->test_count));
    fprintf(out, "load = %s\n", load ? load : "nothing");
    if (c->ranks->count > 1)
        fprintf(out, "ranks = %d\n", c->ranks->count);
    for (size_t i = 0; bm_train_key(i); i++)
        if (bm_train_get(c, bm_train_key(i)->name, value))
            fprintf(out, "%s = %s\n", bm_train_key(i)->name, value);
    fclose(out);
    return text;
}

bool bm_checkpoint_write(const char *path, const char *identity, const struct bm_section *section, unsigned sections,
                         struct bm_error *error)
{
    struct header header = { .identity_bytes = strlen(identity), .state_bytes = bytes_of(section, sections) };
    uint32_t crc;
    size_t used = sizeof header + header.identity_bytes, bytes = used + header.state_bytes + sizeof crc;
    char *file = bm_alloc(bytes);
    memcpy(header.magic, magic, sizeof magic);
    memcpy(file, &header, sizeof header);
    memcpy(file + sizeof header, identity, header.identity_bytes);
    for (unsigned i = 0; i < sections; i++) {
        memcpy(file + used, section[i].at, section[i].bytes);
        used += section[i].bytes;
    }
    crc = checksum(file, used);
    memcpy(file + used, &crc, sizeof crc);
    bool ok = bm_file_write(file, bytes, path, error);
    free(file);
    return ok;
}

/* The whole file; NULL with an error. */
static char *read_file(const char *path, size_t *bytes, struct bm_error *error)
{
    FILE *in = fopen(path, "rb");
    long end = in && fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;
    char *file = NULL;
    *bytes = end > 0 ? (size_t)end : 0;
    if (end >= 0) {
        rewind(in);
        file = bm_alloc(*bytes + 1);
    }
    if (!file || fread(file, 1, *bytes, in) != *bytes) {
        bm_failed(error, "%s: cannot be read: %s", path, strerror(errno));
        free(file);
        file = NULL;
    }
    if (in)
        fclose(in);
    return file;
}

/* Is it a whole file, undamaged and of this format? */
static bool check_file(const char *path, const char *file, size_t bytes, struct header *header, struct bm_error *error)
{
    const size_t name = strcspn(magic, "123456789");
    uint32_t crc;
    if (bytes < sizeof *header || memcmp(file, magic, name) != 0)
        return bm_failed(error, "%s: not a checkpoint; `batchmark train --checkpoint` writes them", path);
    memcpy(header, file, sizeof *header);
    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return bm_failed(error, "%s: a checkpoint of another version of batchmark; start anew", path);
    size_t rest = bytes - sizeof *header - sizeof crc;
    if (bytes < sizeof *header + sizeof crc || header->identity_bytes > rest ||
        header->state_bytes != rest - header->identity_bytes)
        return bm_failed(error, "%s: truncated or damaged: its %zu bytes are not what its header says; start anew",
                         path, bytes);
    memcpy(&crc, file + bytes - sizeof crc, sizeof crc);
    return crc == checksum(file, bytes - sizeof crc) ||
           bm_failed(error, "%s: damaged: its checksum does not match; start anew", path);
}

/* Names the first line that differs. */
static bool check_identity(const char *path, const char *theirs, const char *ours, struct bm_error *error)
{
    while (*theirs && *ours) {
        size_t n = strcspn(theirs, "\n"), m = strcspn(ours, "\n");
        if (n != m || memcmp(theirs, ours, n) != 0)
            return bm_failed(error, "%s: a checkpoint of another run: it has %.*s, and this run %.*s; give the same "
                             "settings, or start anew in another folder", path, (int)n, theirs, (int)m, ours);
        theirs += n + (theirs[n] == '\n');
        ours += m + (ours[m] == '\n');
    }
    return *theirs == *ours || bm_failed(error, "%s: a checkpoint of another version of batchmark; start anew", path);
}

/* The file, if a run of this identity may go on from it; else NULL with an error. */
static char *read_checkpoint(const char *path, const char *identity, struct header *header, struct bm_error *error)
{
    size_t bytes;
    char *file = read_file(path, &bytes, error);
    if (!file)
        return NULL;
    bool ok = check_file(path, file, bytes, header, error);
    if (ok) {
        char *theirs = strndup(file + sizeof *header, header->identity_bytes);
        ok = check_identity(path, theirs, identity, error);
        free(theirs);
    }
    if (ok)
        return file;
    free(file);
    return NULL;
}

bool bm_checkpoint_check(const char *path, const char *identity, struct bm_error *error)
{
    struct header header;
    char *file = read_checkpoint(path, identity, &header, error);
    bool ok = file != NULL;
    free(file);
    return ok;
}

bool bm_checkpoint_read(const char *path, const char *identity, const struct bm_section *section, unsigned sections,
                        struct bm_error *error)
{
    struct header header;
    char *file = read_checkpoint(path, identity, &header, error);
    if (!file)
        return false;
    const char *at = file + sizeof header + header.identity_bytes;
    bool ok = header.state_bytes == bytes_of(section, sections) ||
              bm_failed(error, "%s: a checkpoint of another version of batchmark; start anew", path);
    for (unsigned i = 0; i < sections && ok; i++) {
        memcpy(section[i].at, at, section[i].bytes);
        at += section[i].bytes;
    }
    free(file);
    return ok;
}
