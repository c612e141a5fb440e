/* SPDX-License-Identifier: MIT */
/* test_lock.c - a file of a living run belongs to it: other processes, dead ones, other hosts, and being taken over. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock.h"
#include "result.h"
#include "test_folder.h"

Suite *lock_suite(void);

static bool there(const char *name) { return access(in_root(name), F_OK) == 0; }

static bool taken(const char *name, const char *why)
{
    struct bm_error error = { "" };
    const bool ok = bm_lock_take(in_root(name), &error);
    ck_assert_msg(ok || strstr(error.text, why), "%s", error.text);
    return ok;
}

/* A process that takes the lock of r.json and waits to be killed. */
static pid_t holder(void)
{
    int told[2];
    char byte = 0;
    ck_assert_int_eq(pipe(told), 0);
    const pid_t child = fork();
    if (child == 0) {
        byte = bm_lock_take(in_root("r.json"), NULL) ? 'y' : 'n';
        if (write(told[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(told[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    close(told[0]);
    close(told[1]);
    return child;
}

START_TEST(of_a_living_process)
{
    const pid_t child = holder();
    char number[32];
    snprintf(number, sizeof number, "process %d on", (int)child);
    ck_assert(!taken("r.json", number));
    ck_assert(taken("other.json", ""));
    kill(child, SIGKILL);
    siginfo_t ended; /* dead, though nobody has taken notice of it yet */
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    ck_assert(taken("r.json", ""));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

START_TEST(of_this_process)
{
    ck_assert(taken("r.json", "") && taken("r.json", ""));
    ck_assert(there(".r.json.lock"));
    bm_lock_leave(in_root("r.json"));
    ck_assert(!there(".r.json.lock"));
    bm_lock_leave(in_root("r.json")); /* has nothing to do */
}
END_TEST

START_TEST(removed) /* with its folder, perhaps: asked for again, it is made again */
{
    ck_assert(taken("r.json", ""));
    ck_assert_int_eq(unlink(in_root(".r.json.lock")), 0);
    ck_assert(taken("r.json", "") && there(".r.json.lock"));
}
END_TEST

START_TEST(through_a_link) /* it is what the link leads to that belongs to a run */
{
    ck_assert_int_eq(symlink("r.json", in_root("link")), 0);
    const pid_t child = holder();
    ck_assert(!taken("link", "process"));
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* Puts a lock there with members changed from those of this process, touched so many seconds ago. */
static void put(const char *member, const char *value, int ago)
{
    size_t size;
    ck_assert(taken("r.json", ""));
    char *text = read_all(in_root(".r.json.lock"), &size), changed[1024] = "", *rest;
    bm_lock_leave(in_root("r.json"));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const size_t n = strcspn(line, " ");
        const bool is = strlen(member) == n && strncmp(line, member, n) == 0;
        snprintf(changed + strlen(changed), sizeof changed - strlen(changed), "%.*s %s\n", (int)n, line,
                 is ? value : line + n + 1);
    }
    free(text);
    write_all(in_root(".r.json.lock"), changed, strlen(changed));
    struct stat now;
    ck_assert_int_eq(stat(in_root(".r.json.lock"), &now), 0);
    const struct timespec then[2] = { { now.st_mtim.tv_sec - ago, 0 }, { now.st_mtim.tv_sec - ago, 0 } };
    ck_assert_int_eq(utimensat(AT_FDCWD, in_root(".r.json.lock"), then, 0), 0);
}

START_TEST(of_a_dead_process)
{
    put("started", "1", 0); /* its number went to this one */
    ck_assert(taken("r.json", ""));
    bm_lock_leave(in_root("r.json"));
    put("pid", "2147483646", 0); /* more than the system gives */
    ck_assert(taken("r.json", ""));
}
END_TEST

START_TEST(from_elsewhere)
{
    static const char *const elsewhere[] = { "boot", "pids" }; /* another machine, or boot; a container */
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        put(elsewhere[i], "another", 0);
        ck_assert(!taken("r.json", ".r.json.lock"));
        unlink(in_root(".r.json.lock"));
        put(elsewhere[i], "another", BM_LOCK_SILENCE / 2);
        ck_assert(!taken("r.json", ".r.json.lock"));
        unlink(in_root(".r.json.lock"));
        put(elsewhere[i], "another", BM_LOCK_SILENCE + 60);
        ck_assert(taken("r.json", ""));
        bm_lock_leave(in_root("r.json"));
    }
}
END_TEST

START_TEST(damaged) /* or not written yet */
{
    write_all(in_root(".r.json.lock"), "", 0);
    ck_assert(!taken("r.json", "belongs to a run that lives"));
    const struct timespec long_ago[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
    ck_assert_int_eq(utimensat(AT_FDCWD, in_root(".r.json.lock"), long_ago, 0), 0);
    ck_assert(taken("r.json", ""));
}
END_TEST

START_TEST(is_kept_alive) /* by touching it */
{
    struct stat file;
    ck_assert(taken("r.json", ""));
    const struct timespec long_ago[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
    ck_assert_int_eq(utimensat(AT_FDCWD, in_root(".r.json.lock"), long_ago, 0), 0);
    raise(SIGALRM); /* comes every BM_LOCK_BEAT seconds */
    ck_assert_int_eq(stat(in_root(".r.json.lock"), &file), 0);
    ck_assert(file.st_mtim.tv_sec > 1000000000 + BM_LOCK_SILENCE);
}
END_TEST

START_TEST(taken_over) /* while it was stopped: it writes no more, and leaves the other's lock alone */
{
    struct bm_error error;
    ck_assert(taken("r.json", ""));
    ck_assert(bm_file_write("mine", 4, in_root("r.json"), &error));
    unlink(in_root(".r.json.lock"));
    const pid_t child = holder();
    ck_assert(!bm_file_write("late", 4, in_root("r.json"), &error));
    ck_assert_ptr_nonnull(strstr(error.text, "took it over"));
    bm_lock_leave(in_root("r.json"));
    ck_assert(there(".r.json.lock"));
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    size_t size;
    char *text = read_all(in_root("r.json"), &size);
    ck_assert(size == 4 && memcmp(text, "mine", 4) == 0);
    free(text);
}
END_TEST

/* Of many processes that find a stale lock at the same time, one gets it. */
START_TEST(one_of_many)
{
    enum { MANY = 16 };
    int gate[2], told[2];
    put("started", "1", 0);
    ck_assert(pipe(gate) == 0 && pipe(told) == 0);
    for (int i = 0; i < MANY; i++)
        if (fork() == 0) {
            char byte;
            close(gate[1]);
            const bool open = read(gate[0], &byte, 1) == 0; /* closed: all at once */
            byte = open && bm_lock_take(in_root("r.json"), NULL) ? 'y' : 'n';
            const bool heard = write(told[1], &byte, 1) == 1;
            pause();
            _exit(heard);
        }
    close(gate[1]);
    int got = 0;
    for (int i = 0; i < MANY; i++) {
        char byte;
        ck_assert_int_eq(read(told[0], &byte, 1), 1);
        got += byte == 'y';
    }
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
    ck_assert_int_eq(got, 1);
}
END_TEST

Suite *lock_suite(void)
{
    Suite *s = suite_create("lock");
    TCase *c = tcase_create("lock");
    tcase_add_unchecked_fixture(c, make_root, remove_root);
    tcase_add_checked_fixture(c, empty_root, NULL);
    tcase_add_test(c, of_a_living_process);
    tcase_add_test(c, of_this_process);
    tcase_add_test(c, removed);
    tcase_add_test(c, through_a_link);
    tcase_add_test(c, of_a_dead_process);
    tcase_add_test(c, from_elsewhere);
    tcase_add_test(c, damaged);
    tcase_add_test(c, is_kept_alive);
    tcase_add_test(c, taken_over);
    tcase_add_test(c, one_of_many);
    suite_add_tcase(s, c);
    return s;
}
