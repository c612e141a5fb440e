/* SPDX-License-Identifier: MIT */
/*
 * misses.c - how well the blocks of gemm_avx2_tuned that follow from the caches (kernels/engine/cache_sizes.h) fit CPUs that
 * are not here: cache misses of each level with derived blocks, with those of a Zen 4, and the fewest of a sweep.
 *
 * The kernel is the real one. It is compiled with -fsanitize=thread, which makes a call of each access to memory, and the
 * calls are answered here, by simulated caches of all CPUs at once. A core has its own L1 and L2 and its share of the last
 * level, as on a node where every core works. usage: misses [M N K]...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batchmark.h"
#include "cache.h"
#include "cache_sizes.h"
#include "error.h"

/* ---- the CPUs, by their makers' data; a core's: bytes and ways of L1 and L2; the last level, and the cores that share it */

#define KB 1024UL
#define MB (1024UL * KB)
static const struct cpu {
    const char *name;
    struct bm_caches has;
} cpus[] = {
    /* clang-format off */
    { "Haswell",         { .l1 = { 32 * KB,  8,  64, 1 }, .l2 = { 256 * KB,  8,  64,  1 }, .l3 = { 8 * MB,        16,  64,  4 } } },
    { "Skylake-SP",      { .l1 = { 32 * KB,  8,  64, 1 }, .l2 = { 1 * MB,    16, 64,  1 }, .l3 = { 77 * MB / 2,   11,  64, 28 } } },
    { "Ice Lake-SP",     { .l1 = { 48 * KB, 12,  64, 1 }, .l2 = { 1280 * KB, 20, 64,  1 }, .l3 = { 60 * MB,       12,  64, 40 } } },
    { "Sapphire Rapids", { .l1 = { 48 * KB, 12,  64, 1 }, .l2 = { 2 * MB,    16, 64,  1 }, .l3 = { 105 * MB,      15,  64, 56 } } },
    { "Alder Lake",      { .l1 = { 48 * KB, 12,  64, 1 }, .l2 = { 1280 * KB, 10, 64,  1 }, .l3 = { 30 * MB,       12,  64, 16 } } },
    { "Zen 2",           { .l1 = { 32 * KB,  8,  64, 1 }, .l2 = { 512 * KB,  8,  64,  1 }, .l3 = { 16 * MB,       16,  64,  4 } } },
    { "Zen 3",           { .l1 = { 32 * KB,  8,  64, 1 }, .l2 = { 512 * KB,  8,  64,  1 }, .l3 = { 32 * MB,       16,  64,  8 } } },
    { "Zen 5",           { .l1 = { 48 * KB, 12,  64, 1 }, .l2 = { 1 * MB,    16, 64,  1 }, .l3 = { 32 * MB,       16,  64,  8 } } },
    { "A64FX",           { .l1 = { 64 * KB,  4, 256, 1 }, .l2 = { 8 * MB,    16, 256, 12 }, .l3 = { 8 * MB,       16, 256, 12 } } },
    { "Grace",           { .l1 = { 64 * KB,  4,  64, 1 }, .l2 = { 1 * MB,    8,  64,  1 }, .l3 = { 114 * MB,      12,  64, 72 } } },
    { "Graviton 3",      { .l1 = { 64 * KB,  4,  64, 1 }, .l2 = { 1 * MB,    8,  64,  1 }, .l3 = { 32 * MB,       16,  64, 64 } } },
    /* clang-format on */
};
enum { CPUS = sizeof cpus / sizeof *cpus };

/* ---- what -fsanitize=thread calls ---- */

static struct caches simulated[CPUS];
static bool counting;

static void touch(const void *p, size_t bytes)
{
    for (int i = 0; i < CPUS && counting; i++)
        caches_touch(&simulated[i], (uintptr_t)p, bytes);
}

#define ANSWER(n)                                                                                                      \
    void __tsan_read##n(void *p);                                                                                      \
    void __tsan_read##n(void *p) { touch(p, n); }                                                                      \
    void __tsan_write##n(void *p);                                                                                     \
    void __tsan_write##n(void *p) { touch(p, n); }                                                                     \
    void __tsan_unaligned_read##n(void *p);                                                                            \
    void __tsan_unaligned_read##n(void *p) { touch(p, n); }                                                            \
    void __tsan_unaligned_write##n(void *p);                                                                           \
    void __tsan_unaligned_write##n(void *p) { touch(p, n); }
ANSWER(1) ANSWER(2) ANSWER(4) ANSWER(8) ANSWER(16)
void __tsan_read_range(void *p, size_t n);
void __tsan_read_range(void *p, size_t n) { touch(p, n); }
void __tsan_write_range(void *p, size_t n);
void __tsan_write_range(void *p, size_t n) { touch(p, n); }
void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc) { (void)pc; }
void __tsan_func_exit(void);
void __tsan_func_exit(void) {}
void __tsan_init(void);
void __tsan_init(void) {}

/* ---- products ---- */

extern const struct bm_kernel gemm_avx2_tuned;

struct blocks { size_t rows, columns; };

/* Caches from which these blocks follow; else unlike anything, as nothing else may depend on them. */
static struct bm_caches caches_for(struct blocks b, size_t steps)
{
    return (struct bm_caches){ .l2 = { (b.rows * 4 * steps + 6) / 7 * 8, 8, 64, 1 }, .l3 = { 2 * b.columns * 4 * steps, 16, 64, 1 } };
}

