/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "home.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/saved_messages.h"

static int new_place(void **state)
{
    (void)state;
    home_make("XDG_CONFIG_HOME", "messages");
    return 0;
}

static void make_folder(void)
{
    char folder[128];

    snprintf(folder, sizeof folder, "%s/tcpchat", root);
    mkdir(folder, 0700);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file;

    make_folder();
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *text)
{
    write_file(file_path, text, strlen(text));
}

static void assert_file(const char *expected)
{
    FILE *file = fopen(file_path, "rb");
    char text[4096];
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

/* ---- loading ---- */

static struct saved_messages loaded(void)
{
    struct saved_messages saved;
    struct err err = {0};

    if (saved_messages_load(&saved, (struct opener){0}, &err) < 0)
        fail_msg("%s", err.sentence);
    return saved;
}

static void check_message(const struct saved_messages *saved, const char *name, const char *text,
                          size_t line, size_t column)
{
    const struct saved_message *message = saved_messages_find(saved, name, strlen(name));

    assert_non_null(message);
    assert_int_equal(message->text_n, strlen(text));
    assert_memory_equal(message->text, text, message->text_n);
    assert_int_equal(message->line, line);
    assert_int_equal(message->column, column);
}

static void missing_file_has_no_messages(void **state)
{
    struct saved_messages saved = loaded();

    (void)state;
    assert_int_equal(saved.count, 0);
    assert_null(saved_messages_find(&saved, "a", 1));
    saved_messages_fini(&saved);
    write_text("");
    saved = loaded();
    assert_int_equal(saved.count, 0);
    saved_messages_fini(&saved);
}

static void names_lead_to_their_literals(void **state)
{
    struct saved_messages saved;

    (void)state;
    write_text("\xEF\xBB\xBF"
               "a one\r\n# of the scale\n\n\r\n  \t\n你好 \t x y \nlast{count}\t\\x02");
    saved = loaded();
    assert_int_equal(saved.count, 3);
    check_message(&saved, "a", "one", 1, 3);
    check_message(&saved, "你好", "x y ", 6, 6);
    check_message(&saved, "last{count}", "\\x02", 7, 13);
    assert_null(saved_messages_find(&saved, "on", 2));
    assert_null(saved_messages_find(&saved, "", 0));
    saved_messages_fini(&saved);
}

static void longest_name_has_64_bytes(void **state)
{
    char line[80];
    struct saved_messages saved;

    (void)state;
    memset(line, 'n', SAVED_NAME);
    strcpy(line + SAVED_NAME, " text");
    write_text(line);
    saved = loaded();
    line[SAVED_NAME] = '\0';
    check_message(&saved, line, "text", 1, SAVED_NAME + 2);
    saved_messages_fini(&saved);
}

static void check_refused(enum err_kind kind, const char *sentence)
{
    struct saved_messages saved;
    struct err err = {0};
    char whole[ERR_SENTENCE];

    snprintf(whole, sizeof whole, "%s%s", *sentence == ':' ? file_path : "", sentence);
    assert_int_equal(saved_messages_load(&saved, (struct opener){0}, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_string_equal(err.sentence, whole);
    saved_messages_fini(&saved);
    assert_null(saved.path);
}

static void mistake_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"good a\nbad \\q\n",
         ":2: column 5: '\\q' is none of \\n \\r \\t \\0 \\\\ \\{ \\xHH \\u{H}"},
        {"name\n", ":1: column 5: a line is a name, a blank and a literal"},
        {"name  \r\n", ":1: column 7: a line is a name, a blank and a literal"},
        {" name a\n", ":1: column 1: a line is a name, a blank and a literal"},
        {"na\x7Fme a\n", ":1: column 1: a line is a name, a blank and a literal"},
        {"a x\n\na y\n", ":3: column 1: a has a line already, line 1"},
        {"a 你\xC4\n", ":1: column 4: the byte C4 is no UTF-8, in which the file should be"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(cases[i].text);
        check_refused(ERR_USAGE, cases[i].sentence);
    }
    write_file(file_path, "a b\0c\n", 6);
    check_refused(ERR_USAGE,
                  ":1: column 4: the byte 00 is no text; in a literal it is written \\0");
}

static void file_of_another_type_is_refused_without_a_wait(void **state)
{
    char sentence[256];

    (void)state;
    make_folder();
    snprintf(sentence, sizeof sentence, "cannot read %s: it is not a regular file", file_path);
    assert_int_equal(mkfifo(file_path, 0600), 0);
    check_refused(ERR_LOCAL, sentence);
    assert_int_equal(unlink(file_path), 0);
    assert_int_equal(mkdir(file_path, 0700), 0);
    check_refused(ERR_LOCAL, sentence);
}

static void file_that_cannot_be_opened_is_told(void **state)
{
    char sentence[256];

    (void)state;
    make_folder();
    assert_int_equal(symlink(file_path, file_path), 0);
    snprintf(sentence, sizeof sentence, "cannot read %s: Too many levels of symbolic links",
             file_path);
    check_refused(ERR_LOCAL, sentence);
}

static void file_of_more_than_a_mib_is_refused(void **state)
{
    static char much[SAVED_BYTES + 1];
    char sentence[256];
    struct saved_messages saved;

    (void)state;
    memset(much, '\n', sizeof much);
    write_file(file_path, much, SAVED_BYTES);
    saved = loaded();
    assert_int_equal(saved.count, 0);
    saved_messages_fini(&saved);
    write_file(file_path, much, sizeof much);
    snprintf(sentence, sizeof sentence, "cannot read %s: it is longer than 1 MiB", file_path);
    check_refused(ERR_LOCAL, sentence);
}

static void home_that_is_no_absolute_path_is_told(void **state)
{
    (void)state;
    setenv("XDG_CONFIG_HOME", "relative", 1);
    setenv("HOME", "relative", 1);
    check_refused(ERR_LOCAL, "neither XDG_CONFIG_HOME nor HOME is an absolute path");
}

/* ---- saving ---- */

static int store(const char *name, const char *text, struct err *err)
{
    *err = (struct err){0};
    return saved_messages_store((struct opener){0}, name, strlen(name), text, strlen(text), err);
}

static void stored(const char *name, const char *text)
{
    struct err err;

    if (store(name, text, &err) < 0)
        fail_msg("%s", err.sentence);
}

static void first_message_makes_folder_and_file_for_the_person_alone(void **state)
{
    struct stat status;
    char path[256];

    (void)state;
    umask(0);
    unsetenv("XDG_CONFIG_HOME");
    stored("a", "one");
    snprintf(path, sizeof path, "%s/.config/tcpchat/messages", root);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    *strrchr(path, '/') = '\0';
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
}

static void new_name_is_added_at_the_end_of_what_is_there(void **state)
{
    (void)state;
    write_text("# scale\n\na one");
    stored("b", "two");
    assert_file("# scale\n\na one\nb two\n");
    stored("c", "{crc16-modbus}");
    assert_file("# scale\n\na one\nb two\nc {crc16-modbus}\n");
}

static void known_name_has_its_line_replaced(void **state)
{
    (void)state;
    write_text("\xEF\xBB\xBF"
               "a one\r\n# of b\nb \t two\nc three");
    stored("b", "2");
    assert_file("\xEF\xBB\xBF"
                "a one\r\n# of b\nb 2\nc three");
    stored("a", "1");
    stored("c", "3");
    assert_file("\xEF\xBB\xBF"
                "a 1\r\n# of b\nb 2\nc 3");
}

static void mistake_in_the_file_keeps_it_as_it_is(void **state)
{
    struct err err;

    (void)state;
    write_text("a \\q\n");
    assert_int_equal(store("b", "two", &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_file("a \\q\n");
}

static void word_that_is_no_name_is_refused(void **state)
{
    static const char *const words[] = {
        "",
        "#a",
        "a b",
        "a\tb",
        "a\x1B",
        "\xFF",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_int_equal(store(words[i], "x", &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_non_null(
            strstr(err.sentence, " is no name of a message: one word, at most 64 bytes"));
    }
    assert_int_equal(access(file_path, F_OK), -1);
}

static void file_that_would_grow_over_a_mib_is_full(void **state)
{
    static char much[SAVED_BYTES];
    struct stat status;
    struct err err;
    char sentence[256];

    (void)state;
    memset(much, '\n', sizeof much);
    write_file(file_path, much, sizeof much - 5);
    assert_int_equal(store("a", "123", &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    snprintf(sentence, sizeof sentence, "%s is full", file_path);
    assert_string_equal(err.sentence, sentence);
    assert_int_equal(stat(file_path, &status), 0);
    assert_int_equal(status.st_size, sizeof much - 5);
    stored("a", "12");
    assert_int_equal(stat(file_path, &status), 0);
    assert_int_equal(status.st_size, sizeof much);
}

static void symbolic_link_stays_and_its_file_is_replaced(void **state)
{
    char real[128];
    struct stat status;

    (void)state;
    snprintf(real, sizeof real, "%s/elsewhere", root);
    write_file(real, "a one\n", 6);
    assert_int_equal(symlink(real, file_path), 0);
    stored("a", "two");
    assert_int_equal(lstat(file_path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_file("a two\n");
}

/* Nobody, not even root, writes there. */
static void folder_that_takes_no_file_is_told(void **state)
{
    struct err err;

    (void)state;
    setenv("XDG_CONFIG_HOME", "/proc", 1);
    assert_int_equal(store("a", "one", &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_string_equal(err.sentence, "cannot make /proc/tcpchat: No such file or directory");
}

/* A limit on the size of files is as a full disk. */
static void file_that_cannot_be_written_stays_as_it_was(void **state)
{
    struct rlimit former, none = {0};
    char sentence[256];
    struct err err;
    DIR *folder;
    int files = 0;

    (void)state;
    write_text("a one\n");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &former), 0);
    none.rlim_max = former.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    assert_int_equal(store("b", "two", &err), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &former), 0);
    assert_int_equal(err.kind, ERR_LOCAL);
    snprintf(sentence, sizeof sentence, "cannot write %s: File too large", file_path);
    assert_string_equal(err.sentence, sentence);
    assert_file("a one\n");
    *strrchr(file_path, '/') = '\0';
    folder = opendir(file_path);
    assert_non_null(folder);
    while (readdir(folder))
        files++;
    closedir(folder);
    assert_int_equal(files, 3); /* two are the folder and its parent */
}

int main(void)
{
#define AT_A_PLACE(test) cmocka_unit_test_setup_teardown(test, new_place, home_remove)
    const struct CMUnitTest tests[] = {
        AT_A_PLACE(missing_file_has_no_messages),
        AT_A_PLACE(names_lead_to_their_literals),
        AT_A_PLACE(longest_name_has_64_bytes),
        AT_A_PLACE(mistake_is_told_with_its_place),
        AT_A_PLACE(file_of_another_type_is_refused_without_a_wait),
        AT_A_PLACE(file_that_cannot_be_opened_is_told),
        AT_A_PLACE(file_of_more_than_a_mib_is_refused),
        AT_A_PLACE(home_that_is_no_absolute_path_is_told),
        AT_A_PLACE(first_message_makes_folder_and_file_for_the_person_alone),
        AT_A_PLACE(new_name_is_added_at_the_end_of_what_is_there),
        AT_A_PLACE(known_name_has_its_line_replaced),
        AT_A_PLACE(mistake_in_the_file_keeps_it_as_it_is),
        AT_A_PLACE(word_that_is_no_name_is_refused),
        AT_A_PLACE(file_that_would_grow_over_a_mib_is_full),
        AT_A_PLACE(symbolic_link_stays_and_its_file_is_replaced),
        AT_A_PLACE(folder_that_takes_no_file_is_told),
        AT_A_PLACE(file_that_cannot_be_written_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
