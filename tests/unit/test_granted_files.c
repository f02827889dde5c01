/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/granted_files.h"

enum { LOG, LIST, TYPED, GRANTED };

/* A helper that appends to `log`, replaces `list`, and reads what is typed. */
struct world {
    struct helper helper;
    struct granted_files files;
    struct opener opener;
    char folder[32], log[64], list[64], other[64];
};

static void grant(struct world *world, const char *path, unsigned ways)
{
    struct err err;

    assert_int_equal(granted_files_add(&world->files, &world->helper, path, ways, &err), 0);
}

static int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct err err;

    strcpy(world->folder, "/tmp/tcpchat-granted-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    sprintf(world->log, "%s/log", world->folder);
    sprintf(world->list, "%s/sub/list", world->folder);
    sprintf(world->other, "%s/other", world->folder);
    grant(world, world->log, 1 << OPENER_APPEND | 1 << OPENER_REMOVE);
    grant(world, world->list, 1 << OPENER_MAKE_FOLDER | 1 << OPENER_BESIDE | 1 << OPENER_REPLACE);
    grant(world, NULL, GRANTED_TYPED);
    world->opener = granted_files_opener(&world->files);
    assert_int_equal(helper_start(&world->helper, &err), 0);
    world->files.is_confined = true;
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    char sub[64];

    helper_fini(&world->helper);
    granted_files_fini(&world->files);
    sprintf(sub, "%s/sub", world->folder);
    unlink(world->log);
    unlink(world->list);
    unlink(world->other);
    rmdir(sub);
    rmdir(world->folder);
    free(world);
    return 0;
}

