/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encodings: the charsets of a room, from the options and the locale. */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "text/charset.h"
#include "text/encoding.h"

struct encodings {
    struct charsets *charsets;
    struct charset *local; /* what is spoken here */
    struct charset *utf8;
    struct charset *legacy;         /* the other one of "auto" */
    struct encoding_list encodings; /* what peers speak; none where bytes stay as they are */
};

/* Opens them, and all that a peer may be said to speak later on: none of those is loaded because a
 * stranger asks for it. */
int encodings_open(struct encodings *encodings, const struct options *options,
                   struct charsets *charsets, struct err *err);

/* The name of the local charset; UTF-8 where the locale is plain C, which names none. */
const char *encodings_local(const struct options *options);

/* The name of this side in a room: --name, else the login name, else "operator". As UTF-8. */
int encodings_name(const struct encodings *encodings, const struct options *options, char *name,
                   size_t size, struct err *err);
