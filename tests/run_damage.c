#include "run_damage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "validate.h"

enum { MOST_CONTAINERS = 4096 };

size_t pick(unsigned long long *state, size_t n)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return (size_t)(*state >> 33) % n;
}

/* ---- damage ---- */

/* All objects and lists that are not empty. */
static size_t gather(json_t *at, json_t **list, size_t n)
{
    const char *key;
    json_t *value;
    size_t i;
    if (n < MOST_CONTAINERS && (json_object_size(at) || json_array_size(at)))
        list[n++] = at;
    json_object_foreach(at, key, value) n = gather(value, list, n);
    json_array_foreach(at, i, value) n = gather(value, list, n);
    return n;
}

static json_t *odd_value(unsigned long long *state)
{
    static const double odd[] = { 0, -1, 1, 2, 0.5, 1e-320, 1e18, 1e300, -1e300, 4294967296.0, 1e9 };
    const size_t kind = pick(state, 8);
    return kind == 0   ? json_null()
           : kind == 1 ? json_boolean(pick(state, 2))
           : kind == 2 ? json_string("")
           : kind == 3 ? json_string("a\nb\x7f/\xc3\xa9")
           : kind == 4 ? json_array()
           : kind == 5 ? json_object()
           : kind == 6 ? json_real(odd[pick(state, sizeof odd / sizeof *odd)])
                       : json_integer((json_int_t)odd[pick(state, 7)]);
}

static json_t *changed(const json_t *value, unsigned long long *state)
{
    switch (pick(state, 4)) {
    case 0: return json_is_real(value) ? json_real(json_real_value(value) * 1.001) : odd_value(state);
    case 1:
        return json_is_integer(value) && json_integer_value(value) < 1000 ? json_integer(json_integer_value(value) + 1)
                                                                          : odd_value(state);
    default: return odd_value(state);
    }
}

static void damage_list(json_t *list, json_t *other, unsigned long long *state)
{
    const size_t i = pick(state, json_array_size(list));
    switch (pick(state, 4)) {
    case 0: json_array_remove(list, i); return;
    case 1: json_array_insert_new(list, i, json_deep_copy(json_array_get(list, i))); return;
    case 2: json_array_append_new(list, json_deep_copy(other)); return;
    default: json_array_set_new(list, i, changed(json_array_get(list, i), state));
    }
}

static void damage_object(json_t *object, json_t *other, unsigned long long *state)
{
    void *at = json_object_iter(object);
    for (size_t i = pick(state, json_object_size(object)); i > 0; i--)
        at = json_object_iter_next(object, at);
    const char *key = json_object_iter_key(at);
    json_t *value = json_object_iter_value(at);
    switch (pick(state, 6)) {
    case 0: json_object_del(object, key); return;
    case 1: json_object_set_new(object, key, json_deep_copy(other)); return;
    case 2: json_object_set_new(object, "renamed", json_deep_copy(value)); return;
    default: json_object_set_new(object, key, changed(value, state));
    }
}

void damage_json(json_t *document, unsigned long long *state)
{
    json_t **list = malloc(MOST_CONTAINERS * sizeof(json_t *));
    const size_t n = gather(document, list, 0);
    if (n > 0) {
        json_t *at = list[pick(state, n)], *other = list[pick(state, n)];
        if (json_is_array(at))
            damage_list(at, other, state);
        else
            damage_object(at, other, state);
    }
    free(list);
}

size_t damage_text(char *text, size_t length, unsigned long long *state)
{
    static const char odd[] = "\"{}[],:\\-+eE0129.ntf\x01\x80\xff";
    const size_t at = pick(state, length), some = 1 + pick(state, 16), end = at + some < length ? at + some : length;
    switch (pick(state, 4)) {
    case 0: text[at] = odd[pick(state, sizeof odd - 1)]; return length;
    case 1: text[at] = (char)(text[at] ^ (1 << pick(state, 8))); return length;
    case 2: memmove(text + at, text + end, length - end); return length - (end - at);
    default: memmove(text + at, text + pick(state, length - (end - at) + 1), end - at); return length;
    }
}

/* ---- the walk ---- */

static volatile size_t walked; /* characters: reading them cannot be left out */

static bool consistent(const struct bm_run *run, const struct bm_run_case *c)
{
    const char *const texts[] = { c->name,   c->kernel, c->op,    c->shape, c->cache,
                                  c->origin, c->level,  c->bound, c->stop,  c->code };
    size_t samples = 0;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        walked += strlen(texts[i]);
    for (size_t l = 0; l < c->launches; l++) {
        const struct bm_run_launch *launch = &c->launch[l];
        samples += launch->count;
        for (size_t i = 0; i < launch->count; i++) {
            least = fmin(least, launch->s[i]);
            most = fmax(most, launch->s[i]);
        }
        if (!(launch->median_s >= least && launch->median_s <= most))
            return false;
    }
    return bm_run_find(run, c->name) == c && samples <= c->samples && samples > 0 && least > 0 &&
           c->stats.min == least && c->stats.max == most && c->p95_s >= least && c->p95_s <= most &&
           c->stats.low <= c->stats.median && c->stats.median <= c->stats.high && c->threads > 0;
}

static bool walk_run(const struct bm_run *run)
{
    char text[256];
    json_t *other = json_pack("{s:s, s:i}", "machine", "another", "cores", 3);
    bool ok = !bm_fingerprints_differ(run->fingerprint, run->fingerprint, text);
    bm_fingerprints_differ(run->fingerprint, other, text);
    bm_fingerprints_differ(other, run->fingerprint, text);
    json_decref(other);
    ok = ok && strlen(text) < sizeof text && !bm_run_find(run, "no such case");
    walked += strlen(run->machine) + strlen(run->commit) + strlen(run->date);
    for (size_t i = 0; i < run->cases; i++)
        ok = ok && run->by_name[i] < run->cases && consistent(run, &run->cased[i]);
    return ok;
}

static bool one_line(const struct bm_error *error) { return *error->text && !strpbrk(error->text, "\n\r\x1b"); }

bool walk_result(const char *text, size_t length, bool *valid)
{
    struct bm_document document;
    struct bm_run run;
    struct bm_error error = { "" };
    char about[128];
    if (valid)
        *valid = false;
    if (!bm_document_parse(text, length, "made-up.json", &document, &error))
        return one_line(&error);
    const bool is_valid = bm_validate_document(&document, about, &error);
    bool ok = is_valid || one_line(&error);
    if (bm_run_parse(text, length, "made-up.json", &run, &error))
        ok = ok && walk_run(&run);
    else
        ok = ok && one_line(&error) && !(is_valid && strcmp(document.kind, "bench") == 0);
    if (valid)
        *valid = is_valid;
    bm_run_free(&run);
    bm_document_free(&document);
    return ok;
}
