/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transcript: a conversation as lines of text in an outfile (--transcript).
 *
 * Each message is one line of UTF-8, made safe for a terminal that shows the file later:
 *
 *     2026-11-24 18:36:40 peer1: text
 *     2026-11-24 18:36:40 peer1+: a further piece of a line that was too long for one message
 *     2026-11-24 18:36:40 -!- peer1 127.0.0.1:50312 joined
 *     2026-11-24 18:36:40 [peer1] text         a private message of a chat; see chat_head
 *
 * A failed file does not end the conversation: see io/outfile. Without an open file nothing is
 * written: a run with --events alone has the words as events. */
#pragma once

#include <stddef.h>

#include "io/outfile.h"
#include "text/framing.h"

struct transcript {
    struct outfile outfile; /* with is_text; its owner opens and closes it, or leaves it zeroed */
    struct framing framing; /* of what peers say in a pipe; see transcript_tee */
};

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n);

/* The same with another head than "name:", such as "[name]" for a private message. */
void transcript_under(struct transcript *transcript, const char *head, const char *text, size_t n);

void transcript_further(struct transcript *transcript, const char *name, const char *text,
                        size_t n);

/* Counts a line that was lost because memory is short; it is told as the losses of a full disk. */
void transcript_lose(struct transcript *transcript);

void transcript_notice(struct transcript *transcript, const char *sentence);
