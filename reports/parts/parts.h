/* SPDX-License-Identifier: MIT */
/* parts.h - the parts of the report, each from the results that it needs; what is missing it names. */
#ifndef BATCHMARK_PARTS_H
#define BATCHMARK_PARTS_H

#include "page.h"

void bm_part_summary(struct bm_page *page, const struct bm_library *library); /* the answers in ten seconds */
void bm_part_pictures(struct bm_page *page, const struct bm_library *library); /* three, which say the most */
/* What stands behind each door, in short: the sheet has it in full. */
void bm_part_machine_door(struct bm_page *page, const struct bm_library *library);
void bm_part_changes_door(struct bm_page *page, const struct bm_library *library);
void bm_part_training_door(struct bm_page *page, const struct bm_library *library);
void bm_part_ladder(struct bm_page *page, const struct bm_library *library); /* what each step of effort buys */
void bm_part_machine(struct bm_page *page, const struct bm_library *library);
void bm_part_roofline(struct bm_page *page, const struct bm_library *library);
void bm_part_kernels(struct bm_page *page, const struct bm_library *library);
void bm_part_versus(struct bm_page *page, const struct bm_library *library); /* nothing unless peers were compared */
void bm_part_scaling(struct bm_page *page, const struct bm_library *library);
void bm_part_numerics(struct bm_page *page, const struct bm_library *library);
void bm_part_training(struct bm_page *page, const struct bm_library *library);
void bm_part_claims(struct bm_page *page, const struct bm_library *library); /* what BN does */
void bm_part_history(struct bm_page *page, const struct bm_library *library);
void bm_part_beside(struct bm_page *page, const struct bm_library *library); /* a reference */
void bm_part_fleet(struct bm_page *page, const struct bm_library *library); /* nothing unless there is a fleet */
void bm_part_across(struct bm_page *page, const struct bm_library *library);

/* The pictures of bm_part_pictures(), each or what is missing. */
void bm_put_ladder(struct bm_page *page, const struct bm_library *library);
void bm_put_roofline(struct bm_page *page, const struct bm_library *library);

/* Of the history: a result against the one before it, or why there is no comparison; `word` begins the ids. */
void bm_put_comparison(struct bm_page *page, const struct bm_library *library, const struct bm_source *now,
                       const char *word);

#endif
