/* SPDX-License-Identifier: MIT */
/* machine_name.c - a machine's name, as its folder of results has it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu.h"
#include "error.h"
#include "provenance.h"
#include "topology.h"

/* Appends the letters and digits of a word, "-" before it, if the whole fits into `limit` characters. Inner dashes
 * stay. */
static void add_word(char *slug, size_t limit, const char *word, size_t length)
{
    char clean[81];
    size_t n = 0, used = strlen(slug);
    for (size_t i = 0; i < length && n < 80; i++) {
        unsigned char c = (unsigned char)word[i];
        if (c < 0x80 && isalnum(c))
            clean[n++] = (char)tolower(c);
        else if (c == '-' && n > 0 && clean[n - 1] != '-')
            clean[n++] = '-';
    }
    while (n > 0 && clean[n - 1] == '-')
        n--;
    if (n > 0 && used + (used > 0) + n <= limit)
        sprintf(slug + used, "%s%.*s", used > 0 ? "-" : "", (int)n, clean);
}

static bool is_noise(const char *word, size_t n)
{
    static const char *const filler[] = { "cpu", "processor", "amd", "intel", "with", "gen", "genuine", "authentic" };
    for (size_t i = 0; i < sizeof filler / sizeof filler[0]; i++)
        if (strlen(filler[i]) == n && strncasecmp(word, filler[i], n) == 0)
            return true;
    return n >= 4 && strncasecmp(word + n - 4, "core", 4) == 0; /* Core(TM), 96-Core */
}

char *bm_slug(const char *vendor, const char *model_name, int family, int model, int stepping, int cores)
{
    char slug[128] = "";
    const char *maker = vendor ? vendor : "";
    if (strcmp(maker, "AuthenticAMD") == 0)
        maker = "amd";
    else if (strcmp(maker, "GenuineIntel") == 0)
        maker = "intel";
    add_word(slug, 16, maker, strlen(maker));
    const char *rest = model_name ? model_name : "";
    while (*rest && *rest != '@') { /* what follows is the frequency */
        size_t n = strcspn(rest, " \t(@");
        if (!is_noise(rest, n))
            add_word(slug, 48, rest, n);
        rest += n;
        if (*rest == '(') /* (R), (TM) */
            rest += strcspn(rest, ")");
        rest += strspn(rest, " \t)");
    }
    if (!slug[0])
        strcpy(slug, "cpu");
    char word[64];
    if (family >= 0 && model >= 0 && stepping >= 0) {
        snprintf(word, sizeof word, "f%dm%ds%d", family, model, stepping);
        add_word(slug, 80, word, strlen(word));
    }
    if (cores > 0) {
        snprintf(word, sizeof word, "%dc", cores);
        add_word(slug, 80, word, strlen(word));
    }
    char *copy = strdup(slug);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return copy;
}

char *bm_machine_slug(void)
{
    struct bm_cpu cpu = bm_find_cpu();
    return bm_slug(cpu.vendor, cpu.name, cpu.family, cpu.model, cpu.stepping, bm_topology()->cores);
}
