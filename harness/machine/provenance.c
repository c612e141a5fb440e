/* SPDX-License-Identifier: MIT */
#include "provenance.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "batchmark.h"
#include "cache_sizes.h"
#include "call_caches.h"
#include "clock.h"
#include "counters.h"
#include "cpu.h"
#include "memory_budget.h"
#include "peer.h"
#include "system_files.h"
#include "topology.h"

/* ---- topology ---------------------------------------------------------------------------------------------------- */

/* What kernels make of the caches, by number of threads, without what was measured. */
static json_t *blocking_json(void)
{
    struct bm_caches caches = *bm_call_caches();
    const struct bm_caches *c = &caches;
    caches.thresholds = (struct bm_thresholds){ .gemm_flops = 0 };
    int threads[BM_MOST_SWEEP];
    const int counts = bm_thread_sweep(threads);
    json_t *list = json_array();
    for (int t = 0; t < counts; t++) {
        const int n = threads[t];
        json_array_append_new(
            list, json_pack("{si sI sI sI sI sI sI}", "threads", n, "gemm_rows", (json_int_t)gemm_block_rows(c, n, 4 * GEMM_STEPS, 112),
                            "gemm_columns", (json_int_t)gemm_block_columns(c, n, 4 * GEMM_STEPS), "gemm_strip_floats",
                            (json_int_t)gemm_strip_floats(c, n), "bn_group_elements", (json_int_t)bn_group_elements(c, n),
                            "bn_far_elements", (json_int_t)bn_far_elements(c, n), "bn_stream_elements",
                            (json_int_t)bn_stream_elements(c, n)));
    }
    return list;
}

static json_t *topology_json(void)
{
    const struct bm_topology *t = bm_topology();
    json_t *caches = json_array(), *cpus = json_array();
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        const struct bm_cache *c = &t->cache[level];
        if (c->known)
            json_array_append_new(caches,
                                  json_pack("{si sI si si si}", "level", level, "bytes", (json_int_t)c->bytes,
                                            "line_bytes", (int)c->line_bytes, "ways", (int)c->ways,
                                            "available_cores_sharing", c->cores));
    }
    for (int i = 0; i < t->cores_available; i++)
        json_array_append_new(cpus, json_integer(t->cpu[i]));
    return json_pack("{si si si si sb so si si ss so so so}", "packages", t->packages, "numa_nodes", t->numa_nodes,
                     "cores", t->cores, "cpus", t->cpus, "smt", t->smt, "smt_control",
                     bm_file_text("/sys/devices/system/cpu/smt/control"), "cores_available", t->cores_available,
                     "cpus_available", t->cpus_available, "cpuset", t->given, "pin_order", cpus, "caches", caches, "blocking", blocking_json());
}

/* ---- system ------------------------------------------------------------------------------------------------------ */

static const char *container(void)
{
    char line[256];
    if (getenv("APPTAINER_NAME") || getenv("SINGULARITY_NAME"))
        return "apptainer";
    if (getenv("container"))
        return getenv("container");
    if (access("/run/.containerenv", F_OK) == 0)
        return "podman";
    if (access("/.dockerenv", F_OK) == 0)
        return "docker";
    if (bm_file_line("/proc/1/cgroup", line) &&
        (strstr(line, "kubepods") || strstr(line, "docker") || strstr(line, "lxc")))
        return "cgroup";
    return NULL;
}

/* The bracketed choice of "always [madvise] never". */
static json_t *huge_pages(void)
{
    char line[256];
    if (!bm_file_line("/sys/kernel/mm/transparent_hugepage/enabled", line) || !strchr(line, '['))
        return json_null();
    char *begin = strchr(line, '[') + 1;
    begin[strcspn(begin, "]")] = '\0';
    return bm_text_or_null(begin);
}

static json_t *aslr(void)
{
    char line[256];
    if (personality(0xffffffff) & ADDR_NO_RANDOMIZE)
        return json_false();
    return bm_file_line("/proc/sys/kernel/randomize_va_space", line) ? json_boolean(line[0] != '0') : json_null();
}

static json_t *quota(void)
{
    const double cpus = bm_topology()->cpu_quota;
    return isfinite(cpus) ? json_sprintf("%.6g CPUs", cpus) : json_null();
}

