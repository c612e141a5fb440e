#include "shape.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a key sets, and which families know it. */
enum { BN = 1, GEMM = 2, ROWS = 4, PARAMS = 8 };
static const char *const family_names[] = { "bn", "gemm", "rows", "params" };

struct reader {
    const char *where;
    struct bm_error *error;
    struct bm_shape_line *line;
    size_t H, W;
    bool has_layout, nhwc;
    unsigned keys; /* bit i: size_keys[i] was given */
};

static const struct size_key {
    const char *name;
    size_t offset;
    unsigned families;
} size_keys[] = {
    { "N", offsetof(struct bm_shape, N), BN | GEMM | ROWS | PARAMS },
    { "C", offsetof(struct bm_shape, C), BN | ROWS },
    { "S", offsetof(struct bm_shape, S), BN },
    { "M", offsetof(struct bm_shape, M), GEMM },
    { "K", offsetof(struct bm_shape, K), GEMM },
    { "pad", offsetof(struct bm_shape, pad), BN | GEMM | ROWS },
};
static const struct float_key {
    const char *name;
    size_t offset;
} float_keys[] = {
    { "alpha", offsetof(struct bm_shape, alpha) },       { "beta", offsetof(struct bm_shape, beta) },
    { "slope", offsetof(struct bm_shape, slope) },       { "eps", offsetof(struct bm_shape, eps) },
    { "momentum", offsetof(struct bm_shape, momentum) },
};
static const char *const layout_names[] = { "nc", "nhwc", "nchw" };
static const char *const trans_names[] = { "NN", "NT", "TN", "TT" }; /* bit 1: ta, bit 0: tb */
static const char *const epilogue_names[] = { "none", "bias", "bias_relu", "bn_stats", "bias_bn_stats" };

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int index_of(const char *value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, names[i]) == 0)
            return (int)i;
    return -1;
}

static bool read_size(struct reader *r, const char *key, const char *value, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || errno || v > (1ull << 40))
        return bm_failed(r->error, "%s: %s=%s is not a whole number from 0 to 2^40", r->where, key, value);
    *out = (size_t)v;
    return true;
}