/* For blocks of K of so many steps. */
static struct blocks derived(const struct cpu *cpu, size_t steps)
{
    const int cores = (int)cpu->has.l3.cores; /* all of them work */
    return (struct blocks){ gemm_block_rows(&cpu->has, cores, 4 * steps, 0), gemm_block_columns(&cpu->has, cores, 4 * steps) };
}

struct product {
    size_t M, N, K, steps; /* steps: of K in a block */
    float *A, *B, *C, *scratch;
};

/* Misses of a thousand FLOP of each CPU's levels. */
static void count(const struct product *p, struct blocks blocks, double misses[CPUS][LEVELS])
{
    struct bm_caches caches = caches_for(blocks, p->steps);
    const struct bm_gemm g = { .threads = 1, .scratch = p->scratch, .caches = &caches, .M = p->M, .N = p->N, .K = p->K,
                               .alpha = 1, .A = p->A, .lda = p->K, .B = p->B, .ldb = p->N, .C = p->C, .ldc = p->N };
    for (int i = 0; i < CPUS; i++) {
        const struct bm_caches *has = &cpus[i].has;
        const bool third = memcmp(&has->l2, &has->l3, sizeof has->l2) != 0;
        const size_t bytes[LEVELS] = { has->l1.bytes, has->l2.bytes / has->l2.cores, third ? has->l3.bytes / has->l3.cores : 0 };
        const unsigned ways[LEVELS] = { has->l1.ways, has->l2.ways, has->l3.ways };
        caches_make(&simulated[i], bytes, ways, has->l1.line_bytes);
    }
    counting = true;
    gemm_avx2_tuned.run(&g);
    counting = false;
    for (int i = 0; i < CPUS; i++) {
        for (int l = 0; l < LEVELS; l++)
            misses[i][l] = 1000.0 * (double)simulated[i].level[l].misses / (2.0 * (double)p->M * (double)p->N * (double)p->K);
        caches_free(&simulated[i]);
    }
}

static void product_make(struct product *p)
{
    const size_t blocks = (p->K + GEMM_STEPS - 1) / GEMM_STEPS;
    p->steps = (p->K + blocks - 1) / blocks;
    const struct bm_caches most = caches_for((struct blocks){ 448, 1024 }, p->steps);
    const struct bm_gemm g = { .threads = 1, .caches = &most, .M = p->M, .N = p->N, .K = p->K, .alpha = 1 };
    float **const array[] = { &p->A, &p->B, &p->C, &p->scratch };
    const size_t bytes[] = { p->M * p->K * sizeof(float), p->K * p->N * sizeof(float), p->M * p->N * sizeof(float),
                             bm_scratch_bytes(&gemm_avx2_tuned, &g) };
    for (int i = 0; i < 4; i++) {
        *array[i] = aligned_alloc(4096, (bytes[i] / 4096 + 1) * 4096);
        if (!*array[i])
            bm_die(BM_EXIT_INPUT, "out of memory: %zu bytes for an array", bytes[i]);
        memset(*array[i], 0, bytes[i]);
    }
}

/* "1.00 1.23 -" */
static void put(const double misses[LEVELS])
{
    for (int l = 0; l < LEVELS; l++)
        misses[l] > 0 ? printf(" %.3g |", misses[l]) : printf(" |");
}

static void table(struct product *p)
{
    static const size_t rows[] = { 28, 56, 84, 112 }, columns[] = { 256, 512, 1024 };
    static const struct blocks zen4 = { 112, 1024 };
    double today[CPUS][LEVELS], now[CPUS][CPUS][LEVELS], swept[CPUS][LEVELS], least[CPUS][LEVELS];
    product_make(p);
    for (int i = 0; i < CPUS; i++) {
        count(p, derived(&cpus[i], p->steps), now[i]);
        memcpy(least[i], now[i][i], sizeof least[i]);
    }
    count(p, zen4, today);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            count(p, (struct blocks){ rows[r], columns[c] }, swept);
            for (int i = 0; i < CPUS; i++)
                for (int l = 0; l < LEVELS; l++)
                    least[i][l] = swept[i][l] < least[i][l] ? swept[i][l] : least[i][l];
        }
    printf("\n| %zu x %zu x %zu | rows x columns | L1 | L2 | L3 | Zen 4's: L1 | L2 | L3 | least: L1 | L2 | L3 |\n"
           "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n", p->M, p->N, p->K);
    for (int i = 0; i < CPUS; i++) {
        const struct blocks b = derived(&cpus[i], p->steps);
        printf("| %s | %zu x %zu |", cpus[i].name, b.rows, b.columns);
        put(now[i][i]);
        put(today[i]);
        put(least[i]);
        putchar('\n');
    }
    free(p->A), free(p->B), free(p->C), free(p->scratch);
}

int main(int argc, char **argv)
{
    struct product usual[] = { { .M = 448, .N = 1536, .K = 1024 } };
    for (size_t i = 0; argc == 1 && i < sizeof usual / sizeof *usual; i++)
        table(&usual[i]);
    for (int a = 1; a + 2 < argc; a += 3) {
        struct product p = { .M = strtoul(argv[a], NULL, 10), .N = strtoul(argv[a + 1], NULL, 10), .K = strtoul(argv[a + 2], NULL, 10) };
        if (!p.M || !p.N || !p.K)
            bm_die(BM_EXIT_USAGE, "expected M N K, each at least 1");
        table(&p);
    }
    return 0;
}
