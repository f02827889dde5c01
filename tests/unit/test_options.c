/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/options.h"

/* ---- helpers ---- */

enum { WORDS = 16 };

static int parse(struct options *options, struct err *err, enum command command,
                 const char *const words[])
{
    char *argv[WORDS + 2] = {0};
    int argc = 0, result;

    argv[argc++] = (char *)(command == COMMAND_LISTEN ? "listen" : "connect");
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    memset(options, 0xA5, sizeof *options);
    memset(err, 0, sizeof *err);
    result = options_parse(options, command, argc, argv, err);
    assert_true(result == 0 || result == -1);
    return result;
}

static struct options parsed(enum command command, const char *const words[])
{
    struct options options;
    struct err err;

    if (parse(&options, &err, command, words) < 0)
        fail_msg("%s ... was refused: %s", *words ? *words : "(nothing)", err.sentence);
    return options;
}

/* Wrong use, with a sentence that contains `says`. */
static void assert_refused(enum command command, const char *says, const char *const words[])
{
    struct options options;
    struct err err;

    if (parse(&options, &err, command, words) == 0)
        fail_msg("%s ... was accepted; it should say '%s'", *words ? *words : "(nothing)", says);
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, says))
        fail_msg("%s ...: '%s' does not say '%s'", *words ? *words : "(nothing)", err.sentence,
                 says);
}

/* The options as they count at a terminal or in a pipe. */
static struct options settled(struct options options, bool at_terminal)
{
    struct err err;

    if (options_settle(&options, at_terminal, &err) < 0)
        fail_msg("this was refused: %s", err.sentence);
    return options;
}

/* Wrong use at a terminal or in a pipe only. */
static void assert_unsettled(struct options options, bool at_terminal, const char *says)
{
    struct err err = {0};

    assert_int_equal(options_settle(&options, at_terminal, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, says))
        fail_msg("'%s' does not say '%s'", err.sentence, says);
}

#define AT_TERMINAL(options) settled(options, true)
#define IN_PIPE(options) settled(options, false)
#define AT_TERMINAL_REFUSED(says, options) assert_unsettled(options, true, says)
#define IN_PIPE_REFUSED(says, options) assert_unsettled(options, false, says)
#define WORDS_OF(...)     \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }
#define LISTEN(...) parsed(COMMAND_LISTEN, WORDS_OF(__VA_ARGS__))
#define CONNECT(...) parsed(COMMAND_CONNECT, WORDS_OF(__VA_ARGS__))
#define LISTEN_REFUSED(says, ...) assert_refused(COMMAND_LISTEN, says, WORDS_OF(__VA_ARGS__))
#define CONNECT_REFUSED(says, ...) assert_refused(COMMAND_CONNECT, says, WORDS_OF(__VA_ARGS__))

/* Preferences of the environment of the tests must not count. */
static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++)
        if (*option_table[i].variable)
            unsetenv(option_table[i].variable);
    return 0;
}

/* ---- defaults and operands ---- */

static void assert_defaults(const struct options *options)
{
    assert_false(options->help || options->ipv4 || options->ipv6 || options->numeric);
    assert_false(options->text.eol != EOL_AS_IS || options->verbose || options->no_shutdown);
    assert_false(options->send_only || options->recv_only || options->probe || options->once);
    assert_false(options->keep_open || options->raw || options->no_history || options->timestamps);
    assert_false(options->has_person || options->text.checked);
    assert_int_equal(options->color, COLOR_AUTO);
    assert_false(options->connect_timeout.given || options->listen_timeout.given);
    assert_false(options->idle_timeout.given || options->quit_after.given || options->retry.given);
    assert_null(options->encoding);
    assert_null(options->local_encoding);
    assert_null(options->source);
    assert_null(options->output);
    assert_null(options->port_file);
    assert_null(options->transcript);
    assert_null(options->name);
    assert_int_equal(options->source_port, 0);
}

static void missing_options_have_defaults(void **state)
{
    struct options listens = LISTEN("8080"), connects = CONNECT("h", "80");

    (void)state;
    assert_defaults(&listens);
    assert_int_equal(listens.command, COMMAND_LISTEN);
    assert_string_equal(listens.address.host, "");
    assert_string_equal(listens.address.port, "8080");
    assert_defaults(&connects);
    assert_int_equal(connects.command, COMMAND_CONNECT);
    assert_string_equal(connects.address.host, "h");
    assert_string_equal(connects.address.port, "80");
}

