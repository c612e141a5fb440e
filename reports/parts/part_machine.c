/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstopo.h"
#include "machine_pictures.h"
#include "markup.h"
#include "part_common.h"
#include "parts.h"
#include "roofs.h"

/* ---- facts ---- */

static const char *word(const struct bm_source *s, const char *path)
{
    const char *text = json_string_value(bm_machine_member(s, path));
    return text && *text ? text : "unknown";
}

static struct bm_value number(const struct bm_source *s, enum bm_unit unit, const char *path)
{
    return bm_value_from(unit, s, "/context.batchmark.%s", path);
}

static const char *yes(const json_t *flag)
{
    return json_is_true(flag) ? "on" : json_is_false(flag) ? "off" : "unknown";
}

static void put_caches(struct bm_grid *grid, const struct bm_source *s)
{
    const json_t *one;
    char path[2][80];
    size_t i;
    json_array_foreach(bm_machine_member(s, "topology.caches"), i, one)
    {
        const int level = (int)bm_member_number(one, "level");
        snprintf(path[0], sizeof path[0], "topology.caches[%zu].bytes", i);
        snprintf(path[1], sizeof path[1], "topology.caches[%zu].available_cores_sharing", i);
        const struct bm_value bytes = number(s, BM_UNIT_BYTES, path[0]), cores = number(s, BM_UNIT_COUNT, path[1]);
        if (cores.x > 1)
            bm_grid_row(grid, "L%d cache|%v, shared by %v of the cores given", level, bytes, cores);
        else
            bm_grid_row(grid, "L%d cache|%v%s", level, bytes, level == 1 ? ", data, of each core" : "");
    }
}

/* All texts of a list, with `between` them; free() it. */
static char *joined(const json_t *list, const char *between)
{
    char *text = NULL;
    size_t size, i, put = 0;
    const json_t *one;
    FILE *out = bm_text_file(&text, &size);
    json_array_foreach(list, i, one) if (json_is_string(one))
        fprintf(out, "%s%s", put++ ? between : "", json_string_value(one));
    fclose(out);
    return text;
}

static void put_cpu(struct bm_grid *grid, const struct bm_source *s)
{
    const char *cap = json_string_value(bm_machine_member(s, "cpu.isa_cap"));
    char *flags = joined(bm_machine_member(s, "cpu.flags"), " ");
    bm_grid_row(grid, "CPU|%s (%s)", word(s, "cpu.model_name"), word(s, "cpu.vendor"));
    bm_grid_row(grid, "Family, model, stepping|%v, %v, %v; microcode %s", number(s, BM_UNIT_COUNT, "cpu.family"),
                number(s, BM_UNIT_COUNT, "cpu.model"), number(s, BM_UNIT_COUNT, "cpu.stepping"),
                word(s, "cpu.microcode"));
    bm_grid_row(grid, "ISA|%s%s%s%s%s", word(s, "cpu.isa"), cap ? ", capped at " : ", not capped", cap ? cap : "",
                *flags ? ": " : "", flags);
    bm_grid_row(grid, "Cores|%v core%+, %v CPU%+ (SMT %s)", number(s, BM_UNIT_COUNT, "topology.cores"),
                number(s, BM_UNIT_COUNT, "topology.cpus"), yes(bm_machine_member(s, "topology.smt")));
    bm_grid_row(grid, "Packages|%v package%+, %v NUMA node%+", number(s, BM_UNIT_COUNT, "topology.packages"),
                number(s, BM_UNIT_COUNT, "topology.numa_nodes"));
    bm_grid_row(grid, "Given to the process|%v core%+, %v CPU%+ (%s)",
                number(s, BM_UNIT_COUNT, "topology.cores_available"),
                number(s, BM_UNIT_COUNT, "topology.cpus_available"), word(s, "topology.cpuset"));
    put_caches(grid, s);
    bm_grid_row(grid, "Clock|%v, measured; governor %s, driver %s, boost %s",
                number(s, BM_UNIT_HERTZ, "clock.running_hz"), word(s, "clock.governor"), word(s, "clock.driver"),
                yes(bm_machine_member(s, "clock.boost")));
    free(flags);
}

static void put_system(struct bm_grid *grid, const struct bm_source *s)
{
    const json_t *virtualised = bm_machine_member(s, "system.virtualised");
    const char *container = json_string_value(bm_machine_member(s, "system.container"));
    bm_grid_row(grid, "Memory|%v", number(s, BM_UNIT_BYTES, "system.memory_bytes"));
    bm_grid_row(grid, "Kernel|%s, %s", word(s, "system.kernel"), word(s, "system.os"));
    bm_grid_row(grid, "Transparent huge pages|%s", word(s, "system.transparent_huge_pages"));
    bm_grid_row(grid, "Virtualisation|%s%s%s",
                json_is_true(virtualised)    ? word(s, "system.hypervisor")
                : json_is_false(virtualised) ? "none"
                                             : "unknown",
                container ? ", container: " : "", container ? container : "");
    bm_grid_row(grid, "OpenMP|%s, version %v, up to %v threads", word(s, "openmp.runtime"),
                number(s, BM_UNIT_COUNT, "openmp.version"), number(s, BM_UNIT_COUNT, "openmp.max_threads"));
    bm_grid_row(grid, "Compiler|%s", word(s, "build.compiler"));
}

