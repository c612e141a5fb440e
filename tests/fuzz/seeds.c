/* SPDX-License-Identifier: MIT */
/* seeds.c - what fuzzing begins with: made-up results, plain and packed, and the built-in shapes and experiments.
 * usage: seeds FOLDER-FOR-RESULTS FOLDER-FOR-TEXTS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "run_fixture.h"
#include "shape.h"

/* Packed or as it is. */
static void put(const char *folder, const char *name, const char *text, bool packed)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, packed ? "wb9" : "wbT");
    if (!file || gzputs(file, text) < 0 || gzclose(file) != Z_OK) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    json_t *run = made_up_run("0123456", "2024-05-06T07:08:09Z");
    char *text = made_up_text(run);
    put(argv[1], "empty", text, false);
    free(text);
    add_noisy_case(run, "gemm_naive", "M=2 N=3 K=4", 1, 1e-6, 0.01, 2, 3, 1);
    add_noisy_case(run, "gemm_avx2", "M=2 N=3 K=4", 2, 5e-7, 0.1, 6, 1, 2);
    text = made_up_text(run);
    put(argv[1], "two-cases", text, false);
    put(argv[1], "packed", text, true);
    free(text);
    json_decref(run);
    static const char *const kinds[] = { "train", "verify", "noise", "machine", "tuning" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        json_t *other = made_up_result(kinds[i]);
        text = made_up_text(other);
        put(argv[1], kinds[i], text, false);
        free(text);
        json_decref(other);
    }
    for (const struct bm_text *t = bm_builtin_shapes; t->name; t++)
        put(argv[2], t->name, t->text, false);
    for (const struct bm_text *t = bm_builtin_experiments; t->name; t++)
        put(argv[2], t->name, t->text, false);
    return EXIT_SUCCESS;
}
