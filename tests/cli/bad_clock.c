/* bad_clock.c: a clock that goes wrong, put before the C library's by the
 * dynamic linker.
 *
 *     BAD_TIME=still   it always says the same
 *     BAD_TIME=back    it runs back
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *now);

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *bad = getenv("BAD_TIME");
    const int code = (int)syscall(SYS_clock_gettime, clock, now);
    if (code != 0 || clock != CLOCK_MONOTONIC || !bad)
        return code;
    if (!strcmp(bad, "still"))
        *now = (struct timespec) {.tv_sec = 1000};
    else
        *now = (struct timespec) {.tv_sec = 1000000000 - now->tv_sec,
                                  .tv_nsec = 999999999 - now->tv_nsec};
    return 0;
}
