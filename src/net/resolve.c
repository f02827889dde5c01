/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/cold.h"
#include "base/language.h"

enum { INTERFACES = 200, ZONE_DIGITS = 9, PORT_DIGITS = 5 };

enum { NO_INTERFACE = 1 /* beside the codes of getaddrinfo, which are negative or 0 */ };

/* The answer of a look-up. It is below PIPE_BUF, so it arrives whole or not at all. */
struct answer {
    int code;                    /* of getaddrinfo, or NO_INTERFACE: the zone names none */
    int number;                  /* errno with EAI_SYSTEM */
    char interfaces[INTERFACES]; /* that there are, with NO_INTERFACE */
    struct endpoints endpoints;
};

_Static_assert(sizeof(struct answer) <= 4096, "the answer must fit into one write to a pipe");

/* A hosts file may name one address twice. */
static bool is_known(const struct endpoints *endpoints, const struct addrinfo *found)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (endpoints->items[i].length == found->ai_addrlen &&
            !memcmp(&endpoints->items[i].address, found->ai_addr, found->ai_addrlen))
            return true;
    return false;
}

static void collect(struct answer *answer, const struct addrinfo *found)
{
    struct endpoints *endpoints = &answer->endpoints;

    for (; found && endpoints->count < ENDPOINTS_MAX; found = found->ai_next) {
        struct endpoint *endpoint = &endpoints->items[endpoints->count];

        if (found->ai_addrlen > sizeof endpoint->address || is_known(endpoints, found))
            continue;
        memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
        endpoint->length = found->ai_addrlen;
        endpoints->count++;
    }
}

/* Plain numbers, which most runs have. getaddrinfo would read them as well, with more code. */
static bool read_numbers(const struct resolve_query *query, struct endpoint *endpoint)
{
    const char *host = query->address->host, *port = query->address->port;
    bool is_v6 = strchr(host, ':');
    int family = is_v6 ? AF_INET6 : AF_INET;
    void *address =
        is_v6 ? (void *)&endpoint->address.v6.sin6_addr : (void *)&endpoint->address.v4.sin_addr;
    int number = ascii_number(port, PORT_DIGITS);

    if ((query->family != AF_UNSPEC && query->family != family) || number < 0 ||
        number > UINT16_MAX || inet_pton(family, host, address) != 1)
        return false;
    endpoint->address.any.sa_family = (sa_family_t)family;
    endpoint->length = is_v6 ? sizeof endpoint->address.v6 : sizeof endpoint->address.v4;
    endpoint_set_port(endpoint, (unsigned)number);
    return true;
}

static bool has_zone(const char *host)
{
    return strchr(host, ':') && strchr(host, '%');
}

/* Whether the zone of an IPv6 address names no interface, also by its number. */
static bool lacks_interface(const char *host)
{
    const char *zone = has_zone(host) ? strchr(host, '%') + 1 : NULL;
    char name[IF_NAMESIZE];
    int number;

    if (!zone || if_nametoindex(zone))
        return false;
    number = ascii_number(zone, ZONE_DIGITS);
    return number <= 0 || !if_indextoname((unsigned)number, name);
}

/* "a, b, c"; those that find no room are left out. */
static void list_interfaces(char *list, size_t size)
{
    struct if_nameindex *all = if_nameindex();
    size_t length = 0;

    *list = '\0';
    for (const struct if_nameindex *one = all; one && one->if_index && length < size; one++) {
        const char *before = one == all ? "" : ", ";

        length += (size_t)snprintf(list + length, size - length, "%s%s", before, one->if_name);
    }
    if_freenameindex(all);
}

/* No name server knows an IPv6 address, so there is nothing to look up without its interface. */
static bool check_zone(struct answer *answer, const char *host)
{
    *answer = (struct answer){0};
    if (!lacks_interface(host))
        return true;
    answer->code = NO_INTERFACE;
    list_interfaces(answer->interfaces, sizeof answer->interfaces);
    return false;
}

