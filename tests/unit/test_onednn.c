/* SPDX-License-Identifier: MIT */
/* test_onednn.c - how oneDNN's primitives are called, by a stand-in for either version, so that none need be installed:
 * what version 3 refuses is not passed, and no status is dropped. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batchmark.h"
#include "bn.h"
#include "gemm.h"
#include "gemm_s8.h"
#include "norm.h"
#include "peer_calls.h"

Suite *onednn_suite(void);

enum { SHIFT = 52, UNIMPLEMENTED = 3, V2_SCALES = 513, V2_ADDEND = 16386, V3_SCALES = 4129 };

/* The stand-in: objects are all the same, and one of the calls may fail. */
static const char *failing;
static int failure, object, executed, shifts, scaled, additions, destroyed, tag;

static int answer(const char *call) { return failing && strcmp(call, failing) == 0 ? failure : 0; }
static int make(void **out, const char *call)
{
    const int status = answer(call);
    *out = status ? NULL : &object;
    return status;
}

static int engine_create(void **engine, int kind, size_t index)
{
    (void)kind, (void)index;
    return make(engine, __func__);
}
static int stream_create(void **stream, void *engine, unsigned flags)
{
    (void)engine, (void)flags;
    return make(stream, __func__);
}
static int stream_wait(void *stream)
{
    (void)stream;
    return answer(__func__);
}
static int memory_create(void **memory, const void *desc, void *engine, void *data)
{
    (void)desc, (void)engine, (void)data;
    return make(memory, __func__);
}
static int memory_set_data_handle(void *memory, const void *data)
{
    (void)memory, (void)data;
    return answer(__func__);
}
static const void *query_md(const void *primitive_desc, int what, int index)
{
    (void)what, (void)index;
    return primitive_desc;
}
static int query(const void *primitive_desc, int what, int index, void *result)
{
    (void)primitive_desc, (void)what, (void)index;
    *(const char **)result = "abacus:any";
    return answer(__func__);
}
static int destroy(void *any)
{
    destroyed += any != NULL;
    return 0;
}
static int primitive_create(void **primitive, const void *primitive_desc)
{
    (void)primitive_desc;
    return make(primitive, __func__);
}
static int primitive_execute(const void *primitive, void *stream, int count, const struct bm_onednn_arg *args)
{
    (void)primitive, (void)stream;
    executed++;
    for (int i = 0; i < count; i++) {
        shifts += args[i].which == SHIFT;
        additions += args[i].which == V2_ADDEND;
        scaled += args[i].which == (bm_onednn.version == 2 ? V2_SCALES : V3_SCALES);
    }
    return answer(__func__);
}
static int attr_create(void **attributes) { return make(attributes, __func__); }
static int set_post_ops(void *attributes, const void *ops)
{
    (void)attributes, (void)ops;
    return answer(__func__);
}
static int post_ops_create(void **ops) { return make(ops, __func__); }
static int v2_describe(void *desc, int ndims, const int64_t *dims, int type, const int64_t *strides)
{
    (void)desc, (void)ndims, (void)dims, (void)type, (void)strides;
    return answer("describe");
}
static int v2_layout(void *desc, int ndims, const int64_t *dims, int type, int which)
{
    (void)desc, (void)ndims, (void)dims, (void)type;
    tag = which;
    return answer("layout");
}
static int v2_backward(void *desc, int prop, const void *diff, const void *x, float eps, unsigned flags)
{
    (void)desc, (void)prop, (void)diff, (void)x, (void)eps, (void)flags;
    return answer("backward");
}
static int v2_forward(void *desc, int prop, const void *x, float eps, unsigned flags)
{
    return v2_backward(desc, prop, x, x, eps, flags);
}
static int v2_norm_backward(void *desc, int prop, const void *diff, const void *x, const void *rows, float eps, unsigned flags)
{
    (void)rows;
    return v2_backward(desc, prop, diff, x, eps, flags);
}
static int v2_norm_forward(void *desc, int prop, const void *x, const void *rows, float eps, unsigned flags)
{
    return v2_norm_backward(desc, prop, x, x, rows, eps, flags);
}
static int v2_matmul(void *desc, const void *a, const void *b, const void *bias, const void *c)
{
    (void)desc, (void)a, (void)b, (void)bias, (void)c;
    return answer("matmul");
}
static int v2_primitive_desc(void **pd, const void *desc, const void *attributes, void *engine, const void *hint)
{
    (void)desc, (void)attributes, (void)engine, (void)hint;
    return make(pd, "primitive_desc");
}
static int v2_sum(void *ops, float scale)
{
    (void)ops, (void)scale;
    return answer("sum");
}
static int v2_binary(void *ops, int algorithm, const void *desc)
{
    (void)ops, (void)algorithm, (void)desc;
    return answer("binary");
}
static int v2_eltwise(void *ops, float scale, int algorithm, float alpha, float beta)
{
    (void)ops, (void)scale, (void)algorithm, (void)alpha, (void)beta;
    return answer("eltwise");
}
static int v2_scales(void *attributes, int64_t count, int mask, const float *scales)
{
    (void)attributes;
    return count == 1 && mask == 2 && isnan(scales[0]) ? answer("scales") : 1;
}
static int v3_describe(void **desc, int ndims, const int64_t *dims, int type, const int64_t *strides)
{
    (void)ndims, (void)dims, (void)type, (void)strides;
    return make(desc, "describe");
}
static int v3_layout(void **desc, int ndims, const int64_t *dims, int type, int which)
{
    (void)ndims, (void)dims, (void)type;
    tag = which;
    return make(desc, "layout");
}
static int v3_backward(void **pd, void *engine, int prop, const void *dx, const void *dy, const void *x, float eps,
                       unsigned flags, const void *hint, const void *attributes)
{
    (void)engine, (void)prop, (void)dx, (void)dy, (void)x, (void)eps, (void)flags, (void)hint, (void)attributes;
    return make(pd, "primitive_desc");
}
static int v3_forward(void **pd, void *engine, int prop, const void *x, const void *y, float eps, unsigned flags,
                      const void *attributes)
{
    return v3_backward(pd, engine, prop, x, y, x, eps, flags, NULL, attributes);
}
static int v3_norm_backward(void **pd, void *engine, int prop, const void *dx, const void *dy, const void *x, const void *rows,
                            float eps, unsigned flags, const void *hint, const void *attributes)
{
    (void)rows;
    return v3_backward(pd, engine, prop, dx, dy, x, eps, flags, hint, attributes);
}
static int v3_norm_forward(void **pd, void *engine, int prop, const void *x, const void *y, const void *rows, float eps,
                           unsigned flags, const void *attributes)
{
    return v3_norm_backward(pd, engine, prop, x, y, x, rows, eps, flags, NULL, attributes);
}
static int v3_matmul(void **pd, void *engine, const void *a, const void *b, const void *bias, const void *c,
                     const void *attributes)
{
    (void)engine, (void)a, (void)b, (void)bias, (void)c, (void)attributes;
    return make(pd, "primitive_desc");
}
static int v3_sum(void *ops, float scale, int32_t zero_point, int type)
{
    (void)zero_point, (void)type;
    return v2_sum(ops, scale);
}

