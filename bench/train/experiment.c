/* SPDX-License-Identifier: MIT */
#include "experiment.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "shape.h"

const char *const bm_figure_names[BM_FIGURE_COUNT] = {
    "loss", "accuracy", "val_loss", "val_accuracy", "loss100", "test_loss", "test_accuracy",
};

enum { MAX_KEYS = 64 };

struct parser {
    const char *name;
    unsigned line;
    struct bm_error *error;
    struct bm_experiment *experiment;
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
        return failed_at(p, "expected published.epochN. loss, loss100, accuracy, val_loss or val_accuracy, or "
                            "published. test_loss or test_accuracy");
    if (v->published_count == BM_MAX_PUBLISHED - 1)
        return failed_at(p, "too many published figures");
    v->published_count++;
    return true;
}

/* Its values are names alone. */
static bool is_named(const struct bm_axis *axis) { return axis->key[0] == '('; }

/* sweep = key: value | value other=setting | ...; (key): no key, but a name, of which values are names too */
static bool read_axis(struct parser *p, struct bm_axis *axis, char *value)
{
    char *colon = strchr(value, ':'), *rest;
    if (p->experiment->variants)
        return failed_at(p, "sweep and panels stand above the first section");
    if (!colon)
        return failed_at(p, "expected key: value | value | ...");
    *colon = '\0';
    const char *key = trimmed(value);
    if (!*key || strlen(key) >= sizeof axis->key)
        return failed_at(p, "expected key: value | value | ...");
    *axis = (struct bm_axis){ .points = 0 };
    strcpy(axis->key, key);
    for (char *point = strtok_r(colon + 1, "|", &rest); point; point = strtok_r(NULL, "|", &rest)) {
        point = trimmed(point);
        if (axis->points == BM_MAX_POINTS)
            return failed_at(p, "too many values");
        if (!*point || strlen(point) >= sizeof axis->point[0])
            return failed_at(p, "a value of sweep or panels is too long, or empty");
        strcpy(axis->point[axis->points++], point);
    }
    return axis->points > 0 || failed_at(p, "expected key: value | value | ...");
}

static const char *const kinds[] = { "best", "trained_as", "higher", "lower", "wider", "steadier", "peak", "highest", "grows" }; /* as in the enum */
const char *bm_claim_kind_name(enum bm_claim_kind kind) { return kinds[kind]; }

/* Those of general claims are followed by a figure: higher.val_accuracy */
static bool read_kind(const char *key, struct bm_claim *claim)
{
    const size_t length = strcspn(key, ".");
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strlen(kinds[k]) == length && strncmp(key, kinds[k], length) == 0) {
            const char *figure = key[length] ? key + length + 1 : "";
            claim->kind = (enum bm_claim_kind)k;
            snprintf(claim->figure, sizeof claim->figure, "%s", figure);
            return bm_claim_is_general(claim->kind) == (*figure != '\0') && strlen(figure) < sizeof claim->figure;
        }
    return false;
}