static bool read_name(struct reader *r, const char *key, const char *value, const char *const *names, size_t count,
                      int *out)
{
    char list[128] = "";
    *out = index_of(value, names, count);
    if (*out >= 0)
        return true;
    for (size_t i = 0; i < count; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
    return bm_failed(r->error, "%s: %s=%s: expected one of %s", r->where, key, value, list);
}

static bool read_key(struct reader *r, const char *key, const char *value)
{
    struct bm_shape *s = &r->line->shape;
    int choice;
    for (size_t i = 0; i < COUNT(size_keys); i++)
        if (strcmp(key, size_keys[i].name) == 0) {
            r->keys |= 1u << i;
            return read_size(r, key, value, (size_t *)(void *)((char *)s + size_keys[i].offset));
        }
    for (size_t i = 0; i < COUNT(float_keys); i++)
        if (strcmp(key, float_keys[i].name) == 0) {
            char *end;
            float v = strtof(value, &end);
            if (!*value || *end)
                return bm_failed(r->error, "%s: %s=%s is not a number", r->where, key, value);
            *(float *)(void *)((char *)s + float_keys[i].offset) = v;
            return true;
        }
    if (strcmp(key, "H") == 0)
        return read_size(r, key, value, &r->H);
    if (strcmp(key, "W") == 0)
        return read_size(r, key, value, &r->W);
    if (strcmp(key, "layout") == 0) {
        if (!read_name(r, key, value, layout_names, COUNT(layout_names), &choice))
            return false;
        r->has_layout = true;
        r->nhwc = choice == 1;
        s->layout = choice == 2 ? BM_CHANNELS_FIRST : BM_CHANNELS_LAST;
        return true;
    }
    if (strcmp(key, "trans") == 0) {
        if (!read_name(r, key, value, trans_names, COUNT(trans_names), &choice))
            return false;
        s->ta = choice >> 1;
        s->tb = choice & 1;
        return true;
    }
    if (strcmp(key, "epilogue") == 0) {
        if (!read_name(r, key, value, epilogue_names, COUNT(epilogue_names), &choice))
            return false;
        s->epilogue = (enum bm_epilogue)choice;
        return true;
    }
    if (strcmp(key, "unbiased") == 0 || strcmp(key, "given") == 0) {
        static const char *const no_yes[] = { "0", "1" };
        if (!read_name(r, key, value, no_yes, 2, &choice))
            return false;
        *(key[0] == 'u' ? &s->unbiased : &s->given) = choice;
        return true;
    }
    if (strcmp(key, "name") == 0) {
        snprintf(r->line->origin, sizeof r->line->origin, "%s", value);
        return true;
    }
    return bm_failed(r->error,
                     "%s: unknown key '%s'; known: N C S H W layout pad (BN), M N K trans alpha beta epilogue (gemm), "
                     "slope eps momentum unbiased given name x<times>",
                     r->where, key);
}

static bool read_word(struct reader *r, char *word, bool first)
{
    char *equals = strchr(word, '=');
    if (equals) {
        *equals = '\0';
        return read_key(r, word, equals + 1);
    }
    if (word[0] == 'x' && isdigit((unsigned char)word[1])) {
        size_t times;
        if (!read_size(r, "x", word + 1, &times))
            return false;
        r->line->weight = (unsigned)times;
        return true;
    }
    if (first && (index_of(word, family_names, COUNT(family_names)) >= 0 || bm_find_op(word))) {
        snprintf(r->line->scope, sizeof r->line->scope, "%s", word);
        return true;
    }
    return bm_failed(
        r->error,
        "%s: '%s' is neither key=value, nor x<times>, nor (as the first word) an op or one of bn, gemm, rows, params",
        r->where, word);
}

/* H and W become S (channels-first) or rows (channels-last); PyTorch's layout is the default for images. */
static bool finish(struct reader *r)
{
    struct bm_shape *s = &r->line->shape;
    if (r->H || r->W) {
        if (!r->H || !r->W)
            return bm_failed(r->error, "%s: H and W go together", r->where);
        if (r->keys & 4)
            return bm_failed(r->error, "%s: give H and W, or S, not both", r->where);
        s->S = r->H * r->W;
        if (!r->has_layout)
            s->layout = BM_CHANNELS_FIRST;
    } else if (s->S != 1 && !r->has_layout)
        s->layout = BM_CHANNELS_FIRST;
    if (s->layout == BM_CHANNELS_LAST && s->S != 1) { /* NHWC is a matrix of N*H*W rows */
        s->N *= s->S;
        s->S = 1;
    }
    return true;
}

bool bm_shape_parse(const char *text, const char *where, struct bm_shape_line *line, struct bm_error *error)
{
    struct reader r = { .where = where, .error = error, .line = line };
    *line = (struct bm_shape_line){ .weight = 1,
                                    .shape = { .S = 1, .alpha = 1, .eps = 1e-5f, .momentum = 0.1f, .unbiased = true } };
    char copy[512];
    if (strlen(text) >= sizeof copy)
        return bm_failed(error, "%s: line longer than %zu characters", where, sizeof copy - 1);
    strcpy(copy, text);
    char *rest = NULL;
    bool first = true;
    for (char *word = strtok_r(copy, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest), first = false)
        if (!read_word(&r, word, first))
            return false;
    if (!(r.keys & 1))
        return bm_failed(error, "%s: no N=... given; e.g. 'N=32 C=300' or 'gemm M=64 N=512 K=784 trans=NN'", where);
    if (!finish(&r))
        return false;
    if (!line->scope[0]) { /* the sizes tell: M and K mean gemm, C means rows and channels, N alone parameters */
        bool gemm = r.keys & (8 | 16), channels = r.keys & 2;
        if (gemm)
            strcpy(line->scope, "gemm");
        else if (!channels)
            strcpy(line->scope, "params");
        else if (line->shape.layout == BM_CHANNELS_FIRST)
            strcpy(line->scope, "bn");
    }
    if (strcmp(line->scope, "gemm") == 0 && (r.keys & (1 | 8 | 16)) != (1 | 8 | 16))
        return bm_failed(error, "%s: gemm needs M=, N= and K=", where);
    if ((strcmp(line->scope, "bn") == 0 || strcmp(line->scope, "rows") == 0) && !(r.keys & 2))
        return bm_failed(error, "%s: %s needs N= and C=", where, line->scope);
    return true;
}

bool bm_shape_fits(const struct bm_shape_line *line, const struct bm_op *op)
{
    if (line->scope[0])
        return strcmp(line->scope, op->name) == 0 || strcmp(line->scope, op->family) == 0;
    return strcmp(op->family, "bn") == 0 || strcmp(op->family, "rows") == 0;
}

static unsigned family_of(const struct bm_op *op)
{
    return 1u << index_of(op->family, family_names, COUNT(family_names));
}

char *bm_shape_label(const struct bm_op *op, const struct bm_shape *s, char label[static BM_LABEL])
{
    unsigned family = family_of(op);
    size_t used = 0;
#define ADD(...) (used += (size_t)snprintf(label + used, BM_LABEL - used, __VA_ARGS__))
    if (family == GEMM) {
        ADD("M=%zu N=%zu K=%zu trans=%s", s->M, s->N, s->K, trans_names[s->ta * 2 + s->tb]);
        if (s->alpha != 1)
            ADD(" alpha=%.9g", s->alpha);
        if (s->beta != 0)
            ADD(" beta=%.9g", s->beta);
        if (s->epilogue)
            ADD(" epilogue=%s", epilogue_names[s->epilogue]);
    } else {
        ADD("N=%zu", s->N);
        if (family != PARAMS)
            ADD(" C=%zu", s->C);
        if (family == BN && s->layout == BM_CHANNELS_FIRST)
            ADD(" S=%zu layout=nchw", s->S);
        if (family == BN && s->eps != 1e-5f)
            ADD(" eps=%.9g", s->eps);
        if (family == BN && s->momentum != 0.1f)
            ADD(" momentum=%.9g", s->momentum);
        if (family == BN && !s->unbiased)
            ADD(" unbiased=0");
        if (family == BN && s->given)
            ADD(" given=1");
    }
    if (s->pad)
        ADD(" pad=%zu", s->pad);
    if (s->slope != 0)
        ADD(" slope=%.9g", s->slope);
#undef ADD
    return label;
}

bool bm_shape_equal(const struct bm_op *op, const struct bm_shape *a, const struct bm_shape *b)
{
    char la[BM_LABEL], lb[BM_LABEL];
    return strcmp(bm_shape_label(op, a, la), bm_shape_label(op, b, lb)) == 0;
}
