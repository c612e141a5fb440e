#include "noise.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

struct bm_trimmed bm_run_case_log(const struct bm_run_case *c)
{
    double *value = bm_alloc((c->launches + 1) * sizeof *value);
    for (size_t i = 0; i < c->launches; i++)
        value[i] = log(c->launch[i].median_s);
    const struct bm_trimmed t = bm_trim(value, c->launches);
    free(value);
    return t;
}

/* ---- measuring ---- */

const char *bm_noise_unlike(const struct bm_run *run, size_t runs, char text[static 512])
{
    char differ[256];
    for (size_t a = 0; a < runs; a++)
        for (size_t b = 0; b < a; b++)
            if (json_equal(json_object_get(run[a].ours, "checksum"), json_object_get(run[b].ours, "checksum"))) {
                snprintf(text, 512, "%.200s and %.200s are the same run", run[b].path, run[a].path);
                return text;
            }
    for (size_t i = 1; i < runs; i++) {
        if (strcmp(run[0].commit, run[i].commit) != 0) {
            snprintf(text, 512, "another commit: %.40s against %.40s of %.200s", run[0].commit, run[i].commit,
                     run[i].path);
            return text;
        }
        if (bm_fingerprints_differ(run[0].fingerprint, run[i].fingerprint, differ)) {
            snprintf(text, 512, "%.250s of %.200s", differ, run[i].path);
            return text;
        }
        for (size_t k = 0; k < run[0].cases; k++) {
            const struct bm_run_case *c = &run[0].cased[k], *other = bm_run_find(&run[i], c->name);
            if (other && strcmp(c->code, other->code) != 0) {
                snprintf(text, 512, "another build: the code of %.100s differs from that of %.200s", c->kernel,
                         run[i].path);
                return text;
            }
        }
    }
    return NULL;
}

/* The changes of a case between all pairs of runs, as positive logs, beyond what their own intervals explain; and their
 * largest. */
struct changes {
    const struct bm_run_case *of;
    double *change, largest;
};

static bool find_changes(const struct bm_run *run, size_t runs, const struct bm_run_case *c, struct changes *found)
{
    struct bm_trimmed *time = bm_alloc(runs * sizeof *time);
    bool whole = true;
    for (size_t i = 0; i < runs && whole; i++) {
        const struct bm_run_case *here = bm_run_find(&run[i], c->name);
        if (here)
            time[i] = bm_run_case_log(here);
        whole = here && isfinite(time[i].mean);
    }
    *found = (struct changes){ c, bm_alloc(runs * runs * sizeof *found->change), 0 };
    size_t n = 0;
    for (size_t a = 0; whole && a < runs; a++)
        for (size_t b = 0; b < a; b++) {
            const struct bm_trimmed d = bm_trimmed_difference(&time[a], &time[b]);
            found->change[n] = fmax(0, fabs(d.mean) - bm_trimmed_half_width(&d, BM_NOISE_ALPHA));
            found->largest = fmax(found->largest, found->change[n++]);
        }
    free(time);
    if (!whole)
        free(found->change);
    return whole;
}

static bool same_class(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return a->threads == b->threads && strcmp(a->level, b->level) == 0;
}

static double factor(size_t runs)
{
    enum { NORMAL = 1000 }; /* degrees of freedom with which t is as good as normal */
    const double beyond = 1 - BM_NOISE_QUANTILE;
    return fmin(BM_NOISE_FACTOR, bm_student_t(beyond, (unsigned)runs - 1) / bm_student_t(beyond, NORMAL));
}

static double class_floor(const struct changes *all, size_t cases, size_t runs, const struct bm_run_case *like)
{
    const size_t pairs = runs * (runs - 1) / 2;
    double *change = bm_alloc((cases * pairs + 1) * sizeof *change);
    size_t n = 0;
    for (size_t i = 0; i < cases; i++)
        if (same_class(all[i].of, like)) {
            memcpy(change + n, all[i].change, pairs * sizeof *change);
            n += pairs;
        }
    bm_summarise(change, n);
    const double floor = factor(runs) * bm_quantile(change, n, BM_NOISE_QUANTILE);
    free(change);
    return floor;
}

static void add_floors(json_t *noise, const struct changes *all, size_t cases, size_t runs)
{
    json_t *floors = bm_result_list(noise, "floors"), *classes = bm_result_list(noise, "class_floors");
    double *of_class = bm_alloc((cases + 1) * sizeof *of_class);
    for (size_t i = 0; i < cases; i++) {
        size_t first = 0;
        while (!same_class(all[first].of, all[i].of))
            first++;
        of_class[i] = first < i ? of_class[first] : class_floor(all, cases, runs, all[i].of);
        if (first == i)
            json_array_append_new(classes, json_pack("{s:i, s:s, s:f}", "threads", all[i].of->threads, "level",
                                                     all[i].of->level, "floor", expm1(of_class[i])));
        json_array_append_new(floors, json_pack("{s:s, s:f}", "name", all[i].of->name, "floor",
                                                expm1(fmax(all[i].largest, of_class[i]))));
    }
    free(of_class);
}

