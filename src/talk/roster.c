#include "talk/roster.h"

#include <stdio.h>
#include <string.h>

void roster_add(struct roster *roster, struct member *member)
{
    snprintf(member->name, sizeof member->name, "peer%u", ++roster->numbers);
    member->previous = roster->last;
    member->next = NULL;
    *(roster->last ? &roster->last->next : &roster->first) = member;
    roster->last = member;
    roster->count++;
}

void roster_remove(struct roster *roster, struct member *member)
{
    *(member->previous ? &member->previous->next : &roster->first) = member->next;
    *(member->next ? &member->next->previous : &roster->last) = member->previous;
    roster->count--;
}

struct member *roster_find(const struct roster *roster, const char *name, size_t n)
{
    struct member *member = roster->first;

    while (member && (strlen(member->name) != n || memcmp(member->name, name, n) != 0))
        member = member->next;
    return member;
}
