/* SPDX-License-Identifier: MIT */
/* library.h - all results that a report is made of: what a folder holds, and which of it is shown. */
#ifndef BATCHMARK_LIBRARY_H
#define BATCHMARK_LIBRARY_H

#include "document.h"
#include "files.h"
#include "run.h"

struct bm_source {
    struct bm_document document;
    struct bm_run run; /* of bench: is_run */
    bool is_run;
    bool reference;      /* compressed: kept as a reference (results/README.md) */
    const char *machine; /* fingerprint.machine */
    const char *date;    /* UTC, ISO 8601; "" if there is none */
    char commit[16];     /* its first twelve digits; "" if there is none */
    char *href;          /* from the page to the file, percent-encoded */
    int number;          /* in the report's list of sources, from 1 */
};

/* Reads the rest from the document, which was loaded; false: it is of bench, and no run. */
bool bm_source_read(struct bm_source *source, struct bm_error *error);
void bm_source_free(struct bm_source *source);

struct bm_library {
    struct bm_source *source; /* by date, the oldest first */
    size_t sources;
    struct bm_files fleet; /* results of fleets (library_fleet.h), of which one node's are sources */
    char **problem; /* a line each: a file that was left out, and why */
    size_t problems;
    const char *machine; /* the one that is shown: that of the newest result that is no reference, or of the newest (claims last);
                            NULL: no sources */
};

/* Reads files, and whatever is named *.json or *.json.gz in folders and their folders. `page` is the file that will
 * hold the report: links go from its folder. What cannot be read becomes a problem, never an end. `machine`: the one to
 * show, NULL: as above. False if `machine` is given and none of the results is its own. */
bool bm_library_load(struct bm_library *library, char **path, size_t paths, const char *page, const char *machine,
                     struct bm_error *error);
void bm_library_free(struct bm_library *library);

/* A path as a URL, behind "../" so many times; free() it. */
char *bm_url_of(size_t up, const char *path);

/* A text of what is told of the build ("commit", "compiler", "subject"); "" where it is not told. */
const char *bm_build_text(const struct bm_source *source, const char *member);

/* The newest result of that kind ("bench", "train", ...) of the shown machine that `fits` (NULL: any); NULL: none. An
 * interrupted one only if there is no other. */
const struct bm_source *bm_library_newest(const struct bm_library *library, const char *kind,
                                          bool (*fits)(const struct bm_source *source));

/* The result of bench that the report shows: the newest that has at least half of the cases of the largest one, of this
 * machine. NULL: none. */
const struct bm_source *bm_library_bench(const struct bm_library *library);

/* A second one to set beside it: this machine's newest reference that is another file, else another machine's
 * reference, else NULL. */
const struct bm_source *bm_library_beside(const struct bm_library *library);

/* Of the same host and comparable (fingerprints equal): the newest before `source` that has at least half of its cases;
 * NULL. */
const struct bm_source *bm_library_before(const struct bm_library *library, const struct bm_source *source);

#endif
