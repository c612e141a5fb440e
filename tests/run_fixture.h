/* run_fixture.h - results of bench made up for tests, so that every number is known. */
#ifndef BATCHMARK_RUN_FIXTURE_H
#define BATCHMARK_RUN_FIXTURE_H

#include <jansson.h>
#include <stddef.h>

/* A complete result without cases. `date` is ISO 8601. */
json_t *made_up_run(const char *commit, const char *date);

/* Adds a case: seconds[l * samples + i] is sample i of launch l. Figures, raw samples and Google's entries follow. */
void add_made_up_case(json_t *run, const char *kernel, const char *shape, int threads, const double *seconds,
                      size_t launches, size_t samples);

/* The same with seconds around `median`, `noise` their relative deviation (normal, from a fixed seed). */
void add_noisy_case(json_t *run, const char *kernel, const char *shape, int threads, double median, double noise,
                    size_t launches, size_t samples, unsigned seed);

/* A number from the standard normal distribution; *state is any seed. */
double normal(unsigned long long *state);

#endif
