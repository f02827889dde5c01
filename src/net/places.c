/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/places.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/connection.h"

struct place {
    struct places *places;
    struct endpoint peer;
    unsigned holds; /* its socket is one */
};

bool places_are_full(const struct places *places)
{
    return places->max && places->count >= places->max;
}

static void on_closed(void *owner)
{
    const struct places *places = ((struct place *)owner)->places;

    places->events->closed(places->owner);
    place_release(owner);
}

struct place *place_hold(const struct stream *stream)
{
    struct place *place = connection_owner(stream, on_closed);

    if (place)
        place->holds++;
    return place;
}

void place_release(void *owner)
{
    struct place *place = owner;
    struct places *places;

    if (!place || --place->holds)
        return;
    places = place->places;
    places->events->gone(places->owner, &place->peer);
    free(place);
    places->count--;
    places->events->left(places->owner);
}

static struct stream *open_place(struct places *places, int fd, const struct endpoint *peer,
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
    if (stream)
        connection_on_close(stream, on_closed, place);
    else
        free(place);
    return stream;
}

/* Out of memory is no reason to end. */
struct stream *places_admit(struct places *places, int fd, const struct endpoint *peer)
{
    struct stream *stream;
    struct err err;

    if (!places->events->admits(places->owner, peer)) {
        close(fd);
        return NULL;
    }
    stream = open_place(places, fd, peer, &err);
    if (stream) {
        places->count++;
    } else {
        places->events->gone(places->owner, peer);
        log_say(LOG_ERROR, "a connection was refused: %s", err.sentence);
    }
    return stream;
}
