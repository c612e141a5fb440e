#include "provenance.h"

#include <ctype.h>
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <omp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "batchmark.h"
#include "clock.h"
#include "counters.h"
#include "peer.h"
#include "topology.h"

#ifndef BM_COMMIT
#define BM_COMMIT "unknown"
#endif

/* ---- small readers: NULL or null for what is not there ----------------------------------------------------------- */

/* The first line of a file, without its end. */
static bool read_line(const char *path, char line[256])
{
    FILE *file = fopen(path, "r");
    bool ok = file && fgets(line, 256, file);
    if (file)
        fclose(file);
    if (ok)
        line[strcspn(line, "\n")] = '\0';
    return ok && line[0];
}

/* The value behind "key" and a separator (':' or '=') in a file of such lines; quotes and blanks around it are dropped.
 * */
static bool read_key(const char *path, const char *key, char value[256])
{
    FILE *file = fopen(path, "r");
    char line[4096];
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *separator = strpbrk(line, ":=");
        if (!separator || strncmp(line, key, strlen(key)) != 0 ||
            strspn(line + strlen(key), " \t") != (size_t)(separator - line) - strlen(key))
            continue;
        const char *begin = separator + 1 + strspn(separator + 1, " \t\"'");
        snprintf(value, 256, "%s", begin);
        size_t n = strlen(value);
        while (n > 0 && strchr(" \t\"'\n", value[n - 1]))
            value[--n] = '\0';
        found = n > 0;
    }
    if (file)
        fclose(file);
    return found;
}

static json_t *text(const char *s)
{
    if (!s)
        return json_null();
    json_t *json = json_string(s);
    if (json)
        return json;
    char clean[512]; /* not UTF-8 */
    snprintf(clean, sizeof clean, "%s", s);
    for (char *c = clean; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(clean);
}

static json_t *file_text(const char *path)
{
    char line[256];
    return text(read_line(path, line) ? line : NULL);
}

static json_t *file_integer(const char *path)
{
    char line[256], *end;
    if (!read_line(path, line))
        return json_null();
    long long n = strtoll(line, &end, 10);
    return end != line ? json_integer(n) : json_null();
}

static json_t *integer_or_null(long long n)
{
    return n >= 0 ? json_integer(n) : json_null();
}

/* ---- CPU --------------------------------------------------------------------------------------------------------- */

struct cpu {
    char vendor[64], name[256], microcode[256], hypervisor[64];
    int family, model, stepping; /* -1: unknown */
    bool has_hypervisor;
};

static void trim(char *s)
{
    size_t skip = strspn(s, " "), n = strlen(s);
    while (n > skip && s[n - 1] == ' ')
        n--;
    memmove(s, s + skip, n - skip);
    s[n - skip] = '\0';
}

#ifdef __x86_64__
static void put_registers(char *out, unsigned a, unsigned b, unsigned c)
{
    memcpy(out, &a, 4);
    memcpy(out + 4, &b, 4);
    memcpy(out + 8, &c, 4);
}

static void ask_cpuid(struct cpu *cpu)
{
    unsigned a, b, c, d;
    if (__get_cpuid(0, &a, &b, &c, &d))
        put_registers(cpu->vendor, b, d, c);
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        unsigned family = a >> 8 & 15, model = a >> 4 & 15;
        cpu->stepping = (int)(a & 15);
        cpu->family = (int)(family == 15 ? family + (a >> 20 & 255) : family);
        cpu->model = (int)(family == 6 || family == 15 ? (a >> 16 & 15) << 4 | model : model);
        cpu->has_hypervisor = c >> 31;
    }
    for (unsigned i = 0; i < 3; i++)
        if (__get_cpuid(0x80000002 + i, &a, &b, &c, &d)) {
            put_registers(cpu->name + 16 * i, a, b, c);
            memcpy(cpu->name + 16 * i + 12, &d, 4);
        }
    if (cpu->has_hypervisor) {
        __cpuid(0x40000000, a, b, c, d);
        put_registers(cpu->hypervisor, b, c, d);
    }
}
#else
static void ask_cpuid(struct cpu *cpu)
{
    (void)cpu;
}
#endif

