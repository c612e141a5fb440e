/* SPDX-License-Identifier: MIT */
/*
 * builtin_digits.c - ten classes of 28 x 28 grey images drawn by a rule, so that every command works without data:
 * 60,000 to train with and 10,000 to test, as MNIST has, and about as quick to learn.
 *
 * A digit is one of three ways of writing it as strokes. Its points are scaled, slanted, turned and shifted together,
 * then moved each by itself; a pen of random width, softness and darkness draws them; a few short stray strokes
 * and noise come on top. The points' own moves make some digits ambiguous, which is what keeps a network below 1;
 * the shift and the slant are what a linear model cannot follow.
 *
 * Test accuracy after 10 epochs of SGD, learning rate 0.01, batch 32, pixels / 255, one seed:
 *
 *                              these digits   MNIST
 *   linear softmax             0.862          0.916
 *   784-300-100-10, ReLU       0.945          0.960
 *   784-300-100-10, BN, ReLU   0.976          0.982
 *
 * Integers only: the bytes are the same for every compiler, flag and CPU (a test compares their CRC), and for every
 * version unless the measured results are to be thrown away. Making them takes 0.3 s on one core of a Zen 4.
 */
#include <stdio.h>

#include "dataset_internal.h"
#include "memory_budget.h"
#include "random.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, UNIT = 64 /* fixed-point steps per pixel */ };

/* How much varies. Tuned together: see the table above. */
enum {
    POINT_MOVE = 135,  /* of each point by itself, either way, in fixed point */
    TURN = 22,         /* fixed point per grid step, twice, either way: about 0.35 at most, or 20 degrees */
    SLANT = 26,
    SIZE = 26,         /* fixed point per grid step */
    SHIFT = 100,       /* of the whole digit, either way */
    NOISE = 50,        /* of 255, either way */
    STRAYS = 4         /* strokes that belong to no digit, at most */
};

/* How a digit can be written: strokes separated by '/'; a stroke is points "xy" on a grid of 1 to 9, y downwards. */
enum { WAYS = 3 };
static const char *const glyph[10][WAYS] = {
    { "51 82 95 88 59 28 15 22 51", "41 71 93 97 69 39 17 13 41", "62 41 14 17 49 79 96 93 71 52" },
    { "51 59", "33 51 59", "33 51 59/29 89" },
    { "23 32 51 72 83 74 56 19 99", "13 31 71 83 65 28 17 38 79 98", "22 71 82 84 29 99" },
    { "22 51 82 84 55 86 88 59 28", "21 81 54 86 88 59 28", "22 61 83 54/45 86 78 49 18" },
    { "71 16 96/71 79", "21 15 85/81 79", "31 25 85/72 69" },
    { "82 21 25 65 87 69 29", "91 31 24 54 86 88 59 28", "32 35 75 87 58 18/32 82" },
    { "81 43 16 28 59 88 86 55 26", "51 24 17 39 69 87 65 36", "72 41 15 17 49 79 87 75 45 17" },
    { "11 91 49", "12 91 59/35 85", "23 21 81 64 49" },
    { "55 22 41 71 82 55 18 39 79 98 55", "72 41 23 45 76 88 59 28 26 54 83 72", "51 73 55 33 51/55 87 59 27 55" },
    { "83 55 24 22 51 81 83 79", "84 45 23 32 61 82 84 86 59 28", "82 51 23 25 55 83/82 89" },
};
static const char *const digit_names[10] =
    { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine" };

struct point { int x, y; };

/* Random numbers of one image, in the order of their use. */
struct dice { uint64_t seed, next; };
static int roll(struct dice *dice, int lo, int hi) { return bm_integer(dice->seed, dice->next++, lo, hi); }

static int floor_sqrt(int v)
{
    int r = 0;
    for (int bit = 1 << 14; bit; bit >>= 1)
        if ((r + bit) * (r + bit) <= v)
            r += bit;
    return r;
}
static int clamp(int v, int lo, int hi) { return v < lo ? lo : v > hi ? hi : v; }
static int larger(int a, int b) { return a > b ? a : b; }
static int smaller(int a, int b) { return a < b ? a : b; }

/* A soft round pen: full ink up to a radius, none beyond a larger one, between them linear in the squared distance. */
struct pen { int reach, fade, ink; };
static struct pen cut_pen(int inner, int reach, int ink)
{
    return (struct pen){ reach, (ink << 16) / (reach * reach - inner * inner), ink };
}

/* Inks every pixel by its distance from the line; where strokes cross, the darker wins. */
static void draw(uint8_t image[PIXELS], struct point a, struct point b, struct pen pen)
{
    int length = larger(floor_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)), 1);
    int ux = (b.x - a.x) * 4096 / length, uy = (b.y - a.y) * 4096 / length; /* the direction */
    int x0 = clamp((smaller(a.x, b.x) - pen.reach) / UNIT, 0, SIDE);
    int x1 = clamp((larger(a.x, b.x) + pen.reach) / UNIT + 1, 0, SIDE);
    int y0 = clamp((smaller(a.y, b.y) - pen.reach) / UNIT, 0, SIDE);
    int y1 = clamp((larger(a.y, b.y) + pen.reach) / UNIT + 1, 0, SIDE);
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            int px = x * UNIT + UNIT / 2 - a.x, py = y * UNIT + UNIT / 2 - a.y;
            int along = (px * ux + py * uy) / 4096, across = (px * uy - py * ux) / 4096;
            int past = larger(larger(-along, along - length), 0); /* an end of the line */
            int near2 = larger(pen.reach * pen.reach - across * across - past * past, 0);
            int ink = smaller(near2 * pen.fade >> 16, pen.ink);
            image[y * SIDE + x] = (uint8_t)larger(image[y * SIDE + x], ink);
        }
}

