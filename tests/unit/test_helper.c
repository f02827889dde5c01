/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/helper.h"
#include "own_descriptors.h"
#include "sentences.h"

enum { PATIENCE = 1000, PAUSE_US = 10000 };

/* ---- services ---- */

/* Replies with its own word, the value and the bytes that it got, and the descriptors that it got.
 */
static void serve_echo(struct helper *helper, void *owner, const struct parcel *request,
                       struct parcel *reply)
{
    (void)helper;
    reply->value = request->value + 1;
    if (parcel_put(reply, owner, strlen(owner)) < 0 ||
        parcel_put(reply, request->bytes, request->length) < 0)
        reply->value = -errno;
    for (; reply->fd_count < request->fd_count; reply->fd_count++)
        reply->fds[reply->fd_count] = dup(request->fds[reply->fd_count]);
}

/* Fails with the errno that it gets. */
static void serve_failure(struct helper *helper, void *owner, const struct parcel *request,
                          struct parcel *reply)
{
    (void)helper;
    (void)owner;
    reply->value = -request->value;
}

/* "0 1 2 5": the descriptors of the helper but one, which reads the folder. */
static void serve_descriptors(struct helper *helper, void *owner, const struct parcel *request,
                              struct parcel *reply)
{
    DIR *all = opendir("/proc/self/fd");
    const struct dirent *one;
    char line[300], target[256];

    (void)helper;
    (void)owner;
    (void)request;
    while (all && (one = readdir(all))) {
        ssize_t n = readlinkat(dirfd(all), one->d_name, target, sizeof target);

        if (n > 0 && atoi(one->d_name) != dirfd(all) &&
            parcel_put(reply, line, (size_t)sprintf(line, "%.*s\n", (int)n, target)) < 0)
            reply->value = -errno;
    }
    closedir(all);
}

/* Starts a child that exits with the value, or lives on if that is negative. */
static void serve_child(struct helper *helper, void *owner, const struct parcel *request,
                        struct parcel *reply)
{
    pid_t child = helper_fork();

    (void)owner;
    if (child == 0 && request->value >= 0)
        _exit((int)request->value);
    while (child == 0)
        pause();
    reply->value = helper_adopt(helper, child, CHILD_TELLS);
}

/* Is held up until a byte comes. */
static void serve_wait(struct helper *helper, void *owner, const struct parcel *request,
                       struct parcel *reply)
{
    char byte;

    (void)helper;
    (void)owner;
    reply->value = read(request->fds[0], &byte, 1);
}

/* ---- a helper with these services ---- */

struct world {
    struct helper helper;
    struct helper_grant echo, other, failure, descriptors, child, wait;
};

static void open_world(struct world *world)
{
    struct err err;

    *world = (struct world){0};
    helper_grant(&world->helper, &world->echo, serve_echo, (void *)"one:");
    helper_grant(&world->helper, &world->other, serve_echo, (void *)"other:");
    helper_grant(&world->helper, &world->failure, serve_failure, NULL);
    helper_grant(&world->helper, &world->descriptors, serve_descriptors, NULL);
    helper_grant(&world->helper, &world->child, serve_child, NULL);
    helper_grant(&world->helper, &world->wait, serve_wait, NULL);
    assert_int_equal(helper_start(&world->helper, &err), 0);
    assert_true(world->helper.pid > 0);
}

