/* SPDX-License-Identifier: MIT */
/* test_peer.c - the peers' loader: what is given must be there, what is absent says how to get it. Whether the
 * libraries are installed must not matter. */
#include <check.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batchmark.h"
#include "peer.h"
#include "peer_calls.h"
#include "verify.h"

Suite *peer_suite(void);

START_TEST(default_is_loaded_or_absent)
{
    const struct bm_peer *p = bm_peer_at((size_t)_i);
    unsetenv(p->variable);
    ck_assert_msg(!p->tried, "%s was loaded before anyone asked", p->name);
    ck_assert_ptr_eq(bm_peer_load(p->name), p);
    if (p->loaded) {
        ck_assert_msg(p->path && p->path[0] == '/', "%s: path", p->name);
        ck_assert_msg(p->version[0] && p->core[0] && p->threading[0], "%s: description", p->name);
    } else
        ck_assert_msg(strstr(p->reason, p->package) && strstr(p->reason, "--peer"), "%s: %s", p->name, p->reason);
    char text[BM_PEER_TEXT];
    ck_assert_ptr_nonnull(strstr(bm_peer_text(p, text), p->loaded ? p->path : p->package));
}
END_TEST

START_TEST(wrong_path)
{
    const struct bm_peer *p = bm_peer_at((size_t)_i);
    char assignment[256];
    snprintf(assignment, sizeof assignment, "%s=/nonexistent/lib.so", p->name);
    ck_assert(bm_peer_point(assignment));
    ck_assert(!bm_peer_load(p->name)->loaded);
    ck_assert_str_eq(p->asked, "/nonexistent/lib.so");
    ck_assert_msg(strstr(p->reason, "/nonexistent/lib.so"), "%s", p->reason);
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        const char *why;
        if (!(*k)->peer || strcmp((*k)->peer, p->name) != 0)
            continue;
        ck_assert(!bm_runnable(*k, &why));
        ck_assert_str_eq(why, p->reason);
    }
}
END_TEST

/* The environment points too; a library without the functions is refused, whatever else it holds. */
START_TEST(wrong_library)
{
    const struct bm_peer *p = bm_peer_at((size_t)_i);
    Dl_info info;
    ck_assert(dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &info));
    setenv(p->variable, info.dli_fname, 1);
    ck_assert(!bm_peer_load(p->name)->loaded);
    ck_assert_msg(strstr(p->reason, "libc.so.6 has no "), "%s", p->reason);
}
END_TEST

/* A name without a folder is a file of the current one, not the library of that name that the loader would find. */
START_TEST(bare_name)
{
    const struct bm_peer *p = bm_peer_at((size_t)_i);
    setenv(p->variable, "libc.so.6", 1);
    ck_assert(!bm_peer_load(p->name)->loaded);
    ck_assert_msg(strstr(p->reason, "./libc.so.6"), "%s", p->reason);
}
END_TEST

START_TEST(pointing)
{
    ck_assert(!bm_peer_point("mkl=/lib/libmkl_rt.so"));
    ck_assert(!bm_peer_point("openblas"));
    ck_assert(!bm_peer_point("openblas="));
    ck_assert(!bm_peer_point("open=/x"));
    ck_assert(bm_peer_point("openblas=/x"));
    ck_assert_ptr_null(bm_peer_load("mkl"));
}
END_TEST

/* The interface that oneDNN's batch normalisation is called by is that of the version which was loaded. */
START_TEST(onednn_interface)
{
    const struct bm_peer *p = bm_peer_load("onednn");
    const int major = p->loaded ? atoi(p->version) : 0;
    ck_assert_int_eq(bm_onednn.version, major == 2 || major == 3 ? major : 0);
    if (major == 2)
        ck_assert(bm_onednn.v2.bn_backward_desc_init && bm_onednn.v2.matmul_desc_init);
    if (major == 3)
        ck_assert(bm_onednn.v3.bn_backward_primitive_desc_create && bm_onednn.v3.matmul_primitive_desc_create);
}
END_TEST

/* How far a peer may miss a bound, and on which data; ours may not. */
START_TEST(accuracy_of_peers)
{
    const struct bm_kernel *peer = bm_find("bn_forward_onednn"), *ours = bm_find("bn_forward_naive");
    struct bm_difference d = { .wrong = true, .worst = INFINITY };
    ck_assert(bm_only_inaccurate(peer, BM_OFFSET, &d));
    ck_assert(!bm_only_inaccurate(peer, BM_RANDOM, &d));
    ck_assert(!bm_only_inaccurate(ours, BM_OFFSET, &d));
    d.worst = 3;
    ck_assert(bm_only_inaccurate(peer, BM_RANDOM, &d));
    ck_assert(!bm_only_inaccurate(peer, BM_EXACT, &d));
    d.touched = "padding";
    ck_assert(!bm_only_inaccurate(peer, BM_OFFSET, &d));
}
END_TEST

/* Every peer of a kernel is one that the loader knows. */
START_TEST(kernels_have_known_peers)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        bool known = !(*k)->peer;
        for (size_t i = 0; bm_peer_at(i); i++)
            known |= (*k)->peer && strcmp((*k)->peer, bm_peer_at(i)->name) == 0;
        ck_assert_msg(known, "%s: unknown peer %s", (*k)->name, (*k)->peer);
    }
}
END_TEST

Suite *peer_suite(void)
{
    int peers = 0;
    while (bm_peer_at((size_t)peers))
        peers++;
    Suite *suite = suite_create("peer");
    TCase *loader = tcase_create("loader");
    tcase_set_timeout(loader, 60);
    tcase_add_loop_test(loader, default_is_loaded_or_absent, 0, peers);
    tcase_add_loop_test(loader, wrong_path, 0, peers);
    tcase_add_loop_test(loader, wrong_library, 0, peers);
    tcase_add_loop_test(loader, bare_name, 0, peers);
    tcase_add_test(loader, pointing);
    tcase_add_test(loader, onednn_interface);
    tcase_add_test(loader, accuracy_of_peers);
    tcase_add_test(loader, kernels_have_known_peers);
    suite_add_tcase(suite, loader);
    return suite;
}
