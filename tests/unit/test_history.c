/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "home.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <readline/history.h>

#include "base/buf.h"
#include "ui/history.h"

enum { MUCH = 32 << 20 };

static int new_place(void **state)
{
    (void)state;
    home_make("XDG_STATE_HOME", "history");
    clear_history();
    return 0;
}

static struct history opened(void)
{
    struct history history;
    struct err err = {0};

    if (history_open(&history, (struct opener){0}, &err) < 0)
        fail_msg("%s", err.sentence);
    return history;
}

static void closed(struct history *history)
{
    history_close(history);
    assert_null(history->path);
}

static void append(struct history *history, const char *line)
{
    struct err err = {0};

    if (history_add(history, line, &err) < 0)
        fail_msg("%s", err.sentence);
}

static void append_numbered(struct history *history, const char *who, int from, int to)
{
    char line[64];

    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, "%s %d", who, i);
        append(history, line);
    }
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* With a NUL behind it, for strings. */
static struct buf read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct buf buf = {.cap = MUCH};
    char block[4096];
    size_t n;

    assert_non_null(file);
    while ((n = fread(block, 1, sizeof block, file)))
        assert_int_equal(buf_append(&buf, block, n), 0);
    fclose(file);
    assert_non_null(buf_reserve(&buf, 1));
    buf.bytes[buf.end] = '\0';
    return buf;
}

static void assert_file(const char *expected)
{
    struct buf buf = read_file(file_path);

    assert_string_equal((const char *)buf_bytes(&buf), expected);
    buf_fini(&buf);
}

/* The list after a fresh load, each line with an LF. */
static struct buf loaded(struct history *history)
{
    struct buf buf = {.cap = MUCH};
    struct err err = {0};

    clear_history();
    if (history_load(history, &err) < 0)
        fail_msg("%s", err.sentence);
    for (int i = 0; i < history_length; i++) {
        const char *line = history_get(history_base + i)->line;

        assert_int_equal(buf_append(&buf, line, strlen(line)), 0);
        assert_int_equal(buf_append(&buf, "\n", 1), 0);
    }
    return buf;
}

static void assert_loaded(struct history *history, const char *expected)
{
    struct buf buf = loaded(history);

    assert_int_equal(buf_length(&buf), strlen(expected));
    assert_memory_equal(buf_bytes(&buf), expected, strlen(expected));
    buf_fini(&buf);
}

