#include "talk/roster.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/name.h"

enum { FIRST_SLOTS = 64 };

/* ---- names by what they look like ---- */

static size_t slot_of(const struct roster *roster, const char *key)
{
    uint32_t hash = 2166136261u;

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash & (roster->slots - 1);
}

static struct member **place_of(const struct roster *roster, const char *name)
{
    char key[NAME_KEY];

    name_key(name, key);
    return &roster->names[slot_of(roster, key)];
}

static void enter(struct roster *roster, struct member *member)
{
    struct member **place = place_of(roster, member->seat.name);

    member->seat.next_of_name = *place;
    *place = member;
}

static void strike(struct roster *roster, struct member *member)
{
    struct member **place = place_of(roster, member->seat.name);

    while (*place != member)
        place = &(*place)->seat.next_of_name;
    *place = member->seat.next_of_name;
}

/* As many slots as members, so that there are few in each. */
static int make_room(struct roster *roster)
{
    size_t slots = roster->slots ? 2 * roster->slots : FIRST_SLOTS;
    struct member **names;

    if (roster->count < roster->slots)
        return 0;
    names = calloc(slots, sizeof *names);
    if (!names)
        return roster->slots ? 0 : -1; /* it goes on more slowly */
    free(roster->names);
    roster->names = names;
    roster->slots = slots;
    for (struct member *member = roster->first; member; member = member->seat.next)
        enter(roster, member);
    return 0;
}

static struct member *find_key(const struct roster *roster, const char *key)
{
    struct member *member = roster->slots ? roster->names[slot_of(roster, key)] : NULL;

    for (; member; member = member->seat.next_of_name) {
        char other[NAME_KEY];

        name_key(member->seat.name, other);
        if (!strcmp(key, other))
            break;
    }
    return member;
}

struct member *roster_find(const struct roster *roster, const char *name, size_t n)
{
    char whole[MEMBER_NAME], key[NAME_KEY];

    if (n >= sizeof whole)
        return NULL;
    memcpy(whole, name, n);
    whole[n] = '\0';
    name_key(whole, key);
    return find_key(roster, key);
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
    free(roster->names);
    roster->names = NULL;
    roster->slots = 0;
}

/* ---- other names ---- */

/* "peer7": whoever has it came as the seventh. */
static bool is_by_number(const char *key)
{
    size_t head = strlen("peer");

    return !strncmp(key, "peer", head) && key[head] && name_is_number(key + head);
}

/* With these the notices of a chat begin. */
static bool is_reserved(const char *key)
{
    static const char *const words[] = {"you", "nobody", "this"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(key, words[i]))
            return true;
    return name_is_number(key);
}

int roster_check(const struct roster *roster, const struct member *member, const char *name,
                 struct err *err)
{
    char key[NAME_KEY], own[NAME_KEY];
    const struct member *other;

    if (name_check(name, err) < 0)
        return -1;
    name_key(name, key);
    name_key(roster->own, own);
    other = find_key(roster, key);
    if ((other && other != member) || (member && !strcmp(key, own)))
        return err_set(err, ERR_USAGE, "'%s' is taken: somebody has that name or one like it",
                       name);
    if (is_reserved(key))
        return err_set(err, ERR_USAGE, "'%s' is no name: notices begin so", name);
    if (!other && is_by_number(key))
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
