/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/outfile.h"
#include "sentences.h"

/* ---- a file with as much room as the test says, in place of io/fd ---- */

enum { WHOLE = 1 << 30 };

static struct file {
    struct buf taken;
    size_t room;
    bool is_disk; /* without room it fails; otherwise it is slow */
    enum err_kind breaks;
    unsigned watched, writes;
    stream_ready *ready;
    void *owner;
} file;

int fd_init(struct fd *descriptor, uv_loop_t *loop, int given, enum fd_way way, const char *name,
            struct err *err)
{
    (void)loop;
    (void)way;
    (void)err;
    *descriptor = (struct fd){.given = given, .name = name};
    return 0;
}

ssize_t fd_writev(struct fd *descriptor, const struct iovec *iov, int count, struct err *err)
{
    size_t n = iov->iov_len < file.room ? iov->iov_len : file.room;

    assert_int_equal(count, 1);
    file.writes++;
    if (file.breaks || (!n && file.is_disk)) {
        err_set(err, file.breaks ? file.breaks : ERR_FULL, "%s: writing failed", descriptor->name);
        return STREAM_FAIL;
    }
    if (!n)
        return STREAM_AGAIN;
    file.room -= n;
    assert_int_equal(buf_append(&file.taken, iov->iov_base, n), 0);
    return (ssize_t)n;
}

void fd_watch(struct fd *descriptor, unsigned bits, stream_ready *ready, void *owner)
{
    (void)descriptor;
    file.watched = bits;
    file.ready = ready;
    file.owner = owner;
}

void fd_unref(struct fd *descriptor)
{
    (void)descriptor;
}

int fd_wait(const struct fd *descriptor, int ms)
{
    (void)descriptor;
    (void)ms;
    return 0;
}

void fd_close(struct fd *descriptor, void (*closed)(struct fd *))
{
    closed(descriptor);
}

/* ---- an outfile on it, and the log ---- */

static struct outfile outfile;
static char logged[8192];

static void on_log(const char *line)
{
    snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", line);
}

static void open_with(struct outfile_options options)
{
    struct err err = {0};

    options.path = "/dev/null";
    options.name = options.name ? options.name : "file";
    file = (struct file){.room = WHOLE};
    buf_init(&file.taken, 1 << 26);
    *logged = '\0';
    sentences_to(on_log, EVENT_ALWAYS);
    if (outfile_open(&outfile, NULL, &options, &err) < 0)
        fail_msg("%s", err.sentence);
}

static void open_text(void)
{
    open_with((struct outfile_options){.is_text = true});
}

static void close_outfile(void)
{
    outfile_close(&outfile, 0);
    buf_fini(&file.taken);
    sentences_to(NULL, EVENT_ALWAYS);
}

static void say(const char *text)
{
    outfile_append(&outfile, text, strlen(text));
}

static void assert_taken(const char *expected)
{
    assert_int_equal(buf_length(&file.taken), strlen(expected));
    assert_memory_equal(buf_bytes(&file.taken), expected, strlen(expected));
    buf_consume(&file.taken, strlen(expected));
}

static void assert_logged(const char *expected)
{
    assert_string_equal(logged, expected);
    *logged = '\0';
}

static void disk_has(size_t room)
{
    file.is_disk = true;
    file.room = room;
}

/* Gives the file room, and calls the outfile as the loop would. */
static void take(size_t room)
{
    file.room = room;
    while (file.room && file.watched)
        file.ready(file.owner, STREAM_OUT);
}

#define TOLD "cannot write file: writing failed; what is said is not written down\n"
#define SLOW "file is not read fast enough; what finds no room there is lost and counted\n"

/* ---- a full disk ---- */

static void full_disk_counts_lost_lines(void **state)
{
    (void)state;
    open_text();
    disk_has(11);
    say("a: lines 1\n");
    for (int i = 0; i < 3; i++)
        say("a: lost\n");
    assert_taken("a: lines 1\n");
    assert_logged(TOLD);
    disk_has(WHOLE);
    say("a: again\n");
    assert_taken("a: again\n");
    assert_logged("file is written again; 3 lines are missing\n");
    close_outfile();
    assert_logged("");
    assert_int_equal(err_status(&outfile.failure), 5);
}

