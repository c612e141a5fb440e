/* SPDX-License-Identifier: MIT */
/* file_write.c - a file that is whole at every moment. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "result.h"

static bool write_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        length -= (size_t)n;
    }
    return fsync(fd) == 0;
}

static mode_t mode_of_new_files(void)
{
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* A file without a name gets its bytes first and a name next to its place afterwards, and then takes that place: a
 * process killed at any moment leaves no half-written file under any name. Where the file system has no unnamed files, or
 * /proc, through which they get their name, is not mounted, mkostemp() serves. */
static bool write_beside(const char *path, const char *folder, const void *bytes, size_t length, char *temporary)
{
    int fd = access("/proc/self/fd", X_OK) == 0 ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
    if (fd < 0) {
        sprintf(temporary, "%s.XXXXXX", path);
        fd = mkostemp(temporary, O_CLOEXEC);
        bool ok = fd >= 0 && write_all(fd, bytes, length) && fchmod(fd, mode_of_new_files()) == 0;
        return (fd < 0 || close(fd) == 0) && ok;
    }
    char link[64];
    unsigned random = 0; /* a process on another host may have the same number */
    sprintf(link, "/proc/self/fd/%d", fd);
    bool ok = getrandom(&random, sizeof random, 0) == (ssize_t)sizeof random && write_all(fd, bytes, length);
    sprintf(temporary, "%s.%08x", path, random);
    ok = ok && linkat(AT_FDCWD, link, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0;
    if (!ok)
        *temporary = '\0';
    return close(fd) == 0 && ok;
}

bool bm_is_of_the_system(const char *path)
{
    return (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0) || strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0;
}

char *bm_file_place(const char *path, struct bm_error *error)
{
    char *place = strdup(path);
    for (int links = 0; place; links++) {
        char to[PATH_MAX];
        const ssize_t n = readlink(place, to, sizeof to - 1);
        if (bm_is_of_the_system(place) || (n > 0 && links == 40)) {
            bm_failed(error, bm_is_of_the_system(place) ? "cannot write %s: it belongs to the system; name a file of your own"
                                                     : "cannot write %s: symbolic links without an end", path);
            free(place);
            return NULL;
        }
        if (n <= 0)
            return place;
        to[n] = '\0';
        const char *slash = strrchr(place, '/');
        char *next = NULL;
        if (*to == '/' || !slash)
            next = strdup(to);
        else if (asprintf(&next, "%.*s/%s", (int)(slash - place), place, to) < 0)
            next = NULL;
        free(place);
        place = next;
    }
    bm_die(BM_EXIT_INPUT, "out of memory");
}

/* At `path`, which is no link. */
static bool write_at(const char *path, const void *bytes, size_t length, struct bm_error *error)
{
    char *temporary = bm_alloc(strlen(path) + 32), *folder = strdup(path);
    if (!folder)
        bm_die(BM_EXIT_INPUT, "out of memory");
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    *temporary = '\0';
    struct stat there;
    bool ok;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        ok = bm_failed(error, "cannot write %s: it is there and is not a regular file", path);
    else {
        ok = write_beside(path, slash ? folder : ".", bytes, length, temporary) && rename(temporary, path) == 0;
        if (!ok) {
            bm_failed(error, "cannot write %s: %s; what was there before is untouched", path, strerror(errno));
            if (*temporary)
                unlink(temporary);
        }
    }
    free(temporary);
    free(folder);
    return ok;
}

bool bm_file_write(const void *bytes, size_t length, const char *path, struct bm_error *error)
{
    char *place = bm_file_place(path, error);
    const bool ok = place && bm_lock_permits(place, error) && write_at(place, bytes, length, error);
    free(place);
    return ok;
}
