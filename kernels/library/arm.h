/* SPDX-License-Identifier: MIT */
/* arm.h - the features of an ARM CPU, as the system tells them, by their names in /proc/cpuinfo. Nothing elsewhere. */
#ifndef BATCHMARK_ARM_H
#define BATCHMARK_ARM_H

#ifdef __aarch64__
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

/* Those that kernels for vectors and matrices may need. */
static const struct bm_arm_feature {
    const char *name;
    unsigned long of, bit; /* in that word of the auxiliary vector */
} bm_arm_features[] = {
    { "asimd", AT_HWCAP, HWCAP_ASIMD },       { "asimdhp", AT_HWCAP, HWCAP_ASIMDHP }, { "asimddp", AT_HWCAP, HWCAP_ASIMDDP },
    { "asimdfhm", AT_HWCAP, HWCAP_ASIMDFHM }, { "sve", AT_HWCAP, HWCAP_SVE },         { "sve2", AT_HWCAP2, HWCAP2_SVE2 },
    { "i8mm", AT_HWCAP2, HWCAP2_I8MM },       { "bf16", AT_HWCAP2, HWCAP2_BF16 },     { "svei8mm", AT_HWCAP2, HWCAP2_SVEI8MM },
    { "svef32mm", AT_HWCAP2, HWCAP2_SVEF32MM }, { "svebf16", AT_HWCAP2, HWCAP2_SVEBF16 },
};
enum { BM_ARM_FEATURES = sizeof bm_arm_features / sizeof *bm_arm_features };

static inline bool bm_arm_feature_here(const struct bm_arm_feature *f) { return (getauxval(f->of) & f->bit) != 0; }

static inline bool bm_arm_has(const char *name)
{
    for (size_t i = 0; i < BM_ARM_FEATURES; i++)
        if (strcmp(bm_arm_features[i].name, name) == 0)
            return bm_arm_feature_here(&bm_arm_features[i]);
    return false;
}
#endif

#endif
