#include "error.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bm_failed(struct bm_error *error, const char *format, ...)
{
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->text, sizeof error->text, format, list);
        va_end(list);
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
    size_t whole = bytes <= SIZE_MAX - 64 ? (bytes + 63) / 64 * 64 : 0;
    void *p = whole || bytes == 0 ? aligned_alloc(64, whole ? whole : 64) : NULL;
    if (!p)
        bm_die(BM_EXIT_INPUT, "out of memory: %zu MiB were asked for; try smaller shapes or a smaller batch",
               bytes >> 20);
    return memset(p, 0, whole);
}
