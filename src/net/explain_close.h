/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain_close: what a close ends and what lives on, in sentences, and whose side keeps TIME_WAIT.
 */
#pragma once

#include "net/facts.h"

/* The facts of the socket before the close. */
struct explain_close {
    int fd;
    struct facts facts;
    bool resets;
    unsigned unacknowledged;
};

/* Around the close. */
void explain_close_begin(struct explain_close *closing, int fd);
void explain_close(const struct explain_close *closing);
