/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/transcript.h"

#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "text/safetext.h"

enum { LINE_CAP = 1 << 20, SENTENCE = 4096 };

static int put_time(struct buf *line)
{
    char text[CLOCK_TEXT];

    return buf_append(line, text, clock_text(text, time(NULL), false));
}

static int put_safe(const char *text, size_t n, struct buf *line)
{
    struct rows_layout endless = {.columns = (unsigned)-1, .margin = ""};

    return safetext_rows(&endless, text, n, line);
}

static void write_down(struct transcript *transcript, const char *head, const char *between,
                       const char *text, size_t n)
{
    struct buf line;

    if (!transcript->outfile.is_open)
        return;
    buf_init(&line, LINE_CAP);
    if (put_time(&line) == 0 && put_safe(head, strlen(head), &line) == 0 &&
        buf_append(&line, between, strlen(between)) == 0 && put_safe(text, n, &line) == 0 &&
        buf_append(&line, "\n", 1) == 0)
        outfile_append(&transcript->outfile, buf_bytes(&line), buf_length(&line));
    else
        transcript_lose(transcript);
    buf_fini(&line);
}

void transcript_lose(struct transcript *transcript)
{
    if (transcript->outfile.is_open)
        outfile_lose(&transcript->outfile, 1);
}

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n)
{
    write_down(transcript, name, ": ", text, n);
}

void transcript_under(struct transcript *transcript, const char *head, const char *text, size_t n)
{
    write_down(transcript, head, " ", text, n);
}

void transcript_further(struct transcript *transcript, const char *name, const char *text, size_t n)
{
    write_down(transcript, name, "+: ", text, n);
}

/* A sentence may quote bytes that are not UTF-8, such as the path of a socket. */
void transcript_notice(struct transcript *transcript, const char *sentence)
{
    char safe[SENTENCE];

    safetext_line(safe, sizeof safe, sentence);
    write_down(transcript, "-!-", " ", safe, strlen(safe));
}
