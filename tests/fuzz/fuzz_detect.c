/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of one peer: the evidence has the right sign and bounds, the sum has its bounds, and the
 * verdicts follow from the sum. The first byte chooses the legacy charset and the first of the
 * list; messages end at NUL. */
#include "../unit/valid.h"
#include "text.h"

#include <stdbool.h>

#include "text/detect.h"
#include "text/utf8.h"

static bool is_ascii(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

static bool has_long_character(const unsigned char *bytes, size_t n)
{
    struct utf8_char next;

    while (utf8_take(&bytes, &n, &next))
        if (next.length > 2)
            return true;
    return false;
}

static int checked_evidence(struct charset *legacy, const unsigned char *bytes, size_t n)
{
    bool valid = is_valid(legacy, bytes, n);
    int evidence = detect_evidence(legacy, valid, bytes, n);

    CLAIM(evidence >= -DETECT_STRONG && evidence <= DETECT_STRONG);
    if (utf8_span(bytes, n) < n)
        CLAIM(evidence == (valid ? DETECT_STRONG : 0));
    else if (is_ascii(bytes, n))
        CLAIM(evidence == 0);
    else if (has_long_character(bytes, n) || !charset_is_chinese(legacy))
        CLAIM(evidence == -DETECT_STRONG);
    return evidence;
}

static void check_verdicts(const struct detect *detect, enum detect_verdict verdict, int sum)
{
    enum detect_verdict reply = detect_reply(detect);

    CLAIM(detect->sum == sum);
    CLAIM(verdict == (sum > 0 ? DETECT_LEGACY : sum < 0 ? DETECT_UTF8 : detect->first));
    CLAIM(reply == (sum >= DETECT_REPLY    ? DETECT_LEGACY
                    : sum <= -DETECT_REPLY ? DETECT_UTF8
                                           : detect->first));
    CLAIM(detect_is_known(detect) == (abs(sum) >= DETECT_STRONG));
}

static int bounded(int sum)
{
    return sum > DETECT_LIMIT ? DETECT_LIMIT : sum < -DETECT_LIMIT ? -DETECT_LIMIT : sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t choice = input_byte(&input);
    struct charset *legacy = text_charset(1 + choice % (TEXT_CHARSETS - 1)); /* not UTF-8 */
    struct detect detect;
    int sum = 0;
    char *word;

    detect_init(&detect, choice & 0x80 ? DETECT_LEGACY : DETECT_UTF8);
    CLAIM(detect_reply(&detect) == detect.first && !detect_is_known(&detect));
    while ((word = input_word(&input))) {
        int evidence = checked_evidence(legacy, (const unsigned char *)word, strlen(word));

        sum = bounded(sum + evidence);
        check_verdicts(&detect, detect_message(&detect, evidence), sum);
        free(word);
    }
    return 0;
}
