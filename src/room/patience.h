/* SPDX-License-Identifier: GPL-3.0-or-later */
/* patience: how long others have waited for a peer within the last minute.
 *
 * Time is kept in slots of PATIENCE_SLOT_MS: a minute is exact to one slot. */
#pragma once

#include <stdint.h>

enum { PATIENCE_SLOTS = 12, PATIENCE_SLOT_MS = 5000 };

/* A zeroed one is valid: no peer has waited. */
struct patience {
    uint64_t slot;                      /* the last one, counted from the beginning of time */
    uint16_t waited_ms[PATIENCE_SLOTS]; /* of the last minute, by slot modulo PATIENCE_SLOTS */
};

/* Others have waited `ms` up to now. Returns the sum of the last minute. */
uint64_t patience_add(struct patience *patience, uint64_t ms, uint64_t now);

/* Others have waited for this one, or for `other`, up to now. The longer time counts, because they
 * may have waited for both at once. */
void patience_join(struct patience *patience, struct patience *other, uint64_t now);
