/* SPDX-License-Identifier: MIT */
/* main.c - the program: chooses the command. With BM_READER it is the one that only reads results: without kernels, it is
 * built in seconds. With BM_MPI it is the one that trains over the ranks of an MPI job. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion.h"
#include "lines.h"
#include "names.h"
#include "options.h"
#include "standard_output.h"
#ifdef BM_MPI
#include "mpi_ranks.h"
#endif

static const struct bm_command commands[] = {
#ifdef BM_MPI
    { "train", bm_cmd_train, "train a network over ranks: mpirun -n 4 batchmark-mpi train ...", true },
#else
#ifndef BM_READER
    { "list", bm_cmd_list, "the ops and kernels, what runs here, shapes, experiments", true },
    { "machine", bm_cmd_machine, "what this machine is, and its limits, measured", true },
    { "verify", bm_cmd_verify, "hold every kernel against a double-precision oracle", true },
    { "bench", bm_cmd_bench, "verify, then time, then set against the machine's limits", false },
    { "train", bm_cmd_train, "train a network with chosen kernels: seconds to an accuracy", true },
    { "ab", bm_cmd_ab, "is B slower than A? builds, kernels or settings in turns", false },
    { "count", bm_cmd_count, "the instructions of a call by class; its hot loop on other CPUs", false },
    { "tune", bm_cmd_tune, "measure the thresholds of this machine that no formula knows", true },
    { "calibrate", bm_cmd_calibrate, "the noise of this machine: how far runs of one build lie apart", true },
#endif
    { "compare", bm_cmd_compare, "two results: what became slower or faster; machines side by side", false },
    { "show", bm_cmd_show, "the essential of a stored result of any kind, in tables with bars", false },
    { "history", bm_cmd_history, "results in the order of time: what changed, between which commits", false },
    { "fleet", bm_cmd_fleet, "many equal machines: which nodes are slow, where, and why", false },
    { "report", bm_cmd_report, "stored results as one page: pictures, tables, a sentence to each", true },
    { "validate", bm_cmd_validate, "are result files whole, unedited, and as their schema says?", true },
#endif
};
enum { COMMANDS = sizeof commands / sizeof *commands };

#define ISA_NAME(ID, name, ...) " " #name

static void usage(FILE *out)
{
    fputs("batchmark: how fast are batch normalisation and GEMM here, are they right, how\n"
          "near the machine's limit, and what training time does that buy?\n\n"
          "Usage: batchmark COMMAND [OPTION...]\n\n",
          out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].help);
    fputs("  completion  what bash, zsh or fish complete\n"
          "\n`batchmark COMMAND --help` explains a command's options.\n"
          "BATCHMARK_MAX_ISA=NAME caps the instruction set. Names:\n " BM_ISAS(ISA_NAME) ".\n"
          "BATCHMARK_DATA is where train looks for data.\n"
          "--color=auto|always|never is of every command; auto: a terminal, no NO_COLOR.\n"
          "Tables and sentences are as wide as COLUMNS says, else the terminal, else 80.\n"
          "Exit: 0 fine; 1 the answer is no (a kernel is wrong, something is slower,\n"
          "training diverged); 2 bad usage, or nothing to do; 3 bad input or environment;\n"
          "above 128 stopped by a signal (128 + its number), what was finished is kept.\n",
          out);
}

/* --color=WHEN, which every command takes, before or behind its name. Returns how many words are left. */
static int take_colour(int argc, char **argv)
{
    static const char name[] = "--color";
    int kept = 0;
    bool ours = true;
    for (int i = 0; i < argc; i++) {
        ours &= strcmp(argv[i], "--") != 0;
        const bool is_it = ours && strncmp(argv[i], name, strlen(name)) == 0 && strchr("=", argv[i][strlen(name)]);
        const char *when = is_it && argv[i][strlen(name)] ? argv[i] + strlen(name) + 1 : "always";
        if (is_it && !bm_colours_choose(when))
            bm_die(BM_EXIT_USAGE, "--color=%s: expected one of auto, always, never", when);
        if (!is_it)
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return kept;
}

int main(int argc, char **argv)
{
    bm_stdout_begin();
    setlocale(LC_CTYPE, ""); /* tells whether a terminal can have UTF-8; figures stay as they are */
    argp_err_exit_status = BM_EXIT_USAGE;
#ifdef BM_MPI
    bm_mpi_begin(&argc, &argv);
#endif
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is then an error of write(), with a message */
    const char *cap = getenv("BATCHMARK_MAX_ISA");
    if (cap && bm_isa_named(cap) == BM_ISA_COUNT)
        bm_die(BM_EXIT_USAGE, "BATCHMARK_MAX_ISA=%s: expected one of" BM_ISAS(ISA_NAME), cap);
    argc = take_colour(argc, argv);
    if (argc < 2) {
        usage(stderr);
        return BM_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return BM_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("batchmark %s, commit %s%s (%s)\n", BM_VERSION, BM_COMMIT, BM_DIRTY ? "+changes" : "", BM_COMPILER);
        return BM_EXIT_OK;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[64]; /* argp's messages begin with argv[0] */
            snprintf(name, sizeof name, "batchmark %s", commands[i].name);
            argv[1] = name;
            if (commands[i].people)
                bm_lines_begin();
            const int code = commands[i].run(argc - 1, argv + 1);
#ifdef BM_MPI
            bm_mpi_end();
#endif
            return code == BM_EXIT_INTERRUPTED ? bm_interrupted_code() : code;
        }
    if (strcmp(argv[1], "completion") == 0)
        return bm_completion(commands, COMMANDS, argc - 1, argv + 1);
    struct bm_names names = { NULL, 0 };
    for (int i = 0; i < COMMANDS; i++)
        bm_names_add(&names, commands[i].name);
    bm_names_add(&names, "completion");
    bm_die(BM_EXIT_USAGE, "%s", bm_unknown("command", argv[1], &names, "`batchmark --help`"));
}
