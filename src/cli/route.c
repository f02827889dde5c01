/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/route.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/event.h"
#include "base/language.h"
#include "base/status.h"
#include "cli/secrets.h"

enum { LINE = 2 * PROXY_LOGIN_PART + 2 /* USER:PASS and what ends it */ };

/* ---- the login ---- */

static void warn_of_readers(const char *path, int fd)
{
    struct stat status;

    if (status_of(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & 077)
        event_say(EVENT_ALWAYS,
                  "--proxy-auth-file %s: others can read it; chmod 600 keeps it secret", path);
}

/* Without stdio, whose buffer would keep a copy. */
static ssize_t read_line(int fd, char line[LINE + 1])
{
    size_t length = 0;
    ssize_t got;

    do {
        got = read(fd, line + length, LINE - length);
        length += got > 0 ? (size_t)got : 0;
        line[length] = '\0';
    } while ((got > 0 && length < LINE && !strchr(line, '\n')) || (got < 0 && errno == EINTR));
    line[strcspn(line, "\r\n")] = '\0';
    return got < 0 ? -1 : 0;
}

/* A FIFO without a writer is empty, and one with a writer is waited for. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0)
        fcntl(fd, F_SETFL, O_RDONLY);
    return fd;
}

/* The path is perhaps a login, which no sentence has. */
static int refuse_path(const char *path, int number, struct err *err)
{
    if (strchr(path, ':'))
        return err_set(err, ERR_USAGE,
                       "--proxy-auth-file takes a file with USER:PASS in its first line, not "
                       "USER:PASS itself; there is no such file");
    return err_errno(err, ERR_LOCAL, number, "--proxy-auth-file %s", path);
}

static int read_auth_file(struct route *route, const char *path, struct err *err)
{
    int fd = open_file(path), result = 0;
    char line[LINE + 1] = "";
    struct err why;

    if (fd < 0)
        return refuse_path(path, errno, err);
    warn_of_readers(path, fd);
    if (read_line(fd, line) < 0)
        result = err_errno(err, ERR_LOCAL, errno, "--proxy-auth-file %s", path);
    else if (!*line)
        result =
            err_set(err, ERR_USAGE, "--proxy-auth-file %s: its first line has no USER:PASS", path);
    else if (proxy_read_login(&route->login, line, false, &why) < 0)
        result = err_set(err, why.kind, "--proxy-auth-file %s: %s", path, why.sentence);
    close(fd);
    explicit_bzero(line, sizeof line);
    return result;
}

static int read_login(struct route *route, const char *written, struct err *err)
{
    if (written && route->options->proxy_auth_file)
        return err_set(err, ERR_USAGE,
                       "it has a user already; leave that out, or --proxy-auth-file");
    return written ? proxy_read_login(&route->login, written, true, err) : 0;
}

/* ---- the proxy ---- */

/* In the order of curl(1). */
static const char *variable(const char *lower, const char *upper)
{
    const char *value = getenv(lower);

    if (!value || !*value)
        value = getenv(upper);
    return value && *value ? value : NULL;
}

unsigned route_port(const struct address *address)
{
    const struct servent *service;

    if (ascii_is_number(address->port))
        return (unsigned)atoi(address->port);
    service = getservbyname(address->port, "tcp");
    return service ? ntohs((uint16_t)service->s_port) : 0;
}

static int ask(struct route *route, struct err *err)
{
    bool has_login = *route->login.user;

    route->asks.request = (struct proxy_request){
        .kind = route->proxy.kind,
        .host = route->peer->host,
        .port = route_port(route->peer),
        .user = has_login ? route->login.user : NULL,
        .password = has_login ? route->login.password : NULL,
    };
    address_label(route->peer, route->asks.peer);
    dial_label(route->peer, &route->proxy.address, route->asks.label);
    route->has_proxy = true;
    return proxy_request_check(&route->asks.request, err);
}

/* `source` names the proxy in sentences, which have no login. */
static int read_proxy(struct route *route, const char *source, const char *written,
                      const char *login, struct err *err)
{
    const char *file = route->options->proxy_auth_file;

    if (login || file)
        secrets_protect();
    if (proxy_parse(&route->proxy, written, err) < 0 || read_login(route, login, err) < 0)
        return err_prefix(err, source);
    if (file && read_auth_file(route, file, err) < 0)
        return -1;
    return ask(route, err) < 0 ? err_prefix(err, source) : 0;
}

/* The variables of HTTP do not count, and a person may think that they do. */
static void tell_no_variable(void)
{
    bool has_other = variable("http_proxy", "HTTP_PROXY") || variable("https_proxy", "HTTPS_PROXY");

    event_say(has_other ? EVENT_ALWAYS : EVENT_VERBOSE,
              has_other ? N_("--proxy env: ALL_PROXY is not set, so no proxy is on the way; "
                             "http_proxy and https_proxy do not count")
                        : N_("--proxy env: ALL_PROXY is not set, so no proxy is on the way"));
}

static void tell_odd(const char *exempt)
{
    size_t length;
    const char *word = exempt ? proxy_find_odd(exempt, &length) : NULL;

    if (word)
        event_say(EVENT_VERBOSE,
                  "--proxy env: '%.*s' in NO_PROXY fits no host; a name stands for all below it, "
                  "and a range is 192.0.2.0/24",
                  (int)(length < 80 ? length : 80), word);
}

/* Whether the variables name a proxy for the peer. */
static bool is_on_the_way(const struct route *route, const char *written, const char *exempt)
{
    if (address_is_unix(route->peer)) {
        event_say(EVENT_VERBOSE, "--proxy env: a unix socket needs no proxy");
        return false;
    }
    if (!written) {
        tell_no_variable();
        return false;
    }
    if (!exempt || !proxy_is_exempt(exempt, route->peer->host)) {
        tell_odd(exempt);
        return true;
    }
    event_say(EVENT_VERBOSE, "--proxy env: NO_PROXY has %s, so no proxy is on the way",
              route->peer->host);
    return false;
}

/* --proxy env: ALL_PROXY, unless NO_PROXY has the host. */
static int read_environment(struct route *route, struct err *err)
{
    const char *written = variable("all_proxy", "ALL_PROXY");
    char *copy, *login;
    int result;

    if (!is_on_the_way(route, written, variable("no_proxy", "NO_PROXY")))
        return 0;
    copy = strdup(written);
    if (!copy)
        return err_memory(err);
    login = proxy_take_login(copy);
    result = read_proxy(route, "ALL_PROXY", copy, login, err);
    secrets_free(login);
    free(copy);
    return result;
}

int route_init(struct route *route, const struct options *options, struct err *err)
{
    bool connects = options->command == COMMAND_CONNECT;

    route->options = options;
    route->source = (struct source){.text = options->source, .port = options->source_port};
    if (source_read(&route->source, err) < 0)
        return -1;
    route->peer = connects           ? &options->address
                  : options->forward ? &options->forward_address
                                     : NULL;
    if (!options->proxy || !route->peer)
        return 0;
    if (!strcmp(options->proxy, "env"))
        return read_environment(route, err);
    if (address_is_unix(route->peer))
        return err_set(err, ERR_USAGE,
                       "--proxy leads to hosts; a unix socket of this machine needs none");
    return read_proxy(route, "--proxy", options->proxy, options->proxy_login, err);
}

/* ---- the dial ---- */

struct dial_options route_dial(const struct route *route)
{
    const struct options *options = route->options;
    struct dial_options dial = {
        .family = options_family(options),
        .numeric = options->numeric,
        .lookup = &route->lookup.grant,
        .connects = &route->connection,
        .timeout_ms = options->connect_timeout.ms,
        .retries = options->retry.given,
        .retry_ms = options->retry.ms,
        .source = route->source,
        .transport = {.timeout_ms = options->connect_timeout.ms},
    };

    if (!route->has_proxy)
        return dial;
    dial.proxy = &route->proxy.address;
    transport_plan_add(&dial.transport, proxy_step_make, &route->asks);
    return dial;
}

/* A proxy or TLS may fail once the connection stands, and then --retry connects again. */
bool route_dials_later(const struct route *route)
{
    const struct options *options = route->options;
    bool may_fail = route->has_proxy || options->tls;

    return options->forward || options->reconnect.given || (options->retry.given && may_fail);
}

void route_allow(struct route *route, struct helper *helper)
{
    struct dial_options dial = route_dial(route);
    struct resolve_query query;

    if (!route->peer)
        return;
    query = dial_query(route->peer, &dial);
    query.later = route_dials_later(route);
    resolve_allow(&route->lookup, helper, &query);
    if (route_dials_later(route))
        connect_grant_allow(&route->connection, helper, query.address);
}

void route_withdraw(struct route *route)
{
    helper_withdraw(&route->lookup.grant);
    helper_withdraw(&route->connection.grant);
}

void route_label(const struct route *route, char label[DIAL_LABEL])
{
    dial_label(route->peer, route->has_proxy ? &route->proxy.address : NULL, label);
}