static void options_may_stand_anywhere(void **state)
{
    const char *const ways[][6] = {
        {"-v", "-e", "gbk", "h", "80", NULL},
        {"h", "-v", "80", "-e", "gbk", NULL},
        {"h", "80", "-ve", "gbk", NULL},
        {"-egbk", "h", "80", "-v", NULL},
        {"h", "80", "--verbose", "--encoding=gbk", NULL},
        {"--enc", "gbk", "--verb", "--", "h", "80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *words[7] = {0};
        struct options options;

        memcpy(words, ways[i], sizeof ways[i]);
        options = parsed(COMMAND_CONNECT, words);
        assert_true(options.verbose);
        assert_string_equal(options.encoding, "gbk");
        assert_string_equal(options.address.host, "h");
        assert_string_equal(options.address.port, "80");
    }
}

static void posixly_correct_keeps_operand_order(void **state)
{
    struct options options;

    (void)state;
    setenv("POSIXLY_CORRECT", "1", 1);
    options = CONNECT("h", "-v", "80", "-C");
    unsetenv("POSIXLY_CORRECT");
    assert_true(options.verbose && options.text.eol == EOL_CRLF);
    assert_string_equal(options.address.host, "h");
    assert_string_equal(options.address.port, "80");
}

static void double_dash_makes_words_operands(void **state)
{
    struct options options = CONNECT("--", "-v", "80");

    (void)state;
    assert_string_equal(options.address.host, "-v");
    assert_false(options.verbose);
    LISTEN_REFUSED("'-v' is too much", "h", "--", "80", "-v");
}

static void wrong_number_of_operands_is_refused(void **state)
{
    (void)state;
    assert_refused(COMMAND_LISTEN, "which port?", (const char *const[]){NULL});
    assert_refused(COMMAND_CONNECT, "whom?", (const char *const[]){NULL});
    LISTEN_REFUSED("'x' is too much", "h", "80", "x");
    CONNECT_REFUSED("'x' is too much", "h", "80", "x", "y", "z");
    CONNECT_REFUSED("which host?", "8080");
    CONNECT_REFUSED("range", "-z", "h", "20-30");
}

static void connect_refuses_port_0(void **state)
{
    (void)state;
    assert_string_equal(LISTEN("0").address.port, "0");
    CONNECT_REFUSED("port 0", "h", "0");
    CONNECT_REFUSED("port 0", "h:0");
    CONNECT_REFUSED("port 0", "h", "000");
}

/* ---- values ---- */

static void flags_set_their_fields(void **state)
{
    struct options listens =
        LISTEN("-4", "-n", "-C", "-v", "--no-shutdown", "--send-only", "-1", "0");
    struct options connects = CONNECT("-6", "-z", "--recv-only", "-N", "h", "80");
    struct options talks = LISTEN("-k", "--raw", "--no-history", "--timestamps", "0");

    (void)state;
    assert_true(listens.ipv4 && listens.numeric && listens.text.eol == EOL_CRLF && listens.verbose);
    assert_true(listens.no_shutdown && listens.send_only && listens.once);
    assert_false(listens.ipv6 || listens.recv_only || listens.probe);
    assert_true(connects.ipv6 && connects.probe && connects.recv_only);
    assert_false(connects.ipv4 || connects.send_only);
    assert_false(connects.raw || connects.no_history || connects.timestamps);
    assert_true(talks.keep_open && talks.raw && talks.no_history && talks.timestamps);
    assert_false(talks.once);
}

static void texts_keep_words_of_the_command_line(void **state)
{
    struct options connects =
        CONNECT("-e", "gbk", "--local-encoding", "big5", "-s", "127.0.0.2", "-o", "file", "h:1");
    struct options listens = LISTEN("--port-file=port", "--hex-dump", "-", "0");
    struct options talks = CONNECT("--transcript", "talk.txt", "--name=\xC4\xE3", "h:1");

    (void)state;
    assert_string_equal(talks.transcript, "talk.txt");
    assert_string_equal(talks.name, "\xC4\xE3");
    assert_string_equal(connects.encoding, "gbk");
    assert_string_equal(connects.local_encoding, "big5");
    assert_string_equal(connects.source, "127.0.0.2");
    assert_string_equal(connects.output, "file");
    assert_string_equal(listens.port_file, "port");
    assert_string_equal(listens.hex_dump, "-");
}

static void on_bad_text_takes_three_words(void **state)
{
    static const char *const wrong[] = {"", "Stop", "sto", "stops", "replace|escape|stop", "1"};

    (void)state;
    assert_false(CONNECT("h:1").text.checked);
    assert_true(CONNECT("--on-bad-text", "replace", "h:1").text.checked);
    assert_int_equal(CONNECT("--on-bad-text", "replace", "h:1").text.bad, BAD_REPLACE);
    assert_int_equal(LISTEN("--on-bad-text=escape", "0").text.bad, BAD_ESCAPE);
    assert_int_equal(LISTEN("--on-bad-text", "stop", "0").text.bad, BAD_STOP);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CONNECT_REFUSED("--on-bad-text takes replace, escape or stop, not '", "--on-bad-text",
                        wrong[i], "h:1");
}

static void color_takes_three_words(void **state)
{
    static const char *const wrong[] = {"", "Always", "alway", "auto|always|never", "yes", "1"};

    (void)state;
    assert_int_equal(CONNECT("--color", "auto", "h:1").color, COLOR_AUTO);
    assert_int_equal(CONNECT("--color=always", "h:1").color, COLOR_ALWAYS);
    assert_int_equal(LISTEN("--color", "always", "--color", "never", "0").color, COLOR_NEVER);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CONNECT_REFUSED("--color takes auto, always or never, not '", "--color", wrong[i], "h:1");
}

static void last_option_counts(void **state)
{
    struct options options = CONNECT("-w1", "-e", "gbk", "-w", "2", "-e", "big5", "h:1");

    (void)state;
    assert_int_equal(options.connect_timeout.ms, 2000);
    assert_string_equal(options.encoding, "big5");
}

static void source_port_is_checked(void **state)
{
    static const char *const wrong[] = {"0", "65536", "-1", "http", "", "8 0", "1000000", "+1"};

    (void)state;
    assert_int_equal(CONNECT("-p", "1", "h:1").source_port, 1);
    assert_int_equal(CONNECT("-p65535", "h:1").source_port, 65535);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CONNECT_REFUSED("1 to 65535", "-p", wrong[i], "h:1");
}

static void durations_take_units(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } right[] = {
        {"2", 2000},
        {"2s", 2000},
        {"0.5", 500},
        {"200ms", 200},
        {"3m", 180000},
        {"1h", 3600000},
        {"1.5h", 5400000},
        {".25", 250},
        {"1.", 1000},
        {"0.1ms", 1},
        {"0.0001", 1},
        {"007", 7000},
        {"876600h", UINT64_C(3155760000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct options options = CONNECT("-w", right[i].text, "-q", right[i].text, "h:1");

        assert_true(options.connect_timeout.given && options.quit_after.given);
        assert_int_equal(options.connect_timeout.ms, right[i].ms);
        assert_int_equal(options.quit_after.ms, right[i].ms);
    }
}

static void malformed_durations_are_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "-1",
                                        "+1",
                                        "1 s",
                                        "1S",
                                        "1d",
                                        "s",
                                        ".",
                                        "..1",
                                        "1.2.3",
                                        "1e3",
                                        "0x10",
                                        "inf",
                                        "nan",
                                        "1,5",
                                        "1ss",
                                        "1m30s",
                                        "876601h",
                                        "99999999999999",
                                        "1234567890123456789012345678901234567890"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CONNECT_REFUSED("-w, --connect-timeout takes seconds", "-w", wrong[i], "h:1");
        CONNECT_REFUSED(wrong[i], "-q", wrong[i], "h:1");
    }
}

