#include "topology_drawing.h"

#include <hwloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "plot.h"

enum { LETTER = 7, TITLE = 18, PAD = 5, GAP = 4, MOST_KINDS = 8, DEEPEST = 24, NAME = 64, LONGEST_XML = 16 << 20 };

/* An object, or so many alike ones, as it will be drawn. */
struct box {
    hwloc_obj_t object;
    int count;
    bool nested; /* below a box that stands for several: numbers of its own would be wrong */
    double width, height;
    struct box *child;
    size_t children, left_out;
    bool in_row; /* children side by side, else one below the other */
};

struct drawing {
    hwloc_topology_t tree;
    const char *given;
    FILE *out;
    bool collapsed;
};

/* ---- objects ---- */

/* Is it in a list as "0-3,8"? */
static bool in_list(const char *list, unsigned cpu)
{
    while (list && *list) {
        char *end;
        const unsigned long first = strtoul(list, &end, 10), last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
        if (cpu >= first && cpu <= last && end != list)
            return true;
        list = strchr(end, ',');
        list = list ? list + 1 : NULL;
    }
    return false;
}

static bool is_given(const struct drawing *d, hwloc_obj_t o)
{
    return o->type == HWLOC_OBJ_PU && in_list(d->given, o->os_index);
}

static bool near(hwloc_uint64_t a, hwloc_uint64_t b)
{
    return fabs((double)a - (double)b) <= 0.05 * fmax((double)a, (double)b);
}

static bool same_attributes(hwloc_obj_t a, hwloc_obj_t b)
{
    if (a->type != b->type || a->arity != b->arity || a->memory_arity != b->memory_arity)
        return false;
    if (hwloc_obj_type_is_cache(a->type))
        return a->attr->cache.size == b->attr->cache.size;
    return a->type != HWLOC_OBJ_NUMANODE || near(a->attr->numanode.local_memory, b->attr->numanode.local_memory);
}

static bool alike(const struct drawing *d, hwloc_obj_t a, hwloc_obj_t b, int depth)
{
    if (!same_attributes(a, b) || is_given(d, a) != is_given(d, b))
        return false;
    if (depth == DEEPEST)
        return true;
    hwloc_obj_t x = a->memory_first_child, y = b->memory_first_child;
    for (; x && y; x = x->next_sibling, y = y->next_sibling)
        if (!alike(d, x, y, depth + 1))
            return false;
    for (x = a->first_child, y = b->first_child; x && y; x = x->next_sibling, y = y->next_sibling)
        if (!alike(d, x, y, depth + 1))
            return false;
    return true;
}

static void size_text(double bytes, char text[static 24])
{
    if (bytes >= 1 << 30)
        snprintf(text, 24, "%.4g GiB", bytes / (1 << 30));
    else if (bytes >= 1 << 20)
        snprintf(text, 24, "%.4g MiB", bytes / (1 << 20));
    else
        snprintf(text, 24, "%.4g KiB", bytes / 1024);
}

static void name_of(const struct box *b, char text[static NAME])
{
    const hwloc_obj_t o = b->object;
    char type[24], size[24] = "", many[16] = "", number[16] = "";
    hwloc_obj_type_snprintf(type, sizeof type, o, 0);
    if (hwloc_obj_type_is_cache(o->type))
        size_text((double)o->attr->cache.size, size);
    else if (o->type == HWLOC_OBJ_NUMANODE)
        size_text((double)o->attr->numanode.local_memory, size);
    else if (o->type == HWLOC_OBJ_MACHINE)
        size_text((double)o->total_memory, size);
    if (b->count > 1)
        snprintf(many, sizeof many, "%d x ", b->count);
    else if (!b->nested && !hwloc_obj_type_is_cache(o->type) && o->type != HWLOC_OBJ_MACHINE &&
             o->os_index != HWLOC_UNKNOWN_INDEX)
        snprintf(number, sizeof number, " %u", o->os_index);
    snprintf(text, NAME, "%s%s%s%s%s", many, o->type == HWLOC_OBJ_NUMANODE ? "NUMA" : type, number, *size ? " " : "",
             size);
}

/* ---- how large ---- */

static void measure(struct drawing *d, struct box *box, double room, int depth);

static void free_children(struct box *b)
{
    for (size_t i = 0; i < b->children; i++)
        free_children(&b->child[i]);
    free(b->child);
    b->child = NULL;
    b->children = b->left_out = 0;
}

static void add_child(struct box *b, hwloc_obj_t object)
{
    b->child = realloc(b->child, (b->children + 1) * sizeof *b->child);
    if (!b->child)
        bm_die(BM_EXIT_INPUT, "out of memory");
    b->child[b->children++] = (struct box){ .object = object, .count = 1, .nested = b->nested || b->count > 1 };
}

