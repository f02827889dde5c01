/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/converter.h"

#include <errno.h>
#include <stdio.h>
#include <wchar.h>

#ifndef _LIBICONV_VERSION
#include <gnu/libc-version.h>
#endif

enum { ROW = 0x100 };

/* If memory or descriptors are short, glibc's first call may fail with EINVAL, as for an unknown
 * charset. The second call has the right errno. */
static iconv_t open_converter(const char *to, const char *from)
{
    iconv_t converter = iconv_open(to, from);

    return converter == NO_CONVERTER && errno == EINVAL ? iconv_open(to, from) : converter;
}

iconv_t converter_open_source(const char *name)
{
    return open_converter("WCHAR_T", name);
}

iconv_t converter_open_first_source(const char names[][CONVERTER_NAME], size_t count)
{
    iconv_t source = NO_CONVERTER;

    errno = EINVAL;
    for (size_t i = 0; i < count && *names[i] && source == NO_CONVERTER && errno == EINVAL; i++)
        source = converter_open_source(names[i]);
    return source;
}

iconv_t converter_open_target(const char *name)
{
    return open_converter(name, "WCHAR_T");
}

void converter_close(iconv_t *converter)
{
    if (*converter != NO_CONVERTER)
        iconv_close(*converter);
    *converter = NO_CONVERTER;
}

static void reset(iconv_t converter)
{
    iconv(converter, NULL, NULL, NULL, NULL);
}

struct converter_answer converter_read(iconv_t source, const unsigned char *bytes, size_t n)
{
    struct converter_answer answer = {.kind = ANSWER_NONE};
    wchar_t chars[4];
    char *from = (char *)bytes, *to = (char *)chars;
    size_t left = n, room = sizeof chars, count;

    reset(source);
    if (iconv(source, &from, &left, &to, &room) == (size_t)-1) {
        answer.kind = errno == EINVAL ? ANSWER_CUT : ANSWER_NONE;
        return answer;
    }
    answer.was_held = room == sizeof chars;
    iconv(source, NULL, NULL, &to, &room);
    count = (sizeof chars - room) / sizeof *chars;
    if (left || !count || count > 2)
        return answer;
    answer.kind = ANSWER_CHAR;
    answer.scalar = (uint32_t)chars[0];
    answer.second = count > 1 ? (uint32_t)chars[1] : 0;
    return answer;
}

bool converter_read_row(iconv_t source, const unsigned char *bytes, size_t n, size_t each,
                        uint32_t *chars)
{
    wchar_t storage[ROW];
    char *from = (char *)bytes;

    reset(source);
    while (n) {
        char *to = (char *)storage;
        size_t room = sizeof storage, before = n, count;
        bool stopped = iconv(source, &from, &n, &to, &room) == (size_t)-1;

        count = (sizeof storage - room) / sizeof *storage;
        if (count * each != before - n || (stopped && errno != EILSEQ))
            return false;
        for (size_t i = 0; i < count; i++)
            *chars++ = (uint32_t)storage[i];
        if (!stopped)
            break;
        *chars++ = 0;
        from += each;
        n -= each;
    }
    return true;
}

size_t converter_write(iconv_t target, uint32_t scalar, unsigned char out[CONVERTER_BYTES],
                       bool *has_shift)
{
    wchar_t wide = (wchar_t)scalar;
    char *from = (char *)&wide, *to = (char *)out;
    size_t left = sizeof wide, room = CONVERTER_BYTES, before;

    *has_shift = false;
    reset(target);
    if (iconv(target, &from, &left, &to, &room) != 0)
        return 0;
    before = room;
    if (iconv(target, NULL, NULL, &to, &room) == (size_t)-1)
        return 0;
    *has_shift = room < before;
    return CONVERTER_BYTES - room;
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
