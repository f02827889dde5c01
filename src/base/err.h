/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err: why something failed, as a kind (for the exit status) and a sentence (for a person).
 *
 * Functions below cli/ return 0 or a negative value and fill a caller's `struct err`; only cli/
 * prints it and exits. A struct err is plain data: it owns nothing and may be copied. */
#pragma once

#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_NETWORK,  /* refused, unreachable, reset, unresolvable */
    ERR_USAGE,    /* the command line or a preference is wrong */
    ERR_TEXT,     /* text could not be converted */
    ERR_TIMEOUT,  /* a deadline of the user's ran out */
    ERR_LOCAL,    /* local input or output failed: unreadable file */
    ERR_FULL,     /* ERR_LOCAL that may pass: the disk is full */
    ERR_SECURITY, /* certificate, handshake, or a conversation in TLS that was cut off */
    ERR_PROGRAM,  /* a program failed, or a script, or a replayed peer's caller deviates */
    ERR_PIPE,     /* standard output has no reader any more: die as by SIGPIPE */
};

enum { ERR_SENTENCE = 512 };

struct err {
    enum err_kind kind;
    char sentence[ERR_SENTENCE]; /* without "tcpchat: " before and a full stop behind */
};

/* Fills *err, with the sentence cut to its size, and returns -1 for `return err_set(...)`. err may
 * be NULL here and below. */
int err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the sentence "FORMAT...: strerror(number)". */
int err_errno(struct err *err, enum err_kind kind, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* strerror in the person's language. */
const char *err_reason(int number);

/* Whether a call that failed with this errno found this side short of descriptors or memory. */
bool err_is_shortage(int number);

/* The kind of a failed network call with this errno: ERR_LOCAL for a shortage, else ERR_NETWORK. */
enum err_kind err_network_kind(int number);

/* Whether a peer, or the way to it, failed: ERR_NETWORK or ERR_SECURITY. */
bool err_is_of_peer(const struct err *err);

/* Puts "SOURCE: " in front of the sentence and returns -1. */
int err_prefix(struct err *err, const char *source);

/* The rest of the sentence behind "SOURCE: "; NULL: it does not begin so. */
const char *err_behind(const struct err *err, const char *source);

/* The same for sentences of another format of err_set, whose two words are the source and the rest.
 */
const char *err_behind_in(const struct err *err, const char *format, const char *source);

/* err_set(err, ERR_LOCAL, "out of memory"). */
int err_memory(struct err *err);

/* Keeps the first failure: copies *from to *to unless *to already holds a failure. */
void err_keep(struct err *to, const struct err *from);

/* The exit status of a run that this failure ended; 0 for ERR_NONE. ERR_PIPE has no status of its
 * own, because the process dies by SIGPIPE. */
int err_status(const struct err *err);
