/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"

enum { AXES = 3 };

/* 1 to BM_SWEEP_SIZE, evenly on a logarithmic scale; `at` is in [0, 1). */
static int size_at(double at)
{
    return (int)exp(at * log(BM_SWEEP_SIZE + 1));
}

static void point(uint64_t seed, uint64_t i, int size[AXES])
{
    const double g = 1.2207440846057596; /* g^4 = g + 1 */
    for (int axis = 0; axis < AXES; axis++) {
        const double offset = (double)(bm_hash(seed, (uint64_t)axis) >> 11) * 0x1p-53;
        size[axis] = size_at(fmod(offset + (double)i * pow(g, -(axis + 1)), 1));
    }
}

static void gemm_text(const int size[AXES], int shape, char text[BM_LABEL])
{
    static const char *const trans[] = { "NN", "NT", "TN" };
    snprintf(text, BM_LABEL, "gemm M=%d N=%d K=%d trans=%s", size[0], size[1], size[2], trans[shape % 3]);
}

static void bn_text(const int size[AXES], int shape, char text[BM_LABEL])
{
    snprintf(text, BM_LABEL, "bn N=%d C=%d S=%d layout=%s", size[0], size[1], size[2], shape % 2 ? "nchw" : "nhwc");
}

static const struct sweep {
    const char *family;
    double most; /* elements, or products of sizes */
    void (*text)(const int size[AXES], int shape, char text[BM_LABEL]);
} sweeps[] = { { "gemm", 0x1p36, gemm_text }, { "bn", 0x1p24, bn_text } };

bool bm_sweep(struct bm_shape_list *list, const char *family, int count, uint64_t seed, struct bm_error *error)
{
    const struct sweep *s = NULL;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++)
        if (strcmp(family, sweeps[i].family) == 0)
            s = &sweeps[i];
    if (!s)
        return bm_failed(error, "--sweep=%s: expected gemm or bn, perhaps with a number of shapes: gemm:50", family);
    for (int i = 0, taken = 0; taken < count; i++) {
        int size[AXES];
        char text[BM_LABEL];
        point(seed, (uint64_t)i, size);
        if ((double)size[0] * size[1] * size[2] > s->most)
            continue;
        s->text(size, taken++, text);
        if (!bm_shapes_parse(list, text, "--sweep", error))
            return false;
    }
    return true;
}
