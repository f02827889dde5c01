/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/charset.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

/* Letters and digits in upper case, so that "utf8" is "UTF-8". The GBK family has one key. */
static char *key_of(const char *name)
{
    static const char *const family[] = {"GBK",  "GB2312",   "CP936",      "EUCCN",
                                         "CNGB", "CSGB2312", "WINDOWS936", "MS936"};
    char *key = malloc(strlen(name) + sizeof "GBK");
    size_t length = 0;

    if (!key)
        return NULL;
    for (; *name; name++)
        if (isalnum((unsigned char)*name))
            key[length++] = (char)toupper((unsigned char)*name);
    key[length] = '\0';
    for (size_t i = 0; i < sizeof family / sizeof *family; i++)
        if (!strcmp(key, family[i]))
            strcpy(key, "GBK");
    return key;
}

static char *name_of(const char *key, const char *typed)
{
    char *name = strdup(!strcmp(key, "UTF8") ? "UTF-8" : typed);

    for (char *letter = name; letter && *letter; letter++)
        *letter = (char)toupper((unsigned char)*letter);
    return name;
}

static void charset_free(struct charset *charset)
{
    converter_close(&charset->decode);
    converter_close(&charset->encode);
    converter_close(&charset->gb18030);
    free(charset->name);
    free(charset->key);
    free(charset);
}

static bool carries(iconv_t converter, unsigned char byte)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    converter_reset(converter);
    converter_run(converter, &byte, 1, &out, &why);
    if (why || converter_flush(converter, &out) < 0)
        return false;
    return buf_length(&out) == 1 && buf_bytes(&out)[0] == byte;
}

/* Whether iconv takes all of the bytes and holds the result back. */
static bool takes_silently(iconv_t converter, const void *bytes, size_t n)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    converter_reset(converter);
    converter_run(converter, bytes, n, &out, &why);
    converter_reset(converter);
    return !why && buf_length(&out) == 0;
}

/* Whether iconv holds letters back until it knows that no accent follows. The output would then
 * depend on the border of a packet. CP1258 holds back Latin letters, CP1255 Hebrew ones, and the
 * encoders of BIG5-HKSCS, JISX0213 and TSCII others: these charsets have two characters for some
 * bytes, and glibc repeats the first where only that one has room. */
static bool is_single(const struct charset *charset)
{
    static const char *const letters[] = {"Ê", "か", "க"};

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (takes_silently(charset->encode, letters[i], strlen(letters[i])))
            return true;
    for (int i = 0; i < 256; i++)
        if (takes_silently(charset->decode, &(unsigned char){(unsigned char)i}, 1))
            return true;
    return false;
}

/* Whether this is UTF-8 under another name ("iso-ir-193"). */
static bool is_utf8_renamed(iconv_t encode)
{
    static const char letters[] = "é一あ가Ж";
    unsigned char storage[64];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    converter_run(encode, (const unsigned char *)letters, strlen(letters), &out, &why);
    converter_reset(encode);
    return !why && buf_length(&out) == strlen(letters) &&
           !memcmp(storage, letters, strlen(letters));
}

/* A reset after a letter emits bytes only in charsets with shift states. */
static bool has_no_shifts(iconv_t encode)
{
    static const char *const letters[] = {"é", "一", "あ", "가", "Ж"};
    unsigned char storage[64];

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        size_t before;
        int why;

        converter_reset(encode);
        converter_run(encode, (const unsigned char *)letters[i], strlen(letters[i]), &out, &why);
        before = buf_length(&out);
        if (converter_flush(encode, &out) < 0 || buf_length(&out) != before)
            return false;
    }
    return true;
}

/* National variants have other signs at '\\' and '~' and still count as ASCII. */
static bool is_ascii_superset(const struct charset *charset)
{
    for (unsigned char byte = 0; byte < 128; byte++) {
        if (byte == '\\' || byte == '~')
            continue;
        if (!carries(charset->decode, byte) || !carries(charset->encode, byte))
            return false;
    }
    return has_no_shifts(charset->encode);
}

static int fail_unknown(const char *name, struct err *err)
{
    return err_set(err, ERR_USAGE, "'%s' is no charset that this system knows; iconv -l lists them",
                   name);
}

/* If memory or descriptors are short, glibc's first call may fail with EINVAL, as for an unknown
 * charset. The second call has the right errno. */
static iconv_t open_converter(const char *to, const char *from)
{
    iconv_t converter = iconv_open(to, from);

    return converter == NO_CONVERTER && errno == EINVAL ? iconv_open(to, from) : converter;
}

static int fail_to_open(const char *name, struct err *err)
{
    return errno == EINVAL
               ? fail_unknown(name, err)
               : err_errno(err, ERR_LOCAL, errno, "cannot convert from and to %s", name);
}

