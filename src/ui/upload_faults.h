/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload_faults: the notices about bad text of a file that a person has sent. */
#pragma once

#include "room/room.h"
#include "text/codec.h"
#include "ui/screen.h"

/* Tells how many byte sequences of the file were not valid, if any. */
void upload_faults_undecodable(struct screen *screen, const char *path, const struct codec *codec);

/* Tells how many characters the peers' charsets lacked, if any. */
void upload_faults_unencodable(struct screen *screen, const char *path, const struct room *room,
                               uint64_t replaced);
