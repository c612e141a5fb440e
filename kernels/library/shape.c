/* SPDX-License-Identifier: MIT */
/* shape.c - one line of text to a shape and back, by the keys of the ops' families (op.h). */
#include "shape.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define MOST_ELEMENTS 1125899906842624. /* 2^50: of all sizes multiplied */

enum { MOST_KEYS = 32 };

/* A line that is being read. */
struct reader {
    const char *where;
    struct bm_error *error;
    struct bm_shape_line *line;
    unsigned families; /* bit i: bm_family_at(i) may be meant */
    unsigned keys;     /* that were given: */
    struct {
        const char *name, *value;
    } key[MOST_KEYS];
};

static void *member(struct bm_shape *shape, const struct bm_key *key) { return (char *)shape + key->offset; }

/* What a key is in a shape: a size, a number, or the value of a word. */
static double value_of(const struct bm_key *key, const struct bm_shape *shape)
{
    const void *at = (const char *)shape + key->offset;
    switch (key->type) {
    case BM_KEY_NUMBER: return *(const float *)at;
    case BM_KEY_WORD: return *(const int *)at;
    case BM_KEY_FLAG: return *(const bool *)at;
    case BM_KEY_PAIR: return 2 * ((const bool *)at)[0] + ((const bool *)at)[1];
    default: return (double)*(const size_t *)at;
    }
}

static void set_word(const struct bm_key *key, struct bm_shape *shape, int value)
{
    void *at = member(shape, key);
    if (key->type == BM_KEY_WORD)
        *(int *)at = value;
    else if (key->type == BM_KEY_FLAG)
        *(bool *)at = value;
    else
        ((bool *)at)[0] = value >> 1, ((bool *)at)[1] = value & 1;
}

static const struct bm_word *words_of(const struct bm_key *key)
{
    static const struct bm_word no_yes[] = { { "0", 0 }, { "1", 1 }, { NULL, 0 } };
    return key->type == BM_KEY_FLAG ? no_yes : key->words;
}

/* Appends to a list that has `room` bytes. */
static void append(char *list, size_t room, const char *separator, const char *word)
{
    const size_t used = strlen(list);
    snprintf(list + used, room - used, "%s%s", used ? separator : "", word);
}

/* "nc, nhwc, nchw" */
static char *words_text(const struct bm_key *key, char text[static BM_LABEL])
{
    text[0] = '\0';
    for (const struct bm_word *w = words_of(key); w->name; w++)
        append(text, BM_LABEL, ", ", w->name);
    return text;
}

char *bm_key_values(const struct bm_key *key, char text[static BM_LABEL])
{
    if (key->type != BM_KEY_SIZE && key->type != BM_KEY_FACTOR && key->type != BM_KEY_NUMBER)
        return words_text(key, text);
    snprintf(text, BM_LABEL, "%s",
             key->type != BM_KEY_NUMBER ? "whole number"
             : key->least < 0           ? "number"
                                        : "number >= 0");
    return text;
}

static bool read_size(const struct reader *r, const char *name, const char *text, double most, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || (double)v > most)
        return bm_failed(r->error, "%s: %s=%s is not a whole number from 0 to %.0f", r->where, name, text, most);
    *out = (size_t)v;
    return true;
}

static bool read_number(const struct reader *r, const struct bm_key *key, const char *text, float *out)
{
    char *end;
    errno = 0;
    const float v = strtof(text, &end);
    if (!*text || *end)
        return bm_failed(r->error, "%s: %s=%s is not a number", r->where, key->name, text);
    if (v == 0 && errno)
        return bm_failed(r->error, "%s: %s=%s is too small for float: give 0 or 1.5e-45 at least", r->where, key->name,
                         text);
    if (!((double)v >= key->least && (double)v <= key->most))
        return bm_failed(r->error, "%s: %s=%s is not a number from %.9g to %.9g", r->where, key->name, text, key->least,
                         key->most);
    *out = v + 0.0f; /* -0 is 0 */
    return true;
}

static bool read_word(const struct reader *r, const struct bm_key *key, const char *text, struct bm_shape *shape)
{
    char list[BM_LABEL];
    for (const struct bm_word *w = words_of(key); w->name; w++)
        if (strcmp(w->name, text) == 0) {
            set_word(key, shape, w->value);
            return true;
        }
    return bm_failed(r->error, "%s: %s=%s: expected one of %s", r->where, key->name, text, words_text(key, list));
}