static void put(int fd, const char *text)
{
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void assert_holds(struct world *world, const char *path, const char *text)
{
    int fd = opener_open(world->opener, path, OPENER_READ);
    char held[64] = "";

    assert_true(fd >= 0);
    assert_true(read(fd, held, sizeof held - 1) >= 0);
    assert_string_equal(held, text);
    close(fd);
}

/* ---- what a person types ---- */

static void fifo_is_told_and_not_opened(void **state)
{
    struct world *world = *state;
    struct stat status;
    char byte;
    int fd;

    assert_int_equal(mkfifo(world->other, 0600), 0);
    fd = opener_open(world->opener, world->other, OPENER_READ);
    assert_int_equal(fstat(fd, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, EBADF);
    close(fd);
}

static void files_of_proc_are_refused(void **state)
{
    static const char *const paths[] = {"/proc/self/mem", "/proc/self/../self/environ"};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(opener_open(world->opener, paths[i], OPENER_READ), -1);
        assert_int_equal(errno, EACCES);
    }
    assert_int_equal(opener_open(world->opener, "/proc/self/fd", OPENER_LIST), -1);
    assert_int_equal(errno, EACCES);
}

/* ---- descriptors ---- */

static void path_of_a_descriptor_is_read_again_by_the_run(void **state)
{
    struct world *world = *state;
    char path[32];
    int fd = open(world->other, O_RDWR | O_CREAT, 0600);

    assert_true(fd > 0);
    assert_int_equal(write(fd, "list", 4), 4);
    sprintf(path, "/dev/fd/%d", fd);
    assert_holds(world, path, "list");
    assert_holds(world, path, "list");
    close(fd);
    assert_int_equal(opener_open(world->opener, path, OPENER_READ), -1);
    assert_int_equal(errno, EBADF);
}

static void pipe_is_not_read_again(void **state)
{
    struct world *world = *state;
    char path[32];
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    sprintf(path, "/dev/fd/%d", ends[0]);
    assert_int_equal(opener_open(world->opener, path, OPENER_READ), -1);
    assert_int_equal(errno, ENODATA);
    close(ends[0]);
    close(ends[1]);
}

static void run_opens_files_itself_before_it_is_confined(void **state)
{
    struct world *world = *state;
    int fd = open(world->other, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    put(fd, "other");
    world->files.is_confined = false;
    kill(world->helper.pid, SIGSTOP);
    assert_holds(world, world->other, "other");
    kill(world->helper.pid, SIGCONT);
}

/* ---- what was granted ---- */

static void granted_file_is_opened_and_removed(void **state)
{
    struct world *world = *state;
    struct stat status;

    put(opener_open(world->opener, world->log, OPENER_APPEND), "one");
    put(opener_open(world->opener, world->log, OPENER_APPEND), "two");
    assert_holds(world, world->log, "onetwo");
    assert_int_equal(stat(world->log, &status), 0);
    opener_remove(world->opener, world->log, status.st_dev, status.st_ino);
    assert_int_equal(stat(world->log, &status), -1);
}

static void granted_file_is_replaced_in_a_new_folder(void **state)
{
    struct world *world = *state;
    size_t n = strlen(world->list) - strlen("/list");

    assert_int_equal(opener_open(world->opener, world->list, OPENER_BESIDE), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(opener_make_folder(world->opener, world->list, n), 0);
    put(opener_open(world->opener, world->list, OPENER_BESIDE), "new");
    assert_int_equal(opener_replace(world->opener, world->list), 0);
    assert_holds(world, world->list, "new");
}

static void home_of_a_user_is_found_for_a_typed_path(void **state)
{
    struct world *world = *state;
    const struct passwd *user = getpwuid(0);
    struct stat home, found;
    char path[64];
    int fd;

    if (!user || stat(user->pw_dir, &home) < 0)
        skip();
    sprintf(path, "~%.32s/.", user->pw_name);
    fd = opener_open(world->opener, path, OPENER_LOOK);
    assert_int_equal(fstat(fd, &found), 0);
    assert_int_equal(found.st_ino, home.st_ino);
    close(fd);
}

/* ---- what was not ---- */

static void assert_refused(struct world *world, const char *path, enum opener_how how)
{
    struct stat status;

    errno = 0;
    assert_int_equal(opener_open(world->opener, path, how), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(stat(world->other, &status), -1);
}

static void other_ways_and_paths_are_refused(void **state)
{
    struct world *world = *state;

    for (int how = 0; how < OPENER_HOWS; how++) {
        if (!(GRANTED_TYPED >> how & 1))
            assert_refused(world, world->other, (enum opener_how)how);
        if (!((GRANTED_TYPED | 1 << OPENER_APPEND | 1 << OPENER_REMOVE) >> how & 1))
            assert_refused(world, world->log, (enum opener_how)how);
    }
}

static int ask(struct world *world, int64_t number, const struct opener_question *question,
               const char *typed)
{
    struct parcel request = {.value = number}, reply;
    int64_t value;

    assert_int_equal(parcel_put(&request, question, sizeof *question), 0);
    assert_int_equal(parcel_put(&request, typed, strlen(typed)), 0);
    errno = 0;
    value = helper_ask(&world->files.grant, &request, &reply);
    parcel_close(&reply);
    return (int)value;
}

/* A run that was taken over sends what it likes. */
static void forged_questions_are_refused(void **state)
{
    struct world *world = *state;
    const struct {
        int64_t number;
        struct opener_question question;
    } forged[] = {
        {GRANTED, {.how = OPENER_READ}},
        {-1, {.how = OPENER_READ}},
        {INT64_MAX, {.how = OPENER_APPEND}},
        {LOG, {.how = OPENER_READ}},
        {LOG, {.how = OPENER_TRUNCATE}},
        {LOG, {.how = OPENER_HOWS}},
        {LOG, {.how = UINT32_MAX}},
        {LOG, {.how = 32 + OPENER_APPEND}},
        {TYPED, {.how = OPENER_APPEND}},
        {TYPED, {.how = OPENER_CHANGE}},
        {TYPED, {.how = OPENER_REMOVE}},
        {TYPED, {.how = OPENER_MAKE_FOLDER, .folder = 3}},
        {LIST, {.how = OPENER_REMOVE}},
        {LIST, {.how = OPENER_MAKE_FOLDER, .folder = UINT32_MAX}},
        {LIST, {.how = OPENER_MAKE_FOLDER, .folder = (uint32_t)strlen(world->list)}},
        {LIST, {.how = OPENER_MAKE_FOLDER, .folder = 3}},
    };

    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        assert_int_equal(ask(world, forged[i].number, &forged[i].question, world->other), -1);
        assert_int_equal(errno, EPERM);
    }
}

static void short_question_is_refused(void **state)
{
    struct world *world = *state;
    struct parcel request = {.value = TYPED};

    assert_int_equal(parcel_put(&request, "", 1), 0);
    assert_int_equal(helper_ask(&world->files.grant, &request, NULL), -1);
    assert_int_equal(errno, EPERM);
}

/* The path of a granted file is never the one that was sent. */
static void sent_path_does_not_count_for_a_granted_file(void **state)
{
    struct world *world = *state;
    struct opener_question question = {.how = OPENER_APPEND};
    struct stat status;

    assert_int_equal(ask(world, LOG, &question, world->other), 0);
    assert_int_equal(stat(world->other, &status), -1);
    assert_int_equal(stat(world->log, &status), 0);
}

static void run_without_a_helper_asks_the_system(void **state)
{
    struct granted_files files = {0};
    int fd = opener_open(granted_files_opener(&files), "/dev/null", OPENER_READ);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fifo_is_told_and_not_opened, open_world, close_world),
        cmocka_unit_test_setup_teardown(files_of_proc_are_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(path_of_a_descriptor_is_read_again_by_the_run, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(pipe_is_not_read_again, open_world, close_world),
        cmocka_unit_test_setup_teardown(run_opens_files_itself_before_it_is_confined, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(granted_file_is_opened_and_removed, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(granted_file_is_replaced_in_a_new_folder, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(home_of_a_user_is_found_for_a_typed_path, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(other_ways_and_paths_are_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(forged_questions_are_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(short_question_is_refused, open_world, close_world),
        cmocka_unit_test_setup_teardown(sent_path_does_not_count_for_a_granted_file, open_world,
                                        close_world),
        cmocka_unit_test(run_without_a_helper_asks_the_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
