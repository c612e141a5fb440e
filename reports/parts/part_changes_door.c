/* SPDX-License-Identifier: MIT */
/* part_changes_door.c - what became slower since the result before, and how to decide what noise hides. */
#include <string.h>

#include "compare_print.h"
#include "part_common.h"
#include "parts.h"

static struct bm_value counted(const struct bm_last_change *l, enum bm_verdict verdict)
{
    return bm_derived((double)l->comparison.verdicts[verdict], BM_UNIT_COUNT, l->now);
}

/* Can it be a word of a command? Names come from files. */
static bool is_word(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

/* The command that settles it, for the op of the worst case. */
static void put_command(struct bm_page *page, const struct bm_last_change *l)
{
    const struct bm_comparison *c = &l->comparison;
    const bool called = c->verdicts[BM_SLOWER] > 0 && is_word(c->compared[0].now->op);
    char command[256];
    if (!is_word(l->before->commit) || !is_word(l->now->commit))
        return;
    if (strcmp(l->before->commit, l->now->commit) == 0) {
        bm_page_command(page, "batchmark calibrate", "Both results are of one commit: what differs is noise, which this measures:");
        return;
    }
    snprintf(command, sizeof command, "batchmark ab %.12s %.12s%s%.40s", l->before->commit, l->now->commit,
             called ? " -- --op " : "", called ? c->compared[0].now->op : "");
    bm_page_command(page, command, "This times both commits in turns and decides:");
    snprintf(command, sizeof command, "git log --oneline %.12s..%.12s", l->before->commit, l->now->commit);
    bm_page_command(page, command, "What was committed between the two:");
}

/* What the author called the commit of a result; older results do not tell. */
static void put_subject(struct bm_page *page, const struct bm_source *s, const char *which)
{
    const char *subject = bm_build_text(s, "subject");
    if (*subject)
        bm_page_paragraph(page, "Commit %s of the %s result: \u201c%s\u201d", s->commit, which, subject);
}

void bm_part_changes_door(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *shown = bm_library_bench(library);
    struct bm_last_change l;
    bm_page_part(page, "door-changes", "Changes");
    bm_last_change(library, shown, &l);
    if (l.why) {
        bm_page_missing(page, "make bench", "what became slower: %s.", l.why);
        return;
    }
    const struct bm_comparison *c = &l.comparison;
    const size_t called = c->verdicts[BM_SLOWER] + c->verdicts[BM_FASTER];
    char now[BM_WHEN], before[BM_WHEN];
    bm_page_paragraph(page,
                      "Of %v cases %v are slower, %v faster, %v the same and %v inconclusive: the result of %s (commit %s) "
                      "against that of %s (commit %s). A case is called slower or faster only if its floor, the least time, "
                      "was reached in both, and differs by more than noise does and more than %v.",
                      bm_derived((double)c->cases, BM_UNIT_COUNT, l.now), counted(&l, BM_SLOWER), counted(&l, BM_FASTER),
                      counted(&l, BM_SAME), counted(&l, BM_INCONCLUSIVE), bm_when(l.now->date, now),
                      *l.now->commit ? l.now->commit : "unknown", bm_when(l.before->date, before),
                      *l.before->commit ? l.before->commit : "unknown",
                      bm_derived(100 * BM_LAST_THRESHOLD, BM_UNIT_PERCENT, NULL));
    put_subject(page, l.now, "later");
    put_subject(page, l.before, "earlier");
    if (called)
        bm_comparison_table(page, "suspects", c, 0, called < BM_OPEN_ROWS ? called : BM_OPEN_ROWS, l.before, l.now);
    if (called > BM_OPEN_ROWS)
        bm_page_paragraph(page, "%d more are on the sheet of changes.", (int)(called - BM_OPEN_ROWS));
    put_command(page, &l);
    bm_last_change_free(&l);
}
