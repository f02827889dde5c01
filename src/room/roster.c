/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/roster.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/confusable.h"

/* ---- names by their looks ---- */

/* For one name more, so that what follows needs no memory. */
static int make_room(struct roster *roster)
{
    if (map_reserve(&roster->keys, roster->keys.count + 1) < 0)
        return -1;
    return map_reserve(&roster->skeletons, roster->skeletons.count + SKELETONS);
}

static void put(struct map *map, const char *key, struct member *member)
{
    if (map_set(map, key, strlen(key), member) < 0)
        abort(); /* cannot be: make_room was called */
}

static char *copy_of_key(const char *name)
{
    char key[NAME_KEY];

    name_key(name, key);
    return strdup(key);
}

/* The member is entered under a name; it has none so far, or had strike called on it. */
static void enter(struct roster *roster, struct member *member, const char *name, char *key,
                  const struct skeletons *skeletons)
{
    snprintf(member->seat.name, sizeof member->seat.name, "%s", name);
    member->seat.key = key;
    member->seat.skeletons = *skeletons;
    put(&roster->keys, key, member);
    for (size_t i = 0; i < SKELETONS; i++)
        if (skeletons->keys[i])
            put(&roster->skeletons, skeletons->keys[i], member);
}

static void strike(struct roster *roster, struct member *member)
{
    struct seat *seat = &member->seat;

    if (!seat->key)
        return;
    map_remove(&roster->keys, seat->key, strlen(seat->key));
    for (size_t i = 0; i < SKELETONS; i++)
        if (seat->skeletons.keys[i])
            map_remove(&roster->skeletons, seat->skeletons.keys[i],
                       strlen(seat->skeletons.keys[i]));
    free(seat->key);
    seat->key = NULL;
    confusable_fini(&seat->skeletons);
}

/* A member without a name, or its former one, changes nothing on a failure. */
static int give_name(struct roster *roster, struct member *member, const char *name)
{
    struct skeletons skeletons;
    char *key;

    if (make_room(roster) < 0 || confusable_init(&skeletons, name) < 0)
        return -1;
    key = copy_of_key(name);
    if (!key) {
        confusable_fini(&skeletons);
        return -1;
    }
    strike(roster, member);
    enter(roster, member, name, key, &skeletons);
    return 0;
}

struct member *roster_find(const struct roster *roster, const char *name, size_t n)
{
    char whole[MEMBER_NAME], key[NAME_KEY];

    if (n >= sizeof whole)
        return NULL;
    memcpy(whole, name, n);
    whole[n] = '\0';
    name_key(whole, key);
    return map_get(&roster->keys, key, strlen(key));
}

/* Whether any other one, or the operator, has a name with a look of these. */
static bool is_taken(const struct roster *roster, const struct skeletons *skeletons,
                     const struct member *except)
{
    for (size_t i = 0; i < SKELETONS; i++) {
        const char *key = skeletons->keys[i];
        const struct member *other = key ? map_get(&roster->skeletons, key, strlen(key)) : NULL;

        if (other && other != except)
            return true;
    }
    return except && confusable_alike(skeletons, &roster->own_skeletons);
}

/* ---- coming and going ---- */

int roster_add(struct roster *roster, struct member *member, const char *name)
{
    char number[MEMBER_NAME];

    snprintf(number, sizeof number, "peer%u", roster->numbers + 1);
    if (give_name(roster, member, name ? name : number) < 0)
        return -1;
    roster->numbers++;
    member->seat.previous = roster->last;
    member->seat.next = NULL;
    *(roster->last ? &roster->last->seat.next : &roster->first) = member;
    roster->last = member;
    roster->count++;
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
    while (roster->first)
        roster_remove(roster, roster->first);
    map_fini(&roster->keys);
    map_fini(&roster->skeletons);
    confusable_fini(&roster->own_skeletons);
}

/* ---- other names ---- */

/* "peer7" is the name of the seventh member. */
static bool is_by_number(const struct skeletons *skeletons)
{
    size_t head = strlen("peer");

    for (size_t i = 0; i < SKELETONS; i++) {
        const char *look = skeletons->keys[i];

        if (look && !strncmp(look, "peer", head) && look[head] && name_is_number(look + head))
            return true;
    }
    return false;
}

/* A member may keep its name, in any case. */
static bool is_own(const struct roster *roster, const struct member *member, const char *name)
{
    return member && roster_find(roster, name, strlen(name)) == member;
}

static int check_looks(const struct roster *roster, const struct member *member, const char *name,
                       const struct skeletons *skeletons, struct err *err)
{
    if (is_taken(roster, skeletons, member))
        return err_set(err, ERR_USAGE, "'%s' is taken: somebody has that name or one like it",
                       name);
    if (is_by_number(skeletons) && !is_own(roster, member, name))
        return err_set(err, ERR_USAGE, "'%s' is a name that is given by number", name);
    return 0;
}

int roster_check(const struct roster *roster, const struct member *member, const char *name,
                 struct err *err)
{
    struct skeletons skeletons;
    int checked;

    if (name_check(name, err) < 0)
        return -1;
    if (confusable_init(&skeletons, name) < 0)
        return err_memory(err);
    checked = check_looks(roster, member, name, &skeletons, err);
    confusable_fini(&skeletons);
    return checked;
}

static int rename_operator(struct roster *roster, const char *name)
{
    struct skeletons skeletons;

    if (confusable_init(&skeletons, name) < 0)
        return -1;
    confusable_fini(&roster->own_skeletons);
    roster->own_skeletons = skeletons;
    snprintf(roster->own, sizeof roster->own, "%s", name);
    return 0;
}

int roster_rename(struct roster *roster, struct member *member, const char *name)
{
    return member ? give_name(roster, member, name) : rename_operator(roster, name);
}
