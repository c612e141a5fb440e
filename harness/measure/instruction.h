/* SPDX-License-Identifier: MIT */
/* instruction.h - an instruction that was executed, what it is, and which class of work it does. */
#ifndef BATCHMARK_INSTRUCTION_H
#define BATCHMARK_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * By what an instruction is for. One that computes and has an operand in memory computes: it is arithmetic. A load or
 * store that does nothing else but broadcast, mask, gather or scatter is a load or store; a vector moved between
 * registers, or between lanes, is a shuffle, also on its way to memory (vextractf128).
 */
enum bm_instruction_class {
    BM_VECTOR_LOAD,
    BM_VECTOR_STORE,
    BM_ARITHMETIC, /* of vectors, and of single floats, which live in vector registers; logic too */
    BM_SHUFFLE,
    BM_MASK,   /* comparisons, masks, conversions */
    BM_SCALAR, /* integers in general registers: addresses, counters */
    BM_BRANCH, /* jumps, calls, returns */
    BM_OTHER,  /* prefetch, fences, vzeroupper, string instructions, no-ops */
    BM_INSTRUCTION_CLASSES
};
extern const char *const bm_instruction_classes[BM_INSTRUCTION_CLASSES]; /* their names, in the plural */

/* By its text in AT&T's syntax, as objdump writes it: "vmovups %ymm0,(%rdi)". */
enum bm_instruction_class bm_instruction_class(const char *text);

enum { BM_LONGEST_INSTRUCTION = 15 };

struct bm_instruction {
    uintptr_t address;
    uint64_t count; /* how often it was executed */
    bool entered;   /* at least once after another than the one before it in memory: it may be a jump's target */
    unsigned char code[BM_LONGEST_INSTRUCTION]; /* the bytes from there on */
    unsigned length;                            /* of them are its own; 0: not disassembled */
    char *text;
    enum bm_instruction_class class;
};

/* A basic block: instructions that are executed one after the other, and equally often. */
struct bm_block {
    size_t begin, end; /* of a list by address */
    uint64_t times;
    bool loop; /* its last instruction jumps to its first */
};

/* The block that most of all executed instructions belong to; `executed` is sorted by address. False: there is none. */
bool bm_hot_block(const struct bm_instruction *executed, size_t count, struct bm_block *hot);

#endif
