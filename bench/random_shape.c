/* SPDX-License-Identifier: MIT */
#include "random_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "shape.h"

struct stream {
    uint64_t seed, at;
};

static int any(struct stream *s, int lo, int hi) { return bm_integer(s->seed, s->at++, lo, hi); }

/* 1 to about `most`, every magnitude equally often; now and then 0. */
static int any_size(struct stream *s, double most)
{
    if (any(s, 0, 40) == 0)
        return 0;
    int limit = 2;
    while (limit < most && any(s, 0, 5))
        limit *= 2;
    return any(s, 1, limit < most ? limit : most > 1 ? (int)most : 1);
}

/* One of the words of a text; returns its length. */
static int any_word(struct stream *s, const char **text)
{
    int count = 1;
    for (const char *p = *text; *p; p++)
        count += *p == ' ';
    for (int skip = any(s, 0, count - 1); skip; skip--)
        *text = strchr(*text, ' ') + 1;
    return (int)strcspn(*text, " ");
}

static const char *any_name(struct stream *s, const struct bm_word *words)
{
    int count = 0;
    while (words[count].name)
        count++;
    return words[any(s, 0, count - 1)].name;
}

static bool has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);
    for (const char *p = text; p && (p = strstr(p, word)); p += length)
        if ((p == text || p[-1] == ' ') && (p[length] == ' ' || !p[length]))
            return true;
    return false;
}

/* " key=value"; a size takes its share of the room for all sizes. */
static void add_key(struct stream *s, const struct bm_key *key, double *room, char *text, size_t size)
{
    const char *number = key->drawn;
    int length;
    switch (key->type) {
    case BM_KEY_SIZE:
        length = any_size(s, (double)key->drawn_most < *room ? (double)key->drawn_most : *room);
        snprintf(text, size, " %s=%d", key->name, length);
        *room /= length ? length : 1;
        break;
    case BM_KEY_NUMBER:
        length = any_word(s, &number);
        snprintf(text, size, " %s=%.*s", key->name, length, number);
        break;
    case BM_KEY_FLAG: snprintf(text, size, " %s=%d", key->name, any(s, 0, 1)); break;
    default: snprintf(text, size, " %s=%s", key->name, any_name(s, key->words));
    }
}

struct bm_shape bm_random_shape(const struct bm_op *op, uint64_t seed, uint64_t i)
{
    struct stream s = { bm_hash(seed, i), 0 };
    struct bm_shape_line line;
    struct bm_error error;
    char text[2 * BM_LABEL];
    double room = op->family->drawn_most;
    snprintf(text, sizeof text, "%s", op->name);
    for (const struct bm_key *k = op->family->key; k->name; k++) {
        const size_t used = strlen(text);
        const bool usual = k->usual && any(&s, 0, 1);
        if (k->type != BM_KEY_FACTOR && !usual && !has_word(op->ignores, k->name))
            add_key(&s, k, &room, text + used, sizeof text - used);
    }
    if (!bm_shape_parse(text, "random shape", &line, &error))
        bm_die(BM_EXIT_FAILED, "%s (%s)", error.text, text);
    return line.shape;
}
