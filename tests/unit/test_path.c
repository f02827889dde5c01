/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/path.h"

static const struct opener itself;

static void path_names_a_descriptor(void **state)
{
    static const struct {
        const char *path;
        int descriptor;
    } cases[] = {
        {"-", 2},           {"/dev/stdin", 0},  {"/dev/stdout", 1},
        {"/dev/stderr", 2}, {"/dev/fd/17", 17}, {"/proc/self/fd/2", 2},
        {"/dev/fd/", -1},   {"/dev/fd/2x", -1}, {"/dev/null", -1},
        {"./-", -1},        {"", -1},           {"/dev/fd/99999999999", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(path_descriptor(cases[i].path), cases[i].descriptor);
}

static const char *path_of(int fd)
{
    static char path[32];

    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    return path;
}

/* A descriptor of ours is close-on-exec. */
static void check_refuses_own_and_read_only_descriptors(void **state)
{
    int own = open("/dev/null", O_WRONLY | O_CLOEXEC), given = open("/dev/null", O_WRONLY);
    int read_only = open("/dev/null", O_RDONLY);
    struct err err;

    (void)state;
    assert_int_equal(path_check(path_of(given), "it", &err), 0);
    assert_int_equal(path_check(path_of(own), "it", &err), -1);
    assert_string_equal(err.sentence, "cannot write it: Bad file descriptor");
    assert_int_equal(path_check(path_of(read_only), "it", &err), -1);
    close(own);
    assert_int_equal(path_check(path_of(own), "it", &err), -1);
    assert_int_equal(path_check("/nowhere/file", "it", &err), 0);
    close(given);
    close(read_only);
}

static void open_does_not_truncate_a_named_descriptor(void **state)
{
    char name[] = "path-XXXXXX", content[8] = "";
    int fd = mkstemp(name), named;

    (void)state;
    assert_int_equal(write(fd, "old", 3), 3);
    named = path_open(itself, path_of(fd), "it", PATH_TRUNCATES, NULL);
    assert_true(named > STDERR_FILENO && named != fd);
    assert_int_equal(write(named, "new", 3), 3);
    assert_int_equal(pread(fd, content, sizeof content - 1, 0), 6);
    assert_string_equal(content, "oldnew");
    close(named);
    named = path_open(itself, name, "it", PATH_TRUNCATES, NULL);
    assert_int_equal(lseek(named, 0, SEEK_END), 0);
    close(named);
    close(fd);
    unlink(name);
}

static void torn_line_is_seen(void **state)
{
    char name[] = "path-XXXXXX";
    int fd = mkstemp(name);

    (void)state;
    assert_false(path_is_torn(itself, name));
    assert_int_equal(write(fd, "a\nb", 3), 3);
    assert_true(path_is_torn(itself, name));
    assert_false(path_is_torn(itself, path_of(fd)));
    assert_int_equal(write(fd, "\n", 1), 1);
    assert_false(path_is_torn(itself, name));
    close(fd);
    unlink(name);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_names_a_descriptor),
        cmocka_unit_test(check_refuses_own_and_read_only_descriptors),
        cmocka_unit_test(open_does_not_truncate_a_named_descriptor),
        cmocka_unit_test(torn_line_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
