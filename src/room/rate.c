/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/rate.h"

#include <stdbool.h>
#include <stdlib.h>

/* Seconds: longer than any run, and as ms no overflow. */
#define LONGEST_WAIT 1e9

/* Not fmin, fmax and ceil: alone they would bring another library to every start. */
static double least(double one, double other)
{
    return one < other ? one : other;
}

static double most(double one, double other)
{
    return one > other ? one : other;
}

/* Rounds up: a timer must not ring too early. */
static uint64_t whole_ms(double ms)
{
    uint64_t whole = (uint64_t)ms;

    return (double)whole < ms ? whole + 1 : whole;
}

/* ---- filling ---- */

static double filled(double tokens, double full, double rate, uint64_t ms)
{
    return least(full, tokens + rate * (double)ms / 1000);
}

static void fill_host(const struct rate *rate, struct rate_host *host, uint64_t now)
{
    uint64_t ms = now - host->at;

    host->burst = filled(host->burst, RATE_BURST, rate->lines, ms);
    host->together = filled(host->together, RATE_BURST, RATE_TOGETHER * rate->lines, ms);
    host->at = now;
}

static void fill(const struct rate *rate, struct rate_peer *peer, uint64_t now)
{
    peer->own = filled(peer->own, 1, rate->lines, now - peer->at);
    peer->at = now;
    fill_host(rate, peer->host, now);
}

/* ---- hosts ---- */

static void forget(struct rate *rate, struct rate_host *host)
{
    map_remove(&rate->hosts, &host->key, sizeof host->key);
    free(host);
}

static void end_absence(struct rate *rate, struct rate_host *host)
{
    TAILQ_REMOVE(&rate->absent, host, absent);
    rate->absents--;
}

static bool is_full(struct rate_host *host, uint64_t now)
{
    return host->burst >= RATE_BURST && host->together >= RATE_BURST &&
           !patience_add(&host->patience, 0, now);
}

/* Each host is looked at no more than a few times: one with a debt ends the search. */
static void forget_the_absent(struct rate *rate, uint64_t now)
{
    struct rate_host *host;

    while ((host = TAILQ_FIRST(&rate->absent))) {
        fill_host(rate, host, now);
        if (!is_full(host, now) && rate->absents <= RATE_ABSENT)
            return;
        end_absence(rate, host);
        forget(rate, host);
    }
}

static struct rate_host *host_new(struct rate *rate, const struct host_key *key, uint64_t now)
{
    struct rate_host *host = malloc(sizeof *host);

    if (!host)
        return NULL;
    *host = (struct rate_host){.key = *key, .burst = RATE_BURST, .together = RATE_BURST, .at = now};
    if (map_set(&rate->hosts, &host->key, sizeof host->key, host) == 0)
        return host;
    free(host);
    return NULL;
}

void rate_init(struct rate *rate, double lines)
{
    *rate = (struct rate){.lines = lines};
    TAILQ_INIT(&rate->absent);
}

void rate_fini(struct rate *rate)
{
    struct rate_host *host;

    while ((host = TAILQ_FIRST(&rate->absent))) {
        end_absence(rate, host);
        forget(rate, host);
    }
    map_fini(&rate->hosts);
}

int rate_join(struct rate *rate, struct rate_peer *peer, const struct host_key *key, uint64_t now)
{
    struct rate_host *host = map_get(&rate->hosts, key, sizeof *key);

    if (host && !host->peers)
        end_absence(rate, host);
    forget_the_absent(rate, now);
    if (!host)
        host = host_new(rate, key, now);
    if (!host)
        return -1;
    host->peers++;
    fill_host(rate, host, now);
    *peer = (struct rate_peer){host, least(0, host->burst), now, host->patience};
    return 0;
}

void rate_leave(struct rate *rate, struct rate_peer *peer, uint64_t now)
{
    struct rate_host *host = peer->host;

    if (!host)
        return;
    patience_join(&host->patience, &peer->patience, now);
    peer->host = NULL;
    if (--host->peers)
        return;
    TAILQ_INSERT_TAIL(&rate->absent, host, absent);
    rate->absents++;
    forget_the_absent(rate, now);
}

/* ---- speaking ---- */

uint64_t rate_wait(struct rate *rate, struct rate_peer *peer, uint64_t now)
{
    double own, together, seconds;

    if (!peer->host || rate->lines <= 0)
        return 0;
    fill(rate, peer, now);
    own = least(1 - peer->own, most(-peer->own, 1 - peer->host->burst)) / rate->lines;
    together = (1 - peer->host->together) / (RATE_TOGETHER * rate->lines);
    seconds = least(most(own, together), LONGEST_WAIT);
    return seconds > 0 ? whole_ms(seconds * 1000) : 0;
}

/* A debt is the host's, too, so that a new connection does not leave it behind. The largest of
 * several counts: together they were bounded anyway. */
void rate_pay(struct rate *rate, struct rate_peer *peer, size_t bytes, uint64_t now)
{
    double cost = most(1, (double)bytes / RATE_LINE), lent;
    struct rate_host *host = peer->host;

    if (!host || rate->lines <= 0)
        return;
    fill(rate, peer, now);
    lent = least(most(host->burst, 0), cost);
    peer->own = most(peer->own - cost, lent - cost);
    host->burst -= lent;
    if (peer->own < 0)
        host->burst = least(host->burst, peer->own);
    host->together -= cost;
}
