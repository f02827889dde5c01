#include "text/charset.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "text/utf8.h"

#define NO_CONVERTER ((iconv_t)-1)

enum { EURO_BYTE = 0x80, EURO_SIGN = 0x20AC };

struct charset {
    struct charset *next;
    char *name;      /* for sentences */
    char *key;       /* see key_of */
    iconv_t decode;  /* to UTF-8; NO_CONVERTER for UTF-8 itself, which utf8 reads */
    iconv_t encode;  /* from UTF-8 */
    bool single;     /* iconv is fed one character at a time, see is_single */
    bool triples;    /* 8F begins three bytes, as in EUC-JP */
    iconv_t gb18030; /* from UTF-8, for what the plain GBK table lacks; else NO_CONVERTER */
};

static bool is_utf8(const struct charset *charset)
{
    return charset->decode == NO_CONVERTER;
}

static bool is_gbk(const struct charset *charset)
{
    return charset->gb18030 != NO_CONVERTER;
}

static bool is_gb18030(const struct charset *charset)
{
    return is_gbk(charset) || !strcmp(charset->key, "GB18030");
}

/* ---- iconv, one call at a time ---- */

/* iconv works in steps and does the first for thousands of characters before the second finds a
 * fault. So it is given little at first and after a fault, and twice as much while all goes well.
 */
enum { FIRST_RUN = 64 };

static void reset(iconv_t converter)
{
    iconv(converter, NULL, NULL, NULL, NULL);
}

/* Brings out what a converter still holds back and leaves it in its first state. */
static int flush(iconv_t converter, struct buf *out)
{
    enum { HELD = 16 };
    size_t free = out->cap - buf_length(out);
    size_t room = free < HELD ? free : HELD;
    char *to = (char *)buf_reserve(out, room);
    size_t left = room;
    bool whole = iconv(converter, NULL, NULL, &to, &left) != (size_t)-1;

    buf_commit(out, room - left);
    if (!whole)
        reset(converter);
    return whole ? 0 : -1;
}

/* Converts until the end of the input or the first thing that does not go through; returns how much
 * input was taken and leaves in *why 0, EILSEQ, EINVAL (cut) or E2BIG (out is full). */
static size_t convert(iconv_t converter, const unsigned char *bytes, size_t n, struct buf *out,
                      int *why)
{
    char *from = (char *)bytes;
    size_t left = n;

    *why = 0;
    while (left) {
        size_t free = out->cap - buf_length(out);
        size_t wanted = left < 16 ? 64 : left * 2;
        size_t room = wanted < free ? wanted : free;
        char *to = (char *)buf_reserve(out, room);
        size_t spare = room;

        if (!to || !room) {
            *why = E2BIG;
            break;
        }
        *why = iconv(converter, &from, &left, &to, &spare) == (size_t)-1 ? errno : 0;
        buf_commit(out, room - spare);
        if (*why != E2BIG || room == free)
            break;
    }
    return n - left;
}

/* ---- opening ---- */

/* Letters and digits in upper case: "utf8" is "UTF-8". The GBK family is one. */
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

static void close_converter(iconv_t *converter)
{
    if (*converter != NO_CONVERTER)
        iconv_close(*converter);
    *converter = NO_CONVERTER;
}

static void charset_free(struct charset *charset)
{
    close_converter(&charset->decode);
    close_converter(&charset->encode);
    close_converter(&charset->gb18030);
    free(charset->name);
    free(charset->key);
    free(charset);
}

static bool carries(iconv_t converter, unsigned char byte)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    reset(converter);
    convert(converter, &byte, 1, &out, &why);
    if (why || flush(converter, &out) < 0)
        return false;
    return buf_length(&out) == 1 && buf_bytes(&out)[0] == byte;
}

/* Whether all of the bytes are taken and nothing comes of it, as yet. */
static bool takes_silently(iconv_t converter, const void *bytes, size_t n)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    reset(converter);
    convert(converter, bytes, n, &out, &why);
    reset(converter);
    return !why && buf_length(&out) == 0;
}

/* Whether iconv keeps letters back to see whether an accent follows: then what comes out would
 * depend on where a packet ended. Some keep back Latin letters (CP1258), some Hebrew ones (CP1255).
 * On the way back it is a letter of BIG5-HKSCS, JISX0213 or TSCII; these have two characters for
 * some bytes, and glibc repeats itself where there is room for one of them. */
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

/* Whether iconv has UTF-8 under this name too ("iso-ir-193"). */
static bool is_utf8_renamed(iconv_t encode)
{
    static const char letters[] = "é一あ가Ж";
    unsigned char storage[64];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    convert(encode, (const unsigned char *)letters, strlen(letters), &out, &why);
    reset(encode);
    return !why && buf_length(&out) == strlen(letters) &&
           !memcmp(storage, letters, strlen(letters));
}

