/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_stall: whether a record of TLS that has begun to come in goes on.
 *
 * OpenSSL keeps the head of a record until the rest has come, so a peer that stops there holds
 * memory. An idle peer between two records holds none, and may be silent for good. A record has
 * TLS_STALL_MS for its first TLS_STALL_PIECE bytes, and again for each such piece that follows, or
 * for a shorter rest. So each record passes a line of 512 bits a second, and a peer that drips
 * bytes is not endless. Time in which this side does not read is not counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { TLS_STALL_MS = 10000, TLS_STALL_PIECE = 512 };

struct tls_stall {
    uv_timer_t timer;   /* does not keep the loop alive; `data` is the owner */
    uint64_t since;     /* loop time at which `step` was seen first, plus the pauses since then */
    uint64_t paused_at; /* likewise; for the next pause */
    uint32_t step;      /* as last seen */
    uint32_t steps;     /* records and pieces that have begun */
    uint16_t head;      /* bytes of the header (RFC 8446, 5.1) so far; 0: between two records */
    uint16_t rest;      /* bytes of the body that are missing */
    bool is_paused;
    void (*stalled)(void *owner);
};

/* stalled(owner) is called once, from the loop. The owner closes `timer`. */
void tls_stall_init(struct tls_stall *stall, uv_loop_t *loop, void (*stalled)(void *owner),
                    void *owner);

/* n bytes have come in, which follow those before. */
void tls_stall_follow(struct tls_stall *stall, const unsigned char *bytes, size_t n);

/* After each reading, and where `reads` changes: whether this side reads from now on. */
void tls_stall_watch(struct tls_stall *stall, bool reads);
