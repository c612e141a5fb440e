/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call_caches.h"
#include "names.h"
#include "peer.h"
#include "result.h"
#include "sweep.h"
#include "tuning.h"


long bm_read_long(const char *option, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < least || v > most)
        bm_die(BM_EXIT_USAGE, "%s=%s: expected a whole number from %ld to %ld", option, text, least, most);
    return v;
}

double bm_read_double(const char *option, const char *text, double least, double most)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= least && v <= most))
        bm_die(BM_EXIT_USAGE, "%s=%s: expected a number from %g to %g", option, text, least, most);
    return v;
}

int bm_read_list(const char *option, const char *text, int *list, int room, long least, long most)
{
    int n = 0;
    char *copy = strdup(text), *rest = NULL;
    for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        const int number = (int)bm_read_long(option, word, least, most);
        int at = 0;
        while (at < n && list[at] != number)
            at++;
        if (at == room)
            bm_die(BM_EXIT_USAGE, "%s=%s: at most %d numbers", option, text, room);
        list[at] = number;
        n = at == n ? n + 1 : n;
    }
    free(copy);
    if (!n)
        bm_die(BM_EXIT_USAGE, "%s needs at least one number, e.g. %s=1,2", option, option);
    return n;
}

int bm_read_word(const char *option, const char *text, const char *const *words)
{
    char list[512] = "";
    struct bm_names known = { NULL, 0 };
    for (int i = 0; words[i]; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", words[i]);
        bm_names_add(&known, words[i]);
    }
    const char *nearest = bm_nearest(text, &known);
    bm_die(BM_EXIT_USAGE, "%s=%s: expected one of %s%s%s%s", option, text, list, nearest ? "; did you mean " : "",
           nearest ? nearest : "", nearest ? "?" : "");
}

