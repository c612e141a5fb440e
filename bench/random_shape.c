#include "random_shape.h"

#include <string.h>

#include "random.h"

struct stream {
    uint64_t seed, at;
};

static int any(struct stream *s, int lo, int hi) { return bm_integer(s->seed, s->at++, lo, hi); }

/* 1 to about `most`, every magnitude equally often; now and then 0 if allowed. */
static size_t any_size(struct stream *s, int most, bool zero)
{
    if (zero && any(s, 0, 40) == 0)
        return 0;
    int limit = 2;
    while (limit < most && any(s, 0, 5))
        limit *= 2;
    return (size_t)any(s, 1, limit < most ? limit : most);
}

static float any_of(struct stream *s, const float *values, int count) { return values[any(s, 0, count - 1)]; }

struct bm_shape bm_random_shape(const struct bm_op *op, uint64_t seed, uint64_t i)
{
    static const float scales[] = { 1, 1, 1, 0, 0.5f, -2, 0.3f }, slopes[] = { 0, 0, 0.01f, 0.3f, 1 };
    static const float momenta[] = { 0.1f, 0.01f, 0, 1 }, epsilons[] = { 1e-5f, 1e-3f, 1e-12f };
    struct stream s = { bm_hash(seed, i), 0 };
    struct bm_shape shape = { .S = 1, .alpha = 1, .eps = 1e-5f, .momentum = 0.1f, .unbiased = true };
    shape.pad = any(&s, 0, 2) ? 0 : (size_t)any(&s, 1, 9);
    if (strcmp(op->family, "gemm") == 0) {
        shape.M = any_size(&s, 200, true);
        shape.N = any_size(&s, 200, true);
        shape.K = any_size(&s, 400, true);
        shape.ta = any(&s, 0, 1);
        shape.tb = any(&s, 0, 1);
        shape.alpha = any_of(&s, scales, 7);
        shape.beta = any(&s, 0, 1) ? 0 : any_of(&s, scales, 7);
        if (strcmp(op->name, "gemm") == 0)
            shape.epilogue = (enum bm_epilogue)any(&s, 0, BM_EPILOGUES - 1);
        shape.slope = shape.epilogue == BM_EPILOGUE_BIAS_RELU ? any_of(&s, slopes, 5) : 0;
        return shape;
    }
    if (strcmp(op->family, "params") == 0) {
        shape.N = any_size(&s, 20000, true);
        shape.pad = 0;
        return shape;
    }
    shape.N = any_size(&s, 500, true);
    shape.C = any_size(&s, 300, true);
    shape.slope = any_of(&s, slopes, 5);
    if (strcmp(op->family, "bn") == 0) {
        if (any(&s, 0, 1)) {
            shape.layout = BM_CHANNELS_FIRST;
            shape.N = any_size(&s, 20, true);
            shape.C = any_size(&s, 40, true);
            shape.S = any_size(&s, 300, true);
        }
        shape.eps = any_of(&s, epsilons, 3);
        shape.momentum = any_of(&s, momenta, 4);
        shape.unbiased = any(&s, 0, 1);
        shape.given = strstr(op->name, "_forward") && !any(&s, 0, 3);
    }
    return shape;
}
