/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/facts.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/sockopt.h"

static SLIST_HEAD(facts_list, facts) * known; /* by the lowest bits of the descriptor */

enum { LISTS = 256 };

static struct facts_list *list_of(int fd)
{
    if (!known)
        known = calloc(LISTS, sizeof *known);
    return known ? &known[(unsigned)fd % LISTS] : NULL;
}

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;

    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0 ? 0 : cookie;
}

static int option_of(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? 0 : value;
}

bool facts_reuses_address(int fd)
{
    return option_of(fd, SO_REUSEADDR);
}

void facts_read_addresses(struct facts *facts)
{
    facts->local.length = facts->peer.length = sizeof facts->local.address;
    if (getsockname(facts->fd, &facts->local.address.any, &facts->local.length) < 0)
        facts->local.length = 0;
    if (getpeername(facts->fd, &facts->peer.address.any, &facts->peer.length) < 0)
        facts->peer.length = 0;
    facts->is_connected |= facts->peer.length;
}

static struct facts *add(struct facts_list *list, int fd, uint64_t cookie)
{
    struct facts *facts = calloc(1, sizeof *facts);

    if (!facts)
        return NULL;
    *facts = (struct facts){.fd = fd, .cookie = cookie, .listener = -1};
    facts->is_tcp = option_of(fd, SO_DOMAIN) != AF_UNIX;
    facts->listens = option_of(fd, SO_ACCEPTCONN);
    facts_read_addresses(facts);
    if (facts->is_connected) {
        struct figures figures = facts_figures(facts);

        facts->lacks_bytes = true;
        facts->peer_ended = figures.state == FIGURES_CLOSE_WAIT;
        facts->we_ended = facts->we_ended_first =
            figures.state == FIGURES_FIN_WAIT_1 || figures.state == FIGURES_FIN_WAIT_2;
    }
    SLIST_INSERT_HEAD(list, facts, entry);
    return facts;
}

struct facts *facts_of(int fd)
{
    struct facts_list *list = list_of(fd);
    uint64_t cookie = cookie_of(fd);
    struct facts *facts;

    if (!list)
        return NULL;
    SLIST_FOREACH(facts, list, entry)
    if (facts->fd == fd && facts->cookie == cookie)
        return facts;
    facts_forget(fd);
    return add(list, fd, cookie);
}

void facts_forget(int fd)
{
    struct facts_list *list = list_of(fd);
    struct facts *facts;

    if (!list)
        return;
    SLIST_FOREACH(facts, list, entry)
    if (facts->fd == fd) {
        SLIST_REMOVE(list, facts, facts, entry);
        free(facts);
        return;
    }
}

struct facts *facts_next(const struct facts *previous)
{
    struct facts *facts = previous ? SLIST_NEXT(previous, entry) : NULL;
    size_t i = previous ? (unsigned)previous->fd % LISTS + 1 : 0;

    for (; known && !facts && i < LISTS; i++)
        facts = SLIST_FIRST(&known[i]);
    return facts;
}

void facts_forget_all(void)
{
    for (struct facts *facts; (facts = facts_next(NULL));)
        facts_forget(facts->fd);
    free(known);
    known = NULL;
}

/* ---- figures ---- */

/* The FIN counts as a byte for the system. */
unsigned facts_unacknowledged(const struct facts *facts)
{
    unsigned bytes = (unsigned)sockopt_unacknowledged(facts->fd);

    return bytes && facts->is_tcp && facts->we_ended ? bytes - 1 : bytes;
}

unsigned facts_unread(const struct facts *facts)
{
    int bytes = 0;

    return ioctl(facts->fd, SIOCINQ, &bytes) < 0 ? 0 : (unsigned)bytes;
}

/* Linux counts the pending connections of a listening socket in tcpi_unacked. */
struct figures facts_figures(const struct facts *facts)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (!facts->is_tcp || getsockopt(facts->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return (struct figures){0};
    return (struct figures){
        .state = info.tcpi_state,
        .pending = info.tcpi_unacked,
        .segments = info.tcpi_data_segs_in,
        .written = info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes,
    };
}
