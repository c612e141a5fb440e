/* SPDX-License-Identifier: MIT */
/* test_page.c - the frame of the report: numbers as text, text as markup, which of several results are shown. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library.h"
#include "lstopo.h"
#include "marks.h"
#include "markup.h"
#include "page.h"
#include "plot.h"
#include "remove_tree.h"
#include "result.h"
#include "run_fixture.h"

Suite *page_suite(void);

static const struct {
    double x;
    enum bm_unit unit;
    const char *text;
} numbers[] = {
    { 1.234e-3, BM_UNIT_SECONDS, "1.23 ms" }, { 0.9996, BM_UNIT_SECONDS, "1.00 s" },
    { 123.4, BM_UNIT_SECONDS, "123 s" },      { 0, BM_UNIT_SECONDS, "0 s" },
    { 92.4, BM_UNIT_PERCENT, "92 %" },        { 9.94, BM_UNIT_PERCENT, "9.9 %" },
    { -3.25, BM_UNIT_PERCENT, "-3.2 %" },     { 1.005, BM_UNIT_TIMES, "1.00x" },
    { 12.34, BM_UNIT_TIMES, "12.3x" },        { 123.4, BM_UNIT_TIMES, "123x" },
    { 117.9, BM_UNIT_GFLOPS, "118 GFLOP/s" }, { 9.996, BM_UNIT_GBS, "10.0 GB/s" },
    { 32768, BM_UNIT_BYTES, "32 KiB" },       { 33554432, BM_UNIT_BYTES, "32 MiB" },
    { 100, BM_UNIT_BYTES, "100 B" },          { 0.97725, BM_UNIT_FRACTION, "0.9772" },
    { 1234567, BM_UNIT_COUNT, "1234567" },    { 0.5, BM_UNIT_PLAIN, "0.500" },
    { 1.5e-7, BM_UNIT_PLAIN, "1.50e-07" },    { NAN, BM_UNIT_SECONDS, "-" },
    { INFINITY, BM_UNIT_TIMES, "-" },         { 3.694e9, BM_UNIT_HERTZ, "3.69 GHz" },
    { 800e6, BM_UNIT_HERTZ, "800 MHz" },
};

START_TEST(numbers_as_text)
{
    char text[32];
    const struct bm_value v = bm_value_of(numbers[_i].x, numbers[_i].unit, NULL, "%s", "");
    ck_assert_str_eq(bm_value_text(&v, text), numbers[_i].text);
}
END_TEST

static char *marked_up(void (*put)(FILE *, const char *), const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    put(file, text);
    fclose(file);
    return out;
}

START_TEST(text_as_markup)
{
    char *html = marked_up(bm_put_html, "<a href=\"x\">'&\xc3\xa9</a>");
    char *markdown = marked_up(bm_put_markdown, "bn_avx512_omp _x_ *b* [l](u) <i> a|b `c` \\");
    ck_assert_str_eq(html, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\xc3\xa9&lt;/a&gt;");
    ck_assert_str_eq(markdown, "bn_avx512_omp \\_x\\_ \\*b\\* \\[l\\](u) &lt;i> a\\|b \\`c\\` \\\\");
    free(html);
    free(markdown);
}
END_TEST

static char *plotted(const char *text, int most)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    bm_plot_text(file, text, most);
    fclose(file);
    return out;
}

START_TEST(text_in_a_script)
{
    static const struct {
        const char *text;
        int most;
        const char *quoted;
    } row[] = {
        { "it's", 9, "\"it\u2019s\" " },
        { "a\nb\tc", 9, "\"a b c\" " },
        { "abcdef", 6, "\"abcdef\" " },
        { "abcdef", 5, "\"abcd\u2026\" " },
        { "\u00e9\u00e9\u00e9", 2, "\"\u00e9\u2026\" " },
        { "", 3, "\"\" " },
        { "\"); system('x\\", 20, "\"\u201d); system(\u2019x/\" " },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *quoted = plotted(row[i].text, row[i].most);
        ck_assert_str_eq(quoted, row[i].quoted);
        free(quoted);
    }
}
END_TEST

/* ---- pictures ---- */

