/* SPDX-License-Identifier: MIT */
/* Tests bench/train/dataset.h: the loaders on good files and on every way a file can be bad, where they look, and the
 * generated digits. All files are made here, in a folder of its own; where real data is found it is checked as well. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "dataset.h"
#include "idx_files.h"
#include "remove_tree.h"

Suite *dataset_suite(void);

static char root[] = "/tmp/batchmark-dataset.XXXXXX"; /* the tests' folder */

/* root/name, new and empty. */
static const char *folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    ck_assert_msg(mkdir(path, 0755) == 0, "%s: %s", path, strerror(errno));
    return path;
}

static void check_good(const struct bm_dataset *d)
{
    ck_assert_uint_eq(d->train_count, TRAIN);
    ck_assert_uint_eq(d->test_count, TEST);
    ck_assert_uint_eq(d->height, 28);
    ck_assert_uint_eq(d->width, 28);
    ck_assert_uint_eq(d->channels, 1);
    ck_assert_uint_eq(d->classes, 10);
    for (size_t i = 0; i < TRAIN * FEATURES; i++)
        ck_assert_uint_eq(d->train_images[i], idx_pixel(0, i));
    for (size_t i = 0; i < TRAIN; i++)
        ck_assert_uint_eq(d->train_labels[i], idx_label(1, i));
    for (size_t i = 0; i < TEST * FEATURES; i++)
        ck_assert_uint_eq(d->test_images[i], idx_pixel(2, i));
    for (size_t i = 0; i < TEST; i++)
        ck_assert_uint_eq(d->test_labels[i], idx_label(3, i));
}

/* The load fails, and the message has all three texts. */
static void check_refused(const char *name, const char *dir, const char *file, const char *reason)
{
    struct bm_dataset d;
    struct bm_error error = { "" };
    ck_assert_msg(bm_dataset_load(&d, name, dir, &error) == BM_DATASET_FAILED,
        "%s was loaded, expected: %s", file, reason);
    ck_assert_msg(strstr(error.text, dir) && strstr(error.text, file) && strstr(error.text, reason),
        "the message should have '%s', '%s' and '%s', but is: %s", dir, file, reason, error.text);
    ck_assert_ptr_null(d.train_images);
    bm_dataset_free(&d);
}

static void check_loaded(struct bm_dataset *d, const char *name, const char *dir)
{
    struct bm_error error = { "" };
    ck_assert_msg(bm_dataset_load(d, name, dir, &error) == BM_DATASET_LOADED, "%s", error.text);
}

/* ---- IDX ------------------------------------------------------------------------------------- */

/* Loop: plain or gzip x either spelling. */
START_TEST(good_idx_files)
{
    struct bm_dataset d;
    bool gzip = _i & 1;
    const char *dir = folder("good");
    write_set(dir, gzip, _i & 2 ? '.' : '-');
    check_loaded(&d, "mnist", dir); /* there is no mnist/ in it */
    check_good(&d);
    ck_assert_str_eq(d.name, "mnist");
    ck_assert_str_eq(d.class_names[9], "9");
    ck_assert_ptr_nonnull(strstr(d.origin, dir));
    ck_assert_int_eq(strstr(d.origin, ".gz") != NULL, gzip);
    bm_dataset_free(&d);
    bm_dataset_free(&d);
}
END_TEST

