/* SPDX-License-Identifier: MIT */
/* mpi_ranks.h - ranks.h by MPI, of the program batchmark-mpi. */
#ifndef BATCHMARK_MPI_RANKS_H
#define BATCHMARK_MPI_RANKS_H

#include <mpi.h>

#include "ranks.h"

/*
 * Starts MPI, gives each rank CPUs of its own (mpi_places()), and makes bm_ranks all of them. Only rank 0 has a standard
 * output. A rank that exits with an error ends all of them with its code; what it says on stderr is shown if it is rank
 * 0, or with the rank's number if rank 0 has nothing to say.
 */
void bm_mpi_begin(int *argc, char ***argv);

/* Ends MPI: all ranks have come to the same end. */
void bm_mpi_end(void);

/* Where all ranks are, in rank order, kept for good. Ranks of one node that were given the same CPUs divide them by
 * cores, neighbours in the hardware staying together; to be called before bm_topology(), which then sees a rank's own
 * ones. Ends the program where ranks were given CPUs that overlap otherwise. */
const struct bm_rank_place *mpi_places(MPI_Comm all);

#endif
