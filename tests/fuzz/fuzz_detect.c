/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of one peer: the evidence has the right sign and bounds, the sum has its bounds, and the
 * verdicts follow from the sum. The first byte chooses the legacy charset, the first of the
 * list and whether there is a prior; messages end at NUL. */
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
        if (next.length > 2 && next.scalar != 0xFFFD)
            return true;
    return false;
}

static struct detect_evidence checked_evidence(const struct detect *detect, struct charset *legacy,
                                               const unsigned char *bytes, size_t n)
{
    struct detect_evidence evidence =
        detect_weigh(detect, legacy, faults_in(legacy, bytes, n), bytes, n);
    bool is_words = evidence.kind == EVIDENCE_WORDS;

    CLAIM(evidence.nats >= -DETECT_STRONG && evidence.nats <= DETECT_STRONG);
    CLAIM((evidence.kind == EVIDENCE_NONE) == is_ascii(bytes, n));
    CLAIM(is_words || evidence.nats % DETECT_STRONG == 0);
    CLAIM(!is_words || charset_is_chinese(legacy) || detect->has_prior);
    if (utf8_span(bytes, n) == n && has_long_character(bytes, n))
        CLAIM(evidence.nats == -DETECT_STRONG && !is_words);
    return evidence;
}

static int bounded(int sum)
{
    return sum > DETECT_LIMIT ? DETECT_LIMIT : sum < -DETECT_LIMIT ? -DETECT_LIMIT : sum;
}

static int expected_sum(int sum, struct detect_evidence evidence)
{
    bool changes = evidence.kind == EVIDENCE_BYTES && sum * evidence.nats < 0;

    return changes ? evidence.nats : bounded(sum + evidence.nats);
}

static void check_verdicts(const struct detect *detect, enum detect_verdict verdict, int sum,
                           struct detect_evidence evidence)
{
    CLAIM(detect->sum == sum);
    CLAIM(verdict == (sum > 0 ? DETECT_LEGACY : sum < 0 ? DETECT_UTF8 : detect->first));
    CLAIM(detect_is_known(detect) == (abs(sum) >= DETECT_STRONG));
    CLAIM(evidence.kind == EVIDENCE_NONE || detect->shown == verdict);
    CLAIM(!detect->is_unsure || evidence.kind == EVIDENCE_WORDS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    uint8_t choice = input_byte(&input);
    struct charset *legacy = text_charset(1 + choice % (TEXT_CHARSETS - 1)); /* not UTF-8 */
    struct detect detect;
    int sum = 0;
    char *word;

    detect_init(&detect, choice & 0x80 ? DETECT_LEGACY : DETECT_UTF8, choice & 0x40);
    CLAIM(detect.shown == detect.first && !detect_is_known(&detect));
    while ((word = input_word(&input))) {
        struct detect_evidence evidence =
            checked_evidence(&detect, legacy, (const unsigned char *)word, strlen(word));

        sum = expected_sum(sum, evidence);
        check_verdicts(&detect, detect_message(&detect, evidence), sum, evidence);
        free(word);
    }
    return 0;
}
