/* SPDX-License-Identifier: MIT */
/* test_buffers.c - arrays with guards and fences, pools, and the message of a fault. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffers.h"
#include "error.h"

Suite *buffers_suite(void);

START_TEST(guards_see_writes)
{
    enum { N = 37 };
    static const ptrdiff_t touched[] = { -1, -2, -1024, N, N + 1, N + 1023 };
    for (size_t offset = 0; offset < 16; offset++)
        for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
            struct bm_buffer b = bm_guarded(BM_F32, N, offset);
            volatile float *p = b.data;
            ptrdiff_t at = 0;
            ck_assert_uint_eq((uintptr_t)b.data % 64, offset * 4);
            for (int k = 0; k < N; k++) {
                ck_assert(p[k] == 0);
                p[k] = 1;
            }
            ck_assert(bm_guards_intact(&b, &at));
            p[touched[i]] = 0;
            ck_assert(!bm_guards_intact(&b, &at));
            ck_assert_int_eq(at, touched[i]);
            bm_buffer_free(&b);
            ck_assert_ptr_null(b.data);
        }
}
END_TEST

/* Integers of 8 bits have no NaN: what is around them spoils a sum, and so does what pads them. */
START_TEST(guards_of_bytes)
{
    enum { N = 37 };
    static const ptrdiff_t touched[] = { -1, -64, N, N + 1000 };
    for (int type = BM_U8; type <= BM_S8; type++)
        for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
            struct bm_buffer b = bm_guarded((enum bm_type)type, N, i);
            volatile unsigned char *p = b.data;
            ptrdiff_t at = 0;
            ck_assert_uint_eq((uintptr_t)b.data % 64, i);
            ck_assert_uint_eq(b.bytes, N);
            ck_assert(p[-1] != 0 && p[N] != 0 && bm_guards_intact(&b, &at));
            p[touched[i]] ^= 1;
            ck_assert(!bm_guards_intact(&b, &at));
            ck_assert_int_eq(at, touched[i]);
            bm_poison((enum bm_type)type, b.data, N);
            ck_assert(p[0] == BM_POISON_BYTE && p[N - 1] == BM_POISON_BYTE && p[N] != BM_POISON_BYTE);
            bm_buffer_free(&b);
        }
}
END_TEST

START_TEST(guards_see_the_nearest_and_single_bytes)
{
    struct bm_buffer b = bm_guarded(BM_F32, 8, 1);
    volatile unsigned char *p = b.data;
    ptrdiff_t at = 0;
    p[32 + 40]++;
    p[32 + 7]++;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, 9);
    p[-1]++;
    p[-5]++;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, -1);
    bm_buffer_free(&b);
}
END_TEST

START_TEST(guards_spoil_arithmetic)
{
    struct bm_buffer b = bm_guarded(BM_F32, 4, 0);
    volatile float *p = b.data;
    ptrdiff_t at = 0;
    float beyond = p[4] + 1;
    ck_assert(beyond != beyond);
    p[4] = beyond; /* read, computed and written back: the quiet bit tells */
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, 4);
    bm_buffer_free(&b);
}
END_TEST

enum deed { READ_BEYOND, WRITE_BEYOND };

/* Runs the deed in a child, with its stderr in `output`; returns its status. */
static int fault(enum deed deed, const char *message, char output[], size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        struct bm_buffer b = bm_fenced(BM_F32, 5);
        volatile float *p = b.data;
        p[4] = p[0];
        bm_fault_message("an earlier kernel");
        bm_fault_message(message);
        if (deed == READ_BEYOND)
            p[0] = p[5];
        else
            p[5] = 1;
        _exit(42); /* no fault */
    }
    close(ends[1]);
    size_t used = 0;
    char rest[4096];
    ssize_t n;
    while ((n = read(ends[0], rest, sizeof rest)) > 0) {
        size_t kept = (size_t)n < size - 1 - used ? (size_t)n : size - 1 - used;
        memcpy(output + used, rest, kept);
        used += kept;
    }
    output[used] = '\0';
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(fence_faults_and_names_the_kernel)
{
    char output[16384];
    int status = fault(_i ? WRITE_BEYOND : READ_BEYOND, "gemm_x touched memory; repeat: batchmark verify", output,
                       sizeof output);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert_ptr_nonnull(strstr(output, "gemm_x touched memory; repeat: batchmark verify\n"));
    ck_assert_ptr_null(strstr(output, "earlier"));
}
END_TEST

START_TEST(fault_without_a_message_is_deadly)
{
    char output[16384];
    int status = fault(READ_BEYOND, NULL, output, sizeof output);
    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 42);
    ck_assert_ptr_null(strstr(output, "earlier"));
}
END_TEST

START_TEST(fence_has_a_guard_before)
{
    struct bm_buffer b = bm_fenced(BM_F32, 1031);
    volatile float *p = b.data;
    ptrdiff_t at = 0;
    p[0] = p[1030] = 1;
    ck_assert(bm_guards_intact(&b, &at));
    p[-3] = 1;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, -3);
    bm_buffer_free(&b);
    b = bm_fenced(BM_F32, 0);
    ck_assert(bm_guards_intact(&b, &at));
    bm_buffer_free(&b);
}
END_TEST

START_TEST(pools_are_aligned_and_zero)
{
    struct bm_buffer b = bm_pool(3 * 4096 + 5, false);
    ck_assert_uint_eq((uintptr_t)b.data % 4096, 0);
    bm_first_touch(&(struct bm_span){ b.data, b.bytes }, 1, 1, 0, 2);
    for (size_t i = 0; i < b.bytes; i++)
        ck_assert_uint_eq(((unsigned char *)b.data)[i], 0);
    bm_poison(BM_F32, b.data, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(((uint32_t *)b.data)[i], BM_POISON);
    ck_assert_uint_eq(((uint32_t *)b.data)[3], 0);
    bm_buffer_free(&b);
    b = bm_pool(5 << 20, true);
    ck_assert_uint_eq((uintptr_t)b.data % (2 << 20), 0);
    bm_first_touch(&(struct bm_span){ b.data, b.bytes }, 1, 1, 0, 1);
    bm_buffer_free(&b);
    bm_buffer_free(&b);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* the message is expected */
    bm_guarded(BM_F32, SIZE_MAX / 2, 0);
}
END_TEST

Suite *buffers_suite(void)
{
    Suite *suite = suite_create("buffers");
    TCase *tests = tcase_create("buffers");
    tcase_add_test(tests, guards_see_writes);
    tcase_add_test(tests, guards_of_bytes);
    tcase_add_test(tests, guards_see_the_nearest_and_single_bytes);
    tcase_add_test(tests, guards_spoil_arithmetic);
    tcase_add_loop_test(tests, fence_faults_and_names_the_kernel, 0, 2);
    tcase_add_test(tests, fault_without_a_message_is_deadly);
    tcase_add_test(tests, fence_has_a_guard_before);
    tcase_add_test(tests, pools_are_aligned_and_zero);
    tcase_add_exit_test(tests, no_memory_is_an_error, BM_EXIT_INPUT);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
