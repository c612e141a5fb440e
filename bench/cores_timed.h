/* SPDX-License-Identifier: MIT */
/* cores_timed.h - whoever measures a node wants all of it: fewer cores than were given are said, always. */
#ifndef BATCHMARK_CORES_TIMED_H
#define BATCHMARK_CORES_TIMED_H

#include <jansson.h>
#include <stdbool.h>

/* Puts into the result how many cores were timed at once, at most. If the process was given more, that is a warning on
 * stdout and in the result, with the reason; NULL: nobody asked for more (`asked`: of --threads), or the control
 * group's CPU time allows no more. Caches whose size had to be assumed are said, too. */
void bm_note_cores(json_t *result, int timed, bool asked, const char *why);

/* The most CPUs that a case of bench was seen on. */
int bm_cores_of_cases(const json_t *cases);

#endif
