#include "check.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/lobby.h"
#include "peers.h"

enum { MANY = 20 };

static struct endpoint peer_number(unsigned number)
{
    struct endpoint peer = peer_of("192.0.2.1");

    endpoint_set_port(&peer, number);
    return peer;
}

static void who_came_first_is_called_first(void **state)
{
    struct lobby lobby = {0};
    struct endpoint peer;

    (void)state;
    assert_int_equal(lobby_call(&lobby, &peer), -1);
    for (unsigned i = 1; i <= MANY; i++) {
        peer = peer_number(i);
        assert_int_equal(lobby_enter(&lobby, dup(STDIN_FILENO), &peer), 0);
        assert_int_equal(lobby_count(&lobby), i);
    }
    for (unsigned i = 1; i <= MANY; i++) {
        int fd = lobby_call(&lobby, &peer);

        assert_true(fd > STDERR_FILENO);
        assert_int_equal(close(fd), 0);
        assert_int_equal(endpoint_port(&peer), i);
        assert_int_equal(lobby_count(&lobby), MANY - i);
    }
    assert_int_equal(lobby_call(&lobby, &peer), -1);
    lobby_fini(&lobby);
}

/* Both ends of a connection. */
static void connect_pair(int *caller, int *called)
{
    struct endpoint bound = peer_of("127.0.0.1");
    int door = socket(AF_INET, SOCK_STREAM, 0);

    endpoint_set_port(&bound, 0);
    assert_int_equal(bind(door, &bound.address.any, bound.length), 0);
    assert_int_equal(listen(door, 1), 0);
    assert_int_equal(getsockname(door, &bound.address.any, &bound.length), 0);
    *caller = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(*caller, &bound.address.any, bound.length), 0);
    *called = accept(door, NULL, NULL);
    assert_true(*called >= 0);
    close(door);
}

static void who_still_waits_at_the_end_is_reset(void **state)
{
    struct lobby lobby = {0};
    struct endpoint peer = peer_number(1);
    int caller, called;
    char byte;

    (void)state;
    connect_pair(&caller, &called);
    assert_int_equal(lobby_enter(&lobby, called, &peer), 0);
    lobby_fini(&lobby);
    assert_int_equal(lobby_count(&lobby), 0);
    assert_int_equal(read(caller, &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_came_first_is_called_first),
        cmocka_unit_test(who_still_waits_at_the_end_is_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
