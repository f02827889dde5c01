/* SPDX-License-Identifier: GPL-3.0-or-later */
/* greeting: the lines that a room with commands says before all others, each in ASCII. chat writes
 * them, and far_room and inbox read them:
 *
 *     -!- you are peer3; /help lists commands                 to a newcomer
 *     -!- the room is full; you are number 2 in the queue     to one that waits for a place of -m
 */
#pragma once

#include <stddef.h>

#define GREETING_HEAD "-!- you are "
#define GREETING_NAME "peer" /* and a number */
#define GREETING_TAIL "; /help lists commands"
#define GREETING_QUEUE_HEAD "-!- the room is full; you are number "
#define GREETING_QUEUE_TAIL " in the queue"

/* GREETING_QUEUED: the second line; GREETING_WELCOME: the first one. */
enum greeting { GREETING_NONE, GREETING_BEGINS, GREETING_QUEUED, GREETING_WELCOME };

/* Tells what a line without its line end is. GREETING_BEGINS: n > 0 bytes of such a line, and more
 * of it may come. */
enum greeting greeting_of(const void *line, size_t n);
