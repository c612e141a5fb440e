/* SPDX-License-Identifier: MIT */
/* cmd_calibrate.c - batchmark calibrate: how far floors of equal code lie apart between runs on this machine. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "noise.h"
#include "options.h"
#include "result.h"
#include "standard_output.h"

enum { DEFAULT_RUNS = 5, MOST_RUNS = 100 };

struct calibrate_options {
    int runs; /* 0: not given */
    const char *json;
    char *word[MOST_RUNS]; /* results, or options of bench */
    size_t words;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct calibrate_options *o = state->input;
    switch (key) {
    case 'r': o->runs = (int)bm_read_long("--runs", arg, BM_NOISE_LEAST_RUNS, MOST_RUNS); return 0;
    case 'j':
        o->json = arg;
        if (bm_is_stdout(arg))
            bm_stdout_is_for_result();
        return 0;
    case ARGP_KEY_ARG:
        if (o->words == MOST_RUNS)
            bm_die(BM_EXIT_USAGE, "more than %d results or options of bench", MOST_RUNS);
        o->word[o->words++] = arg;
        return 0;
    case ARGP_KEY_END: {
        const bool bench = !o->words || o->word[0][0] == '-';
        if (o->runs && !bench)
            bm_die(BM_EXIT_USAGE, "give either --runs, with options of bench after --, or results of runs; not both");
        if (!bench && o->words < BM_NOISE_LEAST_RUNS)
            bm_die(BM_EXIT_USAGE, "at least %d results are needed; %zu was given", BM_NOISE_LEAST_RUNS, o->words);
        return 0;
    }
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- running bench ---- */

/* Its exit code. An interrupt of this process alone is passed on: by SIGUSR1, since a second SIGINT would kill it. */
static int await(pid_t child)
{
    const struct timespec nap = { 0, 20000000 };
    bool told = false;
    int status = 0;
    pid_t got = child;
    while (child > 0 && ((got = waitpid(child, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR))) {
        if (bm_interrupted && !told)
            told = kill(child, SIGUSR1) == 0;
        nanosleep(&nap, NULL);
    }
    if (got < 0)
        bm_die(BM_EXIT_INPUT, "cannot start bench: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* `bench WORDS --json path`, its tables to /dev/null; ends the program if it fails. */
static void run_bench(const struct calibrate_options *o, const char *path)
{
    const char **argv = bm_alloc((o->words + 5) * sizeof *argv);
    size_t n = 0;
    argv[n++] = "batchmark";
    argv[n++] = "bench";
    for (size_t i = 0; i < o->words; i++)
        argv[n++] = o->word[i];
    argv[n++] = "--json";
    argv[n++] = path;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const int null = open("/dev/null", O_WRONLY);
        if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
            _exit(BM_EXIT_INPUT);
        execv("/proc/self/exe", (char **)(void *)argv);
        fprintf(stderr, "batchmark: cannot start bench: %s\n", strerror(errno));
        _exit(BM_EXIT_INPUT);
    }
    free(argv);
    const int code = await(child);
    if (code > 128 || bm_interrupted) {
        fprintf(stderr, "batchmark: interrupted; the runs that were finished are kept, and can be given to calibrate\n");
        exit(bm_interrupted ? bm_interrupted_code() : code);
    }
    if (code)
        bm_die(BM_EXIT_INPUT,
               "a run of bench ended with exit code %d: see above, and try `batchmark bench` with the same options",
               code);
}

static char **run_all(const struct calibrate_options *o, size_t runs)
{
    char **file = bm_alloc(runs * sizeof *file);
    struct bm_error error;
    bm_catch_interrupts();
    for (size_t i = 0; i < runs; i++) {
        if (!(file[i] = bm_result_path("bench", &error)))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        printf("run %zu of %zu: %s\n", i + 1, runs, file[i]);
        run_bench(o, file[i]);
    }
    return file;
}

/* ---- the result ---- */

/* Beside the first run, where compare looks for it. */
static char *noise_path(const struct calibrate_options *o, const struct bm_run *run, struct bm_error *error)
{
    if (o->json)
        return bm_result_claim(o->json, "noise", error);
    char commit[13], *copy = strdup(run->path);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    snprintf(commit, sizeof commit, "%.12s", run->commit);
    for (char *c = commit; *c; c++) /* it becomes part of a path */
        *c = *c == '/' ? '?' : *c;
    char *path = bm_result_name(dirname(copy), commit, "noise");
    free(copy);
    return path;
}

static void load(const char *path, struct bm_run *run)
{
    struct bm_error error;
    if (!bm_run_load(path, run, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (run->edited)
        bm_die(BM_EXIT_INPUT, "%s: its checksum does not hold: it was edited after it was written; run it again", path);
    if (!run->complete)
        bm_die(BM_EXIT_INPUT, "%s: its run was interrupted; calibrate from whole runs", path);
}

static void print_classes(const json_t *margins)
{
    const json_t *one;
    size_t i;
    printf("\nFloors of equal code lie so far apart between runs (compare takes this for the interval of a ratio):\n");
    json_array_foreach(margins, i, one)
    {
        const int threads = (int)json_integer_value(json_object_get(one, "threads")),
                  changes = (int)json_integer_value(json_object_get(one, "changes"));
        const json_t *margin = json_object_get(one, "margin");
        printf("  %d thread%s, %s: ", threads, threads == 1 ? "" : "s",
               json_string_value(json_object_get(one, "level")));
        if (json_is_null(margin))
            printf("not known: %d change%s from run to run, of %d that it takes\n", changes, changes == 1 ? "" : "s",
                   BM_NOISE_LEAST_CHANGES);
        else
            printf("%.1f %%, from %d changes from run to run\n", 100 * json_number_value(margin), changes);
    }
}

int bm_cmd_calibrate(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "runs", 'r', "N", 0, "How many times bench runs (default 5)", 0 },
        { "json", 'j', "FILE", 0,
          "Write the margins there (-: to standard output); without it: a file of its own beside the first run", 0 },
        { 0 }
    };
    static const struct argp argp = { options,
                                      parse,
                                      "[-- BENCH-OPTION...]\nRESULT RESULT...",
                                      "Measures the noise of this machine: how far the floors (least samples) of "
                                      "equal code lie apart between runs. compare takes it into account. Runs bench "
                                      "itself, or takes results that are there.\vExit: 0 done; 2 bad usage; 3 bad "
                                      "input, results of different machines, settings, code or schemas, or a run "
                                      "failed; above 128 interrupted by a signal.",
                                      NULL,
                                      NULL,
                                      NULL };
    struct calibrate_options o = { 0 };
    struct bm_error error;
    char unlike[512];
    bm_parse(&argp, argc, argv, 0, &o);
    const bool bench = !o.words || o.word[0][0] == '-';
    const size_t runs = !bench ? o.words : o.runs ? (size_t)o.runs : DEFAULT_RUNS;
    char **file = bench ? run_all(&o, runs) : o.word;
    struct bm_run *run = bm_alloc(runs * sizeof *run);
    for (size_t i = 0; i < runs; i++)
        load(file[i], &run[i]);
    if (bm_runs_unlike(run, runs, unlike))
        bm_die(BM_EXIT_INPUT, "not runs of equal code on one machine: %s", unlike);
    json_t *noise = bm_noise_measure(run, runs, argc, argv);
    const json_t *margins = bm_result_list(noise, "margins");
    if (!json_array_size(margins))
        bm_die(BM_EXIT_USAGE, "the results have no case in common");
    char *path = noise_path(&o, run, &error);
    if (!path || !bm_result_write(noise, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    print_classes(margins);
    printf("%zu runs: %s\n", runs, bm_place_name(path));
    json_decref(noise);
    free(path);
    for (size_t i = 0; i < runs; i++) {
        bm_run_free(&run[i]);
        if (bench)
            free(file[i]);
    }
    if (bench)
        free(file);
    free(run);
    return BM_EXIT_OK;
}
