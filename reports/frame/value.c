/* SPDX-License-Identifier: MIT */
/* value.c - numbers as they are shown: three digits and a unit. */
#include <math.h>
#include <stdarg.h>
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
    struct bm_value v = { x, unit, source, "" };
    va_list list;
    va_start(list, from);
    vsnprintf(v.from, sizeof v.from, from, list);
    va_end(list);
    return v;
}

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
    if (!isfinite(v->x))
        return strcpy(text, "-");
    digits(v->x, number);
    switch (v->unit) {
    case BM_UNIT_COUNT: snprintf(text, 32, "%.0f", v->x); break;
    case BM_UNIT_FRACTION: snprintf(text, 32, "%.4f", v->x); break;
    case BM_UNIT_PERCENT: snprintf(text, 32, "%.*f %%", fabs(v->x) < 9.95 ? 1 : 0, v->x); break;
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
