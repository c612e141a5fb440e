/* SPDX-License-Identifier: MIT */
#include "keep.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code.h"
#include "module.h"
#include "result.h"

/* The module must be of this very build: both know the hashes of their kernels. */
static bool is_ours(const char *file, struct bm_error *error)
{
    struct bm_module module;
    struct bm_abi_kernel about;
    if (!bm_module_load(file, &module, error))
        return false;
    for (size_t i = 0; bm_module_kernel(module.abi, i, &about); i++) {
        const struct bm_kernel *ours = bm_find(about.name);
        if (!ours || strcmp(bm_code_of(ours), about.code) != 0)
            return bm_failed(error, "%s is of another build than this program; run `make all`", file);
    }
    return true;
}

char *bm_kept_path(const char *path, const char *hash)
{
    char *copy = strdup(path), *kept;
    if (!copy || asprintf(&kept, "%s/kernels/%s.so.xz", dirname(copy), hash) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(copy);
    return kept;
}

static bool make_folder_of(const char *path, struct bm_error *error)
{
    char *copy = strdup(path);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    const bool made = bm_make_folder(dirname(copy), error);
    free(copy);
    return made;
}

static bool keep(const char *op, const char *hash, const char *result, struct bm_error *error)
{
    char *file = bm_module_of_op(op), *path = bm_kept_path(result, hash);
    bool kept = false;
    if (access(path, R_OK) == 0)
        kept = true;
    else if (!file)
        bm_failed(error, "the module of %s is not beside the program; run `make all`", op);
    else
        kept = is_ours(file, error) && make_folder_of(path, error) && bm_module_keep(file, path, error);
    free(file);
    free(path);
    return kept;
}

static bool timed(json_t *result, const char *op)
{
    const json_t *one;
    size_t i;
    json_array_foreach(bm_result_list(result, "cases"), i, one)
        if (strcmp(op, json_string_value(json_object_get(one, "op"))) == 0)
            return true;
    return false;
}

void bm_keep_kernels(json_t *result, const char *path)
{
    struct bm_error error;
    json_t *modules = json_object();
    for (const struct bm_code *m = bm_modules; m->kernel; m++)
        if (!timed(result, m->kernel))
            continue;
        else if (keep(m->kernel, m->hash, path, &error))
            json_object_set_new(modules, m->kernel, json_string(m->hash));
        else {
            fprintf(stderr, "batchmark: kernels are not kept with the result: %s\n", error.text);
            break;
        }
    json_object_set_new(json_object_get(result, "batchmark"), "modules", modules);
}
