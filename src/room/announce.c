/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/announce.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ascii.h"
#include "io/loop.h"
#include "net/ending.h"
#include "text/codec.h"
#include "text/misread.h"

enum {
    SECOND_MS = 1000,
    HEARERS = 256,
    DOUBTED = 256, /* bytes of a message that is told in another charset */
};

void announce_init(struct announce *announce, struct effects *effects, const struct roster *roster,
                   const struct mode *mode, bool once, announce_due *due, void *owner)
{
    *announce = (struct announce){.effects = effects,
                                  .roster = roster,
                                  .mode = mode,
                                  .once = once,
                                  .due = due,
                                  .owner = owner};
}

/* ---- sums ---- */

void announce_open(struct announce *announce, uv_loop_t *loop)
{
    loop_weak_timer(loop, &announce->second, announce);
}

static void on_second(uv_timer_t *timer)
{
    struct announce *announce = timer->data;

    announce->due(announce->owner);
}

bool announce_is_told(struct announce *announce, enum traffic kind)
{
    if (!uv_is_active((uv_handle_t *)&announce->second))
        uv_timer_start(&announce->second, on_second, SECOND_MS, 0);
    return announce->counts[kind]++ < ANNOUNCE_TOLD;
}

void announce_take(struct announce *announce, unsigned untold[TRAFFIC_KINDS])
{
    unsigned failed;

    for (int kind = 0; kind < TRAFFIC_KINDS; kind++) {
        unsigned count = announce->counts[kind];

        untold[kind] = count > ANNOUNCE_TOLD ? count - ANNOUNCE_TOLD : 0;
        announce->counts[kind] = 0;
    }
    failed = untold[TRAFFIC_FAILED];
    if (failed)
        effects_tell(announce->effects, "%u more connection%s failed within a second", failed,
                     failed == 1 ? "" : "s");
}

/* ---- joins and leaves ---- */

void announce_joined(struct announce *announce, const struct member *member)
{
    if (announce->mode->announces && !announce->mode->one_peer)
        effects_tell(announce->effects, "%s %s joined", member->seat.name, member_address(member));
}

void announce_left(struct announce *announce, const struct member *member, enum member_end how,
                   const struct err *err)
{
    struct effects *effects = announce->effects;
    bool one_peer = announce->mode->one_peer;
    const char *name = one_peer ? member_address(member) : member->seat.name;

    if (!announce->mode->announces) {
        if (how == MEMBER_FAILED && !announce->once && announce_is_told(announce, TRAFFIC_FAILED))
            effects_tell(effects, "%s", err->sentence);
    } else if (how == MEMBER_TOO_LATE)
        effects_tell_end(effects, "%s was waited for long enough", name);
    else if (how == MEMBER_ENDED)
        effects_tell_end(effects, one_peer ? "%s closed the connection" : "%s left", name);
    else if (!one_peer)
        effects_tell_end(effects, "%s left: %s", name,
                         ending_of_failure(member_address(member), err).reason);
}

/* ---- charsets ---- */

/* The readers of a form: "" where that is clear, else " to peer2" or " to those who speak GBK". */
static void name_hearers(const struct announce *announce, const struct member *only,
                         const struct charset *charset, const char *to, char hearers[HEARERS])
{
    const struct member *found = only;
    size_t count = only != NULL;

    *hearers = '\0';
    if (announce->roster->count < 2)
        return;
    for (struct member *member = only ? NULL : announce->roster->first; member && count < 2;
         member = member->seat.next)
        if (encoding_reply(&member->inbox.encoding) == charset) {
            found = member;
            count++;
        }
    if (count == 1)
        snprintf(hearers, HEARERS, " %s %s", to, found->seat.name);
    else
        snprintf(hearers, HEARERS, " %s those who speak %s", to, charset_name(charset));
}

static void tell_faults(struct announce *announce, const struct member *only,
                        const struct form *form)
{
    const struct codec_faults *faults = &form->faults;
    const char *charset = charset_name(form->plan.charset);
    bool escapes = form->plan.text.bad == BAD_ESCAPE, is_one = faults->unencodable == 1;
    char hearers[HEARERS];

    name_hearers(announce, only, form->plan.charset, escapes ? "for" : "to", hearers);
    effects_tell(announce->effects,
                 "%" PRIu64 " character%s not in %s and %s %s%s%s%s U+%04" PRIX32,
                 faults->unencodable, is_one ? " is" : "s are", charset, is_one ? "was" : "were",
                 escapes ? "escaped" : "sent", hearers, escapes ? "" : " as ?",
                 is_one ? ":" : ", the first", faults->unencodable_first);
}

