/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/bind_grant.h"

/* Acceptors of a path that a helper may bind again. */
struct world {
    struct helper helper;
    struct bind_grant grant;
    struct address address;
    struct acceptors acceptors;
    char folder[32];
};

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct err err;

    strcpy(world->folder, "/tmp/tcpchat-bind-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->address.kind = ADDRESS_PATH;
    sprintf(world->address.path, "%s/socket", world->folder);
    bind_grant_allow(&world->grant, &world->helper, &world->address, &(struct bind_manner){0});
    assert_int_equal(helper_start(&world->helper, &err), 0);
    world->acceptors.manner.binder = bind_grant_binder(&world->grant);
    assert_int_equal(bind_open_one(&world->acceptors, &world->address, &err), 0);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    bind_close(&world->acceptors);
    helper_fini(&world->helper);
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

static int call(const struct world *world)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct endpoint endpoint;
    int result;

    address_unix_endpoint(&world->address, &endpoint);
    result = connect(fd, &endpoint.address.any, endpoint.length) == 0 ? 0 : errno;
    close(fd);
    return result;
}

static void path_is_bound_again_under_its_number(void **state)
{
    struct world *world = *state;
    int fd = world->acceptors.items[0].fd;
    struct endpoint peer;

    bind_lock(&world->acceptors);
    assert_int_equal(call(world), ECONNREFUSED);
    assert_int_equal(bind_unlock(&world->acceptors, NULL), 0);
    assert_int_equal(world->acceptors.items[0].fd, fd);
    assert_int_equal(call(world), 0);
    close(bind_accept(&world->acceptors.items[0], &peer));
}

static void file_is_removed_at_the_end(void **state)
{
    struct world *world = *state;

    bind_close(&world->acceptors);
    assert_int_equal(call(world), ENOENT);
}

static void put_a_file_in_place(const struct world *world)
{
    assert_int_equal(unlink(world->address.path), 0);
    close(open(world->address.path, O_CREAT | O_CLOEXEC, 0600));
}

static void another_file_is_neither_bound_nor_removed(void **state)
{
    struct world *world = *state;
    struct stat status;
    struct err err;

    bind_lock(&world->acceptors);
    put_a_file_in_place(world);
    assert_int_equal(bind_unlock(&world->acceptors, &err), -1);
    assert_int_equal(err.kind, ERR_NETWORK);
    assert_non_null(strstr(err.sentence, "it is there and is no socket"));
    bind_close(&world->acceptors);
    assert_int_equal(unlink(world->address.path), 0);
    assert_int_equal(stat(world->address.path, &status), -1);
}

static void forged_question_is_refused(void **state)
{
    struct world *world = *state;
    struct parcel request = {.value = 1}, reply;

    assert_int_equal(parcel_put(&request, world->address.path, 8), 0);
    assert_int_equal(helper_ask(&world->grant.grant, &request, &reply), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(call(world), 0);
}

static void path_without_a_helper_has_a_sentence(void **state)
{
    struct world *world = *state;
    struct err err;

    kill(world->helper.pid, SIGKILL);
    bind_lock(&world->acceptors);
    assert_int_equal(bind_unlock(&world->acceptors, &err), -1);
    assert_non_null(strstr(err.sentence, "cannot listen on unix:"));
    assert_int_equal(unlink(world->address.path), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(path_is_bound_again_under_its_number, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(file_is_removed_at_the_end, open_world, close_world),
        cmocka_unit_test_setup_teardown(another_file_is_neither_bound_nor_removed, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(forged_question_is_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(path_without_a_helper_has_a_sentence, open_world,
                                        close_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
