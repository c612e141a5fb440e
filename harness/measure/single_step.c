/* SPDX-License-Identifier: MIT */
#include "single_step.h"

#include <stdlib.h>

void bm_steps_free(struct bm_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        free(steps->executed[i].text);
    free(steps->executed);
    *steps = (struct bm_steps){ 0 };
}

#ifdef __x86_64__

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

enum { TRAP_FLAG = 0x100, ROOM = 1 << 16 /* a power of 2 */ };
enum outcome { NO_TRAP, COUNTED, TOO_LONG, TOO_MUCH_CODE };

/* What both processes see: how often each address was executed, a hash table with free places. */
struct seen {
    enum outcome outcome;
    uint64_t total;
    size_t used;
    struct bm_instruction at[ROOM];
};

/* ---- the process that is stepped ---- */

/* What its signal handler must know. */
static struct {
    struct seen *seen;
    const struct bm_stepped *call;
    bool inside;
    uintptr_t top, back; /* the stack when the call began, and where it returns to */
    uintptr_t before;    /* the last instruction */
} now;

static struct bm_instruction *place_of(struct seen *seen, uintptr_t address)
{
    size_t i = (size_t)((uint64_t)address * 0x9e3779b97f4a7c15u >> 32) & (ROOM - 1);
    while (seen->at[i].count && seen->at[i].address != address)
        i = (i + 1) & (ROOM - 1);
    return &seen->at[i];
}

/* An instruction is about to be executed. */
static void note(uintptr_t address)
{
    struct bm_instruction *one = place_of(now.seen, address);
    now.seen->used += !one->count;
    now.seen->total++;
    one->address = address;
    one->count++;
    one->entered |= address <= now.before || address > now.before + BM_LONGEST_INSTRUCTION;
    now.before = address;
}

static void give_up(enum outcome outcome)
{
    now.seen->outcome = outcome;
    _exit(0);
}

/* The trap after an instruction: the context is that of the next one. */
static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uintptr_t address = (uintptr_t)reg[REG_RIP], stack = (uintptr_t)reg[REG_RSP];
    (void)signal_number;
    (void)info;
    if (!now.inside) {
        if (address != (uintptr_t)now.call->run)
            return;
        now.inside = true;
        now.top = stack;
        now.back = *(const uintptr_t *)stack;
    }
    if (address == now.back && stack > now.top) {
        reg[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        now.seen->outcome = COUNTED;
        return;
    }
    if (now.seen->total == now.call->most)
        give_up(TOO_LONG);
    if (now.seen->used == ROOM / 2)
        give_up(TOO_MUCH_CODE);
    note(address);
}

/* The bytes at each address, fewer than asked for where memory ends: so they are written to a file, which tells. */
static void copy_code(struct seen *seen)
{
    const int fd = memfd_create("code", 0);
    for (size_t i = 0; i < ROOM; i++) {
        struct bm_instruction *one = &seen->at[i];
        const ssize_t n = one->count ? pwrite(fd, (const void *)one->address, sizeof one->code, 0) : 0;
        if (n > 0 && pread(fd, one->code, (size_t)n, 0) != n)
            return;
    }
}

_Noreturn static void make_call(const struct bm_stepped *call, struct seen *seen)
{
    static char stack[1 << 16]; /* of the handler: what lies below the call's own stack must not change */
    const struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    call->prepare(call->context);
    now.seen = seen;
    now.call = call;
    sigaltstack(&other, NULL);
    sigaction(SIGTRAP, &action, NULL);
    __writeeflags(__readeflags() | TRAP_FLAG);
    call->run(call->args);
    copy_code(seen);
    _exit(0);
}

/* ---- the process that asks ---- */

static int by_address(const void *a, const void *b)
{
    const struct bm_instruction *x = a, *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

/* The entries without the free places. */
static void take(const struct seen *seen, struct bm_steps *steps)
{
    steps->total = seen->total;
    steps->executed = bm_alloc((seen->used + 1) * sizeof *steps->executed);
    for (size_t i = 0; i < ROOM; i++)
        if (seen->at[i].count)
            steps->executed[steps->count++] = seen->at[i];
    qsort(steps->executed, steps->count, sizeof *steps->executed, by_address);
}

static bool judge(const struct seen *seen, const struct bm_stepped *call, int status, struct bm_error *error)
{
    if (WIFSIGNALED(status))
        return bm_failed(error, "signal %d (%s) while the call was stepped", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
    switch (seen->outcome) {
    case COUNTED: return true;
    case TOO_LONG: return bm_failed(error, "a call takes more than %llu instructions", (unsigned long long)call->most);
    case TOO_MUCH_CODE: return bm_failed(error, "a call executes more than %d different instructions", ROOM / 2);
    case NO_TRAP: break;
    }
    return bm_failed(error, "this system does not step: the CPU's trap flag raises no signal");
}

bool bm_step(const struct bm_stepped *call, struct bm_steps *steps, struct bm_error *error)
{
    *steps = (struct bm_steps){ 0 };
    struct seen *seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED)
        return bm_failed(error, "out of memory");
    const pid_t child = fork();
    if (child == 0)
        make_call(call, seen);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    const bool good =
        child < 0 ? bm_failed(error, "cannot start a process: %s", strerror(errno)) : judge(seen, call, status, error);
    if (good)
        take(seen, steps);
    munmap(seen, sizeof *seen);
    return good;
}

#else

bool bm_step(const struct bm_stepped *call, struct bm_steps *steps, struct bm_error *error)
{
    (void)call;
    *steps = (struct bm_steps){ 0 };
    return bm_failed(error, "instructions can be counted on x86-64 only");
}

#endif
