#include "net/hosts.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

/* A free slot has nobody. A host stands in the slot that its hash names or, where that is taken,
 * in the next free one (Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R). */
struct hosts_slot {
    struct in6_addr host;
    unsigned count;
};

static bool host_of_peer(struct in6_addr *host, const struct endpoint *peer)
{
    if (!endpoint_ipv6(peer, host))
        return false;
    if (!IN6_IS_ADDR_V4MAPPED(host))
        memset(&host->s6_addr[8], 0, 8);
    return true;
}

/* Every bit has a say in every other (SplitMix64: Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
    return hash ^ hash >> 31;
}

/* Where the table lies is what no peer knows, so that none can choose addresses that collide. */
static size_t home_of(const struct hosts *hosts, const struct in6_addr *host)
{
    uint64_t halves[2];

    memcpy(halves, host, sizeof halves);
    return (size_t)mix(mix((uintptr_t)hosts->slots ^ halves[0]) ^ halves[1]) & (hosts->size - 1);
}

static size_t behind(const struct hosts *hosts, size_t i)
{
    return (i + 1) & (hosts->size - 1);
}

/* The host's slot, or the free one where it belongs. */
static struct hosts_slot *slot_of(const struct hosts *hosts, const struct in6_addr *host)
{
    size_t i = home_of(hosts, host);

    while (hosts->slots[i].count && !IN6_ARE_ADDR_EQUAL(&hosts->slots[i].host, host))
        i = behind(hosts, i);
    return &hosts->slots[i];
}

/* Two thirds full at most, so that few stand in each other's way. */
static int make_room(struct hosts *hosts)
{
    struct hosts wider = {.size = hosts->size ? 2 * hosts->size : FIRST_SLOTS,
                          .count = hosts->count};

    if (3 * (hosts->count + 1) <= 2 * hosts->size)
        return 0;
    wider.slots = calloc(wider.size, sizeof *wider.slots);
    if (!wider.slots)
        return -1;
    for (size_t i = 0; i < hosts->size; i++)
        if (hosts->slots[i].count)
            *slot_of(&wider, &hosts->slots[i].host) = hosts->slots[i];
    free(hosts->slots);
    *hosts = wider;
    return 0;
}

/* Those behind move up as far as their homes let them: a hole would hide them. */
static void close_hole(struct hosts *hosts, size_t hole)
{
    for (size_t i = behind(hosts, hole); hosts->slots[i].count; i = behind(hosts, i)) {
        size_t home = home_of(hosts, &hosts->slots[i].host), mask = hosts->size - 1;

        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        hosts->slots[hole] = hosts->slots[i];
        hole = i;
    }
    hosts->slots[hole] = (struct hosts_slot){0};
}

void hosts_fini(struct hosts *hosts)
{
    free(hosts->slots);
    *hosts = (struct hosts){0};
}

enum hosts_answer hosts_enter(struct hosts *hosts, const struct endpoint *peer, unsigned max)
{
    struct hosts_slot *slot;
    struct in6_addr host;

    if (!host_of_peer(&host, peer))
        return HOSTS_ENTERED;
    if (make_room(hosts) < 0)
        return HOSTS_MEMORY;
    slot = slot_of(hosts, &host);
    if (max && slot->count >= max)
        return HOSTS_FULL;
    hosts->count += !slot->count;
    *slot = (struct hosts_slot){host, slot->count + 1};
    return HOSTS_ENTERED;
}

void hosts_leave(struct hosts *hosts, const struct endpoint *peer)
{
    struct hosts_slot *slot;
    struct in6_addr host;

    if (!hosts->slots || !host_of_peer(&host, peer))
        return;
    slot = slot_of(hosts, &host);
    if (!slot->count || --slot->count)
        return;
    hosts->count--;
    close_hole(hosts, (size_t)(slot - hosts->slots));
}

unsigned hosts_count(const struct hosts *hosts, const struct endpoint *peer)
{
    struct in6_addr host;

    return hosts->slots && host_of_peer(&host, peer) ? slot_of(hosts, &host)->count : 0;
}
