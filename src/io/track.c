/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/track.h"

#include <stdlib.h>

/* From `piece` on. */
static uint32_t find(const struct track *track, uint32_t piece)
{
    while (piece && tape_piece(track->tape, piece)->way != track->way)
        piece = tape_piece(track->tape, piece)->next;
    return piece;
}

void track_init(struct track *track, const struct tape *tape, uint32_t first,
                enum recording_way way)
{
    *track = (struct track){.tape = tape, .way = way};
    track->piece = find(track, first);
}

void track_fini(struct track *track)
{
    free(track->memory);
    track->memory = NULL;
}

const struct tape_piece *track_piece(const struct track *track)
{
    return track->piece ? tape_piece(track->tape, track->piece) : NULL;
}

bool track_has_bytes(const struct track *track)
{
    return track->piece && !track_piece(track)->ends;
}

int track_load(struct track *track, struct err *err)
{
    if (track->memory ||
        tape_read(track->tape, track->piece, &track->memory, &track->line, err) == 0)
        return 0;
    track_fini(track);
    return -1;
}

const unsigned char *track_rest(const struct track *track, size_t *n)
{
    *n = track->line.n - track->done;
    return track->line.bytes + track->done;
}

bool track_pass(struct track *track, size_t n)
{
    track->done += n;
    track->passed += n;
    return track->done == track->line.n;
}

void track_step(struct track *track)
{
    track_fini(track);
    track->line = (struct recording_line){0};
    track->done = 0;
    track->piece = find(track, tape_piece(track->tape, track->piece)->next);
}
