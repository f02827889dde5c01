/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/places.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "net/connection.h"

enum {
    SPARE_FILES = 8,     /* descriptors that no connection gets */
    COUNTED_FILES = 256, /* open descriptors above are rare, and costly to look for */
};

enum place_state { PLACE_HELD, PLACE_WAITS, PLACE_TAKEN };

struct place {
    struct places *places;
    struct endpoint peer;
    unsigned holds; /* the connection's socket is one */
    bool has_entered;
    enum place_state state;
};

bool places_are_full(const struct places *places)
{
    return places->max && places->count >= places->max;
}

static unsigned count_open_files(rlim_t limit)
{
    struct pollfd polled[COUNTED_FILES];
    unsigned n = limit < COUNTED_FILES ? (unsigned)limit : COUNTED_FILES, count = 0;

    for (unsigned i = 0; i < n; i++)
        polled[i] = (struct pollfd){.fd = (int)i};
    if (poll(polled, n, 0) < 0)
        return n;
    for (unsigned i = 0; i < n; i++)
        count += !(polled[i].revents & POLLNVAL);
    return count;
}

/* The limit is read each time, because prlimit(1) may change it in a running process. */
unsigned places_fit(struct places *places)
{
    struct rlimit limit = {0};
    rlim_t taken, fit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (!places->open_files)
        places->open_files = count_open_files(limit.rlim_cur);
    taken = places->open_files + places->spare + SPARE_FILES;
    if (limit.rlim_cur < taken + places->costs)
        return 1;
    fit = (limit.rlim_cur - taken) / places->costs;
    return fit > UINT_MAX ? UINT_MAX : (unsigned)fit;
}

bool places_have_files(struct places *places)
{
    return places->open + places->queue.count < places_fit(places);
}

struct place *place_hold(const struct stream *stream)
{
    struct place *place = connection_owner(stream, place_release);

    if (place)
        place->holds++;
    return place;
}

static void set_state(struct place *place, enum place_state state)
{
    struct places *places = place->places;

    places->waiting -= place->state == PLACE_WAITS;
    places->count -= place->state == PLACE_TAKEN;
    places->waiting += state == PLACE_WAITS;
    places->count += state == PLACE_TAKEN;
    place->state = state;
}

void place_release(void *owner)
{
    struct place *place = owner;

    if (!place || --place->holds)
        return;
    set_state(place, PLACE_HELD);
    place->places->open--;
    if (place->has_entered)
        place->places->hosts.gone(place->places->hosts.owner, &place->peer);
    place->places->left(place->places->owner);
    free(place);
}

int place_name(struct stream *stream, const struct endpoint *peer, struct err *err)
{
    struct place *place = connection_owner(stream, place_release);
    char label[ADDRESS_LABEL];
    struct host_key host;

    endpoint_label(peer, label);
    endpoint_host(peer, &host);
    if (connection_name(stream, label, &host, err) < 0)
        return -1;
    place->peer = *peer;
    return 0;
}

bool place_enter(const struct stream *stream)
{
    struct place *place = connection_owner(stream, place_release);
    const struct places_hosts *hosts = &place->places->hosts;

    if (!place->has_entered)
        place->has_entered = hosts->enters(hosts->owner, &place->peer);
    if (place->has_entered)
        set_state(place, PLACE_WAITS);
    return place->has_entered;
}

void place_take(const struct stream *stream)
{
    set_state(connection_owner(stream, place_release), PLACE_TAKEN);
}

/* ---- coming in ---- */

bool places_have_one(const struct places *places)
{
    bool is_free = !places->max || places->count + places->waiting < places->max;

    return is_free && !places->queue.count;
}

bool places_have_room(const struct places *places)
{
    return places_have_one(places) || queue_has_room(&places->queue);
}

/* -1 and *err: the stream is closed. */
static int adopt(struct places *places, struct stream *stream, const struct endpoint *peer,
                 struct err *err)
{
    struct place *place = malloc(sizeof *place);

    if (!place) {
        stream_close(stream, STREAM_ABORT);
        return err_memory(err);
    }
    *place = (struct place){places, *peer, 1, !places->hosts.later, PLACE_HELD};
    connection_on_close(stream, place_release, place);
    places->open++;
    return 0;
}

bool places_count(const struct places *places, const struct endpoint *peer)
{
    return places->hosts.later || places->hosts.enters(places->hosts.owner, peer);
}

static struct stream *hold(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err)
{
    struct stream *stream = connection_new(places->loop, fd, peer, 0, err);

    return stream && adopt(places, stream, peer, err) == 0 ? stream : NULL;
}

struct stream *places_hold(struct places *places, int fd, const struct endpoint *peer,
                           struct err *err)
{
    struct stream *stream = NULL;
    int failed = 0;

    err->kind = ERR_NONE;
    if (!places_have_one(places)) {
        failed = queue_add(&places->queue, places->loop, fd, peer, err);
    } else {
        stream = hold(places, fd, peer, err);
        failed = stream ? 0 : -1;
    }
    if (failed && !places->hosts.later)
        places->hosts.gone(places->hosts.owner, peer);
    return stream;
}

/* ---- the queue ---- */

/* NULL: the first was closed. */
static struct stream *adopt_first(struct places *places)
{
    struct endpoint peer;
    struct stream *stream = queue_take(&places->queue, &peer);
    struct err err;

    if (stream && adopt(places, stream, &peer, &err) == 0)
        return stream;
    places->queue.lost(places->queue.owner, &peer);
    return NULL;
}

struct stream *places_next(struct places *places)
{
    struct stream *stream = NULL;

    while (!stream && places->queue.count && !places_are_full(places))
        stream = adopt_first(places);
    if (!stream)
        queue_tell(&places->queue);
    return stream;
}

void places_drop_queue(struct places *places, enum stream_close how)
{
    if (how == STREAM_LINGER)
        queue_tell_end(&places->queue);
    while (places->queue.count) {
        struct endpoint peer;
        struct stream *stream = queue_take(&places->queue, &peer);

        if (stream)
            stream_close(stream, how);
        places->queue.lost(places->queue.owner, &peer);
    }
}
