/* SPDX-License-Identifier: MIT */
#include "disassemble.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NEWEST_LLVM = 40, OLDEST_LLVM = 14, PASSES = 1000 };

/* ---- programs ---- */

/* The path of a program, or NULL; free() it. */
static char *find_program(const char *name)
{
    char *folders = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), *rest = NULL, *path = NULL;
    for (char *one = strtok_r(folders, ":", &rest); one; one = strtok_r(NULL, ":", &rest)) {
        if (asprintf(&path, "%s/%s", one, name) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        if (access(path, X_OK) == 0)
            break;
        free(path);
        path = NULL;
    }
    free(folders);
    return path;
}

/* What a program says about bytes that it reads from a file in memory. The command has %s for the program and %d for
 * the file's number. free() it; *status: how the program ended. */
static char *ask(const char *format, const char *program, const void *bytes, size_t length, int *status)
{
    const int fd = memfd_create("code", 0);
    char *command, *answer = NULL;
    size_t room = 0;
    if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || asprintf(&command, format, program, fd) < 0)
        bm_die(BM_EXIT_INPUT, "cannot hand code to %s: %s", program, strerror(errno));
    FILE *pipe = popen(command, "r");
    if (!pipe || getdelim(&answer, &room, '\0', pipe) < 0) {
        free(answer);
        answer = strdup("");
    }
    *status = pipe ? pclose(pipe) : -1;
    free(command);
    close(fd);
    return answer;
}

/* ---- objdump ---- */

/* Code in pieces: each begins at an executed instruction, and ends where the next one is too far away for what lies in
 * between to be code. Behind each piece are no-ops, so that its last bytes cannot swallow the beginning of the next. */
struct image {
    unsigned char *bytes;
    size_t length, *offset; /* of each instruction */
};

static struct image lay_out(const struct bm_steps *steps)
{
    enum { NO_OP = 0x90, LONGEST = BM_LONGEST_INSTRUCTION };
    struct image image = { bm_alloc(steps->count * 2 * LONGEST + 1), 0, bm_alloc((steps->count + 1) * sizeof(size_t)) };
    for (size_t i = 0; i < steps->count; i++) {
        const struct bm_instruction *one = &steps->executed[i];
        const size_t gap = i + 1 < steps->count ? one[1].address - one->address : LONGEST + 1;
        image.offset[i] = image.length;
        memcpy(image.bytes + image.length, one->code, gap < LONGEST ? gap : LONGEST);
        image.length += gap < LONGEST ? gap : LONGEST;
        if (gap > LONGEST) {
            memset(image.bytes + image.length, NO_OP, LONGEST);
            image.length += LONGEST;
        }
    }
    return image;
}

