/* SPDX-License-Identifier: GPL-3.0-or-later */
/* announce: the notices for the operator of a room: joins, leaves, charsets and losses; and how
 * many of a kind are told in a second. Notices are effects; see effects. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "room/effects.h"
#include "room/member.h"
#include "room/message.h"
#include "room/mode.h"
#include "room/roster.h"

enum { ANNOUNCE_TOLD = 5 };

/* A notice begins so on the wire, in the log of a room and in a transcript, as irssi's do. */
#define ANNOUNCE_HEAD "-!- "

/* Events that are told in sum when they are frequent. */
enum traffic { TRAFFIC_JOINED, TRAFFIC_LEFT, TRAFFIC_RENAMED, TRAFFIC_FAILED, TRAFFIC_KINDS };

typedef void announce_due(void *owner);

struct announce {
    struct effects *effects;
    const struct roster *roster;
    const struct mode *mode;
    bool once;                      /* the run ends with its first peer, and tells how */
    const struct charset *told;     /* the last charset of a peer that was told; NULL: none */
    unsigned counts[TRAFFIC_KINDS]; /* of this second */
    uv_timer_t second;
    announce_due *due; /* a second is over: announce_take */
    void *owner;
};

void announce_init(struct announce *announce, struct effects *effects, const struct roster *roster,
                   const struct mode *mode, bool once, announce_due *due, void *owner);

/* Before the first member comes; the room closes the timer. */
void announce_open(struct announce *announce, uv_loop_t *loop);

/* Counts one more of this kind. False: ANNOUNCE_TOLD of the kind were told within this second, and
 * the rest is told in sum when the second is over. */
bool announce_is_told(struct announce *announce, enum traffic kind);

/* Tells the failures that were not told within the second, and gives all that were not told. */
void announce_take(struct announce *announce, unsigned untold[TRAFFIC_KINDS]);

/* "peer1 127.0.0.1:50312 joined", and a sentence about the end, which may be for another reason
 * than the member's wish; NULL: there is none. */
void announce_tell_joined(struct announce *announce, const struct member *member);
void announce_tell_left(struct announce *announce, const struct member *member,
                        const char *sentence, const char *why);

/* "peer1 is now alice". An operator has no address: NULL. */
void announce_tell_renamed(struct announce *announce, const char *former, const char *name,
                           const char *address);

/* While the member is in the roster; for rooms that are not named. */
void announce_joined(struct announce *announce, const struct member *member);
void announce_left(struct announce *announce, const struct member *member, enum member_end how,
                   const struct err *err);

/* Characters of the message that a peer's charset does not have, once for each charset; the message
 * was for all, or for one only. */
void announce_faults(struct announce *announce, const struct member *only,
                     const struct message *message);

/* Notes the charset in which members read the operator's words, as long as it may be wrong. */
void announce_spoken(struct announce *announce, struct member *only, const struct message *message);

/* In front of a message. Tells the charset that a member is known to speak, where that differs from
 * the first of the list, from the last one that was told, or from the member's former one; and
 * once each that its text is invalid, is UTF-16, or looks like UTF-8 and another charset was given.
 */
void announce_encoding(struct announce *announce, struct member *member,
                       const struct inbound *inbound);

/* Behind a message. Tells once how it reads in the charset in which it may have been meant, and the
 * command for that. */
void announce_doubt(struct announce *announce, struct member *member,
                    const struct inbound *inbound);
