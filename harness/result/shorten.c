/* SPDX-License-Identifier: MIT */
#include "shorten.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* The checksum is of the text without it (result.h), and written where "batchmark" begins. */
static bool is_as_written(const char *text, size_t length)
{
    static const char begin[] = "{\"batchmark\":{", member[] = "\"checksum\":\"";
    const size_t at = strlen(begin) + strlen(member), digits = 8, rest = at + digits + strlen("\",");
    char sum[16];
    if (length < rest || memcmp(text, begin, strlen(begin)) != 0 ||
        memcmp(text + strlen(begin), member, strlen(member)) != 0)
        return false;
    const uLong crc = crc32_z(0, (const unsigned char *)begin, strlen(begin));
    snprintf(sum, sizeof sum, "%08lx", crc32_z(crc, (const unsigned char *)text + rest, length - rest));
    return memcmp(text + at, sum, digits) == 0;
}

/* Behind the text whose opening quote is at `from`; `end`: it has no other. */
static const char *behind_text(const char *from, const char *end)
{
    for (const char *at = from + 1; (at = memchr(at, '"', (size_t)(end - at))); at++) {
        const char *back = at; /* a quote behind an odd number of backslashes is one of the text */
        while (back[-1] == '\\')
            back--;
        if ((at - back) % 2 == 0)
            return at + 1;
    }
    return end;
}

/* Behind the value that begins at `at`; `end`: it does not end. Samples are nine tenths of a file, and nearly all of
 * that digits. */
static const char *behind_value(const char *at, const char *end)
{
    static const bool mark[256] = { ['"'] = true, ['['] = true, ['{'] = true, [']'] = true, ['}'] = true };
    size_t depth = 0;
    do {
        while (at < end && !mark[(unsigned char)*at] && (depth || *at != ','))
            at++;
        if (at == end || *at == ',' || (!depth && (*at == ']' || *at == '}'))) /* a number or a word was before it */
            return at;
        if (*at == '"') {
            at = behind_text(at, end);
            continue;
        }
        depth = *at == '[' || *at == '{' ? depth + 1 : depth - 1;
        at++;
    } while (depth);
    return at;
}

static bool is_among(const char *name, size_t length, const char *const *names)
{
    for (; *names; names++)
        if (name[1] == (*names)[1] && strncmp(name, *names, length) == 0 && !(*names)[length])
            return true;
    return false;
}

bool bm_shorten(char *text, size_t *length, const char *const *without)
{
    if (!is_as_written(text, *length))
        return false;
    const char *from = text, *end = text + *length, *quote;
    char *to = text;
    while ((quote = memchr(from, '"', (size_t)(end - from)))) {
        const char *behind = behind_text(quote, end);
        const bool drop = behind < end && *behind == ':' && is_among(quote, (size_t)(behind - quote), without);
        const char *kept = drop ? quote : behind;
        memmove(to, from, (size_t)(kept - from));
        to += kept - from;
        from = kept;
        if (!drop)
            continue;
        from = behind_value(behind + 1, end);
        if (from < end && *from == ',')
            from++;
        else if (to[-1] == ',')
            to--;
    }
    memmove(to, from, (size_t)(end - from));
    *length = (size_t)(to + (end - from) - text);
    return true;
}
