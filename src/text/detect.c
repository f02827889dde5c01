/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/detect.h"

#include "base/ascii.h"
#include "text/detect_table.h"
#include "text/utf8.h"
#include "text/wordlike.h"

enum {
    OUTSIDE = -60,  /* a pair that is not a hanzi of GB2312 */
    TOUCHING = -40, /* an ASCII letter beside letters */
    NO_WORD = 50,   /* letters that look like no word */
    SURPLUS = 16,   /* faults in UTF-8 beyond its long characters and the legacy charset's faults */
    DECIDED = 600,  /* no further word changes a sum that is so far from 0 */
    FIRST_LEAD = 0xC2,
    LAST_LEAD = 0xDF,
    FIRST_TRAIL = 0xA1,
    LAST_TRAIL = 0xBF,
};

static int clip(int value, int limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

/* ---- words ---- */

static int weigh_pair(const struct charset *legacy, const unsigned char *pair)
{
    if (!charset_is_chinese(legacy))
        return -DETECT_STRONG;
    if (pair[1] < FIRST_TRAIL || pair[1] > LAST_TRAIL)
        return OUTSIDE;
    return detect_table[pair[0] - FIRST_LEAD][pair[1] - FIRST_TRAIL];
}

/* Also in text that is not valid UTF-8: no lead byte is in the middle of a character there. */
static bool is_pair(const unsigned char *bytes, size_t n)
{
    return n >= 2 && *bytes >= FIRST_LEAD && *bytes <= LAST_LEAD && (bytes[1] & 0xC0) == 0x80;
}

static size_t run_of_pairs(const unsigned char *bytes, size_t n)
{
    size_t length = 0;

    while (is_pair(bytes + length, n - length))
        length += 2;
    return length;
}

static int weigh_run(const struct charset *legacy, const unsigned char *run, size_t n)
{
    int sum = 0;

    for (size_t i = 0; i < n && clip(sum, DECIDED) == sum; i += 2)
        if (!i || run[i] != run[i - 2] || run[i + 1] != run[i - 1])
            sum += weigh_pair(legacy, run + i);
    return sum;
}

/* Letters and hanzi in the midst of a text, and their ends that an ASCII letter touches. */
struct run {
    const unsigned char *bytes;
    size_t n;
    bool after_letter, before_letter;
};

static struct run run_at(const unsigned char *bytes, size_t n, size_t i)
{
    size_t end = i + run_of_pairs(bytes + i, n - i);

    return (struct run){.bytes = bytes + i,
                        .n = end - i,
                        .after_letter = end > i && i && ascii_is_letter((char)bytes[i - 1]),
                        .before_letter = end > i && end < n && ascii_is_letter((char)bytes[end])};
}

/* No word ends with an ASCII letter beside letters of another script than Latin; one of those
 * within ASCII letters was taken for the one that it looks like. */
static int weigh_shape(const struct run *run)
{
    const unsigned char *touched = run->bytes + (run->before_letter ? run->n - 2 : 0);
    int touching = run->after_letter + run->before_letter;

    if (touching == 1 ? !wordlike_beside_ascii(touched)
                      : !touching && !wordlike(run->bytes, run->n))
        return NO_WORD;
    return touching * TOUCHING;
}

/* From `sum` on; without words it is no evidence. */
static struct detect_evidence weigh_words(const struct charset *legacy, int sum,
                                          const unsigned char *bytes, size_t n)
{
    struct detect_evidence evidence = {.kind = EVIDENCE_BYTES};

    for (size_t i = 0; i < n && clip(sum, DECIDED) == sum; i++) {
        struct run run = run_at(bytes, n, i);

        if (!run.n)
            continue;
        sum += weigh_run(legacy, run.bytes, run.n) + weigh_shape(&run);
        evidence.is_within |= run.after_letter && run.before_letter;
        evidence.kind = EVIDENCE_WORDS;
        i += run.n - 1;
    }
    if (evidence.kind == EVIDENCE_WORDS)
        evidence.nats = (short)clip(sum, DETECT_STRONG);
    return evidence;
}

/* ---- bytes ---- */

struct count {
    size_t faults, longs; /* in UTF-8; characters of three bytes and four */
};

/* U+FFFD says only that text was lost; it is also 锟斤拷, two of it in GBK. */
static bool is_long(const struct utf8_char *character)
{
    return character->status == UTF8_GOOD && character->length > 2 && character->scalar != 0xFFFD;
}

/* Up to a surplus of faults that no rest of the text makes good. */
static struct count count_utf8(const unsigned char *bytes, size_t n, size_t legacy_faults)
{
    struct count count = {0};
    struct utf8_char next;

    while (count.faults < count.longs + 2 * legacy_faults + SURPLUS &&
           utf8_take(&bytes, &n, &next)) {
        count.faults += next.status != UTF8_GOOD;
        count.longs += is_long(&next);
    }
    return count;
}

static bool has_long(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct utf8_char next;

        if (bytes[i] < 0xE0)
            continue;
        next = utf8_next(bytes + i, n - i);
        if (is_long(&next))
            return true;
    }
    return false;
}

