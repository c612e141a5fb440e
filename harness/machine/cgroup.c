/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "system_files.h"

/* ---- where the groups are ---- */

/* A group's folder, and that of the outermost one that is seen. */
struct group {
    char folder[PATH_MAX];
    size_t top; /* length of the latter */
};

static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
            return true;
    return false;
}

/* The process's group in the hierarchy of a controller of version 1, or in that of version 2 (controller ""). */
static bool find_path(const char *root, const char *controller, char path[PATH_MAX])
{
    char name[PATH_MAX], line[PATH_MAX];
    bool found = false;
    snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    FILE *file = fopen(name, "r");
    while (file && !found && fgets(line, sizeof line, file)) { /* 4:cpu,cpuacct:/path, 0::/path */
        char *list = strchr(line, ':'), *end = list ? strchr(list + 1, ':') : NULL;
        if (!end)
            continue;
        *end = '\0';
        found = *controller ? has_word(list + 1, controller) : list[1] == '\0';
        end[1 + strcspn(end + 1, "\n")] = '\0';
        snprintf(path, PATH_MAX, "%s", end + 1);
    }
    if (file)
        fclose(file);
    return found;
}

/* Where that hierarchy is mounted, and which of its groups is there. */
static bool find_mount(const char *root, const char *controller, char of[PATH_MAX], char at[PATH_MAX])
{
    char name[PATH_MAX], line[2 * PATH_MAX], type[32], options[256];
    bool found = false;
    snprintf(name, sizeof name, "%s/proc/self/mountinfo", root);
    FILE *file = fopen(name, "r");
    while (file && !found && fgets(line, sizeof line, file)) { /* 31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw */
        const char *rest = strstr(line, " - ");
        found = rest && sscanf(line, "%*d %*d %*s %4095s %4095s", of, at) == 2 &&
                sscanf(rest, " - %31s %*s %255s", type, options) == 2 &&
                (*controller ? strcmp(type, "cgroup") == 0 && has_word(options, controller) : strcmp(type, "cgroup2") == 0);
    }
    if (file)
        fclose(file);
    return found;
}

static bool find_group(const char *root, const char *controller, struct group *g)
{
    char path[PATH_MAX], of[PATH_MAX], at[PATH_MAX];
    if (!find_path(root, controller, path) || !find_mount(root, controller, of, at))
        return false;
    const size_t n = strcmp(of, "/") == 0 ? 0 : strlen(of);
    const char *rest = strncmp(path, of, n) == 0 ? path + n : ""; /* else only the mounted group is seen */
    const int top = snprintf(g->folder, sizeof g->folder, "%s%s", root, at);
    if (top < 0 || (size_t)top + strlen(rest) >= sizeof g->folder)
        return false;
    g->top = (size_t)top;
    if (strcmp(rest, "/") != 0)
        strcpy(g->folder + top, rest);
    return true;
}

/* Goes to the group around it; false: there is none. */
static bool outwards(struct group *g)
{
    char *end = strrchr(g->folder + g->top, '/');
    if (!end)
        return false;
    *end = '\0';
    return true;
}

/* ---- what they say ---- */

static bool read_line(const struct group *g, const char *file, char line[256])
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", g->folder, file);
    return bm_file_line(path, line);
}

/* infinity for what is no number: "max", "", -1 */
static double positive(const char *text)
{
    char *end;
    const double x = strtod(text, &end);
    return end != text && x > 0 ? x : INFINITY;
}

/* Of one group. */
typedef double limit(const struct group *g, bool second);

static double cpus_of(const struct group *g, bool second)
{
    char quota[256], period[256];
    if (second ? !read_line(g, "cpu.max", quota) : !read_line(g, "cpu.cfs_quota_us", quota))
        return INFINITY;
    const char *of = second ? strchr(quota, ' ') : read_line(g, "cpu.cfs_period_us", period) ? period : NULL;
    const double cpus = of ? positive(quota) / positive(of) : INFINITY;
    return cpus > 0 ? cpus : INFINITY; /* a period of 0 */
}

static double bytes_in(const struct group *g, const char *file)
{
    char line[256];
    return read_line(g, file, line) ? positive(line) : INFINITY;
}

/* Pages of files that the system would drop first: used, but to be had. */
static double idle_file_bytes(const struct group *g, bool second)
{
    char path[PATH_MAX + 64], key[64];
    double bytes, found = 0;
    snprintf(path, sizeof path, "%s/memory.stat", g->folder);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%63s %lf", key, &bytes) == 2)
        if (strcmp(key, second ? "inactive_file" : "total_inactive_file") == 0)
            found = bytes;
    if (file)
        fclose(file);
    return found;
}

/* Version 1 writes no limit as the largest number of pages. Above memory.high a group is slowed down until it is below. */
static double memory_of(const struct group *g, bool second)
{
    const double most = second ? fmin(bytes_in(g, "memory.max"), bytes_in(g, "memory.high"))
                               : bytes_in(g, "memory.limit_in_bytes"),
                 used = bytes_in(g, second ? "memory.current" : "memory.usage_in_bytes");
    if (most >= 0x1p62)
        return INFINITY;
    return fmax(0, most - (isfinite(used) ? fmax(0, used - idle_file_bytes(g, second)) : 0));
}

static double least_of(const char *root, const char *controller, limit *of)
{
    double least = INFINITY;
    for (int second = 0; second < 2; second++) {
        struct group g;
        if (!find_group(root, second ? "" : controller, &g))
            continue;
        do
            least = fmin(least, of(&g, second));
        while (outwards(&g));
    }
    return least;
}

double bm_cgroup_cpus(const char *root) { return least_of(root, "cpu", cpus_of); }

double bm_cgroup_memory(const char *root) { return least_of(root, "memory", memory_of); }

/* A list, of the groups that say it. */
struct bm_cgroup_stops {
    struct bm_cgroup_stops *next;
    char path[]; /* of cpu.stat */
};

/* -1: the file does not say */
static long stopped(const char *path)
{
    char key[64];
    long count, found = -1;
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%63s %ld", key, &count) == 2)
        if (strcmp(key, "nr_throttled") == 0)
            found = count;
    if (file)
        fclose(file);
    return found;
}

struct bm_cgroup_stops *bm_cgroup_stops(const char *root)
{
    struct bm_cgroup_stops *all = NULL;
    for (int second = 0; second < 2; second++) {
        struct group g;
        if (!find_group(root, second ? "" : "cpu", &g))
            continue;
        do {
            const size_t length = strlen(g.folder) + sizeof "/cpu.stat";
            struct bm_cgroup_stops *one = bm_alloc(sizeof *one + length);
            snprintf(one->path, length, "%s/cpu.stat", g.folder);
            if (stopped(one->path) < 0) {
                free(one);
                continue;
            }
            one->next = all;
            all = one;
        } while (outwards(&g));
    }
    return all;
}

long bm_cgroup_stopped(const struct bm_cgroup_stops *stops)
{
    long all = 0;
    for (; stops; stops = stops->next) {
        const long one = stopped(stops->path);
        all += one > 0 ? one : 0;
    }
    return all;
}

void bm_cgroup_stops_free(struct bm_cgroup_stops *stops)
{
    while (stops) {
        struct bm_cgroup_stops *next = stops->next;
        free(stops);
        stops = next;
    }
}
