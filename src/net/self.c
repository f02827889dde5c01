/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/self.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/call.h"
#include "net/resolve.h"

/* ---- unix:PATH, unix:@NAME ---- */

static bool is_same_file(const struct endpoint *bound, const struct endpoint *target)
{
    struct stat one, other;

    return stat(bound->address.local.sun_path, &one) == 0 &&
           stat(target->address.local.sun_path, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool is_same_socket(const struct endpoint *bound, const struct endpoint *target)
{
    const char *one, *other;
    size_t n, m;

    if (endpoint_abstract_name(bound, &one, &n))
        return endpoint_abstract_name(target, &other, &m) && n == m && !memcmp(one, other, n);
    return is_same_file(bound, target);
}

/* ---- addresses ---- */

/* To connect to every address is to connect to this one. */
static struct endpoint as_connected(const struct endpoint *target)
{
    struct endpoint endpoint = endpoint_unmapped(target);

    if (!endpoint_is_every(&endpoint))
        return endpoint;
    if (endpoint.address.any.sa_family == AF_INET)
        endpoint.address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        endpoint.address.v6.sin6_addr = in6addr_loopback;
    return endpoint;
}

static bool is_same_address(const struct endpoint *bound, const struct endpoint *target)
{
    return bound->address.any.sa_family == AF_INET
               ? bound->address.v4.sin_addr.s_addr == target->address.v4.sin_addr.s_addr
               : IN6_ARE_ADDR_EQUAL(&bound->address.v6.sin6_addr, &target->address.v6.sin6_addr);
}

/* Nobody else's can be bound. */
static bool is_of_this_machine(const struct endpoint *endpoint)
{
    int fd = call_socket(endpoint->address.any.sa_family, true);
    struct endpoint wanted = *endpoint;
    bool bound;

    if (fd < 0)
        return false;
    endpoint_set_port(&wanted, 0);
    bound = call_bind(fd, &wanted) == 0;
    call_close(fd);
    return bound;
}

bool self_is_reached(const struct endpoint *bound, const struct endpoint *target)
{
    struct endpoint connected;

    if (bound->address.any.sa_family == AF_UNIX)
        return target->address.any.sa_family == AF_UNIX && is_same_socket(bound, target);
    if (target->address.any.sa_family == AF_UNIX)
        return false;
    connected = as_connected(target);
    if (bound->address.any.sa_family != connected.address.any.sa_family ||
        endpoint_port(bound) != endpoint_port(&connected))
        return false;
    return endpoint_is_every(bound) ? is_of_this_machine(&connected)
                                    : is_same_address(bound, &connected);
}

/* ---- the listener ---- */

bool self_is_listener(const struct listener *listener, const struct endpoint *target)
{
    for (size_t i = 0; listener && i < listener_count(listener); i++)
        if (self_is_reached(listener_endpoint(listener, i), target))
            return true;
    return false;
}

static void on_read(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct endpoints *found = owner;

    if (err->kind == ERR_NONE)
        *found = *endpoints;
}

/* Numbers are read before resolve_start returns; a name finds nothing here. */
static void read_numbers(const struct address *target, int family, uv_loop_t *loop,
                         struct endpoints *found)
{
    struct resolve_query query = {.address = target, .family = family, .numeric = true};
    struct resolve resolve;

    found->count = 0;
    resolve_start(&resolve, loop, &query, on_read, found);
}

static void read_localhost(const struct address *target, int family, uv_loop_t *loop,
                           struct endpoints *found)
{
    static const char *const numbers[] = {"127.0.0.1", "::1"};
    struct endpoints all = {.count = 0};

    for (size_t i = 0; i < 2; i++) {
        struct address number = *target;

        strcpy(number.host, numbers[i]);
        read_numbers(&number, family, loop, found);
        if (found->count)
            all.items[all.count++] = found->items[0];
    }
    *found = all;
}

bool self_is_plainly_listener(const struct listener *listener, const struct address *target,
                              int family, uv_loop_t *loop)
{
    struct endpoints found = {.count = 1};

    if (address_is_unix(target))
        address_unix_endpoint(target, &found.items[0]);
    else if (!strcasecmp(target->host, "localhost"))
        read_localhost(target, family, loop, &found);
    else
        read_numbers(target, family, loop, &found);
    for (size_t i = 0; i < found.count; i++)
        if (!self_is_listener(listener, &found.items[i]))
            return false;
    return found.count;
}

/* ---- for others ---- */

/* An address for examples (RFC 5737, RFC 3849), with the port of discard. UDP sends nothing yet. */
static struct endpoint far_away(int family)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.v4};

    if (family == AF_INET) {
        endpoint.address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9)};
        inet_pton(AF_INET, "192.0.2.1", &endpoint.address.v4.sin_addr);
        return endpoint;
    }
    endpoint.length = sizeof endpoint.address.v6;
    endpoint.address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(9)};
    inet_pton(AF_INET6, "2001:db8::1", &endpoint.address.v6.sin6_addr);
    return endpoint;
}

/* The system knows which of its addresses a packet would have. */
static bool find_way_out(int family, struct endpoint *own)
{
    struct endpoint far = far_away(family);
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_found;

    if (fd < 0)
        return false;
    own->length = sizeof own->address;
    is_found = connect(fd, &far.address.any, far.length) == 0 &&
               getsockname(fd, &own->address.any, &own->length) == 0 && !endpoint_is_every(own);
    close(fd);
    return is_found;
}

static struct endpoint for_neighbours(const struct endpoint *bound)
{
    struct endpoint own;

    if (!endpoint_is_every(bound))
        return *bound;
    if (!find_way_out(bound->address.any.sa_family, &own))
        return as_connected(bound);
    endpoint_set_port(&own, endpoint_port(bound));
    return own;
}

static int rank(const struct endpoint *endpoint)
{
    return endpoint_is_loopback(endpoint) ? 0 : endpoint->address.any.sa_family == AF_INET ? 2 : 1;
}

struct endpoint self_for_neighbours(const struct listener *listener)
{
    struct endpoint best = for_neighbours(listener_endpoint(listener, 0));

    for (size_t i = 1; i < listener_count(listener); i++) {
        struct endpoint other = for_neighbours(listener_endpoint(listener, i));

        if (rank(&other) > rank(&best))
            best = other;
    }
    return best;
}
