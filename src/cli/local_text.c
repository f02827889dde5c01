/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/local_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/language.h"
#include "cli/encodings.h"
#include "text/codec.h"
#include "text/standard.h"
#include "text/utf8.h"
#include "text/width.h"

static struct {
    const char *name; /* NULL: the locale's */
    struct charsets charsets;
    struct charset *utf8, *charset; /* NULL: not opened yet, or not to be opened */
    bool is_known;
} local;

void local_text_use(const char *charset)
{
    local.name = charset;
    local.is_known = false;
}

struct charset *local_text_charset(void)
{
    if (local.is_known)
        return local.charset;
    local.is_known = true;
    local.utf8 = charset_find(&local.charsets, "utf-8", NULL);
    local.charset =
        charset_find(&local.charsets, local.name ? local.name : encodings_locale(), NULL);
    if (local.charset && charset_is_utf8(local.charset))
        local.charset = NULL;
    return local.charset;
}

/* UTF-8 or plain C by the locale's name: UTF-8, also where nothing can be opened. */
static bool is_surely_utf8(const char *locale)
{
    const char *charset = strchr(locale, '.');

    return charset ? standard_same(charset, ".utf-8") || standard_same(charset, ".utf8")
                   : !*locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX");
}

void local_text_prepare(void)
{
    if (local.name || !is_surely_utf8(language_locale("LC_CTYPE")))
        local_text_charset();
}

static bool is_ascii(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

size_t local_text_fit(const char *line, unsigned columns, unsigned *width)
{
    const unsigned char *at = (const unsigned char *)line;
    size_t left = strlen(line), fitting = 0;
    struct utf8_char next;

    *width = 0;
    width_follow(is_ascii(line, left) ? NULL : local_text_charset());
    while (utf8_take(&at, &left, &next) && *width + width_of(next.scalar) <= columns) {
        *width += width_of(next.scalar);
        fitting += next.length;
    }
    width_follow(NULL);
    return fitting;
}

const char *local_text_of(const char *text, size_t *n, struct buf *room)
{
    struct codec_plan plan = {.text = {.checked = true, .bad = BAD_REPLACE}};

    buf_init(room, 4 * *n + 1);
    if (is_ascii(text, *n) || !local_text_charset() || !local.utf8)
        return text;
    plan.from = local.utf8;
    plan.to = local.charset;
    if (codec_convert(&plan, text, *n, room, NULL) < 0)
        return text;
    *n = buf_length(room);
    return (const char *)buf_bytes(room);
}
