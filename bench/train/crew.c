/* SPDX-License-Identifier: MIT */
#include "crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "error.h"
#include "topology.h"

struct member {
    int cpu;
    void (*work)(void *context);
    void *context;
};

static void *begin(void *argument)
{
    const struct member *m = argument;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(m->cpu, &set); /* where it fails the system chooses the core, and nothing here is timed */
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    m->work(m->context);
    return NULL;
}

void bm_crew(size_t most, void (*work)(void *context), void *context, const char *advice)
{
    const size_t cores = (size_t)bm_default_threads(), members = most < cores ? most : cores;
    struct member *member = bm_alloc((members + 1) * sizeof *member);
    pthread_t *thread = bm_alloc((members + 1) * sizeof *thread);
    size_t started = 0;
    for (; started < members; started++) {
        member[started] = (struct member){ bm_topology()->cpu[started], work, context };
        if (pthread_create(&thread[started], NULL, begin, &member[started]) != 0)
            break;
    }
    if (started == 0 && most)
        bm_die(BM_EXIT_INPUT, "no thread can be started to run seeds side by side; %s", advice);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    free(member);
}
