/* SPDX-License-Identifier: MIT */
#include "topology.h"

#include <errno.h>
#include <hwloc.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"

static struct bm_topology found;
static hwloc_topology_t tree;
static hwloc_cpuset_t given;
/* cache_of[level][i]: which instance the core of cpu[i] uses; -1 if unknown. */
static int *cache_of[BM_CACHE_LEVELS + 1];
static int pinned = 1;

/* A machine of unknown structure: as many cores as CPUs are online. */
static void load_flat(void)
{
    char text[32];
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(text, sizeof text, "core:%ld pu:1", online > 0 ? online : 1);
    if (hwloc_topology_init(&tree) || hwloc_topology_set_synthetic(tree, text) ||
        hwloc_topology_set_flags(tree, HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM) || hwloc_topology_load(tree))
        bm_die(BM_EXIT_INPUT,
               "hwloc cannot describe this machine, nor one of %ld cores; check the installation of hwloc", online);
}

/* hwloc would go on without a description that it cannot read, as if it had not been given. */
static void load_described(const char *variable, const char *value, int (*describe)(hwloc_topology_t, const char *))
{
    const bool is_file = describe == hwloc_topology_set_xml;
    if (is_file && access(value, R_OK) != 0)
        bm_die(BM_EXIT_INPUT, "%s=%s cannot be read: %s; unset it, or name a file that lstopo wrote", variable, value,
               strerror(errno));
    if (hwloc_topology_init(&tree) || describe(tree, value) || hwloc_topology_load(tree))
        bm_die(BM_EXIT_INPUT, "hwloc " HWLOC_VERSION " understands nothing of %s=%s: %s; unset it", variable, value,
               is_file ? "not its XML, or that of a newer version" : "no description of a machine");
}

static void load(void)
{
    const char *xml = getenv("HWLOC_XMLFILE"), *synthetic = getenv("HWLOC_SYNTHETIC");
    if (xml && *xml)
        load_described("HWLOC_XMLFILE", xml, hwloc_topology_set_xml);
    else if (synthetic && *synthetic)
        load_described("HWLOC_SYNTHETIC", synthetic, hwloc_topology_set_synthetic);
    else if (hwloc_topology_init(&tree) || hwloc_topology_load(tree))
        load_flat();
}

static void find_given(void)
{
    given = hwloc_bitmap_alloc();
    if (!given || hwloc_get_cpubind(tree, given, HWLOC_CPUBIND_THREAD))
        bm_die(BM_EXIT_INPUT, "the CPUs given to this process cannot be read (sched_getaffinity)");
    hwloc_bitmap_and(given, given, hwloc_topology_get_allowed_cpuset(tree));
    if (hwloc_bitmap_iszero(given)) /* a /sys of another machine: better its allowed CPUs than none */
        hwloc_bitmap_copy(given, hwloc_topology_get_allowed_cpuset(tree));
    hwloc_bitmap_list_snprintf(found.given, sizeof found.given, given);
}

/* The core of a CPU, or the CPU itself where cores are unknown. */
static hwloc_obj_t core_of(hwloc_obj_t pu)
{
    hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_CORE, pu);
    return core ? core : pu;
}

/* Numbers the given CPUs: rank by rank within their cores, cores in hwloc's logical order, which fills caches, NUMA
 * nodes and packages one after the other. */
static void number_cpus(void)
{
    int n = hwloc_bitmap_weight(given), count = 0;
    int *cpu = bm_alloc((size_t)n * sizeof *cpu);
    for (int level = 1; level <= BM_CACHE_LEVELS; level++)
        cache_of[level] = bm_alloc((size_t)n * sizeof(int));
    for (int rank = 0; count < n; rank++) {
        hwloc_obj_t pu = NULL, core = NULL;
        int seen = 0, before = count;
        while ((pu = hwloc_get_next_obj_inside_cpuset_by_type(tree, given, HWLOC_OBJ_PU, pu))) {
            seen = core_of(pu) == core ? seen + 1 : 0;
            core = core_of(pu);
            if (seen != rank)
                continue;
            for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
                hwloc_obj_t cache =
                    hwloc_get_ancestor_obj_by_type(tree, (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level - 1), pu);
                cache_of[level][count] = cache ? (int)cache->logical_index : -1;
            }
            cpu[count++] = (int)pu->os_index;
        }
        if (rank == 0)
            found.cores_available = count;
        if (count == before)
            break;
    }
    found.cpus_available = count;
    found.cpu = cpu;
}

/* More than the CPUs that share it can have of one: the most that any has is 48 MiB (an EPYC 7373X: 96 MiB for two cores). */
static size_t most_bytes(hwloc_obj_t cache)
{
    const int cpus = hwloc_bitmap_weight(cache->complete_cpuset);
    return (size_t)(cpus > 0 ? cpus : 1) * ((size_t)64 << 20);
}

