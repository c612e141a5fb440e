/* SPDX-License-Identifier: MIT */
#include "system_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bm_file_line(const char *path, char line[256])
{
    FILE *file = fopen(path, "r");
    bool ok = file && fgets(line, 256, file);
    if (file)
        fclose(file);
    if (ok)
        line[strcspn(line, "\n")] = '\0';
    return ok && line[0];
}

bool bm_file_key(const char *path, const char *key, char value[256])
{
    FILE *file = fopen(path, "r");
    char line[4096];
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *separator = strpbrk(line, ":=");
        if (!separator || strncmp(line, key, strlen(key)) != 0 ||
            strspn(line + strlen(key), " \t") != (size_t)(separator - line) - strlen(key))
            continue;
        const char *begin = separator + 1 + strspn(separator + 1, " \t\"'");
        snprintf(value, 256, "%s", begin);
        size_t n = strlen(value);
        while (n > 0 && strchr(" \t\"'\n", value[n - 1]))
            value[--n] = '\0';
        found = n > 0;
    }
    if (file)
        fclose(file);
    return found;
}

json_t *bm_text_or_null(const char *s)
{
    if (!s)
        return json_null();
    json_t *json = json_string(s);
    if (json)
        return json;
    char clean[512]; /* not UTF-8 */
    snprintf(clean, sizeof clean, "%s", s);
    for (char *c = clean; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(clean);
}

json_t *bm_file_text(const char *path)
{
    char line[256];
    return bm_text_or_null(bm_file_line(path, line) ? line : NULL);
}

json_t *bm_file_integer(const char *path)
{
    char line[256], *end;
    if (!bm_file_line(path, line))
        return json_null();
    long long n = strtoll(line, &end, 10);
    return end != line ? json_integer(n) : json_null();
}

json_t *bm_integer_or_null(long long n)
{
    return n >= 0 ? json_integer(n) : json_null();
}
