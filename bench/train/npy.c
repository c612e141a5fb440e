/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are written as they lie in memory");

/* Magic number, version 1.0, and the 16-bit length of the header: a Python dictionary, filled up with blanks. */
enum { PREFIX = 10, ALIGNMENT = 64, SHAPE_TEXT = 24 * BM_NPY_DIMS, HEADER = 512 };
static const char magic[8] = "\x93NUMPY\x01";

static const struct { const char *descr; size_t bytes; } types[] = {
    [BM_NPY_F4] = { "<f4", 4 }, [BM_NPY_F8] = { "<f8", 8 }, [BM_NPY_I4] = { "<i4", 4 },
    [BM_NPY_U4] = { "<u4", 4 }, [BM_NPY_U1] = { "|u1", 1 },
};

static size_t bytes_of(enum bm_npy_type type, unsigned dims, const size_t *shape)
{
    size_t bytes = types[type].bytes;
    for (unsigned d = 0; d < dims; d++)
        bytes *= shape[d];
    return bytes;
}

/* As Python writes tuples: (), (3,), (3, 4). */
static void print_shape(char text[static SHAPE_TEXT], unsigned dims, const size_t *shape, const char *comma)
{
    char *at = text + sprintf(text, "(");
    for (unsigned d = 0; d < dims; d++)
        at += sprintf(at, "%s%zu", d ? comma : "", shape[d]);
    strcpy(at, dims == 1 ? ",)" : ")");
}

bool bm_npy_write(const char *path, enum bm_npy_type type, unsigned dims, const size_t *shape, const void *data,
                  struct bm_error *error)
{
    char tuple[SHAPE_TEXT], header[HEADER];
    print_shape(tuple, dims, shape, ", ");
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                        types[type].descr, tuple);
    size_t head = (PREFIX + (size_t)used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, length = head - PREFIX,
           bytes = bytes_of(type, dims, shape);
    char *file = bm_alloc(head + bytes);
    memcpy(file, magic, sizeof magic);
    file[8] = (char)(length & 0xff);
    file[9] = (char)(length >> 8);
    memset(file + PREFIX, ' ', length);
    memcpy(file + PREFIX, header, (size_t)used);
    file[head - 1] = '\n';
    if (bytes)
        memcpy(file + head, data, bytes);
    bool ok = bm_file_write(file, head + bytes, path, error);
    free(file);
    return ok;
}

/* The text of a key's value without blanks, up to the closing quote or parenthesis or the next comma; "" if the key is
 * not there. */
static void find_value(const char *header, const char *key, char value[static SHAPE_TEXT])
{
    char quoted[32];
    size_t n = 0;
    snprintf(quoted, sizeof quoted, "'%s'", key);
    const char *at = strstr(header, quoted);
    at = at ? strchr(at + strlen(quoted), ':') : NULL;
    bool tuple = false;
    for (at = at ? at + 1 : ""; *at && n + 2 < SHAPE_TEXT; at++) {
        tuple |= *at == '(';
        if ((!tuple && (*at == ',' || *at == '}')) || *at == ')')
            break;
        if (!isspace((unsigned char)*at) && *at != '\'')
            value[n++] = *at;
    }
    if (tuple)
        value[n++] = ')';
    value[n] = '\0';
}

static bool read_header(FILE *file, const char *path, enum bm_npy_type type, unsigned dims, const size_t *shape,
                        struct bm_error *error)
{
    unsigned char prefix[PREFIX];
    char descr[SHAPE_TEXT], order[SHAPE_TEXT], found[SHAPE_TEXT], wanted[SHAPE_TEXT];
    if (fread(prefix, 1, PREFIX, file) != PREFIX || memcmp(prefix, magic, 6) != 0)
        return bm_failed(error, "%s: not a .npy file; numpy.save() writes them", path);
    if (prefix[6] != 1 || prefix[7] != 0)
        return bm_failed(error, "%s: .npy format %d.%d, expected 1.0, which numpy.save() writes", path, prefix[6],
                         prefix[7]);
    size_t length = prefix[8] | (size_t)prefix[9] << 8;
    char *header = bm_alloc(length + 1);
    bool whole = fread(header, 1, length, file) == length;
    find_value(header, "descr", descr);
    find_value(header, "fortran_order", order);
    find_value(header, "shape", found);
    print_shape(wanted, dims, shape, ",");
    free(header);
    if (!whole)
        return bm_failed(error, "%s: truncated within its header; write it again", path);
    if (strcmp(descr, types[type].descr) != 0)
        return bm_failed(error, "%s: its type is '%s', expected '%s'; numpy's astype() converts", path, descr,
                         types[type].descr);
    if (strcmp(order, "False") != 0)
        return bm_failed(error, "%s: in Fortran order, expected C order; numpy.ascontiguousarray() converts", path);
    if (strcmp(found, wanted) != 0)
        return bm_failed(error, "%s: its shape is %s, expected %s", path, found, wanted);
    return true;
}

bool bm_npy_read(const char *path, enum bm_npy_type type, unsigned dims, const size_t *shape, void *to,
                 struct bm_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return bm_failed(error, "%s: cannot be opened: %s", path, strerror(errno));
    bool ok = read_header(file, path, type, dims, shape, error);
    if (ok) {
        size_t bytes = bytes_of(type, dims, shape), got = bytes ? fread(to, 1, bytes, file) : 0;
        if (got < bytes)
            ok = bm_failed(error, "%s: truncated: expected %zu bytes of data, found %zu; write it again", path, bytes,
                           got);
        else if (fgetc(file) != EOF)
            ok = bm_failed(error, "%s: too long: more than the %zu bytes of data that its shape has; write it again",
                           path, bytes);
    }
    fclose(file);
    return ok;
}
