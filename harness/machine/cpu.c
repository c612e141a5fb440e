/* SPDX-License-Identifier: MIT */
#include "cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

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

static void ask_cpuid(struct bm_cpu *cpu)
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
    }
}
#else
static void ask_cpuid(struct bm_cpu *cpu)
{
    (void)cpu;
}
#endif

struct bm_cpu bm_find_cpu(void)
{
    struct bm_cpu cpu = { .family = -1, .model = -1, .stepping = -1 };
    char line[256];
    ask_cpuid(&cpu);
    trim(cpu.name);
    if (!cpu.name[0] && !bm_file_key("/proc/cpuinfo", "model name", cpu.name))
        cpu.name[0] = '\0';
    if (!bm_file_key("/proc/cpuinfo", "microcode", cpu.microcode))
        cpu.microcode[0] = '\0';
    if (!cpu.hypervisor[0] && bm_file_line("/sys/hypervisor/type", line)) {
        snprintf(cpu.hypervisor, sizeof cpu.hypervisor, "%.60s", line);
        cpu.has_hypervisor = true;
    }
    return cpu;
}

bool bm_cpu_is_emulated(const struct bm_cpu *cpu)
{
    return strcmp(cpu->hypervisor, "TCGTCGTCGTCG") == 0;
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