static int v3_eltwise(void *ops, int algorithm, float alpha, float beta) { return v2_eltwise(ops, 1, algorithm, alpha, beta); }
static int v3_scales(void *attributes, int argument, int mask)
{
    (void)attributes;
    return argument == 33 && mask == 2 ? answer("scales") : 1;
}

static void stand_in(int version)
{
    bm_onednn = (struct bm_onednn){
        .version = version,
        .engine_create = engine_create,
        .stream_create = stream_create,
        .stream_wait = stream_wait,
        .memory_create = memory_create,
        .memory_set_data_handle = memory_set_data_handle,
        .memory_destroy = destroy,
        .primitive_desc_query_md = query_md,
        .primitive_desc_query = query,
        .primitive_desc_destroy = destroy,
        .primitive_create = primitive_create,
        .primitive_execute = primitive_execute,
        .primitive_destroy = destroy,
        .primitive_attr_create = attr_create,
        .primitive_attr_set_post_ops = set_post_ops,
        .primitive_attr_destroy = destroy,
        .post_ops_create = post_ops_create,
        .post_ops_destroy = destroy,
        .v2 = { v2_describe, v2_layout, v2_forward, v2_backward, v2_norm_forward, v2_norm_backward, v2_matmul,
                v2_primitive_desc, v2_sum, v2_eltwise, v2_binary, v2_scales },
        .v3 = { v3_describe, v3_layout, destroy, v3_forward, v3_backward, v3_norm_forward, v3_norm_backward, v3_matmul,
                v3_sum, v3_eltwise, v3_scales },
    };
}

