/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/roster.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/confusable.h"

/* ---- names by their looks ---- */

/* The member is entered under a name; it has none so far, or had strike called on it. */
static void enter(struct roster *roster, struct member *member, const char *name,
                  const struct skeletons *skeletons)
{
    snprintf(member->seat.name, sizeof member->seat.name, "%s", name);
    member->seat.skeletons = *skeletons;
    for (const char *key = skeletons->first; key < skeletons->end; key += strlen(key) + 1)
        if (map_set(&roster->skeletons, key, strlen(key), member) < 0)
            abort(); /* give_name has reserved the slot */
}

static void strike(struct roster *roster, struct member *member)
{
    const struct skeletons *skeletons = &member->seat.skeletons;

    for (const char *key = skeletons->first; key < skeletons->end; key += strlen(key) + 1)
        map_remove(&roster->skeletons, key, strlen(key));
    confusable_fini(&member->seat.skeletons);
}

/* A member without a name, or its former one, changes nothing on a failure. */
static int give_name(struct roster *roster, struct member *member, const char *name)
{
    struct skeletons skeletons;

    if (map_reserve(&roster->skeletons, roster->skeletons.count + SKELETONS) < 0 ||
        confusable_init(&skeletons, name) < 0)
        return -1;
    strike(roster, member);
    enter(roster, member, name, &skeletons);
    return 0;
}

static bool has_name(const struct member *member, const char *name)
{
    char own[NAME_KEY], key[NAME_KEY];

    name_key(member->seat.name, own);
    name_key(name, key);
    return !strcmp(own, key);
}

struct member *roster_find(const struct roster *roster, const char *name, size_t n)
{
    char whole[MEMBER_NAME], key[NAME_KEY];
    struct member *member;

    if (n >= sizeof whole)
        return NULL;
    memcpy(whole, name, n);
    whole[n] = '\0';
    confusable_skeleton(whole, key);
    member = map_get(&roster->skeletons, key, strlen(key));
    return member && has_name(member, whole) ? member : NULL;
}

/* Whether any other one, or the operator, has a name with a look of these. */
static bool is_taken(const struct roster *roster, const struct skeletons *skeletons,
                     const struct member *except)
{
    for (const char *key = skeletons->first; key < skeletons->end; key += strlen(key) + 1) {
        const struct member *other = map_get(&roster->skeletons, key, strlen(key));

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
    map_fini(&roster->skeletons);
    confusable_fini(&roster->own_skeletons);
}

/* ---- other names ---- */

/* "peer7" is the name of the seventh member. */
static bool is_by_number(const struct skeletons *skeletons)
{
    size_t head = strlen("peer");

    for (const char *key = skeletons->first; key < skeletons->end; key += strlen(key) + 1)
        if (!strncmp(key, "peer", head) && key[head] && name_is_number(key + head))
            return true;
    return false;
}

/* Without memory it may look like it. */
static bool is_you(const struct skeletons *skeletons)
{
    struct skeletons you;
    bool is_alike;

    if (confusable_init(&you, ROSTER_YOU) < 0)
        return true;
    is_alike = confusable_alike(skeletons, &you);
    confusable_fini(&you);
    return is_alike;
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
    if (roster->is_named && is_you(skeletons))
        return err_set(err, ERR_USAGE, "'%s' is taken: a screen calls its own person %s", name,
                       ROSTER_YOU);
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
