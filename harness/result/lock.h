/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a file that a living run writes belongs to it: no other run writes it or goes on from it.
 *
 * The lock of DIR/NAME is the file DIR/.NAME.lock, made exclusively (O_EXCL, which holds over NFS as well; flock() and
 * fcntl() depend on how a cluster mounts it). It says who has it: host, boot, process and when that was started. On
 * the same system a lock is stale if that process is gone or its number went to another. From elsewhere nobody can see
 * the process: there the lock is stale if its holder, which touches it every BM_LOCK_BEAT seconds, has not done so for
 * BM_LOCK_SILENCE, by the clock of the file system. A run that was stopped so long that another took its file over
 * finds that out when it goes on, and writes no more.
 */
#ifndef BATCHMARK_LOCK_H
#define BATCHMARK_LOCK_H

#include "error.h"

enum { BM_LOCK_BEAT = 15, BM_LOCK_SILENCE = 120 }; /* seconds; NFS shows a touch within 60 */

/* The file, which need not be there yet, belongs to this process until it ends or leaves it. True also if it does
 * already. False, with who has it: another run lives. */
bool bm_lock_take(const char *path, struct bm_error *error);
void bm_lock_leave(const char *path);

/* May this process write the file? False: it was its own, and another run took it over. */
bool bm_lock_permits(const char *path, struct bm_error *error);

#endif
