/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "lock.h"
#include "members.h"
#include "provenance.h"
#include "standard_output.h"
#include "topology.h"

#ifndef BM_COMMIT
#define BM_COMMIT "unknown"
#endif

static json_t *caches_json(void)
{
    json_t *list = json_array();
    const struct bm_topology *t = bm_topology();
    for (int level = 1; level <= BM_CACHE_LEVELS && t->cache[level].bytes > 0; level++)
        json_array_append_new(list, json_pack("{s:s, s:i, s:I, s:i}", "type", level == 1 ? "Data" : "Unified", "level",
                                              level, "size", (json_int_t)t->cache[level].bytes, "num_sharing",
                                              t->cache[level].cores));
    return list;
}

/* Copies of members: "cpu.isa" of the provenance as "isa". */
static json_t *fingerprint(const json_t *provenance)
{
    static const struct { const char *group, *member, *name; } same[] = {
        { "cpu", "model_name", "cpu" },
        { "cpu", "isa", "isa" },
        { "cpu", "isa_cap", "isa_cap" },
        { "topology", "cores", "cores" },
        { "topology", "cores_available", "cores_available" },
        { "topology", "smt", "smt" },
        { "topology", "numa_nodes", "numa_nodes" },
        { "system", "hypervisor", "virtualised" },
        { "clock", "governor", "governor" },
        { "clock", "boost", "boost" },
        { "system", "transparent_huge_pages", "transparent_huge_pages" },
    };
    char *machine = bm_machine_slug();
    json_t *print = json_pack("{s:s}", "machine", machine);
    free(machine);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        json_object_set(print, same[i].name,
                        json_object_get(json_object_get(provenance, same[i].group), same[i].member));
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        char name[16];
        sprintf(name, "l%d_bytes", level);
        json_object_set_new(print, name, json_integer((json_int_t)bm_cache_bytes(level)));
    }
    return print;
}

void bm_result_set_threads(json_t *result, const json_t *threads)
{
    char list[256] = "";
    size_t i;
    const json_t *n;
    json_array_foreach(threads, i, n) snprintf(list + strlen(list), sizeof list - strlen(list), "%s%lld", i ? "," : "",
                                               (long long)json_integer_value(n));
    json_object_set_new(json_object_get(json_object_get(result, "batchmark"), "fingerprint"), "threads", json_string(list));
}

json_t *bm_result_new(const char *kind, int argc, char **argv, json_t *given)
{
    char host[256] = "unknown", date[64];
    double load[3] = { 0, 0, 0 };
    time_t now = time(NULL);
    struct tm local;
    gethostname(host, sizeof host - 1);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &local));
    if (getloadavg(load, 3) < 0)
        load[0] = load[1] = load[2] = 0;
    json_t *command = json_array(), *provenance = given ? json_incref(given) : bm_provenance();
    for (int i = 0; i < argc; i++)
        json_array_append_new(command, json_string(argv[i]));
    json_t *context =
        json_pack("{s:s, s:s, s:s?, s:i, s:i, s:b, s:o, s:[f,f,f], s:s, s:o}", "date", date, "host_name", host,
                  "executable", argc ? argv[0] : NULL, "num_cpus", bm_topology()->cpus_available, "mhz_per_cpu",
                  (int)(json_number_value(json_object_get(json_object_get(provenance, "clock"), "running_hz")) * 1e-6),
                  "cpu_scaling_enabled", 0, "caches", caches_json(), "load_avg", load[0], load[1], load[2],
                  "library_build_type", "release", "batchmark", provenance);
    return json_pack("{s:o, s:[], s:{s:i, s:s, s:b, s:o, s:o}}", "context", context, "benchmarks", "batchmark", "schema",
                     BM_RESULT_SCHEMA, "kind", kind, "complete", 0, "command", command, "fingerprint",
                     fingerprint(provenance));
}

json_t *bm_result_list(json_t *result, const char *member)
{
    json_t *ours = json_object_get(result, "batchmark"), *list = json_object_get(ours, member);
    if (!list)
        json_object_set_new(ours, member, list = json_array());
    return list;
}

json_t *bm_real_or_null(double x) { return isfinite(x) ? json_real(x) : json_null(); }