static json_t *system_json(const struct bm_cpu *cpu)
{
    struct utsname u;
    bool named = uname(&u) == 0;
    double load[3];
    bool loaded = getloadavg(load, 3) == 3;
    char os[256];
    bool has_os = bm_file_key("/etc/os-release", "PRETTY_NAME", os);
    long pages = sysconf(_SC_PHYS_PAGES);
    const struct bm_memory memory = bm_memory_budget();
    return json_pack("{so so so so so so so so so sI ss so so so so ss}", "hostname", bm_text_or_null(named ? u.nodename : NULL), "os",
                     bm_text_or_null(has_os ? os : NULL), "kernel", bm_text_or_null(named ? u.release : NULL), "architecture",
                     bm_text_or_null(named ? u.machine : NULL), "virtualised",
                     !cpu->has_hypervisor && cpu->may_hide_hypervisor ? json_null() : json_boolean(cpu->has_hypervisor), "hypervisor",
                     bm_text_or_null(cpu->hypervisor[0] ? cpu->hypervisor : NULL), "container", bm_text_or_null(container()), "cpu_quota",
                     quota(), "memory_bytes",
                     pages > 0 ? json_integer((json_int_t)pages * sysconf(_SC_PAGESIZE)) : json_null(),
                     "memory_for_this_process_bytes", (json_int_t)memory.bytes, "memory_bound", memory.bound,
                     "transparent_huge_pages", huge_pages(), "aslr", aslr(), "numa_balancing",
                     bm_file_integer("/proc/sys/kernel/numa_balancing"), "load_average",
                     loaded ? json_pack("[fff]", load[0], load[1], load[2]) : json_null(), "counters",
                     bm_counters_text());
}

/* The environment's variables that begin with a prefix, as an object. */
static void add_environment(json_t *object, const char *prefix)
{
    for (char **entry = environ; entry && *entry; entry++) {
        const char *value = strchr(*entry, '=');
        char name[128];
        if (!value || strncmp(*entry, prefix, strlen(prefix)) != 0 || (size_t)(value - *entry) >= sizeof name ||
            strncmp(*entry, "SLURM_JWT", 9) == 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(value - *entry), *entry);
        json_object_set_new(object, name, bm_text_or_null(value + 1));
    }
}

static json_t *openmp_json(void)
{
    json_t *environment = json_object();
    add_environment(environment, "OMP_");
    add_environment(environment, "GOMP_");
    add_environment(environment, "KMP_");
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
    const char *runtime = NULL;
    if (symbol && dladdr(symbol, &info) && info.dli_fname) {
        const char *slash = strrchr(info.dli_fname, '/');
        runtime = slash ? slash + 1 : info.dli_fname;
    }
    return json_pack("{si so si so}", "version", _OPENMP, "runtime", bm_text_or_null(runtime), "max_threads",
                     omp_get_max_threads(), "environment", environment);
}

/* The peers that were loaded, or were asked for. */
static json_t *peers_json(void)
{
    json_t *list = json_array();
    const struct bm_peer *p;
    for (size_t i = 0; (p = bm_peer_at(i)); i++)
        if (p->loaded)
            json_array_append_new(list,
                                  json_pack("{ss so so so so so}", "name", p->name, "path", bm_text_or_null(p->path), "version",
                                            bm_text_or_null(p->version), "core", bm_text_or_null(p->core), "threading", bm_text_or_null(p->threading),
                                            "asked", bm_text_or_null(p->asked)));
        else if (p->tried)
            json_array_append_new(list, json_pack("{ss so}", "name", p->name, "absent", bm_text_or_null(p->reason)));
    return list;
}

static json_t *build_json(void)
{
    return json_pack("{ss ss ss so sb ss s{ss ss ss}}", "version", BM_VERSION, "compiler", BM_COMPILER, "commit", BM_COMMIT,
                     "subject", bm_text_or_null(*BM_SUBJECT ? BM_SUBJECT : NULL), "dirty", BM_DIRTY, "flags", BM_OWN_FLAGS, "libraries", "hwloc", bm_topology()->hwloc_version, "jansson", jansson_version_str(), "glibc",
                     gnu_get_libc_version());
}

static json_t *date(void)
{
    char now[32];
    time_t t = time(NULL);
    struct tm utc;
    return gmtime_r(&t, &utc) && strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc) ? json_string(now) : json_null();
}

/* ---- warnings ---------------------------------------------------------------------------------------------------- */

