/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oracle: iconv itself, asked about charsets outside the standard. */
#pragma once

#include "text.h"

#include <iconv.h>

enum { ORACLE_ROOM = 32 };

struct oracle {
    iconv_t read, write; /* to UTF-8, and from it */
};

/* The converters of a charset, opened once. */
static inline struct oracle *oracle_of(unsigned index)
{
    static struct oracle oracles[TEXT_CHARSETS];
    struct oracle *oracle = oracles + index % TEXT_CHARSETS;
    const char *name = text_names[index % TEXT_CHARSETS];

    if (!oracle->read) {
        oracle->read = iconv_open("UTF-8", name);
        oracle->write = iconv_open(name, "UTF-8");
        CLAIM(oracle->read != (iconv_t)-1 && oracle->write != (iconv_t)-1);
    }
    return oracle;
}

/* All n bytes, from the first state to the first state. The number of bytes in `out`, or -1 where
 * some are not valid, cut, or only have a similar character. */
static inline ssize_t oracle_ask(iconv_t way, const void *bytes, size_t n, unsigned char *out,
                                 size_t room)
{
    char *from = (char *)(uintptr_t)bytes, *to = (char *)out;
    size_t left = n, free = room;

    iconv(way, NULL, NULL, NULL, NULL);
    if (iconv(way, &from, &left, &to, &free) != 0 || left)
        return -1;
    if (iconv(way, NULL, NULL, &to, &free) != 0)
        return -1;
    return (ssize_t)(room - free);
}
