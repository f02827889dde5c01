/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"
#include "turns.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "net/connection.h"
#include "net/socket.h"
#include "net/sockopt.h"

/* A connected pair over loopback; returns the accepted end. */
static int connect_pair(int *caller)
{
    struct endpoint here = peer_of("127.0.0.1");
    int listener = socket(AF_INET, SOCK_STREAM, 0), accepted;

    endpoint_set_port(&here, 0);
    assert_int_equal(bind(listener, &here.address.any, here.length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, &here.address.any, &here.length), 0);
    *caller = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(*caller, &here.address.any, here.length), 0);
    accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(accepted >= 0);
    close(listener);
    return accepted;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;

    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

/* A loop with one connection, and the other end of it. */
struct world {
    uv_loop_t loop;
    struct stream *stream;
    int fd, caller; /* the ends; -1: closed */
};

/* `host` is what the connection takes for its peer. */
static void open_world(struct world *world, const char *host)
{
    struct endpoint peer = peer_of(host);
    int ends[2];

    if (peer.address.any.sa_family == AF_UNIX) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        world->fd = ends[0];
        world->caller = ends[1];
    } else {
        world->fd = connect_pair(&world->caller);
    }
    assert_int_equal(loop_open(&world->loop, NULL), 0);
    sockopt_set_up(world->fd, &peer); /* as those do that make and accept connections */
    world->stream = connection_new(&world->loop, world->fd, &peer, 0, NULL);
    assert_non_null(world->stream);
}

static void close_world(struct world *world)
{
    stream_close(world->stream, STREAM_ABORT);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
    if (world->caller >= 0)
        close(world->caller);
}

static void vanished_peer_is_found_after_two_minutes(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, "127.0.0.1");
    assert_int_equal(option(world.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_KEEPCNT), 6);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    close_world(&world);
}

static void read_congestion(int fd, char name[16])
{
    socklen_t size = 16;

    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
}

/* The last two are addresses of documentation (RFC 5737, RFC 3849). */
static void only_a_peer_in_this_system_is_sent_to_without_pacing(void **state)
{
    enum { HERE = 3, PEERS = 5 };
    static const char *const peers[PEERS] = {"127.8.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.1",
                                             "2001:db8::1"};

    (void)state;
    for (int i = 0; i < PEERS; i++) {
        struct world world;
        char before[16], after[16];

        open_world(&world, peers[i]);
        read_congestion(world.caller, before);
        read_congestion(world.fd, after);
        assert_string_equal(after, i < HERE ? "reno" : before);
        close_world(&world);
    }
}

static void unix_peer_has_no_keepalive(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, "unix:");
    assert_int_equal(option(world.fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    close_world(&world);
}

/* Bytes that the system has not sent after as many writes as possible to a peer that never reads.
 */
static int unsent(bool is_limited)
{
    enum { LIMIT = 64 * 1024 };
    static const char text[16 * 1024];
    struct world world;
    struct err err;
    int bytes = 0;

    open_world(&world, "127.0.0.1");
    if (is_limited)
        socket_limit_unsent(world.stream, LIMIT);
    while (stream_write(world.stream, text, sizeof text, &err) > 0)
        ;
    assert_int_equal(ioctl(world.fd, SIOCOUTQNSD, &bytes), 0);
    close_world(&world);
    return bytes;
}

static void limit_unsent_bounds_what_the_system_holds(void **state)
{
    (void)state;
    assert_in_range(unsent(true), 0, 128 * 1024);
    assert_true(unsent(false) > 256 * 1024);
}

/* SO_RCVBUF tells twice what was asked for, as far as the system allows it. */
static void room_to_receive_ahead_grows_and_wakes_at_the_first_byte(void **state)
{
    enum { SMALL = 1024 * 1024, AHEAD = 4 * SMALL };
    struct world world;
    int before;

    (void)state;
    open_world(&world, "127.0.0.1");
    before = option(world.fd, SOL_SOCKET, SO_RCVBUF);
    socket_receive_ahead(world.stream, AHEAD);
    assert_true(before < SMALL);
    assert_true(option(world.fd, SOL_SOCKET, SO_RCVBUF) > 2 * SMALL);
    assert_int_equal(option(world.fd, SOL_SOCKET, SO_RCVLOWAT), 1);
    close_world(&world);
}

/* TCP_NODELAY is set while nothing is held. */
static void short_segments_wait_only_while_the_connection_holds_them(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, "127.0.0.1");
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_NODELAY), 1);
    connection_hold_tails(world.stream, true);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_NODELAY), 0);
    connection_hold_tails(world.stream, false);
    assert_int_equal(option(world.fd, IPPROTO_TCP, TCP_NODELAY), 1);
    close_world(&world);
}

