/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transcript: a silent member of a conversation, who writes down all of it, in an outfile.
 *
 * One line each, UTF-8, made safe for a terminal that shows the file later:
 *
 *     2026-11-24 18:36:40 peer1: text
 *     2026-11-24 18:36:40 peer1+: a further piece of a line that was too long to be one message
 *     2026-11-24 18:36:40 -!- peer1 127.0.0.1:50312 joined
 *     2026-11-24 18:36:40 [peer1] text         of a chat: what others did not hear; see chat_head
 *
 * The talk goes on, whatever becomes of the file: see io/outfile. */
#pragma once

#include <stddef.h>

#include "io/outfile.h"

struct transcript {
    struct outfile outfile; /* of text; its owner opens and closes it */
};

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n);

/* The same with another head than "name:", such as "[name]" for what only one was told. */
void transcript_under(struct transcript *transcript, const char *head, const char *text, size_t n);

void transcript_further(struct transcript *transcript, const char *name, const char *text,
                        size_t n);

/* For what memory is short to write down: counted, and told as what a full disk loses is. */
void transcript_lose(struct transcript *transcript);

void transcript_notice(struct transcript *transcript, const char *sentence);
