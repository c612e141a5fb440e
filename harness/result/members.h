/* SPDX-License-Identifier: MIT */
/*
 * members.h - what the members of a result are called and of what type they are, written once: results are written,
 * read and checked by this table. What each means is in results/README.md, whose names and types a test compares.
 */
#ifndef BATCHMARK_MEMBERS_H
#define BATCHMARK_MEMBERS_H

#include "reader.h"

/*
 * Members of the objects of a list, as "name:type name:type". Types: text, number, count (whole, from 0), flag, list,
 * object, range (an object n, median, min, max), hash (16 hex digits), code (a hash, or empty); with ? it may be null, with * it may be absent (older results,
 * or where there is nothing to tell).
 */
struct bm_members {
    const char *kinds; /* of results that have the list, each between blanks */
    const char *list;  /* "runs.epochs": in the objects of that list; "": of "batchmark" itself */
    const char *members;
};
extern const struct bm_members bm_members[]; /* the last has no list */

/* Takes the next member of a list of them apart; false at the end. */
struct bm_member {
    char name[64], type[16];
    bool null, absent;
};
bool bm_members_next(const char **members, struct bm_member *member);

/* Is the value of that type? "hash" and "code" are any text, unless `strict`. */
bool bm_member_is(const struct bm_member *member, const json_t *value, bool strict);

/* Are all members of an object there and of their types? The failure says what is missing and where. */
void bm_members_of(struct bm_reader *r, json_t *object, const char *members, bool strict);

/* The same of all of a result: its context, its lists, and the entries for Google Benchmark. `path`: for the message. */
bool bm_members_check(const json_t *result, const char *path, bool strict, struct bm_error *error);

/* Of what a writer made: does the table know each member that is there, as of its type? */
bool bm_members_known(const json_t *result, struct bm_error *error);

#endif
