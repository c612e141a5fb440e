/* SPDX-License-Identifier: MIT */
/* test_npy.c - .npy files: written and read back, like numpy's to the byte, and refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"
#include "test_folder.h"

Suite *npy_suite(void);

START_TEST(arrays_read_back)
{
    static const size_t shape[4] = { 2, 3, 1, 5 };
    static const size_t bytes[] = { [BM_NPY_F4] = 4, [BM_NPY_F8] = 8, [BM_NPY_I4] = 4, [BM_NPY_U4] = 4,
                                    [BM_NPY_U1] = 1 };
    struct bm_error error;
    char from[240], to[240];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)(37 * i + 1);
    for (int type = BM_NPY_F4; type <= BM_NPY_U1; type++)
        for (unsigned dims = 0; dims <= 4; dims++) {
            size_t n = bytes[type];
            for (unsigned d = 0; d < dims; d++)
                n *= shape[d];
            memset(to, 0, sizeof to);
            ck_assert(bm_npy_write(in_root("a.npy"), (enum bm_npy_type)type, dims, shape, from, &error));
            ck_assert_msg(bm_npy_read(in_root("a.npy"), (enum bm_npy_type)type, dims, shape, to, &error), "%s",
                          error.text);
            ck_assert(memcmp(from, to, n) == 0);
        }
    size_t none = 0;
    ck_assert(bm_npy_write(in_root("a.npy"), BM_NPY_F4, 1, &none, NULL, &error));
    ck_assert(bm_npy_read(in_root("a.npy"), BM_NPY_F4, 1, &none, NULL, &error));
}
END_TEST

/* What numpy 1.24 saves of array([[1, 2, 3]], dtype='f4'), to the byte. */
START_TEST(files_are_those_of_numpy)
{
    static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
    static const float value[3] = { 1, 2, 3 };
    const size_t shape[2] = { 1, 3 };
    struct bm_error error;
    char want[128 + sizeof value];
    size_t size;
    memset(want, ' ', 128);
    memcpy(want, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(want + 10, text, sizeof text - 1);
    want[127] = '\n';
    memcpy(want + 128, value, sizeof value);
    ck_assert(bm_npy_write(in_root("a.npy"), BM_NPY_F4, 2, shape, value, &error));
    char *got = read_all(in_root("a.npy"), &size);
    ck_assert_uint_eq(size, sizeof want);
    ck_assert(memcmp(got, want, size) == 0);
    free(got);
}
END_TEST

/* Puts a file of a 2 x 3 array of f4 there, with `found` replaced by `put` in its header (of the same length), or with
 * `size` bytes only. */
static void spoil(const char *path, const char *found, const char *put, size_t size)
{
    static const float value[7] = { 1, 2, 3, 4, 5, 6, 7 };
    const size_t shape[2] = { 2, 3 };
    struct bm_error error;
    size_t whole;
    ck_assert(bm_npy_write(path, BM_NPY_F4, 2, shape, value, &error));
    char *bytes = read_all(path, &whole), *at = memmem(bytes, whole, found, strlen(found));
    ck_assert_ptr_nonnull(at);
    memcpy(at, put, strlen(put));
    write_all(path, bytes, size ? size : whole);
    free(bytes);
}

START_TEST(bad_arrays_are_refused)
{
    static const struct { const char *found, *put; size_t size; const char *message; } cases[] = {
        { "<f4", "<f8", 0, "its type is '<f8', expected '<f4'" },
        { "<f4", ">f4", 0, "its type is '>f4', expected '<f4'" },
        { "False", "True ", 0, "in Fortran order, expected C order" },
        { "(2, 3)", "(3, 2)", 0, "its shape is (3,2), expected (2,3)" },
        { "(2, 3)", "(6,)  ", 0, "its shape is (6,), expected (2,3)" },
        { "shape", "sharp", 0, "its shape is , expected (2,3)" },
        { "NUMPY\x01", "NUMPY\x02", 0, "format 2.0, expected 1.0" },
        { "NUMPY", "NUMPI", 0, "not a .npy file" },
        { "NUMPY", "NUMPY", 7, "not a .npy file" },
        { "NUMPY", "NUMPY", 60, "truncated within its header" },
        { "NUMPY", "NUMPY", 151, "truncated: expected 24 bytes of data, found 23" },
        { "NUMPY", "NUMPY", 153, "too long: more than the 24 bytes" },
    };
    const size_t shape[2] = { 2, 3 };
    struct bm_error error;
    float to[6];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spoil(in_root("a.npy"), cases[i].found, cases[i].put, cases[i].size);
        ck_assert_msg(!bm_npy_read(in_root("a.npy"), BM_NPY_F4, 2, shape, to, &error), "accepted: %s",
                      cases[i].message);
        ck_assert_msg(strstr(error.text, cases[i].message) && strstr(error.text, "a.npy"), "%s", error.text);
    }
    ck_assert(!bm_npy_read(in_root("none.npy"), BM_NPY_F4, 2, shape, to, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "none.npy: cannot be opened"));
    ck_assert(!bm_npy_write(in_root("no/a.npy"), BM_NPY_F4, 2, shape, to, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no/a.npy"));
    /* What others write, with blanks and the keys in another order. */
    spoil(in_root("a.npy"), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
          "{'shape':( 2,3),'fortran_order':False ,   'descr' : '<f4' }", 0);
    ck_assert_msg(bm_npy_read(in_root("a.npy"), BM_NPY_F4, 2, shape, to, &error), "%s", error.text);
    ck_assert(to[5] == 6);
}
END_TEST

Suite *npy_suite(void)
{
    Suite *s = suite_create("npy");
    TCase *tests = tcase_create("files");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, make_root, remove_root);
    tcase_add_checked_fixture(tests, empty_root, NULL);
    tcase_add_test(tests, arrays_read_back);
    tcase_add_test(tests, files_are_those_of_numpy);
    tcase_add_test(tests, bad_arrays_are_refused);
    suite_add_tcase(s, tests);
    return s;
}