static void warn(json_t *warnings, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(json_t *warnings, const char *format, ...)
{
    char sentence[512];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    json_array_append_new(warnings, bm_text_or_null(sentence));
}

static const char *string_at(const json_t *all, const char *group, const char *item)
{
    return json_string_value(json_object_get(json_object_get(all, group), item));
}

static json_t *find_warnings(const json_t *all, const struct bm_cpu *cpu)
{
    const struct bm_topology *t = bm_topology();
    json_t *w = json_array();
    const char *governor = string_at(all, "clock", "governor");
    if (cpu->emulated)
        warn(w, "the CPU is emulated by QEMU (" BM_CPU_SOURCE "): times mean nothing");
    else if (cpu->has_hypervisor)
        warn(w, "virtual machine (%s, from " BM_VIRTUAL_SOURCE "): its host may share cores, caches and memory with others",
             cpu->hypervisor);
    if (!governor)
        warn(w, "the frequency cannot be controlled or read here (no cpufreq in /sys)");
    else if (strcmp(governor, "performance") != 0)
        warn(w, "the frequency governor is %s, not performance (cpufreq in /sys)", governor);
    if (json_is_true(json_object_get(json_object_get(all, "clock"), "boost")))
        warn(w, "boost is on (/sys): the frequency depends on heat and on the other cores");
    if (t->smt)
        warn(w, "SMT is on (hwloc): batchmark uses one thread a core, but others may use the second");
    if (t->cores_available < t->cores)
        warn(w, "only %d of %d cores were given to this process (cgroup or affinity mask)", t->cores_available,
             t->cores);
    if (isfinite(t->cpu_quota))
        warn(w, "the control group gives %.3g CPUs of time: %d thread%s by default, and more are stopped now and then",
             t->cpu_quota, bm_default_threads(), bm_default_threads() == 1 ? "" : "s");
    double load = json_real_value(json_array_get(json_object_get(json_object_get(all, "system"), "load_average"), 0));
    if (load > 1)
        warn(w, "load average %.2f (getloadavg): other processes are running", load);
    if (!t->this_system)
        warn(w, "HWLOC_XMLFILE or HWLOC_SYNTHETIC describes another machine: threads cannot be pinned");
    for (int level = 1; level <= BM_CACHE_LEVELS; level++)
        if (t->cache[level].bytes == 0)
            warn(w, "hwloc shows no L%d: this machine has none", level);
        else if (t->cache[level].of_package)
            warn(w, "hwloc shows the L%d of a whole package for %d core%s, as virtual machines do; %zu KiB are assumed", level,
                 t->cache[level].cores, t->cache[level].cores == 1 ? "" : "s", t->cache[level].bytes >> 10);
        else if (!t->cache[level].known)
            warn(w, "the size of L%d is unknown (hwloc); %zu KiB are assumed", level, t->cache[level].bytes >> 10);
    if (access("/proc/self/status", R_OK) != 0)
        warn(w, "/proc cannot be read: what control groups allow and what disturbs a sample is not known in full");
    static const char *const binding[] = { "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY" };
    for (size_t i = 0; i < sizeof binding / sizeof binding[0]; i++) {
        const char *value = getenv(binding[i]);
        if (value && strcasecmp(value, "false") != 0 && strcasecmp(value, "disabled") != 0 &&
            strcasecmp(value, "none") != 0)
            warn(w, "%s=%s may conflict with batchmark, which pins threads itself: unset it", binding[i], value);
    }
    if (isnan(bm_ticks()))
        warn(w, "this platform has no fast time stamp counter: contention and the clock beside a sample are not known");
    if (getenv("OMP_THREAD_LIMIT"))
        warn(w, "OMP_THREAD_LIMIT=%s limits the threads", getenv("OMP_THREAD_LIMIT"));
    return w;
}

json_t *bm_provenance(void)
{
    struct bm_cpu cpu = bm_find_cpu();
    json_t *slurm = json_object();
    add_environment(slurm, "SLURM_");
    json_t *all = json_pack("{so so so so so so so so so}", "date", date(), "cpu", bm_cpu_json(&cpu), "clock",
                            bm_clock_json(&cpu), "topology", topology_json(), "system", system_json(&cpu), "openmp",
                            openmp_json(), "build", build_json(), "peers", peers_json(), "slurm", slurm);
    if (!all)
        bm_die(BM_EXIT_INPUT, "out of memory while the machine was described");
    json_object_set_new(all, "warnings", find_warnings(all, &cpu));
    return all;
}