/* Rates of limits and of a stair, of which those with levels are arrays. */
struct rate {
    const char *name;
    size_t at;
    bool levels;
};
#define RATE(of, name) { #name, offsetof(struct of, name), false }
#define LEVELS(name) { #name, offsetof(struct bm_limits, name), true }
static const struct rate of_limits[] = {
    RATE(bm_limits, fma_gflops), RATE(bm_limits, fma_median_gflops), LEVELS(read_gbs), LEVELS(copy_gbs),
    LEVELS(write_gbs), LEVELS(update_gbs), RATE(bm_limits, stream_copy_gbs), RATE(bm_limits, stream_write_gbs)
};
static const struct rate of_stair[] = { RATE(bm_stair, read_gbs), RATE(bm_stair, copy_gbs), RATE(bm_stair, write_gbs),
                                        RATE(bm_stair, read_median_gbs), RATE(bm_stair, copy_median_gbs),
                                        RATE(bm_stair, write_median_gbs) };

static void set_rates(json_t *json, const struct rate *rate, size_t rates, const void *of)
{
    for (size_t i = 0; i < rates; i++) {
        const double *value = (const double *)((const char *)of + rate[i].at);
        json_t *levels = rate[i].levels ? json_object() : NULL;
        for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT && levels; level++)
            json_object_set_new(levels, bm_level_name(level), json_real(value[level]));
        json_object_set_new(json, rate[i].name, levels ? levels : json_real(*value));
    }
}

/* The names of rates, and back. */
static json_t *disturbed_json(unsigned disturbed)
{
    json_t *list = json_array();
    char name[24];
    unsigned bit;
    for (size_t i = 0; bm_disturbed_name(i, &bit, name); i++)
        if (disturbed & bit)
            json_array_append_new(list, json_string(name));
    return list;
}

/* Rows of older results only say whether any was. */
bool bm_rate_disturbed(const json_t *limits, const char *name)
{
    const json_t *list = json_object_get(limits, "disturbed"), *one;
    size_t i;
    json_array_foreach(list, i, one)
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
            return true;
    return !list && json_is_false(json_object_get(limits, "valid"));
}

static unsigned disturbed_of(const json_t *limits)
{
    unsigned disturbed = 0, bit;
    char name[24];
    for (size_t i = 0; bm_disturbed_name(i, &bit, name); i++)
        disturbed |= bm_rate_disturbed(limits, name) ? bit : 0;
    return disturbed;
}

json_t *bm_limits_json(const struct bm_limits *l)
{
    json_t *capacity = json_object();
    for (enum bm_level level = BM_L1; level < BM_MEMORY; level++)
        json_object_set_new(capacity, bm_level_name(level), json_integer((json_int_t)l->capacity_bytes[level]));
    json_t *json = json_pack("{s:s, s:i, s:b, s:o, s:o, s:I}", "isa", bm_isa_name(l->isa), "threads", l->threads, "valid",
                             l->disturbed == 0, "disturbed", disturbed_json(l->disturbed), "capacity_bytes", capacity,
                             "memory_bytes", (json_int_t)(l->working_set_bytes[BM_MEMORY] * (size_t)l->threads));
    set_rates(json, of_limits, sizeof of_limits / sizeof *of_limits, l);
    return json;
}

json_t *bm_stair_json(const struct bm_stair *s)
{
    json_t *json = json_pack("{s:s, s:i, s:I, s:b}", "isa", bm_isa_name(s->isa), "threads", s->threads, "bytes",
                             (json_int_t)s->bytes, "valid", !s->disturbed);
    set_rates(json, of_stair, sizeof of_stair / sizeof *of_stair, s);
    return json;
}

static double number(const json_t *object, const char *member)
{
    return json_number_value(json_object_get(object, member));
}

bool bm_limits_of_json(const json_t *json, struct bm_limits *l)
{
    *l = (struct bm_limits){ .isa = bm_isa_named(json_string_value(json_object_get(json, "isa"))),
                             .threads = (int)json_integer_value(json_object_get(json, "threads")),
                             .disturbed = disturbed_of(json) };
    for (size_t i = 0; i < sizeof of_limits / sizeof *of_limits; i++) {
        double *value = (double *)((char *)l + of_limits[i].at);
        const json_t *levels = json_object_get(json, of_limits[i].name);
        if (!of_limits[i].levels)
            *value = json_number_value(levels);
        for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT && of_limits[i].levels; level++)
            value[level] = number(levels, bm_level_name(level));
    }
    for (enum bm_level level = BM_L1; level < BM_MEMORY; level++) {
        const double bytes = number(json_object_get(json, "capacity_bytes"), bm_level_name(level));
        l->capacity_bytes[level] = bytes > 0 && bytes < 1e18 ? (size_t)bytes : 0;
    }
    const double memory = number(json, "memory_bytes");
    if (l->threads > 0 && memory > 0 && memory < 1e18)
        l->working_set_bytes[BM_MEMORY] = (size_t)memory / (size_t)l->threads;
    return l->isa < BM_ISA_COUNT;
}

