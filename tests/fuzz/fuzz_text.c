/* SPDX-License-Identifier: MIT */
/* fuzz_text.c - libFuzzer on the parsers of shape files and of experiments. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bm_experiment experiment;
    struct bm_shape_list shapes = { 0 };
    struct bm_error error;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    bm_shapes_parse(&shapes, text, "made-up.txt", &error);
    bm_shapes_free(&shapes);
    bm_experiment_parse(&experiment, "made-up.txt", text, &error);
    free(text);
    return 0;
}
