/* roster: who is in a room, and under which name.
 *
 * Newcomers are peer1, peer2 and so on; a number is never given twice. */
#pragma once

#include <stddef.h>

#include "talk/member.h"

struct roster {
    struct member *first, *last;
    size_t count;
    unsigned numbers; /* given so far */
};

/* Names the member and puts it at the end. */
void roster_add(struct roster *roster, struct member *member);
void roster_remove(struct roster *roster, struct member *member);

/* NULL when nobody has that name. */
struct member *roster_find(const struct roster *roster, const char *name, size_t n);
