/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encodings: from the options and the locale to the charsets of a room. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/must_check.h"
#include "cli/options.h"
#include "io/readings_tee.h"
#include "text/charset.h"
#include "text/encoding.h"

struct encodings {
    struct charsets *charsets;
    struct charset *local; /* of standard input, output and the terminal */
    struct charset *utf8;
    struct encoding_legacy legacy;  /* the other one of "auto" */
    struct encoding_list encodings; /* of peers; empty where bytes stay as they are */
};

/* Opens the charsets. */
int encodings_open(struct encodings *encodings, const struct options *options,
                   struct charsets *charsets, struct err *err);

/* The name of the locale's charset, as it was at the first call: readline changes the locale. UTF-8
 * where the locale is plain C, which names none. */
const char *encodings_locale(void);

/* The name of the local charset: --local-encoding, or the locale's. */
const char *encodings_local(const struct options *options);

/* The name of the charset that is usual beside UTF-8 in the locale. */
const char *encodings_legacy(void);

/* The charsets in which --explain reads the bytes of peers. */
struct readings_plan encodings_readings(const struct options *options, struct charsets *charsets);

/* Appends words of the command line, which are in the local charset, as UTF-8. -1: they are not
 * valid there, or do not fit. */
MUST_CHECK int encodings_decode(const struct encodings *encodings, const char *words,
                                struct buf *text);

/* The name of this side in a room, as UTF-8: --name, else the login name, else "operator".
 * ERR_USAGE: --name is no name. */
int encodings_name(const struct encodings *encodings, const struct options *options, char *name,
                   size_t size, struct err *err);

/* Puts the option or variable that the name is from in front of the reason; -1. */
int encodings_refuse_name(const struct options *options, struct err *err);

/* The name of --name where there is no room. Opens the local charset for it. ERR_USAGE. */
int encodings_check_name(const struct options *options, struct charsets *charsets, struct err *err);
