/* Preloaded, it makes the n-th write to a file below a folder, and every later one, fail as on a full disk.
 *
 *   FULL_DISK_BELOW   prefix of the files' absolute names
 *   FULL_DISK_AFTER   writes that still succeed, counted over all processes of a run
 *   FULL_DISK_LOG     file in which they are counted; remove it before a run
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

typedef ssize_t (*write_function)(int, const void *, size_t);
typedef ssize_t (*pwrite_function)(int, const void *, size_t, off_t);

static int is_watched(int file) {
    const char *prefix = getenv("FULL_DISK_BELOW");
    char link[64], name[4096];
    ssize_t length;

    if (prefix == NULL)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return 0;
    name[length] = '\0';
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether this write finds no space left; counts it. */
static int is_full(int file) {
    const char *log = getenv("FULL_DISK_LOG"), *after = getenv("FULL_DISK_AFTER");
    write_function real = (write_function)dlsym(RTLD_NEXT, "write");
    char text[32] = "";
    long count;
    int counter;

    if (log == NULL || after == NULL || !is_watched(file))
        return 0;
    counter = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (counter < 0)
        return 0;
    flock(counter, LOCK_EX);
    if (pread(counter, text, sizeof text - 1, 0) < 0)
        text[0] = '\0';
    count = atol(text) + 1;
    snprintf(text, sizeof text, "%ld\n", count);
    if (lseek(counter, 0, SEEK_SET) == 0 && real(counter, text, strlen(text)) < 0)
        count = 0;
    close(counter);
    return count > atol(after);
}

ssize_t write(int file, const void *content, size_t size) {
    if (is_full(file)) {
        errno = ENOSPC;
        return -1;
    }
    return ((write_function)dlsym(RTLD_NEXT, "write"))(file, content, size);
}

ssize_t pwrite(int file, const void *content, size_t size, off_t place) {
    if (is_full(file)) {
        errno = ENOSPC;
        return -1;
    }
    return ((pwrite_function)dlsym(RTLD_NEXT, "pwrite"))(file, content, size, place);
}

ssize_t pwrite64(int file, const void *content, size_t size, off_t place) {
    if (is_full(file)) {
        errno = ENOSPC;
        return -1;
    }
    return ((pwrite_function)dlsym(RTLD_NEXT, "pwrite64"))(file, content, size, place);
}