static struct cpu find_cpu(void)
{
    struct cpu cpu = { .family = -1, .model = -1, .stepping = -1 };
    char line[256];
    ask_cpuid(&cpu);
    trim(cpu.name);
    if (!cpu.name[0] && !read_key("/proc/cpuinfo", "model name", cpu.name))
        cpu.name[0] = '\0';
    if (!read_key("/proc/cpuinfo", "microcode", cpu.microcode))
        cpu.microcode[0] = '\0';
    if (!cpu.hypervisor[0] && read_line("/sys/hypervisor/type", line)) {
        snprintf(cpu.hypervisor, sizeof cpu.hypervisor, "%.60s", line);
        cpu.has_hypervisor = true;
    }
    return cpu;
}

/* Virtual CPUs of QEMU's translator: neither their clock nor their caches are those of the silicon. */
static bool is_emulated(const struct cpu *cpu)
{
    return strcmp(cpu->hypervisor, "TCGTCGTCGTCG") == 0;
}

static json_t *isa_flags(void)
{
    json_t *flags = json_array();
#ifdef __x86_64__
    static const struct { const char *name; unsigned leaf, sub, reg, bit; } known[] = {
        { "sse2", 1, 0, 3, 26 },        { "sse4_2", 1, 0, 2, 20 },      { "avx", 1, 0, 2, 28 },
        { "fma", 1, 0, 2, 12 },         { "f16c", 1, 0, 2, 29 },        { "avx2", 7, 0, 1, 5 },
        { "bmi2", 7, 0, 1, 8 },         { "avx512f", 7, 0, 1, 16 },     { "avx512dq", 7, 0, 1, 17 },
        { "avx512cd", 7, 0, 1, 28 },    { "avx512bw", 7, 0, 1, 30 },    { "avx512vl", 7, 0, 1, 31 },
        { "avx512_vbmi", 7, 0, 2, 1 },  { "avx512_vnni", 7, 0, 2, 11 }, { "avx512_bf16", 7, 1, 0, 5 },
        { "avx512_fp16", 7, 0, 3, 23 }, { "avx_vnni", 7, 1, 0, 4 },     { "amx_tile", 7, 0, 3, 24 },
        { "amx_bf16", 7, 0, 3, 22 },    { "amx_int8", 7, 0, 3, 25 },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned r[4];
        if (__get_cpuid_count(known[i].leaf, known[i].sub, &r[0], &r[1], &r[2], &r[3]) &&
            r[known[i].reg] >> known[i].bit & 1)
            json_array_append_new(flags, json_string(known[i].name));
    }
#endif
    return flags;
}

static json_t *cpu_json(const struct cpu *cpu)
{
    return json_pack("{so so so so so so so ss so}", "vendor", text(cpu->vendor[0] ? cpu->vendor : NULL), "model_name",
                     text(cpu->name[0] ? cpu->name : NULL), "family", integer_or_null(cpu->family), "model",
                     integer_or_null(cpu->model), "stepping", integer_or_null(cpu->stepping), "microcode",
                     text(cpu->microcode[0] ? cpu->microcode : NULL), "flags", isa_flags(), "isa",
                     bm_isa_name(bm_isa_available()), "isa_cap", text(getenv("BATCHMARK_MAX_ISA")));
}

/* ---- clock ------------------------------------------------------------------------------------------------------- */

/* Additions that wait for each other take one cycle each on every x86-64; register operands, because newer CPUs fold
 * constants. */
static json_t *running_hz(const struct cpu *cpu)
{
#ifdef __x86_64__
    enum { ROUNDS = 20000, ADDS = 20 };
    if (is_emulated(cpu))
        return json_null();
    double best = 0;
    for (int repetition = 0; repetition < 64; repetition++) {
        unsigned long sum = 1, one = 1;
        double start = bm_now_s();
        for (int i = 0; i < ROUNDS; i++)
            __asm__ volatile(".rept 20\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(one) : "cc");
        double hz = (double)ROUNDS * ADDS / (bm_now_s() - start);
        best = hz > best ? hz : best;
    }
    return json_real(best);
#else
    (void)cpu;
    return json_null();
#endif
}

static json_t *cpufreq(const char *item, bool number)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/%s", bm_topology()->cpu[0], item);
    return number ? file_integer(path) : file_text(path);
}

static json_t *boost(void)
{
    char line[256];
    if (read_line("/sys/devices/system/cpu/cpufreq/boost", line))
        return json_boolean(line[0] == '1');
    if (read_line("/sys/devices/system/cpu/intel_pstate/no_turbo", line))
        return json_boolean(line[0] == '0');
    return json_null();
}

