/* SPDX-License-Identifier: MIT */
/*
 * bn_wide.h - the vocabulary of the batch normalisation engine: up to four vectors as one, and the activation of them.
 *
 * A lane of them is a channel (channels-last), an element (channels-first), or an element of one of the channels that lie
 * side by side (blocked). The last vector of a row may be masked, so
 * that nothing outside the arrays is read or written.
 */
#ifndef BATCHMARK_BN_WIDE_H
#define BATCHMARK_BN_WIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "bn_act.h"
#include "bn_element.h"
#include "bn_ideas.h"
#include "idea.h"

#define BN_INLINE static inline __attribute__((always_inline))

BM_IDEA_SWITCHES(BN_EACH_IDEA)

enum {
    BN_VECTORS = BM_HAS(WIDE) ? 4 : 1,
    BN_WIDE = BN_VECTORS * VF, /* elements of a wide */
    BN_TILE_VECTORS = BN_WIDE < 16 ? 16 / VF : BN_VECTORS, /* blocked: no less than the largest block */
};

/* Named members, because gcc 12 keeps an array of accumulators in memory. Members beyond the vectors that were loaded
 * mean nothing, and what is computed from them is dead code. */
struct wide { vf a, b, c, d; };

/* What of a wide counts: so many vectors, of which `last` masks the last one if `masked`. The first two are compile-time
 * constants. */
struct bn_span { int vectors; bool masked; vmask last; };

/* A wide that is full, and a span with the rest of its last vector. */
BN_INLINE struct bn_span bn_full(void) { return (struct bn_span){ BN_VECTORS, false, vf_first(VF) }; }
BN_INLINE struct bn_span bn_tile(void) { return (struct bn_span){ BN_TILE_VECTORS, false, vf_first(VF) }; }
BN_INLINE struct bn_span bn_whole(struct bn_span span) { return (struct bn_span){ span.vectors, false, span.last }; }

/* The mask of the last vector. */
static inline vmask bn_last(size_t width) { return vf_first((width - 1) % VF + 1); }

/* Executes a statement with a constant `span` that suits `width` elements, 1 <= width <= BN_WIDE. */
#define BN_SPAN(n, mask, last, ...)                                                                                    \
    {                                                                                                                  \
        const struct bn_span span = { n, mask, last };                                                                 \
        __VA_ARGS__;                                                                                                   \
    }                                                                                                                  \
    break
#define BN_FOR_SPAN(width, last, ...)                                                                                  \
    switch (2 * (((width) + VF - 1) / VF) - ((width) % VF == 0)) {                                                     \
    case 1: BN_SPAN(1, false, last, __VA_ARGS__);                                                                      \
    case 2: BN_SPAN(1, true, last, __VA_ARGS__);                                                                       \
    case 3: BN_SPAN(2, false, last, __VA_ARGS__);                                                                      \
    case 4: BN_SPAN(2, true, last, __VA_ARGS__);                                                                       \
    case 5: BN_SPAN(3, false, last, __VA_ARGS__);                                                                      \
    case 6: BN_SPAN(3, true, last, __VA_ARGS__);                                                                       \
    case 7: BN_SPAN(4, false, last, __VA_ARGS__);                                                                      \
    default: BN_SPAN(4, true, last, __VA_ARGS__);                                                                      \
    }

/* ---- loads and stores ------------------------------------------------------------------------------------------ */