bool bm_case_limit(const json_t *limits, const json_t *about, struct bm_limit *limit)
{
    const enum bm_isa isa = bm_isa_named(json_string_value(json_object_get(about, "peak_isa")));
    const size_t n = json_array_size(limits);
    struct bm_limits *rows = bm_alloc((n + 1) * sizeof *rows);
    struct bm_ceiling ceiling;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += bm_limits_of_json(json_array_get(limits, i), &rows[count]);
    const bool known = isa < BM_ISA_COUNT && json_is_number(json_object_get(about, "update_bytes")) &&
                       bm_ceiling_of(rows, count, isa, (int)number(about, "threads"), &ceiling);
    free(rows);
    if (!known)
        return false;
    const struct bm_demand work = { .flops = number(about, "flops"),
                                    .read_bytes = number(about, "read_bytes"),
                                    .write_bytes = number(about, "write_bytes"),
                                    .update_bytes = number(about, "update_bytes"),
                                    .again_bytes = number(about, "again_bytes"),
                                    .copies = number(about, "copies") };
    *limit = bm_limit(&ceiling, &work);
    return true;
}

bool bm_make_folder(const char *path, struct bm_error *error)
{
    struct stat there;
    if (bm_is_of_the_system(path) && stat(path, &there) != 0)
        return bm_failed(error, "cannot make the folder %s: it belongs to the system; choose another place", path);
    char *part = strdup(path);
    bool ok = part != NULL;
    for (char *at = part; ok && at; ) {
        at = strchr(at + 1, '/');
        if (at)
            *at = '\0';
        ok = mkdir(part, 0777) == 0 || errno == EEXIST;
        if (at)
            *at = '/';
    }
    if (ok && (stat(path, &there) != 0 || !S_ISDIR(there.st_mode))) {
        errno = ENOTDIR;
        ok = false;
    }
    free(part);
    return ok || bm_failed(error, "cannot make the folder %s: %s; choose another place", path, strerror(errno));
}

/* The host's own name, of letters, digits and '-'. */
static void host_word(char word[static 32])
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    snprintf(word, 32, "%.24s", *host && *host != '.' ? host : "host");
    word[strcspn(word, ".")] = '\0';
    for (char *c = word; *c; c++)
        *c = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ? *c : '-';
}