static void look_up(struct answer *answer, const struct resolve_query *query, int flags)
{
    const struct address *address = query->address;
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_family = query->family,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = flags | (query->passive ? AI_PASSIVE : 0)};

    *answer = (struct answer){0};
    if (read_numbers(query, &answer->endpoints.items[0])) {
        answer->endpoints.count = 1;
        return;
    }
    if (!check_zone(answer, address->host))
        return;
    answer->code =
        getaddrinfo(*address->host ? address->host : NULL, address->port, &hints, &found);
    answer->number = errno;
    if (answer->code == 0) {
        collect(answer, found);
        freeaddrinfo(found);
    }
}

static void refuse_zone(const struct answer *answer, const char *host, struct err *err)
{
    err_set(err, ERR_NETWORK,
            *answer->interfaces ? N_("cannot resolve %s: there is no interface '%s', only %s")
                                : N_("cannot resolve %s: there is no interface '%s'"),
            host, strchr(host, '%') + 1, answer->interfaces);
}

static void explain(const struct answer *answer, const char *host, const char *label,
                    struct err *err)
{
    *err = (struct err){0};
    switch (answer->code) {
    case 0: break;
    case NO_INTERFACE: refuse_zone(answer, host, err); break;
    case EAI_MEMORY: err_memory(err); break;
    case EAI_SYSTEM:
        err_errno(err, err_network_kind(answer->number), answer->number, "cannot resolve %s",
                  label);
        break;
    case EAI_FAMILY:
    case EAI_ADDRFAMILY:
        err_set(err, ERR_USAGE, "'%s' is no address of the family that -4 or -6 allows", host);
        break;
    default:
        language_open(); /* for the system's words */
        err_set(err, ERR_NETWORK, "cannot resolve %s: %s", label, gai_strerror(answer->code));
    }
}

static int refuse_name(const char *host, struct err *err)
{
    return err_set(err, ERR_USAGE, "'%s' is a name, and -n allows numbers only", host);
}

int resolve_check_zone(const char *host, struct err *err)
{
    struct answer answer;

    if (check_zone(&answer, host))
        return 0;
    refuse_zone(&answer, host, err);
    return -1;
}

static void tell(const struct resolve *resolve, const struct answer *answer)
{
    struct err err;

    explain(answer, resolve->host, resolve->label, &err);
    resolve->done(resolve->owner, &answer->endpoints, &err);
}

int resolve_check(const struct resolve_query *query, struct err *err)
{
    struct answer answer;

    if (address_is_unix(query->address))
        return 0;
    look_up(&answer, query, AI_NUMERICHOST);
    if (answer.code == EAI_NONAME)
        return query->numeric ? refuse_name(query->address->host, err) : 0;
    explain(&answer, query->address->host, query->address->host, err);
    return err->kind == ERR_USAGE ? -1 : 0;
}

/* ---- in the helper ---- */

/* An end that this side closes must not live on in a look-up, which needs free descriptors. */
COLD static _Noreturn void be_look_up(int pipe, const struct resolve_query *query)
{
    struct answer answer;
    ssize_t put;

    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    helper_close_others(pipe, pipe);
    look_up(&answer, query, query->numeric ? AI_NUMERICHOST : 0);
    put = write(pipe, &answer, sizeof answer);
    _exit(put == sizeof answer ? 0 : 1);
}

static void serve(struct helper *helper, void *owner, const struct parcel *request,
                  struct parcel *reply)
{
    const struct resolve_lookup *lookup = owner;
    pid_t child;

    if (request->fd_count != 1) {
        reply->value = -EINVAL;
        return;
    }
    child = helper_fork();
    if (child == 0)
        be_look_up(request->fds[0], &lookup->query);
    reply->value = child < 0 ? -1 : helper_adopt(helper, child, 0);
    if (reply->value < 0)
        reply->value = -errno;
}

/* Whether the host needs no look-up. Others that getaddrinfo takes for numbers may be asked for. */
static bool is_number(const char *host)
{
    struct in_addr number;

    return !*host || strchr(host, ':') || inet_aton(host, &number);
}