static int open_converters(struct charset *charset, const char *name, struct err *err)
{
    bool gbk = !strcmp(charset->key, "GBK");

    if (!strcmp(charset->key, "UTF8"))
        return 0;
    charset->decode = open_converter("UTF-8", gbk ? "GB18030" : name);
    if (charset->decode == NO_CONVERTER)
        return fail_to_open(name, err);
    charset->encode = open_converter(gbk ? "GBK" : name, "UTF-8");
    if (charset->encode == NO_CONVERTER)
        return fail_to_open(name, err);
    if (gbk)
        charset->gb18030 = open_converter("GB18030", "UTF-8");
    if (gbk && charset->gb18030 == NO_CONVERTER)
        return fail_to_open(name, err);
    if (is_utf8_renamed(charset->encode)) {
        converter_close(&charset->decode);
        converter_close(&charset->encode);
        return 0;
    }
    if (!is_ascii_superset(charset))
        return err_set(
            err, ERR_USAGE,
            "%s does not carry ASCII as ASCII or has shift states; tcpchat takes charsets "
            "such as utf-8, gbk or windows-1252",
            charset->name);
    charset->single = is_single(charset);
    charset->triples = converter_waits(charset->decode, "\x8F\xB0", 2);
    return 0;
}

/* iconv takes a name without a letter for the charset of the locale and ignores blanks. */
static bool is_name(const char *name)
{
    bool has_letter = false;

    for (; *name; name++) {
        if (isalnum((unsigned char)*name))
            has_letter = true;
        else if (!strchr("-_.:+()", *name))
            return false;
    }
    return has_letter;
}

static int check_name(const char *name, struct err *err)
{
    if (strchr(name, '/'))
        return err_set(err, ERR_USAGE, "'%s' is no charset; a charset is named without '/'", name);
    return is_name(name) ? 0 : fail_unknown(name, err);
}

static struct charset *charset_new(const char *name, struct err *err)
{
    struct charset *charset = calloc(1, sizeof *charset);

    if (!charset) {
        err_memory(err);
        return NULL;
    }
    charset->decode = charset->encode = charset->gb18030 = NO_CONVERTER;
    charset->key = key_of(name);
    charset->name = charset->key ? name_of(charset->key, name) : NULL;
    if (!charset->name)
        err_memory(err);
    else if (open_converters(charset, name, err) == 0)
        return charset;
    charset_free(charset);
    return NULL;
}

struct charset *charset_at_hand(const struct charsets *charsets, const char *name)
{
    char *key = is_name(name) ? key_of(name) : NULL;
    struct charset *charset = key ? charsets->first : NULL;

    while (charset && strcmp(charset->key, key) != 0)
        charset = charset->next;
    free(key);
    return charset;
}

struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err)
{
    struct charset *charset;

    if (check_name(name, err) < 0)
        return NULL;
    charset = charset_at_hand(charsets, name);
    if (charset)
        return charset;
    charset = charset_new(name, err);
    if (charset) {
        charset->next = charsets->first;
        charsets->first = charset;
    }
    return charset;
}

void charsets_fini(struct charsets *charsets)
{
    while (charsets->first) {
        struct charset *next = charsets->first->next;
        charset_free(charsets->first);
        charsets->first = next;
    }
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

bool charset_is_utf8(const struct charset *charset)
{
    return charset->decode == NO_CONVERTER;
}

bool charset_is_gbk(const struct charset *charset)
{
    return charset->gb18030 != NO_CONVERTER;
}

bool charset_is_chinese(const struct charset *charset)
{
    return charset_is_gbk(charset) || !strcmp(charset->key, "GB18030");
}

/* ---- the same under another name ---- */

/* A hash (FNV-1a) over the decoded forms of all bytes and of all pairs that begin above ASCII. */
static uint64_t fingerprint(struct charset *charset)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (unsigned pair = 0; pair < 0x10000; pair++) {
        unsigned char bytes[2] = {(unsigned char)(pair >> 8), (unsigned char)pair};
        unsigned char storage[64];
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        int why;

        if (bytes[0] < 0x80 && bytes[1])
            continue;
        converter_reset(charset->decode);
        converter_run(charset->decode, bytes, 2, &out, &why);
        converter_flush(charset->decode, &out);
        if (buf_append(&out, "", 1) < 0)
            continue; /* a pair never fills 64 bytes */
        for (size_t i = 0; i < out.end; i++)
            hash = (hash ^ storage[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

bool charset_same(struct charset *a, struct charset *b)
{
    if (a == b)
        return true;
    if (charset_is_utf8(a) || charset_is_utf8(b))
        return charset_is_utf8(a) && charset_is_utf8(b);
    if (charset_is_gbk(a) || charset_is_gbk(b))
        return false;
    return fingerprint(a) == fingerprint(b);
}
