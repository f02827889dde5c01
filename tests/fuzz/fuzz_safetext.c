/* A stranger's line made safe. The first byte is the room for a second, shorter copy. */
#include "fuzz.h"

#include <stdbool.h>
#include <utf8proc.h>

#include "text/safetext.h"
#include "text/utf8.h"

enum { LONGEST = 1000, ROOM = 10 * LONGEST }; /* a byte becomes four, a character at most ten */

static bool is_harmless(uint32_t scalar)
{
    switch (utf8proc_category((utf8proc_int32_t)scalar)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

static void check_harmless(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t left = strlen(text);

    while (left) {
        struct utf8_char next = utf8_next(bytes, left);

        CLAIM(next.status == UTF8_GOOD);
        CLAIM(is_harmless(next.scalar));
        bytes += next.length;
        left -= next.length;
    }
}

/* In memory of exactly that size, so that a write behind it is seen. */
static char *safe_copy(size_t size, const char *line)
{
    char *out = malloc(size);

    CLAIM(out);
    memset(out, 0xA5, size);
    safetext_line(out, size, line);
    CLAIM(memchr(out, '\0', size));
    check_harmless(out);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    size_t room = 1 + (size_t)input_byte(&input);
    char *line, *whole, *again, *part;

    if (input.left > LONGEST || !(line = input_word(&input)))
        return 0;
    whole = safe_copy(ROOM, line);
    again = safe_copy(ROOM, whole);
    part = safe_copy(room, line);
    CLAIM(!strcmp(whole, again));
    CLAIM(!strncmp(whole, part, strlen(part)));
    CLAIM(strlen(whole) < room ? !strcmp(whole, part) : room - strlen(part) <= 10);
    CLAIM(strlen(whole) >= strlen(line));
    free(line);
    free(whole);
    free(again);
    free(part);
    return 0;
}
