/* Preloaded into the program under test: makes a disk fail where a mount cannot be had, or a clock.
 *   PICTOR_FAULT_DIR    calls on files below this folder fail ...
 *   PICTOR_FAULT_ERRNO  ... with this errno (a number) ...
 *   PICTOR_FAULT_CALLS  ... in these functions: any of open,write,fsync,rename, comma-separated ...
 *   PICTOR_FAULT_AFTER  ... after so many of them have succeeded (default 0).
 * Only files whose path was seen at open() count.
 *   PICTOR_FAULT_CLOCK_JUMP  the wall clock is off by up to so many seconds, before or after, by
 *                            another amount every few readings; the monotonic clock is right. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long counted;

static int below(const char *path) {
  const char *dir = getenv("PICTOR_FAULT_DIR");
  if (dir == NULL || path == NULL) return 0;
  return strncmp(path, dir, strlen(dir)) == 0;
}

static int below_fd(int fd) {
  char link[64], path[PATH_MAX];
  strcpy(link, "/proc/self/fd/");
  char digits[16];
  int n = 0;
  do digits[n++] = (char)('0' + fd % 10);
  while ((fd /= 10) > 0);
  size_t at = strlen(link);
  while (n > 0) link[at++] = digits[--n];
  link[at] = 0;
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = 0;
  return below(path);
}

/* Whether this call is to fail; errno is set. */
static int fails(const char *call) {
  const char *calls = getenv("PICTOR_FAULT_CALLS"), *number = getenv("PICTOR_FAULT_ERRNO");
  const char *after = getenv("PICTOR_FAULT_AFTER");
  if (calls == NULL || number == NULL || strstr(calls, call) == NULL) return 0;
  if (atomic_fetch_add(&counted, 1) < (after == NULL ? 0 : atol(after))) return 0;
  errno = atoi(number);
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int open_mode(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
}

#define OPEN(name)                                                                     \
  int name(const char *path, int flags, ...) {                                         \
    va_list arguments;                                                                 \
    va_start(arguments, flags);                                                        \
    int mode = open_mode(flags, arguments);                                            \
    va_end(arguments);                                                                 \
    if ((flags & (O_WRONLY | O_RDWR)) != 0 && below(path) && fails("open")) return -1; \
    return REAL(name)(path, flags, mode);                                              \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
  return below_fd(fd) && fails("write") ? -1 : REAL(write)(fd, data, size);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return below_fd(fd) && fails("write") ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return below_fd(fd) && fails("write") ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  return below_fd(fd) && fails("write") ? -1 : REAL(writev)(fd, parts, count);
}
int fsync(int fd) {
  return below_fd(fd) && fails("fsync") ? -1 : REAL(fsync)(fd);
}
int fdatasync(int fd) {
  return below_fd(fd) && fails("fsync") ? -1 : REAL(fdatasync)(fd);
}
int rename(const char *from, const char *to) {
  return below(to) && fails("rename") ? -1 : REAL(rename)(from, to);
}

/* How far off the wall clock is at this reading. */
static time_t jump(void) {
  static atomic_long readings;
  const char *most = getenv("PICTOR_FAULT_CLOCK_JUMP");
  if (most == NULL) return 0;
  const unsigned long stretch = (unsigned long)atomic_fetch_add(&readings, 1) / 5;
  const long seconds = atol(most);
  return (time_t)((long)(stretch * 2654435761ul % (2ul * (unsigned long)seconds + 1)) - seconds);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  const int code = REAL(clock_gettime)(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
  return code;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  const int code = REAL(gettimeofday)(now, zone);
  now->tv_sec += jump();
  return code;
}
time_t time(time_t *to) {
  const time_t now = REAL(time)(NULL) + jump();
  if (to != NULL) *to = now;
  return now;
}
