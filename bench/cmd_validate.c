/* SPDX-License-Identifier: MIT */
/* cmd_validate.c - batchmark validate. */
#include <stdio.h>

#include "options.h"
#include "validate.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    int *first = state->input;
    switch (key) {
    case ARGP_KEY_ARGS: *first = state->next; return 0;
    case ARGP_KEY_NO_ARGS: bm_die(BM_EXIT_USAGE, "validate needs at least one FILE");
    default: return ARGP_ERR_UNKNOWN;
    }
}

int bm_cmd_validate(int argc, char **argv)
{
    static const struct argp argp = { NULL, parse, "FILE...",
                                      "Holds result files, .json or .json.gz, against their description "
                                      "(results/README.md).\vA line a file. Exit: 0 all are valid; 3 one is not.",
                                      NULL, NULL, NULL };
    int first = argc;
    enum bm_exit code = BM_EXIT_OK;
    bm_parse(&argp, argc, argv, 0, &first);
    for (int i = first; i < argc; i++) {
        char about[128];
        struct bm_error error;
        if (bm_validate(argv[i], about, &error)) {
            printf("%s: valid (%s)\n", argv[i], about);
            continue;
        }
        fflush(stdout);
        fprintf(stderr, "batchmark: %s\n", error.text);
        code = BM_EXIT_INPUT;
    }
    return code;
}
