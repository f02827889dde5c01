/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox: the messages of one peer, pulled from its stream.
 *
 *     stream -> intake (telnet, framer) -> inbound (encoding, codec)
 *
 * In a framed mode the bytes become messages without line ends. In an unframed mode the inbox
 * offers bytes as they are, and inbox_take gives as many of them as the caller grants.
 *
 * A line ends at LF, at the cap INBOX_LINE, at the peer's end, or when inbox_end_line is called
 * after a silence of mode.silence_ms or mode.line_ms after its beginning. A command (a line with a
 * slash in front) is given only whole: silence does not end it, and a cut one is dropped.
 *
 * Silence leaves an unfinished character to the next message. With UTF-8 and another charset, bytes
 * that are letters there may be unfinished in UTF-8 only; after mode.letter_ms they are letters.
 *
 * With mode.typed, peers may be persons that type key by key. A line ends at CR NUL, at a CR that
 * another byte than LF follows, and at a CR behind which nothing follows for mode.cr_ms. A
 * character that came alone waits mode.key_ms for the next one; so does, by the owner's wish, the
 * beginning of a greeting. BS and DEL rub out (see text/typed). Raw bytes, and those without a
 * charset, stay as they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "room/inbox_parts.h"

enum inbox_result {
    INBOX_AGAIN,   /* there is nothing now: wait for the stream */
    INBOX_MESSAGE, /* *inbound holds a message, or with tells_reads an INBOUND_READ before those */
    INBOX_OFFER,   /* unframed: inbound->wire can be taken by inbox_take */
    INBOX_ANSWER,  /* inbound->wire is the answer to a command of telnet, as it goes to the peer */
    INBOX_DROPPED, /* inbound->n bytes of a command were dropped, for the reason inbound->drop */
    INBOX_END,     /* the peer has ended in good order */
    INBOX_FAILED,  /* *err: the stream failed, memory is short, or bad text is to stop the peer */
};

/* Without a first encoding bytes stay as they are. *options and *stream must outlive the inbox. */
void inbox_init(struct inbox *inbox, struct stream *stream, const struct inbox_options *options,
                const struct encoding_list *encodings);
void inbox_fini(struct inbox *inbox);

/* Forgets the evidence for the former encodings. */
void inbox_set_encodings(struct inbox *inbox, const struct encoding_list *encodings);

/* A turn of the loop begins: the inbox may read from the stream a few times, and offer again. */
void inbox_begin_turn(struct inbox *inbox);

/* The next message; reads from the stream where none is held. Call inbound_fini after it. */
MUST_CHECK enum inbox_result inbox_next(struct inbox *inbox, struct inbound *inbound,
                                        struct err *err);

/* The next of the held messages, to the last byte, without an offer and without a read.
 * INBOX_AGAIN: nothing is held any more. */
MUST_CHECK enum inbox_result inbox_next_held(struct inbox *inbox, struct inbound *inbound,
                                             struct err *err);

/* Takes the first n bytes, n > 0, of an offer; no character is cut. Makes *inbound a message, or
 * answers INBOX_AGAIN where no character is whole, or INBOX_FAILED. */
MUST_CHECK enum inbox_result inbox_take(struct inbox *inbox, size_t n, struct inbound *inbound,
                                        struct err *err);

/* Milliseconds until the open line is to be ended by inbox_end_line, or INBOX_NEVER. */
uint64_t inbox_timeout(struct inbox *inbox, uint64_t now);

/* Ends the open line as far as the modes allow: after a silence, or because it is open too long.
 * Answers as inbox_next, INBOX_AGAIN where nothing ends. */
MUST_CHECK enum inbox_result inbox_end_line(struct inbox *inbox, uint64_t now,
                                            struct inbound *inbound, struct err *err);

/* Gives memory back where nothing is held. */
static inline void inbox_trim(struct inbox *inbox)
{
    intake_trim(&inbox->intake);
}
