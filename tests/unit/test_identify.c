/* SPDX-License-Identifier: MIT */
/* Tests what is known of data sets by their content: whose files they are, and images that are in both sets. All files are
 * made here; where it matters, with the CRC-32 of a published one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "dataset.h"
#include "idx_files.h"
#include "test_folder.h"
#include "train_report.h"

Suite *identify_suite(void);

enum { ITEMS = 64, RECORD = 3073, RECORDS = 10000 };

/* The CRC-32 of a published file, by the project's list. */
static uint32_t published(const char *set, size_t file)
{
    char line[256], name[64], wanted[64];
    unsigned crc, found = 0;
    FILE *list = fopen("bench/train/checksums.txt", "r");
    ck_assert_ptr_nonnull(list);
    snprintf(wanted, sizeof wanted, "%s/%s", set, file_names[file]);
    while (fgets(line, sizeof line, list))
        if (sscanf(line, "%*s %63s %8x", name, &crc) == 2 && strcmp(name, wanted) == 0)
            found = crc;
    fclose(list);
    ck_assert_uint_ne(found, 0);
    return found;
}

static const char *made(const char *name)
{
    const char *path = in_root(name);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    return path;
}

/* One of the four files, of ITEMS images or labels; with the CRC-32 of `set`'s, or as it is (NULL). */
static void put(const char *folder, size_t file, const char *set)
{
    char path[600];
    struct blob b = idx_of(file, ITEMS);
    if (set)
        give_crc(&b, published(set, file));
    snprintf(path, sizeof path, "%s/%s.gz", folder, file_names[file]);
    write_gzip(path, &b);
    free(b.byte);
}

static struct bm_dataset loaded(const char *name, const char *dir)
{
    struct bm_dataset d;
    struct bm_error error = { "" };
    ck_assert_msg(bm_dataset_load(&d, name, dir, &error) == BM_DATASET_LOADED, "%s", error.text);
    return d;
}

START_TEST(published_files)
{
    static const char *const sets[] = { "mnist", "fashion-mnist" };
    for (size_t s = 0; s < 2; s++) {
        const char *dir = made(sets[s]);
        for (size_t f = 0; f < 4; f++)
            put(dir, f, sets[s]);
        struct bm_dataset d = loaded(sets[s], dir);
        ck_assert_int_eq(d.content, BM_CONTENT_PUBLISHED);
        ck_assert_str_eq(d.unknown, "");
        bm_dataset_free(&d);
    }
}
END_TEST

/* Loop: the one file of four that is another data set's. */
START_TEST(another_set)
{
    struct bm_dataset d;
    struct bm_error error = { "" };
    const char *dir = made("mixed");
    for (int f = 0; f < 4; f++)
        put(dir, (size_t)f, f == _i ? "fashion-mnist" : f > _i ? "mnist" : NULL);
    ck_assert_int_eq(bm_dataset_load(&d, "mnist", dir, &error), BM_DATASET_FAILED);
    ck_assert_msg(strstr(error.text, file_names[_i]) &&
                      strstr(error.text, "these are Fashion-MNIST's files, not MNIST's") &&
                      strstr(error.text, "--dataset fashion-mnist"),
                  "%s", error.text);
    put(dir, (size_t)_i, "mnist");
    d = loaded("mnist", dir);
    ck_assert_int_eq(d.content, _i ? BM_CONTENT_UNKNOWN : BM_CONTENT_PUBLISHED);
    bm_dataset_free(&d);
}
END_TEST

START_TEST(unknown_files)
{
    const char *dir = made("unknown");
    char first[600];
    for (size_t f = 0; f < 4; f++)
        put(dir, f, f == 0 ? "mnist" : NULL);
    struct bm_dataset d = loaded("mnist", dir);
    snprintf(first, sizeof first, "%s/%s.gz", dir, file_names[1]);
    ck_assert_int_eq(d.content, BM_CONTENT_UNKNOWN);
    ck_assert_str_eq(d.unknown, first);
    bm_dataset_free(&d);
    struct bm_dataset digits = loaded("builtin", NULL);
    ck_assert_int_eq(digits.content, BM_CONTENT_GENERATED);
    bm_dataset_free(&digits);
}
END_TEST