/* Refused for want of an implementation, run without failure, or failed with a NaN in the result. */
enum outcome { REFUSED, RAN, FAILED };

static enum outcome call(const struct bm_kernel *kernel, const void *args, const float *result)
{
    bm_peer_failure = (struct bm_peer_failure){ NULL, 0 };
    if (kernel->refuses(args))
        return REFUSED;
    kernel->run(args);
    ck_assert_int_eq(isnan(result[0]) != 0, bm_peer_failure.call != NULL);
    return bm_peer_failure.call ? FAILED : RAN;
}

static enum outcome backward(void)
{
    static float x[6], channels[3] = { 1, 1, 1 }, scratch[3], out[6];
    const struct bm_bn bn = { .threads = 1,
                              .N = 2,
                              .C = 3,
                              .S = 1,
                              .ldx = 3,
                              .lddx = 3,
                              .lddy = 3,
                              .x = x,
                              .dy = x,
                              .mean = channels,
                              .rstd = channels,
                              .gamma = channels,
                              .dx = out,
                              .dgamma = scratch,
                              .dbeta = scratch,
                              .scratch = scratch };
    out[0] = 0;
    return call(bm_find("bn_backward_onednn"), &bn, out);
}

/* A row of layer normalisation in `kernel`, with rows `gap` elements longer than they are. */
static enum outcome norm_with(const char *kernel, size_t gap)
{
    static float x[8], channels[3], rows[2] = { 1, 1 }, scratch[2], out[8];
    const struct bm_layer_norm a = { .threads = 1, .N = 2, .C = 3, .ldx = 3 + gap, .ldy = 3 + gap, .lddy = 3 + gap,
                                     .lddx = 3 + gap, .x = x, .dy = x, .gamma = channels, .beta = channels, .mean = rows,
                                     .rstd = rows, .y = out, .dx = out, .dgamma = channels, .dbeta = channels,
                                     .scratch = scratch };
    out[0] = 0;
    return call(bm_find(kernel), &a, out);
}
static enum outcome norm_forward(void) { return norm_with("layer_norm_forward_onednn", 0); }
static enum outcome norm_backward(void) { return norm_with("layer_norm_backward_onednn", 0); }

static enum outcome matmul(void)
{
    static float a[6], c[4];
    const struct bm_gemm g = { .threads = 1,
                               .M = 2,
                               .N = 2,
                               .K = 3,
                               .alpha = 1,
                               .beta = 0.5F,
                               .A = a,
                               .lda = 3,
                               .B = a,
                               .ldb = 2,
                               .C = c,
                               .ldc = 2 };
    c[0] = 0;
    return call(bm_find("gemm_onednn_matmul"), &g, c);
}

static enum outcome integers(void)
{
    static uint8_t a[6];
    static int8_t b[6];
    static float c[4], columns[2];
    const struct bm_gemm_s8 g = { .threads = 1, .M = 2, .N = 2, .K = 3, .A = a, .lda = 3, .B = b, .ldb = 2, .C = c, .ldc = 2,
                                  .scale = columns, .epilogue = BM_EPILOGUE_BIAS_RELU, .bias = columns };
    c[0] = 0;
    return call(bm_find("gemm_s8_onednn_matmul"), &g, c);
}

