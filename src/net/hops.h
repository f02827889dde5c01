/* hops: how far a connection may still be passed on.
 *
 * Listeners that forward to each other in a ring would pass one connection on until all descriptors
 * are used. Bytes cannot carry a count, but each packet has one: the time to live, which a router
 * takes one from (RFC 791, RFC 8200: hop limit). A connection that is made for another one begins
 * with one less than the first packet of that one came with, so a ring ends after HOPS_MAX of them.
 * Unix sockets have no packets: there the count is the name of the calling socket, an abstract one,
 * which the listener is told. */
#pragma once

enum { HOPS_MAX = 64 }; /* which most systems begin with */

/* Makes a listening TCP socket keep what hops_left asks for. */
void hops_keep(int listener);

/* Of an accepted connection, once: 1 to HOPS_MAX; 1: it is not to be passed on. HOPS_MAX where
 * nothing is known. */
int hops_left(int fd);

/* Before connect: lets its packets begin with so many, which is above 0. */
void hops_begin_with(int fd, int hops);
