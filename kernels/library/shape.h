/* SPDX-License-Identifier: MIT */
/* shape.h - problems as text: one line of a shape file, and the label of a result. The grammar is in
 * bench/shapes/README.md. */
#ifndef BATCHMARK_SHAPE_H
#define BATCHMARK_SHAPE_H

#include "batchmark.h"
#include "error.h"

/* One line: a shape, where it comes from and how often the network uses it. */
struct bm_shape_line {
    char scope[96]; /* the op or family that the line names, or all families whose keys they are, a space between */
    struct bm_shape shape;
    unsigned weight; /* x12: times a network uses it; 1 if not given */
    char origin[96]; /* name=...; empty if not given */
};

struct bm_shape_list {
    size_t count;
    struct bm_shape_line *line;
};

/* Parses one line without its comment. `where` ("file:12" or "--shape") begins every message. */
bool bm_shape_parse(const char *text, const char *where, struct bm_shape_line *line, struct bm_error *error);

/* Appends the lines of a text; `name` is for messages. */
bool bm_shapes_parse(struct bm_shape_list *list, const char *text, const char *name, struct bm_error *error);

/* Appends a built-in list (its file's stem, such as "quick") or, if there is none of that name, a file. */
bool bm_shapes_load(struct bm_shape_list *list, const char *name_or_path, struct bm_error *error);
void bm_shapes_free(struct bm_shape_list *list);

/* Does the line speak of this op? */
bool bm_shape_fits(const struct bm_shape_line *line, const struct bm_op *op);

enum { BM_LABEL = 192 }; /* longest label, with every key given */

/* The canonical text of a shape for an op: "N=32 C=300", what --shape reads back. Returns label. */
char *bm_shape_label(const struct bm_op *op, const struct bm_shape *shape, char label[static BM_LABEL]);

/* The keys of a family, a space between: all, or those that must be given. Returns text. */
char *bm_family_keys(const struct bm_family *family, bool all, char text[static BM_LABEL]);

/* What a key may be: "whole number", "nc, nhwc, nchw", ... Returns text. */
char *bm_key_values(const struct bm_key *key, char text[static BM_LABEL]);

/* Two shapes mean the same problem for this op. */
bool bm_shape_equal(const struct bm_op *op, const struct bm_shape *a, const struct bm_shape *b);

/* Files under bench/shapes, built in; ends with a NULL name. */
struct bm_text {
    const char *name, *text;
};
extern const struct bm_text bm_builtin_shapes[], bm_builtin_experiments[], bm_builtin_claims[];

/* A whole file as a string (free() it), or NULL with a message. */
char *bm_read_text(const char *path, struct bm_error *error);

#endif