void announce_faults(struct announce *announce, const struct member *only,
                     const struct message *message)
{
    for (const struct form *form = message->forms; form; form = form->next)
        if (form->faults.unencodable)
            tell_faults(announce, only, form);
}

static bool is_ascii(const struct message *message)
{
    for (size_t i = 0; i < message->n; i++)
        if ((unsigned char)message->text[i] >= 0x80)
            return false;
    return true;
}

void announce_spoken(struct announce *announce, struct member *only, const struct message *message)
{
    if (is_ascii(message))
        return;
    for (struct member *member = only ? only : announce->roster->first; member;
         member = only ? NULL : member->seat.next)
        if (!encoding_known(&member->inbox.encoding))
            member->inbox.notes.heard_in = encoding_reply(&member->inbox.encoding);
}

static void tell_encoding(struct announce *announce, struct member *member)
{
    struct encoding *encoding = &member->inbox.encoding;
    const struct charset *former = announce->told ? announce->told : encoding->encodings.first;
    bool is_change;
    const struct charset *news = encoding_news(encoding, &is_change);
    bool is_late = member->inbox.notes.heard_in && member->inbox.notes.heard_in != news;

    if (!news || !announce->mode->announces ||
        (news == encoding->encodings.first && news == former && !is_change))
        return;
    announce->told = news;
    effects_tell(announce->effects, "%s speaks %s%s%s", member->seat.name, charset_name(news),
                 is_late ? "; your words before went as " : "",
                 is_late ? charset_name(member->inbox.notes.heard_in) : "");
}

void announce_doubt(struct announce *announce, struct member *member, const struct inbound *inbound)
{
    struct line wire = inbound->wire;
    struct charset *other = wire.n <= DOUBTED ? encoding_doubt(&member->inbox.encoding) : NULL;
    struct codec_plan plan = {.from = other,
                              .to = member->inbox.options->utf8,
                              .text = {.checked = true, .bad = BAD_STOP}};
    char name[ENCODING_LIST_NAME];
    struct buf text;

    if (!other)
        return;
    snprintf(name, sizeof name, "%s", charset_name(other));
    for (char *letter = name; *letter; letter++)
        *letter = ascii_lower(*letter);
    buf_init(&text, 4 * DOUBTED);
    if (codec_convert(&plan, wire.bytes, wire.n, &text, NULL) == 0)
        effects_tell(announce->effects, "could also be %s: %.*s; /encoding %s %s",
                     charset_name(other), (int)buf_length(&text), (const char *)buf_bytes(&text),
                     member->seat.name, name);
    buf_fini(&text);
}

/* Text that is UTF-8 throughout, by a peer for which another charset alone was given. */
static void tell_misread(struct announce *announce, struct member *member,
                         const struct inbound *inbound)
{
    const struct inbox *inbox = &member->inbox;
    struct inbox_notes *notes = &member->inbox.notes;
    const struct charset *given = inbox->encoding.encodings.first;
    const unsigned char *at = inbound->wire.bytes, *end = at + inbound->wire.n;

    if (!given || inbox->encoding.encodings.second || charset_is_utf8(given) || notes->told_misread)
        return;
    while (at < end && !notes->told_misread) {
        struct utf8_char next = utf8_next(at, (size_t)(end - at));

        notes->told_misread = next.status != UTF8_GOOD;
        if (next.length > 2 && notes->longs < MISREAD_LEAST)
            notes->longs++;
        at += next.length;
    }
    if (notes->told_misread || notes->longs < MISREAD_LEAST)
        return;
    notes->told_misread = true;
    effects_tell(announce->effects, "what %s sends looks like UTF-8, not %s; /encoding %s utf-8",
                 member->seat.name, charset_name(given), member->seat.name);
}

void announce_encoding(struct announce *announce, struct member *member,
                       const struct inbound *inbound)
{
    tell_encoding(announce, member);
    if (announce->mode->announces)
        tell_misread(announce, member, inbound);
    if ((!inbound->replaced && !inbound->is_utf16) || member->inbox.notes.told_replaced)
        return;
    member->inbox.notes.told_replaced = true;
    if (inbound->is_utf16) {
        effects_tell(announce->effects, "%s sends UTF-16, which tcpchat does not read",
                     member->seat.name);
        return;
    }
    effects_tell(announce->effects, "%s sends text that is not valid %s", member->seat.name,
                 charset_name(inbound->charset));
}
