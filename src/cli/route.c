/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/route.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/event.h"

enum { LINE = 2 * PROXY_LOGIN_PART + 2 /* USER:PASS and what ends it */ };

/* ---- the login ---- */

static void warn_of_readers(const char *path, int fd)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & 077)
        event_say(EVENT_ALWAYS,
                  "--proxy-auth-file %s: others can read it; chmod 600 keeps it secret", path);
}

/* Without stdio, whose buffer would keep a copy. */
static ssize_t read_line(FILE *file, char line[LINE + 1])
{
    size_t n;

    setvbuf(file, NULL, _IONBF, 0);
    n = fread(line, 1, LINE, file);
    line[n] = '\0';
    return ferror(file) ? -1 : (ssize_t)n;
}

static int read_auth_file(struct route *route, const char *path, struct err *err)
{
    FILE *file = fopen(path, "re");
    char line[LINE + 1];
    ssize_t got;
    int result;

    if (!file)
        return err_errno(err, ERR_LOCAL, errno, "--proxy-auth-file %s", path);
    warn_of_readers(path, fileno(file));
    errno = EIO;
    got = read_line(file, line);
    result = got < 0 ? err_errno(err, ERR_LOCAL, errno, "--proxy-auth-file %s", path) : 0;
    fclose(file);
    line[got < 0 ? 0 : strcspn(line, "\r\n")] = '\0';
    if (result == 0 && proxy_read_login(&route->login, line, false, err) < 0)
        result = err_prefix(err, path);
    explicit_bzero(line, sizeof line);
    return result;
}

static int read_login(struct route *route, const char *written, struct err *err)
{
    const struct options *options = route->options;

    if (options->proxy_auth_file && options->proxy_login)
        return err_set(err, ERR_USAGE,
                       "--proxy has a user already; leave it out there, or leave out "
                       "--proxy-auth-file");
    if (options->proxy_auth_file)
        return read_auth_file(route, options->proxy_auth_file, err);
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

static unsigned port_number(const struct address *address)
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
        .port = port_number(route->peer),
        .user = has_login ? route->login.user : NULL,
        .password = has_login ? route->login.password : NULL,
    };
    address_label(route->peer, route->asks.peer);
    dial_label(route->peer, &route->proxy.address, route->asks.label);
    route->has_proxy = true;
    return proxy_request_check(&route->asks.request, err);
}

static int read_proxy(struct route *route, const char *written, const char *login, struct err *err)
{
    return proxy_parse(&route->proxy, written, err) < 0 || read_login(route, login, err) < 0
               ? -1
               : ask(route, err);
}

/* --proxy env: ALL_PROXY, unless NO_PROXY has the host. */
static int read_environment(struct route *route, struct err *err)
{
    const char *written = variable("all_proxy", "ALL_PROXY");
    const char *exempt = variable("no_proxy", "NO_PROXY");
    char *copy, *login;
    int result;

    if (!written || address_is_unix(route->peer) ||
        (exempt && proxy_is_exempt(exempt, route->peer->host))) {
        event_say(EVENT_VERBOSE, "--proxy env: no proxy is on the way");
        return 0;
    }
    copy = strdup(written);
    if (!copy)
        return err_memory(err);
    login = proxy_take_login(copy);
    result = read_proxy(route, copy, login, err);
    if (login)
        explicit_bzero(login, strlen(login));
    free(login);
    free(copy);
    return result < 0 && err->kind == ERR_USAGE ? err_prefix(err, "ALL_PROXY") : result;
}

int route_init(struct route *route, const struct options *options, struct err *err)
{
    bool connects = options->command == COMMAND_CONNECT;
    int result;

    *route = (struct route){.options = options};
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
    result = read_proxy(route, options->proxy, options->proxy_login, err);
    return result < 0 && err->kind == ERR_USAGE ? err_prefix(err, "--proxy") : result;
}

/* ---- the dial ---- */

struct dial_options route_dial(const struct route *route)
{
    const struct options *options = route->options;
    struct dial_options dial = {
        .family = options_family(options),
        .numeric = options->numeric,
        .timeout_ms = options->connect_timeout.ms,
        .retries = options->retry.given,
        .retry_ms = options->retry.ms,
        .source = options->source,
        .source_port = options->source_port,
        .transport = {.timeout_ms = options->connect_timeout.ms},
    };

    if (!route->has_proxy)
        return dial;
    dial.proxy = &route->proxy.address;
    transport_plan_add(&dial.transport, proxy_step_make, &route->asks);
    return dial;
}

void route_label(const struct route *route, char label[DIAL_LABEL])
{
    dial_label(route->peer, route->has_proxy ? &route->proxy.address : NULL, label);
}