START_TEST(a_picture_in_the_page)
{
    struct bm_error error;
    struct bm_marks marks;
    bm_marks_begin(&marks);
    bm_marks_row(&marks, "</text><script>", 40, "#1");
    bm_marks_add(&marks, 3, 1, 3, bm_style(0));
    bm_marks_add(&marks, NAN, NAN, INFINITY, bm_style(1)); /* nothing */
    bm_marks_key(&marks, bm_style(0), "one", 9, "point");
    bm_marks_key(&marks, bm_style(1), "none of it", 12, "both");
    ck_assert(marks.least == 1 && marks.most == 3);
    char *svg = bm_plot_end(bm_plot_script(bm_marks_end(&marks, "axis", false), "marks"), "a \"point\"", &error), *file;
    ck_assert_ptr_nonnull(svg);
    ck_assert(strncmp(svg, "<svg ", 5) == 0 && strcmp(svg + strlen(svg) - 6, "</svg>") == 0);
    ck_assert_ptr_nonnull(strstr(svg, "aria-label=\"a &quot;point&quot;\""));
    ck_assert_ptr_nonnull(strstr(svg, "href='#gpPt6'"));
    ck_assert_ptr_nonnull(strstr(svg, "#737373"));
    ck_assert_ptr_nonnull(strstr(svg, ">#1<"));
    ck_assert_ptr_null(strstr(svg, "<script>"));
    ck_assert_ptr_null(strstr(svg, " id=")); /* would be there twice */
    file = bm_plot_file(svg);
    ck_assert_ptr_nonnull(strstr(file, "xmlns="));
    ck_assert_ptr_nonnull(strstr(file, "id=\"gpPt6\""));
    ck_assert_ptr_nonnull(strstr(file, "[color=\"#737373\"]{color:var(--s0)}"));
    free(svg);
    free(file);
}
END_TEST

/* Of no rows, of what no axis can hold, and of nothing but one number, 0 where an axis has it. */
START_TEST(an_empty_picture)
{
    struct bm_error error;
    for (int logarithmic = 0; logarithmic < 2; logarithmic++)
        for (int rows = 0; rows < 3; rows++) {
            struct bm_marks marks;
            bm_marks_begin(&marks);
            if (rows)
                bm_marks_row(&marks, "row", 9, "");
            if (rows)
                bm_marks_add(&marks, rows == 2 ? (double)logarithmic : NAN, NAN, NAN, bm_style(0));
            FILE *data = bm_plot_script(bm_marks_end(&marks, "axis", logarithmic), "marks");
            char *svg = bm_plot_end(data, "", &error);
            ck_assert_msg(svg != NULL, "%s", svg ? "" : error.text);
            free(svg);
        }
}
END_TEST

START_TEST(a_script_that_fails)
{
    struct bm_error error;
    FILE *data = bm_plot_begin();
    fprintf(data, "plot nonsense(\n");
    ck_assert_ptr_null(bm_plot_end(data, "", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "gnuplot"));
}
END_TEST

START_TEST(styles_differ)
{
    static const char *const variant[] = { "naive", "autovec", "avx2", "avx512", "auto", "openblas", "blis", "onednn" };
    enum { VARIANTS = sizeof variant / sizeof *variant };
    for (int i = 0; i < VARIANTS; i++)
        for (int k = 0; k < i; k++) {
            const int a = bm_style_of_variant(variant[i]), b = bm_style_of_variant(variant[k]);
            ck_assert_int_ne(a, b);
        }
    ck_assert_int_eq(bm_style_of_variant("avx512_omp"), bm_style_of_variant("avx512") + BM_HOLLOW);
    ck_assert_int_ne(bm_style_of_variant("autovec"), bm_style_of_variant("auto"));
}
END_TEST

/* ---- which results ---- */

static char folder[] = "/tmp/batchmark-page.XXXXXX";

