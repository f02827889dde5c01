/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/transcript.h"
#include "sentences.h"

/* ---- a file, and the log ---- */

static char path[] = "transcript-XXXXXX";
static char logged[4096];

static void on_log(const char *line)
{
    strncat(strncat(logged, line, sizeof logged - strlen(logged) - 2), "\n", 2);
}

static int make_file(void **state)
{
    int fd;

    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    logged[0] = '\0';
    sentences_to(on_log, EVENT_ALWAYS);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    sentences_to(NULL, EVENT_ALWAYS);
    return unlink(path);
}

static uv_loop_t loop;

static void open_transcript(struct transcript *transcript, const char *name)
{
    struct outfile_options options = {.path = name, .appends = true, .is_text = true};
    struct err err = {0};

    assert_int_equal(loop_open(&loop, NULL), 0);
    if (outfile_open(&transcript->outfile, &loop, &options, &err) < 0)
        fail_msg("%s", err.sentence);
}

static void close_transcript(struct transcript *transcript)
{
    outfile_close(&transcript->outfile, 0);
    assert_int_equal(loop_close(&loop), 0);
}

static void say(struct transcript *transcript, const char *name, const char *text)
{
    transcript_line(transcript, name, text, strlen(text));
}

static size_t read_file(char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, size - 1, file);
    text[n] = '\0';
    fclose(file);
    return n;
}

/* "2026-11-24 18:36:40 " */
static bool begins_with_time(const char *line)
{
    static const char pattern[] = "dddd-dd-dd dd:dd:dd ";

    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != pattern[i])
            return false;
    return true;
}

enum { TIME = sizeof "2026-11-24 18:36:40 " - 1 };

/* The lines without their times. */
static void assert_lines(const char *expected)
{
    char text[65536], lines[65536] = "";

    read_file(text, sizeof text);
    for (char *line = text, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        if (!begins_with_time(line))
            fail_msg("no time: %s", line);
        strncat(lines, line + TIME, (size_t)(end + 1 - line - TIME));
    }
    assert_string_equal(lines, expected);
}

/* ---- lines ---- */

static void line_has_time_name_and_text(void **state)
{
    struct transcript transcript;

    (void)state;
    open_transcript(&transcript, path);
    say(&transcript, "peer1", "你好");
    transcript_notice(&transcript, "peer1 127.0.0.1:50312 joined");
    say(&transcript, "王", "");
    transcript_line(&transcript, "peer2", "only some", 4);
    transcript_under(&transcript, "[peer2]", "psst\n", 5);
    close_transcript(&transcript);
    assert_lines(
        "peer1: 你好\n-!- peer1 127.0.0.1:50312 joined\n王: \npeer2: only\n[peer2] psst^J\n");
    assert_int_equal(transcript.outfile.failure.kind, ERR_NONE);
    assert_string_equal(logged, "");
}

static void line_has_local_time(void **state)
{
    struct transcript transcript;
    char text[128], before[32], after[32];
    time_t now = time(NULL);

    (void)state;
    setenv("TZ", "UTC-8", 1); /* east of Greenwich */
    tzset();
    strftime(before, sizeof before, "%Y-%m-%d %H:%M:%S", localtime(&now));
    open_transcript(&transcript, path);
    transcript_notice(&transcript, "x");
    close_transcript(&transcript);
    now = time(NULL);
    strftime(after, sizeof after, "%Y-%m-%d %H:%M:%S", localtime(&now));
    read_file(text, sizeof text);
    text[TIME - 1] = '\0';
    assert_true(strcmp(before, text) <= 0 && strcmp(text, after) <= 0);
    unsetenv("TZ");
    tzset();
}

static void transcript_appends_to_the_file(void **state)
{
    struct transcript transcript;

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_transcript(&transcript, path);
        say(&transcript, "a", i ? "second" : "first");
        close_transcript(&transcript);
    }
    assert_lines("a: first\na: second\n");
}

/* The file does nothing to a terminal that shows it, and text cannot fake a line. */
static void peer_text_is_made_safe(void **state)
{
    static const char text[] = "a\x1B[2J\nb\r\t\u202Ec\xC2\x9B";
    struct transcript transcript;

    (void)state;
    open_transcript(&transcript, path);
    say(&transcript, "peer\n1", text);
    transcript_notice(&transcript, "x\n2026-11-24 18:36:40 peer1: fake");
    transcript_line(&transcript, "a", "b\0c", 3);
    close_transcript(&transcript);
    assert_lines("peer^J1: a^[[2J^Jb^M     <U+202E>c<U+009B>\n"
                 "-!- x^J2026-11-24 18:36:40 peer1: fake\n"
                 "a: b^@c\n");
}

/* Notices hold addresses of unix sockets, which may be any bytes. */
static void notice_takes_any_bytes(void **state)
{
    struct transcript transcript;

    (void)state;
    open_transcript(&transcript, path);
    transcript_notice(&transcript, "unix:caf\xE9 joined");
    close_transcript(&transcript);
    assert_lines("-!- unix:caf\\xE9 joined\n");
}

static void longest_line_has_room(void **state)
{
    enum { MANY = 64 * 1024 };
    struct transcript transcript;
    char *text = malloc(MANY + 1);
    struct stat status;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        text[i] = i % 2 ? 1 : 2; /* a run of one control character is shown once */
    text[MANY] = '\0';
    open_transcript(&transcript, path);
    say(&transcript, "a", text);
    close_transcript(&transcript);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, TIME + strlen("a: \n") + (size_t)2 * MANY);
    assert_int_equal(transcript.outfile.failure.kind, ERR_NONE);
    free(text);
}

/* ---- two processes ---- */

enum { LINES = 2000 };

static void append_lines(const char *name, size_t length)
{
    struct transcript transcript;
    char text[1024];

    memset(text, *name, sizeof text);
    open_transcript(&transcript, path);
    for (int i = 0; i < LINES; i++)
        transcript_line(&transcript, name, text, length + (size_t)i % 100);
    _exit(0);
}

static void lines_of_two_processes_stay_whole(void **state)
{
    static const char *const names[] = {"x", "y"};
    char line[2048];
    FILE *file;
    int counts[2] = {0}, status;

    (void)state;
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            append_lines(names[i], i ? 900 : 1);
    for (int i = 0; i < 2; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    file = fopen(path, "r");
    while (fgets(line, sizeof line, file)) {
        char name = line[TIME];
        const char *text = line + TIME + 3;

        assert_true(begins_with_time(line));
        assert_true(name == 'x' || name == 'y');
        assert_memory_equal(line + TIME + 1, ": ", 2);
        assert_int_equal(strspn(text, name == 'x' ? "x" : "y"), strlen(text) - 1);
        counts[name == 'y']++;
    }
    fclose(file);
    assert_int_equal(counts[0], LINES);
    assert_int_equal(counts[1], LINES);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILE(line_has_time_name_and_text),
        WITH_FILE(line_has_local_time),
        WITH_FILE(transcript_appends_to_the_file),
        WITH_FILE(peer_text_is_made_safe),
        WITH_FILE(notice_takes_any_bytes),
        WITH_FILE(longest_line_has_room),
        WITH_FILE(lines_of_two_processes_stay_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
