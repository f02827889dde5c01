/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hops: how far a connection may still be passed on.
 *
 * Listeners that forward to each other in a ring would pass one connection on until all descriptors
 * are used. Bytes cannot carry a count, but each packet has one: the time to live, which a router
 * takes one from (RFC 791; RFC 8200: hop limit). A connection that is made for another one begins
 * with 255, the most there is, or with one less than the first packet of that one came with, where
 * that was passed on itself. A ring ends after HOPS_MAX connections.
 * Systems begin with 64, 128 or 255, so that nobody else's connection is taken for one near its
 * end, and one that is passed on reaches whatever the system's own would reach. Unix sockets have
 * no packets: there the count is the name of the calling socket, an abstract one, which the
 * listener is told. */
#pragma once

enum { HOPS_MAX = 64 };

/* Makes a listening TCP socket keep what hops_left asks for. */
void hops_keep(int listener);

/* The count of an accepted connection, once: 1 to HOPS_MAX; 1: it is not to be passed on. HOPS_MAX
 * for one that was not passed on so far. */
int hops_left(int fd);

/* Before connect: lets the other end know that so many are left, 1 to HOPS_MAX - 1. */
void hops_begin_with(int fd, int hops);
