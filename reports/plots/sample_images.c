/* SPDX-License-Identifier: MIT */
/* sample_images.c - one image of each class: PNGs within an SVG. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "markup.h"
#include "train_report.h"

enum { COLUMNS = 5, CELL = 84, SIDE = 70, ROW = 96, MOST = 20 };

static unsigned char byte_of(const char *hex)
{
    const char two[3] = { hex[0], hex[1], '\0' };
    return (unsigned char)strtoul(two, NULL, 16);
}

/* ---- PNG (W3C, Portable Network Graphics, second edition) ---- */

static unsigned char *put_u32(unsigned char *to, unsigned long x)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (unsigned char)(x >> shift);
    return to;
}

/* Length, name, content and the check sum of the last two. */
static unsigned char *put_chunk(unsigned char *to, const char *name, const unsigned char *content, size_t length)
{
    to = put_u32(to, length);
    memcpy(to, name, 4);
    if (length)
        memcpy(to + 4, content, length);
    return put_u32(to + 4 + length, crc32(0, to, (uInt)length + 4));
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        const unsigned long x =
            (unsigned long)bytes[i] << 16 | (i + 1 < n ? bytes[i + 1] : 0u) << 8 | (i + 2 < n ? bytes[i + 2] : 0u);
        fputc(digit[x >> 18 & 63], out);
        fputc(digit[x >> 12 & 63], out);
        fputc(i + 1 < n ? digit[x >> 6 & 63] : '=', out);
        fputc(i + 2 < n ? digit[x & 63] : '=', out);
    }
}

/* Pixels are planes in a result, and interleaved in a PNG; each of its rows begins with a filter, 0: none. */
static void put_png(FILE *out, const char *hex, size_t h, size_t w, size_t c)
{
    static const unsigned char signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
    const size_t length = h * (w * c + 1);
    uLongf packed = compressBound(length);
    unsigned char *row = bm_alloc(length), *content = bm_alloc(packed), *png = bm_alloc(packed + 64), head[13],
                  *to = row;
    for (size_t y = 0; y < h; y++) {
        *to++ = 0;
        for (size_t x = 0; x < w; x++)
            for (size_t plane = 0; plane < c; plane++)
                *to++ = byte_of(hex + 2 * (plane * h * w + y * w + x));
    }
    if (compress2(content, &packed, row, length, Z_BEST_COMPRESSION) != Z_OK)
        bm_die(BM_EXIT_INPUT, "out of memory");
    put_u32(put_u32(head, w), h);
    memcpy(head + 8, (const unsigned char[]){ 8, c == 3 ? 2 : 0, 0, 0, 0 }, 5); /* 8 bits; colour or grey */
    memcpy(png, signature, sizeof signature);
    to = put_chunk(png + sizeof signature, "IHDR", head, sizeof head);
    to = put_chunk(to, "IDAT", content, packed);
    to = put_chunk(to, "IEND", NULL, 0);
    put_base64(out, png, (size_t)(to - png));
    free(row);
    free(content);
    free(png);
}

/* ---- the picture ---- */

/* A side of an image in pixels; 0: none that can be shown. */
static size_t side_of(const json_t *sample, const char *key)
{
    const json_int_t n = json_integer_value(json_object_get(sample, key));
    return n >= 1 && n <= 512 ? (size_t)n : 0;
}

static bool put_sample(FILE *out, const json_t *sample, size_t place)
{
    const char *hex = bm_member_text(sample, "pixels"), *class = bm_member_text(sample, "name");
    const size_t h = side_of(sample, "h"), w = side_of(sample, "w"), c = side_of(sample, "c");
    const size_t x = place % COLUMNS * CELL, y = place / COLUMNS * ROW;
    char name[128];
    if (h * w == 0 || strlen(hex) != 2 * h * w * c || (c != 1 && c != 3))
        return false;
    fprintf(out,
            "<image x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"%d\" style=\"image-rendering:pixelated\" "
            "href=\"data:image/png;base64,",
            x + (CELL - SIDE) / 2, y + 2, SIDE, SIDE);
    put_png(out, hex, h, w, c);
    fprintf(out, "\"/>\n<text x=\"%zu\" y=\"%zu\" font-size=\"12\" text-anchor=\"middle\" fill=\"var(--ink)\">",
            x + CELL / 2, y + SIDE + 16);
    bm_put_html(out, bm_shortened(class, strlen(class) > 11 ? 8 : 11, name));
    fputs("</text>\n", out);
    return true;
}

char *bm_samples_svg(const json_t *ours, const char *data, const char *alt, struct bm_error *error)
{
    const json_t *samples = json_object_get(ours, "samples"), *sample;
    size_t i, n = 0, size, placed = 0;
    char *svg = NULL;
    json_array_foreach(samples, i, sample) n += !data || strcmp(bm_member_text(sample, "data"), data) == 0;
    n = n < MOST ? n : MOST;
    if (n == 0)
        return bm_failed(error, "the result has no sample images"), NULL;
    FILE *out = bm_text_file(&svg, &size);
    bm_svg_begin(out, BM_PLOT_WIDTH, (double)((n + COLUMNS - 1) / COLUMNS * ROW), alt);
    json_array_foreach(samples, i, sample)
    {
        if (placed == n || (data && strcmp(bm_member_text(sample, "data"), data) != 0))
            continue;
        if (!put_sample(out, sample, placed++)) {
            fclose(out);
            free(svg);
            return bm_failed(error, "sample %zu of the result has no pixels that fit its size", i), NULL;
        }
    }
    fputs("</svg>", out);
    fclose(out);
    return svg;
}

/* ---- of all data sets ---- */

static void put_samples(struct bm_page *page, const struct bm_source *source, const char *data, size_t number)
{
    char id[64], alt[256], title[256], text[128];
    struct bm_error error;
    snprintf(id, sizeof id, "train-samples-%zu", number);
    bm_shortened(data, 40, text);
    snprintf(alt, sizeof alt, "One image of each class of %s, with its name", text);
    snprintf(title, sizeof title, "%s: one image of each class", text);
    char *svg = bm_samples_svg(source->document.ours, data, alt, &error);
    if (svg)
        bm_page_picture(page, id, title, svg, NULL,
                        "What the networks see: images of %s as the training had them, before scaling.", text);
    else
        bm_page_missing(page, NULL, "the images of %s cannot be shown: %s.", text, error.text);
}

void bm_training_samples(struct bm_page *page, const struct bm_trained *shown, size_t n)
{
    const char *seen[BM_EXPERIMENTS];
    const json_t *sample;
    size_t many = 0, i;
    for (size_t e = 0; e < n; e++)
        json_array_foreach(json_object_get(shown[e].source->document.ours, "samples"), i, sample)
        {
            const char *data = bm_member_text(sample, "data");
            size_t k = 0;
            while (k < many && strcmp(seen[k], data) != 0)
                k++;
            if (k < many || many == BM_EXPERIMENTS)
                continue;
            if (many == 0) {
                bm_page_heading(page, "The data");
                bm_page_gallery_begin(page);
            }
            seen[many++] = data;
            put_samples(page, shown[e].source, data, many);
        }
    if (many)
        bm_page_gallery_end(page);
}
