/* SPDX-License-Identifier: MIT */
/* cpu.h - the CPU by its own account (cpuid, MIDR_EL1) and the system's. */
#ifndef BATCHMARK_CPU_H
#define BATCHMARK_CPU_H

#include <jansson.h>
#include <stdbool.h>

/* Where its names and numbers, and its features, come from. */
#ifdef __aarch64__
#define BM_CPU_SOURCE      "MIDR_EL1"
#define BM_FEATURES_SOURCE "getauxval"
#define BM_VIRTUAL_SOURCE  "/sys"
#elif defined __riscv
#define BM_CPU_SOURCE      "/proc/cpuinfo"
#define BM_FEATURES_SOURCE "getauxval"
#define BM_VIRTUAL_SOURCE  "/sys"
#else
#define BM_CPU_SOURCE      "cpuid"
#define BM_FEATURES_SOURCE "cpuid"
#define BM_VIRTUAL_SOURCE  "cpuid"
#endif

struct bm_cpu {
    char vendor[64], name[256], microcode[256], hypervisor[64];
    int family, model, stepping; /* -1: unknown. ARM: implementer, part, and 16 times variant plus revision */
    bool has_hypervisor, may_hide_hypervisor; /* is there one; would the CPU not say so */
    bool emulated; /* by QEMU's translator: neither its clock nor its caches are those of the silicon */
};

struct bm_cpu bm_find_cpu(void);

/* Names for what ARM's MIDR_EL1 says: who made the core, and which it is ("Neoverse N1"); NULL: unknown. */
const char *bm_arm_maker(unsigned long midr);
const char *bm_arm_core(unsigned long midr);

/* context.batchmark.cpu and .clock of results/README.md. */
json_t *bm_cpu_json(const struct bm_cpu *cpu);
json_t *bm_clock_json(const struct bm_cpu *cpu);

#endif
