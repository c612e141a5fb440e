/* SPDX-License-Identifier: MIT */
/* test_instructions.c - counting the instructions of a call: classes, blocks, steps, and what other programs say. */
#include <check.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "batchmark.h"
#include "count_call.h"
#include "counters.h"
#include "disassemble.h"
#include "remove_tree.h"

Suite *instructions_suite(void);

/* ---- classes ---- */

START_TEST(classes)
{
    static const struct { const char *text; enum bm_instruction_class class; } known[] = {
        { "vmovups (%rdi,%rax,4),%ymm0", BM_VECTOR_LOAD },
        { "vmovups %zmm0,(%rdi){%k1}", BM_VECTOR_STORE },
        { "vmovups (%rdi),%zmm0{%k1}{z}", BM_VECTOR_LOAD },
        { "vmovaps %ymm1,%ymm0", BM_SHUFFLE },
        { "vbroadcastss 0x10(%rip),%ymm3", BM_VECTOR_LOAD },
        { "vbroadcastss %xmm3,%ymm3", BM_SHUFFLE },
        { "vmovntps %ymm0,(%rax)", BM_VECTOR_STORE },
        { "vgatherdps %ymm1,(%rax,%ymm2,4),%ymm0", BM_VECTOR_LOAD },
        { "movss %xmm0,0x8(%rsp)", BM_VECTOR_STORE },
        { "vfmadd231ps (%rsi){1to16},%zmm1,%zmm2", BM_ARITHMETIC },
        { "{vex} vpdpbusd %ymm0,%ymm1,%ymm2", BM_ARITHMETIC },
        { "vdpbf16ps %zmm1,%zmm2,%zmm0", BM_ARITHMETIC },
        { "vxorps %xmm0,%xmm0,%xmm0", BM_ARITHMETIC },
        { "vextractf128 $0x1,%ymm0,(%rdi)", BM_SHUFFLE },
        { "vpermilps $0x4e,%ymm0,%ymm1", BM_SHUFFLE },
        { "vblendvps %ymm0,%ymm1,%ymm2,%ymm3", BM_SHUFFLE },
        { "vcmpgtps %ymm0,%ymm1,%ymm2", BM_MASK },
        { "vcvtsi2ss %rax,%xmm0,%xmm0", BM_MASK },
        { "vpmovzxwd (%rdi),%ymm0", BM_MASK },
        { "vmovmskps %ymm0,%eax", BM_MASK },
        { "kmovw %eax,%k1", BM_MASK },
        { "add $0x20,%rax", BM_SCALAR },
        { "movslq (%rdi),%rax", BM_SCALAR },
        { "lea 0x0(,%rax,4),%rdx", BM_SCALAR },
        { "jne 0x20", BM_BRANCH },
        { "call *0x18(%rax)", BM_BRANCH },
        { "ret", BM_BRANCH },
        { "prefetcht0 (%rax)", BM_OTHER },
        { "vzeroupper", BM_OTHER },
        { "rep stos %al,%es:(%rdi)", BM_OTHER },
        { "data16 cs nopw 0x0(%rax,%rax,1)", BM_OTHER },
        { "", BM_SCALAR },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_msg(bm_instruction_class(known[i].text) == known[i].class, "%s: %s", known[i].text,
                      bm_instruction_classes[bm_instruction_class(known[i].text)]);
}
END_TEST

/* ---- blocks ---- */

/* Four bytes each, one behind the other. */
static struct bm_instruction made(uintptr_t address, uint64_t count, bool entered, enum bm_instruction_class class)
{
    return (struct bm_instruction){ .address = address, .count = count, .entered = entered, .length = 4, .class = class };
}

START_TEST(hot_block)
{
    struct bm_block hot;
    struct bm_instruction code[] = {
        made(100, 1, true, BM_SCALAR),
        made(104, 9, true, BM_VECTOR_LOAD), /* 104 to 111, a loop; */
        made(108, 9, false, BM_BRANCH),
        made(112, 5, false, BM_SCALAR),     /* 112 to 123, three in a row, but 5 times only: 15 of all */
        made(116, 5, false, BM_SCALAR),
        made(120, 5, false, BM_SCALAR),
        made(124, 4, true, BM_SCALAR),      /* a jump's target: another block */
        made(200, 4, true, BM_BRANCH),
    };
    code[2].length = 2;
    memcpy(code[2].code, "\x75\xfa", 2); /* jne to 108 + 2 - 6 = 104 */
    code[3].address = 110;
    ck_assert(!bm_hot_block(code, 0, &hot));
    ck_assert(bm_hot_block(code, 8, &hot));
    ck_assert_uint_eq(hot.begin, 1);
    ck_assert_uint_eq(hot.end, 3);
    ck_assert_uint_eq(hot.times, 9);
    ck_assert(hot.loop);
    code[3].address = 112;
    for (int i = 3; i < 6; i++)
        code[i].count = 7; /* 21 of all against 18 */
    ck_assert(bm_hot_block(code, 8, &hot));
    ck_assert_uint_eq(hot.begin, 3);
    ck_assert_uint_eq(hot.end, 6);
    ck_assert(!hot.loop);
    code[4].entered = true; /* 7 and 14: the loop again */
    ck_assert(bm_hot_block(code, 8, &hot));
    ck_assert_uint_eq(hot.begin, 1);
}
END_TEST

/* ---- steps ---- */

#ifdef __x86_64__
/* Two instructions a turn, and one before and after; one of vectors, so that not all are of one class. */
__asm__(".text\n"
        "bm_test_turns:\n\t"
        "mov $100, %ecx\n"
        "1:\n\t"
        "dec %ecx\n\t"
        "jnz 1b\n\t"
        "movss %xmm0, -8(%rsp)\n\t"
        "ret\n"
        "bm_test_dies:\n\t"
        "ud2\n");
void bm_test_turns(const void *args), bm_test_dies(const void *args);

static void nothing(void *context) { (void)context; }

static struct bm_stepped turns_of(uint64_t most)
{
    return (struct bm_stepped){ .prepare = nothing, .run = bm_test_turns, .most = most };
}

START_TEST(steps)
{
    const struct bm_stepped call = turns_of(1000);
    struct bm_steps once, twice;
    struct bm_error error;
    struct bm_block hot;
    ck_assert_msg(bm_step(&call, &once, &error), "%s", error.text);
    ck_assert_uint_eq(once.total, 203);
    ck_assert_uint_eq(once.count, 5);
    ck_assert(bm_step(&call, &twice, &error));
    ck_assert_uint_eq(twice.total, once.total);
    ck_assert_msg(bm_disassemble(&once, &error), "%s", error.text);
    ck_assert_str_eq(once.executed[1].text, "dec %ecx");
    ck_assert_uint_eq(once.executed[1].count, 100);
    ck_assert_uint_eq(once.executed[1].length, 2);
    ck_assert_int_eq(once.executed[2].class, BM_BRANCH);
    ck_assert_int_eq(once.executed[3].class, BM_VECTOR_STORE);
    ck_assert(bm_hot_block(once.executed, once.count, &hot));
    ck_assert_uint_eq(hot.begin, 1);
    ck_assert_uint_eq(hot.end, 3);
    ck_assert(hot.loop);
    bm_steps_free(&once);
    bm_steps_free(&twice);
}
END_TEST

START_TEST(steps_that_fail)
{
    const struct bm_stepped just = turns_of(203), more = turns_of(202),
                            dies = { .prepare = nothing, .run = bm_test_dies, .most = 1000 };
    struct bm_steps s;
    struct bm_error error;
    ck_assert(bm_step(&just, &s, &error));
    setenv("PATH", "/nowhere", 1);
    ck_assert(!bm_disassemble(&s, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no objdump"));
    bm_steps_free(&s);
    ck_assert(!bm_step(&more, &s, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "more than 202 instructions"));
    ck_assert(!bm_step(&dies, &s, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "signal"));
}
END_TEST

START_TEST(a_kernel)
{
    struct bm_call_count once, twice;
    struct bm_error error;
    char change[BM_CHANGE_TEXT];
    const struct bm_op *op = bm_find_op("sgd");
    ck_assert_msg(bm_count_call(&bm_abi, "sgd_naive", op, NULL, &once, &error), "%s", error.text);
    ck_assert(bm_count_call(&bm_abi, "sgd_naive", op, NULL, &twice, &error));
    ck_assert_str_eq(bm_count_change_text(&once, &twice, change), "as many");
    uint64_t sum = 0;
    for (int i = 0; i < BM_INSTRUCTION_CLASSES; i++)
        sum += once.of[i];
    ck_assert(once.classed);
    ck_assert_uint_eq(sum, once.steps.total);
    ck_assert_uint_ge(once.of[BM_ARITHMETIC], 2 * 1035); /* a product and a difference for each of count.txt's weights */
    ck_assert(!bm_count_call(&bm_abi, "sgd_nobody", op, NULL, &twice, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no kernel of that name"));
    bm_call_count_free(&once);
    bm_call_count_free(&twice);
}
END_TEST
#endif

START_TEST(changes)
{
    struct bm_call_count a = { .classed = true, .steps.total = 1000 }, b = a;
    char text[BM_CHANGE_TEXT];
    ck_assert_str_eq(bm_count_change_text(&a, &b, text), "as many");
    a.of[BM_SCALAR] = 900, a.of[BM_VECTOR_LOAD] = 100;
    b.of[BM_SCALAR] = 891, b.of[BM_VECTOR_LOAD] = 112, b.of[BM_SHUFFLE] = 20;
    b.steps.total = 1023;
    ck_assert_str_eq(bm_count_change_text(&a, &b, text), "+2.3 %: shuffles 0 -> 20, vector loads +12 %, scalar integers -1.0 %");
    a.classed = false;
    ck_assert_str_eq(bm_count_change_text(&a, &b, text), "+2.3 %");
}
END_TEST

/* ---- llvm-mca, played by a script ---- */

static void write_program(const char *path, const char *script)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "#!/bin/sh\n%s\n", script);
    fclose(f);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

START_TEST(predictions)
{
    char folder[] = "/tmp/batchmark-mca.XXXXXX", path[64], *version;
    struct bm_instruction loop[] = { { .text = "vaddps %ymm0,%ymm1,%ymm1" }, { .text = "vaddps %ymm17,%ymm1,%ymm1" } };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("PATH", folder, 1);
    ck_assert_ptr_null(bm_find_mca(&version));
    snprintf(path, sizeof path, "%s/llvm-mca-19", folder);
    write_program(path, "case $1 in --version) echo '  LLVM version 19.1.7'; exit;; esac\n"
                        "case $2 in *znver4) echo \"'znver4' is not a recognized processor for this target\" >&2;; esac\n"
                        "printf '{\\n  \"CodeRegions\": [{\"SummaryView\": {\"Iterations\": 1000, \"TotalCycles\": 4012}}],\\n'\n"
                        "echo ' \"TargetInfo\": {\"Resources\": [\"Zn3.\\u0000\"]}}'");
    char *mca = bm_find_mca(&version);
    ck_assert_str_eq(mca, path);
    ck_assert_str_eq(version, "19.1.7");
    struct bm_prediction p = bm_predict_loop(mca, 0, loop, 1);
    ck_assert_double_eq_tol(p.cycles, 4.012, 1e-9);
    ck_assert_str_eq(bm_predicted_cpus[1], "znver4");
    p = bm_predict_loop(mca, 1, loop, 1);
    ck_assert(isnan(p.cycles) && strstr(p.why, "does not know it"));
    ck_assert_str_eq(bm_predicted_cpus[2], "haswell");
    p = bm_predict_loop(mca, 2, loop, 2);
    ck_assert(isnan(p.cycles) && strstr(p.why, "no AVX-512"));
    write_program(path, "exit 1");
    p = bm_predict_loop(mca, 0, loop, 1);
    ck_assert(isnan(p.cycles) && strstr(p.why, "cannot read"));
    free(mca);
    free(version);
    remove_tree(folder);
}
END_TEST

/* ---- the CPU's counters ---- */

/* One page fault. */
static void touch(void *context)
{
    (void)context;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)page = 1;
    munmap(page, 4096);
}

START_TEST(counters) /* by an event of the system, which virtual machines have, too */
{
    static const struct bm_counter_event events[] = { { "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
                                                      { "nothing", PERF_TYPE_SOFTWARE, 12345 } };
    struct bm_counters c;
    struct bm_error error;
    double per_call[BM_COUNTERS];
    ck_assert(!bm_counters_open(&c, &events[1], 1, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "perf_event_open"));
    if (!bm_counters_open(&c, events, 2, &error)) {
        ck_assert_ptr_nonnull(strstr(error.text, "perf_event_open"));
        return;
    }
    ck_assert_uint_eq(c.count, 1);
    ck_assert_str_eq(c.name[0], "page_faults");
    ck_assert(bm_counters_count(&c, touch, NULL, 10, per_call));
    ck_assert_double_eq(per_call[0], 1);
    bm_counters_close(&c);
}
END_TEST

START_TEST(counters_of_this_machine)
{
    const char *text = bm_counters_text();
    ck_assert_msg(strncmp(text, "no counters: ", 13) == 0 || strncmp(text, "instructions", 12) == 0, "%s", text);
    struct bm_counter_event events[BM_COUNTERS];
    ck_assert_uint_ge(bm_counter_events(events), 3);
}
END_TEST

Suite *instructions_suite(void)
{
    Suite *suite = suite_create("instructions");
    TCase *known = tcase_create("what is known"), *counted = tcase_create("what is counted");
    tcase_add_test(known, classes);
    tcase_add_test(known, hot_block);
    tcase_add_test(known, changes);
    tcase_add_test(known, predictions);
    tcase_add_test(known, counters);
    tcase_add_test(known, counters_of_this_machine);
    suite_add_tcase(suite, known);
#ifdef __x86_64__
    tcase_set_timeout(counted, 60);
    tcase_add_test(counted, steps);
    tcase_add_test(counted, steps_that_fail);
    tcase_add_test(counted, a_kernel);
#endif
    suite_add_tcase(suite, counted);
    return suite;
}
