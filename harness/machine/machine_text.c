/* SPDX-License-Identifier: MIT */
/* machine_text.c - what provenance.h knows of a machine, for a reader. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "cpu.h"
#include "error.h"
#include "kernel.h"
#include "lines.h"
#include "peer.h"
#include "provenance.h"
#include "topology.h"

/* "label    words", continued below the first word. */
static void print_wrapped(FILE *file, const char *label, const char *words)
{
    enum { INDENT = 12 };
    const int width = bm_columns();
    int column = fprintf(file, "%-*s", INDENT - 1, label);
    while (*words) {
        size_t n = strcspn(words, " ");
        if (column >= INDENT && column + 1 + (int)n > width)
            column = fprintf(file, "\n%*s", INDENT - 1, "") - 1;
        fputc(' ', file);
        for (size_t i = 0; i < n; i++) /* strings of the environment must not steer a terminal */
            fputc(iscntrl((unsigned char)words[i]) ? '?' : words[i], file);
        column += (int)n + 1;
        words += n + strspn(words + n, " ");
    }
    fputc('\n', file);
}

static void print_line(FILE *file, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void print_line(FILE *file, const char *label, const char *format, ...)
{
    char words[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    print_wrapped(file, label, words);
}

/* A value of any kind as text; the returned pointer is one of a few buffers in turn. */
static const char *shown(const json_t *all, const char *group, const char *item)
{
    static char buffer[8][512];
    static unsigned turn;
    const json_t *value = json_object_get(json_object_get(all, group), item);
    char *out = buffer[turn++ % 8];
    if (json_is_string(value))
        snprintf(out, sizeof buffer[0], "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, sizeof buffer[0], "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(out, sizeof buffer[0], "%s", json_is_true(value) ? "on" : "off");
    else
        snprintf(out, sizeof buffer[0], "unknown");
    return out;
}

static void join(char *out, size_t size, const json_t *strings)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(strings) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "",
                                 json_string_value(json_array_get(strings, i)));
}

void bm_print_machine(FILE *file)
{
    json_t *all = bm_provenance();
    const struct bm_topology *t = bm_topology();
    char words[1024], quota[32] = "no limit";

    if (isfinite(t->cpu_quota))
        snprintf(quota, sizeof quota, "%.3g CPUs", t->cpu_quota);
    print_line(file, "CPU", "%s (%s), family %s model %s stepping %s [" BM_CPU_SOURCE "], microcode %s [/proc/cpuinfo]",
               shown(all, "cpu", "model_name"), shown(all, "cpu", "vendor"), shown(all, "cpu", "family"),
               shown(all, "cpu", "model"), shown(all, "cpu", "stepping"), shown(all, "cpu", "microcode"));
    join(words, sizeof words, json_object_get(json_object_get(all, "cpu"), "flags"));
    print_line(file, "ISA", "%s in use, cap %s [BATCHMARK_MAX_ISA]; the CPU has %s [" BM_FEATURES_SOURCE "]", shown(all, "cpu", "isa"),
               getenv("BATCHMARK_MAX_ISA") ? getenv("BATCHMARK_MAX_ISA") : "none", words);
    const json_t *hz = json_object_get(json_object_get(all, "clock"), "running_hz");
    if (json_is_real(hz))
        snprintf(words, sizeof words, "about %.2f GHz", json_real_value(hz) * 1e-9);
    else
        snprintf(words, sizeof words, "unknown");
    print_line(
        file, "Clock",
        "%s now [timed: one addition a cycle]; governor %s, driver %s, boost %s, maximum in kHz %s [/sys, cpufreq]; "
        "timer step %.0f ns, reading %.0f ns [measured]",
        words, shown(all, "clock", "governor"), shown(all, "clock", "driver"), shown(all, "clock", "boost"),
        shown(all, "clock", "maximum_khz"),
        json_real_value(json_object_get(json_object_get(all, "clock"), "timer_resolution_s")) * 1e9,
        json_real_value(json_object_get(json_object_get(all, "clock"), "timer_overhead_s")) * 1e9);
    print_line(file, "Cores",
               "%d cores, %d CPUs (SMT %s), %d package%s, %d NUMA node%s [hwloc %s]; given to this process: %d core%s, "
               "CPU %s [affinity mask, cgroup]; CPU time: %s [cgroup]",
               t->cores, t->cpus, t->smt ? "on" : "off", t->packages, t->packages == 1 ? "" : "s", t->numa_nodes,
               t->numa_nodes == 1 ? "" : "s", t->hwloc_version, t->cores_available, t->cores_available == 1 ? "" : "s",
               t->given, quota);
    size_t used = 0;
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        const struct bm_cache *c = &t->cache[level];
        if (c->bytes == 0) {
            used += (size_t)snprintf(words + used, sizeof words - used, ", no L%d", level);
            continue;
        }
        used += (size_t)snprintf(words + used, sizeof words - used, "%sL%d%s %zu KiB", level > 1 ? ", " : "", level,
                                 level == 1 ? " data" : "", c->bytes >> 10);
        if (!c->known)
            used += (size_t)snprintf(words + used, sizeof words - used, " (assumed)");
        else if (c->cores > 1)
            used += (size_t)snprintf(words + used, sizeof words - used, " (shared by %d of the cores given)", c->cores);
    }
    print_line(file, "Caches", "%s [hwloc]", words);
    const json_t *system = json_object_get(all, "system");
    print_line(file, "Memory",
               "%.1f GiB [sysconf], of which this process can have %.2f GiB (%s) [/proc, cgroup, ulimit]; transparent huge pages %s [/sys]; NUMA balancing %s, ASLR %s [/proc]",
               (double)json_integer_value(json_object_get(system, "memory_bytes")) / (1 << 30),
               (double)json_integer_value(json_object_get(system, "memory_for_this_process_bytes")) / (1 << 30),
               shown(all, "system", "memory_bound"), shown(all, "system", "transparent_huge_pages"),
               shown(all, "system", "numa_balancing"), shown(all, "system", "aslr"));
    print_line(file, "Virtual", "hypervisor: %s [" BM_VIRTUAL_SOURCE "]; container: %s [files and variables they leave]",
               json_is_true(json_object_get(system, "virtualised")) ? shown(all, "system", "hypervisor") : "none seen",
               json_is_string(json_object_get(system, "container")) ? shown(all, "system", "container") : "none seen");
    const json_t *load = json_object_get(system, "load_average");
    if (load && json_array_size(load) == 3)
        snprintf(words, sizeof words, "%.2f %.2f %.2f", json_real_value(json_array_get(load, 0)),
                 json_real_value(json_array_get(load, 1)), json_real_value(json_array_get(load, 2)));
    else
        snprintf(words, sizeof words, "unknown");
    print_line(file, "System", "%s [/etc/os-release], kernel %s, host %s [uname]; load average %s [getloadavg]",
               shown(all, "system", "os"), shown(all, "system", "kernel"), shown(all, "system", "hostname"), words);
    print_line(file, "Counters", "%s [perf_event_open]", shown(all, "system", "counters"));
    char *environment =
        json_dumps(json_object_get(json_object_get(all, "openmp"), "environment"), JSON_COMPACT | JSON_SORT_KEYS);
    print_line(file, "OpenMP", "%s, specification %s, %s threads by default; environment %s",
               shown(all, "openmp", "runtime"), shown(all, "openmp", "version"), shown(all, "openmp", "max_threads"),
               environment ? environment : "unknown");
    free(environment);
    print_line(file, "Build", "%s, commit %s%s", BM_COMPILER, BM_COMMIT,
               json_is_true(json_object_get(json_object_get(all, "build"), "dirty")) ? " with changes" : "");
    const struct bm_peer *peer;
    for (size_t i = 0; (peer = bm_peer_at(i)); i++)
        if (peer->tried) {
            char about[BM_PEER_TEXT];
            print_line(file, i ? "" : "Peers", "%s%s%s", peer->loaded ? peer->name : "", peer->loaded ? " " : "",
                       bm_peer_text(peer, about));
        }
    const json_t *warnings = json_object_get(all, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        print_wrapped(file, i ? "" : "Warnings", json_string_value(json_array_get(warnings, i)));
    json_decref(all);
}
