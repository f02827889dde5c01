/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/listener.h"
#include "turns.h"

enum { CALLERS = 48 };

/* A listener with one inherited socket, and its callers, which stand in the system's queue. */
struct world {
    uv_loop_t loop;
    struct address address;
    struct listener *listener;
    int acceptor, callers[CALLERS];
    unsigned accepted;
    unsigned closes_at; /* connections, and the listener closes; 0: it does not */
    bool is_slow;       /* each connection takes longer than a turn may */
};

static bool on_admits(void *owner, const struct endpoint *peer)
{
    (void)owner;
    (void)peer;
    return true;
}

static void on_gone(void *owner, const struct endpoint *peer)
{
    (void)owner;
    (void)peer;
}

static void on_accepted(void *owner, struct stream *stream)
{
    static const struct timespec two_ms = {.tv_nsec = 2 * 1000 * 1000};
    struct world *world = owner;

    stream_close(stream, STREAM_ABORT);
    if (world->is_slow)
        nanosleep(&two_ms, NULL);
    if (++world->accepted == world->closes_at)
        listener_close(world->listener);
}

static void on_listening(void *owner)
{
    (void)owner;
}

static void on_drained(void *owner)
{
    (void)owner;
}

static void on_failed(void *owner, const struct err *err)
{
    (void)owner;
    fail_msg("%s", err->sentence);
}

static const struct listener_events events = {.admits = on_admits,
                                              .enters = on_admits,
                                              .gone = on_gone,
                                              .listening = on_listening,
                                              .accepted = on_accepted,
                                              .drained = on_drained,
                                              .failed = on_failed};

static void call_all(struct world *world)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;

    world->acceptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(world->acceptor, (struct sockaddr *)&here, size), 0);
    assert_int_equal(listen(world->acceptor, CALLERS), 0);
    assert_int_equal(getsockname(world->acceptor, (struct sockaddr *)&here, &size), 0);
    for (int i = 0; i < CALLERS; i++) {
        world->callers[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(world->callers[i], (struct sockaddr *)&here, size), 0);
    }
}

static void open_world(struct world *world)
{
    struct listener_options options = {.costs = 1};

    assert_int_equal(loop_open(&world->loop, NULL), 0);
    call_all(world);
    world->address = (struct address){.kind = ADDRESS_INHERITED, .fd = world->acceptor, .fds = 1};
    world->listener = listener_new(&world->loop, &world->address, &options, &events, world, NULL);
    assert_non_null(world->listener);
}

static void close_world(struct world *world)
{
    if (!world->closes_at)
        listener_close(world->listener);
    for (int i = 0; i < CALLERS; i++)
        close(world->callers[i]);
    loop_run(&world->loop);
    assert_int_equal(loop_close(&world->loop), 0);
}

/* The turns of the loop in which all are accepted; in each, some are. */
static unsigned turns_for_all(struct world *world)
{
    unsigned turns = 0;

    while (world->accepted < CALLERS) {
        unsigned before = world->accepted;

        loop_turn(&world->loop);
        turns += world->accepted > before;
    }
    return turns;
}

static void turn_accepts_many(void **state)
{
    struct world world = {.accepted = 0};

    (void)state;
    open_world(&world);
    assert_in_range(turns_for_all(&world), 1, CALLERS - 1);
    close_world(&world);
}

/* Others would wait for all of them, and what they say, and a signal. */
static void turn_accepts_one_that_takes_long(void **state)
{
    struct world world = {.is_slow = true};

    (void)state;
    open_world(&world);
    assert_int_equal(turns_for_all(&world), CALLERS);
    close_world(&world);
}

static void none_is_accepted_once_the_owner_has_closed_the_listener(void **state)
{
    struct world world = {.closes_at = 2};

    (void)state;
    open_world(&world);
    loop_run(&world.loop);
    assert_int_equal(world.accepted, 2);
    close_world(&world);
}

static void drain_accepts_all_that_are_pending(void **state)
{
    struct world world = {.is_slow = true};

    (void)state;
    open_world(&world);
    while (!world.accepted)
        loop_turn(&world.loop);
    listener_drain(world.listener);
    assert_int_equal(world.accepted, CALLERS);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turn_accepts_many),
        cmocka_unit_test(turn_accepts_one_that_takes_long),
        cmocka_unit_test(none_is_accepted_once_the_owner_has_closed_the_listener),
        cmocka_unit_test(drain_accepts_all_that_are_pending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