static void empty(struct blob *b) { b->size = 0; }
static void cut_magic(struct blob *b) { b->size = 3; }
static void cut_header(struct blob *b) { b->size = 7; }
static void cut_header_late(struct blob *b) { b->size = 15; }
static void cut_by_one(struct blob *b) { b->size--; }
static void add_one(struct blob *b) { b->size++; }
static void wrong_type(struct blob *b) { b->byte[2] = 0x0d; }
static void not_idx(struct blob *b) { memcpy(b->byte, "<htm", 4); }
static void no_items(struct blob *b) { b->byte[7] = 0; }
static void most_items(struct blob *b) { memset(b->byte + 4, 0xff, 4); }
static void many_items(struct blob *b) { b->byte[5] = 5; }
static void tall(struct blob *b) { b->byte[11] = 32; }
static void huge(struct blob *b) { memset(b->byte + 8, 0xff, 8); }
static void bad_label(struct blob *b) { b->byte[8 + 6] = 10; b->byte[8 + 8] = 255; }
static void one_less_label(struct blob *b) { b->byte[7]--; b->size--; }
static void one_less_image(struct blob *b) { b->byte[7]--; b->size -= FEATURES; }

static const struct damage {
    unsigned file;
    void (*make)(struct blob *b);
    const char *reason;
    int in_file; /* which file the message is about, if another; -1: the same */
} damages[] = {
    { 0, empty, "truncated: expected 4 bytes of header from byte 0 on, found 0", -1 },
    { 1, empty, "truncated", -1 },
    { 0, cut_magic, "truncated: expected 4 bytes of header from byte 0 on, found 3", -1 },
    { 1, cut_header, "truncated: expected 4 bytes of header from byte 4 on, found 3", -1 },
    { 2, cut_header_late, "truncated: expected 12 bytes of header from byte 4 on, found 11", -1 },
    { 0, cut_by_one, "truncated: expected 15680 bytes of images from byte 16 on, found 15679", -1 },
    { 3, cut_by_one, "truncated: expected 10 bytes of labels from byte 8 on, found 9", -1 },
    { 0, add_one, "too long: expected the images that the header counts, which end at byte 15696", -1 },
    { 1, add_one, "too long: expected the labels that the header counts, which end at byte 28", -1 },
    { 0, wrong_type, "expected the magic number 0x00000803, found 0x00000d03", -1 },
    { 3, wrong_type, "expected the magic number 0x00000801, found 0x00000d01", -1 },
    { 2, not_idx, "not a file of images", -1 },
    { 0, no_items, "count of 0 is absurd", -1 },
    { 3, no_items, "count of 0 is absurd", -1 },
    { 0, most_items, "count of 4294967295 is absurd", -1 },
    { 1, most_items, "count of 4294967295 is absurd", -1 },
    { 0, many_items, "truncated", -1 },
    { 1, many_items, "truncated", -1 },
    { 2, tall, "expected images of 28 x 28 pixels, found 32 x 28", -1 },
    { 0, huge, "expected images of 28 x 28 pixels, found 4294967295 x 4294967295", -1 },
    { 1, bad_label, "label 10 of image 6 (counted from 0) is out of range: 0 to 9", -1 },
    { 3, bad_label, "label 10 of image 6", -1 },
    { 1, one_less_label, "expected 20 labels, one for each image of train-images-idx3-ubyte", -1 },
    { 2, one_less_image, "expected 9 labels, one for each image of t10k-images-idx3-ubyte", 3 },
};

/* Loop: every damage, plain and gzip. */
START_TEST(damaged_idx_content)
{
    const struct damage *how = &damages[_i / 2];
    bool gzip = _i % 2;
    const char *dir = folder("damaged");
    char path[512];
    write_set(dir, gzip, '-');
    struct blob b = good_idx(how->file);
    how->make(&b);
    snprintf(path, sizeof path, "%s/%s%s", dir, file_names[how->file], gzip ? ".gz" : "");
    if (gzip)
        write_gzip(path, &b);
    else
        write_bytes(path, b.byte, b.size);
    free(b.byte);
    check_refused("mnist", dir, file_names[how->in_file < 0 ? how->file : (unsigned)how->in_file],
        how->reason);
}
END_TEST