static bool is_ascii(const unsigned char *bytes, size_t n)
{
    unsigned char all = 0;

    for (size_t i = 0; i < n; i++)
        all |= bytes[i];
    return all < 0x80;
}

/* Text in GBK has few long characters by chance; text in UTF-8 has as many faults in GBK as here.
 */
static int weigh_faults(const struct count *utf8, size_t legacy_faults)
{
    if (utf8->faults > utf8->longs + 2 * legacy_faults ||
        (!legacy_faults && utf8->faults >= utf8->longs))
        return DETECT_STRONG;
    if (utf8->longs ? utf8->longs + legacy_faults > utf8->faults : legacy_faults > 2 * utf8->faults)
        return -DETECT_STRONG;
    return 0;
}

struct detect_evidence detect_weigh(const struct detect *detect, const struct charset *legacy,
                                    size_t faults, const void *text, size_t n)
{
    struct detect_evidence bytes = {.kind = EVIDENCE_BYTES, .nats = -DETECT_STRONG};
    bool chinese = charset_is_chinese(legacy), is_utf8 = utf8_span(text, n) == n;

    if (is_utf8 && is_ascii(text, n))
        return (struct detect_evidence){.kind = EVIDENCE_NONE};
    if (!is_utf8) {
        struct count utf8 = count_utf8(text, n, faults);

        bytes.nats = (short)weigh_faults(&utf8, faults);
        if (bytes.nats || !chinese)
            return bytes;
    } else if (has_long(text, n) || (!chinese && !detect->has_prior)) {
        return bytes;
    }
    return weigh_words(legacy, detect->has_prior ? DETECT_PRIOR : 0, text, n);
}

/* ---- a peer ---- */

void detect_init(struct detect *detect, enum detect_verdict first, bool prior)
{
    *detect = (struct detect){
        .first = (unsigned char)first, .shown = (unsigned char)first, .has_prior = prior};
}

static enum detect_verdict favoured(const struct detect *detect)
{
    return detect->sum > 0   ? DETECT_LEGACY
           : detect->sum < 0 ? DETECT_UTF8
                             : (enum detect_verdict)detect->first;
}

enum detect_verdict detect_message(struct detect *detect, struct detect_evidence evidence)
{
    bool contradicts = detect->sum * evidence.nats < 0;

    detect->is_unsure = false;
    if (evidence.kind == EVIDENCE_NONE)
        return favoured(detect);
    if (evidence.kind == EVIDENCE_BYTES && contradicts)
        detect->sum = 0;
    detect->sum = (short)clip(detect->sum + evidence.nats, DETECT_LIMIT);
    detect->has_prior = false;
    detect->shown = (unsigned char)favoured(detect);
    detect->is_unsure = evidence.kind == EVIDENCE_WORDS && !evidence.is_within &&
                        clip(detect->sum, DETECT_DOUBT - 1) == detect->sum;
    return (enum detect_verdict)detect->shown;
}

bool detect_is_known(const struct detect *detect)
{
    return clip(detect->sum, DETECT_STRONG - 1) != detect->sum;
}
