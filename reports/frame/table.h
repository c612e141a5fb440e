/* table.h - tables for a terminal and in Markdown, and figures as people read them. */
#ifndef BATCHMARK_TABLE_H
#define BATCHMARK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Cells row by row, the head first. */
struct bm_table {
    size_t columns, left; /* the first `left` columns stand left, the others right */
    size_t cells;
    char **cell;
};

void bm_table_add(struct bm_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints, and frees the cells. */
void bm_table_print(struct bm_table *table, bool markdown, FILE *out);

/* Three digits with a unit: "1.23 ms". */
const char *bm_seconds_text(double s, char text[static 16]);

#endif
