/* SPDX-License-Identifier: MIT */

#include "markup.h"
#include "settle.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As a word of a shell. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=,:@%";
    if (*word && !word[strspn(word, plain)]) {
        fprintf(out, " %s", word);
        return;
    }
    fputs(" '", out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, out);
    fputc('\'', out);
}

static void put_side(FILE *out, const struct bm_run *run)
{
    char commit[13];
    snprintf(commit, sizeof commit, "%s", run->commit);
    put_word(out, json_object_size(json_object_get(run->ours, "modules")) ? run->path : commit);
}

/* The words of the run's command that give one of these options, a list that ends with NULL. */
static void put_options(FILE *out, const struct bm_run *run, const char *const *option)
{
    const json_t *command = json_object_get(run->ours, "command"), *one;
    bool value = false; /* of the option before */
    size_t i;
    json_array_foreach(command, i, one)
    {
        const char *word = json_is_string(one) ? json_string_value(one) : "";
        bool taken = value;
        value = false;
        for (const char *const *o = option; *o && !taken; o++) {
            const size_t n = strlen(*o);
            value = strcmp(word, *o) == 0;
            taken = value || (strncmp(word, *o, n) == 0 && word[n] == '=');
        }
        if (taken)
            put_word(out, word);
    }
}

/* One value of all inconclusive cases; NULL: they have several. */
static const char *common(const struct bm_comparison *all, const char *(*of)(const struct bm_run_case *c))
{
    const char *value = NULL;
    for (size_t i = 0; i < all->cases; i++) {
        if (all->compared[i].verdict != BM_INCONCLUSIVE)
            continue;
        if (value && strcmp(value, of(all->compared[i].base)) != 0)
            return NULL;
        value = of(all->compared[i].base);
    }
    return value;
}

static const char *op_of(const struct bm_run_case *c) { return c->op; }
static const char *kernel_of(const struct bm_run_case *c) { return c->kernel; }

/* What all inconclusive cases have in common, or else as BASE chose them. */
static void put_filter(FILE *out, const struct bm_run *base, const char *value, const char *name,
                       const char *const *option)
{
    if (!value) {
        put_options(out, base, option);
        return;
    }
    put_word(out, name);
    put_word(out, value);
}

char *bm_settling_command(const struct bm_run *base, const struct bm_run *now, const struct bm_comparison *all)
{
    char *text = NULL;
    size_t length;
    if (!all->verdicts[BM_INCONCLUSIVE])
        return NULL;
    FILE *out = bm_text_file(&text, &length);
    fputs("batchmark ab", out);
    put_side(out, base);
    put_side(out, now);
    fputs(" --", out);
    put_filter(out, base, common(all, op_of), "--op", (const char *const[]){ "--op", NULL });
    put_filter(out, base, common(all, kernel_of), "--kernel", (const char *const[]){ "--kernel", "--variant", NULL });
    put_options(out, base, (const char *const[]){ "--shape", "--shapes", "--threads", "--cache", NULL });
    if (fclose(out) != 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (strcmp(text + length - strlen(" --"), " --") == 0) /* no option to give */
        text[length - strlen(" --")] = '\0';
    return text;
}
