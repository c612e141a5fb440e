/* SPDX-License-Identifier: MIT */
#include "members.h"

#include <stdio.h>
#include <string.h>

#define LIMITS                                                                                                         \
    "isa:text threads:count valid:flag* disturbed:list* fma_gflops:number fma_median_gflops:number "                   \
    "capacity_bytes:object* memory_bytes:count* read_gbs:object copy_gbs:object write_gbs:object update_gbs:object* "  \
    "stream_copy_gbs:number stream_write_gbs:number"

const struct bm_members bm_members[] = {
    { " bench train claim verify noise machine tuning ", "",
      "schema:count kind:text complete:flag* command:list checksum:text fingerprint:object cores_timed:count* "
      "tuning:object?*" },
    { " bench ", "launches",
      "launch:count began_s:number seconds:number sampled_s:number* running_hz:number? load_average:number "
      "stolen_s:number?" },
    { " bench ", "cases",
      "name:text kernel:text op:text shape:text threads:count cache:text origin:text weight:number flops:number "
      "read_bytes:number write_bytes:number again_bytes:number bound_s:number bound:text level:text peak_isa:text* "
      "update_bytes:number* worst_error:number? implementation:text* code:code counters:object* outputs:hash copies:count stop:text "
      "median_s:number median_low_s:number? median_high_s:number? contended:flag min_s:number p25_s:number "
      "p75_s:number p95_s:number max_s:number all_median_s:number* floor_s:number* floor_samples:count* "
      "floor_launches:count* "
      "samples:count disturbed:count raw:list floor_raw:list*" },
    { " bench ", "cases.raw",
      "launch:count iterations:count cpus:list cpu_ns:number ns:list at_s:list clock:list* contention:list* "
      "switches:list* migrations:list* throttled:list* suspended:list* planned:count*" },
    { " bench machine ", "limits", LIMITS },
    { " bench ", "limits_at_end", LIMITS },
    { " bench ", "kernels", "name:text file:text compiler:text flags:text isa:text omp:flag peer:text? code:code" },
    { " bench ", "peer_teams", "peer:text threads:count worked:count? small_worked:count?* own_threads:count" },
    { " bench ", "versus",
      "op:text shape:text threads:count cache:text* against:text* auto:object? ours:object? peers:list "
      "auto_ratio:number? ours_ratio:number? share:number? pairs:list*" },
    { " bench ", "versus.pairs",
      "kernel:text threads:count against:text against_threads:count ratio:number? low:number? high:number? "
      "launches:count paired:flag" },
    { " bench ", "versus_summary", "op:text cache:text* threads:count auto:object ours:object" },
    { " bench ", "skipped", "name:text kernel:text shape:text reason:text wrong:flag* crashed:flag*" },
    { " bench ", "beside",
      "role:text result:text checksum:text commit:text date:text seconds:number left_out:count cases:list" },
    { " bench ", "beside.cases",
      "name:text code:list change:number error:number low:number high:number launches:count call_s:list" },
    { " train claim ", "data", "asked:text name:text origin:text content:text overlap:text" },
    { " train ", "runs",
      "name:text experiment:text variant:text data:text config:object alone:flag stopped:text train_images:count "
      "left_out:count* validation_images:count test_images:count steps_per_epoch:count epochs:list calls:list test_loss:number? "
      "test_accuracy:number? target_epoch:count target_seconds:number?" },
    { " train ", "runs.epochs",
      "epoch:count steps:count loss:number? accuracy:number? loss100:number? val_loss:number? val_accuracy:number? "
      "train_seconds:number eval_seconds:number phase_seconds:object suspended:count*" },
    { " train ", "runs.calls", "phase:text layer:count kernel:text shape:text seconds_per_step:number" },
    { " train ", "summaries",
      "experiment:text variant:text about:text config:object seeds:list epochs:list test_loss:range "
      "test_accuracy:range epoch_seconds:range target:number reached:count runs:count target_epochs:range "
      "target_seconds:number?" },
    { " train ", "summaries.epochs", "epoch:count loss:range accuracy:range val_loss:range val_accuracy:range" },
    { " train ", "published",
      "experiment:text variant:text epoch:count figure:text published:number ours:range reproduced:flag? why:text" },
    { " train ", "claims",
      "experiment:text claim:text variant:text* fresh:text* published:number* nearest_epoch:count* "
      "nearest_loss:number* nearest_epoch_run_again:count* by:text* published_best:text* published_verdict:text* "
      "our_best:text* "
      "our_verdict:text* trained_as:text*" },
    { " train ", "reading", "experiment:text line:text" },
    { " train claim ", "samples", "data:text label:count name:text h:count w:count c:count pixels:text" },
    { " train ", "step_bounds",
      "variant:text threads:count kernels:text fma_gflops:number flops:number optimizer_bytes:number bn_bytes:number "
      "level:text bound_s:number step_s:number" },
    { " train ", "predictions",
      "variant:text kernels:text threads:count predicted_epoch_seconds:number measured_epoch_seconds:number? "
      "phase_seconds_per_step:object" },
    { " train ", "kernel_sets",
      "variant:text kernels:text threads:count epoch_seconds:number? epoch_seconds_min:number? "
      "epoch_seconds_max:number? scaled:flag target_epoch:count target_seconds:number?" },
    { " train ", "inference",
      "experiment:text variant:text seed:count kernels:text threads:count form:text refused:text images:count "
      "calibration:count right:count? differ:count? loss:number? times:list" },
    { " train ", "inference.times",
      "batch:count rounds:count disturbed:count image_s:number? ratio:number? low:number? high:number?" },
    { " train ", "ranks", "rank:count host:text cpus:text shared:flag" },
    { " train ", "communication",
      "variant:text ranks:count threads:count statistics:text batch:count step_s:number? communication_s:number? "
      "memory_gbs:number? bound_s:number? layers:list" },
    { " train ", "communication.layers",
      "layer:count gradient_bytes:count begin_s:number? wait_s:number? norm_bytes:count norm_s:number?" },
    { " train ", "scaling",
      "variant:text mode:text ranks:count threads:count statistics:text batch:count step_s:number? "
      "communication_s:number?" },
    { " train ", "allreduce", "ranks:count bytes:count seconds:number" },
    { " train ", "scaling_predictions",
      "variant:text ranks:count batch:count latency_s:number bandwidth_gbs:number gradients_s:number norm_s:number "
      "step_s:number hidden_step_s:number alone_s:number" },
    { " claim ", "",
      "claim:text about:text text:list settings:list sweep:object? panels:object? trains:number margin:number seeds:list "
      "variants:list verdict:text*" },
    { " claim ", "variants", "name:text about:text" },
    { " claim ", "seed_runs", "variant:text panel:count point:count seed:count stopped:text figures:object inputs:list*" },
    { " claim ", "seed_runs.inputs", "step:count layer:count before:list after:list?" },
    { " claim ", "timings", "rounds:count visits:count disturbed:count stolen_s:number?" },
    { " claim ", "points", "variant:text panel:count point:count figures:object" },
    { " claim ", "verdicts", "kind:text figure:text variants:list text:text verdict:text cells:list" },
    { " claim ", "verdicts.cells",
      "panel:count point:count seeds:count mean:number? low:number? high:number? verdict:text" },
    { " verify ", "verification",
      "kernel:text op:text passed:count failed:count refused:count skipped:text? fills:object" },
    { " noise ", "margins", "threads:count level:text changes:count margin:number?" },
    { " noise ", "pairs", "level:text parallel:flag cases:count error:number" },
    { " noise ", "of", "date:text checksum:text" },
    { " machine ", "staircase",
      "isa:text threads:count bytes:count valid:flag* read_gbs:number copy_gbs:number write_gbs:number read_median_gbs:number "
      "copy_median_gbs:number write_median_gbs:number" },
    { " tuning ", "thresholds", "name:text unit:text built_in:number value:number? why:text threads:count rungs:list" },
    { " tuning ", "thresholds.rungs",
      "size:number kernel:text shape:text verdict:text ratio:number? low:number? high:number? launches:count" },
    { " tuning ", "trials",
      "threshold:text kernel:text shape:text threads:count verdict:text ratio:number? low:number? high:number? "
      "launches:count" },
    { NULL, NULL, NULL }
};

