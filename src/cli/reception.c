/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reception.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/encodings.h"

/* A room writes when the first peer comes, and would end then. */
static int check_output(const struct options *options, struct err *err)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (!options->is_room || options->send_only || (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY))
        return 0;
    return err_errno(err, ERR_LOCAL, EBADF, "standard output");
}

/* Messages are for those who look at them. In a pipe nothing waits for a silence. */
static int check_message(const struct options *options, struct err *err)
{
    bool is_written = options->transcript || options->events;

    if (options->message.kind == FRAMING_LINES ||
        (options->is_room && options_mode(options)->framed) ||
        (is_written && options->message.kind != FRAMING_GAP))
        return 0;
    return err_set(err, ERR_USAGE,
                   is_written ? N_("--message gap: is for a terminal, --reply and --rules; in a "
                                   "pipe nothing waits for a silence")
                              : N_("--message: a pipe passes bytes on as they come; --message is "
                                   "for a terminal, --reply, --rules, --transcript and --events"));
}

static int check_person(const struct options *options, struct err *err)
{
    if (options->literal && options->has_person)
        return err_set(err, ERR_USAGE,
                       "--literal is for a pipe; at the prompt a literal is /bytes LITERAL");
    if (options->view == VIEW_PLAIN || options->has_person)
        return 0;
    return err_set(err, ERR_USAGE,
                   N_("--view is for a person at a terminal; -x FILE writes a hex dump of both "
                      "directions, and -x - writes it to standard error"));
}

/* Raw bytes are no characters. */
static int check_mark(const struct options *options, struct charsets *charsets, struct err *err)
{
    struct encodings encodings;

    if (options->message.kind != FRAMING_MARK || options_are_raw(options))
        return 0;
    if (encodings_open(&encodings, options, charsets, err) < 0 ||
        framing_check(&options->message, encodings.encodings.first, err) < 0)
        return -1;
    return encodings.encodings.second
               ? framing_check(&options->message, encodings.encodings.second, err)
               : 0;
}

int reception_check(const struct options *options, struct charsets *charsets, struct err *err)
{
    if (check_output(options, err) < 0 || check_message(options, err) < 0 ||
        check_person(options, err) < 0)
        return -1;
    return check_mark(options, charsets, err);
}
