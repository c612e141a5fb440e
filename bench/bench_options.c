/* SPDX-License-Identifier: MIT */
/* bench_options.c - the command line of bench. */
#include <stdlib.h>
#include <string.h>

#include "compare_print.h"
#include "plan.h"
#include "versus.h"

enum { KEY_CHANNEL = 0x200, KEY_RESUME, KEY_REFERENCE, KEY_IDEAS, KEY_QUICK };

static const double QUICK_S = 7; /* the group that is being measured then, and the end, take some more */

/* Options that contradict each other. */
static void check(const struct bm_bench_options *o)
{
    if (o->ideas && (o->versus || o->resume || o->dry_run || o->reference || o->quick || o->common.json ||
                     o->common.store || o->common.thread_counts))
        bm_die(BM_EXIT_USAGE, "--ideas goes with --op, --kernel, --shape, --shapes, --max-call, --time-cap, --seed and "
                              "--format only: it times serial kernels, and stores nothing");
    if (o->format && !o->ideas)
        bm_die(BM_EXIT_USAGE, "--format is for --ideas; `batchmark show` prints what bench stores");
    if (o->reference && o->common.json)
        bm_die(BM_EXIT_USAGE, "--reference is for runs that results/ keeps, so not with --json");
    if (o->quick && o->versus)
        bm_die(BM_EXIT_USAGE, "--quick and --versus: pairs take longer than ten seconds; leave out one of them");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bm_bench_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i <= BM_KERNEL_ARGPS; i++)
            state->child_inputs[i] = &o->common;
        return 0;
    case 'c': {
        char *rest = NULL, *list = strdup(arg); /* argv goes to workers as it is */
        o->cache[BM_WARM] = o->cache[BM_COLD] = false;
        o->caches_chosen = true;
        for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
            o->cache[bm_read_word("--cache", word, bm_cache_names)] = true;
        free(list);
        return 0;
    }
    case 'l': o->launches = (int)bm_read_long("--launches", arg, 1, 1000); return 0;
    case 'P': o->precision = bm_read_double("--precision", arg, 0.01, 100) / 100; return 0;
    case 'T': o->time_cap = bm_read_double("--time-cap", arg, 0, 1e6); return 0;
    case 'm': o->sample_s = bm_read_double("--sample-time", arg, 1e-6, 3600); return 0;
    case 'L': o->launch_s = bm_read_double("--launch-time", arg, 0, 3600); return 0;
    case 'x': o->max_call = bm_read_double("--max-call", arg, 1e-6, 3600); return 0;
    case 'd': o->dry_run = true; return 0;
    case 'V': o->versus = BM_VERSUS_PEERS + bm_read_word("--versus", arg, bm_versus_names); return 0;
    case KEY_CHANNEL: o->channel = (int)bm_read_long("--channel", arg, 3, 1 << 20); return 0;
    case KEY_RESUME:
        o->resume = true;
        o->resumed = arg;
        return 0;
    case KEY_REFERENCE: o->reference = arg; return 0;
    case KEY_QUICK: o->quick = true; return 0;
    case KEY_IDEAS: o->ideas = true; return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case ARGP_KEY_END: check(o); return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void load_shapes(struct bm_bench_options *o, const char *list)
{
    struct bm_error error;
    if (!bm_shapes_load(&o->common.shapes, list, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

/* A number of launches that was given is exact, unless a rule to go on was given too. */
static void set_defaults(struct bm_bench_options *o)
{
    const bool peers = o->versus == BM_VERSUS_PEERS;
    o->shapes_chosen = o->common.shapes.count > 0;
    o->exact_launches = (o->launches || o->quick) && o->precision < 0 && o->time_cap < 0;
    o->launches = o->launches ? o->launches : o->quick ? 2 : 6;
    o->precision = o->precision < 0 ? 0.05 : o->precision;
    o->launch_s = o->launch_s < 0 ? (o->quick ? 0.01 : 0.025) : o->launch_s;
    o->time_cap = o->time_cap < 0 && o->quick ? QUICK_S : o->time_cap;
    o->max_call = o->max_call == 0 ? (peers ? 2 : 0.1) : o->max_call;
    if (o->shapes_chosen)
        return;
    load_shapes(o, peers ? "gemm_training" : o->quick ? "first_look" : "quick");
    if (peers)
        load_shapes(o, "bn_training");
}

bool bm_bench_is_part(const struct bm_bench_options *o)
{
    return o->quick || o->shapes_chosen || o->common.op || o->common.kernel || o->common.thread_counts ||
           o->caches_chosen;
}

void bm_bench_parse(struct bm_bench_options *o, int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "cache", 'c', "LIST", 0,
          "warm, cold (rotating through copies three times the last level cache), or both (default: warm)", 0 },
        { "quick", KEY_QUICK, NULL, 0,
          "A first look in ten seconds: few kernels on few shapes, in 2 launches. The end says what was left out", 0 },
        { "launches", 'l', "N", 0,
          "Launches of the process for every case: so many, and no more unless --precision or --time-cap is given. All "
          "quantiles are of these (default: 6, then more by --precision)",
          0 },
        { "precision", 'P', "PERCENT", 0,
          "After these, further launches of the cases whose floor (the least sample) is not known well: until 3 "
          "samples of "
          "2 launches lie within PERCENT of it, or --time-cap is over (default 5)",
          0 },
        { "time-cap", 'T', "S", 0,
          "When --precision gives up: seconds of the whole run (default: 0.18 for each case, 20 at least)", 0 },
        { "sample-time", 'm', "S", 0, "Seconds of one sample, a batch of calls, or one call (default 0.0001)", 0 },
        { "launch-time", 'L', "S", 0,
          "Seconds of samples of a case in one launch: as many as fit, 2 to 40, the same number in every launch "
          "(default 0.025)",
          0 },
        { "max-call", 'x', "S", 0,
          "Leave out, and say so, cases of which one call takes longer (default 0.1, with --versus peers 2)", 0 },
        { "versus", 'V', "peers|naive", 0,
          "Then also how many times faster, in pairs of neighbours (see `batchmark ab`), with intervals, geometric "
          "means and totals; for at most as long again, or 0.4 s a pair. peers: <op>_auto and the best of the AVX2 and "
          "AVX-512 kernels against the libraries of others (default shapes: the built-in lists 'gemm_training' and "
          "'bn_training'). naive: each kernel against <op>_naive on one thread",
          0 },
        { "ideas", KEY_IDEAS, NULL, 0,
          "Instead, what each idea of a tuned serial kernel brings or costs on each shape: the kernel without the idea "
          "against the kernel, in pairs of neighbours. `make ideas` builds these kernels, `batchmark list --ideas` "
          "names them. --time-cap is then 150 for each family, bn and gemm",
          0 },
        { "format", 'f', "text|markdown|json", 0, "With --ideas: text (default), markdown or json", 0 },
        { "dry-run", 'd', NULL, 0, "Verify and name the cases; time and write nothing", 0 },
        { "resume", KEY_RESUME, "FILE", OPTION_ARG_OPTIONAL,
          "Go on with an interrupted run where it stopped, with its options (default: this machine's newest run that "
          "is not complete)",
          0 },
        { "reference", KEY_REFERENCE, "RESULT", 0,
          "The old result whose kernels are timed beside those of this run (default: the oldest comparable one of this "
          "machine that keeps kernels of these cases)",
          0 },
        { "channel", KEY_CHANNEL, "N", OPTION_HIDDEN, NULL, 0 },
        { 0 }
    };
    static struct argp_child children[BM_KERNEL_ARGPS + 2] = { [BM_KERNEL_ARGPS] = { &bm_store_argp, 0, NULL, 0 } };
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Verifies every kernel on every shape, times the right ones (Google Benchmark, wall time, in several process "
        "launches, each with the shapes in another random order and the samples of all kernels of a shape "
        "interleaved at random), and sets them against this machine's FMA peak and bandwidth, measured in the same "
        "run.\v"
        "A run of all kernels and the default shapes is stored in results/<machine>/. A run of a part (--op, --kernel, "
        "--shape, --shapes, --sweep, --threads, --cache, --quick) is printed only, unless --store or --json asks for "
        "more.\n\n"
        "Default shapes: the built-in list 'quick'. Serial kernels run on one thread, _omp kernels on all cores "
        "unless --threads says otherwise, <op>_auto and peers on each number of threads that is timed. 'of limit' is "
        "the least time that the roofline allows, with what the caches can keep of the arrays, over the median. The "
        "limits are the best that any launch measured. The median is that of the launches' medians.\n\n"
        "A run that is stored in results/ then times older kernels, which earlier results keep, beside its own, in "
        "pairs "
        "(see ab), for a tenth of --time-cap: of the newest comparable result those whose machine code differs, of the "
        "oldest (--reference) a fixed dozen of cases. So history can tell the machine from the code.",
        children,
        NULL,
        NULL
    };
    memcpy(children, bm_kernel_argps, BM_KERNEL_ARGPS * sizeof *children);
    *o = (struct bm_bench_options){ .common.seed = 1,
                                    .cache = { [BM_WARM] = true },
                                    .sample_s = 0.0001,
                                    .launch_s = -1,
                                    .precision = -1,
                                    .time_cap = -1,
                                    .channel = -1,
                                    .argc = argc,
                                    .argv = argv };
    bm_parse(&argp, argc, argv, 0, o);
    set_defaults(o);
}
