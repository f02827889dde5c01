/* SPDX-License-Identifier: GPL-3.0-or-later */
/* track: a place in one direction of a recorded connection (io/tape): what comes next there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/must_check.h"
#include "io/tape.h"

struct track {
    const struct tape *tape;
    enum recording_way way;
    uint32_t piece; /* the next one; 0: there are no more */
    char *memory;   /* of the piece; NULL: it was not read yet */
    struct recording_line line;
    size_t done;     /* bytes of the line that have passed */
    uint64_t passed; /* bytes of the direction */
};

/* The direction begins at the piece `first`, or behind it. The tape must outlive the track. */
void track_init(struct track *track, const struct tape *tape, uint32_t first,
                enum recording_way way);
void track_fini(struct track *track);

/* The next piece, without its bytes; NULL: there are no more. */
const struct tape_piece *track_piece(const struct track *track);

/* Whether the next piece has bytes. */
bool track_has_bytes(const struct track *track);

/* Reads the next piece, of which there has to be one, unless it is there: track->line has it. -1
 * and *err: see tape_read. */
MUST_CHECK int track_load(struct track *track, struct err *err);

/* The bytes of a piece that is there, and how many of them have not passed yet. */
const unsigned char *track_rest(const struct track *track, size_t *n);

/* So many of them pass. True: those were all, and track_step is due. */
bool track_pass(struct track *track, size_t n);

/* The piece is over. */
void track_step(struct track *track);