static bool is_there(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static void assert_goes(pid_t pid)
{
    for (int i = 0; i < PATIENCE && is_there(pid); i++)
        usleep(PAUSE_US);
    assert_false(is_there(pid));
}

static void close_world(struct world *world)
{
    pid_t pid = world->helper.pid;

    helper_fini(&world->helper);
    assert_goes(pid);
}

static struct parcel with_value(int64_t value)
{
    return (struct parcel){.value = value};
}

static void assert_answers(struct world *world)
{
    struct parcel request = with_value(41);

    assert_int_equal(helper_ask(&world->echo, &request, NULL), 42);
}

static pid_t pid_of(uint64_t child)
{
    return (pid_t)(child & 0xFFFFFFFF);
}

static uint64_t start_child(struct world *world, int64_t how)
{
    struct parcel request = with_value(how);
    int64_t child = helper_ask(&world->child, &request, NULL);

    assert_true(child > 0);
    return (uint64_t)child;
}

static struct child_end wait_for_exit(struct world *world)
{
    struct child_end end;
    int got = 0;

    for (int i = 0; i < PATIENCE && (got = helper_read_exit(&world->helper, &end)) == 0; i++)
        usleep(PAUSE_US);
    assert_int_equal(got, 1);
    return end;
}

/* ---- requests and replies ---- */

static void service_gets_a_request_and_replies(void **state)
{
    struct parcel request = with_value(6), reply;
    struct world world;

    (void)state;
    open_world(&world);
    assert_int_equal(parcel_put(&request, "bytes", 5), 0);
    assert_int_equal(helper_ask(&world.echo, &request, &reply), 7);
    assert_string_equal(reply.bytes, "one:bytes");
    assert_int_equal(reply.length, 9);
    assert_int_equal(helper_ask(&world.other, &request, &reply), 7);
    assert_string_equal(reply.bytes, "other:bytes");
    close_world(&world);
}

static void descriptors_go_both_ways(void **state)
{
    struct parcel request = {.fd_count = PARCEL_FDS}, reply;
    struct world world;
    int ends[2];
    char got;

    (void)state;
    open_world(&world);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < PARCEL_FDS; i++)
        request.fds[i] = ends[1];
    assert_int_equal(helper_ask(&world.echo, &request, &reply), 1);
    assert_int_equal(reply.fd_count, PARCEL_FDS);
    assert_int_equal(fcntl(reply.fds[1], F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(reply.fds[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &got, 1), 1);
    close(ends[1]);
    parcel_close(&reply);
    assert_int_equal(read(ends[0], &got, 1), 0); /* the helper has closed its own */
    close(ends[0]);
    close_world(&world);
}

static void failure_of_a_service_is_errno(void **state)
{
    struct parcel request = with_value(ENOTDIR);
    struct world world;

    (void)state;
    open_world(&world);
    errno = 0;
    assert_int_equal(helper_ask(&world.failure, &request, NULL), -1);
    assert_int_equal(errno, ENOTDIR);
    close_world(&world);
}

static void parcel_holds_a_path_and_no_more_than_its_room(void **state)
{
    static char much[PARCEL_BYTES + 1];
    struct parcel request = with_value(0), reply;
    struct world world;

    (void)state;
    open_world(&world);
    memset(much, 'x', sizeof much - 1);
    assert_int_equal(parcel_put(&request, much, PARCEL_BYTES - 6), 0);
    assert_int_equal(helper_ask(&world.other, &request, &reply), 1);
    assert_int_equal(strlen(reply.bytes), PARCEL_BYTES);
    assert_int_equal(parcel_put(&request, much, 7), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(parcel_put(&request, much, 6), 0);
    assert_int_equal(helper_ask(&world.other, &request, &reply), -1); /* no room for its reply */
    assert_int_equal(errno, ENAMETOOLONG);
    close_world(&world);
}

static void descriptors_without_room_are_emfile(void **state)
{
    struct parcel request = {.fd_count = 1, .fds = {STDERR_FILENO}}, reply;
    struct rlimit limit, none;
    struct world world;

    (void)state;
    if (!has_own_descriptors())
        skip();
    open_world(&world);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = STDERR_FILENO + 1, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(helper_ask(&world.echo, &request, &reply), -1);
    assert_int_equal(errno, EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(helper_ask(&world.echo, &request, &reply), 1);
    parcel_close(&reply);
    close_world(&world);
}

static void receipt_that_fails_is_no_end(void **state)
{
    struct parcel parcel;
    unsigned number;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(parcel_receive(ends[0], &number, &parcel), -1);
    assert_int_equal(errno, EAGAIN);
    close(ends[1]);
    assert_int_equal(parcel_receive(ends[0], &number, &parcel), 0);
    close(ends[0]);
}

/* ---- what was not granted ---- */

static void no_grant_starts_no_helper(void **state)
{
    struct helper helper = {0};
    struct helper_grant none = {0};
    struct parcel request = with_value(1);
    struct err err;

    (void)state;
    assert_int_equal(helper_start(&helper, &err), 0);
    assert_int_equal(helper.pid, 0);
    assert_int_equal(helper_ask(&none, &request, NULL), -1);
    assert_int_equal(errno, EPERM);
    helper_fini(&helper);
}

static void services_that_were_not_granted_are_refused(void **state)
{
    static const unsigned numbers[] = {7, 8, 0x7FFFFFFF, 0xFFFFFFFF};
    struct parcel request = with_value(1);
    struct world world;

    (void)state;
    open_world(&world);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct helper_grant forged = world.echo;

        forged.number = numbers[i];
        assert_int_equal(helper_ask(&forged, &request, NULL), -1);
        assert_int_equal(errno, EPERM);
    }
    assert_answers(&world);
    close_world(&world);
}

static void grant_after_the_start_is_refused(void **state)
{
    struct parcel request = with_value(1);
    struct helper_grant late;
    struct world world;

    (void)state;
    open_world(&world);
    helper_grant(&world.helper, &late, serve_echo, (void *)"late:");
    assert_int_equal(helper_ask(&late, &request, NULL), -1);
    assert_int_equal(errno, EPERM);
    close_world(&world);
}

static void helper_ends_with_its_last_grant(void **state)
{
    struct parcel request = with_value(1);
    struct world world;
    pid_t pid;

    (void)state;
    open_world(&world);
    pid = world.helper.pid;
    helper_withdraw(&world.other);
    helper_withdraw(&world.echo);
    helper_withdraw(&world.child);
    helper_withdraw(&world.descriptors);
    helper_withdraw(&world.wait);
    assert_int_equal(helper_ask(&world.echo, &request, NULL), -1);
    assert_int_equal(errno, EPERM);
    assert_true(is_there(pid));
    helper_withdraw(&world.failure);
    helper_withdraw(&world.failure);
    assert_goes(pid);
    assert_int_equal(world.helper.pid, 0);
}

static void send_raw(struct world *world, const void *bytes, size_t n, struct parcel *reply)
{
    unsigned number;

    assert_int_equal(send(world->helper.socket, bytes, n, 0), n);
    assert_int_equal(parcel_receive(world->helper.socket, &number, reply), 1);
    assert_int_equal(reply->fd_count, 0);
}

static void what_is_no_parcel_is_refused(void **state)
{
    static char much[2 * PARCEL_BYTES];
    struct parcel reply;
    struct world world;

    (void)state;
    open_world(&world);
    send_raw(&world, "x", 1, &reply);
    assert_int_equal(reply.value, -EPROTO);
    send_raw(&world, much, sizeof much, &reply);
    assert_int_equal(reply.value, -EPROTO);
    assert_answers(&world);
    close_world(&world);
}

static void too_many_descriptors_are_refused_and_closed(void **state)
{
    enum { MANY = PARCEL_FDS + 1 };
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MANY * sizeof(int))] = {0};
    char head[16] = {0}, got;
    struct iovec part = {head, sizeof head};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);
    struct parcel reply;
    struct world world;
    unsigned number;
    int ends[2];

    (void)state;
    open_world(&world);
    assert_int_equal(pipe(ends), 0);
    *first = (struct cmsghdr){CMSG_LEN(MANY * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    for (size_t i = 0; i < MANY; i++)
        memcpy(CMSG_DATA(first) + i * sizeof(int), &ends[1], sizeof(int));
    assert_int_equal(sendmsg(world.helper.socket, &header, 0), sizeof head);
    assert_int_equal(parcel_receive(world.helper.socket, &number, &reply), 1);
    assert_int_equal(reply.value, -EMFILE);
    close(ends[1]);
    assert_int_equal(read(ends[0], &got, 1), 0);
    close(ends[0]);
    close_world(&world);
}

/* ---- its surroundings ---- */

/* 0, 1 and 2, a socket, a pipe, and its signals. */
static void helper_keeps_no_descriptor_of_the_run(void **state)
{
    char own[256], expected[1000];
    ssize_t n = readlink("/proc/self/fd/2", own, sizeof own - 1);
    struct parcel request = with_value(0), reply;
    int kept = fcntl(STDIN_FILENO, F_DUPFD, 60), length;
    struct world world;
    const char *rest;

    (void)state;
    if (!has_own_descriptors())
        skip();
    assert_true(n > 0);
    own[n] = '\0';
    length = snprintf(expected, sizeof expected, "%s\n%s\n%s\n", own, own, own);
    open_world(&world);
    assert_int_equal(helper_ask(&world.descriptors, &request, &reply), 0);
    assert_memory_equal(reply.bytes, expected, (size_t)length);
    rest = reply.bytes + length;
    for (int i = 0; i < 3; i++)
        rest = strchr(rest, '\n') + 1;
    assert_non_null(strstr(reply.bytes, "socket:["));
    assert_non_null(strstr(reply.bytes, "pipe:["));
    assert_non_null(strstr(reply.bytes, "[signalfd]"));
    assert_string_equal(rest, "");
    close(kept);
    close_world(&world);
}

static void signals_do_not_reach_the_helper(void **state)
{
    static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,  SIGALRM,
                                  SIGTSTP, SIGTTIN, SIGPIPE, SIGCONT, SIGCHLD, SIGWINCH, SIGXFSZ};
    struct world world;

    (void)state;
    open_world(&world);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(kill(world.helper.pid, numbers[i]), 0);
    assert_answers(&world);
    close_world(&world);
}

static void stopped_helper_holds_up_no_end(void **state)
{
    struct world world;
    pid_t pid;

    (void)state;
    open_world(&world);
    pid = world.helper.pid;
    kill(pid, SIGSTOP);
    helper_fini(&world.helper);
    assert_true(is_there(pid));
    kill(pid, SIGCONT);
    assert_goes(pid);
}

static int said; /* sentences */
static const char *expected_sentence;

static void on_sentence(const char *line)
{
    said++;
    assert_non_null(strstr(line, expected_sentence));
}

static void expect_sentence(const char *sentence)
{
    said = 0;
    expected_sentence = sentence;
    sentences_to(sentence ? on_sentence : NULL, EVENT_ALWAYS);
}

static void assert_fails(const struct helper_grant *grant, const struct parcel *request, int number)
{
    assert_int_equal(helper_ask(grant, request, NULL), -1);
    assert_int_equal(errno, number);
}

static void held_up_helper_is_told_once_and_answers_again(void **state)
{
    struct parcel wait = {.fd_count = 1}, request = with_value(41);
    struct world world;
    int ends[2];
    int64_t answer = -1;

    (void)state;
    open_world(&world);
    world.helper.reply_ms = PAUSE_US / 1000;
    assert_int_equal(pipe(ends), 0);
    wait.fds[0] = ends[0];
    expect_sentence("gives no answer");
    assert_fails(&world.wait, &wait, ETIMEDOUT);
    world.helper.reply_ms = HELPER_REPLY_MS;
    assert_fails(&world.echo, &request, ETIMEDOUT); /* at once */
    assert_int_equal(said, 1);
    expect_sentence(NULL);
    assert_int_equal(write(ends[1], "x", 1), 1);
    for (int i = 0; i < PATIENCE && (answer = helper_ask(&world.echo, &request, NULL)) < 0; i++)
        usleep(PAUSE_US);
    assert_int_equal(answer, 42);
    close(ends[0]);
    close(ends[1]);
    close_world(&world);
}

static void held_up_helper_gets_signals_for_its_children(void **state)
{
    struct parcel wait = {.fd_count = 1};
    struct world world;
    uint64_t child;
    int ends[2];

    (void)state;
    open_world(&world);
    child = start_child(&world, -1);
    assert_int_equal(pipe(ends), 0);
    wait.fds[0] = ends[0];
    world.helper.reply_ms = 0;
    expect_sentence("gives no answer");
    assert_fails(&world.wait, &wait, ETIMEDOUT);
    expect_sentence(NULL);
    helper_signal(&world.helper, child, SIGKILL);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(wait_for_exit(&world).child == child);
    close(ends[0]);
    close(ends[1]);
    close_world(&world);
}

static void killed_helper_is_told_once_and_no_zombie(void **state)
{
    struct parcel request = with_value(1);
    struct child_end end;
    struct world world;

    (void)state;
    open_world(&world);
    expect_sentence("somebody killed the helper");
    kill(world.helper.pid, SIGKILL);
    assert_goes(world.helper.pid);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(helper_ask(&world.echo, &request, NULL), -1);
        assert_int_equal(errno, ESRCH);
    }
    assert_int_equal(helper_read_exit(&world.helper, &end), -1);
    assert_int_equal(said, 1);
    expect_sentence(NULL);
    close_world(&world);
}

