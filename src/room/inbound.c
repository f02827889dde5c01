/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/inbound.h"

#include <string.h>

#include "text/typed.h"
#include "text/utf8.h"

enum { TEXT_MOST = 16 /* bytes of the text of one byte, escaped or not */ };

/* Whether the peer began as UTF-16, and not with the letters that windows-1251 has there. */
static bool is_utf16(const struct inbound *inbound)
{
    return utf8_is_utf16_mark(inbound->wire.bytes, inbound->wire.n) &&
           (inbound->replaced || memchr(inbound->wire.bytes, '\0', inbound->wire.n));
}

struct line inbound_without_bom(struct line line)
{
    static const char *const marks[] = {"\xEF\xBB\xBF", "\x84\x31\x95\x33"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);

        if (line.n >= n && !memcmp(line.bytes, marks[i], n))
            return (struct line){.bytes = line.bytes + n, .n = line.n - n, .end = line.end};
    }
    return line;
}

bool inbound_may_be_utf16(const struct encoding_list *encodings, const unsigned char *bytes,
                          size_t n)
{
    bool may_be = n == 1 ? *bytes >= 0xFE : n == 2 && utf8_is_utf16_mark(bytes, n);

    return may_be && !charset_has_ff(encodings->first) &&
           !(encodings->second && charset_has_ff(encodings->second));
}

void inbound_skip_mark(struct inbound *inbound)
{
    static const char bom[] = "\xEF\xBB\xBF";

    if (inbound->n < 3 || memcmp(inbound->text, bom, 3) != 0)
        return;
    inbound->text += 3;
    inbound->n -= 3;
}

/* The text is in the inbound's own memory, with a NUL behind it. */
static void rub_out(struct inbound *inbound)
{
    char *text = (char *)inbound->text;

    inbound->n = typed_rub_out(text, inbound->n);
    text[inbound->n] = '\0';
}

int inbound_decode(struct inbound *inbound, struct encoding *encoding,
                   const struct inbound_plan *plan, struct err *err)
{
    struct codec_plan how = {.to = plan->utf8, .text = {.checked = true, .bad = plan->bad}};
    struct encoding_message message = {
        .bytes = inbound->wire.bytes, .n = inbound->wire.n, .is_whole = inbound->is_whole};
    struct buf *text = &inbound->decoded;
    int decoded;

    buf_init(text, TEXT_MOST * inbound->wire.n + TEXT_MOST);
    err->kind = ERR_NONE;
    decoded = encoding_decode(encoding, &how, &message, text, err);
    inbound->n = buf_length(text);
    inbound->replaced = message.replaced;
    inbound->charset = message.charset;
    inbound->is_utf16 = plan->is_first && is_utf16(inbound);
    if (buf_append(text, "", 1) < 0)
        return err_memory(err);
    inbound->text = (const char *)buf_bytes(text);
    if (plan->is_first && plan->drops_bom)
        inbound_skip_mark(inbound);
    if (plan->typed)
        rub_out(inbound);
    return decoded;
}
