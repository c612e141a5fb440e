/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "error.h"

/* ---- watched memory ---- */

enum { AREAS = 2 };
static struct area {
    unsigned char *data;
    size_t pages;
    uint32_t *entry; /* of each page: 1 + its number among those of the phase; 0: the phase did not write to it */
} area[AREAS];
static unsigned areas;

static struct record_page *written; /* by the phase */
static size_t writes, room;
static uint32_t *dirty; /* by the thread that runs: numbers of `written` */
static size_t dirties;
static int now; /* the thread that runs */
static char fault[160];

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        bm_die(BM_EXIT_INPUT, "out of memory: %zu bytes to record in", bytes);
    return p;
}

void record_watch(void *p, size_t bytes)
{
    const size_t pages = (bytes + RECORD_PAGE - 1) / RECORD_PAGE;
    area[areas++] = (struct area){ p, pages, reserve((pages + 1) * sizeof *area->entry) };
    if (written) {
        munmap(written, room * sizeof *written);
        munmap(dirty, room * sizeof *dirty);
    }
    room += pages + 1;
    written = reserve(room * sizeof *written);
    dirty = reserve(room * sizeof *dirty);
}

void record_forget(void)
{
    for (; areas > 0; areas--)
        munmap(area[areas - 1].entry, (area[areas - 1].pages + 1) * sizeof *area->entry);
    munmap(written, room * sizeof *written);
    munmap(dirty, room * sizeof *dirty);
    written = NULL;
    dirty = NULL;
    room = 0;
}

static void protect(int how)
{
    for (unsigned i = 0; i < areas; i++)
        if (area[i].pages && mprotect(area[i].data, area[i].pages * RECORD_PAGE, how))
            bm_die(BM_EXIT_INPUT, "no page can be write-protected (mprotect), so that no writer can be recorded");
}

/* The first write to a page since it was protected. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    unsigned char *at = info->si_addr;
    unsigned i = 0;
    while (i < areas && !(at >= area[i].data && at < area[i].data + area[i].pages * RECORD_PAGE))
        i++;
    if (i == areas) {
        signal(number, SIG_DFL); /* returning repeats the fault, now deadly */
        return;
    }
    const size_t page = (size_t)(at - area[i].data) / RECORD_PAGE;
    at = area[i].data + page * RECORD_PAGE;
    mprotect(at, RECORD_PAGE, PROT_READ | PROT_WRITE);
    if (!area[i].entry[page]) {
        struct record_page *w = &written[writes];
        memcpy(w->before, at, RECORD_PAGE);
        memcpy(w->after, at, RECORD_PAGE);
        memset(w->writer, 0xff, sizeof w->writer);
        w->at = at;
        w->first = (uint16_t)now;
        area[i].entry[page] = (uint32_t)++writes;
    }
    dirty[dirties++] = area[i].entry[page] - 1;
}

/* The running thread has come to the end of its part of the phase: what it wrote is put aside. */
static void end_turn(void)
{
    for (size_t d = 0; d < dirties; d++) {
        struct record_page *w = &written[dirty[d]];
        for (size_t i = 0; i < RECORD_PAGE; i += RECORD_WORD) {
            uint16_t *writer = &w->writer[i / RECORD_WORD];
            if (memcmp(w->at + i, w->before + i, RECORD_WORD) == 0)
                continue;
            if (*writer != RECORD_NOBODY && *writer != now && !*fault)
                snprintf(fault, sizeof fault, "threads %d and %d write one word between two barriers", *writer, now);
            *writer = (uint16_t)now;
            memcpy(w->after + i, w->at + i, RECORD_WORD);
        }
        memcpy(w->at, w->before, RECORD_PAGE);
    }
    for (size_t d = 0, n; d < dirties; d += n) { /* neighbours with one call */
        const unsigned char *at = written[dirty[d]].at;
        for (n = 1; d + n < dirties && written[dirty[d + n]].at == at + n * RECORD_PAGE; n++)
            ;
        mprotect(written[dirty[d]].at, n * RECORD_PAGE, PROT_READ);
    }
    dirties = 0;
}

