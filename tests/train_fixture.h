/* train_fixture.h - what tests of training start from: settings, kernel sets, a small data set. */
#ifndef BATCHMARK_TRAIN_FIXTURE_H
#define BATCHMARK_TRAIN_FIXTURE_H

#include "trainer.h"

enum { SETS = 10, PLACES = 6 };
extern const char *const sets[SETS], *const places[PLACES];

void set(struct bm_train_config *c, const char *key, const char *value);
bool set_runs_here(const char *name);

/* The defaults with these, on two threads. */
struct bm_train_config small(const char *layers, const char *bn, const char *kernels);

/* An experiment file that must be refused with a message that holds this. */
struct bad_experiment { const char *text, *message; };
void check_bad_experiments(const struct bad_experiment *bad, size_t count);

/* Ten-class images of 6 x 6: a random pattern for each class, disturbed. */
void make_data(struct bm_dataset *d, size_t train, size_t test);

/* A network for them, four epochs. */
struct bm_train_config patterns(const char *bn, const char *validation);

/* bm_train(), which must start. */
struct bm_train_result train(const struct bm_train_config *c, const struct bm_dataset *d,
                             const struct bm_train_hooks *hooks);

#endif
