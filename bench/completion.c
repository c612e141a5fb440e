/* SPDX-License-Identifier: MIT */
#include "completion.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum shell { BASH, ZSH, FISH };
static const char *const shells[] = { "bash", "zsh", "fish", NULL };

struct printing {
    enum shell shell;
    const char *command;
    bool values; /* of bash: the values of options, instead of the options */
};

/* ---- what a value can be ---- */

/* Words that an option's table gives itself, "warm|cold", or names that are built in: of options that has_words(). */
static void put_words(const struct argp_option *o)
{
    static const struct {
        const char *option;
        const struct bm_text *names;
    } builtin[] = { { "shapes", bm_builtin_shapes },
                    { "experiment", bm_builtin_experiments },
                    { "claim", bm_builtin_claims } };
    const bool kernels = strcmp(o->name, "kernel") == 0;
    if (kernels || strcmp(o->name, "op") == 0) {
        for (const struct bm_op *const *op = bm_ops; *op && !kernels; op++)
            printf("%s ", (*op)->name);
        for (const struct bm_kernel *const *k = bm_kernels; *k && kernels; k++)
            printf("%s ", (*k)->name);
        return;
    }
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (strcmp(o->name, builtin[i].option) == 0) {
            for (const struct bm_text *t = builtin[i].names; t->name; t++)
                printf("%s ", t->name);
            return;
        }
    for (const char *c = o->arg; *c; c++)
        putchar(*c == '|' ? ' ' : *c);
}

static bool has_words(const struct argp_option *o)
{
    static const char *const builtin[] = { "kernel", "op", "shapes", "experiment", "claim" };
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (strcmp(o->name, builtin[i]) == 0)
            return true;
    return strchr(o->arg, '|') && !strpbrk(o->arg, "[:,");
}

/* The beginning of an explanation, without what a shell would take for its own. */
static void put_about(const char *text)
{
    int left = 60;
    for (const char *c = text ? text : ""; *c && *c != ';' && (*c != '.' || c[1] != ' ') && left > 0; c++, left--)
        putchar(strchr("'\"`\\$[]:()", *c) ? ' ' : *c);
}

/* ---- an option ---- */

static void put_option(void *user, const struct argp_option *o)
{
    const struct printing *p = user;
    const bool letter = o->key > 0 && o->key < 128 && isalnum(o->key), optional = o->flags & OPTION_ARG_OPTIONAL;
    if (!o->name || o->flags & OPTION_HIDDEN)
        return;
    if (p->shell == BASH && !p->values) {
        printf("--%s%s ", o->name, o->arg && !optional ? "=" : "");
    } else if (p->shell == BASH && o->arg && has_words(o)) {
        printf("    '%s --%s'", p->command, o->name);
        if (letter)
            printf(" | '%s -%c'", p->command, o->key);
        printf(") words='");
        put_words(o);
        printf("' ;;\n");
    } else if (p->shell == ZSH) {
        printf("      '--%s%s[", o->name, !o->arg ? "" : optional ? "=-" : "=");
        put_about(o->doc);
        printf("]%s", !o->arg ? "" : has_words(o) ? ":value:(" : ":value:_files");
        if (o->arg && has_words(o)) {
            put_words(o);
            putchar(')');
        }
        printf("' \\\n");
    } else if (p->shell == FISH) {
        printf("complete -c batchmark -n '__fish_seen_subcommand_from %s' -l %s", p->command, o->name);
        if (letter)
            printf(" -s %c", o->key);
        printf("%s -d '", o->arg && !optional ? " -r" : "");
        put_about(o->doc);
        printf("'");
        if (o->arg && has_words(o)) {
            printf(" -f -a '");
            put_words(o);
            printf("'");
        }
        putchar('\n');
    }
}

static void put_table(void *user, const struct argp *argp) { bm_each_option(argp, put_option, user); }

static void put_options(const struct bm_command *c, enum shell shell, bool values)
{
    struct printing p = { shell, c->name, values };
    bm_options_of(c->run, put_table, &p);
}