void resolve_allow(struct resolve_lookup *lookup, struct helper *helper,
                   const struct resolve_query *query)
{
    const struct address *address = query->address;

    if (address->kind != ADDRESS_TCP ||
        (is_number(address->host) && ascii_is_number(address->port) &&
         !(query->later && has_zone(address->host))))
        return;
    lookup->query = *query;
    helper_grant(helper, &lookup->grant, serve, lookup);
}

/* ---- in the run ---- */

COLD static void tell_failure(struct resolve *resolve, int number)
{
    struct answer answer = {.code = EAI_SYSTEM, .number = number};

    tell(resolve, &answer);
}

static void tell_killed(struct resolve *resolve)
{
    struct endpoints none = {0};
    struct err err;

    err_set(&err, ERR_NETWORK, "cannot resolve %s: somebody killed the look-up", resolve->label);
    resolve->done(resolve->owner, &none, &err);
}

static void close_pipe(struct resolve *resolve)
{
    watch_fini(&resolve->watch);
    close(resolve->pipe);
    resolve->pipe = -1;
    resolve->child = 0;
}

/* The pipe is closed first: what follows the answer takes descriptors, and there may be few. */
static void on_answer(void *owner, unsigned bits)
{
    struct resolve *resolve = owner;
    struct answer answer;
    ssize_t got = read(resolve->pipe, &answer, sizeof answer);

    (void)bits;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    close_pipe(resolve);
    if (got == sizeof answer)
        tell(resolve, &answer);
    else
        tell_killed(resolve);
}

/* The pipe that the answer comes through, watched; returns the end that it is written to. -1 and
 * errno. */
static int open_pipe(struct resolve *resolve, uv_loop_t *loop)
{
    int ends[2], number;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    resolve->pipe = ends[0];
    if (watch_init(&resolve->watch, loop, ends[0], 0, on_answer, resolve) == 0)
        return ends[1];
    number = errno;
    close_pipe(resolve);
    close(ends[1]);
    errno = number;
    return -1;
}

COLD static void ask(struct resolve *resolve, uv_loop_t *loop, const struct helper_grant *lookup)
{
    struct parcel request = {.fd_count = 1, .fds = {open_pipe(resolve, loop)}};
    int64_t child;
    int number;

    if (request.fds[0] < 0) {
        tell_failure(resolve, errno);
        return;
    }
    child = helper_ask(lookup, &request, NULL);
    number = errno;
    parcel_close(&request);
    if (child >= 0) {
        resolve->child = (uint64_t)child;
        watch_set(&resolve->watch, STREAM_IN);
        return;
    }
    close_pipe(resolve);
    if (number == ESRCH)
        tell_killed(resolve);
    else
        tell_failure(resolve, number);
}

void resolve_start(struct resolve *resolve, uv_loop_t *loop, const struct resolve_query *query,
                   resolve_done *done, void *owner)
{
    const struct helper_grant *lookup =
        query->lookup && query->lookup->helper ? query->lookup : NULL;
    struct answer answer = {.code = EAI_NONAME};
    struct err err;

    *resolve = (struct resolve){.done = done, .owner = owner, .pipe = -1};
    strcpy(resolve->host, query->address->host);
    resolve->label = query->label ? query->label : resolve->host;
    if (!lookup || !has_zone(resolve->host))
        look_up(&answer, query, AI_NUMERICHOST | (lookup ? AI_NUMERICSERV : 0));
    if (answer.code != EAI_NONAME) {
        tell(resolve, &answer);
    } else if (query->numeric && !is_number(resolve->host)) {
        refuse_name(resolve->host, &err);
        done(owner, &answer.endpoints, &err);
    } else if (lookup) {
        resolve->helper = lookup->helper;
        ask(resolve, loop, lookup);
    } else {
        tell_failure(resolve, EPERM);
    }
}

void resolve_stop(struct resolve *resolve)
{
    if (!resolve->child)
        return;
    helper_signal(resolve->helper, resolve->child, SIGKILL);
    close_pipe(resolve);
}
