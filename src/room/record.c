/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/record.h"

#include <stdio.h>

#include "base/event.h"
#include "io/transcript_tee.h"
#include "room/chat.h"
#include "text/codec.h"

enum { UTF8_GROWTH = 4 }; /* most bytes of UTF-8 for a byte of a charset */

void record_sentence(const struct room *room, const char *sentence)
{
    if (room->options.transcript)
        transcript_notice(room->options.transcript, sentence);
}

void record_event(const struct room *room, const struct event *event)
{
    struct event recorded = *event;
    char sentence[EVENT_LINE];

    event_sentence(event, sentence, sizeof sentence);
    record_sentence(room, sentence);
    recorded.level = EVENT_RECORDED;
    event_tell(&recorded);
}

/* ---- messages ---- */

static const char *how_of(enum inbound_kind kind)
{
    static const char *const names[] = {[INBOUND_SAY] = "say",
                                        [INBOUND_ACTION] = "action",
                                        [INBOUND_PRIVATE] = "private",
                                        [INBOUND_NOTICE] = "notice"};

    return names[kind];
}

static void write_down(const struct room *room, const char *name, const struct inbound *inbound)
{
    struct transcript *transcript = room->options.transcript;
    char head[CHAT_HEAD];

    if (!transcript)
        return;
    if (inbound->from || inbound->kind == INBOUND_ACTION || inbound->kind == INBOUND_PRIVATE) {
        chat_head(inbound->from ? inbound->from : name, inbound->kind, head);
        transcript_under(transcript, head, inbound->text, inbound->n);
    } else if (inbound->kind == INBOUND_NOTICE) /* no notice of this side looks like it */
        transcript_under(transcript, "peer: -!-", inbound->text, inbound->n);
    else
        (inbound->continues ? transcript_further : transcript_line)(transcript, name, inbound->text,
                                                                    inbound->n);
}

void record_inbound(const struct room *room, const struct member *member,
                    const struct inbound *inbound, struct inbound_wire wire)
{
    write_down(room, member->seat.name, inbound);
    event_tell(&(struct event){
        .kind = EVENT_MESSAGE,
        .level = EVENT_RECORDED,
        .peer = member_address(member),
        .name = inbound->from ? inbound->from : member->seat.name,
        .direction = "in",
        .how = how_of(inbound->kind),
        .encoding = wire.charset ? charset_name(wire.charset) : NULL,
        .text = inbound->text,
        .text_n = inbound->n,
        .bytes = wire.bytes,
        .replaced = inbound->replaced,
    });
}

void record_own(const struct room *room, struct record_parties parties, enum inbound_kind kind,
                const char *text, size_t n)
{
    struct inbound own = {.text = text, .n = n, .kind = kind};
    char label[2 * MEMBER_NAME + 2];

    snprintf(label, sizeof label, "%s%s%s", parties.name, parties.to ? ">" : "",
             parties.to ? parties.to : "");
    write_down(room, label, &own);
    event_tell(&(struct event){
        .kind = EVENT_MESSAGE,
        .level = EVENT_RECORDED,
        .peer = parties.member ? member_address(parties.member) : NULL,
        .name = parties.name,
        .to = parties.to,
        .direction = "out",
        .how = how_of(kind),
        .text = text,
        .text_n = n,
        .bytes = n,
    });
}

void record_literal(const struct room *room, const char *name, const char *text, size_t n,
                    size_t bytes)
{
    struct inbound own = {.text = text, .n = n, .kind = INBOUND_SAY};

    write_down(room, name, &own);
    event_tell(&(struct event){
        .kind = EVENT_MESSAGE,
        .level = EVENT_RECORDED,
        .name = name,
        .direction = "out",
        .how = "literal",
        .text = text,
        .text_n = n,
        .bytes = bytes,
    });
}

static void tell_answer(const struct room *room, const struct member *member,
                        const struct inbound *answer)
{
    const char *name = room->roster.own;
    const char *whom = room->options.mode.framed ? member->seat.name : member_address(member);
    const char *to = room->options.mode.one_peer ? NULL : whom;
    char label[MEMBER_NAME + ADDRESS_LABEL + 2];

    snprintf(label, sizeof label, "%s%s%s", name, to ? ">" : "", to ? to : "");
    write_down(room, label, answer);
    event_tell(&(struct event){
        .kind = EVENT_MESSAGE,
        .level = EVENT_RECORDED,
        .peer = member_address(member),
        .name = name,
        .to = to,
        .direction = "out",
        .how = "reply",
        .encoding = answer->charset ? charset_name(answer->charset) : NULL,
        .text = answer->text,
        .text_n = answer->n,
        .bytes = answer->wire.n,
        .replaced = answer->replaced,
    });
}

static size_t without_line_end(const char *text, size_t n)
{
    n -= n && text[n - 1] == '\n';
    return n - (n && text[n - 1] == '\r');
}

void record_answer(const struct room *room, const struct member *member, struct charset *charset,
                   const void *bytes, size_t n)
{
    struct charset *utf8 = room->options.member.inbox.utf8;
    struct codec_plan plan = {.from = charset ? charset : utf8, .to = utf8, .text.checked = true};
    struct inbound answer = {.kind = INBOUND_SAY, .charset = charset, .wire.n = n};
    struct codec codec;
    struct buf text;

    if (!room->options.transcript && !event_is_shown(EVENT_RECORDED))
        return;
    buf_init(&text, UTF8_GROWTH * n);
    codec_init(&codec, &plan);
    if (codec_push(&codec, bytes, n, true, &text, NULL) < 0 && room->options.transcript)
        transcript_lose(room->options.transcript);
    answer.text = (const char *)buf_bytes(&text);
    answer.n = without_line_end(answer.text, buf_length(&text));
    answer.replaced = codec.faults.undecodable > 0;
    tell_answer(room, member, &answer);
    buf_fini(&text);
}

struct stream *record_tee(struct room *room, struct stream *stream, struct err *err)
{
    struct transcript_tee_options how = {
        .transcript = room->options.transcript,
        .charset = room->options.member.encodings.first ? room->options.member.encodings.first
                                                        : room->options.local,
        .utf8 = room->options.member.inbox.utf8,
        .peer = stream_label(stream),
    };
    struct stream *tee;

    if (!how.transcript || room->options.mode.framed)
        return stream;
    tee = transcript_tee_new(stream, &how, err);
    if (!tee)
        stream_close(stream, STREAM_ABORT);
    return tee;
}
