/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/converter.h"

#include <errno.h>
#include <stdio.h>

#ifndef _LIBICONV_VERSION
#include <gnu/libc-version.h>
#endif

void converter_reset(iconv_t converter)
{
    iconv(converter, NULL, NULL, NULL, NULL);
}

int converter_flush(iconv_t converter, struct buf *out)
{
    enum { HELD = 16 };
    size_t free = out->cap - buf_length(out);
    size_t room = free < HELD ? free : HELD;
    char *to = (char *)buf_reserve(out, room);
    size_t left = room;
    bool whole = iconv(converter, NULL, NULL, &to, &left) != (size_t)-1;

    buf_commit(out, room - left);
    if (!whole)
        converter_reset(converter);
    return whole ? 0 : -1;
}

size_t converter_run(iconv_t converter, const unsigned char *bytes, size_t n, struct buf *out,
                     int *why)
{
    char *from = (char *)bytes;
    size_t left = n;

    *why = 0;
    while (left) {
        size_t free = out->cap - buf_length(out);
        size_t wanted = left < 16 ? 64 : left * 2;
        size_t room = wanted < free ? wanted : free;
        char *to = (char *)buf_reserve(out, room);
        size_t spare = room;

        if (!to || !room) {
            *why = E2BIG;
            break;
        }
        *why = iconv(converter, &from, &left, &to, &spare) == (size_t)-1 ? errno : 0;
        buf_commit(out, room - spare);
        if (*why != E2BIG || room == free)
            break;
    }
    return n - left;
}

bool converter_waits(iconv_t converter, const void *bytes, size_t n)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    converter_reset(converter);
    converter_run(converter, bytes, n, &out, &why);
    converter_reset(converter);
    return why == EINVAL;
}

void converter_close(iconv_t *converter)
{
    if (*converter != NO_CONVERTER)
        iconv_close(*converter);
    *converter = NO_CONVERTER;
}

#ifdef _LIBICONV_VERSION
const char *converter_library(void)
{
    static char name[32];

    snprintf(name, sizeof name, "GNU libiconv %d.%d", _libiconv_version >> 8,
             _libiconv_version & 0xFF);
    return name;
}
#else
const char *converter_library(void)
{
    static char name[32];

    snprintf(name, sizeof name, "glibc %s", gnu_get_libc_version());
    return name;
}
#endif
