/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/far_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room/announce.h"
#include "room/greeting.h"
#include "room/roster.h"
#include "text/name.h"

/* A part of a line, read from the left. */
struct words {
    const char *text;
    size_t n;
};

static bool skip(struct words *words, const char *expected)
{
    size_t n = strlen(expected);

    if (words->n < n || memcmp(words->text, expected, n) != 0)
        return false;
    words->text += n;
    words->n -= n;
    return true;
}

/* A name up to `end`, which is skipped, too. False: there is none, and *words are as before. */
static bool skip_name(struct words *words, const char *end, char name[MEMBER_NAME])
{
    const char *found = *end ? memmem(words->text, words->n, end, strlen(end)) : NULL;
    size_t n = found ? (size_t)(found - words->text) : words->n;
    struct err err;

    if ((*end && !found) || !n || n >= MEMBER_NAME || memchr(words->text, '\0', n))
        return false;
    memcpy(name, words->text, n);
    name[n] = '\0';
    if (name_check(name, &err) < 0)
        return false;
    words->text += n + strlen(end);
    words->n -= n + strlen(end);
    return true;
}

/* ---- the names of those who are there ---- */

static void forget(struct far_room *far, const char *name)
{
    free(map_remove(&far->names, name, strlen(name)));
}

/* Without memory, and past FAR_ROOM_NAMES, a name is not completed. */
static void note(struct far_room *far, const char *name)
{
    char *copy;

    if (far->names.count >= FAR_ROOM_NAMES || map_get(&far->names, name, strlen(name)) ||
        !strcmp(name, far->own))
        return;
    copy = strdup(name);
    if (copy && map_set(&far->names, copy, strlen(copy), copy) < 0)
        free(copy);
}

/* The forms of room/chat: "you are NAME", "NAME joined", and a NAME alone from /who. */
static void note_notice(struct far_room *far, struct words notice)
{
    char name[MEMBER_NAME], renamed[MEMBER_NAME];
    struct words rest = notice;

    if (skip(&rest, "you are ") && skip_name(&rest, "", name)) {
        forget(far, name);
        memcpy(far->own, name, sizeof far->own);
        return;
    }
    rest = notice;
    if (skip_name(&rest, "", name)) {
        note(far, name);
        return;
    }
    if (!skip_name(&rest, " ", name))
        return;
    if (skip(&rest, "joined") && !rest.n)
        note(far, name);
    else if (skip(&rest, "left") && !rest.n)
        forget(far, name);
    else if (skip(&rest, "is now ") && skip_name(&rest, "", renamed)) {
        forget(far, name);
        note(far, renamed);
    }
}

/* ---- the first line ---- */

static void meet(struct far_room *far, const struct inbound *inbound)
{
    struct words line = {inbound->text, inbound->n};
    enum greeting greeting = greeting_of(line.text, line.n);

    if (!inbound->is_whole || inbound->continues)
        greeting = GREETING_NONE;
    if (greeting == GREETING_QUEUED)
        return;
    far->state = greeting == GREETING_WELCOME && skip(&line, GREETING_HEAD) &&
                         skip_name(&line, GREETING_TAIL, far->own)
                     ? FAR_ROOM_JOINED
                     : FAR_ROOM_NONE;
}

/* ---- lines ---- */

static bool looks_like_own(const struct far_room *far, const char *name)
{
    struct skeletons skeletons;
    bool is_alike;

    if (!far->label.first || !far->you.first || confusable_init(&skeletons, name) < 0)
        return true;
    is_alike = confusable_alike(&skeletons, &far->label) || confusable_alike(&skeletons, &far->you);
    confusable_fini(&skeletons);
    return is_alike;
}

/* "NAME: text", "* NAME text", "[NAME] text". */
static bool skip_head(struct words *line, enum inbound_kind *kind, char name[MEMBER_NAME])
{
    struct words rest = *line;

    *kind = INBOUND_ACTION;
    if (skip(&rest, "* ") && skip_name(&rest, " ", name)) {
        *line = rest;
        return true;
    }
    rest = *line;
    *kind = INBOUND_PRIVATE;
    if (skip(&rest, "[") && skip_name(&rest, "] ", name)) {
        *line = rest;
        return true;
    }
    *kind = INBOUND_SAY;
    return skip_name(line, ": ", name);
}

static void read_line(struct far_room *far, struct inbound *inbound)
{
    struct words line = {inbound->text, inbound->n}, said = line;

    *far->sender = '\0';
    far->kind = INBOUND_SAY;
    if (skip(&line, ANNOUNCE_HEAD)) {
        far->kind = INBOUND_NOTICE;
        note_notice(far, line);
    } else if (skip_head(&said, &far->kind, far->sender) && !looks_like_own(far, far->sender)) {
        note(far, far->sender);
        line = said;
    } else {
        *far->sender = '\0';
        far->kind = INBOUND_SAY;
    }
    inbound->text = line.text;
    inbound->n = line.n;
}

void far_room_read(struct far_room *far, struct inbound *inbound)
{
    if (far->state == FAR_ROOM_WAITING)
        meet(far, inbound);
    if (far->state == FAR_ROOM_NONE)
        return;
    if (!inbound->continues)
        read_line(far, inbound);
    inbound->kind = far->kind;
    inbound->from = *far->sender ? far->sender : NULL;
}

enum inbox_patience far_room_patience(const struct far_room *far)
{
    static const enum inbox_patience patience[] = {[FAR_ROOM_WAITING] = INBOX_WAITS_FOR_GREETING,
                                                   [FAR_ROOM_JOINED] = INBOX_WAITS_FOR_LF,
                                                   [FAR_ROOM_NONE] = INBOX_WAITS_FOR_SILENCE};

    return patience[far->state];
}

/* ---- the label, and the end ---- */

static void replace(struct skeletons *skeletons, const char *name)
{
    confusable_fini(skeletons);
    if (confusable_init(skeletons, name) < 0)
        *skeletons = (struct skeletons){0};
}

void far_room_set_label(struct far_room *far, const char *label)
{
    replace(&far->label, label);
    replace(&far->you, ROSTER_YOU);
}

void far_room_fini(struct far_room *far)
{
    map_free(&far->names);
    confusable_fini(&far->label);
    confusable_fini(&far->you);
    *far = (struct far_room){0};
}