static void close_tells_missing_lines(void **state)
{
    (void)state;
    open_text();
    disk_has(0);
    say("lost\n");
    close_outfile();
    assert_logged(TOLD "1 line is missing in file\n");
}

static void torn_line_is_ended_before_the_next(void **state)
{
    (void)state;
    open_text();
    disk_has(5);
    say("a: one\n");
    say("a: two\n");
    assert_taken("a: on");
    disk_has(1); /* just enough to end it */
    say("a: three\n");
    assert_taken("\n");
    disk_has(WHOLE);
    say("a: four\n");
    assert_taken("a: four\n");
    assert_logged(TOLD "file is written again; 3 lines are missing\n");
    close_outfile();
}

static void torn_line_that_lacks_only_its_end_is_not_missing(void **state)
{
    (void)state;
    open_text();
    disk_has(6);
    say("a: one\n");
    disk_has(WHOLE);
    say("a: two\n");
    assert_taken("a: one\na: two\n");
    assert_logged(TOLD "file is written again; nothing is missing\n");
    close_outfile();
}

static size_t count_taken(const char *line)
{
    const unsigned char *at = buf_bytes(&file.taken), *end = at + buf_length(&file.taken);
    size_t count = 0;

    while (at < end) {
        const unsigned char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((lf ? lf : end) - at);

        count += lf && n == strlen(line) && !memcmp(at, line, n);
        at += n + 1;
    }
    return count;
}

static size_t count_missing(void)
{
    size_t sum = 0;

    for (const char *at = logged; (at = strstr(at, "again; ")); at++)
        sum += strtoul(at + strlen("again; "), NULL, 10);
    return sum;
}

/* The disk fills up anywhere, and has room again at any time. */
static void random_room_loses_no_count(void **state)
{
    enum { ROUNDS = 30 };

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct dice dice = {seed};

        open_text();
        for (int i = 0; i < ROUNDS; i++) {
            disk_has(dice_roll(&dice, 30));
            say("a: something\n");
        }
        disk_has(WHOLE);
        say("last\n");
        assert_int_equal(count_taken("last"), 1);
        assert_int_equal(count_taken("a: something") + count_missing(), ROUNDS);
        close_outfile();
    }
}

/* ---- a slow file ---- */

static void slow_file_is_told_once_and_counted_at_the_end(void **state)
{
    enum { LINE = 1024, FIT = OUTFILE_QUEUE / LINE };
    char line[LINE + 1];

    (void)state;
    memset(line, 'x', LINE - 1);
    strcpy(line + LINE - 1, "\n");
    open_text();
    file.room = 10;
    for (int i = 0; i < FIT + 5; i++)
        say(line);
    assert_logged(SLOW);
    assert_int_equal(file.watched, STREAM_OUT);
    take(WHOLE);
    assert_int_equal(file.watched, 0);
    file.room = 0;
    for (int i = 0; i < FIT + 7; i++)
        say(line);
    assert_logged("");
    take(WHOLE);
    assert_int_equal(buf_length(&file.taken) % LINE, 0);
    close_outfile();
    assert_int_equal(buf_length(&file.taken), 0);
    assert_logged("12 lines are missing in file\n");
    assert_int_equal(err_status(&outfile.failure), 5);
}

static void slow_file_is_not_tried_with_each_piece(void **state)
{
    unsigned before;

    (void)state;
    open_text();
    file.room = 0;
    say("first\n");
    before = file.writes;
    for (int i = 0; i < 1000; i++)
        say("next\n");
    assert_int_equal(file.writes, before);
    take(WHOLE);
    assert_int_equal(buf_length(&file.taken), strlen("first\n") + 1000 * strlen("next\n"));
    close_outfile();
    assert_logged("");
}

static void outfile_without_text_counts_bytes(void **state)
{
    static char much[OUTFILE_PIECE];

    (void)state;
    open_with((struct outfile_options){.name = NULL});
    file.room = 0;
    outfile_append(&outfile, much, 1000);
    outfile_append(&outfile, much, sizeof much);
    assert_logged(SLOW);
    take(WHOLE);
    close_outfile();
    assert_logged("1048576 bytes are missing in file\n");
}

