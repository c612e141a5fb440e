/* run_damage.h - damages result files at random and walks what a report touches: for the unit tests and the fuzzer. */
#ifndef BATCHMARK_RUN_DAMAGE_H
#define BATCHMARK_RUN_DAMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Changes one member somewhere in the document: another type, an odd number, removed, doubled, moved. */
void damage_json(json_t *document, unsigned long long *state);

/* The same in the text: bytes flipped, cut out, repeated. Returns the new length. */
size_t damage_text(char *text, size_t length, unsigned long long *state);

/* Reads a text as a result of any kind, validates it and, if it is a run, reads everything in it. False if what was
 * read contradicts itself, or a refusal is not one line. *valid, if not NULL: was it a valid file? */
bool walk_result(const char *text, size_t length, bool *valid);

/* A number below n from a seed that it moves on. */
size_t pick(unsigned long long *state, size_t n);

#endif