static void find_caches(void)
{
    static const size_t fallback[] = { 0, 32 << 10, 512 << 10, 8 << 20 };
    hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(tree, (unsigned)found.cpu[0]);
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        struct bm_cache *cache = &found.cache[level];
        hwloc_obj_t object =
            hwloc_get_ancestor_obj_by_type(tree, (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level - 1), pu);
        size_t below = found.cache[level - 1].bytes;
        *cache = (struct bm_cache){ .bytes = fallback[level], .line_bytes = 64, .cores = 1 };
        if (cache->bytes < below)
            cache->bytes = below;
        if (object && object->attr->cache.size > 0) {
            cache->of_package = object->attr->cache.size > most_bytes(object);
            cache->known = !cache->of_package;
            cache->bytes = cache->of_package ? most_bytes(object) : (size_t)object->attr->cache.size;
            if (object->attr->cache.linesize > 0)
                cache->line_bytes = object->attr->cache.linesize;
            if (object->attr->cache.associativity > 0)
                cache->ways = (unsigned)object->attr->cache.associativity;
        }
        if (level == BM_CACHE_LEVELS && !cache->known && !cache->of_package && found.cache[level - 1].known) {
            *cache = (struct bm_cache){ .bytes = 0, .line_bytes = 64, .cores = 1 }; /* there is none */
            continue;
        }
        for (int i = 1; i < found.cores_available; i++)
            cache->cores += cache->known ? cache_of[level][i] == cache_of[level][0] : level == BM_CACHE_LEVELS;
    }
}

static int at_least_one(int n)
{
    return n > 0 ? n : 1;
}

static void discover(void)
{
    load();
    found.this_system = hwloc_topology_is_thissystem(tree);
    const char *version = hwloc_obj_get_info_by_name(hwloc_get_root_obj(tree), "hwlocVersion");
    snprintf(found.hwloc_version, sizeof found.hwloc_version, "%s", version ? version : HWLOC_VERSION);
    found.packages = at_least_one(hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_PACKAGE));
    found.numa_nodes = at_least_one(hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_NUMANODE));
    found.cpus = at_least_one(hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_PU));
    found.cores = hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_CORE);
    if (found.cores <= 0)
        found.cores = found.cpus;
    found.smt = found.cpus > found.cores;
    find_given();
    number_cpus();
    find_caches();
    found.cpu_quota = bm_cgroup_cpus("");
}

const struct bm_topology *bm_topology(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, discover);
    return &found;
}

/* hwloc writes an element a line. */
char *bm_topology_xml(void)
{
    char *xml, *rest = NULL;
    int length;
    bm_topology();
    if (hwloc_topology_export_xmlbuffer(tree, &xml, &length, 0))
        bm_die(BM_EXIT_INPUT, "hwloc cannot write its topology as XML: %s", strerror(errno));
    char *text = bm_alloc((size_t)length + 1), *to = text, *begin = strstr(xml, "<topology");
    for (char *line = strtok_r(begin ? begin : xml, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        line += strspn(line, " ");
        if (strncmp(line, "<info ", 6) != 0)
            to = stpcpy(to, line);
    }
    *to = '\0';
    hwloc_free_xmlbuffer(tree, xml);
    return text;
}

int bm_cores_available(void)
{
    return bm_topology()->cores_available;
}

int bm_default_threads(void)
{
    const struct bm_topology *t = bm_topology();
    return t->cpu_quota >= t->cores_available ? t->cores_available : t->cpu_quota < 2 ? 1 : (int)t->cpu_quota;
}

/* Of the cores that were given, those that the first one's object has. */
static int cores_in(hwloc_const_cpuset_t set)
{
    int cores = 0;
    for (int i = 0; i < found.cores_available; i++)
        cores += set && hwloc_bitmap_isset(set, (unsigned)found.cpu[i]);
    return cores;
}

static hwloc_const_cpuset_t cpus_of(hwloc_obj_t object) { return object ? object->cpuset : NULL; }

static int cores_of_last_cache(hwloc_obj_t pu)
{
    for (int level = BM_CACHE_LEVELS; level > 1; level--)
        if (found.cache[level].known)
            return cores_in(cpus_of(
                hwloc_get_ancestor_obj_by_type(tree, (hwloc_obj_type_t)(HWLOC_OBJ_L1CACHE + level - 1), pu)));
    return 0;
}

static int cores_of_node(hwloc_obj_t pu)
{
    hwloc_obj_t node = NULL;
    while ((node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node)))
        if (hwloc_bitmap_isset(node->cpuset, pu->os_index))
            return cores_in(node->cpuset);
    return 0;
}

int bm_thread_sweep(int threads[static BM_MOST_SWEEP])
{
    const int all = bm_default_threads();
    hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(tree, (unsigned)found.cpu[0]);
    const int within[] = { cores_of_last_cache(pu), cores_of_node(pu),
                           cores_in(cpus_of(hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_PACKAGE, pu))), all };
    enum { WITHIN = sizeof within / sizeof *within };
    int n = 0;
    for (int t = 1; (t == 1 || t < within[0]) && t <= all && n < BM_MOST_SWEEP - WITHIN; t *= 2)
        threads[n++] = t;
    for (int i = 0; i < WITHIN; i++)
        if (within[i] > threads[n - 1] && within[i] <= all)
            threads[n++] = within[i];
    return n;
}