/* "vmovups %ymm0,(%rdi)": blanks as one, no comment. */
static char *plain(char *text)
{
    char *to = text;
    for (const char *from = text; *from && *from != '#'; from++) {
        const bool blank = *from == ' ' || *from == '\t';
        if (!blank)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

/* Lines as "  1f:\tc5 fc 11 07 \tvmovups %ymm0,(%rdi)", ascending; long instructions have lines without text behind. */
static void take_lines(char *answer, const struct image *image, struct bm_steps *steps)
{
    size_t i = 0;
    char *rest = NULL;
    for (char *line = strtok_r(answer, "\n", &rest); line && i < steps->count; line = strtok_r(NULL, "\n", &rest)) {
        char *end, *bytes, *text;
        const size_t at = strtoull(line, &end, 16);
        if (end == line || *end != ':' || !(bytes = strchr(end, '\t')) || !(text = strchr(bytes + 1, '\t')))
            continue;
        while (i < steps->count && image->offset[i] < at)
            i++;
        if (i == steps->count || image->offset[i] != at)
            continue;
        struct bm_instruction *one = &steps->executed[i];
        for (const char *p = bytes + 1; p < text; p++)
            one->length += p[0] != ' ' && p[1] != ' ' && p + 1 < text;
        one->text = strdup(plain(text + 1));
        one->class = bm_instruction_class(one->text);
    }
}

bool bm_disassemble(struct bm_steps *steps, struct bm_error *error)
{
    char *objdump = find_program("objdump");
    if (!objdump)
        return bm_failed(error, "there is no objdump (package binutils), which tells what instructions are");
    struct image image = lay_out(steps);
    int status;
    char *answer = ask("'%s' -b binary -m i386:x86-64 -D -w /proc/self/fd/%d 2>/dev/null", objdump, image.bytes,
                       image.length, &status);
    take_lines(answer, &image, steps);
    free(answer);
    free(objdump);
    free(image.bytes);
    free(image.offset);
    for (size_t i = 0; i < steps->count; i++)
        if (!steps->executed[i].text || strstr(steps->executed[i].text, "(bad)"))
            return bm_failed(error,
                             "objdump does not know an instruction of this call; a newer one (package binutils) may");
    return true;
}

/* ---- llvm-mca ---- */

const char *const bm_predicted_cpus[] = { "znver3",         "znver4",         "haswell",
                                          "skylake-avx512", "icelake-server", "sapphirerapids" };

/* What they have, and what a loop needs: llvm-mca predicts instructions also for CPUs that lack them. */
enum needs { NEEDS_AVX2, NEEDS_AVX512, NEEDS_BF16 };
static const enum needs offered[] = { NEEDS_AVX2, NEEDS_BF16, NEEDS_AVX2, NEEDS_AVX512, NEEDS_AVX512, NEEDS_BF16 };
static const char *const missing[] = { "", "has no AVX-512", "has no AVX-512 bf16" };

/* zmm, masks, and registers from 16 on are of AVX-512. */
static enum needs needs_of(const struct bm_instruction *loop, size_t count)
{
    enum needs most = NEEDS_AVX2;
    for (size_t i = 0; i < count; i++) {
        const char *text = loop[i].text;
        bool wide = strstr(text, "%zmm") || strstr(text, "%k");
        for (const char *at = strstr(text, "mm"); at; at = strstr(at + 1, "mm"))
            wide |= strtol(at + 2, NULL, 10) >= 16;
        if (wide && most < NEEDS_AVX512)
            most = NEEDS_AVX512;
        if (strstr(text, "bf16"))
            most = NEEDS_BF16;
    }
    return most;
}

char *bm_find_mca(char **version)
{
    char name[32], *path = NULL;
    for (int v = NEWEST_LLVM; v >= OLDEST_LLVM && !path; v--) {
        snprintf(name, sizeof name, "llvm-mca-%d", v);
        path = find_program(name);
    }
    if (!path)
        path = find_program("llvm-mca");
    *version = NULL;
    if (!path)
        return NULL;
    int status;
    char *said = ask("'%s' --version 2>/dev/null <&%d", path, "", 0, &status), *at = strstr(said, "LLVM version ");
    *version = strndup(at ? at + strlen("LLVM version ") : "?", at ? strcspn(at + strlen("LLVM version "), " \n") : 1);
    free(said);
    return path;
}

static char *source_of(const struct bm_instruction *loop, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s\n", loop[i].text);
    fclose(out);
    return text;
}

/* Warnings may stand before the document, and names in it contain NUL. */
static double cycles_of(const char *answer)
{
    const char *begin = strstr(answer, "{\n  \"CodeRegions\"");
    json_t *all = begin ? json_loads(begin, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    const json_t *region = json_array_get(json_object_get(all, "CodeRegions"), 0),
                 *summary = json_object_get(region, "SummaryView");
    const double passes = json_number_value(json_object_get(summary, "Iterations")),
                 cycles = json_number_value(json_object_get(summary, "TotalCycles"));
    json_decref(all);
    return passes > 0 && cycles > 0 ? cycles / passes : NAN;
}

struct bm_prediction bm_predict_loop(const char *mca, int cpu, const struct bm_instruction *loop, size_t count)
{
    struct bm_prediction p = { NAN, "" };
    const enum needs needs = needs_of(loop, count);
    if (needs > offered[cpu]) {
        snprintf(p.why, sizeof p.why, "%s", missing[needs]);
        return p;
    }
    char *source = source_of(loop, count), *format;
    int status;
    if (asprintf(&format, "'%%s' -mtriple=x86_64-linux-gnu -mcpu=%s -iterations=%d -json /proc/self/fd/%%d 2>&1",
                 bm_predicted_cpus[cpu], PASSES) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    char *answer = ask(format, mca, source, strlen(source), &status);
    const bool known = !strstr(answer, "not a recognized processor"); /* else it would take just any */
    p.cycles = status == 0 && known ? cycles_of(answer) : NAN;
    if (isnan(p.cycles))
        snprintf(p.why, sizeof p.why,
                 known ? "llvm-mca cannot read this loop" : "this LLVM does not know it; a newer one may");
    free(answer);
    free(format);
    free(source);
    return p;
}
