/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shortage: sentences about connections that the system cannot give now, said once until there was
 * calm. */
#pragma once

#include <stdint.h>

/* Valid when zeroed. */
struct shortage {
    uint64_t at; /* loop time of the last one; 0: there was none */
};

/* Reports one by its errno, unless the last one was less than 10 s ago. */
void shortage_report(struct shortage *shortage, uint64_t now, int number);
