/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intake: the bytes of one peer on their way from its stream into a framer, without the commands
 * of a telnet peer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/stream.h"
#include "text/framer.h"
#include "text/telnet.h"

struct intake {
    struct framer framer;
    struct telnet telnet;
    bool is_key; /* the last read has brought one character, or a piece of one */
};

void intake_init(struct intake *intake, size_t cap, framer_unfinished *unfinished, void *owner);
void intake_fini(struct intake *intake);

/* Reads once, at most `most` bytes (0: any number), and fills the framer, whose messages were all
 * taken. The answer is stream_read's: the bytes on the wire, 0, STREAM_AGAIN or STREAM_FAIL; it is
 * INTAKE_NO_MEMORY where memory is short. */
enum { INTAKE_NO_MEMORY = -10 };
MUST_CHECK ssize_t intake_read(struct intake *intake, struct stream *stream, size_t most,
                               struct err *err);

/* The bytes that the last read of any intake has brought, good until the next one. */
struct line intake_last_read(void);

/* The beginning of a command is text after all: nothing more comes, or not soon. -1 without
 * memory. */
MUST_CHECK int intake_end(struct intake *intake);

/* Whether something is held that a silence ends. */
bool intake_is_open(const struct intake *intake);

/* Gives memory back where nothing is held. */
static inline void intake_trim(struct intake *intake)
{
    framer_trim(&intake->framer);
}
