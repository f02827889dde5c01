/* SPDX-License-Identifier: GPL-3.0-or-later */
/* facts: the facts of a socket that --explain tells and the system does not keep, and the figures
 * of the moment that it does.
 *
 * A socket is known by its descriptor. A socket that was made while nothing was explained is known
 * from its first call on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "net/endpoint.h"

struct facts {
    int fd;
    uint64_t cookie; /* of the socket, because the number of a descriptor is used again */
    bool is_tcp;     /* else a unix socket */
    bool is_own;     /* made by this program, not inherited */
    bool listens;
    int listener; /* that has accepted it, or -1 */
    bool is_connected;
    bool peer_ended, we_ended, we_ended_first;
    bool failed;                 /* the conversation was broken off */
    bool told_waiting;           /* that a recv waits */
    struct endpoint local, peer; /* length 0: none */
    uint64_t began;              /* ns: of the connect */
    uint64_t sent_at;            /* ns: of the oldest send that was not acknowledged; 0: none is */
    uint32_t segments;           /* with data, that had come by the last recv */
    bool lacks_bytes;            /* it left bytes of them, or was before these facts */
    SLIST_ENTRY(facts) entry;
};

/* The facts of an open socket. NULL without memory. */
struct facts *facts_of(int fd);

/* Forgets what is known, before the descriptor's number is used again. */
void facts_forget(int fd);
void facts_forget_all(void);

/* The known sockets, one after the other, from NULL on. */
struct facts *facts_next(const struct facts *previous);

/* Whether the socket has SO_REUSEADDR. */
bool facts_reuses_address(int fd);

/* Reads both addresses of a socket that has just got them. */
void facts_read_addresses(struct facts *facts);

/* Bytes of data that were sent and not acknowledged; for a unix socket, whether some are not read.
 */
unsigned facts_unacknowledged(const struct facts *facts);

/* Bytes that lie in the receive buffer. */
unsigned facts_unread(const struct facts *facts);

/* Figures of TCP at this moment; zeroed where the system does not tell. */
struct figures {
    unsigned state;
    unsigned pending;  /* connections in a listening socket's queue */
    uint32_t segments; /* segments with data that have come */
    uint64_t written;  /* bytes that were sent since the start, without repetitions */
};

enum {
    FIGURES_FIN_WAIT_1 = 4, /* this side has ended, and the peer has not */
    FIGURES_FIN_WAIT_2 = 5,
    FIGURES_CLOSE_WAIT = 8, /* the peer has ended, and this side has not */
};

struct figures facts_figures(const struct facts *facts);
