#include "talk/roster.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/looks.h"

enum { FIRST_SLOTS = 64 };

/* ---- names by what they look like ---- */

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 2166136261u;

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

static struct look **slot_of(const struct roster *roster, uint32_t hash)
{
    return &roster->looks[hash & (roster->slots - 1)];
}

static void put(struct roster *roster, struct look *look)
{
    struct look **slot = slot_of(roster, look->hash);

    look->next = *slot;
    *slot = look;
}

/* Most names look the same in capitals, too. */
static bool is_known(const struct looks *looks, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (!strcmp(looks->keys[i], looks->keys[j]))
            return true;
    return false;
}

static void enter(struct roster *roster, struct member *member)
{
    struct looks looks;

    looks_init(&looks, member->seat.name);
    for (size_t i = 0; i < LOOKS; i++) {
        struct look *look = &member->seat.looks[i];

        *look = (struct look){.member = is_known(&looks, i) ? NULL : member,
                              .hash = hash_of(looks.keys[i])};
        if (look->member)
            put(roster, look);
    }
}

static void strike(struct roster *roster, struct member *member)
{
    for (size_t i = 0; i < LOOKS; i++) {
        struct look *look = &member->seat.looks[i];
        struct look **place = slot_of(roster, look->hash);

        if (!look->member)
            continue;
        while (*place != look)
            place = &(*place)->next;
        *place = look->next;
    }
}

static void put_again(struct roster *roster)
{
    for (struct member *member = roster->first; member; member = member->seat.next)
        for (size_t i = 0; i < LOOKS; i++)
            if (member->seat.looks[i].member)
                put(roster, &member->seat.looks[i]);
}

/* As many slots as members, so that there are few in each. */
static int make_room(struct roster *roster)
{
    size_t slots = roster->slots ? 2 * roster->slots : FIRST_SLOTS;
    struct look **looks;

    if (roster->count < roster->slots)
        return 0;
    looks = calloc(slots, sizeof *looks);
    if (!looks)
        return roster->slots ? 0 : -1; /* it goes on more slowly */
    free(roster->looks);
    roster->looks = looks;
    roster->slots = slots;
    put_again(roster);
    return 0;
}

static struct look *first_of(const struct roster *roster, uint32_t hash)
{
    return roster->slots ? *slot_of(roster, hash) : NULL;
}

struct member *roster_find(const struct roster *roster, const char *name, size_t n)
{
    char whole[MEMBER_NAME], key[NAME_KEY], small[NAME_KEY], other[NAME_KEY];
    uint32_t hash;

    if (n >= sizeof whole)
        return NULL;
    memcpy(whole, name, n);
    whole[n] = '\0';
    name_key(whole, key);
    looks_small(whole, small);
    hash = hash_of(small);
    for (struct look *look = first_of(roster, hash); look; look = look->next) {
        if (look->hash != hash)
            continue;
        name_key(look->member->seat.name, other);
        if (!strcmp(key, other))
            return look->member;
    }
    return NULL;
}

static bool looks_like(const struct looks *looks, const char *name)
{
    struct looks other;

    looks_init(&other, name);
    return looks_alike(looks, &other);
}

/* Whether any other one has a name with a look of these. */
static bool is_taken(const struct roster *roster, const struct looks *looks,
                     const struct member *except)
{
    for (size_t i = 0; i < LOOKS; i++) {
        uint32_t hash = hash_of(looks->keys[i]);

        for (struct look *look = first_of(roster, hash); look; look = look->next)
            if (look->hash == hash && look->member != except &&
                looks_like(looks, look->member->seat.name))
                return true;
    }
    return except && *roster->own && looks_like(looks, roster->own);
}

/* ---- coming and going ---- */

int roster_add(struct roster *roster, struct member *member)
{
    if (make_room(roster) < 0)
        return -1;
    snprintf(member->seat.name, sizeof member->seat.name, "peer%u", ++roster->numbers);
    member->seat.previous = roster->last;
    member->seat.next = NULL;
    *(roster->last ? &roster->last->seat.next : &roster->first) = member;
    roster->last = member;
    roster->count++;
    enter(roster, member);
    return 0;
}

void roster_remove(struct roster *roster, struct member *member)
{
    struct seat *seat = &member->seat;

    strike(roster, member);
    *(seat->previous ? &seat->previous->seat.next : &roster->first) = seat->next;
    *(seat->next ? &seat->next->seat.previous : &roster->last) = seat->previous;
    roster->count--;
}

void roster_fini(struct roster *roster)
{
    free(roster->looks);
    roster->looks = NULL;
    roster->slots = 0;
}

/* ---- other names ---- */

/* "peer7": whoever has it came as the seventh. */
static bool is_by_number(const char *look)
{
    size_t head = strlen("peer");

    return !strncmp(look, "peer", head) && look[head] && name_is_number(look + head);
}

/* It may keep what it has, in whatever case. */
static bool is_own(const struct roster *roster, const struct member *member, const char *name)
{
    return member && roster_find(roster, name, strlen(name)) == member;
}

int roster_check(const struct roster *roster, const struct member *member, const char *name,
                 struct err *err)
{
    struct looks looks;

    if (name_check(name, err) < 0)
        return -1;
    looks_init(&looks, name);
    if (is_taken(roster, &looks, member))
        return err_set(err, ERR_USAGE, "'%s' is taken: somebody has that name or one like it",
                       name);
    if (is_by_number(looks.keys[LOOKS_WRITTEN]) && !is_own(roster, member, name))
        return err_set(err, ERR_USAGE, "'%s' is a name that is given by number", name);
    return 0;
}

void roster_rename(struct roster *roster, struct member *member, const char *name)
{
    if (!member) {
        snprintf(roster->own, sizeof roster->own, "%s", name);
        return;
    }
    strike(roster, member);
    snprintf(member->seat.name, sizeof member->seat.name, "%s", name);
    enter(roster, member);
}
