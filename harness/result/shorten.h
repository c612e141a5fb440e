/* SPDX-License-Identifier: MIT */
/* shorten.h - the text of a result without its samples, so that hundreds of results can be read in seconds. */
#ifndef BATCHMARK_SHORTEN_H
#define BATCHMARK_SHORTEN_H

#include <stdbool.h>
#include <stddef.h>

/* If the text is as result.h writes one, and its checksum holds, members of these names (each in quotes; the last NULL)
 * are taken out in place, at every depth. False: it is another text, and stays as it is. */
bool bm_shorten(char *text, size_t *length, const char *const *without);

#endif
