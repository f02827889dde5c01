/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hops: how far a connection may still be passed on.
 *
 * Listeners that forward to each other in a ring would pass one connection on until all descriptors
 * are used. Bytes cannot carry a count, but each packet has one: the time to live, which each
 * router decrements (RFC 791; RFC 8200: hop limit). A forwarded connection begins with 255, the
 * maximum; or, if the accepted one was forwarded itself, with one less than its first packet had. A
 * ring ends after HOPS_MAX connections.
 * Systems begin with 64, 128 or 255. So a foreign connection never seems to be near its end, and a
 * forwarded connection reaches as far as an ordinary one. Unix sockets have no packets: there the
 * connecting socket has an abstract name with the count, which the listener can read. */
#pragma once

enum { HOPS_MAX = 64 };

/* Makes a listening TCP socket keep the first packets for hops_left. */
void hops_keep(int listener);

/* The count of an accepted connection, 1 to HOPS_MAX, to be called once. HOPS_MAX: it was not
 * passed on so far; 1: it is not to be passed on. */
int hops_left(int fd);

/* Before connect(2): tells the other end the count, 1 to HOPS_MAX - 1. */
void hops_begin_with(int fd, int hops);
