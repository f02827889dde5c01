/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/announce.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/language.h"
#include "io/loop.h"
#include "net/ending.h"
#include "text/codec.h"
#include "text/misread.h"

enum {
    SECOND_MS = 1000,
    DOUBTED = 256, /* bytes of a message that is told in another charset */
    CHARACTER = 16,
    ADVICE = MEMBER_NAME + ENCODING_LIST_NAME + 16,
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
        effects_tell(
            announce->effects,
            &(struct event){.kind = EVENT_TRAFFIC,
                            .failed = failed,
                            EVENT_COUNTED("{failed} more connection failed within a second",
                                          "{failed} more connections failed within a second",
                                          failed)});
}

/* ---- joins and leaves ---- */

void announce_tell_joined(struct announce *announce, const struct member *member)
{
    effects_tell(announce->effects, &(struct event){.kind = EVENT_JOINED,
                                                    .sentence = N_("{name} {peer} joined"),
                                                    .peer = member_address(member),
                                                    .name = member->seat.name});
}

void announce_tell_left(struct announce *announce, const struct member *member,
                        const char *sentence, const char *why)
{
    effects_tell_end(announce->effects, &(struct event){.kind = EVENT_LEFT,
                                                        .sentence = sentence,
                                                        .peer = member_address(member),
                                                        .name = member->seat.name,
                                                        .why = why});
}

void announce_tell_renamed(struct announce *announce, const char *former, const char *name,
                           const char *address)
{
    effects_tell(announce->effects, &(struct event){.kind = EVENT_RENAMED,
                                                    .sentence = N_("{former} is now {name}"),
                                                    .peer = address,
                                                    .name = name,
                                                    .former = former});
}

void announce_joined(struct announce *announce, const struct member *member)
{
    if (announce->mode->announces && !announce->mode->one_peer)
        announce_tell_joined(announce, member);
}

static void tell_failed(struct announce *announce, const struct member *member,
                        const struct err *err)
{
    const char *peer = member_address(member), *why = err_behind(err, peer);

    effects_tell(announce->effects, &(struct event){.kind = EVENT_LEFT,
                                                    .sentence = why ? "{peer}: {why}" : "{why}",
                                                    .peer = peer,
                                                    .why = why ? why : err->sentence});
}

void announce_left(struct announce *announce, const struct member *member, enum member_end how,
                   const struct err *err)
{
    bool one_peer = announce->mode->one_peer;

    if (!announce->mode->announces) {
        if (how == MEMBER_FAILED && !announce->once && announce_is_told(announce, TRAFFIC_FAILED))
            tell_failed(announce, member, err);
    } else if (how == MEMBER_TOO_LATE)
        announce_tell_left(announce, member,
                           one_peer ? N_("{peer} was waited for long enough")
                                    : N_("{name} was waited for long enough"),
                           NULL);
    else if (how == MEMBER_ENDED)
        announce_tell_left(announce, member,
                           one_peer ? N_("{peer} closed the connection") : N_("{name} left"), NULL);
    else if (!one_peer)
        announce_tell_left(announce, member, N_("{name} left: {why}"),
                           ending_of_failure(member_address(member), err).reason);
}

/* ---- charsets ---- */

enum readers { READERS_CLEAR, READERS_ONE, READERS_MANY };

/* The readers of a form, and the only one. */
static enum readers find_readers(const struct announce *announce, const struct member *only,
                                 const struct charset *charset, const struct member **found)
{
    size_t count = only != NULL;

    *found = only;
    if (announce->roster->count < 2)
        return READERS_CLEAR;
    for (struct member *member = only ? NULL : announce->roster->first; member && count < 2;
         member = member->seat.next)
        if (encoding_reply(&member->inbox.encoding) == charset) {
            *found = member;
            count++;
        }
    return count == 1 ? READERS_ONE : READERS_MANY;
}

/* Singular and plural; with ? in its place, and with its escape. */
static const char *const lacking[2][3][2] = {
    {{NN_("{count} character is not in {encoding} and was sent as ?: {character}",
          "{count} characters are not in {encoding} and were sent as ?, the first {character}")},
     {NN_("{count} character is not in {encoding} and was sent to {name} as ?: {character}",
          "{count} characters are not in {encoding} and were sent to {name} as ?, the first "
          "{character}")},
     {NN_("{count} character is not in {encoding} and was sent to those who speak {encoding} as ?: "
          "{character}",
          "{count} characters are not in {encoding} and were sent to those who speak {encoding} as "
          "?, the first {character}")}},
    {{NN_("{count} character is not in {encoding} and was escaped: {character}",
          "{count} characters are not in {encoding} and were escaped, the first {character}")},
     {NN_("{count} character is not in {encoding} and was escaped for {name}: {character}",
          "{count} characters are not in {encoding} and were escaped for {name}, the first "
          "{character}")},
     {NN_("{count} character is not in {encoding} and was escaped for those who speak {encoding}: "
          "{character}",
          "{count} characters are not in {encoding} and were escaped for those who speak "
          "{encoding}, the first {character}")}},
};