static enum outcome sgemm(void)
{
    static float a[6], c[4];
    const struct bm_gemm g = {
        .threads = 1, .M = 2, .N = 2, .K = 3, .alpha = 1, .A = a, .lda = 3, .B = a, .ldb = 2, .C = c, .ldc = 2
    };
    c[0] = 0;
    return call(bm_find("gemm_onednn"), &g, c);
}

/* Version 2 does nothing without a shift in backward, version 3 nothing with one. */
START_TEST(shift_in_backward)
{
    stand_in(2 + _i);
    ck_assert_int_eq(backward(), RAN);
    ck_assert_str_eq(bm_peer_implementation, "abacus:any");
    ck_assert_int_eq(executed, 1);
    ck_assert_int_eq(shifts, _i == 0);
    ck_assert_int_eq(norm_backward(), RAN);
    ck_assert_int_eq(executed, 2);
    ck_assert_int_eq(shifts, _i == 0 ? 2 : 0);
    ck_assert_int_eq(norm_forward(), RAN);
    ck_assert_int_eq(shifts, _i == 0 ? 3 : 1);
    ck_assert_int_eq(norm_with("layer_norm_forward_onednn", 1), REFUSED);
}
END_TEST

/* A call in blocks of channels, each image `gap` elements longer than it is. */
static enum outcome blocked(enum bm_layout layout, size_t gap)
{
    enum { C = 16, S = 3 };
    static float x[C * S + 1], channels[C], out[C * S + 1];
    const struct bm_bn bn = { .threads = 1,
                              .N = 1,
                              .C = C,
                              .S = S,
                              .layout = layout,
                              .ldx = C * S + gap,
                              .ldy = C * S + gap,
                              .x = x,
                              .y = out,
                              .gamma = channels,
                              .beta = channels,
                              .running_mean = channels,
                              .running_var = channels };
    out[0] = 0;
    return call(bm_find("bn_inference_onednn"), &bn, out);
}

/* The library's numbers for nChw16c and nChw8c. */
START_TEST(blocks_of_channels)
{
    static const int tags[][2] = { { 69, 93 }, { 78, 102 } };
    stand_in(2 + _i);
    ck_assert_int_eq(blocked(BM_CHANNELS_BY_16, 0), RAN);
    ck_assert_int_eq(tag, tags[_i][0]);
    ck_assert_int_eq(blocked(BM_CHANNELS_BY_8, 0), RAN);
    ck_assert_int_eq(tag, tags[_i][1]);
    ck_assert_int_eq(blocked(BM_CHANNELS_BY_16, 1), REFUSED);
}
END_TEST
START_TEST(layout_fails)
{
    stand_in(2 + _i);
    failing = "layout", failure = 2;
    ck_assert_int_eq(blocked(BM_CHANNELS_BY_16, 0), FAILED);
}
END_TEST

static const char *const calls[] = { "engine_create",     "stream_create", "describe",      "primitive_desc",
                                     "primitive_create",  "query",         "memory_create", "memory_set_data_handle",
                                     "primitive_execute", "stream_wait" },
                         *const of_matmul[] = { "attr_create", "post_ops_create", "sum", "set_post_ops" },
                         *const of_integers[] = { "scales", "eltwise", "binary" }; /* the last is version 2's */

enum {
    CALLS = sizeof calls / sizeof *calls,
    OF_MATMUL = sizeof of_matmul / sizeof *of_matmul,
    OF_INTEGERS = sizeof of_integers / sizeof *of_integers
};

/* Whichever call fails, also at the second time: the result is no number, and the reason is kept. */
static void fails(enum outcome (*run)(void), int version, const char *which)
{
    stand_in(version);
    failing = which, failure = 2;
    for (int again = 0; again < 2; again++) {
        ck_assert_msg(run() == FAILED, "version %d, %s", version, which);
        ck_assert_int_eq(bm_peer_failure.status, 2);
    }
}

