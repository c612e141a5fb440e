/* SPDX-License-Identifier: MIT */
#include "lstopo.h"

#include <hwloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "pictures.h"
#include "plot.h"

enum { LONGEST_XML = 16 << 20 };

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

/* Marks the CPUs that were given, and counts them. plots.css knows the colour. */
static int mark_given(hwloc_topology_t tree, const char *given)
{
    int count = 0;
    for (hwloc_obj_t pu = NULL; (pu = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_PU, pu));)
        if (in_list(given, pu->os_index)) {
            hwloc_obj_add_info(pu, "lstopoStyle", "Background=#5fb8f0");
            count++;
        }
    return count;
}

bool bm_topology_read(const char *xml, const char *given, struct bm_topology *t, struct bm_error *error)
{
    hwloc_topology_t tree;
    char *marked;
    int length;
    setenv("HWLOC_HIDE_ERRORS", "2", 1); /* what is wrong with the file is told here */
    if (!load(&tree, xml))
        return bm_failed(error, "hwloc cannot read topology_xml");
    *t = (struct bm_topology){ .packages = count_of(tree, HWLOC_OBJ_PACKAGE),
                               .nodes = count_of(tree, HWLOC_OBJ_NUMANODE),
                               .cores = count_of(tree, HWLOC_OBJ_CORE),
                               .cpus = count_of(tree, HWLOC_OBJ_PU),
                               .given = mark_given(tree, given),
                               .memory_bytes = (double)hwloc_get_root_obj(tree)->total_memory };
    for (int level = 0; level < 3; level++)
        t->caches[level] = count_of(tree, (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level));
    if (hwloc_topology_export_xmlbuffer(tree, &marked, &length, 0) == 0) {
        t->xml = strdup(marked);
        hwloc_free_xmlbuffer(tree, marked);
    }
    hwloc_topology_destroy(tree);
    return t->xml || bm_failed(error, "hwloc cannot write topology_xml");
}

/* Its elements as a part of the page, in the middle of the column. */
static char *in_page(const char *drawn, const char *alt, struct bm_error *error)
{
    double width, height;
    char *svg = NULL;
    size_t size;
    const char *view = strstr(drawn, "viewBox='"), *first = view ? strchr(view, '>') : NULL;
    const char *end = first ? strstr(first, "</svg>") : NULL;
    FILE *out;
    if (!end || sscanf(view, "viewBox='0 0 %lfpx %lfpx'", &width, &height) != 2)
        return bm_failed(error, "lstopo-no-graphics drew something else than an SVG; version 2.5 or newer is needed"),
               NULL;
    out = bm_text_file(&svg, &size);
    bm_svg_begin(out, fmax(width, BM_PLOT_WIDTH), height, alt);
    fprintf(out, "<g class=\"topology\" transform=\"translate(%g,0)\">%.*s</g></svg>",
            fmax(0, (BM_PLOT_WIDTH - width) / 2), (int)(end - first - 1), first + 1);
    fclose(out);
    return svg;
}

char *bm_topology_draw(const struct bm_topology *t, struct bm_error *error)
{
    /* Of more than two alike ones the first and their number: it must fit a column. */
    char *const argv[] = { "lstopo-no-graphics", "--input-format",  "xml",        "--input",    "-",
                           "--disallowed",       "--no-legend",     "--physical", "--fontsize", "12",
                           "--factorize=2,1,0",  "--output-format", "svg",        "-",          NULL };
    char alt[320];
    FILE *xml = tmpfile();
    if (!xml)
        return bm_failed(error, "no temporary file for lstopo-no-graphics; set TMPDIR or make room"), NULL;
    fputs(t->xml, xml);
    char *drawn = bm_child_draws(argv, "hwloc-nox", xml, error), *svg = NULL;
    fclose(xml);
    snprintf(alt, sizeof alt,
             "The machine as nested boxes with their sizes: packages: %d, NUMA nodes: %d, L3 caches: %d, L2 caches: "
             "%d, cores: %d, CPUs: %d. Those that are filled were given to the process: %d.",
             t->packages, t->nodes, t->caches[2], t->caches[1], t->cores, t->cpus, t->given);
    if (drawn)
        svg = in_page(drawn, alt, error);
    free(drawn);
    return svg;
}