static const char context_members[] =
    "date:text host_name:text num_cpus:count mhz_per_cpu:number caches:list load_avg:list batchmark:object";
static const char provenance_members[] = "date:text cpu:object clock:object topology:object system:object "
                                         "openmp:object build:object peers:list slurm:object? warnings:list";
static const char build_members[] = "compiler:text commit:text dirty:flag?";
static const char entry_members[] = /* of Google Benchmark */
    "name:text repetition_index:count threads:count iterations:count real_time:number cpu_time:number time_unit:text";
static const char range_members[] = "n:count median:number? min:number? max:number?";
static const char fill_members[] = "cases:count missed:count worst_error:number?";

bool bm_members_next(const char **members, struct bm_member *m)
{
    int used = 0;
    *m = (struct bm_member){ .null = false };
    if (sscanf(*members, " %63[^:]:%15[a-z]%n", m->name, m->type, &used) != 2)
        return false;
    *members += used;
    for (; **members == '?' || **members == '*'; ++*members) {
        m->null |= **members == '?';
        m->absent |= **members == '*';
    }
    return true;
}

/* ---- types ---- */

static bool is_hash(const json_t *v, bool strict)
{
    const char *s = json_string_value(v);
    return s && (!strict || (strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16));
}

bool bm_member_is(const struct bm_member *m, const json_t *v, bool strict)
{
    return (m->null && json_is_null(v)) ||
           (strcmp(m->type, "text") == 0     ? json_is_string(v)
            : strcmp(m->type, "number") == 0 ? json_is_number(v)
            : strcmp(m->type, "count") == 0  ? json_is_integer(v) && json_integer_value(v) >= 0
            : strcmp(m->type, "flag") == 0   ? json_is_boolean(v)
            : strcmp(m->type, "list") == 0   ? json_is_array(v)
            : strcmp(m->type, "hash") == 0   ? is_hash(v, strict)
            : strcmp(m->type, "code") == 0   ? is_hash(v, strict && json_string_length(v) > 0)
                                             : json_is_object(v));
}

