/* SPDX-License-Identifier: MIT */
#include "instruction.h"

#include <string.h>

const char *const bm_instruction_classes[] = {
    "vector loads", "vector stores", "arithmetic", "shuffles", "masks and conversions", "scalar integers", "branches", "other"
};

/* ---- classes ---- */

static bool begins_with(const char *text, const char *const beginnings[])
{
    for (size_t i = 0; beginnings[i]; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static const char *const branches[] = { "j", "call", "ret", "loop", "bnd ", "notrack ", NULL };
static const char *const others[] = { "nop",      "data16",  "cs nop",   "xchg %ax,%ax", "endbr",  "prefetch",
                                      "rep",      "lock ",   "mfence",   "lfence",       "sfence", "pause",
                                      "cpuid",    "rdtsc",   "xgetbv",   "syscall",      "vzero",  "ldmxcsr",
                                      "vldmxcsr", "stmxcsr", "vstmxcsr", "clflush",      "clwb",   "ud2",
                                      "int3",     "hlt",     NULL };

/* Of instructions of vectors, without their v. */
static const char *const moves[] = { "mov",    "lddqu",   "broadcast", "maskmov",  "pmaskmov", "pbroadcast",
                                     "gather", "pgather", "scatter",   "pscatter", NULL };
static const char *const conversions[] = { "cvt",    "cmp",    "pcmp",   "comis",   "ucomis",  "movmsk",  "pmovmsk",
                                           "pmovsx", "pmovzx", "pmovm2", "pmovb2m", "pmovw2m", "pmovd2m", "pmovq2m",
                                           "pmovqd", "pmovqb", "pmovqw", "pmovdb",  "pmovdw",  "pmovwb",  "pmovs",
                                           "pmovus", "ptest",  "test",   "fpclass", NULL };
static const char *const shuffles[] = { "shuf",     "pshuf",     "perm",    "unpck",   "punpck",  "blend",  "pblend",
                                        "insert",   "pinsr",     "extract", "pextr",   "palign",  "align",  "pack",
                                        "movshdup", "movsldup",  "movddup", "movhlps", "movlhps", "psrldq", "pslldq",
                                        "compress", "pcompress", "expand",  "pexpand", NULL };

static bool has_vector(const char *operands)
{
    return strstr(operands, "%xmm") || strstr(operands, "%ymm") || strstr(operands, "%zmm");
}

/* Operands stand from source to destination; an address in memory ends with a parenthesis, and a mask may follow it. */
static bool last_is_memory(const char *operands)
{
    size_t end = strlen(operands);
    while (end > 0 && operands[end - 1] == '}')
        while (end > 0 && operands[--end] != '{')
            ;
    return end > 0 && operands[end - 1] == ')';
}

static enum bm_instruction_class of_vectors(const char *name, const char *operands)
{
    const char *bare = name[0] == 'v' ? name + 1 : name;
    if (begins_with(bare, conversions))
        return BM_MASK;
    if (begins_with(bare, shuffles))
        return BM_SHUFFLE;
    if (!begins_with(bare, moves))
        return BM_ARITHMETIC;
    return last_is_memory(operands) ? BM_VECTOR_STORE : strchr(operands, '(') ? BM_VECTOR_LOAD : BM_SHUFFLE;
}

enum bm_instruction_class bm_instruction_class(const char *text)
{
    while (text[0] == '{') { /* "{vex} vpdpbusd ..." */
        text += strcspn(text, "}");
        text += strspn(text, "} ");
    }
    const char *operands = text + strcspn(text, " \t");
    if (begins_with(text, branches))
        return BM_BRANCH;
    if (begins_with(text, others))
        return BM_OTHER;
    if (text[0] == 'k' && strstr(operands, "%k"))
        return BM_MASK;
    return has_vector(operands) ? of_vectors(text, operands) : BM_SCALAR;
}

/* ---- blocks ---- */

/* Does the jump at its end lead to its first instruction? Its distance is the last 1 or 4 bytes. */
static bool loops(const struct bm_instruction *first, const struct bm_instruction *last)
{
    const unsigned char *code = last->code;
    int32_t distance;
    if (last->length == 2 && ((code[0] & 0xf0) == 0x70 || code[0] == 0xeb))
        distance = (int8_t)code[1];
    else if (last->length >= 5)
        memcpy(&distance, code + last->length - 4, sizeof distance);
    else
        return false;
    return last->class == BM_BRANCH && last->address + last->length + (uintptr_t)(intptr_t)distance == first->address;
}

static bool follows(const struct bm_instruction *one, const struct bm_instruction *next)
{
    return one->class != BM_BRANCH && one->length && one->address + one->length == next->address && !next->entered &&
           one->count == next->count;
}

bool bm_hot_block(const struct bm_instruction *executed, size_t count, struct bm_block *hot)
{
    uint64_t most = 0;
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && follows(&executed[end - 1], &executed[end]);)
            end++;
        const uint64_t all = (end - begin) * executed[begin].count;
        if (all <= most)
            continue;
        most = all;
        *hot = (struct bm_block){ begin, end, executed[begin].count, loops(&executed[begin], &executed[end - 1]) };
    }
    return most > 0;
}
