/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/membership.h"

#include <stdio.h>
#include <string.h>

#include "room/record.h"

void membership_init(struct membership *membership, struct room *room, struct waiting *waiting,
                     const char *nick, char *label)
{
    *membership =
        (struct membership){.room = room, .waiting = waiting, .nick = nick, .label = label};
    far_room_set_label(&room->far, label);
}

/* ---- to the room ---- */

static void tell_room(struct membership *membership, const char *line)
{
    room_speak(membership->room, line, strlen(line), true);
}

static void ask_name(struct membership *membership, const char *name, size_t n)
{
    char line[sizeof "/nick " + MEMBER_NAME];

    snprintf(membership->asked_name, sizeof membership->asked_name, "%.*s", (int)n, name);
    snprintf(line, sizeof line, "/nick %s", membership->asked_name);
    tell_room(membership, line);
}

void membership_ask_encodings(struct membership *membership, const struct encoding_list *list)
{
    char line[ENCODING_LIST_NAME + 16];

    membership->asked_list = *list;
    snprintf(line, sizeof line, "/encoding %s%s%s", charset_name(list->first),
             list->second ? "," : "", list->second ? charset_name(list->second) : "");
    tell_room(membership, line);
}

/* The room does not echo, so the screen does. Whether the line waits. */
static bool show_own(struct membership *membership, struct screen_label label, const char *to,
                     enum inbound_kind kind, struct word text)
{
    record_own(membership->room, (struct record_parties){membership->label, to, NULL}, kind,
               text.at, text.n);
    return waiting_show(membership->waiting, NULL, label,
                        kind == INBOUND_ACTION ? MARK_ACTION : MARK_NONE, text.at, text.n);
}

void membership_run(struct membership *membership, const struct command_line *line,
                    const char *typed)
{
    const struct word *words = line->arguments;
    char to[MEMBER_NAME], name[2 * MEMBER_NAME + 2];
    struct screen_label own = {.name = membership->label, .color = COLOR_OWN};
    struct screen_label label = {.name = name, .color = COLOR_OWN, .is_aside = true};
    bool waits = false;

    snprintf(to, sizeof to, "%.*s", (int)words[0].n, words[0].at);
    snprintf(name, sizeof name, "%s>%s", membership->label, to);
    switch (line->row->word) {
    case COMMAND_NICK: ask_name(membership, words[0].at, words[0].n); return;
    case COMMAND_ME: waits = show_own(membership, own, NULL, INBOUND_ACTION, words[0]); break;
    case COMMAND_MSG: waits = show_own(membership, label, to, INBOUND_PRIVATE, words[1]); break;
    default: break;
    }
    tell_room(membership, typed);
    waiting_note_said(membership->waiting, NULL, waits);
}

void membership_left(struct membership *membership)
{
    membership->is_member = false;
    *membership->asked_name = '\0';
    membership->asked_list = (struct encoding_list){0};
}

/* ---- from the room ---- */

/* Until the room has granted a name, another member may have it. */
static void join(struct membership *membership)
{
    membership->is_member = true;
    if (!membership->nick)
        return;
    snprintf(membership->label, MEMBER_NAME, ROSTER_YOU);
    far_room_set_label(&membership->room->far, membership->label);
    ask_name(membership, membership->nick, strlen(membership->nick));
}

static bool is_notice(const struct inbound *inbound, const char *head, const char *rest)
{
    size_t n = strlen(head);

    return inbound->n == n + strlen(rest) && !memcmp(inbound->text, head, n) &&
           !memcmp(inbound->text + n, rest, strlen(rest));
}

static void take_name(struct membership *membership)
{
    snprintf(membership->label, MEMBER_NAME, "%s", membership->asked_name);
    snprintf(membership->granted, MEMBER_NAME, "%s", membership->asked_name);
    membership->nick = membership->granted;
    *membership->asked_name = '\0';
    far_room_set_label(&membership->room->far, membership->label);
}

static void take_encodings(struct membership *membership)
{
    room_set_encodings(membership->room, &membership->asked_list);
    membership->asked_list = (struct encoding_list){0};
}

static void take_answer(struct membership *membership, const struct inbound *inbound)
{
    char list[ENCODING_LIST_NAME];

    if (*membership->asked_name && is_notice(inbound, "you are ", membership->asked_name))
        take_name(membership);
    if (!membership->asked_list.first)
        return;
    encoding_list_name(&membership->asked_list, list);
    if (is_notice(inbound, "you speak ", list))
        take_encodings(membership);
}

bool membership_heard(struct membership *membership, const struct inbound *inbound)
{
    bool joins = membership->room->far.state == FAR_ROOM_JOINED && !membership->is_member;

    if (joins)
        join(membership);
    else if (membership->is_member && inbound->kind == INBOUND_NOTICE)
        take_answer(membership, inbound);
    return joins;
}
