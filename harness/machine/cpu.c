/* SPDX-License-Identifier: MIT */
#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#elif defined __riscv
#include <sys/auxv.h>
#endif

#include "arm.h"
#include "kernel.h"
#include "system_files.h"

static void trim(char *s)
{
    size_t skip = strspn(s, " "), n = strlen(s);
    while (n > skip && s[n - 1] == ' ')
        n--;
    memmove(s, s + skip, n - skip);
    s[n - skip] = '\0';
}

#ifdef __x86_64__
static void put_registers(char *out, unsigned a, unsigned b, unsigned c)
{
    memcpy(out, &a, 4);
    memcpy(out + 4, &b, 4);
    memcpy(out + 8, &c, 4);
}

static void ask_cpu(struct bm_cpu *cpu)
{
    unsigned a, b, c, d;
    if (__get_cpuid(0, &a, &b, &c, &d))
        put_registers(cpu->vendor, b, d, c);
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        unsigned family = a >> 8 & 15, model = a >> 4 & 15;
        cpu->stepping = (int)(a & 15);
        cpu->family = (int)(family == 15 ? family + (a >> 20 & 255) : family);
        cpu->model = (int)(family == 6 || family == 15 ? (a >> 16 & 15) << 4 | model : model);
        cpu->has_hypervisor = c >> 31;
    }
    for (unsigned i = 0; i < 3; i++)
        if (__get_cpuid(0x80000002 + i, &a, &b, &c, &d)) {
            put_registers(cpu->name + 16 * i, a, b, c);
            memcpy(cpu->name + 16 * i + 12, &d, 4);
        }
    if (cpu->has_hypervisor) {
        __cpuid(0x40000000, a, b, c, d);
        put_registers(cpu->hypervisor, b, c, d);
        cpu->emulated = strcmp(cpu->hypervisor, "TCGTCGTCGTCG") == 0;
    }
}
#elif defined __aarch64__
/* QEMU's own model of a CPU ("max") has the maker 0, which Arm leaves to software. Emulating another's model, it shows the
 * cpuinfo of the machine that it runs on. */
static bool is_emulated(unsigned long midr)
{
    char line[256];
    return midr >> 24 == 0 || !bm_file_key("/proc/cpuinfo", "CPU implementer", line);
}

static void ask_cpu(struct bm_cpu *cpu)
{
    unsigned long midr;
    cpu->may_hide_hypervisor = true;
    if (!(getauxval(AT_HWCAP) & HWCAP_CPUID))
        return;
    __asm__("mrs %0, midr_el1" : "=r"(midr)); /* which the system passes on */
    cpu->family = (int)(midr >> 24 & 255);
    cpu->model = (int)(midr >> 4 & 4095);
    cpu->stepping = (int)((midr >> 20 & 15) << 4 | (midr & 15));
    const char *maker = bm_arm_maker(midr), *core = bm_arm_core(midr);
    snprintf(cpu->vendor, sizeof cpu->vendor, "%s", maker ? maker : "");
    if (core)
        snprintf(cpu->name, sizeof cpu->name, "%s", core);
    else
        snprintf(cpu->name, sizeof cpu->name, "part 0x%03x", (unsigned)cpu->model);
    cpu->emulated = is_emulated(midr);
}
#elif defined __riscv
/* Maker and core as the device tree has them: "sifive,u74-mc". QEMU calls its own "qemu"; older ones show the cpuinfo of the
 * machine that they run on, where no hart has an "isa". */
static void ask_cpu(struct bm_cpu *cpu)
{
    char core[256] = "qemu", isa[256];
    cpu->may_hide_hypervisor = true;
    cpu->emulated = !bm_file_key("/proc/cpuinfo", "isa", isa);
    if (!cpu->emulated && !bm_file_key("/proc/cpuinfo", "uarch", core))
        return;
    cpu->emulated = strcmp(core, "qemu") == 0;
    const char *comma = strchr(core, ',');
    if (comma)
        snprintf(cpu->vendor, sizeof cpu->vendor, "%.*s", (int)(comma - core), core);
    snprintf(cpu->name, sizeof cpu->name, "%s", comma ? comma + 1 : core);
}
#else
static void ask_cpu(struct bm_cpu *cpu)
{
    cpu->may_hide_hypervisor = true;
}
#endif

struct part { unsigned maker, part; const char *name; };

static const char *named(const struct part *list, size_t n, unsigned maker, unsigned part)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].maker == maker && list[i].part == part)
            return list[i].name;
    return NULL;
}

const char *bm_arm_maker(unsigned long midr)
{
    static const struct part makers[] = { { 0x00, 0, "QEMU" },   { 0x41, 0, "Arm" },      { 0x43, 0, "Cavium" },
                                          { 0x46, 0, "Fujitsu" }, { 0x48, 0, "HiSilicon" }, { 0x4e, 0, "NVIDIA" },
                                          { 0x51, 0, "Qualcomm" }, { 0x61, 0, "Apple" },  { 0x6d, 0, "Microsoft" },
                                          { 0xc0, 0, "Ampere" } };
    return named(makers, sizeof makers / sizeof *makers, midr >> 24 & 255, 0);
}

