/* SPDX-License-Identifier: MIT */
#include "peer_team.h"

#include <dirent.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "batchmark.h"
#include "clock.h"
#include "topology.h"

enum { MAX_TASKS = 4096, LARGE = 768 };
/* Products for which a library may choose fewer threads. */
static const size_t small_sides[] = { 24, 96 };

struct task {
    pid_t id;
    double cpu_s;
};

/* CPU time of any thread of this process, by the clock that the kernel (and pthread_getcpuclockid()) forms of its id:
 * exact to the moment, where /proc/self/task/<id>/schedstat may lag by a tick. */
static double cpu_time(pid_t id)
{
    struct timespec t;
    clockid_t clock = (clockid_t)(~(unsigned)id << 3 | 6);
    return clock_gettime(clock, &t) ? 0 : (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_id(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* The threads of this process in the order of their numbers, which is that of their birth. */
static int list_tasks(struct task task[static MAX_TASKS])
{
    int n = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && n < MAX_TASKS && (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            pid_t id = (pid_t)atol(entry->d_name);
            task[n++] = (struct task){ id, cpu_time(id) };
        }
    if (folder)
        closedir(folder);
    qsort(task, (size_t)n, sizeof *task, by_id);
    return n;
}

static double nap(double seconds)
{
    struct timespec t = { 0, (long)(seconds * 1e9) };
    nanosleep(&t, NULL);
    return seconds;
}

bool bm_let_idle_sleep(void)
{
    struct task *task = bm_alloc(MAX_TASKS * sizeof *task);
    bool asleep = false;
    for (double waited = 0; waited < 1 && !asleep; waited += nap(0.002)) {
        int n = list_tasks(task);
        asleep = true;
        nap(0.003);
        for (int i = 0; i < n; i++)
            asleep &= task[i].id == getpid() || cpu_time(task[i].id) - task[i].cpu_s < 0.0003;
    }
    free(task);
    return asleep;
}

/* Threads outside our team, in the order of their birth, go to the cores after the main thread's: a library makes one
 * fewer than there are cores, so each of its threads gets a core of the team. */
static int pin_others(const struct task *task, int tasks, const pid_t *team, int members)
{
    const struct bm_topology *t = bm_topology();
    int others = 0;
    for (int i = 0; i < tasks; i++) {
        bool ours = task[i].id == getpid();
        for (int k = 0; k < members; k++)
            ours |= task[i].id == team[k];
        if (ours)
            continue;
        int core = t->cores_available > 1 ? 1 + others % (t->cores_available - 1) : 0;
        cpu_set_t *set = CPU_ALLOC(t->cpu[core] + 1);
        size_t bytes = CPU_ALLOC_SIZE(t->cpu[core] + 1);
        if (set) {
            CPU_ZERO_S(bytes, set);
            CPU_SET_S(t->cpu[core], bytes, set);
            others += sched_setaffinity(task[i].id, bytes, set) == 0;
            CPU_FREE(set);
        }
    }
    return others;
}

/* The squares of a side in an array of three. */
static union bm_args product(float *array, size_t side, int threads)
{
    union bm_args args = { .gemm = { .threads = threads, .M = side, .N = side, .K = side, .alpha = 1 } };
    struct bm_gemm *g = &args.gemm;
    g->A = array, g->B = array + side * side, g->C = array + 2 * side * side;
    g->lda = g->ldb = g->ldc = side;
    return args;
}

/* How many of the tasks take part in products of so many seconds. */
static int workers(const struct bm_kernel *kernel, const union bm_args *args, struct task *task, int tasks,
                   double seconds)
{
    int worked = 0;
    double most = 0;
    for (int i = 0; i < tasks; i++)
        task[i].cpu_s = cpu_time(task[i].id);
    for (double begin = bm_now_s(); bm_now_s() - begin < seconds;)
        kernel->run(args);
    for (int i = 0; i < tasks; i++) {
        task[i].cpu_s = cpu_time(task[i].id) - task[i].cpu_s;
        most = task[i].cpu_s > most ? task[i].cpu_s : most;
    }
    for (int i = 0; i < tasks; i++) /* a helper that only waits takes far less than a tenth of a worker's time */
        worked += task[i].cpu_s > 0.1 * most;
    return worked;
}

static bool as_given(const struct bm_peer_team *team, struct bm_error *error)
{
    const char *s = team->threads == 1 ? "" : "s";
    if (team->worked < 0)
        return true;
    if (team->worked != team->threads)
        return bm_failed(error, "%s was given %d thread%s and used %d", team->peer, team->threads, s, team->worked);
    return team->small_worked <= team->threads ||
           bm_failed(error, "%s was given %d thread%s and used %d in a small product", team->peer, team->threads, s,
                     team->small_worked);
}

bool bm_peer_team(const struct bm_kernel *kernel, int threads, struct bm_peer_team *team, struct bm_error *error)
{
    *team = (struct bm_peer_team){ .peer = kernel->peer, .threads = threads };
    bm_unpin();
    float *array = bm_alloc((size_t)3 * LARGE * LARGE * sizeof *array);
    const union bm_args large = product(array, LARGE, threads);

    /* As large as any team so far, so that no idle member of it passes for a stranger. */
    const int pool = threads > bm_cores_available() ? threads : bm_cores_available();
    pid_t *ours = bm_alloc((size_t)pool * sizeof *ours);
#pragma omp parallel num_threads(pool)
    ours[omp_get_thread_num()] = gettid();
    kernel->run(&large);

    struct task *task = bm_alloc(MAX_TASKS * sizeof *task);
    bool asleep = bm_let_idle_sleep();
    const int tasks = list_tasks(task);
    team->own = pin_others(task, tasks, ours, pool);
    for (size_t i = 0; i < sizeof small_sides / sizeof *small_sides; i++) {
        const union bm_args small = product(array, small_sides[i], threads);
        kernel->run(&small); /* may compile */
        asleep &= bm_let_idle_sleep();
        const int worked = workers(kernel, &small, task, tasks, 0.03);
        team->small_worked = worked > team->small_worked ? worked : team->small_worked;
    }
    asleep &= bm_let_idle_sleep();
    team->worked = workers(kernel, &large, task, tasks, 0.1);
    free(array);
    free(task);
    free(ours);
    if (!asleep)
        team->worked = team->small_worked = -1;
    return as_given(team, error);
}