static void deadline_of_0_is_refused(void **state)
{
    (void)state;
    CONNECT_REFUSED("above 0", "-w", "0", "h:1");
    CONNECT_REFUSED("above 0", "-i", "0.0ms", "h:1");
    LISTEN_REFUSED("above 0", "--listen-timeout", "0", "0");
    assert_true(CONNECT("-q", "0", "h:1").quit_after.given);
    assert_int_equal(CONNECT("-q", "0", "h:1").quit_after.ms, 0);
    assert_true(CONNECT("--retry", "0s", "h:1").retry.given);
}

static void missing_argument_is_named(void **state)
{
    (void)state;
    CONNECT_REFUSED("-w takes an argument", "h:1", "-w");
    CONNECT_REFUSED("-w takes an argument", "h:1", "-vw");
    CONNECT_REFUSED("--encoding takes an argument", "h:1", "--encoding");
    LISTEN_REFUSED("--verbose=1 takes no argument", "--verbose=1", "0");
}

/* ---- exclusions and charsets ---- */

static void sizes_take_units(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
    } right[] = {{"1K", 1024},    {"1024", 1024},  {"64k", 65536},
                 {"1.5K", 1536},  {"4M", 4194304}, {"2m", 2097152},
                 {"1G", 1 << 30}, {"1g", 1 << 30}, {"0.5M", 512 << 10}};
    static const char *const wrong[] = {"",   "K",   "x",   "-4K",    "+4K", "1",   "1023",
                                        "4T", "4KB", "4 K", "1.2.3K", "2G",  "inf", "."};

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct options options = LISTEN("--max-queue", right[i].text, "0");

        assert_true(options.max_queue.given);
        assert_int_equal(options.max_queue.bytes, right[i].bytes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        LISTEN_REFUSED("--max-queue takes a size from 1K to 1G", "--max-queue", wrong[i], "0");
}

static void rates_are_numbers(void **state)
{
    static const char *const wrong[] = {"", "x", "-1", "5s", "1.2.3", "1000001", "nan"};

    (void)state;
    assert_true(LISTEN("--chat", "--rate", "0", "0").rate.given);
    assert_true(LISTEN("--chat", "--rate", "0.5", "0").rate.value == 0.5);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        LISTEN_REFUSED("--rate takes a number such as 5 or 0.5", "--chat", "--rate", wrong[i], "0");
}

static void excluded_options_are_refused(void **state)
{
    (void)state;
    LISTEN_REFUSED("--rate goes with --chat", "--rate", "5", "0");
    LISTEN_REFUSED("--rate goes with --chat", "--broker", "--rate", "0", "0");
    LISTEN_REFUSED("names no program", "--exec", " \t\n", "0");
    CONNECT_REFUSED("names no program", "--exec", "", "h:1");
    CONNECT_REFUSED("-4 and -6", "-4", "-6", "h:1");
    LISTEN_REFUSED("-4 and -6", "-64", "0");
    CONNECT_REFUSED("--send-only and --recv-only", "--send-only", "--recv-only", "h:1");
    LISTEN_REFUSED("-1 and -k", "-1", "-k", "0");
    LISTEN_REFUSED("-1 and -k", "--keep-open", "--once", "0");
    LISTEN_REFUSED("unix:PATH has no port", "--port-file", "f", "unix:s");
    LISTEN_REFUSED("--chat, --broker, --reply", "--chat", "--exec", "cat", "0");
    LISTEN_REFUSED("-1 excludes --chat and --broker", "-1", "--broker", "0");
    LISTEN_REFUSED("--hang-up goes with --reply TEXT", "--hang-up", "0");
    LISTEN_REFUSED("--no-commands goes with --chat", "--no-commands", "0");
    LISTEN_REFUSED("--forward-encoding goes with --forward ADDRESS", "--forward-encoding", "gbk",
                   "0");
    LISTEN_REFUSED("with >/dev/null this side shows nothing", "--send-only", "--chat", "0");
    LISTEN_REFUSED("with </dev/null this side says nothing", "--recv-only", "--broker", "0");
    CONNECT_REFUSED("--recv-only and --exec exclude each other; --recv-only is for", "--recv-only",
                    "--exec", "cat", "h:1");
    LISTEN_REFUSED("--end-with-peer and -k exclude", "--end-with-peer", "-k", "0");
    CONNECT_REFUSED("--end-with-peer and --no-shutdown exclude", "--end-with-peer", "--no-shutdown",
                    "h:1");
    CONNECT_REFUSED("-z and -o exclude each other; -z connects", "-z", "-o", "f", "h:1");
    CONNECT_REFUSED("-z and --sh-exec exclude each other", "-z", "--sh-exec", "cat", "h:1");
    LISTEN_REFUSED("--deny: peers of unix:PATH have no addresses", "--deny", "::1", "unix:s");
    CONNECT_REFUSED("-p is for TCP; unix:PATH has no such address", "-p", "1", "unix:s");
    LISTEN_REFUSED("--deny: peers of unix:@NAME have no addresses", "--deny", "::1", "unix:@s");
    LISTEN_REFUSED("-6 is for TCP", "-6", "--forward", "unix:t", "unix:s");
    assert_true(LISTEN("-6", "--forward", "h:1", "unix:s").ipv6);
}

