/* SPDX-License-Identifier: MIT */
/* test_sweep.c - bench --sweep: the shapes that nobody chose. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sweep.h"

Suite *sweep_suite(void);

enum { COUNT = 200, BINS = 8 };

static struct bm_shape_list swept(const char *family, int count, uint64_t seed)
{
    struct bm_shape_list list = { 0, NULL };
    struct bm_error error = { "" };
    ck_assert_msg(bm_sweep(&list, family, count, seed, &error), "%s", error.text);
    ck_assert_uint_eq(list.count, (size_t)count);
    return list;
}

/* Which of equal parts of the logarithms of 1 to 4096. */
static int bin(size_t size)
{
    ck_assert(size >= 1 && size <= BM_SWEEP_SIZE);
    return (int)(log((double)size) / log(BM_SWEEP_SIZE + 1) * BINS);
}

START_TEST(even_over_products)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct bm_shape_list list = swept("gemm", COUNT, seed);
        int in[3][BINS] = { { 0 } }, trans[3] = { 0 };
        for (size_t i = 0; i < list.count; i++) {
            const struct bm_shape *s = &list.line[i].shape;
            in[0][bin(s->M)]++, in[1][bin(s->N)]++, in[2][bin(s->K)]++;
            ck_assert(!s->ta || !s->tb);
            trans[s->ta ? 2 : s->tb]++;
        }
        /* Chance would leave a standard deviation of 4.7. Sizes are whole, so that small ones fall into few bins. */
        for (int axis = 0; axis < 3; axis++)
            for (int b = 3; b < BINS; b++)
                ck_assert_msg(abs(in[axis][b] - COUNT / BINS) <= 6, "seed %d, axis %d, bin %d: %d", (int)seed, axis, b, in[axis][b]);
        for (int t = 0; t < 3; t++)
            ck_assert_int_ge(trans[t], COUNT / 3);
        bm_shapes_free(&list);
    }
}
END_TEST

START_TEST(normalisations_in_memory)
{
    struct bm_shape_list list = swept("bn", COUNT, 1);
    int first = 0, most_channels = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct bm_shape *s = &list.line[i].shape;
        ck_assert((double)s->N * (double)s->C * (double)s->S <= 0x1p24);
        first += s->layout == BM_CHANNELS_FIRST;
        most_channels += bin(s->C) == BINS - 1;
    }
    ck_assert_int_eq(first, COUNT / 2);
    ck_assert_int_ge(most_channels, COUNT / BINS / 3);
    bm_shapes_free(&list);
}
END_TEST

static bool same(const struct bm_shape *a, const struct bm_shape *b)
{
    return a->M == b->M && a->N == b->N && a->K == b->K && a->ta == b->ta && a->tb == b->tb;
}

START_TEST(counts_and_seeds)
{
    struct bm_shape_list few = swept("gemm", 10, 1), many = swept("gemm", 30, 1), others = swept("gemm", 30, 2);
    size_t alike = 0;
    for (size_t i = 0; i < few.count; i++)
        ck_assert(same(&few.line[i].shape, &many.line[i].shape));
    for (size_t i = 0; i < many.count; i++)
        alike += same(&others.line[i].shape, &many.line[i].shape);
    ck_assert_uint_eq(alike, 0);
    bm_shapes_free(&few);
    bm_shapes_free(&many);
    bm_shapes_free(&others);
}
END_TEST

START_TEST(other_families)
{
    struct bm_shape_list list = { 0, NULL };
    struct bm_error error = { "" };
    ck_assert(!bm_sweep(&list, "rows", 3, 1, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "--sweep=rows: expected gemm or bn"));
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

Suite *sweep_suite(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tests = tcase_create("sweep");
    tcase_add_test(tests, even_over_products);
    tcase_add_test(tests, normalisations_in_memory);
    tcase_add_test(tests, counts_and_seeds);
    tcase_add_test(tests, other_families);
    suite_add_tcase(suite, tests);
    return suite;
}
