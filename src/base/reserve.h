/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reserve: descriptors that no peer gets, so that what is asked of this side can be done while all
 * others are in use: a list is read again, a file is sent, a socket takes the place of another.
 *
 * A process has one, as it has one table of descriptors; it is empty at first. Whoever lets peers
 * in holds it full before each of them, and lets nobody in where that fails. Whoever finds that
 * there is none left spends of it and tries again. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum {
    RESERVE = 4,      /* as many as are needed at once: two by a socket's path, and two files */
    RESERVE_MAX = 16, /* that can be held */
};

/* Holds n descriptors, no more and no fewer. -1 and errno: there are not so many; it holds those
 * that there are. */
int reserve_hold(unsigned n);

/* Whether a call that failed with this error may succeed now, because one was given up. */
bool reserve_spend(int number);

/* As open(2), by a descriptor of the reserve where there is no other. */
int reserve_open(const char *path, int flags, mode_t mode);

/* For a call that opens something itself: one descriptor is free now, if any can be. */
void reserve_lend(void);