static void unknown_charsets_are_refused(void **state)
{
    (void)state;
    assert_string_equal(CONNECT("-e", "GBK", "h:1").encoding, "GBK");
    CONNECT_REFUSED("'klingon'", "-e", "klingon", "h:1");
    CONNECT_REFUSED("'klingon'", "--local-encoding", "klingon", "h:1");
    CONNECT_REFUSED("'raw'", "--local-encoding", "raw", "h:1");
    CONNECT_REFUSED("UTF-16", "-e", "utf-16", "h:1");
    CONNECT_REFUSED("--exec", "-e", "/bin/sh", "h:1");
}

static void encoding_raw_means_no_charset(void **state)
{
    struct options options[] = {LISTEN("0"),
                                LISTEN("-e", "raw", "0"),
                                LISTEN("-e", "RAW", "0"),
                                LISTEN("-e", "gbk", "-e", "raw", "0"),
                                LISTEN("-e", "gbk", "0"),
                                LISTEN("-e", "raw", "-e", "utf-8", "0")};

    (void)state;
    assert_string_equal(options[3].encoding, "raw");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(options_are_raw(&options[i]), i < 4);
}

static void malformed_charset_lists_are_refused(void **state)
{
    static const char *const right[] = {"auto", "AUTO", "utf-8,gbk", "GBK,UTF-8", "utf8,Big5"};

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct options options = CONNECT("-e", right[i], "h:1");

        assert_string_equal(options.encoding, right[i]);
        assert_false(options_are_raw(&options));
    }
    CONNECT_REFUSED("'utf-8,gbk,big5' is too much", "-e", "utf-8,gbk,big5", "h:1");
    CONNECT_REFUSED("one of them is utf-8", "-e", "gbk,big5", "h:1");
    CONNECT_REFUSED("one of them is utf-8", "-e", "utf-8,UTF8", "h:1");
    CONNECT_REFUSED("'klingon'", "-e", "utf-8,klingon", "h:1");
    CONNECT_REFUSED("'klingon'", "-e", "klingon,utf-8", "h:1");
    CONNECT_REFUSED("UTF-16", "-e", "utf-8,utf-16", "h:1");
    CONNECT_REFUSED("raw stands alone", "-e", "utf-8,raw", "h:1");
    CONNECT_REFUSED("auto stands alone", "-e", "auto,gbk", "h:1");
    CONNECT_REFUSED("-e, --encoding: ", "-e", "utf-8,", "h:1");
    CONNECT_REFUSED("-e, --encoding: ", "-e", ",utf-8", "h:1");
    CONNECT_REFUSED("-e, --encoding: ", "-e", ",", "h:1");
    CONNECT_REFUSED("'auto'", "--local-encoding", "auto", "h:1");
    CONNECT_REFUSED("'utf-8,gbk'", "--local-encoding", "utf-8,gbk", "h:1");
}

/* ---- terminal or pipe ---- */

static void terminal_lets_a_person_talk(void **state)
{
    (void)state;
    assert_true(AT_TERMINAL(LISTEN("0")).has_person);
    assert_true(AT_TERMINAL(CONNECT("h:1")).has_person);
    assert_false(AT_TERMINAL(CONNECT("-z", "h:1")).has_person);
    assert_false(AT_TERMINAL(CONNECT("--send-only", "h:1")).has_person);
    assert_false(AT_TERMINAL(LISTEN("--recv-only", "0")).has_person);
    assert_false(IN_PIPE(LISTEN("0")).has_person);
    assert_false(IN_PIPE(CONNECT("h:1")).has_person);
}

static void terminal_defaults_to_encoding_auto(void **state)
{
    struct options raw = AT_TERMINAL(LISTEN("-e", "raw", "0"));

    (void)state;
    assert_string_equal(AT_TERMINAL(CONNECT("h:1")).encoding, "auto");
    assert_string_equal(AT_TERMINAL(LISTEN("-e", "gbk", "0")).encoding, "gbk");
    assert_string_equal(AT_TERMINAL(LISTEN("-e", "gbk,utf-8", "0")).encoding, "gbk,utf-8");
    assert_true(options_are_raw(&raw));
    assert_null(IN_PIPE(CONNECT("h:1")).encoding);
    assert_null(AT_TERMINAL(CONNECT("--send-only", "h:1")).encoding);
}

static void pipe_refuses_charset_lists(void **state)
{
    (void)state;
    IN_PIPE_REFUSED("not 'utf-8,gbk'", CONNECT("-e", "utf-8,gbk", "h:1"));
    IN_PIPE_REFUSED("not 'Auto'", LISTEN("-e", "Auto", "0"));
    AT_TERMINAL_REFUSED("not 'auto'", LISTEN("--recv-only", "-e", "auto", "0"));
    assert_string_equal(IN_PIPE(CONNECT("-e", "gbk", "h:1")).encoding, "gbk");
    assert_string_equal(IN_PIPE(CONNECT("-e", "raw", "h:1")).encoding, "raw");
}

