/* speech: what a peer speaks: one charset, or UTF-8 and another one, found out by evidence.
 *
 * With two, the peer's messages decide (see detect): each is read by all the evidence there is,
 * and answers follow it. A struct speech is a few bytes per peer; the charsets are shared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "text/charset.h"
#include "text/codec.h"
#include "text/detect.h"

/* In order of preference. */
struct languages {
    struct charset *first;
    struct charset *second; /* NULL: only the first; else one of the two is UTF-8 */
};

/* Reads LIST: a charset, "utf-8" and one other in order of preference, or "auto": utf-8 and
 * `legacy`. Each is opened in *charsets; with `known`, only one that is there already will do
 * (ERR_USAGE), so that no stranger has a conversion module loaded. */
int languages_parse(struct languages *languages, const char *list, struct charset *legacy,
                    struct charsets *charsets, bool known, struct err *err);

enum { LANGUAGES_NAME = 80 };

/* "GBK" or "UTF-8, GBK". */
void languages_name(const struct languages *languages, char name[LANGUAGES_NAME]);

struct speech {
    struct languages languages;
    struct detect detect;
    bool told; /* speech_news has told it */
};

void speech_init(struct speech *speech, const struct languages *languages);

/* How many bytes at the end of n may be an unfinished character, in any charset still possible. */
size_t speech_unfinished(const struct speech *speech, const unsigned char *bytes, size_t n);

/* Takes a message as evidence (not one that was cut out of the middle of a character) and returns
 * the charset that it is read in. */
struct charset *speech_hear(struct speech *speech, const void *bytes, size_t n);

/* The charset that the last message was read in. */
struct charset *speech_read(const struct speech *speech);

/* The charset to answer in. */
struct charset *speech_reply(const struct speech *speech);

/* The charset that the peer is known to speak; NULL while that is open or there is no choice. */
struct charset *speech_known(const struct speech *speech);

/* The same, once: when there is something to tell. */
struct charset *speech_news(struct speech *speech);
