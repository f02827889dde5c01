/* SPDX-License-Identifier: GPL-3.0-or-later */
/* map: bytes to a pointer, for every table whose keys strangers choose.
 *
 * The hash is SipHash-2-4 (Aumasson and Bernstein, 2012) under a secret that the process draws at
 * its first use, so a peer cannot choose keys that collide. The mean cost of a look-up does not
 * depend on the number of keys. */
#pragma once

#include <stddef.h>

#include "base/must_check.h"

/* A zeroed struct is an empty map. */
struct map {
    struct map_slot *slots;
    size_t size;  /* number of slots: a power of two, or 0 */
    size_t count; /* number of keys */
};

/* Frees the slots; keys and values belong to the caller. */
void map_fini(struct map *map);

/* Frees the values as well, with free(3), and so the keys in them. */
void map_free(struct map *map);

/* The value of the key, or NULL. */
void *map_get(const struct map *map, const void *key, size_t n);

/* Sets the value of a key and replaces a former one. The map keeps the pointer `key`: its bytes
 * must not change until the key is removed, or set again through another pointer. The value must
 * not be NULL. -1 without memory: the map is unchanged. */
MUST_CHECK int map_set(struct map *map, const void *key, size_t n, void *value);

/* Makes room for n keys in all, and map_set does not fail up to that number. -1 without memory: the
 * map is unchanged. */
MUST_CHECK int map_reserve(struct map *map, size_t n);

/* Removes the key and returns its value, or NULL. */
void *map_remove(struct map *map, const void *key, size_t n);

/* Iterates over the values in no order: *at is 0 before the first call, the result is NULL after
 * the last value. The map must not change meanwhile. */
void *map_next(const struct map *map, size_t *at);