const char *bm_arm_core(unsigned long midr)
{
    static const struct part cores[] = {
        { 0x00, 0x051, "max" },           { 0x41, 0xd08, "Cortex-A72" },   { 0x41, 0xd0b, "Cortex-A76" },
        { 0x41, 0xd0c, "Neoverse N1" },   { 0x41, 0xd49, "Neoverse N2" },  { 0x41, 0xd8e, "Neoverse N3" },
        { 0x41, 0xd40, "Neoverse V1" },   { 0x41, 0xd4f, "Neoverse V2" },  { 0x41, 0xd84, "Neoverse V3" },
        { 0x43, 0x0af, "ThunderX2" },     { 0x46, 0x001, "A64FX" },        { 0x48, 0xd01, "TaiShan v110" },
        { 0x61, 0x022, "M1 Icestorm" },   { 0x61, 0x023, "M1 Firestorm" }, { 0x61, 0x032, "M2 Blizzard" },
        { 0x61, 0x033, "M2 Avalanche" },  { 0x6d, 0xd49, "Cobalt 100" },   { 0xc0, 0xac3, "Ampere-1" },
        { 0xc0, 0xac4, "Ampere-1A" },
    };
    return named(cores, sizeof cores / sizeof *cores, midr >> 24 & 255, midr >> 4 & 4095);
}

struct bm_cpu bm_find_cpu(void)
{
    struct bm_cpu cpu = { .family = -1, .model = -1, .stepping = -1 };
    char line[256];
    ask_cpu(&cpu);
    trim(cpu.name);
    if (!cpu.name[0] && !bm_file_key("/proc/cpuinfo", "model name", cpu.name))
        cpu.name[0] = '\0';
    if (cpu.emulated || !bm_file_key("/proc/cpuinfo", "microcode", cpu.microcode))
        cpu.microcode[0] = '\0';
    if (!cpu.hypervisor[0] && bm_file_line("/sys/hypervisor/type", line)) {
        snprintf(cpu.hypervisor, sizeof cpu.hypervisor, "%.60s", line);
        cpu.has_hypervisor = true;
    }
    return cpu;
}

static json_t *isa_flags(void)
{
    json_t *flags = json_array();
#ifdef __x86_64__
    static const struct { const char *name; unsigned leaf, sub, reg, bit; } known[] = {
        { "sse2", 1, 0, 3, 26 },        { "sse4_2", 1, 0, 2, 20 },      { "avx", 1, 0, 2, 28 },
        { "fma", 1, 0, 2, 12 },         { "f16c", 1, 0, 2, 29 },        { "avx2", 7, 0, 1, 5 },
        { "bmi2", 7, 0, 1, 8 },         { "avx512f", 7, 0, 1, 16 },     { "avx512dq", 7, 0, 1, 17 },
        { "avx512cd", 7, 0, 1, 28 },    { "avx512bw", 7, 0, 1, 30 },    { "avx512vl", 7, 0, 1, 31 },
        { "avx512_vbmi", 7, 0, 2, 1 },  { "avx512_vnni", 7, 0, 2, 11 }, { "avx512_bf16", 7, 1, 0, 5 },
        { "avx512_fp16", 7, 0, 3, 23 }, { "avx_vnni", 7, 1, 0, 4 },     { "amx_tile", 7, 0, 3, 24 },
        { "amx_bf16", 7, 0, 3, 22 },    { "amx_int8", 7, 0, 3, 25 },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned r[4];
        if (__get_cpuid_count(known[i].leaf, known[i].sub, &r[0], &r[1], &r[2], &r[3]) &&
            r[known[i].reg] >> known[i].bit & 1)
            json_array_append_new(flags, json_string(known[i].name));
    }
#elif defined __aarch64__
    for (size_t i = 0; i < BM_ARM_FEATURES; i++)
        if (bm_arm_feature_here(&bm_arm_features[i]))
            json_array_append_new(flags, json_string(bm_arm_features[i].name));
#elif defined __riscv
    for (char letter = 'a'; letter <= 'z'; letter++) /* a bit each, of the extensions with one letter */
        if (getauxval(AT_HWCAP) >> (letter - 'a') & 1)
            json_array_append_new(flags, json_stringn(&letter, 1));
#endif
    return flags;
}

json_t *bm_cpu_json(const struct bm_cpu *cpu)
{
    return json_pack("{so so so so so so so ss so}", "vendor", bm_text_or_null(cpu->vendor[0] ? cpu->vendor : NULL), "model_name",
                     bm_text_or_null(cpu->name[0] ? cpu->name : NULL), "family", bm_integer_or_null(cpu->family), "model",
                     bm_integer_or_null(cpu->model), "stepping", bm_integer_or_null(cpu->stepping), "microcode",
                     bm_text_or_null(cpu->microcode[0] ? cpu->microcode : NULL), "flags", isa_flags(), "isa",
                     bm_isa_name(bm_isa_best()), "isa_cap", bm_text_or_null(getenv("BATCHMARK_MAX_ISA")));
}