static const char *said(const char *type)
{
    return strcmp(type, "number") == 0  ? "a number"
           : strcmp(type, "count") == 0 ? "a whole number from 0"
           : strcmp(type, "flag") == 0  ? "true or false"
           : strcmp(type, "list") == 0  ? "a list"
           : strcmp(type, "hash") == 0  ? "16 hex digits"
           : strcmp(type, "code") == 0  ? "16 hex digits or empty"
           : strcmp(type, "text") == 0  ? "a text"
                                        : "an object";
}

void bm_members_of(struct bm_reader *r, json_t *object, const char *members, bool strict)
{
    struct bm_member m;
    if (!json_is_object(object))
        bm_reader_fail(r, "is not an object");
    while (r->ok && bm_members_next(&members, &m)) {
        json_t *value = json_object_get(object, m.name);
        if ((value || !m.absent) && !bm_member_is(&m, value, strict))
            bm_reader_fail(r, "\"%s\" is %s %s%s", m.name, value ? "not" : "missing, which should be", said(m.type),
                           m.null ? " or null" : "");
        if (r->ok && strcmp(m.type, "range") == 0)
            bm_members_of(r, value, range_members, strict);
    }
}

/* ---- a result ---- */

/* Does something with every object of the list that `path` names, from `object` on; an absent list has none. */
static void each(struct bm_reader *r, const json_t *object, const char *path, const char *members, bool strict,
                 void (*with)(struct bm_reader *, json_t *, const char *, bool))
{
    const char *dot = strchr(path, '.');
    char key[64], where[400];
    snprintf(key, sizeof key, "%.*s", dot ? (int)(dot - path) : (int)strlen(path), path);
    json_t *list = json_object_get(object, key), *one;
    size_t i;
    if (list && !json_is_array(list))
        bm_reader_fail(r, "\"%s\" is not a list", key);
    json_array_foreach(list, i, one)
    {
        snprintf(where, sizeof where, "%.250s%s%s[%zu]", r->where, strchr(r->where, '[') ? "." : ": ", key, i);
        struct bm_reader inner = { where, r->error, r->ok };
        if (dot)
            each(&inner, one, dot + 1, members, strict, with);
        else
            with(&inner, one, members, strict);
        if (!(r->ok = inner.ok))
            return;
    }
}