/* ---- the shells ---- */

static void put_names(const struct bm_command *c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s ", c[i].name);
}

static void put_bash(const struct bm_command *c, size_t count)
{
    puts("# bash completion of batchmark, by `batchmark completion bash`\n_batchmark() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  COMPREPLY=()\n  if [ \"$COMP_CWORD\" = 1 ]; then");
    printf("    COMPREPLY=($(compgen -W '");
    put_names(c, count);
    puts("completion --help --version' -- \"$cur\"))\n    return\n  fi\n"
         "  [ \"$cur\" = = ] && cur= # --option= is three words\n"
         "  [ \"$option\" = = ] && option=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  case \"${COMP_WORDS[1]} $option\" in");
    for (size_t i = 0; i < count; i++)
        put_options(&c[i], BASH, true);
    puts(
        "    'completion completion') words='bash zsh fish' ;;\n  esac\n"
        "  if [ -z \"$words\" ] && [ \"${cur:0:1}\" = - ]; then\n    compopt -o nospace\n    case ${COMP_WORDS[1]} in");
    for (size_t i = 0; i < count; i++) {
        printf("    %s) words='", c[i].name);
        put_options(&c[i], BASH, false);
        puts("--color= --help' ;;");
    }
    puts("    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  [ -n \"$words\" ] || { compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); }\n"
         "}\ncomplete -F _batchmark batchmark");
}

static void put_zsh(const struct bm_command *c, size_t count)
{
    puts("#compdef batchmark\n# zsh completion of batchmark, by `batchmark completion zsh`\n_batchmark() {\n"
         "  if (( CURRENT == 2 )); then\n    local -a commands\n    commands=(");
    for (size_t i = 0; i < count; i++) {
        printf("      '%s:", c[i].name);
        put_about(c[i].help);
        puts("'");
    }
    puts("      'completion:what shells complete'\n    )\n    _describe command commands\n    return\n  fi\n"
         "  shift words\n  (( CURRENT-- ))\n  case $words[1] in");
    for (size_t i = 0; i < count; i++) {
        printf("  %s)\n    _arguments -s \\\n", c[i].name);
        put_options(&c[i], ZSH, false);
        puts("      '--color=[colours]:when:(auto always never)' '--help[explain the options]' '*:file:_files' ;;");
    }
    puts("  completion) _values shell bash zsh fish ;;\n  esac\n}\n_batchmark \"$@\"");
}

static void put_fish(const struct bm_command *c, size_t count)
{
    puts("# fish completion of batchmark, by `batchmark completion fish`");
    for (size_t i = 0; i < count; i++) {
        printf("complete -c batchmark -f -n __fish_use_subcommand -a %s -d '", c[i].name);
        put_about(c[i].help);
        puts("'");
    }
    puts("complete -c batchmark -f -n __fish_use_subcommand -a completion -d 'what shells complete'\n"
         "complete -c batchmark -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n"
         "complete -c batchmark -l color -r -f -a 'auto always never' -d 'colours'\n"
         "complete -c batchmark -l help -d 'explain the options'");
    for (size_t i = 0; i < count; i++)
        put_options(&c[i], FISH, false);
}

int bm_completion(const struct bm_command *commands, size_t count, int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("Usage: batchmark completion bash|zsh|fish\n"
             "Prints what this shell completes: commands, options, ops, kernels. `make install` installs it.\n"
             "In bash, for this session: . <(batchmark completion bash)");
        return BM_EXIT_OK;
    }
    if (argc != 2)
        bm_die(BM_EXIT_USAGE, "completion needs the name of a shell: bash, zsh or fish");
    switch (bm_read_word("completion", argv[1], shells)) {
    case BASH: put_bash(commands, count); break;
    case ZSH: put_zsh(commands, count); break;
    default: put_fish(commands, count); break;
    }
    return BM_EXIT_OK;
}
