/* SPDX-License-Identifier: MIT */
#include "mpi_ranks.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "options.h"

/* A group of ranks. */
struct group {
    struct bm_ranks ranks;
    MPI_Comm comm;
    MPI_Request request[BM_RANK_SLOTS];
    int pending; /* sums that have begun */
};

static struct group all, some; /* some: of first() */
static MPI_Datatype moments;
static MPI_Op merging;

static struct group *group_of(const struct bm_ranks *r) { return r->own; }

static int count_of(size_t n)
{
    if (n > INT_MAX)
        bm_die(BM_EXIT_INPUT, "a layer of %zu parameters is too large: MPI adds up at most %d numbers at a time", n,
               INT_MAX);
    return (int)n;
}

static void sum(const struct bm_ranks *r, double *x, size_t n)
{
    MPI_Allreduce(MPI_IN_PLACE, x, count_of(n), MPI_DOUBLE, MPI_SUM, group_of(r)->comm);
}

static void merge(const struct bm_ranks *r, struct bm_moments *x, size_t n)
{
    MPI_Allreduce(MPI_IN_PLACE, x, count_of(n), moments, merging, group_of(r)->comm);
}

static double least(const struct bm_ranks *r, double x)
{
    MPI_Allreduce(MPI_IN_PLACE, &x, 1, MPI_DOUBLE, MPI_MIN, group_of(r)->comm);
    return x;
}

static void begin_sum(const struct bm_ranks *r, unsigned slot, float *x, size_t n)
{
    struct group *g = group_of(r);
    MPI_Iallreduce(MPI_IN_PLACE, x, count_of(n), MPI_FLOAT, MPI_SUM, g->comm, &g->request[slot]);
    g->pending++;
}

static void progress(const struct bm_ranks *r)
{
    struct group *g = group_of(r);
    MPI_Status status[BM_RANK_SLOTS];
    int done;
    if (g->pending)
        MPI_Testall(BM_RANK_SLOTS, g->request, &done, status);
}

static void finish_sum(const struct bm_ranks *r, unsigned slot)
{
    struct group *g = group_of(r);
    MPI_Wait(&g->request[slot], MPI_STATUS_IGNORE);
    g->pending--;
}

static const struct bm_ranks *first(const struct bm_ranks *r, int count);

static void make_group(struct group *g, MPI_Comm comm, const struct bm_rank_place *place)
{
    *g = (struct group){ .comm = comm };
    g->ranks = (struct bm_ranks){ .place = place,
                                  .own = g,
                                  .sum = sum,
                                  .merge = merge,
                                  .least = least,
                                  .begin_sum = begin_sum,
                                  .progress = progress,
                                  .finish_sum = finish_sum,
                                  .first = first };
    for (int i = 0; i < BM_RANK_SLOTS; i++)
        g->request[i] = MPI_REQUEST_NULL;
    MPI_Comm_rank(comm, &g->ranks.rank);
    MPI_Comm_size(comm, &g->ranks.count);
}

static const struct bm_ranks *first(const struct bm_ranks *r, int count)
{
    MPI_Comm comm;
    if (some.comm != MPI_COMM_NULL && some.ranks.count)
        MPI_Comm_free(&some.comm);
    some.ranks.count = 0;
    MPI_Comm_split(group_of(r)->comm, r->rank < count ? 0 : MPI_UNDEFINED, r->rank, &comm);
    if (comm == MPI_COMM_NULL)
        return NULL;
    make_group(&some, comm, r->place);
    return &some.ranks;
}

static void merge_all(void *more, void *to, int *n, MPI_Datatype *type)
{
    const struct bm_moments *a = more;
    struct bm_moments *b = to;
    (void)type;
    for (int i = 0; i < *n; i++)
        b[i] = bm_moments_merge(b[i], a[i]);
}

/* ---- begin and end ---- */

static char *said; /* on stderr by a rank other than 0 */
static size_t said_bytes;
static FILE *real_stderr;

static void pause_for(double s)
{
    const struct timespec t = { (time_t)s, (long)(1e9 * (s - floor(s))) };
    nanosleep(&t, NULL);
}

enum { TOLD = 1 }; /* the tag of an empty message: rank 0 has told its error */

static void say_that_0_told(void)
{
    for (int i = 1; i < all.ranks.count; i++) {
        MPI_Request never_waited_for;
        MPI_Isend(NULL, 0, MPI_BYTE, i, TOLD, MPI_COMM_WORLD, &never_waited_for);
    }
}

static int has_0_told_within(double s)
{
    int told = 0;
    for (double waited = 0; !told && !bm_interrupted && waited < s; waited += 0.01) {
        pause_for(0.01);
        MPI_Iprobe(0, TOLD, MPI_COMM_WORLD, &told, MPI_STATUS_IGNORE);
    }
    return told;
}

/* An error that all ranks have is rank 0's to tell: the others give it time to do so, and to end them. */
static void at_exit(int code, void *unused)
{
    int over;
    (void)unused;
    MPI_Finalized(&over);
    if (over)
        return;
    if (code == BM_EXIT_OK) {
        MPI_Finalize();
        return;
    }
    fflush(stdout);
    fflush(stderr);
    if (!real_stderr) {
        say_that_0_told();
    } else if (has_0_told_within(1)) {
        pause_for(5);
    } else if (!bm_interrupted) {
        fprintf(real_stderr, "rank %d on %s: %s", all.ranks.rank,
                all.ranks.place ? all.ranks.place[all.ranks.rank].host : "its node", said_bytes ? said : "ended\n");
        fflush(real_stderr);
    }
    if (real_stderr && bm_interrupted) /* the others end this one */
        _exit(code);
    pause_for(0.2); /* mpirun may drop what it has not read yet */
    MPI_Abort(MPI_COMM_WORLD, code);
}

static void silence(void)
{
    FILE *kept = open_memstream(&said, &said_bytes);
    if (!kept || !freopen("/dev/null", "w", stdout))
        bm_die(BM_EXIT_INPUT, "standard output cannot be closed on a rank: out of memory, or no /dev/null");
    real_stderr = stderr;
    stderr = kept;
}

void bm_mpi_begin(int *argc, char ***argv)
{
    int level;
    /* Open MPI 4 would add up on one of few ranks and send the sum back: 6.4 ms for 8 MB on two ranks of a node, against
     * 2.8 in halves. */
    setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "3", 0);
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    on_exit(at_exit, NULL);
    make_group(&all, MPI_COMM_WORLD, NULL);
    if (all.ranks.rank > 0)
        silence();
    if (level < MPI_THREAD_FUNNELED)
        bm_die(BM_EXIT_INPUT, "this MPI library was built without threads, and ranks have them; use another one");
    all.ranks.place = mpi_places(MPI_COMM_WORLD);
    MPI_Type_contiguous(sizeof(struct bm_moments) / sizeof(double), MPI_DOUBLE, &moments);
    MPI_Type_commit(&moments);
    MPI_Op_create(merge_all, 1, &merging);
    bm_ranks = &all.ranks;
}

void bm_mpi_end(void)
{
    MPI_Type_free(&moments);
    MPI_Op_free(&merging);
    MPI_Finalize();
}
