/* SPDX-License-Identifier: MIT */
/*
 * peer.h - libraries that others made, as kernels like any other: found and loaded at run time, described, never
 * linked.
 *
 * A peer is loaded once, when bm_runnable() is first asked about one of its kernels or by bm_peer_load(); until then
 * nothing is opened. It is looked for where it was pointed to: by bm_peer_point() (--peer NAME=PATH), or else by the
 * environment's BATCHMARK_PEER_<NAME>, or else under the names that Debian and Fedora install, builds with OpenMP
 * first. A path that was given is a file's, as everywhere: without a slash it is in the current folder, not where the
 * loader looks. One that cannot be used is an error of the user's; a default that is not there is merely absent.
 *
 * Libraries look at the affinity mask when they are loaded, and take it for the number of threads that they may ever
 * have: load before threads are pinned. Part of libbatchmark, so it uses nothing else of the harness.
 */
#ifndef BATCHMARK_PEER_H
#define BATCHMARK_PEER_H

#include <stdbool.h>
#include <stddef.h>

struct bm_peer {
    const char *name, *package, *variable; /* "openblas", Debian's package, the environment's variable */
    const char *asked;                     /* the path it was pointed to, or NULL */
    bool tried, loaded;
    char *path;                                /* of the loaded object, links resolved */
    char version[64], core[64], threading[32]; /* "unknown" if the library does not tell */
    char reason[512];                          /* why it is not loaded */
};

/* Peer number i, NULL after the last; loads nothing. */
const struct bm_peer *bm_peer_at(size_t i);

/* Loads the peer if that was not tried before. NULL if there is none of that name. */
const struct bm_peer *bm_peer_load(const char *name);

/* "NAME=PATH": where to look for a peer that was not loaded yet. The text must stay. False: no such name, or no path.
 */
bool bm_peer_point(const char *assignment);

/* "0.3.21, SkylakeX, OpenMP, /usr/lib/..." of a peer that is loaded, or else the reason. Returns text. */
enum { BM_PEER_TEXT = 4608 };
char *bm_peer_text(const struct bm_peer *peer, char text[static BM_PEER_TEXT]);

#endif
