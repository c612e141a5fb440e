/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "result.h"

struct holder {
    char host[256], boot[64], pids[64]; /* boot and pids: the system, and the name space of its process numbers */
    long pid;
    unsigned long long started; /* in the system's ticks; 0: not known */
    char token[20];             /* of this very lock */
};

static const char format[] = "host %s\nboot %s\npids %s\npid %ld\nstarted %llu\ntoken %s\n";

/* ---- who ---- */

/* When a living process was started; 0: there is none of that number. */
static unsigned long long started_at(long pid)
{
    char name[48], text[1024] = "";
    unsigned long long ticks = 0;
    snprintf(name, sizeof name, "/proc/%ld/stat", pid);
    FILE *file = fopen(name, "r");
    if (!file)
        return 0;
    const size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    const char *rest = strrchr(text, ')'); /* the program's name before it may hold anything */
    char state = 'X';
    if (!rest || sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                        &state, &ticks) != 2)
        return 0;
    return state == 'Z' || state == 'X' ? 0 : ticks; /* killed, and its parent has not asked yet */
}

static void read_word(const char *path, char *word, size_t room)
{
    FILE *file = fopen(path, "r");
    snprintf(word, room, "?");
    if (file && fgets(word, (int)room, file))
        word[strcspn(word, " \n")] = '\0';
    if (file)
        fclose(file);
}

static void new_token(char token[static 20])
{
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        bm_die(BM_EXIT_INPUT, "the system gives no random numbers: %s", strerror(errno));
    snprintf(token, 20, "%016llx", (unsigned long long)bits);
}

static struct holder myself(void)
{
    struct holder me = { .pid = getpid(), .host = "?" };
    gethostname(me.host, sizeof me.host - 1);
    read_word("/proc/sys/kernel/random/boot_id", me.boot, sizeof me.boot);
    const ssize_t n = readlink("/proc/self/ns/pid", me.pids, sizeof me.pids - 1);
    if (n <= 0)
        strcpy(me.pids, "?");
    me.started = started_at(me.pid);
    new_token(me.token);
    return me;
}

/* False: it is not there. What cannot be read stays empty: its run has made it a moment ago. */
static bool read_holder(const char *lock, struct holder *h)
{
    *h = (struct holder){ .pid = 0 };
    FILE *file = fopen(lock, "r");
    if (!file)
        return errno != ENOENT;
    if (fscanf(file, "host %255s boot %63s pids %63s pid %ld started %llu token %19s", h->host, h->boot, h->pids,
               &h->pid, &h->started, h->token) != 6)
        *h = (struct holder){ .pid = 0 };
    fclose(file);
    return true;
}

/* ---- does it live? ---- */