static size_t objects_in(hwloc_obj_t first)
{
    size_t n = 0;
    for (; first; first = first->next_sibling)
        n++;
    return n;
}

/* Each by itself, side by side: does it fit? */
static bool singly(struct drawing *d, struct box *b, hwloc_obj_t first, double room, int depth)
{
    const size_t n = objects_in(first);
    const double each = (room - GAP * (double)(n - 1)) / (double)n;
    bool fits = each >= 4 * LETTER;
    for (hwloc_obj_t o = first; o && fits; o = o->next_sibling) {
        add_child(b, o);
        measure(d, &b->child[b->children - 1], each, depth);
        fits = b->child[b->children - 1].width <= each + 0.01;
    }
    if (!fits)
        free_children(b);
    return fits;
}

/* Alike ones drawn once. */
static void by_kinds(struct drawing *d, struct box *b, hwloc_obj_t first, double room, int depth)
{
    double width = 0;
    for (hwloc_obj_t o = first; o; o = o->next_sibling) {
        size_t k = 0;
        while (k < b->children && !alike(d, b->child[k].object, o, 0))
            k++;
        if (k < b->children)
            b->child[k].count++;
        else if (b->children < MOST_KINDS)
            add_child(b, o);
        else
            b->left_out++;
    }
    for (size_t i = 0; i < b->children; i++) {
        measure(d, &b->child[i], room, depth);
        width += b->child[i].width + (i ? GAP : 0);
        d->collapsed |= b->child[i].count > 1;
    }
    b->in_row = width <= room;
}

/* What is in a box below its title, from the memory on; in boxes of memory: nothing. */
static void measure(struct drawing *d, struct box *b, double room, int depth)
{
    char name[NAME];
    const double inner = room - 2 * PAD;
    double width = 0, height = 0;
    name_of(b, name);
    if (depth < DEEPEST && b->object->first_child) {
        b->in_row = singly(d, b, b->object->first_child, inner, depth + 1);
        if (!b->in_row)
            by_kinds(d, b, b->object->first_child, inner, depth + 1);
    }
    for (size_t i = 0; i < b->children; i++) {
        const struct box *c = &b->child[i];
        width = b->in_row ? width + c->width + (i ? GAP : 0) : fmax(width, c->width);
        height = b->in_row ? fmax(height, c->height) : height + c->height + (i ? GAP : 0);
    }
    if (b->left_out)
        height += TITLE;
    for (hwloc_obj_t m = b->object->memory_first_child; m; m = m->next_sibling) {
        const struct box memory = { .object = m, .count = 1, .nested = b->nested || b->count > 1 };
        char text[NAME];
        name_of(&memory, text);
        width = fmax(width, (double)strlen(text) * LETTER + 2 * PAD);
        height += TITLE + 4 + GAP;
    }
    b->width = fmax(width, (double)strlen(name) * LETTER) + 2 * PAD;
    b->height = TITLE + (height > 0 ? height + PAD : 4);
}

/* ---- drawing ---- */

static void put_text(FILE *out, double x, double y, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", x, y);
    bm_put_html(out, text);
    fputs("</text>\n", out);
}

/* shade: how much of var(--faint) lies over the page's own background. */
static void put_frame(FILE *out, double x, double y, double width, double height, double shade, double line)
{
    static const char *const fill[] = { "paper", "faint" };
    for (int layer = 0; layer < 2; layer++)
        fprintf(out,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" fill=\"var(--%s)\" "
                "fill-opacity=\"%g\" "
                "stroke=\"var(--ink)\" stroke-width=\"%g\"/>\n",
                x, y, width, height, fill[layer], layer ? shade : 1, layer ? line : 0);
}

static double put_memory(const struct drawing *d, const struct box *b, double x, double y, double width)
{
    for (hwloc_obj_t m = b->object->memory_first_child; m; m = m->next_sibling) {
        const struct box memory = { .object = m, .count = 1, .nested = b->nested || b->count > 1 };
        char text[NAME];
        name_of(&memory, text);
        put_frame(d->out, x, y, width, TITLE + 4, 0.55, 1);
        put_text(d->out, x + PAD, y + 15, text);
        y += TITLE + 4 + GAP;
    }
    return y;
}