/* Damage to the gzip stream itself. */
static void flip_checksum(struct blob *b) { b->byte[b->size - 6] ^= 1; }
static void flip_length(struct blob *b) { b->byte[b->size - 1] ^= 1; }
static void flip_data(struct blob *b) { memset(b->byte + b->size / 2, 0xff, 16); }
static void cut_trailer(struct blob *b) { b->size -= 4; }
static void cut_half(struct blob *b) { b->size /= 2; }
static void cut_to_gzip_header(struct blob *b) { b->size = 10; }

static const struct damage gzip_damages[] = {
    { 0, flip_checksum, "damaged gzip data (incorrect data check)", -1 },
    { 1, flip_checksum, "damaged gzip data (incorrect data check)", -1 },
    { 2, flip_length, "damaged gzip data (incorrect length check)", -1 },
    { 0, flip_data, "damaged gzip data (", -1 },
    { 0, cut_trailer, "truncated: the gzip data ends within the", -1 },
    { 3, cut_trailer, "truncated: the gzip data ends within the", -1 },
    { 2, cut_half, "truncated: the gzip data ends within the images", -1 },
    { 0, cut_to_gzip_header, "truncated: the gzip data ends within the header", -1 },
};

START_TEST(damaged_gzip)
{
    const struct damage *how = &gzip_damages[_i];
    const char *dir = folder("gzip");
    char path[512];
    write_set(dir, true, '-');
    snprintf(path, sizeof path, "%s/%s.gz", dir, file_names[how->file]);
    struct blob b = read_bytes(path);
    how->make(&b);
    write_bytes(path, b.byte, b.size);
    free(b.byte);
    check_refused("mnist", dir, file_names[how->file], how->reason);
}
END_TEST

/* Loop: each of the four missing, a folder, a pipe, a dangling link. */
START_TEST(not_a_file)
{
    const char *dir = folder("odd"), *name = file_names[_i / 4];
    char path[512];
    write_set(dir, false, '-');
    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(unlink(path), 0);
    switch (_i % 4) {
    case 0:
        check_refused("mnist", dir, name, "not there");
        break;
    case 1:
        ck_assert_int_eq(mkdir(path, 0755), 0);
        check_refused("mnist", dir, name, "expected a file, found a folder");
        break;
    case 2:
        ck_assert_int_eq(mkfifo(path, 0644), 0);
        check_refused("mnist", dir, name, "expected a file, found something else");
        break;
    default:
        ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
        check_refused("mnist", dir, name, "No such file or directory");
    }
}
END_TEST

