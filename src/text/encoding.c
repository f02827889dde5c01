/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoding.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/decoder.h"
#include "text/utf8.h"

/* ---- lists ---- */

enum { NAME_MAX_LENGTH = 63 };

/* Copies the first name of a list of two. *second: NULL, the list is one name. */
static int split(const char *list, char first[NAME_MAX_LENGTH + 1], const char **second,
                 struct err *err)
{
    const char *comma = strchr(list, ',');
    size_t length = comma ? (size_t)(comma - list) : 0;

    *second = comma ? comma + 1 : NULL;
    if (length > NAME_MAX_LENGTH || (comma && strchr(comma + 1, ',')))
        return err_set(err, ERR_USAGE, "'%s' is too much; a list is utf-8 and one other charset",
                       list);
    memcpy(first, list, length);
    first[length] = '\0';
    return 0;
}

static int check_pair(const char *list, bool first_is_utf8, bool second_is_utf8, struct err *err)
{
    if (first_is_utf8 != second_is_utf8)
        return 0;
    return err_set(err, ERR_USAGE,
                   "'%s': two charsets can be told apart where one of them is utf-8, as in "
                   "utf-8,gbk",
                   list);
}

int encoding_list_check(const char *list, struct err *err)
{
    char first[NAME_MAX_LENGTH + 1];
    const char *second;
    bool first_is_utf8, second_is_utf8;

    if (split(list, first, &second, err) < 0)
        return -1;
    if (!second)
        return strcasecmp(list, "auto") ? charset_check(list, &first_is_utf8, err) : 0;
    if (charset_check(first, &first_is_utf8, err) < 0 ||
        charset_check(second, &second_is_utf8, err) < 0)
        return -1;
    return check_pair(list, first_is_utf8, second_is_utf8, err);
}

static struct charset *find(struct charsets *charsets, const char *name, bool only_labels,
                            struct err *err)
{
    return only_labels ? charset_find_label(charsets, name, err)
                       : charset_find(charsets, name, err);
}

int encoding_list_parse(struct encoding_list *encodings, const char *list, struct charset *legacy,
                        struct charsets *charsets, bool only_labels, struct err *err)
{
    bool is_auto = !strcasecmp(list, "auto");
    char first[NAME_MAX_LENGTH + 1];
    const char *second;

    *encodings = (struct encoding_list){0};
    if (split(list, first, &second, err) < 0)
        return -1;
    if (!second) {
        encodings->first = find(charsets, is_auto ? "utf-8" : list, only_labels, err);
        encodings->second = is_auto ? legacy : NULL;
        return encodings->first ? 0 : -1;
    }
    encodings->first = find(charsets, first, only_labels, err);
    encodings->second = encodings->first ? find(charsets, second, only_labels, err) : NULL;
    if (!encodings->second)
        return -1;
    return check_pair(list, charset_is_utf8(encodings->first), charset_is_utf8(encodings->second),
                      err);
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
    message->unfinished = codec.kept_length;
    message->is_valid = !codec.faults.undecodable;
    if (!failed && message->is_all)
        failed = codec_push(&codec, "", 0, true, text, err);
    message->replaced = codec.faults.undecodable > 0;
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
