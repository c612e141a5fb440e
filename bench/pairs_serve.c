/* SPDX-License-Identifier: MIT */
#include "pairs_serve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "call_caches.h"
#include "channel.h"
#include "clock.h"
#include "disturbance.h"
#include "module.h"
#include "pairs.h"
#include "peer.h"
#include "peer_team.h"
#include "plan.h"
#include "provenance.h"
#include "streams.h"
#include "roofline.h"
#include "shape.h"
#include "topology.h"
#include "tuning.h"
#include "verify.h"

enum { A, B, SIDES };
enum { MOST_MODULES = 64, MOST_FOURS = 1000 };
/* Where code lies makes a difference of a per cent or so to a call. So each launch times it at so many places. */
enum { PLACES = 8 };
/* Many short samples tell more than few long ones, since neighbours are nearer in time; shorter than this, reading the clock
 * would cost too much. */
static const double SAMPLE_SECONDS = 25e-6;
static const double SHORT_SECONDS = 0.5e-3; /* calls longer than this leave the caches as they found them */

/* Its modules, each at several places. */
struct side {
    const struct bm_abi *abi[MOST_MODULES][PLACES];
    size_t modules, places;
    struct bm_thresholds thresholds;
};

/* One kernel of a case. */
struct party {
    const struct bm_abi *const *abi; /* a place each */
    size_t places;
    const struct bm_thresholds *thresholds;
    const char *kernel;
    int threads;
    struct bm_abi_call **call; /* one a copy of the arrays, place by place */
    double call_s;             /* least seconds so far */
    uint64_t hash;             /* of right outputs */
};

struct pair {
    json_int_t id;
    struct party party[SIDES];
    struct bm_arena *arena;
    struct bm_buffer scratch;
    size_t place, next; /* copy */
    int last;           /* side that was called */
    bool warm_up, is_long, own_threads;
    int calls; /* a sample */
    double change; /* of this launch */
    bool wrong;
    char reason[640]; /* why it is left out; "" */
};

/* What the process keeps from group to group. */
struct server {
    struct side side[SIDES];
    json_t *rate; /* by kernel: least seconds a unit of work, to leave out what would take too long */
};

static const struct bm_abi *const *find(const struct side *side, const char *kernel)
{
    struct bm_abi_kernel about;
    for (size_t l = 0; l < side->modules; l++)
        for (size_t i = 0; bm_module_kernel(side->abi[l][0], i, &about); i++)
            if (strcmp(about.name, kernel) == 0)
                return side->abi[l];
    return NULL;
}

/* ---- a pair is made ---- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct pair *c, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(c->reason, sizeof c->reason, format, list);
    va_end(list);
    return false;
}

static bool open_party(struct pair *c, struct party *party, const struct bm_problem *p, const char *shape)
{
    char why[512];
    bm_use_thresholds(party->thresholds);
    party->call = bm_alloc(party->places * c->arena->copies * sizeof *party->call);
    for (size_t i = 0; i < party->places * c->arena->copies; i++) {
        party->call[i] = bm_module_open(party->abi[i / c->arena->copies], party->kernel, shape, party->threads, why, sizeof why);
        if (!party->call[i])
            return refuse(c, "%s", why);
        if (!bm_problem_fits_call(p, party->call[i]))
            return refuse(c, "the two builds mean other arrays by this op and shape");
    }
    return true;
}

static void bind_party(const struct pair *c, const struct party *party, const struct bm_problem *p)
{
    void *array[BM_MAX_OPERANDS];
    for (size_t i = 0; i < party->places * c->arena->copies; i++) {
        bm_arena_arrays(c->arena, p, i % c->arena->copies, array);
        party->abi[i / c->arena->copies]->bind(party->call[i], array, c->scratch.data);
    }
}

static bool open_pair(struct pair *c, const struct bm_problem *p, const char *shape)
{
    struct bm_error error;
    const int threads = c->party[A].threads > c->party[B].threads ? c->party[A].threads : c->party[B].threads;
    if (!bm_pin_team(threads, false, &error))
        return refuse(c, "%s", error.text);
    size_t scratch = 0;
    for (int s = A; s < SIDES; s++) {
        if (!open_party(c, &c->party[s], p, shape))
            return false;
        scratch = c->party[s].call[0]->scratch_bytes > scratch ? c->party[s].call[0]->scratch_bytes : scratch;
    }
    c->scratch = bm_pool(scratch, false); /* one for both: where it lies must not be a difference */
    for (int s = A; s < SIDES; s++)
        bind_party(c, &c->party[s], p);
    return true;
}

