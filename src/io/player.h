/* SPDX-License-Identifier: GPL-3.0-or-later */
/* player: a recorded peer as a stream, which plays its part of a recording (io/tape).
 *
 * Reading gives what the recorded peer had sent. A part is there once all that the peer had
 * received before it was written to the player and was equal; with `paces` not before the recorded
 * time has passed since what stands before it. Bytes may be written earlier than they had been.
 * Reading ends where the peer had ended, or where nothing is left to play. It fails with
 * ERR_NONE where the peer had broken off: a reset is to follow what was read.
 *
 * Bytes or an end that the recording has not make writing and finish fail with ERR_PROGRAM: the
 * sentence has the place, what was expected and what came. It begins with `caller`, the end that
 * the player talks with. ERR_LOCAL: the recording cannot be read any more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "io/tape.h"

/* `first` is the piece with which the connection begins. The tape must outlive the player. NULL
 * and *err without memory. */
struct stream *player_new(uv_loop_t *loop, const struct tape *tape, uint32_t first, bool paces,
                          const char *caller, struct err *err);

/* Whether reading has come to where the peer had broken off. */
bool player_broke_off(const struct stream *stream);
