/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map: bytes to a pointer, for every table whose keys strangers choose.
 *
 * The hash is SipHash-2-4 (Aumasson and Bernstein, 2012) under a key that the process draws at its
 * first use: nobody outside can choose keys that collide. A look-up costs the same on average
 * however many keys there are. */
#pragma once

#include <stddef.h>

#include "base/must_check.h"

/* A zeroed one is valid and empty. */
struct map {
    struct map_slot *slots;
    size_t size;  /* of slots; a power of two, or 0 */
    size_t count; /* of keys */
};

/* Frees the table; keys and values are the caller's. */
void map_fini(struct map *map);

/* NULL: the key is not there. */
void *map_get(const struct map *map, const void *key, size_t n);

/* Sets the value of a key, in place of a former one. The map keeps the pointer `key`: the bytes
 * must stay as they are until the key is removed, or set again with other bytes. The value is not
 * NULL. -1 without memory: nothing has changed. */
MUST_CHECK int map_set(struct map *map, const void *key, size_t n, void *value);

/* Makes room for n keys in all: map_set does not fail while there are no more of them. -1 without
 * memory: nothing has changed. */
MUST_CHECK int map_reserve(struct map *map, size_t n);

/* Returns the value that the key had, or NULL. */
void *map_remove(struct map *map, const void *key, size_t n);

/* Every value once, in no order; *at is 0 at first. NULL behind the last. The map must not change
 * meanwhile. */
void *map_next(const struct map *map, size_t *at);
