/* SPDX-License-Identifier: MIT */
#include "module.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <link.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "call_caches.h"
#include "old_names.h"
#include "result.h"

enum { MOST_BYTES = 1 << 28 };

/* A whole file; free() it. */
static unsigned char *read_file(const char *path, size_t *length, struct bm_error *error)
{
    FILE *f = fopen(path, "rb");
    unsigned char *bytes = NULL;
    size_t room = 1 << 20;
    *length = 0;
    if (f)
        bytes = malloc(room);
    while (bytes) {
        *length += fread(bytes + *length, 1, room - *length, f);
        if (*length < room || room >= MOST_BYTES)
            break;
        unsigned char *grown = realloc(bytes, room *= 2);
        if (!grown)
            free(bytes);
        bytes = grown;
    }
    if (!f || !bytes || ferror(f) || *length >= MOST_BYTES) {
        bm_failed(error, "cannot read %s: %s", path,
                  bytes && *length >= MOST_BYTES ? "larger than 256 MiB" : strerror(errno ? errno : ENOMEM));
        free(bytes);
        bytes = NULL;
    }
    if (f)
        fclose(f);
    return bytes;
}

/* Takes the compressed bytes. */
static unsigned char *expand(unsigned char *packed, size_t *length, const char *path, struct bm_error *error)
{
    size_t in = 0, out = 0;
    uint64_t memory = UINT64_MAX;
    unsigned char *bytes = malloc(MOST_BYTES);
    const lzma_ret got = bytes ? lzma_stream_buffer_decode(&memory, 0, NULL, packed, &in, *length, bytes, &out, MOST_BYTES)
                               : LZMA_MEM_ERROR;
    free(packed);
    *length = out;
    if (got == LZMA_OK)
        return bytes;
    free(bytes);
    bm_failed(error, "%s is not whole: it cannot be decompressed (xz, error %d)", path, (int)got);
    return NULL;
}

/* Copies what is loaded of a file in memory into another, which the dynamic linker takes for another library. */
static int copy_of(int fd)
{
    const int copy = memfd_create("kernels", MFD_CLOEXEC);
    off_t from = 0;
    ssize_t n = 1;
    while (copy >= 0 && n > 0)
        n = sendfile(copy, fd, &from, MOST_BYTES);
    if (copy >= 0 && n < 0) {
        close(copy);
        return -1;
    }
    return copy;
}

bool bm_module_take(int fd, bool again, struct bm_module *module, struct bm_error *error)
{
    char name[48];
    if (again && (fd = copy_of(fd)) < 0)
        return bm_failed(error, "cannot copy kernels in memory: %s", strerror(errno));
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    void *loaded = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!loaded)
        return bm_failed(error, "%s", dlerror());
    *module = (struct bm_module){ fd, dlsym(loaded, "bm_abi"), loaded };
    if (!module->abi)
        return bm_failed(error, "it has no kernels that another program can call; if it is an old build, give its git revision");
    if (module->abi->version < 1 || module->abi->version > BM_ABI_VERSION)
        return bm_failed(error, "its interface is of version %d, this program's of version %d", module->abi->version,
                         BM_ABI_VERSION);
    return true;
}

/* How much of a shared library is loaded: sections for debuggers follow. */
static size_t loaded_length(const unsigned char *bytes, size_t length)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) part;
    size_t end = 0;
    if (length < sizeof head)
        return length;
    memcpy(&head, bytes, sizeof head);
    for (size_t i = 0; i < head.e_phnum && head.e_phentsize == sizeof part; i++) {
        const size_t at = head.e_phoff + i * sizeof part;
        if (at > length - sizeof part)
            return length;
        memcpy(&part, bytes + at, sizeof part);
        if (part.p_type == PT_LOAD && part.p_offset + part.p_filesz > end)
            end = part.p_offset + part.p_filesz;
    }
    return end && end < length ? end : length;
}

bool bm_module_load(const char *path, struct bm_module *module, struct bm_error *error)
{
    static const unsigned char xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
    struct bm_error why;
    size_t length;
    unsigned char *bytes = read_file(path, &length, error);
    if (bytes && length >= sizeof xz && memcmp(bytes, xz, sizeof xz) == 0)
        bytes = expand(bytes, &length, path, error);
    if (!bytes)
        return false;
    const int fd = memfd_create("kernels", 0);
    size_t written = 0;
    length = loaded_length(bytes, length);
    while (fd >= 0 && written < length) {
        const ssize_t n = write(fd, bytes + written, length - written);
        if (n < 0 && errno != EINTR)
            break;
        written += n > 0 ? (size_t)n : 0;
    }
    free(bytes);
    if (fd < 0 || written < length)
        return bm_failed(error, "cannot copy %s into memory: %s", path, strerror(errno));
    return bm_module_take(fd, false, module, &why) || bm_failed(error, "%s cannot be loaded: %s", path, why.text);
}

