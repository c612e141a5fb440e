#include "experiment.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bm_figure_names[BM_FIGURE_COUNT] = {
    "loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy",
};

enum { MAX_KEYS = 64 };

struct parser {
    const char *name;
    unsigned line;
    struct bm_error *error;
    struct bm_variant *variant; /* being filled */
    char seen[MAX_KEYS][48];    /* keys of this section, to find one that is set twice */
    unsigned seen_count;
};

static bool failed_at(const struct parser *p, const char *what)
{
    return bm_failed(p->error, "%s:%u: %s", p->name, p->line, what);
}

static char *trimmed(char *text)
{
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    return text;
}

static bool first_time(struct parser *p, const char *key)
{
    char what[96];
    for (unsigned i = 0; i < p->seen_count; i++)
        if (strcmp(p->seen[i], key) == 0) {
            snprintf(what, sizeof what, "'%s' is set twice in this section", key);
            return failed_at(p, what);
        }
    if (p->seen_count == MAX_KEYS)
        return failed_at(p, "too many keys in this section");
    snprintf(p->seen[p->seen_count++], sizeof p->seen[0], "%s", key);
    return true;
}

/* published.epoch12.val_loss or published.test_loss */
static bool read_published(struct parser *p, const char *key, const char *value)
{
    struct bm_variant *v = p->variant;
    struct bm_published *out = &v->published[v->published_count];
    const char *figure = key;
    char *end;
    *out = (struct bm_published){ 0, BM_FIGURE_COUNT, strtod(value, &end) };
    if (end == value || *end || !isfinite(out->value))
        return failed_at(p, "a published figure is one number");
    if (strncmp(key, "epoch", 5) == 0 && isdigit((unsigned char)key[5])) {
        out->epoch = strtoul(key + 5, &end, 10);
        figure = *end == '.' ? end + 1 : end;
    }
    for (int f = 0; f < BM_FIGURE_COUNT; f++)
        if (strcmp(figure, bm_figure_names[f]) == 0)
            out->figure = (enum bm_figure)f;
    bool after_training = out->figure == BM_TEST_LOSS || out->figure == BM_TEST_ACCURACY;
    if (out->figure == BM_FIGURE_COUNT || after_training != (out->epoch == 0))
        return failed_at(p, "expected published.epochN. loss, accuracy, val_loss or val_accuracy, or published. "
                            "test_loss or test_accuracy");
    if (v->published_count == BM_MAX_PUBLISHED - 1)
        return failed_at(p, "too many published figures");
    v->published_count++;
    return true;
}

static bool read_setting(struct parser *p, const char *key, const char *value)
{
    struct bm_error why;
    if (!*key || strlen(key) >= sizeof p->seen[0])
        return failed_at(p, "expected key = value");
    if (!first_time(p, key))
        return false;
    if (strcmp(key, "about") == 0) {
        snprintf(p->variant->about, sizeof p->variant->about, "%s", value);
        return true;
    }
    if (strncmp(key, "published.", 10) == 0)
        return read_published(p, key + 10, value);
    return bm_train_set(&p->variant->config, key, value, &why) || failed_at(p, why.text);
}

static bool begin_section(struct parser *p, struct bm_experiment *e, const struct bm_variant *common, char *line)
{
    size_t n = strlen(line);
    if (line[n - 1] != ']')
        return failed_at(p, "expected [name]");
    line[n - 1] = '\0';
    char *name = trimmed(line + 1);
    if (!*name || strlen(name) >= sizeof common->name)
        return failed_at(p, "a section's name has 1 to 31 characters");
    if (bm_experiment_variant(e, name))
        return failed_at(p, "there is already a section of this name");
    if (e->variants == BM_MAX_VARIANTS)
        return failed_at(p, "too many sections");
    p->variant = &e->variant[e->variants++];
    *p->variant = *common;
    strcpy(p->variant->name, name);
    p->variant->about[0] = '\0';
    p->seen_count = 0;
    return true;
}

static bool check_variants(struct bm_experiment *e, const char *name, struct bm_error *error)
{
    struct bm_error why;
    for (unsigned i = 0; i < e->variants; i++) {
        const struct bm_variant *v = &e->variant[i];
        if (!bm_train_check(&v->config, &why))
            return bm_failed(error, "%s: [%s]: %s", name, v->name, why.text);
        for (unsigned f = 0; f < v->published_count; f++)
            if (v->published[f].epoch > v->config.epochs)
                return bm_failed(error, "%s: [%s]: a figure for epoch %zu, but epochs = %zu", name, v->name,
                                 v->published[f].epoch, v->config.epochs);
    }
    return true;
}

bool bm_experiment_parse(struct bm_experiment *e, const char *name, const char *text, struct bm_error *error)
{
    struct bm_variant common = { .name = "default", .config = bm_train_defaults() };
    struct parser p = { .name = name, .error = error, .variant = &common };
    e->variants = 0;
    for (const char *at = text; *at; ) {
        char buffer[512];
        size_t length = strcspn(at, "\n");
        p.line++;
        if (length >= sizeof buffer)
            return failed_at(&p, "line too long");
        memcpy(buffer, at, length);
        buffer[length] = '\0';
        at += length + (at[length] == '\n');

        buffer[strcspn(buffer, "#")] = '\0';
        char *line = trimmed(buffer), *equals = strchr(line, '=');
        if (!*line)
            continue;
        if (*line == '[') {
            if (!begin_section(&p, e, &common, line))
                return false;
            continue;
        }
        if (!equals)
            return failed_at(&p, "expected key = value");
        *equals = '\0';
        if (!read_setting(&p, trimmed(line), trimmed(equals + 1)))
            return false;
    }
    memcpy(e->about, common.about, sizeof e->about);
    if (e->variants == 0)
        e->variant[e->variants++] = common;
    return check_variants(e, name, error);
}

const struct bm_variant *bm_experiment_variant(const struct bm_experiment *e, const char *name)
{
    for (unsigned i = 0; i < e->variants; i++)
        if (strcmp(e->variant[i].name, name) == 0)
            return &e->variant[i];
    return NULL;
}
