/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "net/bind.h"
#include "net/sockopt.h"

/* The result of connect(2): 0, or an errno. */
static int call(const struct endpoint *endpoint)
{
    int fd = socket(endpoint->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int number;

    assert_true(fd >= 0);
    number = connect(fd, &endpoint->address.any, endpoint->length) == 0 ? 0 : errno;
    close(fd);
    return number;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int lowest_free(void)
{
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    close(fd);
    return fd;
}

/* ---- an acceptor for each address ---- */

static struct endpoints loopback(void)
{
    struct endpoints both = {.count = 1, .items = {peer_of("127.0.0.1")}};

    both.items[both.count++] = peer_of("127.0.0.2");
    for (size_t i = 0; i < both.count; i++)
        endpoint_set_port(&both.items[i], 0);
    return both;
}

static void port_0_is_one_port_for_all_addresses(void **state)
{
    struct endpoints wanted = loopback();
    struct acceptors acceptors = {.count = 0};

    (void)state;
    assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
    assert_int_equal(acceptors.count, 2);
    assert_int_not_equal(endpoint_port(&acceptors.items[0].endpoint), 0);
    assert_int_equal(endpoint_port(&acceptors.items[0].endpoint),
                     endpoint_port(&acceptors.items[1].endpoint));
    for (size_t i = 0; i < acceptors.count; i++)
        assert_int_equal(call(&acceptors.items[i].endpoint), 0);
    bind_close(&acceptors);
}

static void taken_address_is_named(void **state)
{
    struct endpoints wanted = loopback(), taken = {.count = 1};
    struct acceptors acceptors = {.count = 0}, others = {.count = 0};
    struct err err;

    (void)state;
    assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
    taken.items[0] = acceptors.items[1].endpoint;
    assert_int_equal(bind_open(&others, &taken, &err), -1);
    assert_int_equal(err.kind, ERR_NETWORK);
    assert_non_null(strstr(err.sentence, "cannot listen on 127.0.0.2:"));
    assert_int_equal(others.count, 0);
    bind_close(&acceptors);
}

/* 192.0.2.0/24 is for documents (RFC 5737). */
static void foreign_address_is_left_out(void **state)
{
    struct endpoints wanted = {.count = 2, .items = {peer_of("192.0.2.1"), peer_of("127.0.0.1")}};
    struct acceptors acceptors = {.count = 0};
    struct err err;

    (void)state;
    endpoint_set_port(&wanted.items[0], 0);
    endpoint_set_port(&wanted.items[1], 0);
    assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
    assert_int_equal(acceptors.count, 1);
    assert_int_equal(call(&acceptors.items[0].endpoint), 0);
    bind_close(&acceptors);
    wanted.count = 1;
    assert_int_equal(bind_open(&acceptors, &wanted, &err), -1);
    assert_non_null(strstr(err.sentence, "192.0.2.1"));
}

static void locked_acceptors_refuse_connections(void **state)
{
    struct endpoints wanted = loopback();
    struct endpoint before;
    struct acceptors acceptors = {.count = 0};

    (void)state;
    assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
    before = acceptors.items[0].endpoint;
    for (int i = 0; i < 3; i++) {
        bind_lock(&acceptors);
        assert_int_equal(call(&before), ECONNREFUSED);
        assert_int_equal(bind_unlock(&acceptors, NULL), 0);
        assert_int_equal(call(&before), 0);
    }
    bind_close(&acceptors);
    assert_int_equal(call(&before), ECONNREFUSED);
}

static void pending_connections_are_counted(void **state)
{
    struct endpoints wanted = {.count = 1, .items = {peer_of("127.0.0.1")}};
    struct acceptors acceptors = {.count = 0};
    int one;

    (void)state;
    endpoint_set_port(&wanted.items[0], 0);
    assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
    assert_int_equal(bind_pending(&acceptors.items[0]), 0);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(call(&acceptors.items[0].endpoint), 0); /* and is gone again */
        assert_int_equal(bind_pending(&acceptors.items[0]), i);
    }
    one = accept(acceptors.items[0].fd, NULL, NULL);
    assert_int_equal(bind_pending(&acceptors.items[0]), 2);
    close(one);
    bind_close(&acceptors);
}

/* ---- unix:PATH ---- */

struct place {
    char folder[32];
    struct address address;
};

static struct place new_place(void)
{
    struct place place = {.folder = "/tmp/test_bind-XXXXXX", .address = {.kind = ADDRESS_PATH}};

    assert_non_null(mkdtemp(place.folder));
    snprintf(place.address.path, sizeof place.address.path, "%s/socket", place.folder);
    return place;
}

/* Fails where a file is left in the folder. */
static void delete_place(const struct place *place)
{
    assert_int_equal(rmdir(place->folder), 0);
}

static bool is_there(const struct place *place)
{
    return access(place->address.path, F_OK) == 0;
}

static int call_path(const struct place *place)
{
    struct endpoint endpoint;

    address_unix_endpoint(&place->address, &endpoint);
    return call(&endpoint);
}

static void close_removes_the_socket_file(void **state)
{
    struct place place = new_place();
    struct acceptors acceptors = {.count = 0};

    (void)state;
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    assert_int_equal(call_path(&place), 0);
    assert_string_equal(acceptors.items[0].endpoint.address.local.sun_path, place.address.path);
    bind_close(&acceptors);
    assert_false(is_there(&place));
    delete_place(&place);
}

static void stale_socket_file_is_replaced(void **state)
{
    struct place place = new_place();
    struct acceptors dead = {.count = 0}, acceptors = {.count = 0};

    (void)state;
    assert_int_equal(bind_open_one(&dead, &place.address, NULL), 0);
    close(dead.items[0].fd); /* as if by a kill */
    assert_true(is_there(&place));
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    assert_int_equal(call_path(&place), 0);
    bind_close(&acceptors);
    delete_place(&place);
}

static void socket_file_of_another_acceptor_stays(void **state)
{
    struct place place = new_place();
    struct acceptors first = {.count = 0}, second = {.count = 0};

    (void)state;
    assert_int_equal(bind_open_one(&first, &place.address, NULL), 0);
    assert_int_equal(unlink(place.address.path), 0);
    assert_int_equal(bind_open_one(&second, &place.address, NULL), 0);
    bind_close(&first);
    assert_int_equal(call_path(&place), 0);
    bind_close(&second);
    delete_place(&place);
}

static void live_sockets_and_other_files_stay(void **state)
{
    struct place place = new_place();
    struct acceptors first = {.count = 0}, second = {.count = 0};
    struct err err;

    (void)state;
    assert_int_equal(bind_open_one(&first, &place.address, NULL), 0);
    assert_int_equal(bind_open_one(&second, &place.address, &err), -1);
    assert_non_null(strstr(err.sentence, "Address already in use"));
    assert_non_null(strstr(err.sentence, place.address.path));
    assert_int_equal(call_path(&place), 0);
    bind_close(&first);
    assert_int_equal(mkfifo(place.address.path, 0600), 0);
    assert_int_equal(bind_open_one(&second, &place.address, &err), -1);
    assert_non_null(strstr(err.sentence, "is no socket"));
    assert_int_equal(unlink(place.address.path), 0);
    delete_place(&place);
}

static void unlocked_path_keeps_its_descriptor(void **state)
{
    struct place place = new_place();
    struct acceptors acceptors = {.count = 0};
    int number, free_before;

    (void)state;
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    number = acceptors.items[0].fd;
    free_before = lowest_free();
    for (int i = 0; i < 3; i++) {
        bind_lock(&acceptors);
        assert_int_equal(call_path(&place), ECONNREFUSED);
        assert_int_equal(bind_unlock(&acceptors, NULL), 0);
        assert_int_equal(acceptors.items[0].fd, number);
        assert_int_equal(call_path(&place), 0);
    }
    assert_int_equal(lowest_free(), free_before);
    bind_close(&acceptors);
    assert_false(is_open(number));
    delete_place(&place);
}

/* A process may lock the folder for good; peers are served meanwhile. */
static void unlock_waits_no_longer_for_a_locked_folder(void **state)
{
    struct place place = new_place();
    struct acceptors acceptors = {.count = 0};
    uint64_t begin, took;
    int folder;

    (void)state;
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    bind_lock(&acceptors);
    folder = open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(folder, LOCK_EX), 0);
    begin = uv_hrtime();
    assert_int_equal(bind_unlock(&acceptors, NULL), 0);
    took = (uv_hrtime() - begin) / 1000000;
    if (took > 250)
        fail_msg("%d ms", (int)took);
    assert_int_equal(call_path(&place), 0);
    close(folder);
    bind_close(&acceptors);
    delete_place(&place);
}

