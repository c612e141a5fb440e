/* SPDX-License-Identifier: MIT */
/* shape_list.c - lists of shapes, from texts, files and those that are built in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"

bool bm_shapes_parse(struct bm_shape_list *list, const char *text, const char *name, struct bm_error *error)
{
    unsigned number = 1;
    for (const char *p = text; *p; number++) {
        char line[512], where[160];
        size_t length = strcspn(p, "\n"), keep = strcspn(p, "#\n");
        snprintf(where, sizeof where, "%s:%u", name, number);
        if (keep >= sizeof line)
            return bm_failed(error, "%s: line longer than %zu characters", where, sizeof line - 1);
        memcpy(line, p, keep);
        line[keep] = '\0';
        p += length + (p[length] == '\n');
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        list->line = realloc(list->line, (list->count + 1) * sizeof *list->line);
        if (!list->line)
            bm_die(BM_EXIT_INPUT, "out of memory while reading %s", name);
        if (!bm_shape_parse(line, where, &list->line[list->count], error))
            return false;
        list->count++;
    }
    return true;
}

char *bm_read_text(const char *path, struct bm_error *error)
{
    FILE *f = fopen(path, "r");
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    if (f && text)
        for (size_t got; (got = fread(text + size, 1, room - size - 1, f)) > 0;)
            if ((size += got) == room - 1 && !(text = realloc(text, room *= 2)))
                break;
    if (!f || !text || ferror(f)) {
        bm_failed(error, "cannot read %s: %s", path, strerror(errno));
        free(text);
        text = NULL;
    } else
        text[size] = '\0';
    if (f)
        fclose(f);
    return text;
}

bool bm_shapes_load(struct bm_shape_list *list, const char *name_or_path, struct bm_error *error)
{
    for (const struct bm_text *t = bm_builtin_shapes; t->name; t++)
        if (strcmp(t->name, name_or_path) == 0)
            return bm_shapes_parse(list, t->text, name_or_path, error);
    char *text = bm_read_text(name_or_path, error);
    if (!text)
        return false;
    bool ok = bm_shapes_parse(list, text, name_or_path, error);
    free(text);
    return ok;
}

void bm_shapes_free(struct bm_shape_list *list)
{
    free(list->line);
    *list = (struct bm_shape_list){ 0, NULL };
}
