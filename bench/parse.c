/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "names.h"

/* ---- the table ---- */

static bool is_end(const struct argp_option *o) { return !o->name && !o->key && !o->doc && !o->group; }

void bm_each_option(const struct argp *argp, void (*take)(void *user, const struct argp_option *option), void *user)
{
    for (const struct argp_option *o = argp->options; o && !is_end(o); o++)
        if (o->name || o->key)
            take(user, o);
    for (const struct argp_child *c = argp->children; c && c->argp; c++)
        bm_each_option(c->argp, take, user);
}

struct search {
    const char *text; /* of a long option, up to its '=' */
    size_t length;    /* of that */
    int letter;       /* of a short one; 0: it is long */
    const struct argp_option *found;
    bool whole; /* it is its name and not the beginning of one */
    struct bm_names *names;
};

static void compare(void *user, const struct argp_option *option)
{
    struct search *s = user;
    if (s->names && option->name && !(option->flags & OPTION_HIDDEN))
        bm_names_add(s->names, option->name);
    if (s->letter) {
        if (option->key == s->letter)
            s->found = option;
    } else if (option->name && !s->whole && strncmp(option->name, s->text, s->length) == 0) {
        s->found = option;
        s->whole = option->name[s->length] == '\0';
    }
}

static const struct argp_option *find(const struct argp *argp, const char *text, int letter, struct bm_names *names)
{
    static const struct argp_option help[] = { { "help", '?', NULL, 0, NULL, 0 },
                                               { "usage", 0x7ffe, NULL, 0, NULL, 0 } };
    struct search s = { .text = text, .length = text ? strcspn(text, "=") : 0, .letter = letter, .names = names };
    bm_each_option(argp, compare, &s);
    for (size_t i = 0; i < 2 && !s.whole; i++)
        compare(&s, &help[i]);
    return s.found;
}

static bool needs_argument(const struct argp_option *o) { return o->arg && !(o->flags & OPTION_ARG_OPTIONAL); }

/* ---- the command line ---- */

static _Noreturn void die_unknown(const struct argp *argp, const char *command, const char *option)
{
    struct bm_names names = { NULL, 0 };
    char *name = strndup(option + 2, strcspn(option + 2, "=")), *text, *more;
    find(argp, "", 0, &names);
    const char *nearest = bm_nearest(name, &names);
    if (asprintf(&more, "`%s --help`", command) < 0 ||
        asprintf(&text, "there is no option --%s%s%s%s; %s lists them", name, nearest ? "; did you mean --" : "",
                 nearest ? nearest : "", nearest ? "?" : "", more) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    bm_plain(text);
    bm_die(BM_EXIT_USAGE, "%s", text);
}

/* The option is there, with its argument? How many words it takes. */
static int check_long(const struct argp *argp, char **argv, int at, int argc)
{
    const struct argp_option *o = find(argp, argv[at] + 2, 0, NULL);
    if (!o)
        die_unknown(argp, argv[0], argv[at]);
    const bool next = needs_argument(o) && !strchr(argv[at], '=');
    if (next && at + 1 == argc)
        bm_die(BM_EXIT_USAGE, "--%s needs a value: --%s=%s; `%s --help` explains it", o->name, o->name, o->arg,
               argv[0]);
    return next ? 2 : 1;
}

static int check_short(const struct argp *argp, char **argv, int at, int argc)
{
    for (const char *c = argv[at] + 1; *c; c++) {
        const struct argp_option *o = find(argp, NULL, *c, NULL);
        if (!o)
            bm_die(BM_EXIT_USAGE, "there is no option -%c; `%s --help` lists them", *c > ' ' && *c < 0x7f ? *c : '?',
                   argv[0]);
        if (needs_argument(o) && !c[1] && at + 1 == argc)
            bm_die(BM_EXIT_USAGE, "-%c needs a value: --%s=%s; `%s --help` explains it", *c, o->name, o->arg, argv[0]);
        if (o->arg)
            return needs_argument(o) && !c[1] ? 2 : 1;
    }
    return 1;
}

static void check(const struct argp *argp, int argc, char **argv)
{
    static char help[] = "--help";
    for (int i = 1; i < argc;) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0)
            return;
        if (strcmp(word, "-h") == 0)
            argv[i++] = help;
        else if (word[0] == '-' && word[1] == '-')
            i += check_long(argp, argv, i, argc);
        else if (word[0] == '-' && word[1])
            i += check_short(argp, argv, i, argc);
        else
            i++;
    }
}

static struct {
    void (*take)(void *user, const struct argp *argp);
    void *user;
    jmp_buf back;
} asked;

void bm_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
    if (asked.take) {
        asked.take(asked.user, argp);
        longjmp(asked.back, 1);
    }
    check(argp, argc, argv);
    argp_parse(argp, argc, argv, flags, NULL, input);
}

bool bm_options_of(int (*command)(int argc, char **argv), void (*take)(void *user, const struct argp *argp), void *user)
{
    char *argv[] = { (char[]){ "batchmark" }, NULL };
    asked.take = take;
    asked.user = user;
    volatile bool read = true;
    if (setjmp(asked.back) == 0) {
        command(1, argv);
        read = false;
    }
    asked.take = NULL;
    return read;
}