/* Nothing would tell the end of a program that is started then. */
static void helper_whose_ends_cannot_be_read_is_asked_no_more(void **state)
{
    struct parcel request = with_value(1);
    struct child_end end;
    struct world world;
    int unreadable = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)state;
    open_world(&world);
    expect_sentence("somebody killed the helper");
    assert_int_equal(dup2(unreadable, world.helper.exits), world.helper.exits);
    assert_int_equal(helper_read_exit(&world.helper, &end), -1);
    assert_int_equal(helper_ask(&world.echo, &request, NULL), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(said, 1);
    expect_sentence(NULL);
    close(unreadable);
    close_world(&world);
}

/* As the run: it starts a helper with a child, and is killed. */
static _Noreturn void be_a_run(int report)
{
    struct world world;
    pid_t pids[2];

    open_world(&world);
    pids[0] = world.helper.pid;
    pids[1] = pid_of(start_child(&world, -1));
    if (write(report, pids, sizeof pids) == sizeof pids)
        raise(SIGKILL);
    _exit(1);
}

static void killed_run_ends_the_helper_and_its_child(void **state)
{
    pid_t pids[2];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0)
        be_a_run(ends[1]);
    assert_int_equal(read(ends[0], pids, sizeof pids), sizeof pids);
    assert_goes(pids[0]);
    assert_goes(pids[1]);
    close(ends[0]);
    close(ends[1]);
}