size_t bm_cache_bytes(int level)
{
    return bm_topology()->cache[level].bytes;
}

size_t bm_cache_team_bytes(int level, int threads)
{
    const struct bm_topology *t = bm_topology();
    const struct bm_cache *cache = &t->cache[level];
    int n = threads < t->cores_available ? threads : t->cores_available;
    int instances = 1;
    for (int i = 1; i < n; i++) /* neighbours in logical order, so an instance once left does not come back */
        instances += cache->known ? cache_of[level][i] != cache_of[level][i - 1] : level < BM_CACHE_LEVELS;
    return (size_t)instances * cache->bytes;
}

size_t bm_last_cache_bytes(int threads)
{
    int level = BM_CACHE_LEVELS;
    while (level > 1 && bm_cache_bytes(level) == 0)
        level--;
    return bm_cache_team_bytes(level, threads);
}

/* Binds the calling thread to one CPU, or to all that were given if cpu < 0. */
static bool bind_thread(int cpu)
{
    if (cpu < 0)
        return hwloc_set_cpubind(tree, given, HWLOC_CPUBIND_THREAD) == 0;
    hwloc_bitmap_t one = hwloc_bitmap_alloc();
    bool done =
        one && hwloc_bitmap_set(one, (unsigned)cpu) == 0 && hwloc_set_cpubind(tree, one, HWLOC_CPUBIND_THREAD) == 0;
    hwloc_bitmap_free(one);
    return done;
}

static size_t stack_bytes(void)
{
    pthread_attr_t about;
    size_t bytes = SIZE_MAX;
    if (pthread_getattr_np(pthread_self(), &about) == 0) {
        pthread_attr_getstacksize(&about, &bytes);
        pthread_attr_destroy(&about);
    }
    return bytes;
}

/* Returns the size of the team, or 0 if a thread could not be bound; *stack becomes the least of those that OpenMP gave
 * its threads. */
static int bind_team(int threads, bool to_cores, size_t *stack)
{
    *stack = SIZE_MAX;
    if (threads == 1)
        return bind_thread(to_cores ? found.cpu[0] : -1);
    int team = 0, bad = 0;
    size_t least = SIZE_MAX;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(threads) reduction(+ : team, bad) reduction(min : least)
    {
        team = 1;
        least = omp_get_thread_num() ? stack_bytes() : SIZE_MAX;
        bad = !bind_thread(to_cores ? found.cpu[omp_get_thread_num() % found.cpus_available] : -1);
    }
    *stack = least;
    return bad ? 0 : team;
}

/* What kernels, and libraries that bring theirs, may need. */
enum { LEAST_STACK = 512 << 10 };

bool bm_pin_team(int threads, bool oversubscribe, struct bm_error *error)
{
    const struct bm_topology *t = bm_topology();
    if (threads < 1)
        return bm_failed(error, "%d threads make no team; ask for at least 1", threads);
    if (!t->this_system)
        return bm_failed(
            error, "hwloc describes another machine (HWLOC_XMLFILE or HWLOC_SYNTHETIC is set): nothing can be pinned");
    if (threads > t->cores_available && !oversubscribe)
        return bm_failed(error,
                         "%d threads were asked for, but this process was given %d core%s (CPU %s of %d); ask for "
                         "fewer threads, or give it more cores",
                         threads, t->cores_available, t->cores_available == 1 ? "" : "s", t->given, t->cpus);
    size_t stack;
    int team = bind_team(threads, true, &stack);
    if (team == 0)
        return bm_failed(error, "the system refuses to pin %d threads to CPUs out of %s", threads, t->given);
    if (team != threads)
        return bm_failed(error, "OpenMP gives %d threads of the %d asked for; look at OMP_THREAD_LIMIT", team, threads);
    if (stack < LEAST_STACK)
        return bm_failed(error, "OpenMP gives its threads stacks of %zu KiB, and kernels need up to %d KiB: unset OMP_STACKSIZE "
                                "and GOMP_STACKSIZE, or set OMP_STACKSIZE=4M", stack >> 10, LEAST_STACK >> 10);
    pinned = threads;
    return true;
}

void bm_unpin(void)
{
    if (!bm_topology()->this_system)
        return;
    size_t stack;
    bind_team(1, false, &stack); /* first, so that threads started from now on inherit the whole set */
    bind_team(pinned, false, &stack);
    pinned = 1;
}

int bm_observed_map(int threads, int cpu[])
{
    int team = 1;
    if (threads <= 1) {
        cpu[0] = sched_getcpu();
        return team;
    }
#pragma omp parallel num_threads(threads)
    {
        cpu[omp_get_thread_num()] = sched_getcpu();
#pragma omp single
        team = omp_get_num_threads();
    }
    return team;
}
