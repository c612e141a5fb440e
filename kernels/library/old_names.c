/* SPDX-License-Identifier: MIT */
#include "old_names.h"

#include <stdio.h>
#include <string.h>

/* Longer names first: the first that fits is the op. */
static const char *const ops[] = { "bn_relu_backward", "relu_bn_backward", "bn_relu_forward", "relu_bn_forward",
                                   "bn_inference", "bn_backward", "bn_forward", "gemm_bf16", "gemm" };
static const char *const isas[] = { "avx512bf16", "avx512", "avx2" };

/* Length of the word that the text begins with, of a list; 0: none. */
static size_t begins_with(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

/* Length of "avx512", "avx512_omp" ... that ends where a set's name ends; 0: there is none. */
static size_t set_length(const char *text)
{
    size_t length = begins_with(text, isas, sizeof isas / sizeof *isas);
    if (length && strncmp(text + length, "_omp", 4) == 0)
        length += 4;
    return length && strchr("./ ", text[length]) ? length : 0; /* strchr finds the end, too */
}

/* Length of a kernel's old name that the text begins with; 0: none. */
static size_t name_length(const char *text)
{
    const size_t op = begins_with(text, ops, sizeof ops / sizeof *ops);
    const size_t set = op && text[op] == '_' ? set_length(text + op + 1) : 0;
    return set ? op + 1 + set : 0;
}

static bool insert_tuned(const char *then, size_t length, char *now, size_t room)
{
    if (length)
        snprintf(now, room, "%.*s_tuned%s", (int)length, then, then + length);
    return length > 0;
}

bool bm_name_now(const char *then, char *now, size_t room)
{
    return insert_tuned(then, name_length(then), now, room);
}

bool bm_set_now(const char *then, char *now, size_t room)
{
    if (strcmp(then, "fused") == 0)
        return snprintf(now, room, "region") > 0;
    return insert_tuned(then, set_length(then), now, room);
}

const char *bm_name_then(const char *now, char *then)
{
    const char *tuned = strstr(now, "_tuned");
    if (name_length(now))
        return NULL; /* plain intrinsics are new */
    strcpy(then, now);
    if (tuned)
        strcpy(then + (tuned - now), tuned + strlen("_tuned"));
    return then;
}