/* Whether the bytes are the beginning of a character. */
static bool is_incomplete(iconv_t decode, const void *bytes, size_t n)
{
    unsigned char storage[32];
    struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    reset(decode);
    convert(decode, bytes, n, &out, &why);
    reset(decode);
    return why == EINVAL;
}

/* A reset after any letter emits nothing where there are no shift states. */
static bool has_no_shifts(iconv_t encode)
{
    static const char *const letters[] = {"é", "一", "あ", "가", "Ж"};
    unsigned char storage[64];

    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        size_t before;
        int why;

        reset(encode);
        convert(encode, (const unsigned char *)letters[i], strlen(letters[i]), &out, &why);
        before = buf_length(&out);
        if (flush(encode, &out) < 0 || buf_length(&out) != before)
            return false;
    }
    return true;
}

/* National variants have other signs at '\' and '~', and are ASCII for our purposes. */
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

static int open_converters(struct charset *charset, const char *name, struct err *err)
{
    bool gbk = !strcmp(charset->key, "GBK");

    if (!strcmp(charset->key, "UTF8"))
        return 0;
    charset->decode = iconv_open("UTF-8", gbk ? "GB18030" : name);
    charset->encode = iconv_open(gbk ? "GBK" : name, "UTF-8");
    if (gbk)
        charset->gb18030 = iconv_open("GB18030", "UTF-8");
    if (charset->decode == NO_CONVERTER || charset->encode == NO_CONVERTER ||
        (gbk && charset->gb18030 == NO_CONVERTER))
        return fail_unknown(name, err);
    if (is_utf8_renamed(charset->encode)) {
        close_converter(&charset->decode);
        close_converter(&charset->encode);
        return 0;
    }
    if (!is_ascii_superset(charset))
        return err_set(
            err, ERR_USAGE,
            "%s does not carry ASCII as ASCII or has shift states; tcpchat takes charsets "
            "such as utf-8, gbk or windows-1252",
            charset->name);
    charset->single = is_single(charset);
    charset->triples = is_incomplete(charset->decode, "\x8F\xB0", 2);
    return 0;
}

/* iconv would take a name without a letter for the locale's charset, and a blank for nothing. */
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

struct charset *charset_find(struct charsets *charsets, const char *name, struct err *err)
{
    struct charset *charset;
    char *key;

    if (check_name(name, err) < 0)
        return NULL;
    key = key_of(name);
    if (!key) {
        err_memory(err);
        return NULL;
    }
    for (charset = charsets->first; charset; charset = charset->next)
        if (!strcmp(charset->key, key))
            break;
    free(key);
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

/* ---- decoding ---- */

/* What one run over contiguous bytes came to: `good` bytes were decoded; then `bad` bytes are at
 * fault, or the rest is an unfinished character (cut), or `out` is full. */
struct decoded {
    size_t good;
    size_t bad;
    bool cut;
    bool full;
};

static struct decoded decode_utf8(const unsigned char *bytes, size_t n, struct buf *out)
{
    size_t room = out->cap - buf_length(out);
    struct decoded result = {.good = utf8_span(bytes, n)};

    if (result.good > room) {
        result.good = utf8_span(bytes, room);
        result.full = true;
    }
    if (buf_append(out, bytes, result.good) < 0) {
        result.good = 0;
        result.full = true;
    }
    if (!result.full && result.good < n) {
        struct utf8_char next = utf8_next(bytes + result.good, n - result.good);
        result.cut = next.status == UTF8_CUT;
        result.bad = next.length;
    }
    return result;
}

/* What stands at the beginning of n bytes where iconv found a fault, or no whole character: `bad`
 * bytes that are one fault, or (cut) all n, which may still become a character or one fault. */
struct fault {
    size_t bad;
    bool cut;
};

/* A byte that alone is incomplete is a lead byte: it takes a following non-ASCII byte with it into
 * one fault. An ASCII byte is never part of a fault, so that no newline and no quote disappears. */
static struct fault pair_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    bool takes_next = n > 1 && bytes[1] >= 0x80 && is_incomplete(decode, bytes, 1);

    return (struct fault){.bad = takes_next ? 2 : 1};
}

/* How many of n bytes, from the first, are of GB18030's form of four: lead, digit, lead, digit. */
static size_t four_byte_span(const unsigned char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && i < 4 && (i % 2 ? isdigit(bytes[i]) : bytes[i] >= 0x81 && bytes[i] <= 0xFE))
        i++;
    return i;
}