static void close_pair(struct pair *c)
{
    for (int s = A; s < SIDES; s++) {
        for (size_t i = 0; c->party[s].call && i < c->party[s].places * c->arena->copies; i++)
            if (c->party[s].call[i])
                c->party[s].abi[0]->close(c->party[s].call[i]);
        free(c->party[s].call);
    }
    if (c->scratch.map)
        bm_buffer_free(&c->scratch);
}

/* ---- right? ---- */

/* Calls once, on the first copy, with fresh outputs; tells the seconds. */
static double call_once(const struct pair *c, const struct party *party, const struct bm_problem *p)
{
    void *array[BM_MAX_OPERANDS];
    bm_arena_arrays(c->arena, p, 0, array);
    bm_problem_load_outputs(p, array);
    const double begin = bm_now_s();
    party->call[0]->run(party->call[0]->args);
    return bm_now_s() - begin;
}

static bool check(struct pair *c, struct party *party, struct bm_problem *p, const char *when)
{
    void *array[BM_MAX_OPERANDS];
    bm_arena_arrays(c->arena, p, 0, array);
    const uint64_t hash = bm_problem_hash(p, array);
    if (party->hash && hash == party->hash)
        return true;
    bm_problem_solve(p);
    const struct bm_difference d = bm_problem_check(p, array);
    const struct bm_kernel *ours = bm_find(party->kernel);
    if (d.wrong && !(ours && bm_only_inaccurate(ours, p->fill, &d))) {
        c->wrong = true;
        return refuse(c, "%s is wrong%s: %s[%zu][%zu] is %.9g, want %.9g", party->kernel, when, d.operand, d.row, d.col,
                      d.got, d.want);
    }
    party->hash = hash;
    return true;
}

/* A peer's own threads are pinned; our idle team must then sleep before each sample. */
static bool check_peer(struct pair *c, const struct party *party)
{
    const struct bm_kernel *k = bm_find(party->kernel);
    struct bm_peer_team team;
    struct bm_error error;
    char name[64];
    if (!k || !k->peer)
        return true;
    snprintf(name, sizeof name, "gemm_%s", k->peer);
    if (!bm_peer_team(bm_find(name), party->threads, &team, &error))
        return refuse(c, "%s", error.text);
    c->own_threads |= team.own > 0;
    return bm_pin_team(party->threads, false, &error) || refuse(c, "%s", error.text);
}

/* Does a call take too long? What is known of the kernel from smaller shapes may tell without one. */
static bool too_long(struct server *server, struct pair *c, const struct party *party, const struct bm_problem *p,
                     double max_call)
{
    const double units = bm_work(p->op, &p->shape),
                 rate = json_number_value(json_object_get(server->rate, party->kernel));
    double seconds = rate * units;
    if (seconds <= max_call) {
        seconds = call_once(c, party, p);
        if (seconds > max_call) /* the first call touches new pages */
            seconds = fmin(seconds, call_once(c, party, p));
        if (units > 0 && (rate == 0 || seconds / units < rate))
            json_object_set_new(server->rate, party->kernel, json_real(seconds / units));
    }
    if (seconds > max_call)
        refuse(c, "one call takes more than --max-call allows, %g s", max_call);
    return seconds > max_call;
}