/* ---- children ---- */

static void ends_of_children_are_told(void **state)
{
    struct child_end end;
    struct world world;
    uint64_t child;

    (void)state;
    open_world(&world);
    assert_int_equal(helper_read_exit(&world.helper, &end), 0);
    child = start_child(&world, 7);
    end = wait_for_exit(&world);
    assert_true(end.child == child);
    assert_int_equal(WEXITSTATUS((int)end.status), 7);
    assert_false(is_there(pid_of(child)));
    close_world(&world);
}

static void signal_reaches_a_child_of_the_helper(void **state)
{
    struct child_end end;
    struct world world;
    uint64_t child;

    (void)state;
    open_world(&world);
    child = start_child(&world, -1);
    helper_signal(&world.helper, child, SIGKILL);
    end = wait_for_exit(&world);
    assert_true(end.child == child);
    assert_int_equal(WTERMSIG((int)end.status), SIGKILL);
    helper_signal(&world.helper, child, SIGKILL);
    assert_answers(&world);
    close_world(&world);
}

static void signal_reaches_no_other_process(void **state)
{
    uint64_t own = (uint64_t)getpid(), wrong;
    struct child_end end;
    struct world world;
    uint64_t child;

    (void)state;
    open_world(&world);
    child = start_child(&world, -1);
    wrong = child ^ (UINT64_C(1) << 32); /* the process id of the child, not its number */
    helper_signal(&world.helper, own, SIGKILL);
    helper_signal(&world.helper, own | UINT64_C(1) << 32, SIGKILL);
    helper_signal(&world.helper, (uint64_t)world.helper.pid, SIGKILL);
    helper_signal(&world.helper, wrong, SIGKILL);
    helper_signal(&world.helper, UINT32_MAX, SIGKILL);
    assert_answers(&world);
    assert_int_equal(helper_read_exit(&world.helper, &end), 0);
    assert_true(is_there(pid_of(child)));
    close_world(&world);
    assert_goes(pid_of(child));
}