/* WHATWG's gb18030 decoder: four bytes in the right form are one fault, otherwise the digit is a
 * character again. */
static struct fault gb18030_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    size_t span = four_byte_span(bytes, n);

    if (span == 4)
        return (struct fault){.bad = 4};
    if (span == n)
        return (struct fault){.bad = n, .cut = true};
    return span > 1 ? (struct fault){.bad = 1} : pair_fault(decode, bytes, n);
}

/* WHATWG's euc-jp decoder: 8F and one of A1 to FE take a third byte that is not ASCII with them. */
static struct fault triple_fault(iconv_t decode, const unsigned char *bytes, size_t n)
{
    if (bytes[0] != 0x8F || n < 2 || bytes[1] < 0xA1 || bytes[1] > 0xFE)
        return pair_fault(decode, bytes, n);
    if (n == 2)
        return (struct fault){.bad = 2, .cut = true};
    return (struct fault){.bad = bytes[2] < 0x80 ? 2 : 3};
}

/* glibc looks at the later bytes of a character only when all of them are there. */
static bool may_go_on(const unsigned char *bytes, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (bytes[i] < 0x80)
            return false;
    return true;
}

static struct fault fault_at(const struct charset *charset, const unsigned char *bytes, size_t n,
                             bool incomplete)
{
    if (is_gb18030(charset))
        return gb18030_fault(charset->decode, bytes, n);
    if (incomplete && may_go_on(bytes, n))
        return (struct fault){.bad = n, .cut = true};
    return charset->triples ? triple_fault(charset->decode, bytes, n)
                            : pair_fault(charset->decode, bytes, n);
}

/* How much of what was taken is whole characters that have room, and only that is put out: glibc's
 * UHC takes the bytes of A2 E8 before it says that they are bad, its TSCII puts out half of what a
 * byte stands for, and what is held back may not fit in the end. */
static size_t settle(iconv_t decode, const unsigned char *bytes, size_t taken, size_t before,
                     struct buf *out, bool *full)
{
    for (;; taken--) {
        int why;

        out->end = out->start + before;
        if (!taken)
            return 0;
        reset(decode);
        convert(decode, bytes, taken, out, &why);
        if (!why && flush(decode, out) == 0)
            return taken;
        *full |= !why || why == E2BIG;
    }
}

/* One run of iconv, up to the first thing that does not go through. */
static struct decoded run_iconv(struct charset *charset, const unsigned char *bytes, size_t n,
                                struct buf *out)
{
    size_t before = buf_length(out);
    struct decoded result = {0};
    int why;

    reset(charset->decode);
    result.good = convert(charset->decode, bytes, n, out, &why);
    result.full = why == E2BIG;
    if (why == EILSEQ || why == E2BIG || flush(charset->decode, out) < 0)
        result.good = settle(charset->decode, bytes, result.good, before, out, &result.full);
    if (why == EILSEQ || why == EINVAL) {
        struct fault fault = fault_at(charset, bytes + result.good, n - result.good, why == EINVAL);
        result.bad = fault.bad;
        result.cut = fault.cut;
    }
    return result;
}

/* One character at a time, each flushed. */
static struct decoded run_by_character(struct charset *charset, const unsigned char *bytes,
                                       size_t n, struct buf *out)
{
    struct decoded result = {0};

    while (result.good < n && !result.bad && !result.full) {
        size_t left = n - result.good;
        struct decoded one = {0};

        for (size_t length = 1; length <= left && length <= DECODER_KEPT; length++) {
            one = run_iconv(charset, bytes + result.good, length, out);
            if (!one.cut)
                break;
        }
        result.good += one.good;
        result.bad = one.bad;
        result.cut = one.cut;
        result.full = one.full;
    }
    return result;
}

static bool put_euro(struct buf *out)
{
    static const unsigned char euro[] = {0xE2, 0x82, 0xAC};

    return buf_append(out, euro, sizeof euro) == 0;
}

static struct decoded decode_iconv(struct charset *charset, const unsigned char *bytes, size_t n,
                                   struct buf *out)
{
    size_t done = 0, most = FIRST_RUN;

    for (;; most *= 2) {
        size_t run = most < n - done ? most : n - done;
        bool to_the_end = run == n - done;
        struct decoded result = charset->single ? run_by_character(charset, bytes + done, run, out)
                                                : run_iconv(charset, bytes + done, run, out);

        result.good += done;
        done = result.good;
        if (result.full)
            return result;
        if (is_gbk(charset) && result.bad && !result.cut && bytes[done] == EURO_BYTE) {
            if (!put_euro(out))
                return (struct decoded){.good = done, .full = true};
            done++;
            most = FIRST_RUN / 2;
        } else if (to_the_end || (result.bad && !result.cut)) {
            return result;
        }
    }
}