static void settle_chooses_the_handler(void **state)
{
    (void)state;
    assert_true(IN_PIPE(LISTEN("-k", "0")).is_room);
    assert_true(IN_PIPE(LISTEN("--chat", "0")).keep_open);
    assert_string_equal(IN_PIPE(LISTEN("--chat", "0")).encoding, "auto");
    assert_null(IN_PIPE(LISTEN("--broker", "0")).encoding);
    assert_true(IN_PIPE(LISTEN("--reply", "x", "0")).once);
    assert_true(AT_TERMINAL(LISTEN("--reply", "x", "0")).keep_open);
    assert_false(AT_TERMINAL(LISTEN("--reply", "x", "0")).has_person);
    assert_false(IN_PIPE(LISTEN("0")).is_room);
    assert_true(IN_PIPE(LISTEN("--exec", "cat", "0")).is_proxy);
    assert_false(IN_PIPE(LISTEN("--exec", "cat", "0")).is_room);
    assert_true(AT_TERMINAL(LISTEN("--exec", "cat", "0")).keep_open);
    assert_true(IN_PIPE(CONNECT("--sh-exec", "cat", "h:1")).is_proxy);
    assert_true(AT_TERMINAL(LISTEN("-k", "--transcript", "f", "0")).keep_open);
    assert_true(AT_TERMINAL(LISTEN("-1", "0")).once);
    assert_true(IN_PIPE(LISTEN("-1", "0")).once);
}

/* Options of a terminal are no fault in a pipe: shell aliases may hold them. */
static void pipe_accepts_terminal_options(void **state)
{
    struct options options = IN_PIPE(
        LISTEN("--name", "n", "--raw", "--no-history", "--color=always", "--timestamps", "0"));

    (void)state;
    assert_true(options.raw && options.no_history && options.timestamps);
    assert_false(options.has_person);
}

static void option_of_the_other_command_is_named(void **state)
{
    (void)state;
    LISTEN_REFUSED("-w, --connect-timeout is an option of connect", "-w", "1", "0");
    LISTEN_REFUSED("--retry is an option of connect", "--retry=1", "0");
    LISTEN_REFUSED("-z, --probe is an option of connect", "-z", "0");
    LISTEN_REFUSED("-s, --source is an option of connect", "-s", "::1", "0");
    CONNECT_REFUSED("--listen-timeout is an option of listen", "--listen-timeout", "1", "h:1");
    CONNECT_REFUSED("-1, --once is an option of listen", "-1", "h:1");
    CONNECT_REFUSED("--port-file is an option of listen", "--port-file", "f", "h:1");
    CONNECT_REFUSED("-k, --keep-open is an option of listen", "-k", "h", "80");
    CONNECT_REFUSED("-k, --keep-open is an option of listen", "-vk", "h", "80");
}

static void netcat_habits_get_advice(void **state)
{
    (void)state;
    LISTEN_REFUSED("-l is a command here; write tcpchat listen 8080", "-l", "8080");
    CONNECT_REFUSED("write tcpchat listen 8080", "-lp", "8080");
    LISTEN_REFUSED("write tcpchat listen -kv 8080", "-klvp", "8080");
    LISTEN_REFUSED("the port is an operand: write tcpchat listen 8080", "-p", "8080");
    LISTEN_REFUSED("the port is an operand: write tcpchat listen PORT", "-p");
    CONNECT_REFUSED("no UDP", "-u", "h", "53");
    CONNECT_REFUSED("unix:PATH", "-U", "/run/chat");
    CONNECT_REFUSED("--recv-only", "-d", "h", "80");
    LISTEN_REFUSED("--sh-exec", "-c", "cat", "80");
}

/* The sentence quotes the wrong word. */
static void unknown_option_is_quoted(void **state)
{
    (void)state;
    CONNECT_REFUSED("-Z is no option", "-Z", "h:1");
    CONNECT_REFUSED("-Z is no option", "-vZv", "h:1");
    CONNECT_REFUSED("-\xAD is no option", "", "-\xAD\xAD", "h:1");
    CONNECT_REFUSED("--nonsense is no option", "--nonsense", "h:1");
    CONNECT_REFUSED("--nonsense=1 is no option", "--nonsense=1", "h:1");
    LISTEN_REFUSED("--re is short for several: --recv-only, --record, --replay and others", "--re",
                   "0");
}

static void connect_names_options_of_listen(void **state)
{
    (void)state;
    CONNECT_REFUSED("-m, --max-peers is an option of listen", "-m", "h", "80");
    CONNECT_REFUSED("-m, --max-peers is an option of listen", "-mv", "h", "80");
    CONNECT_REFUSED("-m, --max-peers is an option of listen", "-vm", "h", "80");
    CONNECT_REFUSED("--chat is", "--chat", "h", "80");
}

static void help_overrides_everything_else(void **state)
{
    (void)state;
    assert_true(LISTEN("--help").help);
    assert_true(LISTEN("-h").help);
    assert_true(CONNECT("-4", "-6", "too", "many", "operands", "-h").help);
}

/* ---- getopt keeps state between calls ---- */

static void failed_cluster_leaves_no_state(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct options options;

        CONNECT_REFUSED("-Z is no option", "-vZCn", "h:1");
        options = CONNECT("-C", "h", "80");
        assert_true(options.text.eol == EOL_CRLF);
        assert_false(options.verbose || options.numeric);
        CONNECT_REFUSED("takes no argument", "--crlf=x", "h:1");
    }
}

static void parse_ignores_getopt_state(void **state)
{
    (void)state;
    optind = 7;
    opterr = 1;
    assert_string_equal(CONNECT("h", "80").address.port, "80");
    optind = 1;
    assert_string_equal(CONNECT("-v", "h", "81").address.port, "81");
}

/* ---- preferences ---- */