/* A locked socket keeps its path, unless its file is gone. */
static void unlock_of_a_taken_path_fails(void **state)
{
    struct place place = new_place();
    struct acceptors acceptors = {.count = 0}, others = {.count = 0};
    struct err err;

    (void)state;
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    bind_lock(&acceptors);
    assert_int_equal(bind_open_one(&others, &place.address, NULL), -1);
    assert_int_equal(unlink(place.address.path), 0);
    assert_int_equal(bind_open_one(&others, &place.address, NULL), 0);
    assert_int_equal(bind_unlock(&acceptors, &err), -1);
    assert_non_null(strstr(err.sentence, "Address already in use"));
    assert_int_equal(call_path(&place), 0);
    bind_close(&acceptors);
    assert_int_equal(call_path(&place), 0);
    bind_close(&others);
    delete_place(&place);
}

/* ---- the options of accepted connections ---- */

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;

    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

static bool resets_on_close(int fd)
{
    struct linger linger = {0};
    socklen_t size = sizeof linger;

    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size), 0);
    return linger.l_onoff && !linger.l_linger;
}

static void check_options(int fd)
{
    char congestion[16] = "";
    socklen_t size = sizeof congestion;

    assert_int_equal(option(fd, SOL_SOCKET, SO_OOBINLINE), 1);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), SOCKOPT_ASK_S);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), SOCKOPT_ASK_AGAIN_S);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPCNT), SOCKOPT_ASKS);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_true(resets_on_close(fd));
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &size), 0);
    assert_string_equal(congestion, "reno");
}

