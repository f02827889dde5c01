/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/record.h"

#include "io/transcript_tee.h"
#include "room/chat.h"

void record_notice(const struct room *room, const char *sentence)
{
    if (room->options.transcript)
        transcript_notice(room->options.transcript, sentence);
}

/* No notice of the far room looks like one of this side. */
void record_inbound(const struct room *room, const struct member *member,
                    const struct inbound *inbound)
{
    struct transcript *transcript = room->options.transcript;
    char head[CHAT_HEAD];

    if (!transcript)
        return;
    if (inbound->from) {
        chat_head(inbound->from, inbound->kind, head);
        transcript_under(transcript, head, inbound->text, inbound->n);
    } else if (inbound->kind == INBOUND_NOTICE)
        transcript_under(transcript, "peer: -!-", inbound->text, inbound->n);
    else
        (inbound->continues ? transcript_further : transcript_line)(transcript, member->seat.name,
                                                                    inbound->text, inbound->n);
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