static void check_at(struct bm_reader *r, const char *place, json_t *object, const char *members, bool strict)
{
    char where[300];
    snprintf(where, sizeof where, "%.200s: %.90s", r->where, place);
    struct bm_reader inner = { where, r->error, r->ok };
    bm_members_of(&inner, object, members, strict);
    r->ok = inner.ok;
}

static void check_fills(struct bm_reader *r, const json_t *ours, bool strict)
{
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(ours, "verification"), i, one)
    {
        const char *fill;
        json_t *value;
        char place[90];
        json_object_foreach(json_object_get(one, "fills"), fill, value)
        {
            snprintf(place, sizeof place, "verification[%zu].fills.%.32s", i, fill);
            check_at(r, place, value, fill_members, strict);
        }
    }
}

static void padded_kind(const json_t *ours, char kind[static 24])
{
    snprintf(kind, 24, " %.20s ", bm_member_text(ours, "kind"));
}

bool bm_members_check(const json_t *result, const char *path, bool strict, struct bm_error *error)
{
    struct bm_reader r = { path, error, true };
    json_t *context = json_object_get(result, "context"), *provenance = json_object_get(context, "batchmark"),
           *ours = json_object_get(result, "batchmark");
    char kind[24];
    padded_kind(ours, kind);
    check_at(&r, "context", context, context_members, strict);
    check_at(&r, "context.batchmark", provenance, provenance_members, strict);
    check_at(&r, "context.batchmark.build", json_object_get(provenance, "build"), build_members, strict);
    each(&r, result, "benchmarks", entry_members, strict, bm_members_of);
    for (const struct bm_members *m = bm_members; m->list && r.ok; m++)
        if (strstr(m->kinds, kind) && *m->list)
            each(&r, ours, m->list, m->members, strict, bm_members_of);
    if (r.ok && strcmp(kind, " verify ") == 0)
        check_fills(&r, ours, strict);
    return r.ok;
}

/* Members that are there: known, and of their types. */
static void check_known(struct bm_reader *r, json_t *object, const char *members, bool strict)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        struct bm_member m;
        const char *rest = members;
        bool known;
        while ((known = bm_members_next(&rest, &m)) && strcmp(m.name, key) != 0)
            ;
        if (!known)
            bm_reader_fail(r, "\"%s\" is not in the table of members (harness/result/members.c)", key);
        else if (!bm_member_is(&m, value, strict))
            bm_reader_fail(r, "\"%s\" is not %s", key, said(m.type));
    }
}

bool bm_members_known(const json_t *result, struct bm_error *error)
{
    struct bm_reader r = { "what was written", error, true };
    const json_t *ours = json_object_get(result, "batchmark");
    char kind[24];
    padded_kind(ours, kind);
    for (const struct bm_members *m = bm_members; m->list && r.ok; m++)
        if (strstr(m->kinds, kind) && *m->list)
            each(&r, ours, m->list, m->members, false, check_known);
    return r.ok;
}
