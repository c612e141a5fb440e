/* SPDX-License-Identifier: MIT */
/* cmd_show.c - batchmark show: the essential of stored results on a terminal. */
#include <stdlib.h>

#include "options.h"
#include "show.h"

struct show_arguments {
    struct bm_show_options show;
    int first; /* of argv that is a RESULT */
};

static const char *const formats[] = { "text", "markdown", "csv", NULL };
static const enum bm_page_format of_formats[] = { BM_TEXT, BM_MARKDOWN, BM_CSV };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct show_arguments *o = state->input;
    switch (key) {
    case 'a': o->show.all = true; return 0;
    case 'o': o->show.op = arg; return 0;
    case 'k': o->show.kernel = arg; return 0;
    case 'l': o->show.ladder = true; return 0;
    case 'f': o->show.format = of_formats[bm_read_word("--format", arg, formats)]; return 0;
    case ARGP_KEY_ARGS: o->first = state->next; return 0;
    case ARGP_KEY_NO_ARGS: bm_die(BM_EXIT_USAGE, "show needs at least one RESULT");
    case ARGP_KEY_END:
        if (o->show.format != BM_TEXT && !o->show.ladder)
            bm_die(BM_EXIT_USAGE, "--format goes with --ladder; without it, show is for a terminal (report has more formats)");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int bm_cmd_show(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "all", 'a', NULL, 0, "Every case of bench", 0 },
        { "op", 'o', "GLOB", 0, "Only ops whose name matches, e.g. 'bn_*' (bench, verify)", 0 },
        { "kernel", 'k', "GLOB", 0, "Only kernels whose name matches, e.g. '*_avx512' (bench, verify)", 0 },
        { "ladder", 'l', NULL, 0, "Of bench: only what each step of effort buys, from naive kernels to fused ones", 0 },
        { "format", 'f', "text|markdown|csv", 0, "What --ladder says as text (default), markdown or csv", 0 },
        { 0 }
    };
    static const struct argp argp = { options,
                                      parse,
                                      "RESULT...",
                                      "What matters in results of bench and calibrate, .json or .json.gz, as tables "
                                      "with small bars: how fast, how near the limit, is it right; of train, verify "
                                      "and machine their part of the report.\vExit: 0 all are shown; 3 a file cannot be read "
                                      "or is of another schema; the others are shown.",
                                      NULL,
                                      NULL,
                                      NULL };
    struct show_arguments o = { .first = argc };
    bm_parse(&argp, argc, argv, 0, &o);
    if (o.show.format == BM_TEXT)
        bm_lines_begin();
    struct bm_error *error = bm_alloc((size_t)argc * sizeof *error);
    int bad = 0, shown = 0;
    for (int i = o.first; i < argc; i++) {
        if (shown)
            putchar('\n');
        if (bm_show(argv[i], &o.show, stdout, &error[bad]))
            shown++;
        else
            bad++;
    }
    fflush(stdout);
    for (int i = 0; i < bad; i++)
        fprintf(stderr, "batchmark: %s\n", error[i].text);
    free(error);
    return bad ? BM_EXIT_INPUT : BM_EXIT_OK;
}
