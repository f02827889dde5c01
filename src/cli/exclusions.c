/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/exclusions.h"

#include <string.h>

/* ---- what is done with a connection ---- */

/* NULL: a person, or standard input and output, talk with the peer. */
static const char *handler_of(const struct options *options)
{
    return options->chat      ? "--chat"
           : options->broker  ? "--broker"
           : options->reply   ? "--reply"
           : options->exec    ? "--exec"
           : options->sh_exec ? "--sh-exec"
           : options->forward ? "--forward"
                              : NULL;
}

/* At most one of them. */
static int check_handlers(const struct options *options, struct err *err)
{
    int handlers = options->chat + options->broker + (options->reply != NULL) +
                   (options->exec != NULL) + (options->sh_exec != NULL) +
                   (options->forward != NULL);

    if (handlers > 1)
        return err_set(err, ERR_USAGE,
                       "--chat, --broker, --reply, --exec, --sh-exec and --forward exclude each "
                       "other");
    if (options->once && (options->chat || options->broker))
        return err_set(err, ERR_USAGE, "-1 excludes --chat and --broker, which are for many");
    return 0;
}

/* Options that say more about another one. */
static int check_companions(const struct options *options, struct err *err)
{
    if (options->forward_encoding && !options->forward)
        return err_set(err, ERR_USAGE, "--forward-encoding goes with --forward ADDRESS");
    if (options->hang_up && !options->reply)
        return err_set(err, ERR_USAGE, "--hang-up goes with --reply TEXT");
    if (options->no_commands && !options->chat)
        return err_set(err, ERR_USAGE, "--no-commands goes with --chat");
    if (options->rate.given && !options->chat)
        return err_set(err, ERR_USAGE, "--rate goes with --chat, whose peers it slows down");
    return 0;
}

/* A room relays all the same, and a program or a bot is no standard input. */
static int check_one_way(const struct options *options, struct err *err)
{
    const char *one_way = options->send_only   ? "--send-only"
                          : options->recv_only ? "--recv-only"
                                               : NULL;
    const char *handler = handler_of(options);

    if (options->send_only && options->recv_only)
        return err_set(err, ERR_USAGE, "--send-only and --recv-only exclude each other");
    if (!one_way || !handler)
        return 0;
    if (options->chat || options->broker)
        return err_set(err, ERR_USAGE,
                       "%s and %s exclude each other: peers hear each other in any case; %s",
                       one_way, handler,
                       options->recv_only ? "with </dev/null this side says nothing"
                                          : "with >/dev/null this side shows nothing");
    return err_set(err, ERR_USAGE,
                   "%s and %s exclude each other; %s is for a conversation between a peer and "
                   "standard input and output",
                   one_way, handler, one_way);
}

/* ---- one conversation ---- */

/* It is about two ends: a peer and standard input. */
static int check_end_with_peer(const struct options *options, struct err *err)
{
    const char *handler = handler_of(options);
    const char *other = options->keep_open     ? "-k"
                        : handler              ? handler
                        : options->no_shutdown ? "--no-shutdown"
                        : options->recv_only   ? "--recv-only"
                                               : NULL;

    if (!options->end_with_peer || !other)
        return 0;
    return err_set(err, ERR_USAGE,
                   "--end-with-peer and %s exclude each other; it is for one conversation between "
                   "a peer and standard input",
                   other);
}

/* No data passes: a program would not be started, and a file would be emptied for nothing. */
static int check_probe(const struct options *options, struct err *err)
{
    const char *handler = handler_of(options);
    const char *other = handler               ? handler
                        : options->output     ? "-o"
                        : options->hex_dump   ? "-x"
                        : options->transcript ? "--transcript"
                                              : NULL;

    if (!options->probe || !other)
        return 0;
    return err_set(err, ERR_USAGE,
                   "-z and %s exclude each other; -z connects and closes, and no data passes",
                   other);
}

/* ---- addresses ---- */

/* Peers of unix:PATH have no address that could be judged, and would all get in. */
static int check_access(const struct options *options, struct err *err)
{
    const char *given = options->allow          ? "--allow"
                        : options->deny         ? "--deny"
                        : options->allow_file   ? "--allow-file"
                        : options->deny_file    ? "--deny-file"
                        : options->max_per_host ? "--max-per-host"
                                                : NULL;

    if (!given || !options->address.is_unix)
        return 0;
    return err_set(err, ERR_USAGE,
                   "%s: peers of unix:PATH have no addresses; who may write to the file gets in",
                   given);
}

/* Families and ports are those of TCP. With --forward they may be meant for the other end. */
static int check_unix(const struct options *options, struct err *err)
{
    const char *given = options->ipv4          ? "-4"
                        : options->ipv6        ? "-6"
                        : options->source      ? "-s"
                        : options->source_port ? "-p"
                                               : NULL;

    if (!options->address.is_unix)
        return 0;
    if (options->port_file)
        return err_set(err, ERR_USAGE, "--port-file: unix:PATH has no port");
    if (!given || (options->forward && !options->forward_address.is_unix))
        return 0;
    return err_set(err, ERR_USAGE, "%s is for TCP; unix:PATH has no such address", given);
}

int exclusions_check(const struct options *options, struct err *err)
{
    static int (*const checks[])(const struct options *options, struct err *err) = {
        check_handlers, check_companions, check_one_way, check_end_with_peer,
        check_probe,    check_access,     check_unix,
    };

    if (options->ipv4 && options->ipv6)
        return err_set(err, ERR_USAGE, "-4 and -6 exclude each other; without them both are used");
    if (options->once && options->keep_open)
        return err_set(err, ERR_USAGE, "-1 and -k exclude each other");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i](options, err) < 0)
            return -1;
    return 0;
}
