#include "net/guests.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/connection.h"

struct guest {
    struct guests *guests;
    struct endpoint peer;
    unsigned holds; /* its socket is one */
};

bool guests_are_full(const struct guests *guests)
{
    return guests->max && guests->count >= guests->max;
}

static void on_closed(void *owner)
{
    const struct guests *guests = ((struct guest *)owner)->guests;

    guests->events->closed(guests->owner);
    guest_release(owner);
}

struct guest *guest_hold(const struct stream *stream)
{
    struct guest *guest = connection_owner(stream, on_closed);

    if (guest)
        guest->holds++;
    return guest;
}

void guest_release(void *owner)
{
    struct guest *guest = owner;
    struct guests *guests;

    if (!guest || --guest->holds)
        return;
    guests = guest->guests;
    guests->events->gone(guests->owner, &guest->peer);
    free(guest);
    guests->count--;
    guests->events->left(guests->owner);
}

static struct stream *welcome(struct guests *guests, int fd, const struct endpoint *peer,
                              struct err *err)
{
    struct guest *guest = malloc(sizeof *guest);
    struct stream *stream;

    if (!guest) {
        close(fd);
        err_memory(err);
        return NULL;
    }
    *guest = (struct guest){guests, *peer, 1};
    stream = connection_new(guests->loop, fd, peer, 0, err);
    if (stream)
        connection_on_close(stream, on_closed, guest);
    else
        free(guest);
    return stream;
}

/* Out of memory is no reason to end. */
struct stream *guests_let_in(struct guests *guests, int fd, const struct endpoint *peer)
{
    struct stream *stream;
    struct err err;

    if (!guests->events->admits(guests->owner, peer)) {
        close(fd);
        return NULL;
    }
    stream = welcome(guests, fd, peer, &err);
    if (stream) {
        guests->count++;
    } else {
        guests->events->gone(guests->owner, peer);
        log_say(LOG_ERROR, "a connection was refused: %s", err.sentence);
    }
    return stream;
}
