/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void bm_reader_fail(struct bm_reader *r, const char *format, ...)
{
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (r->ok)
        r->ok = bm_failed(r->error, "%.240s: %s", r->where, text);
}

const char *bm_text_of(struct bm_reader *r, const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    if (!s)
        bm_reader_fail(r, "\"%s\" is not a text", key);
    return s ? s : "";
}

double bm_number_of(struct bm_reader *r, const json_t *object, const char *key, double least, double most)
{
    const json_t *n = json_object_get(object, key);
    const double value = json_number_value(n);
    if (json_is_number(n) && value >= least && value <= most)
        return value;
    bm_reader_fail(r, "\"%s\" is not a number from %g to %g", key, least, most);
    return least;
}

int bm_count_of(struct bm_reader *r, const json_t *object, const char *key, int least, int most)
{
    const json_t *n = json_object_get(object, key);
    const json_int_t value = json_integer_value(n);
    if (json_is_integer(n) && value >= least && value <= most)
        return (int)value;
    bm_reader_fail(r, "\"%s\" is not a whole number from %d to %d", key, least, most);
    return least;
}

json_t *bm_list_of(struct bm_reader *r, const json_t *object, const char *key)
{
    json_t *list = json_object_get(object, key);
    if (json_is_array(list))
        return list;
    bm_reader_fail(r, "\"%s\" is not a list", key);
    return NULL;
}

bool bm_same_figure(double a, double b) { return fabs(a - b) <= 1e-5 * fabs(b); }

const char *bm_member_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double bm_member_number(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    const double x = json_is_number(number) ? json_number_value(number) : NAN;
    return fabs(x) < 1e30 ? x : NAN;
}