static void (*tell)(const struct record_page *page, size_t pages, void *to);
static void *tell_to;

static void end_phase(void)
{
    for (size_t w = 0, n; w < writes; w += n) { /* neighbours with one call */
        unsigned char *at = written[w].at;
        for (n = 1; w + n < writes && written[w + n].at == at + n * RECORD_PAGE; n++)
            ;
        mprotect(at, n * RECORD_PAGE, PROT_READ | PROT_WRITE);
        for (size_t i = 0; i < n; i++)
            memcpy(at + i * RECORD_PAGE, written[w + i].after, RECORD_PAGE);
        mprotect(at, n * RECORD_PAGE, PROT_READ);
    }
    tell(written, writes, tell_to);
    for (size_t w = 0; w < writes; w++)
        for (unsigned i = 0; i < areas; i++)
            if (written[w].at >= area[i].data && written[w].at < area[i].data + area[i].pages * RECORD_PAGE)
                area[i].entry[(size_t)(written[w].at - area[i].data) / RECORD_PAGE] = 0;
    writes = 0;
}

/* ---- the OpenMP that kernels call ---- */

enum { STACK_BYTES = 1 << 20 };
enum state { RUNS, WAITS, ENDED };
static ucontext_t director, thread[RECORD_MOST_THREADS];
static enum state state[RECORD_MOST_THREADS];
static int team = 1;
static unsigned teams;
static bool recording;
static struct {
    void (*body)(void *);
    void *data;
} region;

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
void GOMP_barrier(void);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_in_parallel(void);

int omp_get_thread_num(void) { return team > 1 ? now : 0; }
int omp_get_num_threads(void) { return team; }
int omp_in_parallel(void) { return team > 1; }

void GOMP_barrier(void)
{
    if (team <= 1)
        return;
    state[now] = WAITS;
    swapcontext(&thread[now], &director);
}

static void live(void)
{
    region.body(region.data);
    state[now] = ENDED;
}

/* A phase of the team; true if there is another. */
static bool phase(void)
{
    int waiting = 0;
    for (now = 0; now < team; now++) {
        state[now] = RUNS;
        swapcontext(&director, &thread[now]);
        end_turn();
        waiting += state[now] == WAITS;
    }
    now = 0;
    end_phase();
    if (waiting != 0 && waiting != team && !*fault)
        snprintf(fault, sizeof fault, "%d of %d threads wait at a barrier, and the others have ended", waiting, team);
    return waiting == team;
}

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags)
{
    static unsigned char *stacks;
    (void)flags;
    if (!recording || threads <= 1 || threads > RECORD_MOST_THREADS || team > 1) {
        body(data);
        return;
    }
    if (!stacks)
        stacks = reserve((size_t)RECORD_MOST_THREADS * STACK_BYTES);
    end_turn();
    end_phase();
    region.body = body;
    region.data = data;
    team = (int)threads;
    teams++;
    for (int i = 0; i < team; i++) {
        getcontext(&thread[i]);
        thread[i].uc_stack.ss_sp = stacks + (size_t)i * STACK_BYTES;
        thread[i].uc_stack.ss_size = STACK_BYTES;
        thread[i].uc_link = &director;
        makecontext(&thread[i], live, 0);
    }
    while (phase())
        ;
    team = 1;
}

const char *record_run(void (*run)(const void *args), const void *args,
                       void (*told)(const struct record_page *page, size_t pages, void *to), void *to)
{
    struct sigaction old, ours = { .sa_flags = SA_SIGINFO, .sa_sigaction = on_fault };
    sigaction(SIGSEGV, &ours, &old);
    tell = told;
    tell_to = to;
    *fault = '\0';
    now = 0;
    protect(PROT_READ);
    recording = true;
    run(args);
    recording = false;
    end_turn();
    end_phase();
    protect(PROT_READ | PROT_WRITE);
    sigaction(SIGSEGV, &old, NULL);
    return *fault ? fault : NULL;
}

unsigned record_teams(void) { return teams; }