/* folder/name if it is there; free() it. */
static char *neighbour(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return NULL;
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

static char *folder_of(const char *program)
{
    char *real = realpath(program, NULL);
    return real ? dirname(real) : NULL; /* dirname() shortens the text in place */
}

static char *find_beside(const char *program, const char *const *places)
{
    char *folder = folder_of(program), *found = NULL;
    for (size_t i = 0; folder && !found && places[i]; i++)
        found = neighbour(folder, places[i]);
    free(folder);
    return found;
}

/* A text that is kept until the process ends: names of kernels are asked for as pointers that stay. */
static const char *kept(const char *text)
{
    static struct entry { struct entry *next; char text[]; } *all;
    for (const struct entry *e = all; e; e = e->next)
        if (strcmp(e->text, text) == 0)
            return e->text;
    struct entry *e = bm_alloc(sizeof *e + strlen(text) + 1);
    e->next = all;
    all = e;
    return strcpy(e->text, text);
}

bool bm_module_kernel(const struct bm_abi *abi, size_t i, struct bm_abi_kernel *kernel)
{
    char now[128];
    if (!abi->kernel(i, kernel))
        return false;
    if (abi->version == 1 && bm_name_now(kernel->name, now, sizeof now))
        kernel->name = kept(now);
    return true;
}

static void tell_caches(const struct bm_abi *abi, const struct bm_caches *c)
{
    const struct bm_cache_level level[] = { c->l1, c->l2, c->l3 };
    struct bm_abi_caches told;
    for (int i = 0; i < 3; i++) {
        told.level[i].bytes = level[i].bytes, told.level[i].ways = level[i].ways;
        told.level[i].line_bytes = level[i].line_bytes, told.level[i].cores = level[i].cores;
    }
    abi->caches(&told);
}

static void tell_thresholds(const struct bm_abi *abi, const struct bm_thresholds *t)
{
    abi->thresholds(&(struct bm_abi_thresholds){ t->gemm_flops, t->bn_elements, t->stream_bytes });
}

struct bm_abi_call *bm_module_open(const struct bm_abi *abi, const char *kernel, const char *shape, int threads, char *why,
                                   size_t room)
{
    char then[128];
    if (abi->version >= 3)
        tell_caches(abi, bm_call_caches());
    if (abi->version >= 4)
        tell_thresholds(abi, &bm_call_caches()->thresholds);
    if (abi->version > 1 || strlen(kernel) >= sizeof then)
        return abi->open(kernel, shape, threads, why, room);
    const char *its = bm_name_then(kernel, then);
    if (its)
        return abi->open(its, shape, threads, why, room);
    snprintf(why, room, "this build has no kernel of that name");
    return NULL;
}

char *bm_module_of_program(const char *program, struct bm_error *error)
{
    static const char *const places[] = { "libbatchmark.so.1", "../lib/libbatchmark.so.1", NULL };
    char *found = find_beside(program, places);
    if (!found)
        bm_failed(error, "%s has no libbatchmark.so.1 beside it or in ../lib: build it by `make all`", program);
    return found;
}

char *bm_module_of_op(const char *op)
{
    char built[128], installed[128];
    snprintf(built, sizeof built, "modules/%s.so", op);
    snprintf(installed, sizeof installed, "../lib/batchmark/%s.so", op);
    return find_beside("/proc/self/exe", (const char *const[]){ built, installed, NULL });
}

bool bm_module_keep(const char *from, const char *to, struct bm_error *error)
{
    size_t length, packed = 0;
    unsigned char *bytes = read_file(from, &length, error);
    if (!bytes)
        return false;
    const size_t room = lzma_stream_buffer_bound(length);
    unsigned char *out = malloc(room);
    const lzma_ret got = out ? lzma_easy_buffer_encode(9, LZMA_CHECK_CRC64, NULL, bytes, length, out, &packed, room)
                             : LZMA_MEM_ERROR;
    const bool good = got == LZMA_OK ? bm_file_write(out, packed, to, error)
                                     : bm_failed(error, "cannot compress %s (xz, error %d)", from, (int)got);
    free(bytes);
    free(out);
    return good;
}