static void put_peers(struct bm_grid *grid, const struct bm_source *s)
{
    const json_t *peers = bm_machine_member(s, "peers"), *one;
    size_t i;
    json_array_foreach(peers, i, one)
    {
        const char *version = bm_member_text(one, "version"), *core = bm_member_text(one, "core"),
                   *threading = bm_member_text(one, "threading"), *absent = bm_member_text(one, "absent");
        if (*version)
            bm_grid_row(grid, "Peer %s|%s%s%s%s%s", bm_member_text(one, "name"), version, *core ? ", kernels for " : "",
                        core, *threading ? ", " : "", threading);
        else
            bm_grid_row(grid, "Peer %s|not loaded%s%s", bm_member_text(one, "name"), *absent ? ": " : "", absent);
    }
    if (json_array_size(peers) == 0)
        bm_grid_row(grid, "Peers|none were looked for");
}

static void put_facts(struct bm_page *page, const struct bm_source *s)
{
    struct bm_grid *grid = bm_grid_new(page, "machine-facts", "What it is", "Fact", "Value", NULL);
    char *warnings = joined(bm_machine_member(s, "warnings"), "; ");
    bm_grid_left(grid, 2);
    put_cpu(grid, s);
    put_system(grid, s);
    put_peers(grid, s);
    bm_grid_row(grid, "Warnings|%s", *warnings ? warnings : "none");
    bm_page_table(page, grid);
    free(warnings);
}

/* ---- topology ---- */

static void put_topology(struct bm_page *page, const struct bm_source *s)
{
    const char *xml = s ? json_string_value(json_object_get(s->document.ours, "topology_xml")) : NULL;
    struct bm_topology t;
    struct bm_error error;
    if (!xml) {
        bm_page_missing(page, "batchmark machine --store", "a picture of the topology.");
        return;
    }
    if (!bm_topology_read(xml, json_string_value(bm_machine_member(s, "topology.cpuset")), &t, &error)) {
        bm_page_missing(page, "batchmark machine --store", "a picture of the topology: %s.", error.text);
        return;
    }
    const bool draws = bm_page_has_pictures(page);
    char *svg = draws ? bm_topology_draw(&t, &error) : NULL;
    free(t.xml);
    if (!svg && draws)
        bm_page_missing(page, NULL, "a picture of the topology: %s.", error.text);
    else
        bm_page_picture(
            page, "machine-topology", "Topology", svg, NULL,
            "%d package%+ with %d core%+ and %d CPU%+ (%d known to be given to the process: filled), %d L2 and %d L3 "
            "cache%+; %d NUMA node%+ with %v of memory.",
            t.packages, t.cores, t.cpus, t.given, t.caches[1], t.caches[2], t.nodes,
            bm_derived(t.memory_bytes, BM_UNIT_BYTES, s));
}

/* ---- the part ---- */

static bool has_limits(const struct bm_source *s)
{
    return json_array_size(json_object_get(s->document.ours, "limits")) > 0;
}

static void put_pictures(struct bm_page *page, const struct bm_source *machine, const struct bm_source *limits)
{
    int threads[BM_MACHINE_THREADS];
    const size_t counts = limits ? bm_roof_threads(limits, threads, BM_MACHINE_THREADS) : 0;
    const bool staircase = counts && bm_machine_has_staircase(limits, threads, counts);
    bm_page_heading(page, "Topology and measured limits");
    if (!counts)
        bm_page_missing(page, "batchmark machine --store",
                        "measured limits: peak of fused multiply-adds and bandwidths.");
    else if (staircase)
        bm_page_paragraph(page, "Bandwidth is that of all threads together; the working set is each thread's, and "
                                "dashed lines mark where its "
                                "share of a cache ends.");
    bm_page_gallery_begin(page);
    put_topology(page, machine);
    if (counts) {
        bm_machine_peaks(page, limits, threads, counts);
        bm_machine_staircases(page, limits, threads, counts);
    }
    bm_page_gallery_end(page);
    if (counts && !staircase)
        bm_page_missing(page, "batchmark machine --store", "bandwidth by working set.");
    if (counts) {
        bm_page_more_begin(page, "Bandwidth by ISA, threads and level");
        bm_machine_levels(page, limits);
        bm_page_more_end(page);
    }
}

void bm_part_machine(struct bm_page *page, const struct bm_library *library)
{
    static const char *const kind[] = { "machine", "bench", "train", "claim", "verify", "noise", "tuning" };
    const struct bm_source *machine = bm_library_newest(library, "machine", NULL),
                           *facts = machine ? machine : bm_library_bench(library),
                           *limits = bm_library_newest(library, "machine", has_limits);
    bm_page_part(page, "machine", "This machine");
    for (size_t i = 0; !facts && i < sizeof kind / sizeof *kind; i++)
        facts = bm_library_newest(library, kind[i], NULL);
    if (facts)
        put_facts(page, facts);
    else
        bm_page_missing(page, "batchmark machine --store", "what this machine is.");
    put_pictures(page, machine, limits ? limits : bm_library_bench(library));
}