static json_t *clock_json(const struct cpu *cpu)
{
    return json_pack("{so so so so so so sf sf}", "governor", cpufreq("scaling_governor", false), "driver",
                     cpufreq("scaling_driver", false), "boost", boost(), "current_khz",
                     cpufreq("scaling_cur_freq", true), "maximum_khz", cpufreq("cpuinfo_max_freq", true), "running_hz",
                     running_hz(cpu), "timer_resolution_s", bm_clock_resolution_s(), "timer_overhead_s",
                     bm_clock_overhead_s());
}

/* ---- topology ---------------------------------------------------------------------------------------------------- */

static json_t *topology_json(void)
{
    const struct bm_topology *t = bm_topology();
    json_t *caches = json_array(), *cpus = json_array();
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        const struct bm_cache *c = &t->cache[level];
        if (c->known)
            json_array_append_new(caches,
                                  json_pack("{si sI si si}", "level", level, "bytes", (json_int_t)c->bytes,
                                            "line_bytes", (int)c->line_bytes, "available_cores_sharing", c->cores));
    }
    for (int i = 0; i < t->cores_available; i++)
        json_array_append_new(cpus, json_integer(t->cpu[i]));
    return json_pack("{si si si si sb so si si ss so so}", "packages", t->packages, "numa_nodes", t->numa_nodes,
                     "cores", t->cores, "cpus", t->cpus, "smt", t->smt, "smt_control",
                     file_text("/sys/devices/system/cpu/smt/control"), "cores_available", t->cores_available,
                     "cpus_available", t->cpus_available, "cpuset", t->given, "pin_order", cpus, "caches", caches);
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
    if (read_line("/proc/1/cgroup", line) &&
        (strstr(line, "kubepods") || strstr(line, "docker") || strstr(line, "lxc")))
        return "cgroup";
    return NULL;
}

/* The bracketed choice of "always [madvise] never". */
static json_t *huge_pages(void)
{
    char line[256];
    if (!read_line("/sys/kernel/mm/transparent_hugepage/enabled", line) || !strchr(line, '['))
        return json_null();
    char *begin = strchr(line, '[') + 1;
    begin[strcspn(begin, "]")] = '\0';
    return text(begin);
}

static json_t *aslr(void)
{
    char line[256];
    if (personality(0xffffffff) & ADDR_NO_RANDOMIZE)
        return json_false();
    return read_line("/proc/sys/kernel/randomize_va_space", line) ? json_boolean(line[0] != '0') : json_null();
}

