/* run_fixture.h - results of bench made up for tests, so that every number is known. */
#ifndef BATCHMARK_RUN_FIXTURE_H
#define BATCHMARK_RUN_FIXTURE_H

#include <jansson.h>
#include <stddef.h>

/* A complete result without cases; FMA peak 100 GFLOP/s a core, copy bandwidth from L1 50 GB/s. `date` is ISO 8601. */
json_t *made_up_run(const char *commit, const char *date);

/* Adds a case: seconds[l * samples + i] is sample i of launch l. Figures, raw samples and Google's entries follow. */
void add_made_up_case(json_t *run, const char *kernel, const char *shape, int threads, const double *seconds,
                      size_t launches, size_t samples);

/* The case that was added last, to change what is said of it: its code, level, origin, ... */
json_t *last_made_up_case(json_t *run);

/* The same with seconds around `median`, `noise` their relative deviation (normal, from a fixed seed). */
void add_noisy_case(json_t *run, const char *kernel, const char *shape, int threads, double median, double noise,
                    size_t launches, size_t samples, unsigned seed);

/* A complete result of another kind, train, verify, noise or machine: an object in each list that the kind can have. */
json_t *made_up_result(const char *kind);

/* The text of a file, with its checksum; free() it. */
char *made_up_text(json_t *result);

/* A number between 0 and 1; *state is any seed. */
double uniform(unsigned long long *state);

/* A number from the standard normal distribution; *state is any seed. */
double normal(unsigned long long *state);

#endif