static void reset_by_caller(struct world *world)
{
    struct linger at_once = {1, 0};

    setsockopt(world->caller, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(world->caller);
    world->caller = -1;
}

static void splice_gives_all_before_a_reset_and_keeps_the_error(void **state)
{
    struct world world;
    struct stream *stream;
    struct err err;
    int pipe[2];
    char text[9];

    (void)state;
    assert_int_equal(pipe2(pipe, O_NONBLOCK), 0);
    open_world(&world, "127.0.0.1");
    stream = world.stream;
    assert_int_equal(stream_splice(stream, STREAM_IN, pipe[1], 9, &err), STREAM_AGAIN);
    assert_int_equal(send(world.caller, "the last", 8, 0), 8);
    reset_by_caller(&world);
    assert_int_equal(stream_splice(stream, STREAM_IN, pipe[1], 9, &err), 8);
    assert_int_equal(stream_splice(stream, STREAM_IN, pipe[1], 9, &err), STREAM_FAIL);
    assert_int_equal(err.kind, ERR_NETWORK);
    assert_int_equal(stream_splice(stream, STREAM_IN, pipe[1], 9, &err), STREAM_AGAIN);
    assert_int_equal(stream_read(stream, text, 9, &err), STREAM_FAIL);
    assert_int_equal(stream_splice(stream, STREAM_OUT, pipe[0], 8, &err), STREAM_FAIL);
    assert_non_null(strstr(err.sentence, "Connection reset by peer"));
    close_world(&world);
    close(pipe[0]);
    close(pipe[1]);
}

/* ---- whose end came first ---- */

/* The caller ends around the program's own shutdown, in its place. */
static int caller_before = -1, caller_after = -1;

int shutdown(int fd, int how)
{
    int result;

    if (caller_before >= 0)
        syscall(SYS_shutdown, caller_before, SHUT_WR);
    result = (int)syscall(SYS_shutdown, fd, how);
    if (caller_after >= 0)
        syscall(SYS_shutdown, caller_after, SHUT_WR);
    return result;
}

static void end_that_comes_just_before_ours_was_first(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_world(&world, "127.0.0.1");
    caller_before = world.caller;
    assert_int_not_equal(stream_finish(world.stream, &err), STREAM_FAIL);
    caller_before = -1;
    assert_true(connection_peer_was_first(world.stream));
    close_world(&world);
}

static void end_that_comes_just_after_ours_was_second(void **state)
{
    struct world world;
    struct err err;

    (void)state;
    open_world(&world, "127.0.0.1");
    caller_after = world.caller;
    assert_int_not_equal(stream_finish(world.stream, &err), STREAM_FAIL);
    caller_after = -1;
    assert_false(connection_peer_was_first(world.stream));
    close_world(&world);
}

static void end_of_one_side_alone_was_first(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "unix:/socket"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        bool by_peer = i % 2;
        struct world world;
        struct err err;

        open_world(&world, hosts[i / 2]);
        if (by_peer)
            assert_int_equal(syscall(SYS_shutdown, world.caller, SHUT_WR), 0);
        assert_int_not_equal(stream_finish(world.stream, &err), STREAM_FAIL);
        assert_int_equal(connection_peer_was_first(world.stream), by_peer);
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vanished_peer_is_found_after_two_minutes),
        cmocka_unit_test(only_a_peer_in_this_system_is_sent_to_without_pacing),
        cmocka_unit_test(unix_peer_has_no_keepalive),
        cmocka_unit_test(limit_unsent_bounds_what_the_system_holds),
        cmocka_unit_test(room_to_receive_ahead_grows_and_wakes_at_the_first_byte),
        cmocka_unit_test(short_segments_wait_only_while_the_connection_holds_them),
        cmocka_unit_test(splice_gives_all_before_a_reset_and_keeps_the_error),
        cmocka_unit_test(end_that_comes_just_before_ours_was_first),
        cmocka_unit_test(end_that_comes_just_after_ours_was_second),
        cmocka_unit_test(end_of_one_side_alone_was_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
