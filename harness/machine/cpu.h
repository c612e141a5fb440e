/* SPDX-License-Identifier: MIT */
/* cpu.h - the CPU by its own account (cpuid) and the system's. */
#ifndef BATCHMARK_CPU_H
#define BATCHMARK_CPU_H

#include <jansson.h>
#include <stdbool.h>

struct bm_cpu {
    char vendor[64], name[256], microcode[256], hypervisor[64];
    int family, model, stepping; /* -1: unknown */
    bool has_hypervisor;
};

struct bm_cpu bm_find_cpu(void);

/* Virtual CPUs of QEMU's translator: neither their clock nor their caches are those of the silicon. */
bool bm_cpu_is_emulated(const struct bm_cpu *cpu);

/* context.batchmark.cpu and .clock of results/README.md. */
json_t *bm_cpu_json(const struct bm_cpu *cpu);
json_t *bm_clock_json(const struct bm_cpu *cpu);

#endif