static void make_folder(void)
{
    strcpy(strrchr(folder, '.'), ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) { remove_tree(folder); }

static void put(const char *name, const char *machine, const char *date, int cases)
{
    static const double seconds[] = { 1e-3, 1.1e-3, 1.2e-3 };
    char path[128], kernel[32];
    struct bm_error error;
    json_t *run = made_up_run("0123456789abcdef", date);
    for (int i = 0; i < cases; i++) {
        snprintf(kernel, sizeof kernel, "gemm_k%d", i);
        add_made_up_case(run, kernel, "gemm M=8 N=8 K=8", 1, seconds, 3, 1);
    }
    json_object_set_new(json_object_get(json_object_get(run, "batchmark"), "fingerprint"), "machine",
                        json_string(machine));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert(bm_result_write(run, path, &error));
    json_decref(run);
}

static struct bm_library load(const char *machine)
{
    struct bm_library l;
    struct bm_error error;
    char *path = folder, page[64];
    snprintf(page, sizeof page, "%s/a b/page.html", folder);
    ck_assert(bm_make_folder(folder, &error));
    *strrchr(page, '/') = '\0';
    ck_assert(bm_make_folder(page, &error));
    strcat(page, "/page.html");
    ck_assert(bm_library_load(&l, &path, 1, page, machine, &error));
    return l;
}

START_TEST(what_is_shown)
{
    put("1.json", "mine", "2026-01-01T00:00:00Z", 8);
    put("2.json", "mine", "2026-01-02T00:00:00Z", 6);
    put("3 &.json", "mine", "2026-01-03T00:00:00Z", 2);
    put("0.json.gz", "theirs", "2026-01-04T00:00:00Z", 8); /* not compressed: read all the same */
    struct bm_library l = load(NULL);
    ck_assert_uint_eq(l.sources, 4);
    ck_assert_uint_eq(l.problems, 0);
    ck_assert_str_eq(l.machine, "mine");
    ck_assert_str_eq(bm_library_bench(&l)->date, "2026-01-02T00:00:00Z");
    ck_assert_str_eq(bm_library_newest(&l, "bench", NULL)->date, "2026-01-03T00:00:00Z");
    ck_assert_str_eq(bm_library_newest(&l, "bench", NULL)->href, "../3%20%26.json");
    ck_assert_str_eq(bm_library_before(&l, bm_library_bench(&l))->date, "2026-01-01T00:00:00Z");
    ck_assert_str_eq(bm_library_beside(&l)->machine, "theirs");
    ck_assert_ptr_null(bm_library_newest(&l, "train", NULL));
    bm_library_free(&l);
    l = load("theirs");
    ck_assert_str_eq(l.machine, "theirs");
    ck_assert_ptr_null(bm_library_before(&l, bm_library_bench(&l)));
    bm_library_free(&l);
}
END_TEST

START_TEST(references_only)
{
    put("1.json.gz", "old", "2026-01-01T00:00:00Z", 2);
    put("2.json.gz", "new", "2026-01-02T00:00:00Z", 2);
    put("2-copy.json", "new", "2026-01-02T00:00:00Z", 2); /* the same result: one of the two */
    struct bm_library l = load(NULL);
    ck_assert_uint_eq(l.sources, 2);
    ck_assert_str_eq(l.machine, "new");
    ck_assert(bm_library_bench(&l)->reference);
    bm_library_free(&l);
}
END_TEST

START_TEST(no_results)
{
    struct bm_library l = load(NULL);
    ck_assert_uint_eq(l.sources, 0);
    ck_assert_ptr_null(l.machine);
    bm_library_free(&l);
}
END_TEST

/* ---- topology ---- */

#define OBJECT(type, more)                                                                                             \
    "<object type=\"" type "\" os_index=\"0\" cpuset=\"0x3\" complete_cpuset=\"0x3\" allowed_cpuset=\"0x3\" "          \
    "nodeset=\"0x1\" complete_nodeset=\"0x1\" allowed_nodeset=\"0x1\"" more
#define UNIT(number, set)                                                                                              \
    "<object type=\"PU\" os_index=\"" number "\" cpuset=\"" set "\" complete_cpuset=\"" set "\" nodeset=\"0x1\" "      \
    "complete_nodeset=\"0x1\"/>"
static const char topology[] =
    "<topology version=\"2.0\">" OBJECT("Machine", ">") OBJECT("NUMANode", " local_memory=\"1073741824\"/>")
        OBJECT("Core", ">") UNIT("0", "0x1") UNIT("1", "0x2") "</object></object></topology>";

START_TEST(a_topology)
{
    struct bm_topology t;
    struct bm_error error;
    ck_assert(bm_topology_read(topology, "1-7", &t, &error));
    ck_assert_int_eq(t.cores, 1);
    ck_assert_int_eq(t.cpus, 2);
    ck_assert_int_eq(t.given, 1);
    char *svg = bm_topology_draw(&t, &error);
    ck_assert_msg(svg != NULL, "%s", svg ? "" : error.text);
    ck_assert_ptr_nonnull(strstr(svg, "(1024MB)"));
    ck_assert_ptr_nonnull(strstr(svg, ">PU P#1<"));
    ck_assert_ptr_nonnull(strstr(svg, "rgb(95,184,240)")); /* the one that was given, as plots.css knows it */
    ck_assert_ptr_nonnull(strstr(bm_plot_part("plots.css"), "rgb(95,184,240)"));
    free(svg);
    free(t.xml);
}
END_TEST

START_TEST(no_topology)
{
    struct bm_topology t;
    struct bm_error error;
    char *half = strndup(topology, sizeof topology / 2), *path = strdup(getenv("PATH"));
    ck_assert(!bm_topology_read(half, "0", &t, &error));
    ck_assert(!bm_topology_read("", NULL, &t, &error));
    ck_assert(bm_topology_read(topology, NULL, &t, &error));
    setenv("PATH", "/nonexistent", 1);
    ck_assert_ptr_null(bm_topology_draw(&t, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "hwloc-nox")); /* what to install */
    setenv("PATH", path, 1);
    free(t.xml);
    free(path);
    free(half);
}
END_TEST

START_TEST(tables_as_text)
{
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        struct bm_page *page = bm_page_new(markdown ? BM_MARKDOWN : BM_TEXT, NULL, "", NULL);
        struct bm_grid *grid = bm_grid_new(page, "t", "", "a", "b", NULL);
        bm_grid_text(grid, "long|er");
        bm_grid_cell(grid, "%b%d", 0.5, 7);
        bm_grid_line(grid, "all of it");
        bm_page_table(page, grid);
        bm_page_print(page, out);
        fclose(out);
        ck_assert_str_eq(text, markdown ? "\n\n| a | b |\n|---|---:|\n| long\\|er | 7 |\n| all of it |  |\n\n" :
                                          "\na                   b\nlong|er  #####..... 7\nall of it\n");
        free(text);
    }
    char time[16];
    ck_assert_str_eq(bm_seconds_text(1.234e-6, time), "1.23 us");
    ck_assert_str_eq(bm_seconds_text(0, time), "0.00 ns");
}
END_TEST