/* claim.best = bn, bn-16: text */
static bool read_claim(struct parser *p, const char *key, char *value)
{
    struct bm_experiment *e = p->experiment;
    struct bm_claim *claim = &e->claim[e->claims];
    char *colon = strchr(value, ':'), *rest;
    if (e->variants)
        return failed_at(p, "a claim stands above the first section");
    if (e->claims == BM_MAX_CLAIMS)
        return failed_at(p, "too many claims");
    *claim = (struct bm_claim){ .variants = 0 };
    if (!read_kind(key, claim))
        return failed_at(p, "expected claim.best, claim.trained_as, or claim. higher, lower, wider, steadier, peak, highest or grows with a "
                            "figure: claim.higher.val_accuracy");
    if (!colon)
        return failed_at(p, "expected variant, variant, ...: text");
    *colon = '\0';
    snprintf(claim->text, sizeof claim->text, "%s", trimmed(colon + 1));
    for (char *name = strtok_r(value, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        if (claim->variants == BM_MAX_VARIANTS)
            return failed_at(p, "too many variants");
        snprintf(claim->variant[claim->variants++], BM_VARIANT_NAME, "%s", trimmed(name));
    }
    if (claim->variants < 2 || (bm_claim_is_general(claim->kind) && claim->variants > 2))
        return failed_at(p, "a claim compares two variants, best and trained_as two or more");
    e->claims++;
    return true;
}

static void add_reason(struct bm_variant *v, const char *text)
{
    size_t used = strlen(v->why);
    snprintf(v->why + used, sizeof v->why - used, "%s%s", used ? " " : "", text);
}

static bool read_setting(struct parser *p, const char *key, char *value)
{
    struct bm_error why;
    if (!*key || strlen(key) >= sizeof p->seen[0])
        return failed_at(p, "expected key = value");
    if (strcmp(key, "why") == 0) {
        if (strlen(p->variant->why) + strlen(value) + 2 > sizeof p->variant->why)
            return failed_at(p, "the reason is too long");
        add_reason(p->variant, value);
        return true;
    }
    if (strncmp(key, "claim.", 6) == 0) /* of one kind there may be several, on other variants */
        return read_claim(p, key + 6, value);
    if (!first_time(p, key))
        return false;
    if (strcmp(key, "about") == 0) {
        snprintf(p->variant->about, sizeof p->variant->about, "%s", value);
        return true;
    }
    if (strcmp(key, "fresh") == 0) {
        snprintf(p->variant->fresh, sizeof p->variant->fresh, "%s", value);
        return true;
    }
    if (strcmp(key, "sweep") == 0 || strcmp(key, "panels") == 0)
        return read_axis(p, *key == 's' ? &p->experiment->sweep : &p->experiment->panels, value);
    if (strcmp(key, "trains") == 0 || strcmp(key, "margin") == 0) {
        double *x = *key == 't' ? &p->experiment->trains : &p->experiment->margin;
        char *end;
        *x = strtod(value, &end);
        return (end != value && !*end && *x >= 0 && *x <= 1) || failed_at(p, "trains and margin are numbers from 0 to 1");
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

/* Every value of the axes must make sense for every variant, and so must any two of them together. */
static bool check_axes(const struct bm_experiment *e, const struct bm_variant *v, const char *name, struct bm_error *error)
{
    struct bm_error why;
    for (unsigned i = 0; i < e->panels.points || i == 0; i++)
        for (unsigned k = 0; k < e->sweep.points || k == 0; k++) {
            struct bm_train_config c = v->config;
            if ((e->panels.points && !bm_axis_set(&e->panels, i, &c, &why)) ||
                (e->sweep.points && !bm_axis_set(&e->sweep, k, &c, &why)) || !bm_train_check(&c, &why))
                return bm_failed(error, "%s: [%s]%s%s%s%s: %s", name, v->name, e->panels.points ? ", " : "",
                                 e->panels.points ? e->panels.point[i] : "", e->sweep.points ? ", " : "",
                                 e->sweep.points ? e->sweep.point[k] : "", why.text);
        }
    return true;
}

/* A general claim is of a figure that there is, and says from when on a run trains if it asks. */
static bool check_claim(const struct bm_experiment *e, const struct bm_claim *claim, const char *name, struct bm_error *error)
{
    const bool asks = claim->kind == BM_CLAIM_WIDER || claim->kind == BM_CLAIM_HIGHEST;
    char known[256] = "";
    if (!bm_claim_is_general(claim->kind))
        return true;
    if (bm_measured_named(claim->figure) < BM_MEASURED_COUNT)
        return !asks || e->trains > 0 ||
               bm_failed(error, "%s: claim.%s needs a line trains = accuracy", name, bm_claim_kind_name(claim->kind));
    for (int m = 0; m < BM_MEASURED_COUNT; m++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", m ? ", " : "", bm_measured_names[m]);
    return bm_failed(error, "%s: a claim is of %s, of which there is none; there are %s", name, claim->figure, known);
}

bool bm_experiment_check(const struct bm_experiment *e, const char *name, struct bm_error *error)
{
    struct bm_error why;
    for (unsigned i = 0; i < e->claims; i++) {
        for (unsigned v = 0; v < e->claim[i].variants; v++)
            if (!bm_experiment_variant(e, e->claim[i].variant[v]))
                return bm_failed(error, "%s: a claim about [%s], but there is no such section", name,
                                 e->claim[i].variant[v]);
        if (!check_claim(e, &e->claim[i], name, error))
            return false;
    }
    for (unsigned i = 0; i < e->variants; i++) {
        const struct bm_variant *v = &e->variant[i];
        if (!check_axes(e, v, name, error))
            return false;
        if (*v->fresh && !bm_experiment_variant(e, v->fresh))
            return bm_failed(error, "%s: [%s]: fresh = %s, but there is no such section", name, v->name, v->fresh);
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
    struct parser p = { .name = name, .error = error, .experiment = e, .variant = &common };
    *e = (struct bm_experiment){ .variants = 0 };
    for (const char *at = text; *at; ) {
        char buffer[BM_LINE];
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
    return bm_experiment_check(e, name, error);
}

bool bm_axis_set(const struct bm_axis *axis, unsigned point, struct bm_train_config *config, struct bm_error *error)
{
    char text[BM_POINT_SIZE], *rest;
    snprintf(text, sizeof text, "%s", axis->point[point]);
    const char *value = strtok_r(text, " ", &rest);
    if (!is_named(axis) && !bm_train_set(config, axis->key, value, error))
        return false;
    for (char *more = strtok_r(NULL, " ", &rest); more; more = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(more, '=');
        if (!equals)
            return bm_failed(error, "'%s' beside the value %s: expected key=value", more, value);
        *equals = '\0';
        if (!bm_train_set(config, more, equals + 1, error))
            return false;
    }
    return true;
}

const char *bm_axis_label(const struct bm_axis *axis, unsigned point, char label[static BM_POINT_LABEL])
{
    snprintf(label, BM_POINT_LABEL, "%.*s", (int)strcspn(axis->point[point], " "), axis->point[point]);
    return label;
}

const char *bm_axis_title(const struct bm_axis *axis, char title[static BM_AXIS_KEY])
{
    snprintf(title, BM_AXIS_KEY, "%s", axis->key + is_named(axis));
    title[strcspn(title, ")")] = '\0';
    return title;
}

char *bm_experiment_text(const struct bm_text *table, const char *name, struct bm_error *error)
{
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? strdup(table->text) : bm_read_text(name, error);
}

const struct bm_variant *bm_experiment_variant(const struct bm_experiment *e, const char *name)
{
    for (unsigned i = 0; i < e->variants; i++)
        if (strcmp(e->variant[i].name, name) == 0)
            return &e->variant[i];
    return NULL;
}

static void print_seeds(FILE *out, const struct bm_train_config *c)
{
    fprintf(out, ", seed%s ", c->seeds > 1 ? "s" : "");
    for (size_t i = 0; i < c->seeds; i++)
        fprintf(out, "%s%llu", i ? "," : "", (unsigned long long)c->seed_list[i]);
}

void bm_experiments_print(FILE *out)
{
    struct bm_experiment *e = bm_alloc(sizeof *e);
    struct bm_error error;
    for (const struct bm_text *t = bm_builtin_experiments; t->name; t++) {
        if (!bm_experiment_parse(e, t->name, t->text, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        fprintf(out, "%s%s: %s\n", t == bm_builtin_experiments ? "" : "\n", t->name, e->about);
        for (unsigned i = 0; i < e->variants; i++) {
            const struct bm_variant *v = &e->variant[i];
            fprintf(out, "  %-20s %s (batch %zu, %zu epochs", v->name, v->about, v->config.batch, v->config.epochs);
            print_seeds(out, &v->config);
            fprintf(out, ")\n");
        }
    }
    free(e);
}
