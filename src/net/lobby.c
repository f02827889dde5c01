#include "net/lobby.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/connection.h"

static void flow_away(int fd)
{
    connection_reset_on_close(fd, true);
    close(fd);
}

static int grow(struct lobby *lobby)
{
    size_t capacity = lobby->capacity ? 2 * lobby->capacity : 8;
    struct lobby_guest *guests = realloc(lobby->guests, capacity * sizeof *guests);

    if (!guests)
        return -1;
    lobby->guests = guests;
    lobby->capacity = capacity;
    return 0;
}

int lobby_enter(struct lobby *lobby, int fd, const struct endpoint *peer)
{
    if (lobby->count == lobby->capacity && grow(lobby) < 0) {
        flow_away(fd);
        return -1;
    }
    lobby->guests[lobby->count++] = (struct lobby_guest){fd, *peer};
    return 0;
}

int lobby_call(struct lobby *lobby, struct endpoint *peer)
{
    if (!lobby_count(lobby))
        return -1;
    *peer = lobby->guests[lobby->first].peer;
    return lobby->guests[lobby->first++].fd;
}

size_t lobby_count(const struct lobby *lobby)
{
    return lobby->count - lobby->first;
}

void lobby_fini(struct lobby *lobby)
{
    struct endpoint peer;
    int fd;

    while ((fd = lobby_call(lobby, &peer)) >= 0)
        flow_away(fd);
    free(lobby->guests);
    *lobby = (struct lobby){0};
}
