/* SPDX-License-Identifier: MIT */
/* cmd_fleet.c - batchmark fleet: of many equal machines, which nodes are slow, and why? */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "fleet_print.h"
#include "options.h"
#include "progress.h"

static const char *const format_names[] = { "text", "markdown", "json", "csv", NULL };
static const enum bm_page_format formats[] = { BM_TEXT, BM_MARKDOWN, BM_JSON, BM_CSV };
static const char *const nodes[] = { "host", "file", NULL };
enum { BY_FILE = 1 };

struct fleet_options {
    struct bm_files files;
    size_t told; /* of them */
    char **argv;
    double threshold;
    int format, node; /* of those */
    bool all;
};

static void complain(const char *text)
{
    char *shown = bm_printable(text);
    fprintf(stderr, "batchmark: %s; left out\n", shown);
    free(shown);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct fleet_options *o = state->input;
    struct bm_error error;
    switch (key) {
    case 't': o->threshold = bm_read_double("--threshold", arg, 0, 1000) / 100; return 0;
    case 'f': o->format = bm_read_word("--format", arg, format_names); return 0;
    case 'b': o->node = bm_read_word("--by", arg, nodes); return 0;
    case 'a': o->all = true; return 0;
    case ARGP_KEY_ARG:
        if (!bm_files_add(&o->files, arg, &error))
            complain(error.text);
        return 0;
    case ARGP_KEY_NO_ARGS: bm_die(BM_EXIT_USAGE, "no results were given: files or folders");
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool was_named(const struct fleet_options *o, const char *path)
{
    for (char **arg = o->argv; *arg; arg++)
        if (strcmp(*arg, path) == 0)
            return true;
    return false;
}

static void tell(void *context, const char *path, enum bm_added added, const struct bm_error *error)
{
    struct fleet_options *o = context;
    bm_progress(++o->told, o->files.count, path);
    bm_progress(0, 0, NULL);
    if (added == BM_UNREADABLE || (added == BM_OTHER_KIND && was_named(o, path)))
        complain(error->text);
}

int bm_cmd_fleet(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "threshold", 't', "PERCENT", 0, "Changes up to this do not matter (default 2)", 0 },
        { "format", 'f', "text|markdown|json|csv", 0, "text (default), markdown, json or csv (a row a node, group and figure)", 0 },
        { "all", 'a', NULL, 0, "Every node in every group, and every result that was left out", 0 },
        { "by", 'b', "WORD", 0, "What a node is: host (default), or file where all hosts have the same name", 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        "RESULT...",
        "Results of bench from many equal machines, files or folders with all that is in them: which nodes are slower "
        "than the fleet, in which kernels, and why - clock, memory, one core, neighbours. Results of other machines or "
        "settings than most are left out, by name.\v"
        "A node is slower if its time in a group of kernels is above the fleet's by the threshold or more, and for "
        "certain, counting how many nodes and groups were looked at. docs/fleet.md has the method.\n\nExit: 0 no node "
        "is slower; 1 some node is; 2 bad usage, or fewer than three nodes; 3 no result could be read, or the nodes "
        "have no "
        "case in common.",
        NULL,
        NULL,
        NULL
    };
    struct fleet_options o = { .argv = argv, .threshold = 0.02 };
    struct bm_fleet fleet = { 0 };
    struct bm_error error;
    bm_parse(&argp, argc, argv, 0, &o);
    if (formats[o.format] == BM_TEXT)
        bm_lines_begin();
    bm_files_sort(&o.files);
    bm_fleet_add(&fleet, o.files.path, o.files.count, tell, &o);
    if (!fleet.results)
        bm_die(BM_EXIT_INPUT, "no result of bench could be read; each node makes one by `batchmark bench`");
    if (!bm_fleet_find(&fleet, o.threshold, o.node == BY_FILE, &error))
        bm_die(fleet.nodes < BM_FLEET_LEAST_NODES ? BM_EXIT_USAGE : BM_EXIT_INPUT, "%s", error.text);
    bm_fleet_print(&fleet, formats[o.format], o.all, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        bm_die(BM_EXIT_INPUT, "cannot write the fleet; is the disk full?");
    const int code = fleet.slower ? BM_EXIT_FAILED : BM_EXIT_OK;
    bm_fleet_free(&fleet);
    bm_files_free(&o.files);
    return code;
}