static void put_box(const struct drawing *d, const struct box *b, double x, double y, double width, double height)
{
    char name[NAME];
    const double inner = width - 2 * PAD;
    double used = 0, tallest = 0, at = x + PAD;
    name_of(b, name);
    put_frame(d->out, x, y, width, height, hwloc_obj_type_is_cache(b->object->type) ? 0.25 : 0,
              is_given(d, b->object) ? 3 : 1);
    put_text(d->out, x + PAD, y + 14, name);
    const double bottom = y + height - PAD;
    y = put_memory(d, b, at, y + TITLE, inner);
    for (size_t i = 0; i < b->children; i++) {
        used += b->child[i].width + (i ? GAP : 0);
        tallest = fmax(tallest, b->child[i].height);
    }
    const double more = b->in_row && b->children ? (inner - used) / (double)b->children : 0;
    for (size_t i = 0; i < b->children; i++) {
        const struct box *c = &b->child[i];
        put_box(d, c, at, y, b->in_row ? c->width + more : inner, b->in_row ? tallest : c->height);
        if (b->in_row)
            at += c->width + more + GAP;
        else
            y += c->height + GAP;
    }
    if (b->left_out)
        put_text(d->out, x + PAD, bottom - 2, "... and others");
}

static void put_alt(const struct bm_topology_drawing *t, char *alt, size_t room)
{
    snprintf(alt, room,
             "The machine as nested boxes with their sizes: packages: %d, NUMA nodes: %d, L3 caches: %d, L2 caches: "
             "%d, cores: %d, "
             "CPUs: %d. Those with thick borders were given to the process: %d.",
             t->packages, t->nodes, t->caches[2], t->caches[1], t->cores, t->cpus, t->given);
}

static char *draw(struct drawing *d, const struct bm_topology_drawing *t)
{
    struct box root = { .object = hwloc_get_root_obj(d->tree), .count = 1 };
    char *svg = NULL, alt[320], text[64];
    size_t size;
    measure(d, &root, BM_PLOT_WIDTH - 4, 0);
    const double width = BM_PLOT_WIDTH - 4, foot = root.height + 4;
    d->out = open_memstream(&svg, &size);
    if (!d->out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    put_alt(t, alt, sizeof alt);
    bm_svg_begin(d->out, fmax(root.width, width) + 4, foot + 22 + (d->collapsed ? TITLE : 0), alt);
    fputs("<g font-size=\"12\" fill=\"var(--ink)\">\n", d->out);
    put_box(d, &root, 2, 2, fmax(root.width, width), root.height);
    if (d->given)
        snprintf(text, sizeof text, "Thick border: given to the process (%d of %d CPU%s)", t->given, t->cpus,
                 t->cpus == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "Which CPUs the process was given is not known");
    put_text(d->out, 4, foot + 16, text);
    if (d->collapsed)
        put_text(d->out, 4, foot + 16 + TITLE, "8 x: so many alike ones, the first is drawn");
    fputs("</g></svg>", d->out);
    fclose(d->out);
    free_children(&root);
    return svg;
}

/* ---- reading ---- */

static bool load(hwloc_topology_t *tree, const char *xml)
{
    const size_t length = strlen(xml);
    if (length > LONGEST_XML || hwloc_topology_init(tree))
        return false;
    if (hwloc_topology_set_xmlbuffer(*tree, xml, (int)length + 1) == 0 &&
        hwloc_topology_set_all_types_filter(*tree, HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
        hwloc_topology_set_io_types_filter(*tree, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
        hwloc_topology_set_flags(*tree, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 && hwloc_topology_load(*tree) == 0)
        return true;
    hwloc_topology_destroy(*tree);
    return false;
}

static int count_of(hwloc_topology_t tree, hwloc_obj_type_t type)
{
    const int n = hwloc_get_nbobjs_by_type(tree, type);
    return n > 0 ? n : 0;
}

bool bm_topology_draw(const char *xml, const char *given, struct bm_topology_drawing *t, struct bm_error *error)
{
    struct drawing d = { .given = given };
    setenv("HWLOC_HIDE_ERRORS", "2", 1); /* what is wrong with the file is told here */
    if (!load(&d.tree, xml))
        return bm_failed(error, "hwloc cannot read topology_xml");
    *t = (struct bm_topology_drawing){ .packages = count_of(d.tree, HWLOC_OBJ_PACKAGE),
                                       .nodes = count_of(d.tree, HWLOC_OBJ_NUMANODE),
                                       .cores = count_of(d.tree, HWLOC_OBJ_CORE),
                                       .cpus = count_of(d.tree, HWLOC_OBJ_PU),
                                       .memory_bytes = (double)hwloc_get_root_obj(d.tree)->total_memory };
    for (int level = 0; level < 3; level++)
        t->caches[level] = count_of(d.tree, (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level));
    for (hwloc_obj_t pu = NULL; (pu = hwloc_get_next_obj_by_type(d.tree, HWLOC_OBJ_PU, pu));)
        t->given += is_given(&d, pu);
    t->svg = draw(&d, t);
    hwloc_topology_destroy(d.tree);
    return true;
}
