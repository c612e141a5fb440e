/* SPDX-License-Identifier: MIT */
#include "markup.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "error.h"

FILE *bm_text_file(char **text, size_t *size)
{
    FILE *file = open_memstream(text, size);
    if (!file)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return file;
}

void bm_put_html(FILE *file, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", file); break;
        case '<': fputs("&lt;", file); break;
        case '>': fputs("&gt;", file); break;
        case '"': fputs("&quot;", file); break;
        case '\'': fputs("&#39;", file); break;
        default: fputc(*text, file);
        }
}

void bm_put_markdown(FILE *file, const char *text)
{
    for (char before = ' '; *text; before = *text++) {
        /* Within a word an underscore is one: names of kernels stay readable. */
        const bool inner = isalnum((unsigned char)before) && isalnum((unsigned char)text[1]);
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else if (strchr("\\`*[]|~", *text) || (*text == '_' && !inner))
            fprintf(file, "\\%c", *text);
        else
            fputc(*text, file);
    }
}

void bm_put_csv(FILE *file, const char *text, char after)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
    if (after)
        fputc(after, file);
}
