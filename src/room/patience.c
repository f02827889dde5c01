/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/patience.h"

#include <string.h>

/* Those slots that began since the last call are empty. */
static void flow_to(struct patience *patience, uint64_t slot)
{
    if (slot - patience->slot >= PATIENCE_SLOTS)
        memset(patience->waited_ms, 0, sizeof patience->waited_ms);
    else
        while (patience->slot != slot)
            patience->waited_ms[++patience->slot % PATIENCE_SLOTS] = 0;
    patience->slot = slot;
}

uint64_t patience_add(struct patience *patience, uint64_t ms, uint64_t now)
{
    uint64_t slot = now / PATIENCE_SLOT_MS, sum = 0;
    uint16_t *last = &patience->waited_ms[slot % PATIENCE_SLOTS];

    flow_to(patience, slot);
    *last = (uint16_t)(*last + ms < UINT16_MAX ? *last + ms : UINT16_MAX);
    for (int i = 0; i < PATIENCE_SLOTS; i++)
        sum += patience->waited_ms[i];
    return sum;
}

void patience_join(struct patience *patience, struct patience *other, uint64_t now)
{
    flow_to(patience, now / PATIENCE_SLOT_MS);
    flow_to(other, now / PATIENCE_SLOT_MS);
    for (int i = 0; i < PATIENCE_SLOTS; i++)
        if (other->waited_ms[i] > patience->waited_ms[i])
            patience->waited_ms[i] = other->waited_ms[i];
}