char *bm_unknown_text(const char *kind, const char *name, const struct bm_text *table, const struct bm_error *why,
                      const char *more)
{
    struct bm_names names = { NULL, 0 };
    for (const struct bm_text *t = table; t->name; t++)
        bm_names_add(&names, t->name);
    char *text = access(name, F_OK) == 0 ? strdup(why->text) : bm_unknown(kind, name, &names, more);
    bm_names_free(&names);
    return text;
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    switch (key) {
    case 'o': o->op = arg; return 0;
    case 'k': case 'v': o->kernel = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

enum { KEY_STORE = 256, KEY_NO_TUNING, KEY_SWEEP }; /* no letter: -s and -S are shapes */

static bool add_sweep(struct bm_options *o, struct bm_error *error)
{
    const size_t length = strcspn(o->sweep, ":");
    const int count = o->sweep[length] ? (int)bm_read_long("--sweep", o->sweep + length + 1, 1, BM_SWEEP_MOST) : BM_SWEEP_SHAPES;
    char *family = strndup(o->sweep, length);
    const bool good = bm_sweep(&o->shapes, family, count, o->seed, error);
    free(family);
    return good;
}

static error_t parse_shape(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    struct bm_error error;
    bool ok;
    switch (key) {
    case 's': ok = bm_shapes_parse(&o->shapes, arg, "--shape", &error); break;
    case 'S': ok = bm_shapes_load(&o->shapes, arg, &error); break;
    case KEY_SWEEP: o->sweep = arg; return 0;
    case ARGP_KEY_END: ok = !o->sweep || add_sweep(o, &error); break; /* now --seed is known */
    default: return ARGP_ERR_UNKNOWN;
    }
    if (!ok && key == 'S' && access(arg, F_OK) != 0)
        bm_die(BM_EXIT_INPUT, "--shapes: %s",
               bm_unknown_text("shape file", arg, bm_builtin_shapes, &error, "`batchmark list --shapes`"));
    if (!ok)
        bm_die(key == 'S' ? BM_EXIT_INPUT : BM_EXIT_USAGE, "%s", error.text);
    return 0;
}

static error_t parse_threads(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    if (key != 't')
        return ARGP_ERR_UNKNOWN;
    o->thread_counts = strcmp(arg, "sweep") == 0
                           ? bm_thread_sweep(o->threads)
                           : bm_read_list("--threads", arg, o->threads, BM_MAX_THREAD_COUNTS, 1, 4096);
    return 0;
}

static error_t parse_seed(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    if (key != 'r')
        return ARGP_ERR_UNKNOWN;
    o->seed = (uint64_t)bm_read_long("--seed", arg, 0, 2147483647);
    return 0;
}

static error_t parse_json(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    if (key != 'j')
        return ARGP_ERR_UNKNOWN;
    o->json = arg;
    return 0;
}

static error_t parse_store(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    (void)arg;
    switch (key) {
    case KEY_STORE: o->store = true; return 0;
    case ARGP_KEY_END:
        if (o->store && o->json)
            bm_die(BM_EXIT_USAGE, "--store and --json=%s: two places for one result; give only one of them", o->json);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_peer(int key, char *arg, struct argp_state *state)
{
    (void)state;
    if (key != 'p')
        return ARGP_ERR_UNKNOWN;
    if (!bm_peer_point(arg)) {
        char names[256] = "";
        const struct bm_peer *p;
        for (size_t i = 0; (p = bm_peer_at(i)); i++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", p->name);
        bm_die(BM_EXIT_USAGE, "--peer=%s: expected NAME=PATH, with one of the names %s", arg, names);
    }
    return 0;
}

static error_t parse_tuning(int key, char *arg, struct argp_state *state)
{
    struct bm_options *o = state->input;
    (void)arg;
    if (key != KEY_NO_TUNING)
        return ARGP_ERR_UNKNOWN;
    o->no_tuning = true;
    return 0;
}

static const struct argp_option filter_options[] = {
    { "op", 'o', "GLOB", 0, "Only ops whose name matches, e.g. 'bn_*'", 0 },
    { "kernel", 'k', "GLOB", 0, "Only kernels whose name matches, e.g. '*_avx512*'", 0 },
    { "variant", 'v', "GLOB", OPTION_HIDDEN, NULL, 0 },
    { 0 }
};
static const struct argp_option shape_options[] = {
    { "shape", 's', "TEXT", 0, "A shape, e.g. 'N=32 C=300' or 'gemm M=64 N=512 K=784 trans=NT'; may be repeated", 0 },
    { "shapes", 'S', "FILE", 0,
      "A shape file, or the name of a built-in one (`batchmark list --shapes`); may be repeated", 0 },
    { "sweep", KEY_SWEEP, "gemm|bn[:COUNT]", 0,
      "COUNT shapes (default 200) that nobody chose: sizes from 1 to 4096 that cover the room evenly on a logarithmic scale; "
      "--seed shifts them", 0 },
    { 0 }
};
static const struct argp_option threads_options[] = {
    { "threads", 't', "LIST", 0,
      "Thread counts for the _omp kernels, e.g. 1,2; or sweep: 1, 2, 4 ... within one last level cache, then all cores of "
      "it, of one NUMA node, of one package, and all",
      0 },
    { 0 }
};
static const struct argp_option seed_options[] = { { "seed", 'r', "N", 0, "Seed of all random numbers", 0 }, { 0 } };
static const struct argp_option json_options[] = {
    { "json", 'j', "FILE", 0,
      "Write the result there (-: to standard output, and all else to stderr). Without it bench and train write a file "
      "of its own into results/<machine>/", 0 },
    { 0 }
};
static const struct argp_option store_options[] = {
    { "store", KEY_STORE, NULL, 0, "Write the result to a file of its own in results/<machine>/", 0 }, { 0 }
};
static const struct argp_option peer_options[] = {
    { "peer", 'p', "NAME=PATH", 0,
      "Another build of a library to compare with, e.g. openblas=/opt/lib/libopenblas.so; may be repeated (also: "
      "BATCHMARK_PEER_OPENBLAS, _BLIS, _LIBXSMM, _ONEDNN)",
      0 },
    { 0 }
};
static const struct argp_option tuning_options[] = {
    { "no-tuning", KEY_NO_TUNING, NULL, 0,
      "Without the thresholds that `batchmark tune` measured on this machine (results/<machine>/tuning.json): with those "
      "that are built in",
      0 },
    { 0 }
};
const struct argp bm_filter_argp = { filter_options, parse_filter, NULL, NULL, NULL, NULL, NULL };
/* The keys of all families, behind a command's own text. */
static char *shape_help(int key, const char *text, void *input)
{
    enum { ROOM = 4096 };
    const struct bm_family *f;
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text; /* argp frees what differs from it */
    char *help = bm_alloc(ROOM), keys[BM_LABEL];
    int used = snprintf(help, ROOM, "Keys of a shape (`batchmark list --shapes` explains them):");
    for (size_t i = 0; (f = bm_family_at(i)) && used < ROOM - (int)sizeof keys; i++)
        used += snprintf(help + used, (size_t)(ROOM - used), "%s %s has %s", i ? ";" : "", f->name,
                         bm_family_keys(f, true, keys));
    snprintf(help + used, (size_t)(ROOM - used), "\n");
    return help;
}

const struct argp bm_shape_argp = { shape_options, parse_shape, NULL, NULL, NULL, shape_help, NULL };
const struct argp bm_threads_argp = { threads_options, parse_threads, NULL, NULL, NULL, NULL, NULL };
const struct argp bm_seed_argp = { seed_options, parse_seed, NULL, NULL, NULL, NULL, NULL };
const struct argp bm_json_argp = { json_options, parse_json, NULL, NULL, NULL, NULL, NULL };
const struct argp bm_store_argp = { store_options, parse_store, NULL, NULL, NULL, NULL, NULL };
const struct argp bm_peer_argp = { peer_options, parse_peer, NULL, NULL, NULL, NULL, NULL };
const struct argp bm_tuning_argp = { tuning_options, parse_tuning, NULL, NULL, NULL, NULL, NULL };

const struct argp_child bm_kernel_argps[BM_KERNEL_ARGPS + 1] = {
    { &bm_filter_argp, 0, NULL, 0 }, { &bm_shape_argp, 0, NULL, 0 }, { &bm_threads_argp, 0, NULL, 0 },
    { &bm_seed_argp, 0, NULL, 0 },   { &bm_json_argp, 0, NULL, 0 },  { &bm_peer_argp, 0, NULL, 0 },
    { &bm_tuning_argp, 0, NULL, 0 }, { 0 }
};

bool bm_wanted(const struct bm_options *o, const struct bm_kernel *kernel)
{
    return (!o->op || fnmatch(o->op, kernel->op->name, 0) == 0) &&
           (!o->kernel || fnmatch(o->kernel, kernel->name, 0) == 0);
}

void bm_load_peers(const struct bm_options *o)
{
    const struct bm_peer *p;
    for (size_t i = 0; (p = bm_peer_at(i)); i++) {
        bool needed = p->asked;
        for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
            needed |= (*k)->peer && strcmp((*k)->peer, p->name) == 0 && bm_wanted(o, *k);
        if (needed && !bm_peer_load(p->name)->loaded && p->asked)
            bm_die(BM_EXIT_INPUT, "the peer %s cannot be loaded from '%s' (--peer or %s): %s", p->name, p->asked,
                   p->variable, p->reason);
    }
}

struct bm_thresholds bm_use_tuning(const struct bm_options *o)
{
    struct bm_error error = { "" };
    if (!o->no_tuning && bm_tuning_use(&error)) {
        char *text = bm_tuning_text();
        printf("Thresholds were measured on this machine: %s (--no-tuning: without)\n", text);
        free(text);
    } else if (*error.text)
        fprintf(stderr, "batchmark: %s; not used, `batchmark tune` writes a new one\n", error.text);
    return bm_call_caches()->thresholds;
}

char *bm_store_path(const struct bm_options *o, const char *kind)
{
    struct bm_error error;
    if (!o->json && !o->store)
        return NULL;
    char *path = bm_result_claim(o->json, kind, &error);
    if (!path)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    return path;
}

void bm_store_result(const struct bm_options *o, json_t *result, const char *path)
{
    struct bm_error error;
    if (path && !bm_result_write(result, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (o->store)
        printf("\nresult: %s\n", path);
}