static json_t *system_json(const struct cpu *cpu)
{
    struct utsname u;
    bool named = uname(&u) == 0;
    double load[3];
    bool loaded = getloadavg(load, 3) == 3;
    char os[256];
    bool has_os = read_key("/etc/os-release", "PRETTY_NAME", os);
    long pages = sysconf(_SC_PHYS_PAGES);
    return json_pack("{so so so so so so so so so so so so so ss}", "hostname", text(named ? u.nodename : NULL), "os",
                     text(has_os ? os : NULL), "kernel", text(named ? u.release : NULL), "architecture",
                     text(named ? u.machine : NULL), "virtualised",
                     cpu->family >= 0 ? json_boolean(cpu->has_hypervisor) : json_null(), "hypervisor",
                     text(cpu->hypervisor[0] ? cpu->hypervisor : NULL), "container", text(container()), "cpu_quota",
                     file_text("/sys/fs/cgroup/cpu.max"), "memory_bytes",
                     pages > 0 ? json_integer((json_int_t)pages * sysconf(_SC_PAGESIZE)) : json_null(),
                     "transparent_huge_pages", huge_pages(), "aslr", aslr(), "numa_balancing",
                     file_integer("/proc/sys/kernel/numa_balancing"), "load_average",
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
        json_object_set_new(object, name, text(value + 1));
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
    return json_pack("{si so si so}", "version", _OPENMP, "runtime", text(runtime), "max_threads",
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
                                  json_pack("{ss so so so so so}", "name", p->name, "path", text(p->path), "version",
                                            text(p->version), "core", text(p->core), "threading", text(p->threading),
                                            "asked", text(p->asked)));
        else if (p->tried)
            json_array_append_new(list, json_pack("{ss so}", "name", p->name, "absent", text(p->reason)));
    return list;
}

static json_t *build_json(void)
{
#ifdef BM_DIRTY
    json_t *dirty = json_boolean(BM_DIRTY);
#else
    json_t *dirty = json_null();
#endif
    return json_pack("{ss ss so s{ss ss ss}}", "compiler", BM_COMPILER, "commit", BM_COMMIT, "dirty", dirty,
                     "libraries", "hwloc", bm_topology()->hwloc_version, "jansson", jansson_version_str(), "glibc",
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
    json_array_append_new(warnings, text(sentence));
}

static const char *string_at(const json_t *all, const char *group, const char *item)
{
    return json_string_value(json_object_get(json_object_get(all, group), item));
}

static json_t *find_warnings(const json_t *all, const struct cpu *cpu)
{
    const struct bm_topology *t = bm_topology();
    json_t *w = json_array();
    const char *governor = string_at(all, "clock", "governor"), *quota = string_at(all, "system", "cpu_quota");
    if (is_emulated(cpu))
        warn(w, "the CPU is emulated by QEMU (cpuid): times mean nothing");
    else if (cpu->has_hypervisor)
        warn(w, "virtual machine (%s, from cpuid): its host may share cores, caches and memory with others",
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
    if (quota && strncmp(quota, "max", 3) != 0)
        warn(w, "the cgroup limits CPU time to %s us (quota, period: cpu.max)", quota);
    double load = json_real_value(json_array_get(json_object_get(json_object_get(all, "system"), "load_average"), 0));
    if (load > 1)
        warn(w, "load average %.2f (getloadavg): other processes are running", load);
    if (!t->this_system)
        warn(w, "HWLOC_XMLFILE or HWLOC_SYNTHETIC describes another machine: threads cannot be pinned");
    for (int level = 1; level <= BM_CACHE_LEVELS; level++)
        if (!t->cache[level].known)
            warn(w, "the size of L%d is unknown (hwloc); %zu KiB are assumed", level, t->cache[level].bytes >> 10);
    static const char *const binding[] = { "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY" };
    for (size_t i = 0; i < sizeof binding / sizeof binding[0]; i++) {
        const char *value = getenv(binding[i]);
        if (value && strcasecmp(value, "false") != 0 && strcasecmp(value, "disabled") != 0 &&
            strcasecmp(value, "none") != 0)
            warn(w, "%s=%s may conflict with batchmark, which pins threads itself: unset it", binding[i], value);
    }
    if (getenv("OMP_THREAD_LIMIT"))
        warn(w, "OMP_THREAD_LIMIT=%s limits the threads", getenv("OMP_THREAD_LIMIT"));
    return w;
}

json_t *bm_provenance(void)
{
    struct cpu cpu = find_cpu();
    json_t *slurm = json_object();
    add_environment(slurm, "SLURM_");
    json_t *all = json_pack("{so so so so so so so so so}", "date", date(), "cpu", cpu_json(&cpu), "clock",
                            clock_json(&cpu), "topology", topology_json(), "system", system_json(&cpu), "openmp",
                            openmp_json(), "build", build_json(), "peers", peers_json(), "slurm", slurm);
    if (!all)
        bm_die(BM_EXIT_INPUT, "out of memory while the machine was described");
    json_object_set_new(all, "warnings", find_warnings(all, &cpu));
    return all;
}

/* ---- slug -------------------------------------------------------------------------------------------------------- */

/* Appends the letters and digits of a word, "-" before it, if the whole fits into `limit` characters. Inner dashes
 * stay. */
static void add_word(char *slug, size_t limit, const char *word, size_t length)
{
    char clean[81];
    size_t n = 0, used = strlen(slug);
    for (size_t i = 0; i < length && n < 80; i++) {
        unsigned char c = (unsigned char)word[i];
        if (c < 0x80 && isalnum(c))
            clean[n++] = (char)tolower(c);
        else if (c == '-' && n > 0 && clean[n - 1] != '-')
            clean[n++] = '-';
    }
    while (n > 0 && clean[n - 1] == '-')
        n--;
    if (n > 0 && used + (used > 0) + n <= limit)
        sprintf(slug + used, "%s%.*s", used > 0 ? "-" : "", (int)n, clean);
}

static bool is_noise(const char *word, size_t n)
{
    static const char *const noise[] = { "cpu", "processor", "amd", "intel", "with", "gen", "genuine", "authentic" };
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (strlen(noise[i]) == n && strncasecmp(word, noise[i], n) == 0)
            return true;
    return n >= 4 && strncasecmp(word + n - 4, "core", 4) == 0; /* Core(TM), 96-Core */
}

char *bm_slug(const char *vendor, const char *model_name, int family, int model, int stepping, int cores)
{
    char slug[128] = "";
    const char *maker = vendor ? vendor : "";
    if (strcmp(maker, "AuthenticAMD") == 0)
        maker = "amd";
    else if (strcmp(maker, "GenuineIntel") == 0)
        maker = "intel";
    add_word(slug, 16, maker, strlen(maker));
    const char *rest = model_name ? model_name : "";
    while (*rest && *rest != '@') { /* what follows is the frequency */
        size_t n = strcspn(rest, " \t(@");
        if (!is_noise(rest, n))
            add_word(slug, 48, rest, n);
        rest += n;
        if (*rest == '(') /* (R), (TM) */
            rest += strcspn(rest, ")");
        rest += strspn(rest, " \t)");
    }
    if (!slug[0])
        strcpy(slug, "cpu");
    char word[64];
    if (family >= 0 && model >= 0 && stepping >= 0) {
        snprintf(word, sizeof word, "f%dm%ds%d", family, model, stepping);
        add_word(slug, 80, word, strlen(word));
    }
    if (cores > 0) {
        snprintf(word, sizeof word, "%dc", cores);
        add_word(slug, 80, word, strlen(word));
    }
    char *copy = strdup(slug);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return copy;
}

char *bm_machine_slug(void)
{
    struct cpu cpu = find_cpu();
    return bm_slug(cpu.vendor, cpu.name, cpu.family, cpu.model, cpu.stepping, bm_topology()->cores);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* "label    words", continued below the first word, at most 100 columns. */
static void print_wrapped(FILE *file, const char *label, const char *words)
{
    enum { INDENT = 12, WIDTH = 100 };
    int column = fprintf(file, "%-*s", INDENT - 1, label);
    while (*words) {
        size_t n = strcspn(words, " ");
        if (column >= INDENT && column + 1 + (int)n > WIDTH)
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
    char words[1024];

    print_line(file, "CPU", "%s (%s), family %s model %s stepping %s [cpuid], microcode %s [/proc/cpuinfo]",
               shown(all, "cpu", "model_name"), shown(all, "cpu", "vendor"), shown(all, "cpu", "family"),
               shown(all, "cpu", "model"), shown(all, "cpu", "stepping"), shown(all, "cpu", "microcode"));
    join(words, sizeof words, json_object_get(json_object_get(all, "cpu"), "flags"));
    print_line(file, "ISA", "%s in use, cap %s [BATCHMARK_MAX_ISA]; the CPU has %s [cpuid]", shown(all, "cpu", "isa"),
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
               "CPU %s [affinity mask, cgroup]",
               t->cores, t->cpus, t->smt ? "on" : "off", t->packages, t->packages == 1 ? "" : "s", t->numa_nodes,
               t->numa_nodes == 1 ? "" : "s", t->hwloc_version, t->cores_available, t->cores_available == 1 ? "" : "s",
               t->given);
    size_t used = 0;
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        const struct bm_cache *c = &t->cache[level];
        used += (size_t)snprintf(words + used, sizeof words - used, "%sL%d%s %zu KiB", level > 1 ? ", " : "", level,
                                 level == 1 ? " data" : "", c->bytes >> 10);
        if (!c->known)
            used += (size_t)snprintf(words + used, sizeof words - used, " (assumed)");
        else if (c->cores > 1)
            used += (size_t)snprintf(words + used, sizeof words - used, " (shared by %d of the cores given)", c->cores);
    }
    print_line(file, "Caches", "%s [hwloc]", words);
    const json_t *memory = json_object_get(json_object_get(all, "system"), "memory_bytes");
    print_line(file, "Memory",
               "%.1f GiB [sysconf]; transparent huge pages %s [/sys]; NUMA balancing %s, ASLR %s [/proc]",
               (double)json_integer_value(memory) / (1 << 30), shown(all, "system", "transparent_huge_pages"),
               shown(all, "system", "numa_balancing"), shown(all, "system", "aslr"));
    print_line(file, "Virtual", "hypervisor: %s [cpuid]; container: %s [files and variables they leave]",
               json_is_true(json_object_get(json_object_get(all, "system"), "virtualised"))
                   ? shown(all, "system", "hypervisor")
                   : "none seen",
               container() ? container() : "none seen");
    const json_t *load = json_object_get(json_object_get(all, "system"), "load_average");
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