/* Torchvision's folders, and a folder that is given as far down as one likes. Loop: plain or gzip x either spelling. */
START_TEST(folders)
{
    static const struct {
        const char *folder, *set, *given;
    } places[] = { { "MNIST/raw", "mnist", "" },
                   { "MNIST/raw", "mnist", "/MNIST" },
                   { "MNIST/raw", "mnist", "/MNIST/raw" },
                   { "FashionMNIST/raw", "fashion-mnist", "" },
                   { "FashionMNIST/raw", "fashion-mnist", "/FashionMNIST" },
                   { "FashionMNIST/raw", "fashion-mnist", "/FashionMNIST/raw" } };
    const char *top = made("top");
    char path[600];
    made("top/MNIST");
    made("top/FashionMNIST");
    write_set(made("top/MNIST/raw"), _i & 1, _i & 2 ? '.' : '-');
    write_set(made("top/FashionMNIST/raw"), _i & 1, _i & 2 ? '.' : '-');
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s", top, places[i].given);
        struct bm_dataset d = loaded(places[i].set, path);
        ck_assert_msg(strstr(d.origin, places[i].folder), "%s", d.origin);
        bm_dataset_free(&d);
    }
}
END_TEST

/* Images of both sets from one list of kinds: 'a' to 'z', equal if their letters are. */
static void put_images(const char *folder, size_t file, const char *kinds)
{
    char path[600];
    const size_t n = strlen(kinds);
    struct blob images = idx_of(file, n), labels = idx_of(file + 1, n);
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < FEATURES; p++)
            images.byte[16 + i * FEATURES + p] = (uint8_t)(kinds[i] * 7 + (int)p);
    snprintf(path, sizeof path, "%s/%s", folder, file_names[file]);
    write_bytes(path, images.byte, images.size);
    snprintf(path, sizeof path, "%s/%s", folder, file_names[file + 1]);
    write_bytes(path, labels.byte, labels.size);
    free(images.byte);
    free(labels.byte);
}

START_TEST(images_in_both)
{
    static const struct {
        const char *train, *test;
        enum bm_overlap overlap;
    } sets[] = {
        { "abcd", "abcd", BM_OVERLAP_EQUAL },  { "abcd", "dbac", BM_OVERLAP_EQUAL },
        { "aabbc", "cab", BM_OVERLAP_EQUAL },  { "abcdef", "fb", BM_OVERLAP_TEST },
        { "ab", "abcdefg", BM_OVERLAP_TRAIN }, { "abcd", "abcx", BM_OVERLAP_NONE },
        { "abcd", "efgh", BM_OVERLAP_NONE },   { "abcd", "xabcd", BM_OVERLAP_TRAIN },
        { "a", "b", BM_OVERLAP_NONE },
    };
    const char *dir = made("both");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        put_images(dir, 0, sets[i].train);
        put_images(dir, 2, sets[i].test);
        struct bm_dataset d = loaded("mnist", dir);
        ck_assert_msg(d.overlap == sets[i].overlap, "%s and %s: %d", sets[i].train, sets[i].test, d.overlap);
        bm_dataset_free(&d);
    }
}
END_TEST

/* Writes a batch of black images with one pixel of its own; returns its CRC-32. */
static uint32_t put_batch(const char *folder, const char *name, uint8_t pixel)
{
    char path[600];
    struct blob b = { calloc(RECORDS, RECORD), RECORDS * RECORD };
    b.byte[100] = pixel;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_bytes(path, b.byte, b.size);
    const uint32_t crc = (uint32_t)crc32_z(0, b.byte, b.size);
    free(b.byte);
    return crc;
}

/* CIFAR-10 comes as an archive: what `make data` unpacked it lists, and the list counts only for the published archive. */
START_TEST(unpacked_archive)
{
    static const char *const names[] = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                         "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin" };
    static const char *const archives[] = { "c32a1d4ab5d03f1284b67883e8d87530", "00000000000000000000000000000000" };
    const char *dir = made("cifar-10-batches-bin");
    char path[600];
    uint32_t crc[6];
    for (size_t i = 0; i < 6; i++)
        crc[i] = put_batch(dir, names[i], (uint8_t)(i + 1));
    struct bm_dataset d = loaded("cifar-10", dir);
    ck_assert_int_eq(d.content, BM_CONTENT_UNKNOWN); /* there is no list */
    bm_dataset_free(&d);
    for (size_t a = 0; a < 3; a++) { /* the last: a file that was changed since */
        snprintf(path, sizeof path, "%s/md5sums.txt", dir);
        FILE *list = fopen(path, "w");
        ck_assert_ptr_nonnull(list);
        fprintf(list, "# %s\n", archives[a % 2]);
        for (size_t i = 0; i < 6; i++)
            fprintf(list, "# crc32 %08x %s\n", a == 2 && i == 5 ? crc[i] + 1 : crc[i], names[i]);
        fclose(list);
        d = loaded("cifar-10", dir);
        ck_assert_int_eq(d.content, a ? BM_CONTENT_UNKNOWN : BM_CONTENT_PUBLISHED);
        ck_assert_ptr_eq(strstr(d.unknown, a == 2 ? "test_batch.bin"
                                           : a    ? "data_batch_1.bin"
                                                  : ""),
                         d.unknown + (a ? strlen(dir) + 1 : 0));
        bm_dataset_free(&d);
    }
}
END_TEST

