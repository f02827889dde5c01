/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/encoding.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/language.h"
#include "text/decoder.h"
#include "text/suggest.h"
#include "text/utf8.h"

/* ---- lists ---- */

enum { NAME_MAX_LENGTH = 63 };

/* Words of -e that are no charsets. */
static const char word_auto[] = "auto", word_raw[] = "raw";

static int check_alone(const char *list, const char *name, struct err *err)
{
    if (strcasecmp(name, word_auto) != 0 && strcasecmp(name, word_raw) != 0)
        return 0;
    return err_set(err, ERR_USAGE, "'%s': %s stands alone; a list is utf-8 and one other charset",
                   list, strcasecmp(name, word_raw) ? word_auto : word_raw);
}

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
    if (*second && (check_alone(list, first, err) < 0 || check_alone(list, *second, err) < 0))
        return -1;
    return 0;
}

/* A name that is unknown may be a mistyped word that is no charset. */
static int explain_unknown(const char *name, bool only_labels, struct err *err)
{
    char lower[SUGGEST_LENGTH];
    struct suggest near = {.word = lower};

    snprintf(lower, sizeof lower, "%s", name);
    for (char *next = lower; *next; next++)
        *next = ascii_lower(*next);
    suggest_offer(&near, word_auto);
    suggest_offer(&near, only_labels ? NULL : word_raw);
    if (near.name && err && err->kind == ERR_USAGE)
        err_set(err, ERR_USAGE, "'%s' is no charset; did you mean %s?", name, near.name);
    return -1;
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
    if (!second && !strcasecmp(list, word_auto))
        return 0;
    if (!second)
        return charset_check(list, &first_is_utf8, err) < 0 ? explain_unknown(list, false, err) : 0;
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

static int parse_pair(struct encoding_list *encodings, const char *list, const char *first,
                      const char *second, struct charsets *charsets, bool only_labels,
                      struct err *err)
{
    encodings->first = find(charsets, first, only_labels, err);
    encodings->second = encodings->first ? find(charsets, second, only_labels, err) : NULL;
    if (!encodings->second)
        return -1;
    return check_pair(list, charset_is_utf8(encodings->first), charset_is_utf8(encodings->second),
                      err);
}

static struct charset *legacy_of(const struct encoding_list *encodings)
{
    return charset_is_utf8(encodings->first) ? encodings->second : encodings->first;
}

/* Chinese is written in GBK and in GB18030. */
static bool has_prior(const struct encoding_list *encodings, const struct encoding_legacy *usual)
{
    const struct charset *legacy = legacy_of(encodings);

    return usual->has_prior && (legacy == usual->charset ||
                                (charset_is_chinese(legacy) && charset_is_chinese(usual->charset)));
}

int encoding_list_parse(struct encoding_list *encodings, const char *list,
                        const struct encoding_legacy *legacy, struct charsets *charsets,
                        bool only_labels, struct err *err)
{
    bool is_auto = !strcasecmp(list, word_auto);
    char first[NAME_MAX_LENGTH + 1];
    const char *second;

    *encodings = (struct encoding_list){0};
    if (split(list, first, &second, err) < 0)
        return -1;
    if (second && parse_pair(encodings, list, first, second, charsets, only_labels, err) < 0)
        return -1;
    if (!second) {
        encodings->first = find(charsets, is_auto ? "utf-8" : list, only_labels, err);
        encodings->second = is_auto ? legacy->charset : NULL;
    }
    if (!encodings->first)
        return explain_unknown(list, only_labels, err);
    encodings->has_prior = encodings->second && has_prior(encodings, legacy);
    return 0;
}

void encoding_list_name(const struct encoding_list *encodings, char name[ENCODING_LIST_NAME])
{
    snprintf(name, ENCODING_LIST_NAME, "%s%s%s", charset_name(encodings->first),
             encodings->second ? ", " : "",
             encodings->second ? charset_name(encodings->second) : "");
}

/* ---- evidence ---- */

static struct charset *charset_of(const struct encoding_list *encodings,
                                  enum detect_verdict verdict)
{
    bool first_is_utf8 = charset_is_utf8(encodings->first);

    return (verdict == DETECT_UTF8) == first_is_utf8 ? encodings->first : encodings->second;
}

void encoding_init(struct encoding *encoding, const struct encoding_list *encodings)
{
    *encoding = (struct encoding){.encodings = *encodings};
    detect_init(&encoding->detect, charset_is_utf8(encodings->first) ? DETECT_UTF8 : DETECT_LEGACY,
                encodings->has_prior);
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

/* Whether each byte is a character: then nothing is unfinished. */
static bool are_characters(struct charset *charset, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (decoder_next(charset, bytes + i, 1).status != TABLE_GOOD)
            return false;
    return true;
}

bool encoding_may_be_finished(const struct encoding *encoding, const unsigned char *bytes, size_t n)
{
    const struct encoding_list *encodings = &encoding->encodings;
    size_t unfinished, ascii = 0;

    if (encoding_known(encoding) || !may_be_utf8(encoding, bytes, n, &unfinished) || !unfinished)
        return false;
    while (ascii < n && bytes[ascii] < 0x80)
        ascii++;
    return ascii + unfinished == n &&
           are_characters(legacy_of(encodings), bytes + ascii, unfinished);
}

/* ---- a message ---- */

/* Decodes all of a message in one charset. *faults are its faults there, without an unfinished
 * character that the peer may have finished later. */
static int decode(struct encoding_message *message, struct charset *charset,
                  const struct codec_plan *plan, struct buf *text, size_t *faults, struct err *err)
{
    struct codec_plan how = *plan;
    struct codec codec;
    int failed;

    how.from = message->charset = charset;
    codec_init(&codec, &how);
    failed = codec_push(&codec, message->bytes, message->n, false, text, err);
    *faults = codec.faults.undecodable + (message->is_whole && codec.kept_length);
    if (!failed)
        failed = codec_push(&codec, "", 0, true, text, err);
    message->replaced = codec.faults.undecodable > 0;
    return failed;
}

/* Whether the message is UTF-8, but for *cut bytes of an unfinished character that are no
 * evidence. */
static bool is_utf8(const struct encoding_message *message, struct charset *legacy, size_t *cut)
{
    if (!utf8_is_prefix(message->bytes, message->n, cut))
        return false;
    return !*cut || (!message->is_whole &&
                     !are_characters(legacy, message->bytes + message->n - *cut, *cut));
}

int encoding_decode(struct encoding *encoding, const struct codec_plan *plan,
                    struct encoding_message *message, struct buf *text, struct err *err)
{
    const struct encoding_list *encodings = &encoding->encodings;
    struct charset *legacy = encodings->second ? legacy_of(encodings) : encodings->first, *charset;
    size_t before = buf_length(text), cut = 0, faults = 0;
    struct detect_evidence evidence;
    struct err why = {0};
    int failed = 0;

    message->charset = NULL;
    if (!encodings->second || !is_utf8(message, legacy, &cut)) {
        cut = 0;
        failed = decode(message, legacy, plan, text, &faults, &why);
    }
    charset = legacy;
    if (encodings->second && why.kind != ERR_LOCAL) {
        evidence =
            detect_weigh(&encoding->detect, legacy, faults, message->bytes, message->n - cut);
        charset = charset_of(encodings, detect_message(&encoding->detect, evidence));
    }
    if (message->charset != charset) {
        buf_truncate(text, before);
        return decode(message, charset, plan, text, &faults, err);
    }
    if (failed && err)
        *err = why;
    return failed;
}

struct charset *encoding_reply(const struct encoding *encoding)
{
    const struct encoding_list *encodings = &encoding->encodings;

    return encodings->second ? charset_of(encodings, encoding->detect.shown) : encodings->first;
}

/* ---- what is told ---- */

struct charset *encoding_known(const struct encoding *encoding)
{
    const struct encoding_list *encodings = &encoding->encodings;

    if (!encodings->second || !detect_is_known(&encoding->detect))
        return NULL;
    return charset_of(encodings, encoding->detect.sum > 0 ? DETECT_LEGACY : DETECT_UTF8);
}

struct charset *encoding_news(struct encoding *encoding, bool *is_change)
{
    struct charset *known = encoding_known(encoding);
    unsigned now = encoding->detect.sum > 0 ? 1U + DETECT_LEGACY : 1U + DETECT_UTF8;

    if (!known || encoding->told == now || encoding->changes == ENCODING_CHANGES)
        return NULL;
    *is_change = encoding->told;
    if (*is_change)
        encoding->changes++;
    encoding->told = now & 3U;
    return known;
}

struct charset *encoding_doubt(struct encoding *encoding)
{
    const struct encoding_list *encodings = &encoding->encodings;

    if (encoding->told_doubt || !encodings->second || !encoding->detect.is_unsure)
        return NULL;
    encoding->told_doubt = true;
    return encoding_reply(encoding) == encodings->first ? encodings->second : encodings->first;
}
