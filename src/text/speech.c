#include "text/speech.h"

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

static int parse_pair(struct languages *languages, const char *list, const char *comma,
                      struct charsets *charsets, bool known, struct err *err)
{
    char first[NAME_MAX_LENGTH + 1];
    size_t length = (size_t)(comma - list);

    if (length > NAME_MAX_LENGTH || strchr(comma + 1, ','))
        return err_set(err, ERR_USAGE, "'%s' is too much; a list is utf-8 and one other charset",
                       list);
    memcpy(first, list, length);
    first[length] = '\0';
    languages->first = find(charsets, first, known, err);
    languages->second = languages->first ? find(charsets, comma + 1, known, err) : NULL;
    if (!languages->second)
        return -1;
    if (charset_is_utf8(languages->first) == charset_is_utf8(languages->second))
        return err_set(err, ERR_USAGE,
                       "'%s': two charsets can be told apart where one of them is utf-8, as in "
                       "utf-8,gbk",
                       list);
    return 0;
}

int languages_parse(struct languages *languages, const char *list, struct charset *legacy,
                    struct charsets *charsets, bool known, struct err *err)
{
    const char *comma = strchr(list, ',');

    *languages = (struct languages){0};
    if (comma)
        return parse_pair(languages, list, comma, charsets, known, err);
    if (!strcasecmp(list, "auto")) {
        languages->first = charset_find(charsets, "utf-8", err);
        languages->second = legacy;
    } else {
        languages->first = find(charsets, list, known, err);
    }
    return languages->first ? 0 : -1;
}

void languages_name(const struct languages *languages, char name[LANGUAGES_NAME])
{
    snprintf(name, LANGUAGES_NAME, "%s%s%s", charset_name(languages->first),
             languages->second ? ", " : "",
             languages->second ? charset_name(languages->second) : "");
}

/* ---- evidence ---- */

static struct charset *legacy_of(const struct languages *languages)
{
    return charset_is_utf8(languages->first) ? languages->second : languages->first;
}

static struct charset *charset_of(const struct languages *languages, enum detect_verdict verdict)
{
    bool first_is_utf8 = charset_is_utf8(languages->first);

    return (verdict == DETECT_UTF8) == first_is_utf8 ? languages->first : languages->second;
}

void speech_init(struct speech *speech, const struct languages *languages)
{
    *speech = (struct speech){.languages = *languages};
    detect_init(&speech->detect, charset_is_utf8(languages->first) ? DETECT_UTF8 : DETECT_LEGACY);
}

/* Where all of it may be UTF-8 its rules count, for a hanzi cut after two bytes is a whole one in
 * GBK; where something is not, the other charset's. */
size_t speech_unfinished(const struct speech *speech, const unsigned char *bytes, size_t n)
{
    const struct languages *languages = &speech->languages;
    size_t good;

    if (!languages->second)
        return decoder_unfinished(languages->first, bytes, n);
    if (speech_known(speech) == legacy_of(languages))
        return decoder_unfinished(legacy_of(languages), bytes, n);
    good = utf8_span(bytes, n);
    if (good < n && utf8_next(bytes + good, n - good).status == UTF8_CUT)
        return n - good;
    return good == n ? 0 : decoder_unfinished(legacy_of(languages), bytes, n);
}

struct charset *speech_hear(struct speech *speech, const void *bytes, size_t n)
{
    const struct languages *languages = &speech->languages;
    int evidence;

    if (!languages->second)
        return languages->first;
    evidence = detect_evidence(legacy_of(languages), bytes, n);
    return charset_of(languages, detect_message(&speech->detect, evidence));
}

struct charset *speech_read(const struct speech *speech)
{
    struct detect detect = speech->detect;

    if (!speech->languages.second)
        return speech->languages.first;
    return charset_of(&speech->languages, detect_message(&detect, 0));
}

struct charset *speech_reply(const struct speech *speech)
{
    if (!speech->languages.second)
        return speech->languages.first;
    return charset_of(&speech->languages, detect_reply(&speech->detect));
}

struct charset *speech_known(const struct speech *speech)
{
    if (!speech->languages.second || !detect_is_known(&speech->detect))
        return NULL;
    return speech_reply(speech);
}

struct charset *speech_news(struct speech *speech)
{
    struct charset *known = speech->told ? NULL : speech_known(speech);

    speech->told |= known != NULL;
    return known;
}
