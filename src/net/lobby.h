/* lobby: those whose connections were taken from the system's queue and who wait for a place. */
#pragma once

#include <stddef.h>

#include "net/address.h"

struct lobby_guest {
    int fd;
    struct endpoint peer;
};

/* A zeroed one is valid and empty. */
struct lobby {
    struct lobby_guest *guests;
    size_t count, capacity;
    size_t first; /* of those who still wait */
};

/* Takes over the descriptor. -1: memory is short, and it is closed. */
int lobby_enter(struct lobby *lobby, int fd, const struct endpoint *peer);

/* Who came first: a descriptor, which is the caller's. -1: nobody waits. */
int lobby_call(struct lobby *lobby, struct endpoint *peer);

size_t lobby_count(const struct lobby *lobby);

/* All who wait get a reset. */
void lobby_fini(struct lobby *lobby);