static size_t count_lines(const struct buf *buf)
{
    size_t lines = 0;

    for (size_t i = 0; i < buf_length(buf); i++)
        lines += buf_bytes(buf)[i] == '\n';
    return lines;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- where it is ---- */

static void assert_private(const char *path, mode_t mode)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static void new_folders_and_file_are_private(void **state)
{
    char path[256];
    struct history history;

    (void)state;
    unsetenv("XDG_STATE_HOME");
    umask(0);
    history = opened();
    append(&history, "one");
    snprintf(path, sizeof path, "%s/.local/state/tcpchat/history", root);
    assert_string_equal(history.path, path);
    assert_private(path, 0600);
    for (int i = 0; i < 3; i++) {
        *strrchr(path, '/') = '\0';
        assert_private(path, 0700);
    }
    closed(&history);
}

static void relative_path_is_ignored(void **state)
{
    struct history history;

    (void)state;
    setenv("XDG_STATE_HOME", "somewhere", 1);
    history = opened();
    assert_non_null(strstr(history.path, "/.local/state/"));
    closed(&history);
    setenv("XDG_STATE_HOME", "", 1);
    history = opened();
    assert_non_null(strstr(history.path, "/.local/state/"));
    closed(&history);
}

static void missing_state_folder_is_made(void **state)
{
    char deep[128];
    struct history history;

    (void)state;
    snprintf(deep, sizeof deep, "%s/a//b/c/", root);
    setenv("XDG_STATE_HOME", deep, 1);
    unsetenv("HOME");
    history = opened();
    append(&history, "one");
    assert_loaded(&history, "one\n");
    closed(&history);
}

static void assert_not_opened(const char *says)
{
    struct history history;
    struct err err = {0};

    assert_int_equal(history_open(&history, (struct opener){0}, &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    if (!strstr(err.sentence, says))
        fail_msg("'%s' does not say '%s'", err.sentence, says);
    assert_int_equal(history_add(&history, "one", &err), 0);
    assert_loaded(&history, "");
    closed(&history);
}

static void missing_home_is_told(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", "relative", 1);
    unsetenv("HOME");
    assert_not_opened("HOME");
    setenv("HOME", "", 1);
    assert_not_opened("HOME");
    setenv("HOME", "relative", 1);
    assert_not_opened("HOME");
}

/* Not even root can make a folder there. A missing home is not made. */
static void failed_folder_is_told(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", "/proc", 1);
    assert_not_opened("/proc/tcpchat");
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    assert_not_opened("/dev/null");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/tmp/tcpchat-no-such-home", 1);
    assert_not_opened("/tmp/tcpchat-no-such-home/.local");
    assert_int_equal(access("/tmp/tcpchat-no-such-home", F_OK), -1);
}

static void zeroed_history_has_no_file(void **state)
{
    struct history history = {0};

    (void)state;
    append(&history, "one");
    assert_loaded(&history, "");
    closed(&history);
}

/* ---- lines ---- */

static void lines_are_loaded_in_their_order(void **state)
{
    struct history history = opened();

    (void)state;
    assert_loaded(&history, "");
    append(&history, "你好");
    append(&history, "/status");
    assert_loaded(&history, "你好\n/status\n");
    closed(&history);
    history = opened();
    append(&history, "你好");
    assert_loaded(&history, "你好\n/status\n你好\n");
    closed(&history);
    assert_file("你好\n/status\n你好\n");
}

static void text_that_is_not_a_line_is_not_kept(void **state)
{
    static const char *const lines[] = {"", " secret", "\tsecret", "two\nlines", "\xFF", "cr\r"};
    struct history history = opened();

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        append(&history, lines[i]);
    assert_int_equal(access(file_path, F_OK), -1);
    closed(&history);
}

static void long_line_is_not_kept(void **state)
{
    struct history history = opened();
    char line[HISTORY_LINE + 2];
    struct buf buf;

    (void)state;
    memset(line, 'x', HISTORY_LINE + 1);
    line[HISTORY_LINE + 1] = '\0';
    append(&history, line);
    assert_int_equal(access(file_path, F_OK), -1);
    append(&history, line + 1);
    buf = loaded(&history);
    assert_int_equal(buf_length(&buf), HISTORY_LINE + 1);
    buf_fini(&buf);
    closed(&history);
}

static void strange_file_gives_its_good_lines(void **state)
{
    static const char strange[] = "one\r\n\n zwei\n\xFFx\nnul\0x\ntw\ro\nthree";
    struct history history = opened();

    (void)state;
    write_file(file_path, strange, sizeof strange - 1);
    assert_loaded(&history, "one\nthree\n");
    append(&history, "four");
    assert_loaded(&history, "one\nthree\nfour\n");
    closed(&history);
}

static void empty_file_takes_a_line(void **state)
{
    struct history history = opened();

    (void)state;
    write_file(file_path, "", 0);
    assert_loaded(&history, "");
    append(&history, "one");
    assert_file("one\n");
    closed(&history);
}

static void readable_file_becomes_private(void **state)
{
    struct history history = opened();

    (void)state;
    write_file(file_path, "one\n", 4);
    assert_private(file_path, 0644);
    append(&history, "two");
    assert_private(file_path, 0600);
    closed(&history);
}

/* ---- length ---- */

static void fill(const char *line, size_t lines)
{
    FILE *file = fopen(file_path, "wb");

    for (size_t i = 0; i < lines; i++)
        fprintf(file, "%s %zu\n", line, i);
    assert_int_equal(fclose(file), 0);
}

static void assert_newest(const char *bytes, const char *last)
{
    size_t n = strlen(bytes), length = strlen(last);

    assert_true(n >= length);
    assert_string_equal(bytes + n - length, last);
}

static void load_takes_the_newest_thousand(void **state)
{
    struct history history = opened();
    struct buf buf;

    (void)state;
    fill("line", 1500);
    buf = loaded(&history);
    assert_int_equal(count_lines(&buf), HISTORY_LINES);
    assert_memory_equal(buf_bytes(&buf), "line 500\n", 9);
    buf_fini(&buf);
    closed(&history);
}

static void append_shortens_a_file_of_twice_the_bytes(void **state)
{
    struct history history = opened();
    char line[1000];
    struct buf buf;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    fill(line, 2 * HISTORY_BYTES / sizeof line + 1);
    append(&history, "last");
    buf = read_file(file_path);
    assert_true(buf_length(&buf) <= HISTORY_BYTES);
    assert_true(buf_length(&buf) > HISTORY_BYTES - 2 * sizeof line);
    assert_int_equal(*buf_bytes(&buf), 'x');
    assert_newest((const char *)buf_bytes(&buf), "\nlast\n");
    buf_fini(&buf);
    closed(&history);
}

static void close_leaves_a_thousand_lines(void **state)
{
    struct history history = opened();
    struct buf buf;

    (void)state;
    fill("line", 1500);
    append(&history, "last");
    closed(&history);
    buf = read_file(file_path);
    assert_int_equal(count_lines(&buf), HISTORY_LINES);
    assert_newest((const char *)buf_bytes(&buf), "\nline 1499\nlast\n");
    buf_fini(&buf);
}

static void close_leaves_a_short_file_alone(void **state)
{
    struct history history = opened();
    struct stat before, after;

    (void)state;
    append(&history, "one");
    assert_int_equal(stat(file_path, &before), 0);
    closed(&history);
    assert_int_equal(stat(file_path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    history = opened();
    assert_int_equal(unlink(file_path), 0);
    closed(&history); /* none is made */
    assert_int_equal(access(file_path, F_OK), -1);
}

static void enormous_line_is_dropped(void **state)
{
    struct history history = opened();
    char *enormous = malloc(MUCH);

    (void)state;
    memset(enormous, 'x', MUCH);
    write_file(file_path, enormous, MUCH);
    assert_loaded(&history, "");
    append(&history, "one");
    assert_file("one\n");
    memcpy(enormous + MUCH - 5, "\ntwo\n", 5);
    write_file(file_path, enormous, MUCH);
    assert_loaded(&history, "two\n");
    append(&history, "three");
    assert_file("two\nthree\n");
    free(enormous);
    closed(&history);
}

/* ---- files of other kinds ---- */

static void assert_refused(const char *says)
{
    struct history history = opened();
    struct err err = {0};
    double start = now();

    clear_history();
    assert_int_equal(history_add(&history, "one", &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    if (!strstr(err.sentence, says) || !strstr(err.sentence, history.path))
        fail_msg("'%s' does not say '%s'", err.sentence, says);
    history_close(&history);
    assert_true(now() - start < 10);
}

static void assert_not_loaded(const char *says)
{
    struct history history = opened();
    struct err err = {0};

    assert_int_equal(history_load(&history, &err), -1);
    if (!strstr(err.sentence, says))
        fail_msg("'%s' does not say '%s'", err.sentence, says);
    assert_null(history.path);
    append(&history, "one");
    closed(&history);
}

static void file_of_another_type_is_refused(void **state)
{
    struct history history = opened();

    (void)state;
    closed(&history);
    assert_int_equal(mkfifo(file_path, 0600), 0);
    assert_not_loaded("no regular file");
    assert_refused("no regular file");
    assert_int_equal(unlink(file_path), 0);
    assert_int_equal(mkdir(file_path, 0700), 0);
    assert_not_loaded("no regular file");
    assert_refused("Is a directory");
    assert_int_equal(rmdir(file_path), 0);
    assert_int_equal(symlink("/dev/null", file_path), 0);
    assert_not_loaded("no regular file");
    assert_refused("no regular file");
}

static void symbolic_link_stays(void **state)
{
    struct history history = opened();
    char target[128];
    struct stat status;

    (void)state;
    snprintf(target, sizeof target, "%s/elsewhere", root);
    assert_int_equal(symlink(target, file_path), 0);
    assert_loaded(&history, "");
    append_numbered(&history, "line", 0, HISTORY_LINES + 1);
    closed(&history);
    assert_int_equal(lstat(file_path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(lstat(target, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_true(status.st_size < HISTORY_LINES * 12);
}

static void dangling_link_is_told(void **state)
{
    struct history history = opened();

    (void)state;
    assert_int_equal(symlink("/no/such/place", file_path), 0);
    assert_loaded(&history, "");
    assert_refused("No such file");
    closed(&history);
}

static void as_child(void (*test)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Root may write everywhere. */
static void become_nobody(void)
{
    if (geteuid() == 0)
        assert_int_equal(setuid(65534), 0);
}

static void read_but_not_write(void)
{
    struct history history;
    struct err err = {0};

    become_nobody();
    history = opened();
    assert_loaded(&history, "one\n");
    assert_int_equal(history_add(&history, "two", &err), -1);
    assert_non_null(strstr(err.sentence, "Permission denied"));
    history_close(&history);
}

static void read_only_file_is_loaded(void **state)
{
    struct history history = opened();
    char folder[128];

    (void)state;
    snprintf(folder, sizeof folder, "%s/tcpchat", root);
    write_file(file_path, "one\n", 4);
    assert_int_equal(chmod(file_path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(chmod(root, 0755), 0);
    as_child(read_but_not_write);
    assert_int_equal(chmod(folder, 0700), 0);
    history_close(&history);
}

static void fail_to_create(void)
{
    become_nobody();
    assert_refused("Permission denied");
}

static void read_only_folder_is_told(void **state)
{
    struct history history = opened();
    char folder[128];

    (void)state;
    snprintf(folder, sizeof folder, "%s/tcpchat", root);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(chmod(root, 0755), 0);
    as_child(fail_to_create);
    assert_int_equal(chmod(folder, 0700), 0);
    closed(&history);
}

static void append_beyond_a_limit(void)
{
    struct history history = opened();
    struct err err = {0};

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){7, 7}), 0);
    assert_int_equal(history_add(&history, "three", &err), -1);
    assert_non_null(strstr(err.sentence, "cannot write"));
    append(&history, "tw");
    closed(&history);
}

/* A size limit stands for a full disk. A shorter line still fits. */
static void full_disk_keeps_no_half_of_a_line(void **state)
{
    struct history history = opened();

    (void)state;
    append(&history, "one");
    as_child(append_beyond_a_limit);
    assert_file("one\ntw\n");
    closed(&history);
}

/* ---- many processes ---- */

static int locked_file(void)
{
    int fd = open(file_path, O_RDONLY);

    assert_int_equal(flock(fd, LOCK_EX), 0);
    return fd;
}

static void locked_file_gets_the_line_with_the_next_one(void **state)
{
    struct history history = opened();
    double start = now();
    int fd;

    (void)state;
    append(&history, "one");
    fd = locked_file();
    append(&history, "two");
    assert_loaded(&history, "one\n");
    close(fd);
    append(&history, "three");
    assert_file("one\ntwo\nthree\n");
    closed(&history);
    assert_true(now() - start < 5);
}

static void locked_file_gets_the_line_at_the_end(void **state)
{
    struct history history = opened();
    int fd;

    (void)state;
    append(&history, "one");
    fd = locked_file();
    append(&history, "two");
    closed(&history);
    assert_file("one\ntwo\n");
    close(fd);
}

static pid_t begin_appending(char who, int lines)
{
    pid_t child = fork();

    if (child == 0) {
        struct history history = opened();
        char line[64];

        for (int i = 0; i < lines; i++) {
            snprintf(line, sizeof line, "%c %d", who, i);
            append(&history, line);
        }
        closed(&history);
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

/* Meanwhile this process shortens the file again and again. */
static void append_from_two(int lines)
{
    pid_t processes[] = {begin_appending('a', lines), begin_appending('b', lines)};
    int status;

    for (int i = 0; i < 2; i++) {
        while (waitpid(processes[i], &status, WNOHANG) == 0) {
            struct history history = opened();

            closed(&history);
            poll(NULL, 0, 2); /* most of the time the lock is free */
        }
        assert_int_equal(status, 0);
    }
}

/* The lines of each process are whole, without a gap, and end with its last one. */
static void assert_no_gap(const struct buf *buf, int lines)
{
    int next[2] = {-1, -1}, number;
    char who;
    const char *line = (const char *)buf_bytes(buf);

    for (; *line; line = strchr(line, '\n') + 1) {
        assert_int_equal(sscanf(line, "%c %d\n", &who, &number), 2);
        assert_true(who == 'a' || who == 'b');
        if (next[who - 'a'] >= 0)
            assert_int_equal(number, next[who - 'a']);
        next[who - 'a'] = number + 1;
        assert_non_null(strchr(line, '\n'));
    }
    assert_true(next[0] == lines || next[1] == lines);
    assert_true(next[0] == -1 || next[0] == lines);
    assert_true(next[1] == -1 || next[1] == lines);
}

static void two_processes_lose_no_line(void **state)
{
    struct buf buf;

    (void)state;
    append_from_two(500);
    buf = read_file(file_path);
    assert_int_equal(count_lines(&buf), 1000);
    assert_no_gap(&buf, 500);
    buf_fini(&buf);
}

static void shortening_loses_no_new_line(void **state)
{
    struct history history;
    struct buf buf;

    (void)state;
    append_from_two(4000);
    buf = read_file(file_path);
    assert_true(count_lines(&buf) >= HISTORY_LINES);
    assert_no_gap(&buf, 4000);
    buf_fini(&buf);
    history = opened();
    closed(&history);
    buf = read_file(file_path);
    assert_int_equal(count_lines(&buf), HISTORY_LINES);
    buf_fini(&buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_place, home_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_folders_and_file_are_private),
        TEST(relative_path_is_ignored),
        TEST(missing_state_folder_is_made),
        TEST(missing_home_is_told),
        TEST(failed_folder_is_told),
        TEST(zeroed_history_has_no_file),
        TEST(lines_are_loaded_in_their_order),
        TEST(text_that_is_not_a_line_is_not_kept),
        TEST(long_line_is_not_kept),
        TEST(strange_file_gives_its_good_lines),
        TEST(empty_file_takes_a_line),
        TEST(readable_file_becomes_private),
        TEST(load_takes_the_newest_thousand),
        TEST(append_shortens_a_file_of_twice_the_bytes),
        TEST(close_leaves_a_thousand_lines),
        TEST(close_leaves_a_short_file_alone),
        TEST(enormous_line_is_dropped),
        TEST(file_of_another_type_is_refused),
        TEST(symbolic_link_stays),
        TEST(dangling_link_is_told),
        TEST(read_only_file_is_loaded),
        TEST(read_only_folder_is_told),
        TEST(full_disk_keeps_no_half_of_a_line),
        TEST(locked_file_gets_the_line_with_the_next_one),
        TEST(locked_file_gets_the_line_at_the_end),
        TEST(two_processes_lose_no_line),
        TEST(shortening_loses_no_new_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
