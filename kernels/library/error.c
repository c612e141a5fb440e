/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void bm_plain(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        const bool c1 = *c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f; /* U+0080 to U+009F in UTF-8 */
        if (*c < 0x20 || *c == 0x7f || c1)
            *c = '?';
        if (c1)
            *++c = '?';
    }
}

bool bm_failed(struct bm_error *error, const char *format, ...)
{
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->text, sizeof error->text, format, list);
        va_end(list);
        bm_plain(error->text);
    }
    return false;
}

void bm_die(enum bm_exit code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fflush(stdout);
    fputs("batchmark: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(code);
}

void *bm_alloc(size_t bytes)
{
    const size_t huge = (size_t)2 << 20, grain = bytes < huge / 2 ? 64 : huge;
    size_t whole = bytes <= SIZE_MAX - grain ? (bytes + grain - 1) / grain * grain : 0;
    void *p = whole || bytes == 0 ? aligned_alloc(grain, whole ? whole : grain) : NULL;
    if (!p)
        bm_die(BM_EXIT_INPUT, "out of memory: %zu MiB were asked for; try smaller shapes or a smaller batch",
               bytes >> 20);
    if (grain == huge) /* shuffled images and large layers would need more pages than the TLB holds */
        madvise(p, whole, MADV_HUGEPAGE);
    return memset(p, 0, whole);
}
