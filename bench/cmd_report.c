/* SPDX-License-Identifier: MIT */
/* cmd_report.c - batchmark report: stored results as one page. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <stdlib.h>
#include "options.h"
#include "pictures.h"
#include "progress.h"
#include "report.h"
#include "result.h"

static const struct {
    const char *name;
    enum bm_page_format format;
} formats[] = { { "html", BM_HTML }, { "md", BM_MARKDOWN }, { "csv", BM_CSV }, { "txt", BM_TEXT } };
enum { FORMATS = sizeof formats / sizeof *formats };

struct report_options {
    int format; /* of those */
    const char *out, *machine, *pictures;
    char **path;
    size_t paths;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct report_options *o = state->input;
    switch (key) {
    case 'F':
        for (o->format = 0; o->format < FORMATS; o->format++)
            if (strcmp(arg, formats[o->format].name) == 0)
                return 0;
        bm_die(BM_EXIT_USAGE, "--format %s: html, md, csv or txt", arg);
        return 0;
    case 'o': o->out = arg; return 0;
    case 'm': o->machine = arg; return 0;
    case 'p': o->pictures = arg; return 0;
    case ARGP_KEY_ARGS:
        o->path = state->argv + state->next;
        o->paths = (size_t)(state->argc - state->next);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void make_folder_of(const char *path)
{
    struct bm_error error;
    char *folder = strdup(path), *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        if (!bm_make_folder(folder, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
    }
    free(folder);
}

int bm_cmd_report(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "format", 'F', "html|md|csv|txt", 0,
          "html (default: a page, and three sheets beside it), md (Markdown, pictures beside it), "
          "csv (every number, a row each) or txt (for a terminal, without pictures)",
          0 },
        { "output", 'o', "FILE", 0, "Where the report goes (default: report.html, report.md, report.csv or report.txt)", 0 },
        { "machine", 'm', "NAME", 0,
          "Show this machine, a folder's name under results/ (default: that of the newest "
          "result that is no reference)",
          0 },
        { "pictures", 'p', "ID,...", 0,
          "Instead, only these pictures of the page, each as a file ID.svg in the folder that "
          "--output names",
          0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        "[FOLDER or FILE...]",
        "Everything that stored results say about a machine, as a page and three sheets beside it: what it is, roofline, "
        "kernels, scaling, numerics, training, history, and other machines beside it. Without "
        "arguments: results/.",
        NULL,
        NULL,
        NULL
    };
    static char *results[] = { "results" };
    struct report_options o = { .path = results, .paths = 1 };
    struct bm_library library;
    struct bm_error error;
    char name[16];
    bm_parse(&argp, argc, argv, 0, &o);
    if (!o.paths) {
        o.path = results;
        o.paths = 1;
    }
    if (o.pictures && !o.out)
        bm_die(BM_EXIT_USAGE, "--pictures needs --output FOLDER");
    if (!o.out) {
        snprintf(name, sizeof name, "report.%s", formats[o.format].name);
        o.out = name;
    }
    if (o.pictures ? !bm_make_folder(o.out, &error) : false)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    make_folder_of(o.out);
    struct stat there;
    if (!o.pictures && stat(o.out, &there) == 0 && S_ISDIR(there.st_mode)) /* now, not after the work */
        bm_die(BM_EXIT_INPUT, "--output %s: it is a folder; name a file", o.out);
    if ((formats[o.format].format == BM_HTML || formats[o.format].format == BM_MARKDOWN) && !bm_gnuplot_there(&error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (!bm_library_load(&library, o.path, o.paths, o.out, o.machine, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    for (size_t i = 0; i < library.problems; i++)
        fprintf(stderr, "batchmark: left out or doubtful: %s\n", library.problem[i]);
    if (!library.sources)
        bm_die(BM_EXIT_INPUT,
               "%s: no result to report on; make bench makes some, and the source ships some in results/", o.path[0]);
    if (!bm_report(&library, formats[o.format].format, o.out, o.pictures, bm_progress, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    printf("%s: %zu result%s of %s\n", o.out, library.sources, library.sources == 1 ? "" : "s", library.machine);
    bm_library_free(&library);
    return BM_EXIT_OK;
}
