/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { FIRST_SLOTS = 16 };

/* A key stands in the slot that its hash names or, where that is taken, in the next free one
 * (Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R). */
struct map_slot {
    const void *key;
    size_t n;
    uint64_t hash;
    void *value; /* NULL: the slot is free */
};

/* ---- the hash ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

/* If the system has no randomness, addresses and the time are better than a fixed key. */
static const uint64_t *secret(void)
{
    static uint64_t key[2];
    static bool is_drawn;
    struct timespec now;

    if (is_drawn)
        return key;
    is_drawn = true;
    if (getrandom(key, sizeof key, GRND_NONBLOCK) == (ssize_t)sizeof key)
        return key;
    clock_gettime(CLOCK_REALTIME, &now);
    key[0] = (uintptr_t)&now ^ (uint64_t)now.tv_nsec << 32;
    key[1] = (uintptr_t)secret ^ (uint64_t)now.tv_sec;
    return key;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_rounds(struct sip *sip, int rounds)
{
    while (rounds--) {
        sip->v0 += sip->v1;
        sip->v2 += sip->v3;
        sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
        sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
        sip->v0 = rotate(sip->v0, 32) + sip->v3;
        sip->v2 += sip->v1;
        sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
        sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
        sip->v2 = rotate(sip->v2, 32);
    }
}

static void sip_take(struct sip *sip, uint64_t word)
{
    sip->v3 ^= word;
    sip_rounds(sip, 2);
    sip->v0 ^= word;
}

/* SipHash-2-4, but with words in the byte order of the machine: a hash never leaves the process. */
static uint64_t hash_of(const void *key, size_t n)
{
    const uint64_t *keys = secret();
    const unsigned char *bytes = key;
    struct sip sip = {
        keys[0] ^ UINT64_C(0x736f6d6570736575), keys[1] ^ UINT64_C(0x646f72616e646f6d),
        keys[0] ^ UINT64_C(0x6c7967656e657261), keys[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word, last = (uint64_t)n << 56;

    for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sip_take(&sip, word);
    }
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)bytes[i] << (8 * i);
    sip_take(&sip, last);
    sip.v2 ^= 0xff;
    sip_rounds(&sip, 4);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

/* ---- the table ---- */

static size_t behind(const struct map *map, size_t i)
{
    return (i + 1) & (map->size - 1);
}

static bool is_key(const struct map_slot *slot, uint64_t hash, const void *key, size_t n)
{
    return slot->hash == hash && slot->n == n && (!n || !memcmp(slot->key, key, n));
}

/* The slot of the key, or the free slot where the key belongs. */
static struct map_slot *slot_of(const struct map *map, uint64_t hash, const void *key, size_t n)
{
    size_t i = (size_t)hash & (map->size - 1);

    while (map->slots[i].value && !is_key(&map->slots[i], hash, key, n))
        i = behind(map, i);
    return &map->slots[i];
}

/* A load of two thirds at most keeps the runs of taken slots short. */
int map_reserve(struct map *map, size_t n)
{
    struct map wider = {.size = map->size ? map->size : FIRST_SLOTS, .count = map->count};

    while (wider.size / 3 * 2 < n)
        wider.size *= 2;
    if (wider.size == map->size)
        return 0;
    wider.slots = calloc(wider.size, sizeof *wider.slots);
    if (!wider.slots)
        return -1;
    for (size_t i = 0; i < map->size; i++) {
        const struct map_slot *slot = &map->slots[i];

        if (slot->value)
            *slot_of(&wider, slot->hash, slot->key, slot->n) = *slot;
    }
    free(map->slots);
    *map = wider;
    return 0;
}

/* Later keys move up as far as their hashes permit: a search would stop at the hole. */
static void close_hole(struct map *map, size_t hole)
{
    for (size_t i = behind(map, hole); map->slots[i].value; i = behind(map, i)) {
        size_t mask = map->size - 1, home = (size_t)map->slots[i].hash & mask;

        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        map->slots[hole] = map->slots[i];
        hole = i;
    }
    map->slots[hole] = (struct map_slot){0};
}

void map_fini(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->size; i++)
        free(map->slots[i].value);
    map_fini(map);
}

void *map_get(const struct map *map, const void *key, size_t n)
{
    return map->count ? slot_of(map, hash_of(key, n), key, n)->value : NULL;
}

int map_set(struct map *map, const void *key, size_t n, void *value)
{
    uint64_t hash = hash_of(key, n);
    struct map_slot *slot;

    if (map_reserve(map, map->count + 1) < 0)
        return -1;
    slot = slot_of(map, hash, key, n);
    map->count += !slot->value;
    *slot = (struct map_slot){key, n, hash, value};
    return 0;
}

void *map_remove(struct map *map, const void *key, size_t n)
{
    struct map_slot *slot = map->count ? slot_of(map, hash_of(key, n), key, n) : NULL;
    void *value = slot ? slot->value : NULL;

    if (!value)
        return NULL;
    map->count--;
    close_hole(map, (size_t)(slot - map->slots));
    return value;
}

void *map_next(const struct map *map, size_t *at)
{
    while (*at < map->size) {
        void *value = map->slots[(*at)++].value;

        if (value)
            return value;
    }
    return NULL;
}