static bool prepare(struct server *server, struct pair *c, struct bm_problem *p, double max_call)
{
    for (int s = A; s < SIDES; s++) {
        struct party *party = &c->party[s];
        if (party->hash)
            call_once(c, party, p);
        else if (!check_peer(c, party) || too_long(server, c, party, p, max_call))
            return false;
        if (!check(c, party, p, ""))
            return false;
    }
    return true;
}

/* ---- samples ---- */

static double sample(struct pair *c, int s)
{
    const struct party *party = &c->party[s];
    const bool other = c->party[A].threads != c->party[B].threads;
    const size_t copies = c->arena->copies;
    struct bm_abi_call *const *calls = party->call + c->place % party->places * copies;
    if (other)
        bm_pin_team(party->threads, false, NULL);
    if (c->own_threads)
        bm_let_idle_sleep();
    if (c->warm_up && c->last != s)
        calls[c->next]->run(calls[c->next]->args);
    c->last = s;
    const double begin = bm_now_s();
    for (int i = 0; i < c->calls; i++) {
        const struct bm_abi_call *call = calls[c->next];
        call->run(call->args);
        c->next = c->next + 1 < copies ? c->next + 1 : 0;
    }
    return (bm_now_s() - begin) / c->calls;
}

static double timed(struct pair *c, int s)
{
    const double seconds = sample(c, s);
    if (c->party[s].call_s == 0 || seconds < c->party[s].call_s)
        c->party[s].call_s = seconds;
    return seconds;
}

static void find_calls(struct pair *c)
{
    c->calls = 1;
    for (int i = 0; i < 3; i++)
        for (int s = A; s < SIDES; s++)
            timed(c, s);
    const double least = fmin(c->party[A].call_s, c->party[B].call_s);
    c->calls = least < SAMPLE_SECONDS ? (int)ceil(SAMPLE_SECONDS / least) : 1;
    c->is_long = least >= SHORT_SECONDS;
    c->warm_up = c->arena->copies == 1 && !c->is_long;
    for (int s = A; s < SIDES; s++)
        c->party[s].call_s = 0;
}

static void time_pair(struct pair *c, double visit_s, int long_places)
{
    find_calls(c);
    const size_t places = c->is_long && long_places > 0 && long_places < PLACES ? (size_t)long_places : PLACES;
    double change[2 * MOST_FOURS];
    size_t n = 0;
    for (c->place = 0; c->place < places; c->place++) {
        const double begin = bm_now_s();
        c->last = SIDES;
        for (size_t k = 0; k < MOST_FOURS / PLACES && (n == 0 || k == 0 || bm_now_s() - begin < visit_s / (double)places); k++) {
            const long suspensions = bm_suspensions();
            const double a1 = timed(c, A), b1 = timed(c, B), b2 = timed(c, B), a2 = timed(c, A);
            if (bm_suspensions() != suspensions) /* within a sample */
                continue;
            change[n++] = log(b1 / a1);
            change[n++] = log(b2 / a2);
        }
    }
    c->place = 0;
    c->change = bm_pairs_launch(change, n);
}

/* ---- a group ---- */

static double number_at(const json_t *list, size_t i) { return json_number_value(json_array_get(list, i)); }

static void read_pair(const struct server *server, const json_t *asked, struct pair *c)
{
    const json_t *kernel = json_object_get(asked, "kernel"), *threads = json_object_get(asked, "threads"),
                 *hash = json_object_get(asked, "hash");
    *c = (struct pair){ .id = json_integer_value(json_object_get(asked, "id")) };
    for (int s = A; s < SIDES; s++) {
        const char *name = json_string_value(json_array_get(kernel, (size_t)s)),
                   *known = json_string_value(json_array_get(hash, (size_t)s));
        c->party[s] = (struct party){ .abi = find(&server->side[s], name),
                                      .places = server->side[s].places,
                                      .thresholds = &server->side[s].thresholds,
                                      .kernel = name,
                                      .threads = (int)number_at(threads, (size_t)s),
                                      .hash = known ? strtoull(known, NULL, 16) : 0 };
    }
}