json_t *bm_noise_measure(const struct bm_run *run, size_t runs, int argc, char **argv)
{
    const struct bm_run *newest = run;
    json_t *of = json_array(), *command = json_array();
    for (size_t i = 0; i < runs; i++) {
        if (strcmp(run[i].date, newest->date) > 0)
            newest = &run[i];
        json_array_append_new(
            of, json_pack("{s:s, s:O}", "date", run[i].date, "checksum", json_object_get(run[i].ours, "checksum")));
    }
    for (int i = 0; i < argc; i++)
        json_array_append_new(command, json_string(argv[i]));
    json_t *noise =
        json_pack("{s:O, s:[], s:{s:i, s:s, s:b, s:o, s:O, s:o}}", "context", json_object_get(newest->json, "context"),
                  "benchmarks", "batchmark", "schema", BM_RESULT_SCHEMA, "kind", "noise", "complete", 1, "command",
                  command, "fingerprint", run->fingerprint, "of", of);
    struct changes *all = bm_alloc((run->cases + 1) * sizeof *all);
    size_t cases = 0;
    for (size_t i = 0; i < run->cases; i++)
        cases += find_changes(run, runs, &run->cased[i], &all[cases]);
    add_floors(noise, all, cases, runs);
    for (size_t i = 0; i < cases; i++)
        free(all[i].change);
    free(all);
    return noise;
}

/* ---- reading ---- */

static int by_name(const void *a, const void *b)
{
    const struct bm_noise_floor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static bool read_floor(const json_t *json, double *floor)
{
    const json_t *value = json_object_get(json, "floor");
    *floor = json_number_value(value);
    return json_is_number(value) && *floor >= 0 && *floor <= 1e9;
}

static bool read_members(struct bm_noise *n, struct bm_error *error)
{
    const json_t *ours = json_object_get(n->json, "batchmark"), *one;
    const json_t *floors = json_object_get(ours, "floors"), *classes = json_object_get(ours, "class_floors");
    size_t i;
    n->fingerprint = json_object_get(ours, "fingerprint");
    n->date =
        json_string_value(json_object_get(json_object_get(json_object_get(n->json, "context"), "batchmark"), "date"));
    if (!n->date || !json_is_array(floors) || !json_is_array(classes))
        return bm_failed(error, "%s: its date, floors or class_floors are missing", n->path);
    n->floor = bm_alloc((json_array_size(floors) + 1) * sizeof *n->floor);
    n->class = bm_alloc((json_array_size(classes) + 1) * sizeof *n->class);
    json_array_foreach(floors, i, one)
    {
        struct bm_noise_floor *f = &n->floor[n->floors++];
        f->name = json_string_value(json_object_get(one, "name"));
        if (!f->name || !read_floor(one, &f->floor))
            return bm_failed(error, "%s: floors[%zu] is no name with a share", n->path, i);
    }
    json_array_foreach(classes, i, one)
    {
        struct bm_noise_class *c = &n->class[n->classes++];
        c->threads = (int)json_integer_value(json_object_get(one, "threads"));
        c->level = json_string_value(json_object_get(one, "level"));
        if (!c->level || !read_floor(one, &c->floor))
            return bm_failed(error, "%s: class_floors[%zu] is no level with a share", n->path, i);
    }
    qsort(n->floor, n->floors, sizeof *n->floor, by_name);
    return true;
}

bool bm_noise_load(const char *path, struct bm_noise *noise, struct bm_error *error)
{
    struct bm_document d;
    *noise = (struct bm_noise){ 0 };
    if (!bm_document_load(path, &d, error))
        return false;
    *noise = (struct bm_noise){ .path = d.path, .json = d.json }; /* which are not freed with the document */
    bool ok = strcmp(d.kind, "noise") == 0 ||
              bm_failed(error, "%s: no noise measured by `batchmark calibrate`, but a result of %s", path, d.kind);
    ok = ok && read_members(noise, error);
    if (ok && d.edited)
        ok = bm_failed(error, "%s: its checksum does not hold: it was edited after it was written; calibrate again",
                       path);
    if (!ok)
        bm_noise_free(noise);
    return ok;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

bool bm_noise_find(const char *folder, json_t *fingerprint, struct bm_noise *noise, struct bm_error *error)
{
    struct dirent **entry;
    const int n = scandir(folder, &entry, NULL, alphasort);
    bool found = false;
    error->text[0] = '\0';
    for (int i = 0; i < n; i++) {
        char *path = NULL, differ[256];
        struct bm_noise one;
        if (asprintf(&path, "%s/%s", folder, entry[i]->d_name) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        if ((ends_with(path, "-noise.json") || ends_with(path, "-noise.json.gz")) && bm_noise_load(path, &one, error)) {
            if (!bm_fingerprints_differ(fingerprint, one.fingerprint, differ) &&
                (!found || strcmp(one.date, noise->date) >= 0)) {
                if (found)
                    bm_noise_free(noise);
                *noise = one;
                found = true;
            } else
                bm_noise_free(&one);
        }
        free(path);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return found;
}

void bm_noise_free(struct bm_noise *noise)
{
    free(noise->path);
    free(noise->floor);
    free(noise->class);
    json_decref(noise->json);
    *noise = (struct bm_noise){ 0 };
}

double bm_noise_floor(const struct bm_noise *noise, const struct bm_run_case *c)
{
    if (!noise)
        return BM_NOISE_ASSUMED;
    const struct bm_noise_floor key = { c->name, 0 }, *own = NULL;
    if (noise->floors)
        own = bsearch(&key, noise->floor, noise->floors, sizeof *noise->floor, by_name);
    if (own)
        return own->floor;
    for (size_t i = 0; i < noise->classes; i++)
        if (noise->class[i].threads == c->threads && strcmp(noise->class[i].level, c->level) == 0)
            return noise->class[i].floor;
    return BM_NOISE_ASSUMED;
}
