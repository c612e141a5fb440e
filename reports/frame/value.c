/* SPDX-License-Identifier: MIT */
/* value.c - numbers as they are shown: three digits and a unit. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

const char *bm_seconds_text(double s, char text[static 16])
{
    static const char *const unit[] = { "s", "ms", "us", "ns" };
    int i = 0;
    while (i < 3 && s < 0.9995)
        s *= 1e3, i++;
    snprintf(text, 16, "%.*f %s", s < 9.995 ? 2 : s < 99.95 ? 1 : 0, s, unit[i]);
    return text;
}

struct bm_value bm_value_of(double x, enum bm_unit unit, const struct bm_source *source, const char *from, ...)
{
    struct bm_value v = { .x = x, .unit = unit, .source = source };
    va_list list;
    va_start(list, from);
    vsnprintf(v.from, sizeof v.from, from, list);
    va_end(list);
    return v;
}

struct bm_value bm_derived(double x, enum bm_unit unit, const struct bm_source *source)
{
    return (struct bm_value){ .x = x, .unit = unit, .source = source };
}

struct bm_value bm_value_or(struct bm_value value, const char *none)
{
    value.none = none;
    return value;
}

/* ---- numbers worked out from a file ---- */

/* The number at a path, or of [*] the sum of all; `count`: how many there are. */
static double follow(const json_t *at, const char *path, bool count)
{
    const json_t *one;
    char key[64];
    size_t i;
    for (int n = 0; *path; path += n, n = 0)
        if (strncmp(path, "[*]", 3) == 0) {
            double sum = 0;
            json_array_foreach(at, i, one)
            {
                const double x = follow(one, path + 3, count);
                sum += isnan(x) ? 0 : x;
            }
            return sum;
        } else if (sscanf(path, "[%zu]%n", &i, &n) == 1 && n)
            at = json_array_get(at, i);
        else if (sscanf(path + (*path == '.'), "%63[A-Za-z0-9_]%n", key, &n) == 1) {
            at = json_object_get(at, key);
            n += *path == '.';
        } else
            return NAN;
    return count ? at && !json_is_null(at) : json_is_number(at) ? json_number_value(at) : NAN;
}

static double path_of(const struct bm_source *s, const char **at, bool count)
{
    char path[200];
    const bool root = **at == '/';
    const char *from = *at += root;
    while (isalnum((unsigned char)**at) || (**at && strchr("_.[]", **at)) || strncmp(*at, "*]", 2) == 0)
        ++*at;
    snprintf(path, sizeof path, "%.*s", (int)(*at - from), from);
    return follow(root ? s->document.json : s->document.ours, path, count);
}

static double factor_of(const struct bm_source *s, const char **at)
{
    const bool sum = strncmp(*at, "sum(", 4) == 0, count = strncmp(*at, "count(", 6) == 0;
    char *end = NULL;
    double x = isdigit((unsigned char)**at) ? strtod(*at, &end) : 0;
    if (end) {
        *at = end;
        return x;
    }
    if (!sum && !count)
        return path_of(s, at, false);
    for (*at += strcspn(*at, "("); **at == '(' || **at == ',';) {
        ++*at;
        x += path_of(s, at, count);
    }
    *at += **at == ')';
    return x;
}

struct bm_value bm_value_from(enum bm_unit unit, const struct bm_source *source, const char *from, ...)
{
    struct bm_value v = { .unit = unit, .source = source };
    const char *at = v.from;
    va_list list;
    va_start(list, from);
    vsnprintf(v.from, sizeof v.from, from, list);
    va_end(list);
    v.x = factor_of(source, &at);
    while (*at == '*' || *at == '/') {
        const bool product = *at++ == '*';
        const double x = factor_of(source, &at);
        v.x = product ? v.x * x : v.x / x;
    }
    if (*at)
        v.x = NAN;
    return v;
}

/* ---- as they are shown ---- */

/* Three digits, without an exponent from 0.001 to a million. */
static void digits(double x, char text[static 24])
{
    const double size = fabs(x);
    if (size != 0 && (size < 1e-3 || size >= 1e6))
        snprintf(text, 24, "%.2e", x);
    else
        snprintf(text, 24, "%.*f",
                 size >= 99.95 || size == 0 ? 0
                 : size >= 9.995            ? 1
                 : size >= 0.9995           ? 2
                 : size >= 0.0995           ? 3
                                            : 4,
                 x);
}

const char *bm_value_text(const struct bm_value *v, char text[static 32])
{
    char number[24];
    if (!isfinite(v->x)) {
        snprintf(text, 32, "%s", v->none ? v->none : "-");
        return text;
    }
    digits(v->x, number);
    switch (v->unit) {
    case BM_UNIT_COUNT: snprintf(text, 32, "%.0f", v->x); break;
    case BM_UNIT_FRACTION: snprintf(text, 32, "%.4f", v->x); break;
    case BM_UNIT_PERCENT: snprintf(text, 32, "%.*f %%", fabs(v->x) < 9.95 ? 1 : 0, v->x); break;
    case BM_UNIT_CHANGE: snprintf(text, 32, "%.3fx", v->x); break;
    case BM_UNIT_MORE: snprintf(text, 32, "%+.1f %%", v->x); break;
    case BM_UNIT_TIMES: snprintf(text, 32, "%.*fx", fabs(v->x) < 9.995 ? 2 : fabs(v->x) < 99.95 ? 1 : 0, v->x); break;
    case BM_UNIT_SECONDS:
        if (v->x >= 1e-9 && v->x < 9.995)
            bm_seconds_text(v->x, text);
        else
            snprintf(text, 32, "%s s", number);
        break;
    case BM_UNIT_HERTZ:
        digits(v->x >= 1e9 ? v->x / 1e9 : v->x / 1e6, number);
        snprintf(text, 32, "%s %s", number, v->x >= 1e9 ? "GHz" : "MHz");
        break;
    case BM_UNIT_BYTES:
        if (v->x >= 1 << 30)
            snprintf(text, 32, "%.4g GiB", v->x / (1 << 30));
        else if (v->x >= 1 << 20)
            snprintf(text, 32, "%.4g MiB", v->x / (1 << 20));
        else if (v->x >= 1 << 10)
            snprintf(text, 32, "%.4g KiB", v->x / (1 << 10));
        else
            snprintf(text, 32, "%.0f B", v->x);
        break;
    case BM_UNIT_GFLOPS: snprintf(text, 32, "%s GFLOP/s", number); break;
    case BM_UNIT_GBS: snprintf(text, 32, "%s GB/s", number); break;
    default: snprintf(text, 32, "%s", number);
    }
    return text;
}
