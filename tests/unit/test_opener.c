/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/opener.h"

static const struct opener itself;
static char folder[32], file[64];

static int new_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tcpchat-opener-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/file", folder);
    return 0;
}

/* Fails where another file was left. */
static int remove_folder(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(folder);
}

static void put(int fd, const char *text)
{
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_holds(const char *text)
{
    int fd = opener_open(itself, file, OPENER_READ);
    char held[64] = "";

    assert_true(read(fd, held, sizeof held - 1) >= 0);
    assert_string_equal(held, text);
    close(fd);
}

static void file_beside_replaces_the_file(void **state)
{
    struct stat status;

    (void)state;
    put(opener_open(itself, file, OPENER_APPEND), "old");
    put(opener_open(itself, file, OPENER_BESIDE), "new");
    assert_holds("old");
    assert_int_equal(opener_replace(itself, file), 0);
    assert_holds("new");
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(opener_replace(itself, file), -1);
}

static void discarded_file_beside_is_gone(void **state)
{
    (void)state;
    put(opener_open(itself, file, OPENER_APPEND), "old");
    put(opener_open(itself, file, OPENER_BESIDE), "new");
    opener_discard(itself, file);
    assert_int_equal(opener_replace(itself, file), -1);
    assert_holds("old");
}

static void second_file_beside_discards_the_first(void **state)
{
    (void)state;
    put(opener_open(itself, file, OPENER_BESIDE), "first");
    put(opener_open(itself, file, OPENER_BESIDE), "second");
    assert_int_equal(opener_replace(itself, file), 0);
    assert_holds("second");
}

static void only_the_same_file_is_removed(void **state)
{
    struct stat status;

    (void)state;
    put(opener_open(itself, file, OPENER_APPEND), "old");
    assert_int_equal(stat(file, &status), 0);
    opener_remove(itself, file, status.st_dev, status.st_ino + 1);
    assert_holds("old");
    opener_remove(itself, file, status.st_dev, status.st_ino);
    assert_int_equal(opener_open(itself, file, OPENER_READ), -1);
}

static void folder_is_made_unless_it_is_there(void **state)
{
    char path[80];
    struct stat status;

    (void)state;
    snprintf(path, sizeof path, "%s/one/more", folder);
    for (int i = 0; i < 2; i++)
        assert_int_equal(opener_make_folder(itself, path, strlen(path) - strlen("/more")), 0);
    assert_int_equal(opener_make_folder(itself, "/nowhere/one", strlen("/nowhere/one")), -1);
    assert_int_equal(errno, ENOENT);
    path[strlen(path) - strlen("/more")] = '\0';
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    rmdir(path);
}

static struct opener_question asked;

static int answer(void *owner, const char *path, const struct opener_question *question)
{
    assert_string_equal(path, file);
    asked = *question;
    errno = ENOSPC;
    return *(int *)owner;
}

static void question_goes_to_the_one_who_may(void **state)
{
    int fd = 17;
    struct opener other = {answer, &fd};

    (void)state;
    assert_int_equal(opener_open(other, file, OPENER_LIST), 17);
    assert_int_equal(asked.how, OPENER_LIST);
    fd = -1;
    assert_int_equal(opener_replace(other, file), -1);
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(file_beside_replaces_the_file, new_folder, remove_folder),
        cmocka_unit_test_setup_teardown(discarded_file_beside_is_gone, new_folder, remove_folder),
        cmocka_unit_test_setup_teardown(second_file_beside_discards_the_first, new_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(only_the_same_file_is_removed, new_folder, remove_folder),
        cmocka_unit_test_setup_teardown(folder_is_made_unless_it_is_there, new_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(question_goes_to_the_one_who_may, new_folder,
                                        remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
