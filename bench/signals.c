/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <unistd.h>

#include "error.h"

volatile sig_atomic_t bm_interrupted, bm_signal;

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU };
enum { ENDING = sizeof ending / sizeof *ending };

static void on_interrupt(int signal_number)
{
    bm_signal = signal_number;
    bm_interrupted = 1;
}

void bm_catch_interrupts(void)
{
    for (int i = 0; i < ENDING; i++) {
        const bool once = ending[i] == SIGINT || ending[i] == SIGTERM;
        struct sigaction before,
            action = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART | (once ? (int)SA_RESETHAND : 0) };
        if (ending[i] != SIGHUP || (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
            sigaction(ending[i], &action, NULL);
    }
}

int bm_interrupted_code(void) { return bm_signal ? 128 + bm_signal : BM_EXIT_INTERRUPTED; }

static void pass_on(int signal_number) { kill(getppid(), signal_number); }

void bm_leave_interrupts_to_parent(void)
{
    const struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
    for (int i = 0; i < ENDING; i++)
        signal(ending[i], SIG_IGN);
    sigaction(SIGXCPU, &action, NULL);
}
