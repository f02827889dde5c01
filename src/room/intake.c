/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/intake.h"

/* All inboxes share one chunk: no byte of it outlives a call, and there is one thread. */
static unsigned char chunk[FRAMER_PUSH];
static struct line last_read; /* in it */

void intake_init(struct intake *intake, size_t cap, framer_unfinished *unfinished, void *owner)
{
    *intake = (struct intake){0};
    framer_init(&intake->framer, cap, unfinished, owner);
}

void intake_fini(struct intake *intake)
{
    framer_fini(&intake->framer);
    telnet_fini(&intake->telnet);
}

/* All but the last byte of a character are an unfinished one. */
static bool is_character(const struct framer *framer, const unsigned char *bytes, size_t n)
{
    return n == 1 || (n && framer->unfinished(framer->owner, bytes, n - 1) == n - 1);
}

static int fill(struct intake *intake, size_t n, bool last)
{
    struct telnet_input input = {chunk, n, last};
    struct telnet_run run;
    size_t length = 0;
    int more;

    while ((more = telnet_next(&intake->telnet, &input, &run)) > 0) {
        if (run.n && framer_push(&intake->framer, run.text, run.n) < 0)
            return -1;
        intake->is_key = !length && is_character(&intake->framer, run.text, run.n);
        length += run.n;
    }
    return more;
}

ssize_t intake_read(struct intake *intake, struct stream *stream, size_t most, struct err *err)
{
    size_t kept = telnet_kept(&intake->telnet, chunk);
    size_t room = sizeof chunk - kept;
    ssize_t got = stream_read(stream, chunk + kept, most && most < room ? most : room, err);

    last_read = (struct line){.bytes = chunk + kept, .n = got > 0 ? (size_t)got : 0};
    if (got > 0 && fill(intake, kept + (size_t)got, false) < 0)
        return INTAKE_NO_MEMORY;
    return got;
}

struct line intake_last_read(void)
{
    return last_read;
}

int intake_end(struct intake *intake)
{
    return fill(intake, telnet_kept(&intake->telnet, chunk), true);
}

bool intake_is_open(const struct intake *intake)
{
    return framer_waiting(&intake->framer) || framer_ends_with_cr(&intake->framer) ||
           telnet_keeps_text(&intake->telnet);
}
