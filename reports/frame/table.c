#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

void bm_table_add(struct bm_table *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char **grown = realloc(t->cell, (t->cells + 1) * sizeof *grown);
    if (!grown || vasprintf(&grown[t->cells], format, list) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    va_end(list);
    t->cell = grown;
    t->cells++;
}

/* Characters, not bytes: UTF-8's further bytes do not count. */
static int width(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void print_cell(const struct bm_table *t, const char *text, size_t column, int widest, bool markdown, FILE *out)
{
    const int blanks = widest - width(text);
    if (markdown) {
        fputs("| ", out);
        for (; *text; text++) {
            if (*text == '|')
                fputc('\\', out);
            fputc(*text, out);
        }
        fputs(column + 1 == t->columns ? " |\n" : " ", out);
    } else if (column < t->left)
        fprintf(out, "%s%*s", text, column + 1 == t->columns ? 0 : blanks + 2, "");
    else
        fprintf(out, "%*s%s%s", blanks, "", text, column + 1 == t->columns ? "" : "  ");
    if (!markdown && column + 1 == t->columns)
        fputc('\n', out);
}

void bm_table_print(struct bm_table *t, bool markdown, FILE *out)
{
    int *widest = bm_alloc(t->columns * sizeof *widest);
    for (size_t i = 0; i < t->cells; i++)
        if (width(t->cell[i]) > widest[i % t->columns])
            widest[i % t->columns] = width(t->cell[i]);
    for (size_t i = 0; i < t->cells; i++) {
        print_cell(t, t->cell[i], i % t->columns, widest[i % t->columns], markdown, out);
        free(t->cell[i]);
        for (size_t k = 0; markdown && i + 1 == t->columns && k < t->columns; k++)
            fprintf(out, "|%s%s", k < t->left ? "---" : "---:", k + 1 == t->columns ? "|\n" : "");
    }
    free(t->cell);
    free(widest);
    t->cell = NULL;
    t->cells = 0;
}

const char *bm_seconds_text(double s, char text[static 16])
{
    static const char *const unit[] = { "s", "ms", "us", "ns" };
    int i = 0;
    while (i < 3 && s < 0.9995)
        s *= 1e3, i++;
    snprintf(text, 16, "%.*f %s", s < 9.995 ? 2 : s < 99.95 ? 1 : 0, s, unit[i]);
    return text;
}
