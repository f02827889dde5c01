/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/excerpt.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

static char *put(char *at, const char *text)
{
    return strcpy(at, text) + strlen(text);
}

static char *put_byte(char *at, unsigned char byte)
{
    static const char *const escapes[][2] = {
        {"\n", "\\n"}, {"\r", "\\r"}, {"\t", "\\t"}, {"\"", "\\\""}, {"\\", "\\\\"}};

    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (byte == (unsigned char)*escapes[i][0])
            return put(at, escapes[i][1]);
    if (byte >= ' ' && byte < 0x7F) {
        *at++ = (char)byte;
        return at;
    }
    return at + sprintf(at, "\\x%02X", byte);
}

void excerpt(const unsigned char *bytes, size_t n, char text[EXCERPT])
{
    char *at = put(text, "\"");

    for (size_t i = 0; i < n && i < EXCERPT_BYTES; i++)
        at = put_byte(at, bytes[i]);
    strcpy(at, n > EXCERPT_BYTES ? "...\"" : "\"");
}

void excerpt_end(char text[EXCERPT])
{
    snprintf(text, EXCERPT, "%s", language_text(N_("the end")));
}