/* A connection from this system; returns the accepted end. */
static int accept_call(const struct acceptor *acceptor)
{
    struct endpoint peer;
    int fd;

    assert_int_equal(call(&acceptor->endpoint), 0);
    fd = bind_accept(acceptor, &peer);
    assert_true(fd >= 0);
    return fd;
}

static void accepted_connection_is_set_up(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "0.0.0.0", "::1", "::"};

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct endpoints wanted = {.count = 1, .items = {peer_of(hosts[i])}};
        struct acceptors acceptors = {.count = 0};
        int fd;

        endpoint_set_port(&wanted.items[0], 0);
        assert_int_equal(bind_open(&acceptors, &wanted, NULL), 0);
        check_options(fd = accept_call(&acceptors.items[0]));
        close(fd);
        bind_lock(&acceptors);
        assert_int_equal(bind_unlock(&acceptors, NULL), 0);
        check_options(fd = accept_call(&acceptors.items[0]));
        close(fd);
        bind_close(&acceptors);
    }
}

/* The parent may have given it to other programs as well. */
static void inherited_socket_keeps_its_own_options(void **state)
{
    struct endpoint here = peer_of("127.0.0.1");
    struct address address = {.kind = ADDRESS_INHERITED, .fds = 1};
    struct acceptors acceptors = {.count = 0};
    int fd, listener = address.fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    endpoint_set_port(&here, 0);
    assert_int_equal(bind(listener, &here.address.any, here.length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(bind_open_one(&acceptors, &address, NULL), 0);
    check_options(fd = accept_call(&acceptors.items[0]));
    close(fd);
    assert_int_equal(option(listener, SOL_SOCKET, SO_OOBINLINE), 0);
    assert_int_equal(option(listener, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option(listener, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_false(resets_on_close(listener));
    bind_close(&acceptors);
}

/* A unix socket hands no option down. */
static void accepted_unix_connection_is_set_up(void **state)
{
    struct place place = new_place();
    struct acceptors acceptors = {.count = 0};
    int fd;

    (void)state;
    assert_int_equal(bind_open_one(&acceptors, &place.address, NULL), 0);
    fd = accept_call(&acceptors.items[0]);
    assert_int_equal(option(fd, SOL_SOCKET, SO_OOBINLINE), 1);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    close(fd);
    bind_close(&acceptors);
    delete_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_0_is_one_port_for_all_addresses),
        cmocka_unit_test(taken_address_is_named),
        cmocka_unit_test(foreign_address_is_left_out),
        cmocka_unit_test(locked_acceptors_refuse_connections),
        cmocka_unit_test(pending_connections_are_counted),
        cmocka_unit_test(close_removes_the_socket_file),
        cmocka_unit_test(stale_socket_file_is_replaced),
        cmocka_unit_test(socket_file_of_another_acceptor_stays),
        cmocka_unit_test(live_sockets_and_other_files_stay),
        cmocka_unit_test(unlocked_path_keeps_its_descriptor),
        cmocka_unit_test(unlock_waits_no_longer_for_a_locked_folder),
        cmocka_unit_test(unlock_of_a_taken_path_fails),
        cmocka_unit_test(accepted_connection_is_set_up),
        cmocka_unit_test(inherited_socket_keeps_its_own_options),
        cmocka_unit_test(accepted_unix_connection_is_set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