/* A factor multiplies what the factors before it made of the product, which begins as 1. */
static bool read_value(const struct reader *r, const struct bm_key *key, const char *text, struct bm_shape *shape)
{
    size_t factor;
    switch (key->type) {
    case BM_KEY_SIZE: return read_size(r, key->name, text, key->most, member(shape, key));
    case BM_KEY_NUMBER: return read_number(r, key, text, member(shape, key));
    case BM_KEY_FACTOR: break;
    default: return read_word(r, key, text, shape);
    }
    size_t *product = member(shape, key);
    if (!read_size(r, key->name, text, key->most, &factor))
        return false;
    if ((double)*product * (double)factor > key->most)
        return bm_failed(r->error, "%s: %s=%s makes a product of more than %.0f", r->where, key->name, text, key->most);
    *product *= factor;
    return true;
}

static const struct bm_key *key_of(const struct bm_family *family, const char *name)
{
    for (const struct bm_key *k = family->key; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

static bool needed(const struct bm_key *key) { return !key->usual && key->type != BM_KEY_FACTOR; }

/* The value that a line gives a key, or NULL. */
static const char *given(const struct reader *r, const char *name)
{
    for (unsigned i = 0; i < r->keys; i++)
        if (strcmp(r->key[i].name, name) == 0)
            return r->key[i].value;
    return NULL;
}

char *bm_family_keys(const struct bm_family *family, bool all, char text[static BM_LABEL])
{
    text[0] = '\0';
    for (const struct bm_key *k = family->key; k->name; k++)
        if (all || needed(k))
            append(text, BM_LABEL, " ", k->name);
    return text;
}

/* "bn needs N C, gemm needs M N K" of the families that are in question. */
static void families_text(const struct reader *r, const char *verb, bool all, char *text, size_t room)
{
    const struct bm_family *f;
    text[0] = '\0';
    for (unsigned i = 0; (f = bm_family_at(i)); i++) {
        char keys[BM_LABEL], one[BM_LABEL + 64];
        snprintf(one, sizeof one, "%s %s %s", f->name, verb, bm_family_keys(f, all, keys));
        if (r->families >> i & 1)
            append(text, room, ", ", one);
    }
}

/* ---- the words of a line ---- */

static bool take_scope(struct reader *r, const char *word)
{
    const struct bm_op *op = bm_find_op(word);
    const struct bm_family *f;
    unsigned meant = 0;
    for (unsigned i = 0; (f = bm_family_at(i)); i++)
        if (strcmp(f->name, op ? op->family->name : word) == 0)
            meant |= 1u << i;
    if (!meant || strlen(word) >= sizeof r->line->scope)
        return false;
    r->families = meant;
    strcpy(r->line->scope, word);
    return true;
}

static bool take_origin(struct reader *r, const char *origin)
{
    if (r->line->origin[0])
        return bm_failed(r->error, "%s: name= is given twice", r->where);
    if (strlen(origin) >= sizeof r->line->origin)
        return bm_failed(r->error, "%s: name=%s is longer than %zu characters", r->where, origin,
                         sizeof r->line->origin - 1);
    strcpy(r->line->origin, origin);
    return true;
}

static bool take_word(struct reader *r, char *word, bool first, bool *weighed)
{
    char *equals = strchr(word, '='), names[256] = "";
    if (equals) {
        *equals = '\0';
        if (strcmp(word, "name") == 0)
            return take_origin(r, equals + 1);
        if (given(r, word))
            return bm_failed(r->error, "%s: %s= is given twice", r->where, word);
        if (r->keys == MOST_KEYS)
            return bm_failed(r->error, "%s: more than %d keys", r->where, MOST_KEYS);
        r->key[r->keys].name = word;
        r->key[r->keys++].value = equals + 1;
        return true;
    }
    if (word[0] == 'x' && isdigit((unsigned char)word[1])) {
        size_t times;
        if (*weighed)
            return bm_failed(r->error, "%s: x<times> is given twice", r->where);
        if (!read_size(r, "x", word + 1, INT_MAX, &times))
            return false;
        r->line->weight = (unsigned)times;
        return *weighed = true;
    }
    if (first && take_scope(r, word))
        return true;
    const struct bm_family *f;
    struct bm_names known = { NULL, 0 };
    for (unsigned i = 0; (f = bm_family_at(i)); i++) {
        append(names, sizeof names, ", ", f->name);
        bm_names_add(&known, f->name);
    }
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        bm_names_add(&known, (*op)->name);
    const char *nearest = first ? bm_nearest(word, &known) : NULL;
    bm_names_free(&known);
    return bm_failed(r->error,
                     "%s: '%s' is neither key=value, nor x<times>, nor (as the first word) an op or one of %s%s%s%s",
                     r->where, word, names, nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* ---- which families are meant, and what of them ---- */

/* Leaves the families that know all keys. */
static bool know_keys(struct reader *r)
{
    char known[400];
    const struct bm_family *f;
    for (unsigned k = 0; k < r->keys; k++) {
        unsigned know = 0;
        bool anybody = false;
        for (unsigned i = 0; (f = bm_family_at(i)); i++)
            if (key_of(f, r->key[k].name)) {
                anybody = true;
                know |= r->families & 1u << i;
            }
        families_text(r, "has", true, known, sizeof known);
        if (!anybody)
            return bm_failed(r->error, "%s: unknown key '%s'; %s; all have name=... and x<times>", r->where,
                             r->key[k].name, known);
        if (!know && r->line->scope[0])
            return bm_failed(r->error, "%s: '%s' is no key of %s; %s", r->where, r->key[k].name, r->line->scope, known);
        if (!know)
            return bm_failed(r->error, "%s: no op has '%s' and all keys before it; %s", r->where, r->key[k].name,
                             known);
        r->families = know;
    }
    return true;
}

/* Of those, the ones that have all they need; their names are the scope of a line that began without one. */
static bool need_keys(struct reader *r)
{
    char needs[400];
    const struct bm_family *f;
    const bool scoped = r->line->scope[0];
    unsigned complete = r->families;
    for (unsigned i = 0; (f = bm_family_at(i)); i++)
        for (const struct bm_key *k = f->key; k->name; k++)
            if (needed(k) && !given(r, k->name))
                complete &= ~(1u << i);
    families_text(r, "needs", false, needs, sizeof needs);
    if (!complete)
        return bm_failed(r->error, "%s: a key is missing: %s", r->where, needs);
    r->families = complete;
    for (unsigned i = 0; (f = bm_family_at(i)); i++)
        if (!scoped && complete >> i & 1)
            append(r->line->scope, sizeof r->line->scope, " ", f->name);
    return true;
}

/* H and W go together, and not with S. */
static bool agree(const struct reader *r, const struct bm_family *family)
{
    for (const struct bm_key *k = family->key; k->name; k++)
        for (const struct bm_key *other = family->key; k->type == BM_KEY_FACTOR && other->name; other++) {
            if (other == k || other->offset != k->offset || !given(r, k->name))
                continue;
            if (other->type == BM_KEY_FACTOR && !given(r, other->name))
                return bm_failed(r->error, "%s: %s= needs %s=: they go together", r->where, k->name, other->name);
            if (other->type == BM_KEY_SIZE && given(r, other->name))
                return bm_failed(r->error, "%s: give %s= or %s=, not both", r->where, k->name, other->name);
        }
    return true;
}

static bool too_large(const struct reader *r, const struct bm_family *family, const struct bm_shape *shape)
{
    double elements = 1;
    for (const struct bm_key *k = family->key; k->name; k++) {
        const double size = k->type == BM_KEY_SIZE ? value_of(k, shape) : 1;
        elements *= size > 1 ? size : 1;
        if (elements > MOST_ELEMENTS)
            return !bm_failed(r->error, "%s: %s=%.0f makes the problem too large: sizes multiply to more than 2^50",
                              r->where, k->name, size);
        if (size > k->most && k->type == BM_KEY_SIZE)
            return !bm_failed(r->error, "%s: %s becomes %.0f and may be %.0f", r->where, k->name, size, k->most);
    }
    return false;
}

/* Reads the values by one family's keys, which are those of all that are meant, and lets it settle them. */
static bool read_values(const struct reader *r, const struct bm_family *family, struct bm_shape *shape)
{
    unsigned mask = 0;
    for (const struct bm_key *k = family->key; k->name; k++) {
        const char *text = given(r, k->name);
        if (text && !read_value(r, k, text, shape))
            return false;
        mask |= (unsigned)(text != NULL) << (k - family->key);
    }
    if (too_large(r, family, shape))
        return false;
    if (family->settle)
        family->settle(shape, mask);
    return !too_large(r, family, shape);
}

static void set_usual(struct bm_shape *shape)
{
    const struct reader silent = { .where = "" };
    const struct bm_family *f;
    *shape = (struct bm_shape){ 0 };
    for (size_t i = 0; (f = bm_family_at(i)); i++)
        for (const struct bm_key *k = f->key; k->name; k++)
            if (k->usual)
                read_value(&silent, k, k->usual, shape);
}

bool bm_shape_parse(const char *text, const char *where, struct bm_shape_line *line, struct bm_error *error)
{
    struct reader r = { .where = where, .error = error, .line = line };
    const struct bm_family *f;
    char copy[512], *rest = NULL;
    bool first = true, weighed = false;
    *line = (struct bm_shape_line){ .weight = 1 };
    if (strlen(text) >= sizeof copy)
        return bm_failed(error, "%s: line longer than %zu characters", where, sizeof copy - 1);
    strcpy(copy, text);
    for (unsigned i = 0; bm_family_at(i); i++)
        r.families |= 1u << i;
    for (char *word = strtok_r(copy, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest), first = false)
        if (!take_word(&r, word, first, &weighed))
            return false;
    if (!know_keys(&r) || !need_keys(&r))
        return false;
    set_usual(&line->shape);
    for (unsigned i = 0; (f = bm_family_at(i)); i++) {
        struct bm_shape shape = line->shape;
        if (!(r.families >> i & 1))
            continue;
        if (!agree(&r, f) || !read_values(&r, f, &shape))
            return false;
        line->shape = shape;
    }
    return true;
}

bool bm_shape_fits(const struct bm_shape_line *line, const struct bm_op *op)
{
    char scope[sizeof line->scope], *rest = NULL;
    strcpy(scope, line->scope);
    for (char *word = strtok_r(scope, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        if (strcmp(word, op->name) == 0 || strcmp(word, op->family->name) == 0)
            return true;
    return false;
}

/* ---- labels ---- */

static bool as_usual(const struct bm_key *key, const struct bm_shape *shape)
{
    const struct reader silent = { .where = "" };
    struct bm_shape usual = { 0 };
    return key->usual && read_value(&silent, key, key->usual, &usual) && value_of(key, &usual) == value_of(key, shape);
}

static bool in_label(const struct bm_key *key, const struct bm_shape *shape)
{
    return key->type != BM_KEY_FACTOR &&
           (needed(key) || key->shown || (key->shown_with_next && in_label(key + 1, shape)) ||
            (!key->shown_with_next && !as_usual(key, shape)));
}

char *bm_shape_label(const struct bm_op *op, const struct bm_shape *shape, char label[static BM_LABEL])
{
    label[0] = '\0';
    for (const struct bm_key *k = op->family->key; k->name; k++) {
        char text[64] = "";
        const double v = value_of(k, shape);
        if (!in_label(k, shape))
            continue;
        if (k->type == BM_KEY_SIZE || k->type == BM_KEY_NUMBER)
            snprintf(text, sizeof text, k->type == BM_KEY_SIZE ? "%s=%.0f" : "%s=%.9g", k->name, v + 0.0);
        for (const struct bm_word *w = words_of(k); w && w->name; w++)
            if (w->value == (int)v)
                snprintf(text, sizeof text, "%s=%s", k->name, w->name);
        append(label, BM_LABEL, " ", text);
    }
    return label;
}

bool bm_shape_equal(const struct bm_op *op, const struct bm_shape *a, const struct bm_shape *b)
{
    char la[BM_LABEL], lb[BM_LABEL];
    return strcmp(bm_shape_label(op, a, la), bm_shape_label(op, b, lb)) == 0;
}
