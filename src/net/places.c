/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/places.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/connection.h"

enum {
    SPARE_FILES = 8,     /* descriptors that no connection gets */
    COUNTED_FILES = 256, /* open descriptors above are rare, and costly to look for */
};

struct place {
    struct places *places;
    struct endpoint peer;
    unsigned holds; /* the connection's socket is one */
};

bool places_are_full(const struct places *places)
{
    return places->max && places->count >= places->max;
}

static unsigned count_open_files(rlim_t limit)
{
    unsigned count = 0;

    for (int fd = 0; fd < COUNTED_FILES && (rlim_t)fd < limit; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* The limit is read each time, because prlimit(1) may change it in a running process. */
unsigned places_fit(struct places *places)
{
    struct rlimit limit = {0};
    rlim_t fit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (!places->open_files)
        places->open_files = count_open_files(limit.rlim_cur);
    if (limit.rlim_cur < places->open_files + SPARE_FILES + places->costs)
        return 1;
    fit = (limit.rlim_cur - places->open_files - SPARE_FILES) / places->costs;
    return fit > UINT_MAX ? UINT_MAX : (unsigned)fit;
}

struct place *place_hold(const struct stream *stream)
{
    struct place *place = connection_owner(stream, place_release);

    if (place)
        place->holds++;
    return place;
}

void place_release(void *owner)
{
    struct place *place = owner;

    if (!place || --place->holds)
        return;
    place->places->count--;
    place->places->left(place->places->owner, &place->peer);
    free(place);
}

struct stream *places_take(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err)
{
    struct place *place = malloc(sizeof *place);
    struct stream *stream;

    if (!place) {
        close(fd);
        err_memory(err);
        return NULL;
    }
    *place = (struct place){places, *peer, 1};
    stream = connection_new(places->loop, fd, peer, 0, err);
    if (stream) {
        connection_on_close(stream, place_release, place);
        places->count++;
    } else {
        free(place);
    }
    return stream;
}