static void environment_is_a_preference(void **state)
{
    (void)state;
    setenv("TCPCHAT_LOCAL_ENCODING", "gb18030", 1);
    assert_string_equal(LISTEN("0").local_encoding, "gb18030");
    assert_string_equal(CONNECT("h:1").local_encoding, "gb18030");
    assert_string_equal(LISTEN("--local-encoding", "koi8-r", "0").local_encoding, "koi8-r");
    setenv("TCPCHAT_LOCAL_ENCODING", "", 1);
    assert_null(LISTEN("0").local_encoding);
    unsetenv("TCPCHAT_LOCAL_ENCODING");
}

static void on_bad_text_is_a_preference(void **state)
{
    (void)state;
    setenv("TCPCHAT_ON_BAD_TEXT", "escape", 1);
    assert_int_equal(CONNECT("h:1").text.bad, BAD_ESCAPE);
    assert_int_equal(CONNECT("--on-bad-text", "stop", "h:1").text.bad, BAD_STOP);
    setenv("TCPCHAT_ON_BAD_TEXT", "never", 1);
    CONNECT_REFUSED("not 'never'", "h:1");
    unsetenv("TCPCHAT_ON_BAD_TEXT");
}

static void environment_flags_take_1_or_0(void **state)
{
    (void)state;
    setenv("TCPCHAT_TIMESTAMPS", "1", 1);
    setenv("TCPCHAT_NO_HISTORY", "0", 1);
    assert_true(LISTEN("0").timestamps);
    assert_false(CONNECT("h:1").no_history);
    assert_true(CONNECT("--no-history", "h:1").no_history);
    setenv("TCPCHAT_TIMESTAMPS", "", 1);
    assert_false(LISTEN("0").timestamps);
    setenv("TCPCHAT_TIMESTAMPS", "yes", 1);
    LISTEN_REFUSED("TCPCHAT_TIMESTAMPS takes 1 or 0, not 'yes'", "0");
    unsetenv("TCPCHAT_TIMESTAMPS");
    setenv("TCPCHAT_NO_HISTORY", "10", 1);
    CONNECT_REFUSED("TCPCHAT_NO_HISTORY takes 1 or 0, not '10'", "h:1");
    assert_true(CONNECT("--no-history", "h:1").no_history);
    unsetenv("TCPCHAT_NO_HISTORY");
}

static void name_and_color_are_preferences(void **state)
{
    (void)state;
    setenv("TCPCHAT_NAME", "mei", 1);
    setenv("TCPCHAT_COLOR", "never", 1);
    assert_string_equal(LISTEN("0").name, "mei");
    assert_string_equal(CONNECT("--name", "li", "h:1").name, "li");
    assert_int_equal(CONNECT("h:1").color, COLOR_NEVER);
    assert_int_equal(CONNECT("--color=auto", "h:1").color, COLOR_AUTO);
    setenv("TCPCHAT_COLOR", "blue", 1);
    CONNECT_REFUSED("TCPCHAT_COLOR takes auto, always or never, not 'blue'", "h:1");
    unsetenv("TCPCHAT_NAME");
    unsetenv("TCPCHAT_COLOR");
}

/* A bad name in a profile is no fault where no name is shown. */
static void name_preference_counts_where_names_show(void **state)
{
    (void)state;
    setenv("TCPCHAT_NAME", "John Smith", 1);
    assert_null(IN_PIPE(LISTEN("-k", "0")).name);
    assert_null(IN_PIPE(LISTEN("--broker", "0")).name);
    assert_null(IN_PIPE(CONNECT("h:1")).name);
    assert_null(AT_TERMINAL(CONNECT("--send-only", "h:1")).name);
    assert_string_equal(IN_PIPE(LISTEN("--chat", "0")).name, "John Smith");
    assert_string_equal(IN_PIPE(LISTEN("-k", "--transcript", "f", "0")).name, "John Smith");
    assert_string_equal(AT_TERMINAL(CONNECT("h:1")).name, "John Smith");
    assert_string_equal(AT_TERMINAL(CONNECT("h:1")).name_variable, "TCPCHAT_NAME");
    assert_string_equal(IN_PIPE(LISTEN("-k", "--name", "li", "0")).name, "li");
    assert_null(IN_PIPE(LISTEN("--chat", "--name", "li", "0")).name_variable);
    unsetenv("TCPCHAT_NAME");
}

static void encoding_preference_counts_at_a_terminal(void **state)
{
    (void)state;
    setenv("TCPCHAT_ENCODING", "utf-8,big5", 1);
    assert_null(LISTEN("0").encoding);
    assert_string_equal(AT_TERMINAL(LISTEN("0")).encoding, "utf-8,big5");
    assert_string_equal(AT_TERMINAL(CONNECT("-e", "gbk", "h:1")).encoding, "gbk");
    setenv("TCPCHAT_ENCODING", "", 1);
    assert_string_equal(AT_TERMINAL(LISTEN("0")).encoding, "auto");
    setenv("TCPCHAT_ENCODING", "klingon", 1);
    AT_TERMINAL_REFUSED("TCPCHAT_ENCODING: 'klingon'", LISTEN("0"));
    assert_string_equal(AT_TERMINAL(CONNECT("-e", "gbk", "h:1")).encoding, "gbk");
    unsetenv("TCPCHAT_ENCODING");
}

/* No profile may corrupt a pipe or end its run. */
static void encoding_preference_is_ignored_in_a_pipe(void **state)
{
    static const char *const values[] = {"gbk", "auto", "klingon"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        setenv("TCPCHAT_ENCODING", values[i], 1);
        assert_null(IN_PIPE(LISTEN("0")).encoding);
        assert_null(AT_TERMINAL(CONNECT("--send-only", "h:1")).encoding);
    }
    unsetenv("TCPCHAT_ENCODING");
}

