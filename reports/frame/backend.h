/* SPDX-License-Identifier: MIT */
/* backend.h - what writes a page: page.c fills templates and keeps order, backends (page_*.c) have the markup. */
#ifndef BATCHMARK_BACKEND_H
#define BATCHMARK_BACKEND_H

#include <stdarg.h>

#include "page.h"

/* A text that grows. */
struct bm_buffer {
    FILE *file;
    char *text;
    size_t size;
};
void bm_buffer_open(struct bm_buffer *buffer);
char *bm_buffer_close(struct bm_buffer *buffer); /* its text, to be freed */

/* One file of the page. */
struct bm_sheet {
    const char *id, *title; /* "" and "": the page itself */
    struct bm_buffer contents, body;
};
enum { BM_SHEETS = 4 };

struct bm_page {
    const struct bm_backend *backend;
    const struct bm_library *library;
    char *path;
    const char *only;
    struct bm_buffer answers;
    struct bm_sheet sheet[BM_SHEETS], *on; /* on: which is being filled */
    size_t sheets;
    char *about;
    char item[64]; /* what numbers in running text belong to, for CSV */
    char part[64];
    char caveat[256];
    bool wide, after_block; /* of a terminal: names stay whole; a table was the last */
    size_t pictures;        /* that are files */
    size_t drawn;
    bool failed;
    struct bm_error error;
};

struct bm_cell {
    char *text; /* with its markup */
    bool heat, best;
    double shade;
    double bar;             /* a share; NaN: it has none */
    bool line;              /* the whole row is this cell */
    struct bm_value *value; /* the numbers in it */
    size_t values;
};

struct bm_grid {
    struct bm_page *page;
    char *id, *caption, **head;
    char **spare; /* heads of columns that a narrow terminal does without, the first goes first */
    size_t spares;
    size_t columns, left, cells; /* cells row by row, a row's name first; when it is put, all rows are full */
    struct bm_cell *cell;
};

enum bm_line { BM_PARAGRAPH, BM_NOTE, BM_MISSING, BM_ITEM, BM_CAPTION };
enum bm_list { BM_SOURCES, BM_PROBLEMS, BM_GALLERY, BM_MORE };

/* Texts that come to it are filled templates, in its markup; titles, questions, labels, captions, commands: plain. */
struct bm_backend {
    bool pictures, sources, sheets;                                       /* has it these? */
    void (*text)(FILE *out, const char *text);                            /* with markup escaped; NULL: as it is */
    void (*value)(FILE *out, const struct bm_value *v, const char *text); /* finite; NULL: its text */
    /* `text` is filled; NULL: it is shown without a way. */
    void (*link)(struct bm_page *page, FILE *out, const struct bm_place_link *link);
    /* A number; NULL: the texts that hold it are enough. */
    void (*number)(struct bm_page *page, const char *item, const char *row, const char *column,
                   const struct bm_value *v);
    void (*begin)(struct bm_page *page);
    void (*part)(struct bm_page *page, const char *id, const char *title);
    void (*heading)(struct bm_page *page, const char *title);
    /* label: of a note; command: what follows in the same line, to be copied. "" */
    void (*line)(struct bm_page *page, enum bm_line line, const char *label, const char *text, const char *command);
    void (*list)(struct bm_page *page, enum bm_list list, bool begins, const char *title);
    void (*source)(struct bm_page *page, const struct bm_source *source, const char *name, const char *about);
    void (*answer)(struct bm_page *page, const char *question, const char *value, const char *text);
    void (*table)(struct bm_page *page, const struct bm_grid *grid);
    void (*heat_map)(struct bm_page *page, const struct bm_grid *grid, const char *text);
    void (*picture)(struct bm_page *page, const char *id, const char *title, const char *svg,
                    const struct bm_grid *numbers, const char *text);
    /* A sheet; texts of its buffers. */
    void (*whole)(struct bm_page *page, const struct bm_sheet *sheet, FILE *out);
};
extern const struct bm_backend bm_html, bm_markdown, bm_csv, bm_terminal;

/* A template of page.h filled, and a text of printf(), in the backend's markup; free() it. */
char *bm_page_filled(struct bm_page *page, const char *format, va_list list);
char *bm_page_printed(struct bm_page *page, const char *format, va_list list);
void bm_page_set_item(struct bm_page *page, const char *item);
/* "Title (caveat)"; free() it. */
char *bm_with_caveat(const struct bm_page *page, const char *title);

/* A template on its way: what is left of it. Fills it up to its end or, if `cell` gets the numbers, to the next cell,
 * which is there if `more`; NULL: they are in running text, of the item that was set last. free() the text. */
struct bm_filling {
    struct bm_page *page;
    const char *format;
    va_list list;
    bool more, in_range;
    struct bm_value end; /* of a range whose first cell is filled: in_range */
};
char *bm_page_fill(struct bm_filling *filling, struct bm_cell *cell);
/* `cell`: gets the number; NULL: it is one of running text. */
void bm_page_fill_value(struct bm_page *page, FILE *out, struct bm_cell *cell, const struct bm_value *v,
                        const char *column);

void bm_grid_end(struct bm_grid *grid, const char *picture); /* fills its last row; an id "" becomes the picture's */
void bm_grid_free(struct bm_grid *grid); /* NULL: nothing */

/* Where a sheet will be, beside the page; free() it. */
char *bm_sheet_path(const struct bm_page *page, const char *sheet);

/* A picture as a file beside the page, or in the folder that was named. Returns its name; free() it. */
char *bm_page_put_file(struct bm_page *page, const char *id, const char *svg);

#endif