BN_INLINE vf wide_load_one(const float *p, int v, struct bn_span span)
{
    return v >= span.vectors                      ? vf_zero()
           : v == span.vectors - 1 && span.masked ? vf_load_first(p + v * VF, span.last)
                                                  : vf_load(p + v * VF);
}
BN_INLINE struct wide wide_load(const float *p, struct bn_span span)
{
    return (struct wide){ wide_load_one(p, 0, span), wide_load_one(p, 1, span), wide_load_one(p, 2, span),
        wide_load_one(p, 3, span) };
}
/* Of a matrix. */
BN_INLINE vf wide_get_one(const bn_element *p, int v, struct bn_span span)
{
    return v >= span.vectors                      ? vf_zero()
           : v == span.vectors - 1 && span.masked ? bn_get_first(p + v * VF, span.last)
                                                  : bn_get(p + v * VF);
}
BN_INLINE struct wide wide_get(const bn_element *p, struct bn_span span)
{
    return (struct wide){ wide_get_one(p, 0, span), wide_get_one(p, 1, span), wide_get_one(p, 2, span),
        wide_get_one(p, 3, span) };
}
BN_INLINE void wide_store_one(float *p, int v, struct bn_span span, vf x)
{
    if (v == span.vectors - 1 && span.masked)
        vf_store_first(p + v * VF, span.last, x);
    else if (v < span.vectors)
        vf_store(p + v * VF, x);
}
BN_INLINE void wide_store(float *p, struct bn_span span, struct wide x)
{
    wide_store_one(p, 0, span, x.a);
    wide_store_one(p, 1, span, x.b);
    wide_store_one(p, 2, span, x.c);
    wide_store_one(p, 3, span, x.d);
}
#ifdef BN_BF16
/* Of the result: whole lines, past the caches if so chosen; what is less than one, and a masked vector, not. */
BN_INLINE void wide_put_pair(bn_element *p, int v, struct bn_span span, vf x, vf y, bool stream)
{
    const bool masked = span.masked && span.vectors - v <= 2;
    if (span.vectors - v >= 2 && !masked)
        bn_put_two(p + v * VF, x, y, stream);
    else if (span.vectors - v >= 2) {
        bn_put(p + v * VF, x);
        bn_put_first(p + (v + 1) * VF, span.last, y);
    } else if (span.vectors - v == 1 && masked)
        bn_put_first(p + v * VF, span.last, x);
    else if (span.vectors - v == 1)
        bn_put(p + v * VF, x);
}
BN_INLINE void wide_put(bn_element *p, struct bn_span span, struct wide x, bool stream)
{
    wide_put_pair(p, 0, span, x.a, x.b, stream);
    wide_put_pair(p, 2, span, x.c, x.d, stream);
}
#else
/* Of the result: past the caches if so chosen, but for a masked vector. */
BN_INLINE void wide_put_one(bn_element *p, int v, struct bn_span span, vf x, bool stream)
{
    if (stream && v < span.vectors && !(v == span.vectors - 1 && span.masked))
        vf_stream(p + v * VF, x);
    else
        wide_store_one(p, v, span, x);
}
BN_INLINE void wide_put(bn_element *p, struct bn_span span, struct wide x, bool stream)
{
    wide_put_one(p, 0, span, x.a, stream);
    wide_put_one(p, 1, span, x.b, stream);
    wide_put_one(p, 2, span, x.c, stream);
    wide_put_one(p, 3, span, x.d, stream);
}
#endif
/* To the second-level cache. Rows and strips lie too far apart for the hardware to do it. */
BN_INLINE void wide_fetch(const bn_element *p)
{
    for (int i = 0; i < BN_WIDE; i += BN_LINE)
        vf_fetch2(p + i);
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------ */

BN_INLINE struct wide wide_all(vf v) { return (struct wide){ v, v, v, v }; }
/* A vector as wide_load() would have read it: 0 in the lanes that are masked. */
BN_INLINE vf wide_end(vf x, int v, struct bn_span span)
{
    return v == span.vectors - 1 && span.masked ? vf_keep(span.last, x) : x;
}
BN_INLINE struct wide wide_ends(struct wide x, struct bn_span span)
{
    return (struct wide){ wide_end(x.a, 0, span), wide_end(x.b, 1, span), wide_end(x.c, 2, span), wide_end(x.d, 3, span) };
}
/* Of channels that lie side by side, 1, 8 or 16, what lies at p: each number in all lanes of its channel. */
BN_INLINE vf wide_repeat_one(const float *p, size_t v, size_t beside)
{
#ifdef __AVX512F__
    if (beside == VF / 2)
        return _mm512_broadcast_f32x8(_mm256_loadu_ps(p));
#endif
    return beside == 1 ? vf_set1(*p) : vf_load(p + v * VF % beside);
}
BN_INLINE struct wide wide_repeat(const float *p, size_t beside)
{
    return (struct wide){ wide_repeat_one(p, 0, beside), wide_repeat_one(p, 1, beside), wide_repeat_one(p, 2, beside),
        wide_repeat_one(p, 3, beside) };
}
/* The members that count from x, the others from y. */
BN_INLINE struct wide wide_join(struct bn_span span, struct wide x, struct wide y)
{
    return (struct wide){ x.a, span.vectors > 1 ? x.b : y.b, span.vectors > 2 ? x.c : y.c,
        span.vectors > 3 ? x.d : y.d };
}
BN_INLINE struct wide wide_add(struct wide x, struct wide y)
{
    return (struct wide){ vf_add(x.a, y.a), vf_add(x.b, y.b), vf_add(x.c, y.c), vf_add(x.d, y.d) };
}
BN_INLINE struct wide wide_sub(struct wide x, struct wide y)
{
    return (struct wide){ vf_sub(x.a, y.a), vf_sub(x.b, y.b), vf_sub(x.c, y.c), vf_sub(x.d, y.d) };
}
/* x - y. The same bits by fma: half of it, and all of it after an activation. */
BN_INLINE struct wide wide_less(struct wide x, struct wide y, bool acted)
{
    const vf one = vf_set1(1);
    if (!BM_HAS(PORTS))
        return wide_sub(x, y);
    return (struct wide){ vf_fnma(y.a, one, x.a), acted ? vf_fnma(y.b, one, x.b) : vf_sub(x.b, y.b),
        vf_fnma(y.c, one, x.c), acted ? vf_fnma(y.d, one, x.d) : vf_sub(x.d, y.d) };
}
BN_INLINE struct wide wide_mul(struct wide x, struct wide y)
{
    return (struct wide){ vf_mul(x.a, y.a), vf_mul(x.b, y.b), vf_mul(x.c, y.c), vf_mul(x.d, y.d) };
}
BN_INLINE struct wide wide_fma(struct wide x, struct wide y, struct wide z) /* x y + z */
{
    return (struct wide){ vf_fma(x.a, y.a, z.a), vf_fma(x.b, y.b, z.b), vf_fma(x.c, y.c, z.c), vf_fma(x.d, y.d, z.d) };
}
/* Sum of all lanes. */
BN_INLINE float wide_sum(struct wide x) { return vf_sum(vf_add(vf_add(x.a, x.b), vf_add(x.c, x.d))); }

/* The sum of each channel's lanes. Vectors beyond a tile must be 0. */
BN_INLINE void wide_fold(float *to, struct wide x, size_t beside)
{
    if (beside == 1) {
        *to = wide_sum(x);
    } else if (beside == 4 * VF) {
        vf_store(to, x.a), vf_store(to + VF, x.b), vf_store(to + 2 * VF, x.c), vf_store(to + 3 * VF, x.d);
    } else if (beside == 2 * VF) {
        vf_store(to, vf_add(x.a, x.c)), vf_store(to + VF, vf_add(x.b, x.d));
    } else {
        float lane[VF];
        vf_store(lane, vf_add(vf_add(x.a, x.b), vf_add(x.c, x.d)));
        for (size_t i = 0; i < beside; i++)
            to[i] = beside < VF ? lane[i] + lane[VF / 2 + i] : lane[i];
    }
}

/* Sum of n neighbours. */
BN_INLINE float bn_run_sum(const float *p, size_t n)
{
    vf sum = vf_zero();
    for (size_t i = 0; i < n; i += VF)
        sum = vf_add(sum, vf_load_first(p + i, vf_first(n - i < VF ? n - i : VF)));
    return vf_sum(sum);
}

/* ---- activation ------------------------------------------------------------------------------------------------
 * A file defines BN_PLACE, an enum bn_place, before it includes a pass. Which activation it is, is decided once a pass
 * and a compile-time constant in the loops. */
enum bn_curve { BN_LINEAR, BN_RELU, BN_LEAKY };
struct bn_activation { enum bn_curve curve; vf slope; };

/* The activations of x and of bn's result, given the one that the call wants. */
BN_INLINE struct bn_activation bn_of_x(struct bn_activation act)
{
    return (struct bn_activation){ BN_PLACE == ACT_BEFORE ? act.curve : BN_LINEAR, act.slope };
}
BN_INLINE struct bn_activation bn_of_y(struct bn_activation act)
{
    return (struct bn_activation){ BN_PLACE == ACT_AFTER ? act.curve : BN_LINEAR, act.slope };
}

BN_INLINE vf bn_one_act(vf v, struct bn_activation act)
{
    return act.curve == BN_LINEAR ? v
           : act.curve == BN_RELU ? vf_max(vf_zero(), v)
                                  : vf_select(vf_gt0(v), v, vf_mul(act.slope, v));
}
BN_INLINE float bn_scalar_act(float v, enum bn_curve curve, float slope)
{
    return curve == BN_LINEAR || v > 0 ? v : curve == BN_RELU ? 0 : slope * v;
}
BN_INLINE struct wide wide_act(struct wide v, struct bn_activation act)
{
    return (struct wide){ bn_one_act(v.a, act), bn_one_act(v.b, act), bn_one_act(v.c, act), bn_one_act(v.d, act) };
}
/* act'(v) d */
BN_INLINE vf bn_one_grad(vf d, vf v, struct bn_activation act)
{
    return act.curve == BN_LINEAR ? d
           : act.curve == BN_RELU ? vf_keep(vf_gt0(v), d)
                                  : vf_select(vf_gt0(v), d, vf_mul(act.slope, d));
}
BN_INLINE struct wide wide_act_grad(struct wide d, struct wide v, struct bn_activation act)
{
    return (struct wide){ bn_one_grad(d.a, v.a, act), bn_one_grad(d.b, v.b, act), bn_one_grad(d.c, v.c, act),
        bn_one_grad(d.d, v.d, act) };
}

#endif