/* ---- the table ---- */

static void table_has_unique_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct option_row *one = &option_table[i], *other = &option_table[k];

            assert_false(one->letter && one->letter == other->letter);
            assert_false(*one->name && !strcmp(one->name, other->name));
            assert_false(*one->variable && !strcmp(one->variable, other->variable));
        }
}

static void table_rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];

        assert_true(row->letter || *row->name);
        assert_true(row->where && !(row->where & ~(unsigned)COMMAND_BOTH));
        assert_int_equal(!*row->argument, row->type == OPTION_FLAG || row->type == OPTION_CRLF ||
                                              row->type == OPTION_REPEATED);
        assert_true(row->target < sizeof(struct options));
        if (*row->variable)
            assert_memory_equal(row->variable, "TCPCHAT_", strlen("TCPCHAT_"));
    }
}

static const char *argument_for(const struct option_row *row)
{
    switch (row->type) {
    case OPTION_FLAG:
    case OPTION_CRLF:
    case OPTION_REPEATED: return NULL;
    case OPTION_CHARSET:
    case OPTION_PEER_CHARSET: return "big5";
    case OPTION_BAD_TEXT: return "stop";
    case OPTION_COLOR: return "never";
    case OPTION_EOL: return "cr";
    case OPTION_MESSAGE: return "lf";
    case OPTION_VIEW: return "hex";
    case OPTION_SIZE: return "64K";
    default: return !strcmp(row->name, "forward") ? "h:1" : "12";
    }
}

/* Some options need others, with each of the commands. */
static const char *companion_of(const struct option_row *row, enum command command, int which)
{
    static const struct {
        const char *name;
        unsigned where;
        const char *words[2];
    } companions[] = {
        {"hang-up", COMMAND_LISTEN, {"--reply=x"}},
        {"pace", COMMAND_LISTEN, {"--replay=x"}},
        {"no-commands", COMMAND_LISTEN, {"--chat"}},
        {"rate", COMMAND_LISTEN, {"--chat"}},
        {"forward-encoding", COMMAND_LISTEN, {"--forward=h:1"}},
        {"proxy", COMMAND_LISTEN, {"--forward=h:1"}},
        {"proxy-auth-file", COMMAND_LISTEN, {"--forward=h:1", "--proxy=h:1"}},
        {"proxy-auth-file", COMMAND_CONNECT, {"--proxy=h:1"}},
        {"tls-ca", COMMAND_LISTEN, {"--forward=tls:h:1"}},
        {"tls-ca", COMMAND_CONNECT, {"--tls"}},
        {"tls-name", COMMAND_LISTEN, {"--forward=tls:h:1"}},
        {"tls-name", COMMAND_CONNECT, {"--tls"}},
        {"tls-pin", COMMAND_LISTEN, {"--forward=tls:h:1"}},
        {"tls-pin", COMMAND_CONNECT, {"--tls"}},
        {"tls-insecure", COMMAND_LISTEN, {"--forward=tls:h:1"}},
        {"tls-insecure", COMMAND_CONNECT, {"--tls"}},
        {"tls-cert", COMMAND_BOTH, {"--tls"}},
        {"tls-key", COMMAND_BOTH, {"--tls", "--tls-cert=x"}},
        {"tls-client-ca", COMMAND_BOTH, {"--tls"}},
        {"tls-crl", COMMAND_LISTEN, {"--tls", "--tls-client-ca=x"}},
        {"tls-crl", COMMAND_CONNECT, {"--tls"}},
        {"tls-alpn", COMMAND_BOTH, {"--tls"}},
    };
    const char *word = NULL;

    for (size_t i = 0; *row->name && i < sizeof companions / sizeof *companions; i++)
        if (!strcmp(row->name, companions[i].name) && companions[i].where & (unsigned)command)
            word = companions[i].words[which];
    return word ? word : "-v";
}

/* Both names of an option are accepted by its commands and refused by the other. */
static void table_rows_are_accepted_by_their_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++)
        for (int command = COMMAND_LISTEN; command <= COMMAND_CONNECT; command++) {
            const struct option_row *row = &option_table[i];
            const char *argument = option_row_is_optional(row) ? NULL : argument_for(row);
            char letter[] = {'-', row->letter, '\0'}, name[64] = "--";
            struct options options;
            struct err err;

            strncat(name, row->name, sizeof name - 3);
            for (int way = 0; way < 2; way++) {
                const char *word = way ? name : letter;
                int expected = row->where & (unsigned)command ? 0 : -1;

                if (way ? !*row->name : !row->letter)
                    continue;
                if (parse(&options, &err, (enum command)command,
                          WORDS_OF("h", "80", companion_of(row, (enum command)command, 0),
                                   companion_of(row, (enum command)command, 1), word, argument)) !=
                    expected)
                    fail_msg("%s: %s", word, err.sentence);
                options_fini(&options);
            }
        }
}

static const char *other_argument_for(const struct option_row *row)
{
    switch (row->type) {
    case OPTION_CHARSET:
    case OPTION_PEER_CHARSET: return "gbk";
    case OPTION_BAD_TEXT: return "escape";
    case OPTION_COLOR: return "always";
    case OPTION_EOL: return "none";
    case OPTION_MESSAGE: return "bytes:2";
    case OPTION_VIEW: return "both";
    case OPTION_SIZE: return "2M";
    default: return !strcmp(row->name, "forward") ? "h:2" : "34";
    }
}

