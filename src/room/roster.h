/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roster: the members of a room and their names.
 *
 * Newcomers are peer1, peer2 and so on; a number is never given twice, and no other member can take
 * such a name. No two names look alike (see confusable). Screens call their own person ROSTER_YOU,
 * so that no one of a named room can take that name. A member is found by its own name, up to case
 * and width (see name_key). Each look-up takes constant time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/map.h"
#include "base/must_check.h"
#include "room/member.h"

#define ROSTER_YOU "you"

struct roster {
    struct member *first, *last;
    size_t count;
    unsigned numbers;      /* given so far */
    bool is_named;         /* members read each other's names, and the operator's */
    struct map skeletons;  /* of their names: each member by its seat's */
    char own[MEMBER_NAME]; /* the operator's; empty: none */
    struct skeletons own_skeletons;
};

/* Forgets all members. */
void roster_fini(struct roster *roster);

/* Names the member, by number where name is NULL, and puts it at the end. -1 without memory. */
MUST_CHECK int roster_add(struct roster *roster, struct member *member, const char *name);
void roster_remove(struct roster *roster, struct member *member);

/* NULL: no member has that name. */
struct member *roster_find(const struct roster *roster, const char *name, size_t n);

/* Whether the member (NULL: the operator) may take the name: ERR_USAGE if the name is not valid
 * (see name_check), looks like the name of another, like ROSTER_YOU in a named room, or like one
 * that is given by number; ERR_LOCAL without memory. A member may keep its own name. */
int roster_check(const struct roster *roster, const struct member *member, const char *name,
                 struct err *err);

/* Renames a member, or the operator (NULL), to what roster_check lets through. -1 without memory:
 * the former name stays. */
MUST_CHECK int roster_rename(struct roster *roster, struct member *member, const char *name);
