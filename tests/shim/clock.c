/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wall clock that jumps, to be loaded with LD_PRELOAD; the monotonic clock goes on as it did.
 *
 * CLOCK_JUMPS="5 -86400 12 3e9": at the fifth question the clock stands a day earlier, and at the
 * twelfth so many seconds later, each in addition to those before. */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "next.h"

static long questions;

/* Seconds by which the clock is wrong at the next question. */
static time_t error_now(void)
{
    const char *text = getenv("CLOCK_JUMPS");
    double all = 0;
    char *end = NULL;

    questions++;
    while (text && *text) {
        long number = strtol(text, &end, 10);
        double seconds = strtod(end, &end);

        if (end == text)
            break;
        all += questions >= number ? seconds : 0;
        text = end;
    }
    return (time_t)all;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    NEXT(clock_gettime)
    int outcome = next(clock, now);

    if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += error_now();
    return outcome;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    NEXT(gettimeofday)
    int outcome = next(now, zone);

    if (outcome == 0)
        now->tv_sec += error_now();
    return outcome;
}

time_t time(time_t *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}