START_TEST(tables_that_fit) /* a long name stands above its row, figures stay, a long text at the end goes on below */
{
    char *text = NULL, name[121] = "", row[160];
    size_t length;
    memset(name, 'x', sizeof name - 1);
    setenv("COLUMNS", "80", 1);
    FILE *out = open_memstream(&text, &length);
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    bm_page_wide(page);
    struct bm_grid *grid = bm_grid_new(page, "t", "", "name", "figure", "why", NULL);
    bm_grid_text(grid, "%s", name);
    bm_grid_text(grid, "12345678.9 GFLOP/s");
    bm_grid_text(grid, "a reason of more words than a line of this table has room for");
    bm_page_table(page, grid);
    bm_page_print(page, out);
    fclose(out);
    snprintf(row, sizeof row, "\n%s\n  12345678.9 GFLOP/s  a reason", name);
    ck_assert_msg(strstr(text, row) != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "for\n"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        ck_assert(strcspn(line, "\n") <= 80 || line[0] == 'x');
    free(text);
    setenv("COLUMNS", "1000", 1);
}
END_TEST

START_TEST(spare_columns) /* go in the order that was said, and only as many as must */
{
    static const struct {
        const char *columns;
        bool one, two, three;
    } width[] = { { "42", true, true, true }, { "41", true, true, false }, { "32", true, true, false }, { "31", false, true, false } };
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    setenv("COLUMNS", width[_i].columns, 1);
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    bm_page_wide(page);
    struct bm_grid *grid = bm_grid_new(page, "t", "", "name", "one", "two", "three", NULL);
    bm_grid_spare(grid, "three", "one", "absent", NULL);
    bm_grid_text(grid, "a name of it");
    for (int i = 1; i <= 3; i++)
        bm_grid_text(grid, "%d2345678", i);
    bm_page_table(page, grid);
    bm_page_print(page, out);
    fclose(out);
    ck_assert_msg(strstr(text, "12345678") ? width[_i].one : !width[_i].one, "%s", text);
    ck_assert_msg(strstr(text, "22345678") ? width[_i].two : !width[_i].two, "%s", text);
    ck_assert_msg(strstr(text, "32345678") ? width[_i].three : !width[_i].three, "%s", text);
    free(text);
    setenv("COLUMNS", "1000", 1);
}
END_TEST

Suite *page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *tcase = tcase_create("page");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, numbers_as_text, 0, sizeof numbers / sizeof *numbers);
    tcase_add_test(tcase, text_as_markup);
    tcase_add_test(tcase, text_in_a_script);
    tcase_add_test(tcase, a_picture_in_the_page);
    tcase_add_test(tcase, an_empty_picture);
    tcase_add_test(tcase, a_script_that_fails);
    tcase_add_test(tcase, styles_differ);
    tcase_add_test(tcase, what_is_shown);
    tcase_add_test(tcase, references_only);
    tcase_add_test(tcase, no_results);
    tcase_add_test(tcase, a_topology);
    tcase_add_test(tcase, no_topology);
    tcase_add_test(tcase, tables_as_text);
    tcase_add_test(tcase, tables_that_fit);
    tcase_add_loop_test(tcase, spare_columns, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite;
}
