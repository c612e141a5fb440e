/* SPDX-License-Identifier: MIT */
/* module.h - kernels of other builds, from files: a library of kernels (libbatchmark.so), or modules that results keep. */
#ifndef BATCHMARK_MODULE_H
#define BATCHMARK_MODULE_H

#include "abi.h"
#include "error.h"

struct bm_module {
    int fd; /* its copy in memory, which a process that is started inherits */
    const struct bm_abi *abi;
    void *loaded; /* for dlsym() */
};

/*
 * Loads a shared library, plain or compressed by xz, from a copy in memory: the same file may be loaded twice, as two
 * libraries, and may be replaced meanwhile. It stays loaded until the process ends, since threads of its OpenMP team may
 * hold on to it.
 */
bool bm_module_load(const char *path, struct bm_module *module, struct bm_error *error);

/* The same from the descriptor that another process's bm_module_load() made; again: once more, as another library. */
bool bm_module_take(int fd, bool again, struct bm_module *module, struct bm_error *error);

/* Kernel number i of a library, by its present name (old_names.h); false after the last. */
bool bm_module_kernel(const struct bm_abi *abi, size_t i, struct bm_abi_kernel *kernel);

/* abi->open(), by the present name. */
struct bm_abi_call *bm_module_open(const struct bm_abi *abi, const char *kernel, const char *shape, int threads, char *why,
                                   size_t room);

/* The library that was built with a program: libbatchmark.so beside it, or where `make install` puts it. NULL, with the
 * reason; free() it. */
char *bm_module_of_program(const char *program, struct bm_error *error);

/* The module of an op that was built with this program, or NULL; free() it. */
char *bm_module_of_op(const char *op);

/* Compresses a file into another (xz), which is replaced in one step. */
bool bm_module_keep(const char *from, const char *to, struct bm_error *error);

#endif
