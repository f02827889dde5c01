/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoding.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/decoder.h"
#include "text/utf8.h"

/* ---- lists ---- */

enum { NAME_MAX_LENGTH = 63, LIST = 256 };

/* Those who ask cannot have a charset opened; at the start it can. */
static void fail_not_at_hand(const struct charsets *charsets, const char *name, struct err *err)
{
    char list[LIST] = "";
    size_t length = 0;

    for (const struct charset *each = charsets->first; each && length < LIST; each = each->next)
        length += (size_t)snprintf(list + length, LIST - length, "%s%s", length ? ", " : "",
                                   charset_name(each));
    err_set(err, ERR_USAGE,
            "'%s' is no charset that is at hand here; those are %s, and what -e names at the start",
            name, list);
}

static struct charset *find(struct charsets *charsets, const char *name, bool known,
                            struct err *err)
{
    struct charset *charset;

    if (!known)
        return charset_find(charsets, name, err);
    charset = charset_at_hand(charsets, name);
    if (!charset)
        fail_not_at_hand(charsets, name, err);
    return charset;
}

static int parse_pair(struct encoding_list *encodings, const char *list, const char *comma,
                      struct charsets *charsets, bool known, struct err *err)
{
    char first[NAME_MAX_LENGTH + 1];
    size_t length = (size_t)(comma - list);

    if (length > NAME_MAX_LENGTH || strchr(comma + 1, ','))
        return err_set(err, ERR_USAGE, "'%s' is too much; a list is utf-8 and one other charset",
                       list);
    memcpy(first, list, length);
    first[length] = '\0';
    encodings->first = find(charsets, first, known, err);
    encodings->second = encodings->first ? find(charsets, comma + 1, known, err) : NULL;
    if (!encodings->second)
        return -1;
    if (charset_is_utf8(encodings->first) == charset_is_utf8(encodings->second))
        return err_set(err, ERR_USAGE,
                       "'%s': two charsets can be told apart where one of them is utf-8, as in "
                       "utf-8,gbk",
                       list);
    return 0;
}

int encoding_list_parse(struct encoding_list *encodings, const char *list, struct charset *legacy,
                        struct charsets *charsets, bool known, struct err *err)
{
    const char *comma = strchr(list, ',');

    *encodings = (struct encoding_list){0};
    if (comma)
        return parse_pair(encodings, list, comma, charsets, known, err);
    if (!strcasecmp(list, "auto")) {
        encodings->first = charset_find(charsets, "utf-8", err);
        encodings->second = legacy;
    } else {
        encodings->first = find(charsets, list, known, err);
    }
    return encodings->first ? 0 : -1;
}

void encoding_list_name(const struct encoding_list *encodings, char name[ENCODING_LIST_NAME])
{
    snprintf(name, ENCODING_LIST_NAME, "%s%s%s", charset_name(encodings->first),
             encodings->second ? ", " : "",
             encodings->second ? charset_name(encodings->second) : "");
}

/* ---- evidence ---- */

static struct charset *legacy_of(const struct encoding_list *encodings)
{
    return charset_is_utf8(encodings->first) ? encodings->second : encodings->first;
}

static struct charset *charset_of(const struct encoding_list *encodings,
                                  enum detect_verdict verdict)
{
    bool first_is_utf8 = charset_is_utf8(encodings->first);

    return (verdict == DETECT_UTF8) == first_is_utf8 ? encodings->first : encodings->second;
}

void encoding_init(struct encoding *encoding, const struct encoding_list *encodings)
{
    *encoding = (struct encoding){.encodings = *encodings};
    detect_init(&encoding->detect, charset_is_utf8(encodings->first) ? DETECT_UTF8 : DETECT_LEGACY);
}

/* UTF-8's rules count while all of it may be UTF-8, for a hanzi cut after two bytes is a whole one
 * in GBK; otherwise the other charset's count. */
size_t encoding_unfinished(const struct encoding *encoding, const unsigned char *bytes, size_t n)
{
    const struct encoding_list *encodings = &encoding->encodings;
    size_t good;

    if (!encodings->second)
        return decoder_unfinished(encodings->first, bytes, n);
    if (encoding_known(encoding) == legacy_of(encodings))
        return decoder_unfinished(legacy_of(encodings), bytes, n);
    good = utf8_span(bytes, n);
    if (good < n && utf8_next(bytes + good, n - good).status == UTF8_CUT)
        return n - good;
    return good == n ? 0 : decoder_unfinished(legacy_of(encodings), bytes, n);
}

struct charset *encoding_hear(struct encoding *encoding, const void *bytes, size_t n)
{
    const struct encoding_list *encodings = &encoding->encodings;
    int evidence;

    if (!encodings->second)
        return encodings->first;
    evidence = detect_evidence(legacy_of(encodings), bytes, n);
    return charset_of(encodings, detect_message(&encoding->detect, evidence));
}

struct charset *encoding_read(const struct encoding *encoding)
{
    struct detect detect = encoding->detect;

    if (!encoding->encodings.second)
        return encoding->encodings.first;
    return charset_of(&encoding->encodings, detect_message(&detect, 0));
}

struct charset *encoding_reply(const struct encoding *encoding)
{
    if (!encoding->encodings.second)
        return encoding->encodings.first;
    return charset_of(&encoding->encodings, detect_reply(&encoding->detect));
}

struct charset *encoding_known(const struct encoding *encoding)
{
    if (!encoding->encodings.second || !detect_is_known(&encoding->detect))
        return NULL;
    return encoding_reply(encoding);
}

struct charset *encoding_news(struct encoding *encoding)
{
    struct charset *known = encoding->told ? NULL : encoding_known(encoding);

    encoding->told |= known != NULL;
    return known;
}