static json_t *pair_json(struct pair *c)
{
    if (*c->reason)
        return json_pack("{s:I, s:s, s:b}", "id", c->id, "skip", c->reason, "wrong", c->wrong);
    char hash[SIDES][24];
    for (int s = A; s < SIDES; s++)
        snprintf(hash[s], sizeof hash[s], "%016llx", (unsigned long long)c->party[s].hash);
    const int threads = c->party[A].threads > c->party[B].threads ? c->party[A].threads : c->party[B].threads;
    const char *level = bm_level_name(c->arena->copies > 1 ? BM_MEMORY : bm_level_of(c->arena->copy_bytes, threads));
    return json_pack("{s:I, s:f, s:[f, f], s:s, s:[s, s]}", "id", c->id, "change", c->change, "call_s",
                     c->party[A].call_s, c->party[B].call_s, "level", level, "hash", hash[A], hash[B]);
}

static void measure(struct server *server, struct pair *c, struct bm_problem *p, const json_t *request, const char *shape)
{
    if (*c->reason || !open_pair(c, p, shape) || !prepare(server, c, p, json_number_value(json_object_get(request, "max_call"))))
        return;
    time_pair(c, json_number_value(json_object_get(request, "visit")),
              (int)json_integer_value(json_object_get(request, "long_places")));
    for (int s = A; s < SIDES && !*c->reason; s++) {
        call_once(c, &c->party[s], p);
        check(c, &c->party[s], p, " after it was timed");
    }
}

/* In random order, a number of threads at a time: an idle team spins for a while. */
static json_t *measure_all(struct server *server, struct pair *pairs, size_t count, struct bm_problem *p,
                           const json_t *request)
{
    char shape[BM_LABEL];
    json_t *answer = json_array();
    uint32_t *order = bm_alloc((count + 1) * sizeof *order);
    struct bm_random random = bm_random_start((uint64_t)json_integer_value(json_object_get(request, "seed")), BM_STREAM_SHUFFLE);
    bm_shape_label(p->op, &p->shape, shape);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    bm_random_shuffle(&random, order, count);
    for (int serial = 1; serial >= 0; serial--) {
        bool slept = !serial;
        for (size_t i = 0; i < count; i++) {
            struct pair *c = &pairs[order[i]];
            if ((c->party[A].threads == 1 && c->party[B].threads == 1) != serial)
                continue;
            if (!slept)
                slept = bm_let_idle_sleep() || true;
            measure(server, c, p, request, shape);
            close_pair(c);
            json_array_append_new(answer, pair_json(c));
        }
    }
    free(order);
    return answer;
}