/* The pipe of the ends is full; the helper goes on, and the system keeps the other ends. */
static void unread_ends_hold_up_no_request(void **state)
{
    enum { PAGE = 4096, MANY = PAGE / sizeof(struct child_end) + 20 };
    struct world world;
    int sum = 0;

    (void)state;
    open_world(&world);
    assert_int_equal(fcntl(world.helper.exits, F_SETPIPE_SZ, PAGE), PAGE);
    for (int i = 0; i < MANY; i++)
        start_child(&world, i % 2);
    usleep(PAUSE_US);
    assert_answers(&world);
    for (int i = 0; i < MANY; i++)
        sum += WEXITSTATUS((int)wait_for_exit(&world).status);
    assert_int_equal(sum, MANY / 2);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_gets_a_request_and_replies),
        cmocka_unit_test(descriptors_go_both_ways),
        cmocka_unit_test(failure_of_a_service_is_errno),
        cmocka_unit_test(parcel_holds_a_path_and_no_more_than_its_room),
        cmocka_unit_test(descriptors_without_room_are_emfile),
        cmocka_unit_test(receipt_that_fails_is_no_end),
        cmocka_unit_test(no_grant_starts_no_helper),
        cmocka_unit_test(services_that_were_not_granted_are_refused),
        cmocka_unit_test(grant_after_the_start_is_refused),
        cmocka_unit_test(helper_ends_with_its_last_grant),
        cmocka_unit_test(what_is_no_parcel_is_refused),
        cmocka_unit_test(too_many_descriptors_are_refused_and_closed),
        cmocka_unit_test(helper_keeps_no_descriptor_of_the_run),
        cmocka_unit_test(signals_do_not_reach_the_helper),
        cmocka_unit_test(stopped_helper_holds_up_no_end),
        cmocka_unit_test(killed_helper_is_told_once_and_no_zombie),
        cmocka_unit_test(held_up_helper_is_told_once_and_answers_again),
        cmocka_unit_test(held_up_helper_gets_signals_for_its_children),
        cmocka_unit_test(helper_whose_ends_cannot_be_read_is_asked_no_more),
        cmocka_unit_test(killed_run_ends_the_helper_and_its_child),
        cmocka_unit_test(ends_of_children_are_told),
        cmocka_unit_test(signal_reaches_a_child_of_the_helper),
        cmocka_unit_test(signal_reaches_no_other_process),
        cmocka_unit_test(unread_ends_hold_up_no_request),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1); /* a process that lost its parent is no zombie of others */
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
