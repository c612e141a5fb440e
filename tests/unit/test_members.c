/* SPDX-License-Identifier: MIT */
/* What members are called: the table that writers, readers and `validate` share, against results/README.md. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "members.h"

Suite *members_suite(void);

static char *readme;

static void read_readme(void)
{
    FILE *file = fopen("results/README.md", "r");
    size_t length = 0;
    ck_assert_ptr_nonnull(file);
    ck_assert(getdelim(&readme, &length, '\0', file) > 0);
    fclose(file);
}

static void free_readme(void)
{
    free(readme);
    readme = NULL;
}

/* The rows of the table that are about a list: from its name in the first column to the next name there. free() it. */
static char *rows_of(const char *list)
{
    char begin[80];
    if (strncmp(list, "cases", 5) == 0)
        return strdup(strstr(readme, "## A case of"));
    snprintf(begin, sizeof begin, "\n| `batchmark.%.*s[]", (int)strcspn(list, "."), list);
    const char *at = strstr(readme, begin);
    if (!at) /* described beside another one */
        return strdup(readme);
    const char *end = strstr(at + 1, "\n| `");
    return strndup(at, (size_t)(end - at));
}

/* From behind a member's name: the letter of its type ('n': a number), and whether it may be null. Names that share a
 * type stand before it: "`low`? to `high`?, `a`, `b` (t)". */
static char type_at(const char *at, bool *null)
{
    char type;
    *null = *at == '?';
    at += *at == '?';
    if (strncmp(at, " [", 2) == 0)
        return 'l';
    if (strncmp(at, " (", 2) == 0 && strchr("tcbo", at[2]) && strchr("),?;", at[3])) {
        *null |= at[3] == '?';
        return at[2];
    }
    const size_t comma = strncmp(at, ", `", 3) == 0 ? 3 : strncmp(at, " and `", 6) == 0 ? 6 : 0;
    bool next;
    if (!comma || !strchr(at + comma, '`'))
        return 'n';
    type = type_at(strchr(at + comma, '`') + 1, &next);
    return type == 'l' ? 'n' : type;
}

static char letter_of(const char *type)
{
    return strcmp(type, "text") == 0 || strcmp(type, "hash") == 0 || strcmp(type, "code") == 0 ? 't'
           : strcmp(type, "count") == 0                                                        ? 'c'
           : strcmp(type, "flag") == 0                                                         ? 'b'
           : strcmp(type, "list") == 0                                                         ? 'l'
           : strcmp(type, "object") == 0                                                       ? 'o'
                                                                                               : 'n';
}

/* Is it named in the rows with its type? Any of its places will do: a name may be in several lists of a row. */
static bool is_described(const char *rows, const struct bm_member *m)
{
    char name[80];
    bool null;
    snprintf(name, sizeof name, "`%s[]`", m->name);
    if (letter_of(m->type) == 'l' && strstr(rows, name))
        return true;
    snprintf(name, sizeof name, "`%s`", m->name);
    for (const char *at = rows; (at = strstr(at, name)); at++)
        if (strcmp(m->type, "range") == 0 ||
            (type_at(at + strlen(name), &null) == letter_of(m->type) && null == m->null))
            return true;
    return false;
}

START_TEST(described)
{
    int missing = 0;
    for (const struct bm_members *list = bm_members; list->list; list++) {
        if (!*list->list)
            continue;
        char *rows = rows_of(list->list);
        const char *members = list->members;
        for (struct bm_member m; bm_members_next(&members, &m);)
            if (!is_described(rows, &m)) {
                printf("# results/README.md does not have %s of %s as members.c has it: %s%s\n", m.name, list->list,
                       m.type, m.null ? ", may be null" : "");
                missing++;
            }
        ck_assert_msg(members[strspn(members, " ")] == '\0', "%s: '%s' is no member", list->list, members);
        free(rows);
    }
    ck_assert_int_eq(missing, 0);
}
END_TEST

START_TEST(taken_apart)
{
    const char *members = "a:text b_s:number?* c:hash*";
    struct bm_member m;
    ck_assert(bm_members_next(&members, &m) && strcmp(m.name, "a") == 0 && strcmp(m.type, "text") == 0);
    ck_assert(!m.null && !m.absent);
    ck_assert(bm_members_next(&members, &m) && strcmp(m.name, "b_s") == 0 && m.null && m.absent);
    ck_assert(bm_members_next(&members, &m) && !m.null && m.absent);
    json_t *text = json_string("x"), *null = json_null();
    ck_assert(bm_member_is(&m, text, false) && !bm_member_is(&m, text, true) && !bm_member_is(&m, null, false));
    json_decref(text);
    ck_assert(!bm_members_next(&members, &m));
}
END_TEST

START_TEST(unknown) /* a writer that misspells a member is told */
{
    struct bm_error error = { "" };
    json_t *result =
        json_pack("{s:{s:s, s:[{s:s, s:s}]}}", "batchmark", "kind", "noise", "of", "date", "d", "checksum", "c");
    ck_assert_msg(bm_members_known(result, &error), "%s", error.text);
    json_t *of = json_array_get(json_object_get(json_object_get(result, "batchmark"), "of"), 0);
    json_object_set_new(of, "chekcsum", json_string("c"));
    ck_assert(!bm_members_known(result, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "of[0]: \"chekcsum\" is not in the table"));
    json_object_del(of, "chekcsum");
    json_object_set_new(of, "checksum", json_integer(7));
    ck_assert(!bm_members_known(result, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "\"checksum\" is not a text"));
    json_decref(result);
}
END_TEST

Suite *members_suite(void)
{
    Suite *suite = suite_create("members");
    TCase *tests = tcase_create("members");
    tcase_add_checked_fixture(tests, read_readme, free_readme);
    tcase_add_test(tests, described);
    tcase_add_test(tests, taken_apart);
    tcase_add_test(tests, unknown);
    suite_add_tcase(suite, tests);
    return suite;
}