/* ---- what is said beside figures -------------------------------------------------------------- */

START_TEST(notes)
{
    static const struct {
        const char *ours, *note;
        bool generated;
    } results[] = {
        { "{'data':[{'asked':'mnist','name':'mnist','content':'published','overlap':'none'}]}", "", false },
        { "{'data':[{'asked':'mnist','name':'builtin','content':'generated','overlap':'none'}]}",
          "generated digits, not mnist", true },
        { "{'data':[{'asked':'builtin','name':'builtin','content':'generated','overlap':'none'}]}", "generated digits",
          true },
        { "{'data':[{'asked':'mnist','name':'mnist','content':'unknown','overlap':'equal'}]}",
          "mnist from unknown files; training and test images of mnist are the same", false },
        { "{'data':[{'asked':'mnist','content':'published','overlap':'test in training'},"
          "{'asked':'cifar-10','content':'generated','overlap':'none'}]}",
          "test images of mnist are also trained with; generated digits, not cifar-10", true },
        /* older results have no such list */
        { "{'runs':[{'config':{'dataset':'mnist'}}],'samples':[{'data':'builtin'}]}", "generated digits, not mnist",
          true },
        { "{'runs':[{'config':{'dataset':'mnist'}}],'samples':[{'data':'mnist'}]}", "", false },
        { "{}", "", false },
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        char *text = strdup(results[i].ours), note[BM_DATA_NOTE];
        for (char *at = text; (at = strchr(at, '\'')); at++)
            *at = '"';
        json_t *ours = json_loads(text, 0, NULL);
        ck_assert_ptr_nonnull(ours);
        ck_assert_str_eq(bm_data_note(ours, note), results[i].note);
        ck_assert_int_eq(bm_data_is_generated(ours), results[i].generated);
        json_decref(ours);
        free(text);
    }
}
END_TEST

START_TEST(a_picture_with_a_note)
{
    static const char plain[] =
        "<svg class=\"plot\" viewBox=\"0 0 420 100\" role=\"img\" aria-label=\"Curves\">\n<g></g></svg>";
    char *svg = bm_svg_noted(strdup(plain), "a < b; second");
    ck_assert_str_eq(
        svg,
        "<svg class=\"plot\" viewBox=\"0 0 420 132\" role=\"img\" aria-label=\"a &lt; b; second: Curves\">\n<g></g>"
        "<text x=\"4\" y=\"112\" font-size=\"12\" fill=\"var(--limit)\">a &lt; b</text>\n"
        "<text x=\"4\" y=\"128\" font-size=\"12\" fill=\"var(--limit)\">second</text>\n</svg>");
    free(svg);
    svg = bm_svg_noted(strdup(plain), "");
    ck_assert_str_eq(svg, plain);
    free(svg);
    ck_assert_ptr_null(bm_svg_noted(NULL, "note"));
}
END_TEST

Suite *identify_suite(void)
{
    Suite *suite = suite_create("identify");
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 60);
    tcase_add_unchecked_fixture(files, make_root, remove_root);
    tcase_add_checked_fixture(files, empty_root, NULL);
    tcase_add_test(files, published_files);
    tcase_add_loop_test(files, another_set, 0, 4);
    tcase_add_test(files, unknown_files);
    tcase_add_loop_test(files, folders, 0, 4);
    tcase_add_test(files, images_in_both);
    tcase_add_test(files, unpacked_archive);
    suite_add_tcase(suite, files);
    TCase *notes_case = tcase_create("notes");
    tcase_add_test(notes_case, notes);
    tcase_add_test(notes_case, a_picture_with_a_note);
    suite_add_tcase(suite, notes_case);
    return suite;
}