static json_t *serve_group(struct server *server, const json_t *request)
{
    const json_t *list = json_object_get(request, "cases"), *asked;
    const struct bm_op *op = bm_find_op(json_string_value(json_object_get(request, "op")));
    struct bm_shape_line line;
    struct bm_problem p;
    struct bm_arena arena[BM_CACHE_STATES] = { { .copies = 0 } };
    struct pair *pairs = bm_alloc((json_array_size(list) + 1) * sizeof *pairs);
    size_t i;
    if (!bm_shape_parse(json_string_value(json_object_get(request, "shape")), "shape", &line, NULL))
        bm_die(BM_EXIT_INPUT, "a shape that was planned cannot be read back: %s",
               json_string_value(json_object_get(request, "shape")));
    const char *why = bm_problem_make_inputs(&p, op, &line.shape, BM_RANDOM, 1);
    int touched = 1;
    json_array_foreach(list, i, asked)
    {
        read_pair(server, asked, &pairs[i]);
        const char *cache = json_string_value(json_object_get(asked, "cache"));
        pairs[i].arena = &arena[strcmp(cache, bm_cache_names[BM_COLD]) == 0 ? BM_COLD : BM_WARM];
        if (bm_topology()->numa_nodes > 1)
            touched = pairs[i].party[A].threads;
        const bool cold = pairs[i].arena == &arena[BM_COLD];
        const char *no_room = why ? why : bm_arena_refuses(&p, cold);
        if (no_room)
            refuse(&pairs[i], "%s", no_room);
        else if (!pairs[i].arena->copies) {
            bm_pin_team(touched, false, NULL);
            bm_arena_make(pairs[i].arena, &p, touched, cold);
        }
    }
    json_t *answer = why ? json_array() : measure_all(server, pairs, json_array_size(list), &p, request);
    for (i = 0; why && i < json_array_size(list); i++)
        json_array_append_new(answer, pair_json(&pairs[i]));
    for (int cache = 0; cache < BM_CACHE_STATES; cache++)
        if (arena[cache].copies)
            bm_arena_free(&arena[cache]);
    if (!why)
        bm_problem_free(&p);
    free(pairs);
    return json_pack("{s:o}", "cases", answer);
}

/* ---- the process ---- */

/* Loads the modules of a side, at a place more each time. The program's own kernels, if there are none, have one place. */
static void take_side(const json_t *descriptors, struct side *side)
{
    struct bm_module module;
    struct bm_error error;
    const json_t *fd;
    size_t i;
    json_array_foreach(descriptors, i, fd)
    {
        if (i == MOST_MODULES || !bm_module_take((int)json_integer_value(fd), side->places > 0, &module, &error))
            bm_die(BM_EXIT_INPUT, "cannot load the kernels of a side: %s", error.text);
        side->abi[i][side->places] = module.abi;
    }
    side->modules = i;
    if (i == 0) {
        side->abi[0][0] = &bm_abi;
        side->modules = side->places = 1;
    } else
        side->places++;
}

int bm_pairs_serve(int channel)
{
    static struct server server;
    FILE *from, *to;
    if (!bm_channel_serve(channel, &from, &to))
        bm_die(BM_EXIT_USAGE, "--channel=%d is not open; it is for the program's own use", channel);
    bm_suspensions_watch();
    json_t *request = bm_channel_hear(from);
    const json_t *modules = json_object_get(request, "modules");
    json_t *peer;
    struct bm_random random = bm_random_start((uint64_t)json_integer_value(json_object_get(request, "seed")), BM_STREAM_SHUFFLE);
    size_t i;
    json_array_foreach(json_object_get(request, "peers"), i, peer)
    {
        bm_peer_point(json_string_value(peer));
        json_incref(peer);
    }
    for (int place = 0; place < PLACES; place++) {
        const int first = (int)(bm_random_bits(&random) & 1); /* which lies lower in memory */
        for (int turn = A; turn < SIDES; turn++) {
            /* a gap of random size, so that places differ in how they lie to each other */
            mmap(NULL, (1 + bm_random_below(&random, 4096)) << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            take_side(json_array_get(modules, (size_t)(turn ^ first)), &server.side[turn ^ first]);
        }
    }
    const json_t *thresholds = json_object_get(request, "thresholds");
    for (size_t s = A; s < SIDES; s++)
        server.side[s].thresholds = bm_thresholds_of_json(json_array_get(thresholds, s));
    server.rate = json_object();
    json_t *answer = json_pack("{s:o}", "context", bm_provenance());
    bool heard = bm_channel_tell(to, answer);
    json_decref(answer);
    while (heard && (request = bm_channel_hear(from))) {
        answer = serve_group(&server, request);
        heard = bm_channel_tell(to, answer);
        json_decref(answer);
        json_decref(request);
    }
    _exit(BM_EXIT_OK); /* libraries' threads need no farewell */
}
