/* transcript: a silent member of a conversation, who writes down all of it.
 *
 * One line each, UTF-8, made safe for a terminal that shows the file later:
 *
 *     2026-11-24 18:36:40 peer1: text
 *     2026-11-24 18:36:40 peer1+: a further piece of a line that was too long to be one message
 *     2026-11-24 18:36:40 -!- peer1 127.0.0.1:50312 joined
 *     2026-11-24 18:36:40 [peer1] text         of a chat: what others did not hear; see chat_head
 *
 * A file that cannot be written to is told once, and tried again with the next line: the talk goes
 * on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "talk/losses.h"

struct transcript {
    const char *path; /* not copied */
    int fd;
    bool torn; /* the last line is not whole */
    struct losses losses;
};

/* Opens the file, to append to it. A FIFO that nobody reads is an error: nobody is waited for. */
int transcript_open(struct transcript *transcript, const char *path, struct err *err);

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n);

/* The same with another head than "name:", such as "[name]" for what only one was told. */
void transcript_under(struct transcript *transcript, const char *head, const char *text, size_t n);

void transcript_further(struct transcript *transcript, const char *name, const char *text,
                        size_t n);
void transcript_notice(struct transcript *transcript, const char *sentence);

/* Writes through to the disk and closes. The first failure of all is in transcript->losses. */
void transcript_close(struct transcript *transcript);