/* Root may read everything, so a process without its rights does it. */
START_TEST(unreadable)
{
    const char *dir = folder("unreadable");
    char path[512];
    write_set(dir, false, '-');
    snprintf(path, sizeof path, "%s/%s", dir, file_names[1]);
    ck_assert_int_eq(chmod(path, 0), 0);
    pid_t child = fork();
    ck_assert_int_ne(child, -1);
    if (child == 0) {
        struct bm_dataset d;
        struct bm_error error = { "" };
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(2);
        bool refused = bm_dataset_load(&d, "mnist", dir, &error) == BM_DATASET_FAILED;
        _exit(refused && strstr(error.text, file_names[1]) && strstr(error.text, "Permission denied") ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- where it looks -------------------------------------------------------------------------- */

START_TEST(search_order)
{
    struct bm_dataset d;
    struct bm_error error;
    char path[512];
    ck_assert_int_eq(chdir(folder("search")), 0);

    unsetenv("BATCHMARK_DATA");
    ck_assert_int_eq(bm_dataset_load(&d, "fashion-mnist", NULL, &error), BM_DATASET_ABSENT);
    ck_assert_msg(strstr(error.text, "fashion-mnist") && strstr(error.text, "data/") && strstr(error.text, "make data"),
        "%s", error.text);
    ck_assert_int_eq(bm_dataset_load(&d, "fashion-mnist", NULL, NULL), BM_DATASET_ABSENT);
    setenv("BATCHMARK_DATA", "", 1);
    ck_assert_int_eq(bm_dataset_load(&d, "mnist", NULL, &error), BM_DATASET_ABSENT);
    setenv("BATCHMARK_DATA", "elsewhere", 1);
    ck_assert_int_eq(bm_dataset_load(&d, "cifar-10", NULL, &error), BM_DATASET_ABSENT);
    ck_assert_msg(strstr(error.text, "elsewhere (from $BATCHMARK_DATA)"), "%s", error.text);

    folder("search/data");
    write_set(folder("search/data/fashion-mnist"), true, '-');
    check_loaded(&d, "fashion-mnist", NULL);
    check_good(&d);
    ck_assert_str_eq(d.class_names[0], "T-shirt/top");
    ck_assert_ptr_eq(strstr(d.origin, "data/fashion-mnist: "), d.origin);
    bm_dataset_free(&d);

    /* The variable's folder comes first, and what is broken there is not passed over. */
    folder("search/elsewhere");
    snprintf(path, sizeof path, "%s/%s", folder("search/elsewhere/fashion-mnist"), file_names[3]);
    write_bytes(path, (const uint8_t *)"", 0);
    ck_assert_int_eq(bm_dataset_load(&d, "fashion-mnist", NULL, &error), BM_DATASET_FAILED);
    ck_assert_msg(strstr(error.text, "elsewhere/fashion-mnist/train-images-idx3-ubyte: not there"), "%s", error.text);
    ck_assert_int_eq(unlink(path), 0);
    write_set("elsewhere/fashion-mnist", false, '-');
    check_loaded(&d, "fashion-mnist", NULL);
    ck_assert_ptr_eq(strstr(d.origin, "elsewhere/fashion-mnist: "), d.origin);
    bm_dataset_free(&d);

    /* A given folder is the only one. */
    check_refused("mnist", "elsewhere", "mnist/", "the data set is not there");
    check_refused("cifar-10", "nowhere", "cifar-10-batches-bin/", "no such folder");
    folder("search/data/mnist"); /* empty: hides nothing that could be meant, and is no data set */
    write_set("data", false, '-');
    check_refused("mnist", "data", "mnist/", "the data set is not there");
    ck_assert_int_eq(rmdir("data/mnist"), 0);
    check_loaded(&d, "mnist", "data");
    bm_dataset_free(&d);

    ck_assert_int_eq(bm_dataset_load(&d, "imagenet", NULL, &error), BM_DATASET_FAILED);
    ck_assert_msg(strstr(error.text, "'imagenet'") && strstr(error.text, BM_DATASET_NAMES), "%s", error.text);
    char *long_path = malloc(BM_PATH_SIZE + 1);
    memset(long_path, 'x', BM_PATH_SIZE);
    long_path[BM_PATH_SIZE] = '\0';
    ck_assert_int_eq(bm_dataset_load(&d, "mnist", long_path, &error), BM_DATASET_FAILED);
    ck_assert_msg(strstr(error.text, "too long"), "%s", error.text);
    free(long_path);
    unsetenv("BATCHMARK_DATA");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

/* ---- CIFAR-10 -------------------------------------------------------------------------------- */

enum { RECORD = 3073, RECORDS = 10000 };

/* File i of six; label 0 and black, except for a few bytes in the last record. The file has holes: it takes no room. */
static void write_batch(const char *in, int i, off_t size)
{
    char path[512];
    snprintf(path, sizeof path, i < 5 ? "%s/data_batch_%d.bin" : "%s/test_batch.bin", in, i + 1);
    int f = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_int_ge(f, 0);
    uint8_t end[] = { (uint8_t)(200 + i), 77 }; /* the last two bytes of blue */
    uint8_t start[] = { (uint8_t)(i + 3), 88 }; /* the label, the first byte of red */
    ck_assert_int_eq(ftruncate(f, size), 0);
    ck_assert_int_eq(pwrite(f, end, 2, RECORDS * RECORD - 2), 2);
    ck_assert_int_eq(pwrite(f, start, 2, (RECORDS - 1) * RECORD), 2);
    ck_assert_int_eq(ftruncate(f, size), 0);
    ck_assert_int_eq(close(f), 0);
}

START_TEST(cifar10)
{
    enum { SIZE = RECORDS * RECORD, PLANES = RECORD - 1 };
    struct bm_dataset d;
    char path[512];
    const char *top = folder("cifar");
    char dir[256];
    strcpy(dir, top);
    const char *in = folder("cifar/cifar-10-batches-bin");
    for (int i = 0; i < 6; i++)
        write_batch(in, i, SIZE);
    check_loaded(&d, "cifar-10", dir);
    ck_assert_uint_eq(d.train_count, 50000);
    ck_assert_uint_eq(d.test_count, 10000);
    ck_assert_uint_eq(d.channels, 3);
    ck_assert_uint_eq(d.height, 32);
    ck_assert_uint_eq(d.width, 32);
    ck_assert_str_eq(d.class_names[9], "truck");
    ck_assert_uint_eq(d.train_labels[0], 0);
    for (size_t i = 0; i < 6; i++) {
        const uint8_t *labels = i < 5 ? d.train_labels + i * RECORDS : d.test_labels;
        const uint8_t *images = i < 5 ? d.train_images + i * RECORDS * PLANES : d.test_images;
        ck_assert_uint_eq(labels[RECORDS - 1], i + 3);
        ck_assert_uint_eq(images[(RECORDS - 1) * PLANES], 88);
        ck_assert_uint_eq(images[RECORDS * PLANES - 2], 200 + i);
        ck_assert_uint_eq(images[RECORDS * PLANES - 1], 77);
    }
    bm_dataset_free(&d);

    write_batch(in, 1, SIZE / 2); /* a whole number of records: 5000 */
    check_refused("cifar-10", dir, "data_batch_2.bin", "truncated: expected 3073 bytes of record 5001 of 10000");
    write_batch(in, 1, SIZE - 1);
    check_refused("cifar-10", dir, "data_batch_2.bin", "record 10000 of 10000 from byte 30726927 on, found 3072");
    write_batch(in, 1, SIZE + 1);
    check_refused("cifar-10", dir, "data_batch_2.bin", "too long: expected 10000 records of 3073 bytes");
    write_batch(in, 1, SIZE);
    write_batch(in, 0, 0);
    check_refused("cifar-10", dir, "data_batch_1.bin", "truncated");
    write_batch(in, 7, SIZE); /* label 10 */
    snprintf(path, sizeof path, "%s/data_batch_1.bin", in);
    char other[512];
    snprintf(other, sizeof other, "%s/test_batch.bin", in);
    ck_assert_int_eq(rename(other, path), 0);
    check_refused("cifar-10", dir, "data_batch_1.bin", "label 10 of image 9999");
    write_batch(in, 0, SIZE);
    check_refused("cifar-10", dir, "test_batch.bin", "not there");
}
END_TEST

/* ---- generated and real data ----------------------------------------------------------------- */

static void check_content(const struct bm_dataset *d, const unsigned long crc[4])
{
    ck_assert_uint_eq(d->train_count, 60000);
    ck_assert_uint_eq(d->test_count, 10000);
    ck_assert_uint_eq(crc32_z(0, d->train_images, d->train_count * FEATURES), crc[0]);
    ck_assert_uint_eq(crc32_z(0, d->train_labels, d->train_count), crc[1]);
    ck_assert_uint_eq(crc32_z(0, d->test_images, d->test_count * FEATURES), crc[2]);
    ck_assert_uint_eq(crc32_z(0, d->test_labels, d->test_count), crc[3]);
}

START_TEST(builtin)
{
    struct bm_dataset d;
    check_loaded(&d, "builtin", NULL);
    check_content(&d, (const unsigned long[4]){ 0xb8fd5ec5, 0x95f00847, 0x1ba52462, 0xece3d301 });
    ck_assert_str_eq(d.class_names[0], "zero");
    ck_assert_str_eq(d.class_names[9], "nine");
    ck_assert_ptr_nonnull(strstr(d.origin, "built-in generated digits"));
    size_t of_class[10] = { 0 };
    for (size_t i = 0; i < d.train_count; i++)
        of_class[d.train_labels[i]]++;
    for (int c = 0; c < 10; c++)
        ck_assert_msg(of_class[c] > 5700 && of_class[c] < 6300, "class %d has %zu images", c, of_class[c]);
    bm_dataset_free(&d);
}
END_TEST

/* What the searched places have must be the publishers' bytes. Where they have nothing, there is nothing to test. */
START_TEST(real_data)
{
    static const struct { const char *name; unsigned long crc[4]; } known[] = {
        { "mnist", { 0xf3639b56, 0xba07e8ef, 0xe4ca5f57, 0xee8604d9 } },
        { "fashion-mnist", { 0xae65dccd, 0x2ed6e46a, 0x12728439, 0x242bc73f } },
    };
    struct bm_dataset d;
    struct bm_error error;
    for (size_t i = 0; i < 2; i++) {
        enum bm_dataset_status status = bm_dataset_load(&d, known[i].name, NULL, &error);
        ck_assert_msg(status != BM_DATASET_FAILED, "%s", error.text);
        if (status == BM_DATASET_LOADED) {
            check_content(&d, known[i].crc);
            ck_assert_int_eq(d.content, BM_CONTENT_PUBLISHED);
            ck_assert_int_eq(d.overlap, BM_OVERLAP_NONE);
        }
        bm_dataset_free(&d);
    }
    enum bm_dataset_status status = bm_dataset_load(&d, "cifar-10", NULL, &error);
    ck_assert_msg(status != BM_DATASET_FAILED, "%s", error.text);
    if (status == BM_DATASET_LOADED) {
        size_t train[10] = { 0 }, test[10] = { 0 };
        for (size_t i = 0; i < d.train_count; i++)
            train[d.train_labels[i]]++;
        for (size_t i = 0; i < d.test_count; i++)
            test[d.test_labels[i]]++;
        for (int c = 0; c < 10; c++) {
            ck_assert_uint_eq(train[c], 5000);
            ck_assert_uint_eq(test[c], 1000);
        }
    }
    bm_dataset_free(&d);
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------- */

/* Around all tests, in the process that does not die when one fails: nothing is left in /tmp. */
static void make_root(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chmod(root, 0755), 0); /* for the reader without rights */
}
static void remove_root(void) { remove_tree(root); }

/* Around each test: its folders are new. */
static void empty_root(void)
{
    remove_tree(root);
    ck_assert_int_eq(mkdir(root, 0755), 0);
}

Suite *dataset_suite(void)
{
    Suite *suite = suite_create("dataset");
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 60);
    tcase_add_unchecked_fixture(files, make_root, remove_root);
    tcase_add_checked_fixture(files, empty_root, NULL);
    tcase_add_loop_test(files, good_idx_files, 0, 4);
    tcase_add_loop_test(files, damaged_idx_content, 0, 2 * sizeof damages / sizeof damages[0]);
    tcase_add_loop_test(files, damaged_gzip, 0, sizeof gzip_damages / sizeof gzip_damages[0]);
    tcase_add_loop_test(files, not_a_file, 0, 16);
    tcase_add_test(files, unreadable);
    tcase_add_test(files, search_order);
    tcase_add_test(files, cifar10);
    suite_add_tcase(suite, files);
    TCase *content = tcase_create("content");
    tcase_set_timeout(content, 60);
    tcase_add_test(content, builtin);
    tcase_add_test(content, real_data);
    suite_add_tcase(suite, content);
    return suite;
}
