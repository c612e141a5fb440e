/* SPDX-License-Identifier: MIT */
/* mpi_places.c - which CPUs each rank uses, so that no two ranks of a node pin their threads to the same ones. */
#include <hwloc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "mpi_ranks.h"

static hwloc_topology_t tree;

static void list_cpus(hwloc_const_bitmap_t set, char text[static 192]) { hwloc_bitmap_list_snprintf(text, 192, set); }

/* The CPUs that mpirun or the batch system gave to this rank. */
static hwloc_bitmap_t given(void)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (hwloc_topology_init(&tree) || hwloc_topology_load(tree) || !set ||
        hwloc_get_cpubind(tree, set, HWLOC_CPUBIND_THREAD))
        bm_die(BM_EXIT_INPUT, "hwloc cannot tell which CPUs this rank was given; check the installation of hwloc");
    hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(tree));
    return set;
}

/* Part `i` of `parts` of the set, by cores: neighbours in the hardware stay together. */
static void take_part(hwloc_bitmap_t set, int i, int parts)
{
    hwloc_bitmap_t *part = bm_alloc((size_t)parts * sizeof(hwloc_bitmap_t));
    hwloc_obj_t root;
    if (hwloc_topology_restrict(tree, set, 0))
        bm_die(BM_EXIT_INPUT, "hwloc cannot divide the CPUs of this node between its ranks");
    root = hwloc_get_root_obj(tree);
    hwloc_distrib(tree, &root, 1, part, (unsigned)parts, INT_MAX, 0);
    hwloc_bitmap_copy(set, part[i]);
    if (hwloc_set_cpubind(tree, set, HWLOC_CPUBIND_THREAD))
        bm_die(BM_EXIT_INPUT, "the system does not let this rank use a part of its CPUs (sched_setaffinity)");
    for (int p = 0; p < parts; p++)
        hwloc_bitmap_free(part[p]);
    free(part);
}

/* Do the CPUs of two texts have one in common? */
static int overlap(const char *a, const char *b)
{
    hwloc_bitmap_t x = hwloc_bitmap_alloc(), y = hwloc_bitmap_alloc();
    if (!x || !y || hwloc_bitmap_list_sscanf(x, a) || hwloc_bitmap_list_sscanf(y, b))
        bm_die(BM_EXIT_INPUT, "the CPUs %s and %s of two ranks cannot be compared: the lists are too long", a, b);
    const int common = hwloc_bitmap_intersects(x, y);
    hwloc_bitmap_free(x);
    hwloc_bitmap_free(y);
    return common;
}

/* Those of the node that were given what this rank was: how many, and which of them it is. */
static void divide(hwloc_bitmap_t set, const struct bm_rank_place *node, int me, int count)
{
    int equal = 0, mine = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(node[i].cpus, node[me].cpus) == 0) {
            mine += i < me;
            equal++;
        } else if (overlap(node[i].cpus, node[me].cpus))
            bm_die(BM_EXIT_INPUT,
                   "ranks of %s overlap: one was given CPUs %s, another %s; give each its own, or all the "
                   "same (mpirun --bind-to none)",
                   node[me].host, node[me].cpus, node[i].cpus);
    }
    if (equal > 1)
        take_part(set, mine, equal);
}

const struct bm_rank_place *mpi_places(MPI_Comm all)
{
    int me, ranks, local, count;
    MPI_Comm node;
    struct bm_rank_place own = { .shared = 0 };
    MPI_Comm_rank(all, &me);
    MPI_Comm_size(all, &ranks);
    MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, me, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &local);
    MPI_Comm_size(node, &count);
    struct bm_rank_place *place = bm_alloc((size_t)ranks * sizeof *place);

    hwloc_bitmap_t set = given();
    gethostname(own.host, sizeof own.host - 1);
    list_cpus(set, own.cpus);
    MPI_Allgather(&own, sizeof own, MPI_BYTE, place, sizeof own, MPI_BYTE, node);
    divide(set, place, local, count);
    list_cpus(set, own.cpus);
    MPI_Allgather(&own, sizeof own, MPI_BYTE, place, sizeof own, MPI_BYTE, node);
    for (int i = 0; i < count; i++)
        own.shared |= i != local && overlap(place[i].cpus, own.cpus);
    MPI_Allgather(&own, sizeof own, MPI_BYTE, place, sizeof own, MPI_BYTE, all);
    hwloc_bitmap_free(set);
    hwloc_topology_destroy(tree);
    MPI_Comm_free(&node);
    return place;
}
