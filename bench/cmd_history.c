/* SPDX-License-Identifier: MIT */
/* cmd_history.c - batchmark history. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "history.h"
#include "names.h"
#include "options.h"
#include "provenance.h"

/* as bm_page_format has them */
static const char *const formats[] = { "text", "markdown", "json", NULL };
enum { NONE = -1, CSV, OTAVA, OTAVA_YAML, BENCHER };
static const char *const exports[] = { "csv", "otava", "otava-yaml", "bencher", NULL };
#define OTAVA_FILE "history.csv"

struct history_options {
    struct bm_history history;
    const char *kernel;
    double threshold;
    int format, export, all, places;
};

static void complain(const char *text)
{
    char *shown = bm_printable(text);
    fprintf(stderr, "batchmark: %s; left out\n", shown);
    free(shown);
}

static void add_file(struct history_options *o, const char *path, bool named)
{
    struct bm_error error;
    const enum bm_added added = bm_history_add(&o->history, path, &error);
    if (added == BM_UNREADABLE || (added == BM_OTHER_KIND && named))
        complain(error.text);
}

static int is_result(const struct dirent *entry)
{
    return fnmatch("*.json", entry->d_name, 0) == 0 || fnmatch("*.json.gz", entry->d_name, 0) == 0;
}

static bool add_folder(struct history_options *o, const char *path, struct bm_error *error)
{
    struct dirent **entry;
    const int entries = scandir(path, &entry, is_result, alphasort);
    if (entries < 0)
        return bm_failed(error, "cannot read the folder %s: %s; `batchmark bench` puts results into results/<machine>",
                         path, strerror(errno));
    for (int i = 0; i < entries; i++) {
        char *file;
        if (asprintf(&file, "%s/%s", path, entry[i]->d_name) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        add_file(o, file, false);
        free(file);
        free(entry[i]);
    }
    free(entry);
    return true;
}

static void add_place(struct history_options *o, const char *path)
{
    struct stat there;
    struct bm_error error;
    o->places++;
    if (stat(path, &there) != 0 || !S_ISDIR(there.st_mode))
        add_file(o, path, true);
    else if (!add_folder(o, path, &error))
        complain(error.text);
}

static void add_own_folder(struct history_options *o)
{
    char *slug = bm_machine_slug(), *path;
    struct bm_error error;
    if (asprintf(&path, "results/%s", slug) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!add_folder(o, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    free(path);
    free(slug);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct history_options *o = state->input;
    switch (key) {
    case 'k': o->kernel = arg; return 0;
    case 't': case 'f': o->threshold = bm_read_double("--threshold", arg, 0, 1000) / 100; return 0;
    case 'F': o->format = bm_read_word("--format", arg, formats); return 0;
    case 'e': o->export = bm_read_word("--export", arg, exports); return 0;
    case 'a': o->all = 1; return 0;
    case 'H': o->history.host = arg; return 0;
    case ARGP_KEY_ARG: add_place(o, arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void put_json(json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
    if (!text)
        bm_die(BM_EXIT_INPUT, "out of memory");
    puts(text);
    free(text);
    json_decref(json);
}

static void print_gaps(size_t cases)
{
    if (cases)
        fprintf(stderr, "batchmark: Otava reads no gaps: %zu case%s not in every result left out\n", cases,
                cases == 1 ? "" : "s");
}

static void print(const struct history_options *o)
{
    const struct bm_history *h = &o->history;
    if (o->export != NONE && h->elsewhere)
        fprintf(stderr, "batchmark: %zu result%s of other hosts left out; --host '*' takes all\n", h->elsewhere,
                h->elsewhere == 1 ? "" : "s");
    switch (o->export) {
    case CSV: bm_export_csv(h, stdout); return;
    case OTAVA: print_gaps(bm_export_otava(h, stdout)); return;
    case OTAVA_YAML: print_gaps(bm_export_otava_yaml(h, OTAVA_FILE, stdout)); return;
    case BENCHER: put_json(bm_export_bencher(h)); return;
    default: break;
    }
    if (o->format == BM_JSON)
        put_json(bm_history_json(h, o->all));
    else
        bm_history_print(h, (enum bm_page_format)o->format, o->all, stdout);
}

/* --host names one that there is. */
static void check_host(const struct bm_history *h)
{
    struct bm_names hosts = { NULL, 0 };
    bool any = !h->host || !h->runs;
    for (size_t i = 0; i < h->runs; i++) {
        bm_names_add(&hosts, h->run[i].host);
        any |= h->host && fnmatch(h->host, h->run[i].host, 0) == 0;
    }
    if (!any)
        bm_die(BM_EXIT_USAGE, "no result of bench is of a host that matches --host '%s': %s", h->host,
               bm_unknown("host", h->host, &hosts, NULL));
    bm_names_free(&hosts);
}

static _Noreturn void die_of_no_case(const struct history_options *o)
{
    struct bm_names kernels = { NULL, 0 };
    if (!o->kernel)
        bm_die(BM_EXIT_INPUT, "the results hold no case that could be followed; `batchmark bench` measures some");
    for (size_t i = 0; i < o->history.runs; i++)
        for (size_t k = 0; k < o->history.run[i].cases; k++)
            bm_names_add(&kernels, o->history.run[i].cased[k].kernel);
    bm_die(BM_EXIT_USAGE, "no case matches --kernel '%s': %s", o->kernel,
           bm_unknown("kernel", o->kernel, &kernels, "--export csv"));
}

int bm_cmd_history(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "kernel", 'k', "GLOB", 0, "Only cases whose kernel or name matches, e.g. 'bn_*'", 0 },
        { "host", 'H', "GLOB", 0, "Only results of hosts that match, '*' for all (default: the newest result's host)", 0 },
        { "threshold", 't', "PERCENT", 0, "Changes up to this do not matter (default 2)", 0 },
        { "floor", 'f', "PERCENT", OPTION_HIDDEN, NULL, 0 },
        { "all", 'a', NULL, 0, "Each series' values too, and each case of a change that many share", 0 },
        { "format", 'F', "text|markdown|json", 0, "text (default), markdown or json", 0 },
        { "export", 'e', "TOOL", 0,
          "Instead, to stdout: csv (a row a case and result, in seconds), otava (for Apache Otava's CSV importer, in "
          "ns, without the machine's changes), otava-yaml (its configuration, which expects the other as " OTAVA_FILE
          "), or bencher (Bencher Metric "
          "Format of the newest result, in ns)",
          0 },
        { 0 }
    };
    static const char about[] =
        "The results of one machine in the order of time: how the machine changed, as kernels of unchanged code tell; "
        "and, without that, where the time of a case changed, between which commits, and whether its kernel's code changed "
        "there. Where a result timed older kernels in pairs with its own, that counts more than its times. Without arguments: "
        "results/<this machine>. Results of another host than the newest's are left out, and so are those of another set-up than the newest that 6 results "
        "share. docs/history.md has the method.";
    static const struct argp argp = { options, parse, "[FOLDER or FILE...]", about, NULL, NULL, NULL };
    struct history_options o = { .threshold = 0.02, .format = BM_TEXT, .export = NONE };
    bm_parse(&argp, argc, argv, 0, &o);
    if (o.format == BM_TEXT && o.export == NONE)
        bm_lines_begin();
    if (!o.places)
        add_own_folder(&o);
    check_host(&o.history);
    bm_history_find(&o.history, o.kernel, o.threshold);
    if (!o.history.runs)
        bm_die(o.history.elsewhere ? BM_EXIT_USAGE : BM_EXIT_INPUT,
               o.history.elsewhere ? "no result of bench is of a host that matches --host '%s'"
                                   : "no result of bench is left to look at; `batchmark bench` makes one",
               o.history.host);
    if (!o.history.all)
        die_of_no_case(&o);
    print(&o);
    bm_history_free(&o.history);
    return BM_EXIT_OK;
}