/* As decode_*; where this is the last run, a cut character is a fault. */
static struct decoded decode(struct charset *charset, const unsigned char *bytes, size_t n,
                             bool last, struct buf *out)
{
    struct decoded result =
        is_utf8(charset) ? decode_utf8(bytes, n, out) : decode_iconv(charset, bytes, n, out);

    if (result.full || (result.cut && !last && result.bad <= DECODER_KEPT))
        result.bad = 0;
    else
        result.cut = false;
    if (result.bad > DECODER_KEPT)
        result.bad = DECODER_KEPT;
    return result;
}

void decoder_init(struct decoder *decoder, struct charset *charset)
{
    *decoder = (struct decoder){.charset = charset};
}

static void set_bad(struct decoder *decoder, const unsigned char *bytes, size_t n)
{
    memcpy(decoder->bad, bytes, n);
    decoder->bad_length = (unsigned char)n;
}

static void keep(struct decoder *decoder, const unsigned char *bytes, size_t n)
{
    memmove(decoder->kept, bytes, n);
    decoder->kept_length = (unsigned char)n;
}

/* The kept bytes and the first new ones, side by side: what a cut character needs to go on. */
static enum text_status push_joined(struct decoder *decoder, const unsigned char *bytes, size_t n,
                                    bool last, struct buf *out, size_t *used)
{
    unsigned char joined[2 * DECODER_KEPT];
    size_t kept = decoder->kept_length;
    size_t added = n < DECODER_KEPT ? n : DECODER_KEPT;
    struct decoded result;
    size_t taken;

    memcpy(joined, decoder->kept, kept);
    if (added)
        memcpy(joined + kept, bytes, added);
    result = decode(decoder->charset, joined, kept + added, last && added == n, out);
    taken = result.good + result.bad;
    if (result.cut && added == n) {
        keep(decoder, joined + taken, kept + added - taken);
        *used = n;
        return TEXT_DONE;
    }
    *used = taken > kept ? taken - kept : 0;
    keep(decoder, joined + taken, taken < kept ? kept - taken : 0);
    if (result.full)
        return TEXT_FULL;
    if (!result.bad)
        return TEXT_DONE;
    set_bad(decoder, joined + result.good, result.bad);
    return TEXT_BAD;
}

enum text_status decoder_push(struct decoder *decoder, const void *bytes, size_t n, bool last,
                              struct buf *out, size_t *used)
{
    const unsigned char *rest = bytes;
    struct decoded result;

    *used = 0;
    while (decoder->kept_length && (n > *used || last)) {
        size_t taken;
        enum text_status status = push_joined(decoder, rest + *used, n - *used, last, out, &taken);
        *used += taken;
        if (status != TEXT_DONE || *used == n)
            return status;
    }
    if (*used == n)
        return TEXT_DONE;
    result = decode(decoder->charset, rest + *used, n - *used, last, out);
    *used += result.good + result.bad;
    if (result.full)
        return TEXT_FULL;
    if (result.bad) {
        set_bad(decoder, rest + *used - result.bad, result.bad);
        return TEXT_BAD;
    }
    keep(decoder, rest + *used, n - *used);
    *used = n;
    return TEXT_DONE;
}

/* ---- questions about bytes ---- */

enum { SCRATCH = 4096 };

/* Decodes without keeping the text; the status of the last push, and the decoder as it is then. */
static enum text_status try_decode(struct decoder *decoder, const unsigned char *bytes, size_t n,
                                   bool last)
{
    unsigned char storage[SCRATCH];
    enum text_status status;
    size_t used;

    do {
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        status = decoder_push(decoder, bytes, n, last, &out, &used);
        bytes += used;
        n -= used;
    } while (status == TEXT_FULL);
    return status;
}

bool charset_valid(struct charset *charset, const void *bytes, size_t n)
{
    struct decoder decoder;

    decoder_init(&decoder, charset);
    return try_decode(&decoder, bytes, n, true) == TEXT_DONE;
}

size_t charset_unfinished(struct charset *charset, const void *bytes, size_t n)
{
    const unsigned char *rest = bytes;
    struct decoder decoder;
    unsigned char storage[SCRATCH];

    decoder_init(&decoder, charset);
    while (n) {
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
        size_t used;

        decoder_push(&decoder, rest, n, false, &out, &used);
        rest += used;
        n -= used;
    }
    return decoder.kept_length;
}

/* What each of the 256 bytes, and each pair that begins above ASCII, decodes to, as a hash
 * (FNV-1a). */
