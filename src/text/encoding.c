/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoding.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/decoder.h"
#include "text/utf8.h"

/* ---- lists ---- */

enum { NAME_MAX_LENGTH = 63, LIST = 256 };

/* The sentence names the charsets that are open: a peer cannot have another one opened. */
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

/* Whether the bytes may be UTF-8 with a cut character at the end. A hanzi that is cut after two
 * bytes is a valid one in GBK, so UTF-8 has precedence. */
static bool may_be_utf8(const struct encoding *encoding, const unsigned char *bytes, size_t n,
                        size_t *unfinished)
{
    const struct encoding_list *encodings = &encoding->encodings;

    return encodings->second && encoding_known(encoding) != legacy_of(encodings) &&
           utf8_is_prefix(bytes, n, unfinished);
}

size_t encoding_unfinished(const struct encoding *encoding, const unsigned char *bytes, size_t n)
{
    const struct encoding_list *encodings = &encoding->encodings;
    size_t unfinished;

    if (may_be_utf8(encoding, bytes, n, &unfinished))
        return unfinished;
    return decoder_unfinished(encodings->second ? legacy_of(encodings) : encodings->first, bytes,
                              n);
}

/* ---- a message ---- */

static int decode(struct encoding_message *message, const struct codec_plan *plan, struct buf *text,
                  struct err *err)
{
    struct codec_plan how = *plan;
    struct codec codec;
    int failed;

    how.from = message->charset;
    codec_init(&codec, &how);
    failed = codec_push(&codec, message->bytes, message->n, false, text, err);
    message->unfinished = codec.decoder.kept_length;
    message->is_valid = !codec.faults.undecodable;
    if (!failed && message->is_all)
        failed = codec_push(&codec, "", 0, true, text, err);
    message->replaced = codec.faults.undecodable > 0;
    codec_fini(&codec);
    return failed;
}

/* Decodes a message in message->charset, and keeps the `unfinished` of another charset. */
static int decode_whole(struct encoding_message *message, const struct codec_plan *plan,
                        struct buf *text, struct err *err)
{
    struct encoding_message whole = *message;
    int failed;

    if (!message->is_all)
        whole.n -= message->unfinished;
    whole.is_all = true;
    failed = decode(&whole, plan, text, err);
    message->is_valid = whole.is_valid;
    message->replaced = whole.replaced;
    return failed;
}

int encoding_decode(struct encoding *encoding, const struct codec_plan *plan,
                    struct encoding_message *message, struct buf *text, struct err *err)
{
    const struct encoding_list *encodings = &encoding->encodings;
    struct charset *legacy = encodings->second ? legacy_of(encodings) : encodings->first;
    size_t before = buf_length(text);
    bool is_open = may_be_utf8(encoding, message->bytes, message->n, &message->unfinished);
    struct err why = {0};
    int failed = 0, evidence;

    message->charset = legacy;
    message->is_valid = false;
    if (!is_open)
        failed = decode(message, plan, text, &why);
    if (encodings->second && why.kind != ERR_LOCAL) {
        evidence = detect_evidence(legacy, message->is_valid, message->bytes,
                                   message->n - message->unfinished);
        message->charset = charset_of(encodings, detect_message(&encoding->detect, evidence));
    }
    if (is_open || message->charset != legacy) {
        buf_truncate(text, before);
        return decode_whole(message, plan, text, err);
    }
    if (failed && err)
        *err = why;
    return failed;
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