static void tell_faults(struct announce *announce, const struct member *only,
                        const struct form *form)
{
    const struct codec_faults *faults = &form->faults;
    const struct member *reader;
    enum readers readers = find_readers(announce, only, form->plan.charset, &reader);
    const char *const *sentences = lacking[form->plan.text.bad == BAD_ESCAPE][readers];
    char character[CHARACTER];

    snprintf(character, sizeof character, "U+%04" PRIX32, faults->unencodable_first);
    effects_tell(announce->effects, &(struct event){
                                        .kind = EVENT_BAD_TEXT,
                                        .sentence = sentences[0],
                                        .sentences = sentences[1],
                                        .counted = faults->unencodable,
                                        .name = readers == READERS_ONE ? reader->seat.name : NULL,
                                        .direction = "out",
                                        .encoding = charset_name(form->plan.charset),
                                        .character = character,
                                        .count = faults->unencodable,
                                    });
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
    effects_tell(announce->effects,
                 &(struct event){
                     .kind = EVENT_ENCODING,
                     .sentence = is_late ? N_("{name} speaks {encoding}; your words before went as "
                                              "{former}")
                                         : N_("{name} speaks {encoding}"),
                     .peer = member_address(member),
                     .name = member->seat.name,
                     .encoding = charset_name(news),
                     .former = is_late ? charset_name(member->inbox.notes.heard_in) : NULL,
                 });
}

/* "/encoding peer1 gbk" */
static void advise(char advice[ADVICE], const struct member *member, const char *charset)
{
    size_t head = (size_t)snprintf(advice, ADVICE, "/encoding %s ", member->seat.name);

    for (size_t i = head; i < ADVICE; i++) {
        advice[i] = ascii_lower(charset[i - head]);
        if (!advice[i])
            break;
    }
}

static void tell_doubt(struct announce *announce, const struct member *member,
                       const struct charset *other, struct buf *text)
{
    char advice[ADVICE];

    advise(advice, member, charset_name(other));
    effects_tell(announce->effects,
                 &(struct event){
                     .kind = EVENT_MISREAD,
                     .sentence = N_("could also be {encoding}: {text}; {advice}"),
                     .peer = member_address(member),
                     .name = member->seat.name,
                     .encoding = charset_name(other),
                     .text = (const char *)buf_bytes(text),
                     .text_n = buf_length(text),
                     .advice = advice,
                 });
}

void announce_doubt(struct announce *announce, struct member *member, const struct inbound *inbound)
{
    struct line wire = inbound->wire;
    struct charset *other = wire.n <= DOUBTED ? encoding_doubt(&member->inbox.encoding) : NULL;
    struct codec_plan plan = {.from = other,
                              .to = member->inbox.options->utf8,
                              .text = {.checked = true, .bad = BAD_STOP}};
    struct buf text;

    if (!other)
        return;
    buf_init(&text, 4 * DOUBTED);
    if (codec_convert(&plan, wire.bytes, wire.n, &text, NULL) == 0)
        tell_doubt(announce, member, other, &text);
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
    char advice[ADVICE];

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
    advise(advice, member, "utf-8");
    effects_tell(
        announce->effects,
        &(struct event){
            .kind = EVENT_MISREAD,
            .sentence = N_("what {name} sends looks like {encoding}, not {former}; {advice}"),
            .peer = member_address(member),
            .name = member->seat.name,
            .encoding = "UTF-8",
            .former = charset_name(given),
            .advice = advice,
        });
}

void announce_encoding(struct announce *announce, struct member *member,
                       const struct inbound *inbound)
{
    /* A person knows the peers by name, a log by address. */
    static const char *const sentences[2][2] = {
        {N_("{peer} sends text that is not valid {encoding}"),
         N_("{peer} sends UTF-16, which tcpchat does not read")},
        {N_("{name} sends text that is not valid {encoding}"),
         N_("{name} sends UTF-16, which tcpchat does not read")},
    };

    tell_encoding(announce, member);
    if (announce->mode->announces)
        tell_misread(announce, member, inbound);
    if ((!inbound->replaced && !inbound->is_utf16) || member->inbox.notes.told_replaced)
        return;
    if (member->inbox.encoding.encodings.is_raw && !announce->mode->announces)
        return; /* a bot reads bytes for which no charset was given */
    member->inbox.notes.told_replaced = true;
    effects_tell(announce->effects,
                 &(struct event){
                     .kind = EVENT_BAD_TEXT,
                     .sentence = sentences[announce->mode->announces][inbound->is_utf16],
                     .peer = member_address(member),
                     .name = member->seat.name,
                     .direction = "in",
                     .encoding = inbound->is_utf16 ? NULL : charset_name(inbound->charset),
                     .count = 1,
                 });
}