static void draw_digit(uint8_t image[PIXELS], int digit, struct dice *dice)
{
    const char *way = glyph[digit][roll(dice, 0, WAYS - 1)];
    /* Grid steps to fixed point: about 2 pixels across and 2.3 down. */
    int wide = roll(dice, 128 - 2 * SIZE, 128 + SIZE), high = roll(dice, 150 - SIZE, 150 + SIZE);
    int turn = roll(dice, -TURN, TURN) + roll(dice, -TURN, TURN);
    int slant = roll(dice, -SLANT, SLANT) - turn;
    int left = SIDE * UNIT / 2 + roll(dice, -SHIFT, SHIFT), top = SIDE * UNIT / 2 + roll(dice, -SHIFT, SHIFT);
    int inner = roll(dice, 30, 80), reach = inner + roll(dice, 45, 70);
    struct pen pen = cut_pen(inner, reach, roll(dice, 180, 255));
    struct point last = { 0, 0 };
    bool down = false; /* the pen, on the paper at `last` */
    for (const char *c = way; *c; c++) {
        if (*c == '/')
            down = false;
        if (*c < '1' || *c > '9')
            continue;
        int x = *c++ - '5', y = *c - '5';
        int move_x = roll(dice, -POINT_MOVE, POINT_MOVE), move_y = roll(dice, -POINT_MOVE, POINT_MOVE);
        struct point p = { left + x * wide + y * slant + move_x, top + y * high + x * turn + move_y };
        if (down)
            draw(image, last, p, pen);
        last = p;
        down = true;
    }
}

static void draw_strays(uint8_t image[PIXELS], struct dice *dice)
{
    for (int n = roll(dice, 0, STRAYS); n > 0; n--) {
        struct point a, b;
        a.x = roll(dice, 0, SIDE * UNIT);
        a.y = roll(dice, 0, SIDE * UNIT);
        b.x = a.x + roll(dice, -4 * UNIT, 4 * UNIT);
        b.y = a.y + roll(dice, -4 * UNIT, 4 * UNIT);
        draw(image, a, b, cut_pen(40, 110, roll(dice, 80, 255)));
    }
}

/* One random number serves eight pixels. */
static void add_noise(uint8_t image[PIXELS], struct dice *dice)
{
    for (int i = 0; i < PIXELS; i += 8) {
        uint64_t bits = bm_hash(dice->seed, dice->next++);
        for (int j = 0; j < 8; j++, bits >>= 8)
            image[i + j] = (uint8_t)clamp(image[i + j] + ((int)(bits & 255) - 128) * NOISE / 128, 0, 255);
    }
}

/* Every image has a random stream of its own, whose seed also says which digit it is. */
static void make_set(uint8_t **images, uint8_t **labels, size_t count, uint64_t seed)
{
    *images = bm_alloc(count * PIXELS);
    *labels = bm_alloc(count);
    for (size_t i = 0; i < count; i++) {
        struct dice dice = { bm_hash(seed, i), 0 };
        uint8_t *image = *images + i * PIXELS;
        int digit = roll(&dice, 0, 9);
        (*labels)[i] = (uint8_t)digit;
        draw_digit(image, digit, &dice);
        draw_strays(image, &dice);
        add_noise(image, &dice);
    }
}

bool bm_builtin_digits(struct bm_dataset *d, struct bm_error *error)
{
    d->train_count = 60000;
    d->test_count = 10000;
    if (!bm_memory_fits((double)(d->train_count + d->test_count) * (PIXELS + 1), "the generated set", BM_MORE_MEMORY, error))
        return false;
    d->height = d->width = SIDE;
    d->channels = 1;
    d->classes = 10;
    d->class_names = digit_names;
    d->content = BM_CONTENT_GENERATED;
    make_set(&d->train_images, &d->train_labels, d->train_count, 1);
    make_set(&d->test_images, &d->test_labels, d->test_count, 2);
    snprintf(d->origin, sizeof d->origin, "built-in generated digits (no file was read)");
    return true;
}