/* The value of the field as a number to compare; the address of a text. */
static uintmax_t value_of(const struct options *options, const struct option_row *row)
{
    const void *target = (const char *)options + row->target;

    switch (row->type) {
    case OPTION_FLAG: return *(const bool *)target;
    case OPTION_TEXT:
    case OPTION_CHARSET:
    case OPTION_PEER_CHARSET: return (uintptr_t) * (const char *const *)target;
    case OPTION_LIST: return 0;
    case OPTION_TIME:
    case OPTION_DEADLINE: return ((const struct duration *)target)->ms;
    case OPTION_SIZE: return ((const struct size *)target)->bytes;
    case OPTION_RATE: return (uintmax_t)((const struct per_second *)target)->value;
    case OPTION_REPEATED:
    case OPTION_COUNT:
    case OPTION_PORT: return *(const unsigned *)target;
    case OPTION_ATTEMPTS: return ((const struct attempts *)target)->most;
    case OPTION_BAD_TEXT: return ((const struct text_options *)target)->bad;
    case OPTION_CRLF:
    case OPTION_EOL: return *(const enum codec_eol *)target;
    case OPTION_MESSAGE: return ((const struct framing *)target)->kind;
    case OPTION_VIEW: return *(const enum view *)target;
    case OPTION_COLOR: return *(const enum color *)target;
    }
    return 0;
}

static void assert_last_counts(const struct option_row *row, const char *word, const char *first,
                               const char *last)
{
    enum command command = row->where & COMMAND_LISTEN ? COMMAND_LISTEN : COMMAND_CONNECT;
    const char *one = companion_of(row, command, 0), *other = companion_of(row, command, 1);
    struct options once = parsed(command, WORDS_OF("h", "80", one, other, word, last));
    struct options twice =
        parsed(command, WORDS_OF("h", "80", one, other, word, first, word, last));

    if (value_of(&once, row) != value_of(&twice, row))
        fail_msg("%s %s %s %s: the last one does not count", word, first, word, last);
    options_fini(&once);
    options_fini(&twice);
}

static void repeated_option_counts_as_given_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];
        char word[64];

        if (!*row->argument || row->type == OPTION_LIST || option_row_is_optional(row))
            continue;
        snprintf(word, sizeof word, "--%s", row->name);
        assert_last_counts(row, word, argument_for(row), other_argument_for(row));
        assert_last_counts(row, word, other_argument_for(row), argument_for(row));
    }
}

static void repeated_list_adds_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_table[i];
        struct options options;
        const char *const *list;
        char word[64];

        if (row->type != OPTION_LIST)
            continue;
        snprintf(word, sizeof word, "--%s", row->name);
        options =
            LISTEN("80", companion_of(row, COMMAND_LISTEN, 0), word, "a", word, "b", word, "c");
        list = *(const char *const *const *)((const char *)&options + row->target);
        for (size_t k = 0; k < 3; k++)
            assert_string_equal(list[k], ((const char *const[]){"a", "b", "c"})[k]);
        assert_null(list[3]);
        options_fini(&options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_options_have_defaults),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(posixly_correct_keeps_operand_order),
        cmocka_unit_test(double_dash_makes_words_operands),
        cmocka_unit_test(wrong_number_of_operands_is_refused),
        cmocka_unit_test(connect_refuses_port_0),
        cmocka_unit_test(flags_set_their_fields),
        cmocka_unit_test(texts_keep_words_of_the_command_line),
        cmocka_unit_test(on_bad_text_takes_three_words),
        cmocka_unit_test(color_takes_three_words),
        cmocka_unit_test(last_option_counts),
        cmocka_unit_test(source_port_is_checked),
        cmocka_unit_test(durations_take_units),
        cmocka_unit_test(malformed_durations_are_refused),
        cmocka_unit_test(deadline_of_0_is_refused),
        cmocka_unit_test(missing_argument_is_named),
        cmocka_unit_test(sizes_take_units),
        cmocka_unit_test(rates_are_numbers),
        cmocka_unit_test(excluded_options_are_refused),
        cmocka_unit_test(unknown_charsets_are_refused),
        cmocka_unit_test(encoding_raw_means_no_charset),
        cmocka_unit_test(malformed_charset_lists_are_refused),
        cmocka_unit_test(terminal_lets_a_person_talk),
        cmocka_unit_test(terminal_defaults_to_encoding_auto),
        cmocka_unit_test(pipe_refuses_charset_lists),
        cmocka_unit_test(settle_chooses_the_handler),
        cmocka_unit_test(pipe_accepts_terminal_options),
        cmocka_unit_test(option_of_the_other_command_is_named),
        cmocka_unit_test(netcat_habits_get_advice),
        cmocka_unit_test(unknown_option_is_quoted),
        cmocka_unit_test(connect_names_options_of_listen),
        cmocka_unit_test(help_overrides_everything_else),
        cmocka_unit_test(failed_cluster_leaves_no_state),
        cmocka_unit_test(parse_ignores_getopt_state),
        cmocka_unit_test(environment_is_a_preference),
        cmocka_unit_test(on_bad_text_is_a_preference),
        cmocka_unit_test(environment_flags_take_1_or_0),
        cmocka_unit_test(name_and_color_are_preferences),
        cmocka_unit_test(name_preference_counts_where_names_show),
        cmocka_unit_test(encoding_preference_counts_at_a_terminal),
        cmocka_unit_test(encoding_preference_is_ignored_in_a_pipe),
        cmocka_unit_test(table_has_unique_names),
        cmocka_unit_test(table_rows_are_complete),
        cmocka_unit_test(table_rows_are_accepted_by_their_commands),
        cmocka_unit_test(repeated_option_counts_as_given_last),
        cmocka_unit_test(repeated_list_adds_up),
    };

    return cmocka_run_group_tests(tests, clear_environment, NULL);
}