static uint64_t fingerprint(struct charset *charset)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (unsigned pair = 0; pair < 0x10000; pair++) {
        unsigned char bytes[2] = {(unsigned char)(pair >> 8), (unsigned char)pair};
        unsigned char storage[64];
        struct buf out = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};

        if (bytes[0] < 0x80 && bytes[1])
            continue;
        run_iconv(charset, bytes, 2, &out);
        buf_append(&out, "", 1);
        for (size_t i = 0; i < out.end; i++)
            hash = (hash ^ storage[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

bool charset_same(struct charset *a, struct charset *b)
{
    if (a == b)
        return true;
    if (is_utf8(a) || is_utf8(b))
        return is_utf8(a) && is_utf8(b);
    if (is_gbk(a) || is_gbk(b))
        return false;
    return fingerprint(a) == fingerprint(b);
}

bool charset_is_chinese(const struct charset *charset)
{
    return is_gb18030(charset);
}

/* ---- encoding ---- */

/* The WHATWG encoder of GBK: the euro sign is one byte, and what GB18030 writes in two bytes counts
 * where the system's GBK table lacks it. */
static enum text_status encode_beyond_gbk(struct charset *charset, const unsigned char *text,
                                          size_t length, struct buf *out)
{
    static const unsigned char euro = EURO_BYTE;
    unsigned char storage[16];
    struct buf two = {.bytes = storage, .capacity = sizeof storage, .cap = sizeof storage};
    int why;

    if (utf8_next(text, length).scalar == EURO_SIGN)
        return buf_append(out, &euro, 1) == 0 ? TEXT_DONE : TEXT_FULL;
    reset(charset->gb18030);
    convert(charset->gb18030, text, length, &two, &why);
    if (why || buf_length(&two) != 2)
        return TEXT_BAD;
    return buf_append(out, storage, 2) == 0 ? TEXT_DONE : TEXT_FULL;
}

/* What the plain table lacks. */
static enum text_status encode_beyond(struct charset *charset, const unsigned char *text,
                                      size_t length, struct buf *out)
{
    return is_gbk(charset) ? encode_beyond_gbk(charset, text, length, out) : TEXT_BAD;
}

/* The tags of plane 14, which glibc leaves out without a word, and what is beside them. */
static bool may_vanish(const unsigned char *text, size_t n)
{
    return n > 1 && !memcmp(text, "\xF3\xA0", 2);
}

/* How much of the text is given to iconv at once: one character where the next ones must not matter
 * or where it is to be seen what becomes of it. */
static size_t encoder_run(const struct charset *charset, const unsigned char *text, size_t n,
                          size_t most)
{
    size_t run = most < n ? most : n;
    const unsigned char *tag;

    if (charset->single || may_vanish(text, n))
        return utf8_next(text, n).length;
    while (run < n && (text[run] & 0xC0) == 0x80)
        run--;
    tag = memmem(text, run, "\xF3\xA0", 2);
    return tag ? (size_t)(tag - text) : run;
}

static enum text_status encode_run(struct charset *charset, const unsigned char *text, size_t n,
                                   struct buf *out, size_t *used)
{
    size_t before = buf_length(out);
    int why;

    reset(charset->encode);
    *used = convert(charset->encode, text, n, out, &why);
    if (flush(charset->encode, out) < 0) {
        out->end = out->start + before;
        *used = 0;
        return TEXT_FULL;
    }
    if (why)
        return why == E2BIG ? TEXT_FULL : TEXT_BAD;
    if (buf_length(out) > before)
        return TEXT_DONE;
    *used = 0;
    return TEXT_BAD;
}

enum text_status charset_encode(struct charset *charset, const void *text, size_t n,
                                struct buf *out, size_t *used)
{
    const unsigned char *bytes = text;
    size_t most = FIRST_RUN;

    *used = 0;
    if (is_utf8(charset)) {
        if (buf_append(out, text, n) < 0)
            return TEXT_FULL;
        *used = n;
        return TEXT_DONE;
    }
    while (*used < n) {
        size_t taken, run = encoder_run(charset, bytes + *used, n - *used, most);
        enum text_status status = encode_run(charset, bytes + *used, run, out, &taken);

        *used += taken;
        if (most < n)
            most *= 2;
        if (status == TEXT_BAD) {
            size_t length = utf8_next(bytes + *used, n - *used).length;

            status = encode_beyond(charset, bytes + *used, length, out);
            if (status == TEXT_DONE)
                *used += length;
            most = FIRST_RUN;
        }
        if (status != TEXT_DONE)
            return status;
    }
    return TEXT_DONE;
}
