/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/diag.h"

enum { DESCRIPTORS = 64 };

/* The socket of diag_open_ahead. */
static int find_netlink(void)
{
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        int domain = 0;
        socklen_t size = sizeof domain;

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK)
            return fd;
    }
    return -1;
}

/* A question whose answer nobody takes: an error, because there is no such connection. */
static void ask_in_vain(int netlink)
{
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 body;
    } question = {
        .head = {.nlmsg_len = sizeof question,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = AF_INET,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_states = ~0u,
                 .id = {.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}},
    };

    assert_int_equal(send(netlink, &question, sizeof question, 0), sizeof question);
}

static struct endpoint listen_somewhere(int *fd)
{
    struct endpoint endpoint = {.length = sizeof endpoint.address.v4};

    endpoint.address.v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*fd, &endpoint.address.any, endpoint.length), 0);
    assert_int_equal(listen(*fd, 1), 0);
    assert_int_equal(getsockname(*fd, &endpoint.address.any, &endpoint.length), 0);
    return endpoint;
}

static void old_answer_is_not_taken_for_a_new_one(void **state)
{
    struct diag_port found;
    struct endpoint endpoint;
    int listener;

    (void)state;
    if (!diag_can_ask())
        skip();
    diag_open_ahead();
    endpoint = listen_somewhere(&listener);
    ask_in_vain(find_netlink());
    assert_int_equal(diag_port(&endpoint, &found), 0);
    assert_true(found.has_listener);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_answer_is_not_taken_for_a_new_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