/* Seconds since the holder touched the lock, by the clock that stamps files there: that of a file made for it. */
static double silent_s(const char *lock, const char *token)
{
    char *probe;
    struct stat now, then;
    if (asprintf(&probe, "%s.%s", lock, token) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    const int fd = open(probe, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    const bool known = fd >= 0 && fstat(fd, &now) == 0 && stat(lock, &then) == 0;
    if (fd >= 0) {
        close(fd);
        unlink(probe);
    }
    free(probe);
    return known ? difftime(now.st_mtim.tv_sec, then.st_mtim.tv_sec) : 0;
}

static bool lives(const char *lock, const struct holder *h, const struct holder *me)
{
    if (!h->started || strcmp(h->boot, me->boot) != 0 || strcmp(h->pids, me->pids) != 0)
        return silent_s(lock, me->token) <= BM_LOCK_SILENCE;
    const unsigned long long started = started_at(h->pid);
    return started ? started == h->started
                   : kill((pid_t)h->pid, 0) != 0 && errno == EPERM; /* other users' processes may be hidden */
}

/* Moved aside first: of several that found it stale, one gets it. Was it renewed meanwhile, it goes back. */
static void clear(const char *lock, const struct holder *stale, const struct holder *me)
{
    char *aside;
    struct holder moved;
    if (asprintf(&aside, "%s.%s", lock, me->token) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (rename(lock, aside) == 0) {
        const bool same = read_holder(aside, &moved) && strcmp(moved.token, stale->token) == 0;
        if (same || link(aside, lock) == 0 || errno == EEXIST)
            unlink(aside);
    }
    free(aside);
}

/* ---- those of this process ---- */

static struct owned {
    struct owned *next;
    char *lock, token[20];
    pid_t pid;     /* a forked process has none */
    atomic_int fd; /* -1: left */
} * _Atomic owned;
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

static struct owned *find(const char *lock)
{
    struct owned *o = owned;
    while (o && !(o->fd >= 0 && o->pid == getpid() && strcmp(o->lock, lock) == 0))
        o = o->next;
    return o;
}

static bool is_mine(const struct owned *o, struct holder *now)
{
    return read_holder(o->lock, now) && strcmp(now->token, o->token) == 0;
}

static void leave(struct owned *o)
{
    struct holder now;
    close(atomic_exchange(&o->fd, -1));
    if (is_mine(o, &now))
        unlink(o->lock);
}

static void leave_all(void)
{
    for (struct owned *o = owned; o; o = o->next)
        if (o->fd >= 0 && o->pid == getpid())
            leave(o);
}

static void beat(int signal_number)
{
    const int kept = errno;
    (void)signal_number;
    for (struct owned *o = owned; o; o = o->next)
        if (o->fd >= 0)
            futimens(o->fd, NULL);
    errno = kept;
}

/* By a signal: another thread would be taken for one of a peer's (peer_team.h). */
static void start_beating(void)
{
    const struct sigaction action = { .sa_handler = beat, .sa_flags = SA_RESTART };
    const struct itimerval every = { { BM_LOCK_BEAT, 0 }, { BM_LOCK_BEAT, 0 } };
    if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &every, NULL) != 0 || atexit(leave_all) != 0)
        bm_die(BM_EXIT_INPUT, "cannot keep a lock alive: %s", strerror(errno));
}

static void own(int fd, char *lock, const struct holder *me)
{
    struct owned *o = bm_alloc(sizeof *o);
    o->lock = lock;
    o->pid = me->pid;
    strcpy(o->token, me->token);
    o->fd = fd;
    o->next = owned;
    if (!o->next)
        start_beating();
    owned = o;
}

/* ---- locks ---- */

/* The lock beside the file, which no reader of results takes for one; free() it. */
static char *lock_of(const char *path, struct bm_error *error)
{
    char *place = bm_file_place(path, error), *lock;
    if (!place)
        return NULL;
    const char *slash = strrchr(place, '/');
    const int folder = slash ? (int)(slash - place) + 1 : 0;
    if (asprintf(&lock, "%.*s.%s.lock", folder, place, place + folder) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(place);
    return lock;
}

static bool write_holder(int fd, const struct holder *me)
{
    return dprintf(fd, format, me->host, me->boot, me->pids, me->pid, me->started, me->token) > 0 && fsync(fd) == 0;
}

/* Takes turns with other processes of this host, or of all where the file system can, so that none takes a lock for stale
 * that another just renewed. Not for long: who has the turn may be stopped. Close it. */
static int take_turn(const char *lock)
{
    char *copy = strdup(lock);
    const int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    for (int i = 0; i < 300 && fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; i++)
        usleep(10000);
    free(copy);
    return fd;
}

/* The loop ends: each turn another run has left or died. */
static bool take(const char *path, char *lock, struct bm_error *error)
{
    const struct holder me = myself();
    struct holder other;
    for (;;) {
        const int fd = open(lock, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0 && write_holder(fd, &me)) {
            own(fd, lock, &me);
            return true;
        }
        if (fd >= 0 || errno != EEXIST) {
            bm_failed(error, "cannot write %s: no lock can be made beside it: %s", path, strerror(errno));
            if (fd >= 0) {
                close(fd);
                unlink(lock);
            }
            return false;
        }
        if (!read_holder(lock, &other))
            continue;
        if (lives(lock, &other, &me))
            return bm_failed(error,
                             "%s belongs to a run that lives, process %ld on %s; wait for its end or choose another "
                             "file; if that run is certainly dead, remove %s",
                             path, other.pid, *other.host ? other.host : "this host", lock);
        clear(lock, &other, &me);
    }
}

bool bm_lock_take(const char *path, struct bm_error *error)
{
    char *lock = lock_of(path, error);
    if (!lock)
        return false;
    pthread_mutex_lock(&changing);
    const int turn = take_turn(lock);
    struct holder now;
    struct owned *o = find(lock);
    const bool mine = o && is_mine(o, &now);
    if (o && !mine) /* lost, or removed with its folder */
        leave(o);
    const bool taken = mine || take(path, lock, error);
    if (turn >= 0)
        close(turn);
    pthread_mutex_unlock(&changing);
    if (mine || !taken)
        free(lock);
    return taken;
}

void bm_lock_leave(const char *path)
{
    char *lock = lock_of(path, NULL);
    pthread_mutex_lock(&changing);
    struct owned *o = lock ? find(lock) : NULL;
    if (o)
        leave(o);
    pthread_mutex_unlock(&changing);
    free(lock);
}

bool bm_lock_permits(const char *path, struct bm_error *error)
{
    struct holder now;
    char *lock = lock_of(path, error);
    if (!lock)
        return false;
    const struct owned *o = find(lock);
    const bool permitted = !o || is_mine(o, &now);
    free(lock);
    return permitted || bm_failed(error, "cannot write %s: while this run was stopped, process %ld on %s took it over",
                                  path, now.pid, *now.host ? now.host : "another host");
}