START_TEST(backward_fails) { fails(backward, 2 + _i / CALLS, calls[_i % CALLS]); }
END_TEST
START_TEST(norm_backward_fails) { fails(norm_backward, 2 + _i / CALLS, calls[_i % CALLS]); }
END_TEST
START_TEST(norm_forward_fails) { fails(norm_forward, 2 + _i / CALLS, calls[_i % CALLS]); }
END_TEST
START_TEST(matmul_fails) { fails(matmul, 2 + _i / CALLS, calls[_i % CALLS]); }
END_TEST
START_TEST(integers_fail) { fails(integers, 2 + _i / CALLS, calls[_i % CALLS]); }
END_TEST
START_TEST(scales_fail) { fails(integers, 2 + _i / OF_INTEGERS, of_integers[_i % OF_INTEGERS]); }
END_TEST

/* Each version by its own calls: the scales, and in version 2 the bias, are arguments of each call. */
START_TEST(integers_run)
{
    stand_in(2 + _i);
    ck_assert_int_eq(integers(), RAN);
    ck_assert_int_eq(scaled, 1);
    ck_assert_int_eq(additions, _i == 0);
}
END_TEST
START_TEST(attributes_fail) { fails(matmul, 2 + _i / OF_MATMUL, of_matmul[_i % OF_MATMUL]); }
END_TEST

/* What the library has no implementation for is refused, and that is no failure. */
START_TEST(unimplemented)
{
    stand_in(2 + _i);
    failing = "primitive_desc", failure = UNIMPLEMENTED;
    ck_assert_int_eq(backward(), REFUSED);
    ck_assert_int_eq(norm_forward(), REFUSED);
    ck_assert_int_eq(norm_backward(), REFUSED);
    ck_assert_int_eq(matmul(), REFUSED);
    ck_assert_int_eq(integers(), REFUSED);
    ck_assert_ptr_null(bm_peer_failure.call);
    ck_assert_ptr_null(bm_peer_implementation);
    ck_assert_int_gt(destroyed, 0);
}
END_TEST

static int bad_sgemm(char ta, char tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                     const float *b, int64_t ldb, float beta, float *c, int64_t ldc)
{
    (void)ta, (void)tb, (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)lda, (void)b, (void)ldb, (void)beta;
    (void)c, (void)ldc;
    return failure;
}

START_TEST(sgemm_fails)
{
    bm_onednn.sgemm = bad_sgemm;
    ck_assert_int_eq(sgemm(), RAN);
    failure = 5;
    ck_assert_int_eq(sgemm(), FAILED);
}
END_TEST

Suite *onednn_suite(void)
{
    Suite *suite = suite_create("onednn");
    TCase *tests = tcase_create("stand-in");
    tcase_add_loop_test(tests, shift_in_backward, 0, 2);
    tcase_add_loop_test(tests, blocks_of_channels, 0, 2);
    tcase_add_loop_test(tests, layout_fails, 0, 2);
    tcase_add_loop_test(tests, backward_fails, 0, 2 * CALLS);
    tcase_add_loop_test(tests, norm_backward_fails, 0, 2 * CALLS);
    tcase_add_loop_test(tests, norm_forward_fails, 0, 2 * CALLS);
    tcase_add_loop_test(tests, matmul_fails, 0, 2 * CALLS);
    tcase_add_loop_test(tests, integers_run, 0, 2);
    tcase_add_loop_test(tests, integers_fail, 0, 2 * CALLS);
    tcase_add_loop_test(tests, scales_fail, 0, 2 * OF_INTEGERS - 1);
    tcase_add_loop_test(tests, attributes_fail, 0, 2 * OF_MATMUL);
    tcase_add_loop_test(tests, unimplemented, 0, 2);
    tcase_add_test(tests, sgemm_fails);
    suite_add_tcase(suite, tests);
    return suite;
}
