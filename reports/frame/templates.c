/* SPDX-License-Identifier: MIT */
/* templates.c - templates of a page filled with texts and numbers, and the numbers kept. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "backend.h"
#include "markup.h"
#include "works.h"

void bm_buffer_open(struct bm_buffer *b) { b->file = bm_text_file(&b->text, &b->size); }

char *bm_buffer_close(struct bm_buffer *b)
{
    if (fclose(b->file) != 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return b->text;
}

static void put_text(const struct bm_page *page, FILE *out, const char *text)
{
    if (page->backend->text)
        page->backend->text(out, text);
    else
        fputs(text, out);
}

static void keep_value(struct bm_cell *cell, const struct bm_value *v)
{
    cell->value = realloc(cell->value, (cell->values + 1) * sizeof *cell->value);
    if (!cell->value)
        bm_die(BM_EXIT_INPUT, "out of memory");
    cell->value[cell->values++] = *v;
}

void bm_page_fill_value(struct bm_page *page, FILE *out, struct bm_cell *cell, const struct bm_value *v,
                        const char *column)
{
    char text[32];
    bm_value_text(v, text);
    if (page->backend->value && isfinite(v->x))
        page->backend->value(out, v, text);
    else
        fputs(text, out);
    if (cell)
        keep_value(cell, v);
    else if (page->backend->number)
        page->backend->number(page, page->item, "sentence", column, v);
}

static void fill_interval(struct bm_page *page, FILE *out, struct bm_cell *cell, const struct bm_range_value *i)
{
    if (!isfinite(i->low.x) || !isfinite(i->high.x))
        return;
    fputs(" (95 %: ", out);
    bm_page_fill_value(page, out, cell, &i->low, "95 % from");
    fputs(" to ", out);
    bm_page_fill_value(page, out, cell, &i->high, "95 % to");
    fputc(')', out);
}

/* One that begins with '%'; `last` is the number before it. */
static void fill_argument(struct bm_filling *f, FILE *out, struct bm_cell *cell, double *last)
{
    switch (*f->format++) {
    case 'v': {
        const struct bm_value v = va_arg(f->list, struct bm_value);
        bm_page_fill_value(f->page, out, cell, &v, "");
        *last = v.x;
        break;
    }
    case 'i': {
        const struct bm_range_value i = va_arg(f->list, struct bm_range_value);
        fill_interval(f->page, out, cell, &i);
        break;
    }
    case 'r': {
        const struct bm_range_value r = va_arg(f->list, struct bm_range_value);
        bm_page_fill_value(f->page, out, cell, &r.low, "");
        f->end = r.high;
        f->in_range = true;
        break;
    }
    case 'b': cell->bar = fmax(0, va_arg(f->list, double)); break;
    case 's': put_text(f->page, out, va_arg(f->list, const char *)); break;
    case 'l': {
        const struct bm_place_link link = va_arg(f->list, struct bm_place_link);
        if (f->page->backend->link)
            f->page->backend->link(f->page, out, &link);
        else
            put_text(f->page, out, link.text);
        break;
    }
    case 'w': {
        char shown[128];
        put_text(f->page, out, bm_shortened(va_arg(f->list, const char *), 40, shown));
        break;
    }
    case 'd': fprintf(out, "%.0f", *last = va_arg(f->list, int)); break;
    case '+': fputs(*last == 1 ? "" : "s", out); break;
    default: fputc('%', out);
    }
}

static void put_letter(const struct bm_page *page, FILE *out, char letter)
{
    if ((unsigned char)letter < 0x80)
        put_text(page, out, (const char[]){ letter, '\0' });
    else
        fputc(letter, out);
}

char *bm_page_fill(struct bm_filling *f, struct bm_cell *cell)
{
    struct bm_buffer text;
    double last = NAN;
    bm_buffer_open(&text);
    if (f->in_range)
        bm_page_fill_value(f->page, text.file, cell, &f->end, "");
    for (f->more = f->in_range = false; *f->format && !f->more; f->more |= f->in_range) {
        const char letter = *f->format++;
        if (letter == '%')
            fill_argument(f, text.file, cell, &last);
        else if (letter == '|' && cell)
            f->more = true;
        else
            put_letter(f->page, text.file, letter);
    }
    return bm_buffer_close(&text);
}

char *bm_page_filled(struct bm_page *page, const char *format, va_list list)
{
    struct bm_filling f = { .page = page, .format = format };
    va_copy(f.list, list);
    char *text = bm_page_fill(&f, NULL);
    va_end(f.list);
    return text;
}

char *bm_page_printed(struct bm_page *page, const char *format, va_list list)
{
    struct bm_buffer text;
    char *plain;
    if (vasprintf(&plain, format, list) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    bm_buffer_open(&text);
    put_text(page, text.file, plain);
    free(plain);
    return bm_buffer_close(&text);
}

void bm_page_set_item(struct bm_page *page, const char *item)
{
    snprintf(page->item, sizeof page->item, "%.60s", item);
}