char *bm_result_name(const char *folder, const char *commit, const char *kind)
{
    char stamp[32], host[32], *path = NULL;
    uint32_t random;
    time_t now = time(NULL);
    struct tm utc;
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    host_word(host);
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        bm_die(BM_EXIT_INPUT, "the system gives no random numbers: %s", strerror(errno));
    if (asprintf(&path, "%s/%s-%.12s-%s-%08x-%s.json", folder, stamp, commit, host, random, kind) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return path;
}

char *bm_result_path(const char *kind, struct bm_error *error)
{
    char *slug = bm_machine_slug(), *folder = NULL;
    if (asprintf(&folder, "results/%s", slug) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    char *path = bm_make_folder(folder, error) ? bm_result_name(folder, BM_COMMIT, kind) : NULL;
    free(folder);
    free(slug);
    return path;
}

/* ---- results in which nothing was measured ---- */

static char *provisional; /* made by this program, and without figures so far */

static void remove_provisional(int code, void *unused)
{
    (void)unused;
    if (provisional && (code == BM_EXIT_USAGE || code == BM_EXIT_INPUT))
        unlink(provisional);
}

/* An error before the first figure leaves no file behind. */
static void note_provisional(const char *path)
{
    static bool registered;
    if (access(path, F_OK) == 0)
        return;
    if (!registered && on_exit(remove_provisional, NULL) != 0)
        return;
    registered = true;
    free(provisional);
    provisional = strdup(path);
}

void bm_result_keep(void)
{
    free(provisional);
    provisional = NULL;
}

static bool has_figures(const json_t *result)
{
    static const char *const begun[] = { "bench", "train", "claim" }; /* what is written before its first figure */
    const json_t *ours = json_object_get(result, "batchmark"), *one;
    const char *kind = json_string_value(json_object_get(ours, "kind"));
    bool fault = false, early = false;
    size_t i;
    for (i = 0; i < 3; i++)
        early |= kind && strcmp(kind, begun[i]) == 0;
    json_array_foreach(json_object_get(ours, "skipped"), i, one) fault |=
        json_is_true(json_object_get(one, "wrong")) || json_is_true(json_object_get(one, "crashed"));
    return !early || fault || json_array_size(json_object_get(ours, "cases")) ||
           json_array_size(json_object_get(ours, "runs")) || json_array_size(json_object_get(ours, "seed_runs"));
}

char *bm_result_claim(const char *asked, const char *kind, struct bm_error *error)
{
    if (asked && bm_is_stdout(asked)) {
        bm_stdout_is_for_result();
        return strdup(asked);
    }
    char *path = asked ? strdup(asked) : bm_result_path(kind, error);
    if (path && bm_lock_take(path, error)) {
        note_provisional(path);
        return path;
    }
    free(path);
    return NULL;
}

static bool is_unfinished(const char *path)
{
    json_t *result = json_load_file(path, 0, NULL);
    const bool unfinished = json_is_false(json_object_get(json_object_get(result, "batchmark"), "complete"));
    json_decref(result);
    return unfinished;
}

/* Asked again once it is ours: another run may have finished it meanwhile. */
static bool claim_unfinished(const char *path, char held[static 512])
{
    struct bm_error error;
    if (!is_unfinished(path))
        return false;
    if (!bm_lock_take(path, &error)) {
        strcpy(held, error.text);
        return false;
    }
    if (is_unfinished(path))
        return true;
    bm_lock_leave(path);
    return false;
}

char *bm_result_unfinished(const char *kind, struct bm_error *error)
{
    char *slug = bm_machine_slug(), *pattern, *path = NULL, held[512] = "";
    glob_t found = { 0 };
    if (asprintf(&pattern, "results/%s/*-%s.json", slug, kind) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (glob(pattern, 0, NULL, &found) == 0) /* sorted by name, which begins with the time */
        for (size_t i = found.gl_pathc; i-- > 0 && !path;)
            if (claim_unfinished(found.gl_pathv[i], held))
                path = strdup(found.gl_pathv[i]);
    if (!path && *held)
        bm_failed(error, "every %s that waits to be finished belongs to another run; %s", pattern, held);
    else if (!path)
        bm_failed(error, "no %s waits to be finished; give --resume=FILE if it is elsewhere", pattern);
    globfree(&found);
    free(pattern);
    free(slug);
    return path;
}

static char *dump(const json_t *document, size_t order)
{
    char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(12) | order);
    if (!text)
        bm_die(BM_EXIT_INPUT, "cannot encode a result: out of memory, or a text that is not UTF-8");
    return text;
}

static void checksum_of(const char *text, char sum[static 16])
{
    snprintf(sum, 16, "%08lx", crc32_z(0, (const unsigned char *)text, strlen(text)));
}

char *bm_result_checksum(json_t *result)
{
    json_t *all = json_copy(result), *ours = json_copy(json_object_get(result, "batchmark"));
    json_object_del(ours, "checksum");
    json_object_set_new(all, "batchmark", ours);
    char *text = dump(all, JSON_SORT_KEYS), *sum = bm_alloc(16);
    checksum_of(text, sum);
    free(text);
    json_decref(all);
    return sum;
}

/* A result's text, with its checksum. It is dumped once, since that takes most of the time of a save, and the checksum,
 * which is of the text without it, put in where "batchmark" begins: of the sorted members it is the first. */
char *bm_result_text(json_t *result)
{
    static const char begin[] = "{\"batchmark\":{";
    json_t *ours = json_object_get(result, "batchmark");
    if (!ours)
        return dump(result, 0);
    char sum[16], *whole;
    json_object_del(ours, "checksum");
    char *text = dump(result, JSON_SORT_KEYS);
    checksum_of(text, sum);
    if (strncmp(text, begin, strlen(begin)) != 0 ||
        asprintf(&whole, "%s\"checksum\":\"%s\"%s%s", begin, sum, json_object_size(ours) ? "," : "",
                 text + strlen(begin)) < 0)
        bm_die(BM_EXIT_INPUT, "cannot put a checksum into a result: out of memory, or a member before \"batchmark\"");
    json_object_set_new(ours, "checksum", json_string(sum));
    free(text);
    return whole;
}

bool bm_result_write(json_t *result, const char *path, struct bm_error *error)
{
    char *text = bm_result_text(result);
    const bool shown = bm_is_stdout(path), ok = shown || bm_file_write(text, strlen(text), path, error);
    const json_t *complete = json_object_get(json_object_get(result, "batchmark"), "complete");
    if (provisional && strcmp(provisional, path) == 0 && has_figures(result))
        bm_result_keep();
    if (shown)
        bm_stdout_put_result(text);
    else
        free(text);
    return ok && (!json_is_true(complete) || bm_members_known(result, error));
}