static void close_counts_unwritten_lines(void **state)
{
    (void)state;
    open_text();
    file.room = 4;
    say("one\ntwo\n");
    say("three\n");
    close_outfile();
    assert_logged(SLOW "2 lines are missing in file\n");
}

/* ---- a broken file ---- */

static struct err broken;

static void on_broke(void *owner, const struct err *err)
{
    assert_ptr_equal(owner, &outfile);
    broken = *err;
}

static void broke_gets_failures_other_than_full(void **state)
{
    (void)state;
    open_with((struct outfile_options){.is_text = true, .broke = on_broke, .owner = &outfile});
    disk_has(0);
    say("a\n");
    assert_int_equal(broken.kind, ERR_NONE);
    assert_logged(TOLD);
    file.breaks = ERR_PIPE;
    say("b\n");
    assert_int_equal(broken.kind, ERR_PIPE);
    assert_logged("");
    outfile.missing = 0;
    close_outfile();
}

static void assert_given_up_on_failure(bool is_text)
{
    open_with((struct outfile_options){.is_text = is_text, .waits = true});
    disk_has(0);
    say("a\n");
    disk_has(WHOLE);
    say("b\n");
    assert_null(outfile_reserve(&outfile, 1));
    assert_int_equal(buf_length(&file.taken), 0);
    close_outfile();
    assert_logged("cannot write file: writing failed\n");
    assert_int_equal(err_status(&outfile.failure), 5);
}

static void awaited_file_is_given_up_on_failure(void **state)
{
    (void)state;
    assert_given_up_on_failure(true);
    assert_given_up_on_failure(false);
}

static void awaited_file_gets_bytes_without_a_copy_while_it_takes_them(void **state)
{
    (void)state;
    open_with((struct outfile_options){.waits = true});
    say("whole");
    assert_taken("whole");
    assert_int_equal(outfile.queue.capacity, 0);
    file.room = 3;
    say("in parts");
    assert_taken("in ");
    assert_false(outfile_is_free(&outfile));
    file.room = WHOLE;
    assert_true(outfile_is_free(&outfile));
    assert_taken("parts");
    close_outfile();
    assert_logged("");
}

/* ---- opening ---- */

static void open_failure_names_the_path(void **state)
{
    char fifo[] = "/tmp/tcpchat-sink-XXXXXX", expected[128];
    struct outfile_options options = {.path = "/nowhere/file"};
    struct err err;

    (void)state;
    assert_int_equal(outfile_open(&outfile, NULL, &options, &err), -1);
    assert_string_equal(err.sentence, "cannot write /nowhere/file: No such file or directory");
    assert_non_null(mkdtemp(fifo));
    rmdir(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    options.path = fifo;
    assert_int_equal(outfile_open(&outfile, NULL, &options, &err), -1);
    snprintf(expected, sizeof expected, "cannot write %s: nobody reads this FIFO", fifo);
    assert_string_equal(err.sentence, expected);
    assert_int_equal(err.kind, ERR_LOCAL);
    unlink(fifo);
    outfile_close(&outfile, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_disk_counts_lost_lines),
        cmocka_unit_test(close_tells_missing_lines),
        cmocka_unit_test(torn_line_is_ended_before_the_next),
        cmocka_unit_test(torn_line_that_lacks_only_its_end_is_not_missing),
        cmocka_unit_test(random_room_loses_no_count),
        cmocka_unit_test(slow_file_is_told_once_and_counted_at_the_end),
        cmocka_unit_test(slow_file_is_not_tried_with_each_piece),
        cmocka_unit_test(outfile_without_text_counts_bytes),
        cmocka_unit_test(close_counts_unwritten_lines),
        cmocka_unit_test(broke_gets_failures_other_than_full),
        cmocka_unit_test(awaited_file_is_given_up_on_failure),
        cmocka_unit_test(awaited_file_gets_bytes_without_a_copy_while_it_takes_them),
        cmocka_unit_test(open_failure_names_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
