/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h" /* whose names must not clash */
#include "text/command.h"

#define CONNECT COMMAND_OF_CONNECT
#define LISTEN COMMAND_OF_LISTEN
#define PEER COMMAND_OF_PEER
#define CHAT COMMAND_OF_CHAT
#define MEMBER COMMAND_OF_MEMBER

static const enum command_audience audiences[] = {CONNECT, LISTEN, PEER, CHAT, MEMBER};

/* ---- helpers ---- */

static void assert_piece(struct word piece, const char *expected)
{
    if (piece.n != strlen(expected) || memcmp(piece.at, expected, piece.n))
        fail_msg("'%.*s' instead of '%s'", (int)piece.n, piece.at, expected);
}

static struct command_line parse(const char *line, enum command_audience audience)
{
    struct command_line parsed;
    struct err err = {0};

    if (command_parse(line, audience, &parsed, &err) < 0)
        fail_msg("%s was refused: %s", line, err.sentence);
    return parsed;
}

static void assert_text(const char *line, const char *text)
{
    for (size_t i = 0; i < 3; i++) {
        struct command_line parsed = parse(line, audiences[i]);

        assert_int_equal(parsed.kind, COMMAND_IS_TEXT);
        assert_piece(parsed.text, text);
        assert_int_equal(parsed.word.n, 0);
        assert_null(parsed.row);
        assert_int_equal(parsed.count, 0);
    }
}

/* NULL: the argument is absent. */
static void assert_call(const char *line, enum command_audience audience, enum command_word word,
                        const char *first, const char *second)
{
    struct command_line parsed = parse(line, audience);

    assert_int_equal(parsed.kind, COMMAND_IS_CALL);
    assert_int_equal(parsed.row->word, word);
    assert_true(parsed.row->audiences & audience);
    assert_int_equal(parsed.count, (first != NULL) + (second != NULL));
    if (first)
        assert_piece(parsed.arguments[0], first);
    if (second)
        assert_piece(parsed.arguments[1], second);
}

static void assert_refused(const char *line, enum command_audience audience, const char *sentence)
{
    struct command_line parsed;
    struct err err = {0};

    assert_int_equal(command_parse(line, audience, &parsed, &err), -1);
    assert_int_equal(parsed.kind, COMMAND_IS_CALL);
    assert_non_null(parsed.row);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.sentence, sentence);
}

/* name: of the expected row, or NULL. */
static void assert_mistyped(const char *line, enum command_audience audience,
                            enum command_kind kind, const char *word, const char *name)
{
    struct command_line parsed = parse(line, audience);

    assert_int_equal(parsed.kind, kind);
    assert_piece(parsed.word, word);
    assert_piece(parsed.text, line);
    if (name)
        assert_string_equal(parsed.row ? parsed.row->name : "(nothing)", name);
    else
        assert_null(parsed.row);
}

/* ---- text ---- */

static void line_without_a_slash_is_text(void **state)
{
    (void)state;
    assert_text("", "");
    assert_text("hello /help", "hello /help");
    assert_text(" /help", " /help");
    assert_text("你好", "你好");
    assert_text("\xFF\xFE", "\xFF\xFE");
}

static void two_slashes_are_text_with_one(void **state)
{
    (void)state;
    assert_text("//help", "/help");
    assert_text("//", "/");
    assert_text("///", "//");
    assert_text("// x", "/ x");
}

static void slash_without_a_word_is_text(void **state)
{
    (void)state;
    assert_text("/", "/");
    assert_text("/ help", "/ help");
    assert_text("/1", "/1");
    assert_text("/-", "/-");
    assert_text("/你好", "/你好");
    assert_text("/\t", "/\t");
}

static void path_is_text(void **state)
{
    (void)state;
    assert_text("/usr/bin/ls", "/usr/bin/ls");
    assert_text("/usr/bin/ls -l", "/usr/bin/ls -l");
    assert_text("/help/", "/help/");
    assert_text("/lib64/ld.so", "/lib64/ld.so");
    assert_text("/to/peer1 hello", "/to/peer1 hello");
}

/* ---- calls ---- */

static void command_depends_on_the_audience(void **state)
{
    (void)state;
    assert_call("/help", CONNECT, COMMAND_HELP, NULL, NULL);
    assert_call("/help", LISTEN, COMMAND_HELP, NULL, NULL);
    assert_call("/help", PEER, COMMAND_HELP, NULL, NULL);
    assert_call("/quit \t", CONNECT, COMMAND_QUIT, NULL, NULL);
    assert_call("/who", LISTEN, COMMAND_WHO, NULL, NULL);
    assert_call("/who", PEER, COMMAND_WHO, NULL, NULL);
    assert_int_equal(parse("/who", CONNECT).kind, COMMAND_IS_UNKNOWN);
    assert_int_equal(parse("/lock", PEER).kind, COMMAND_IS_UNKNOWN);
    assert_int_equal(parse("/send /etc/passwd", PEER).kind, COMMAND_IS_UNKNOWN);
    assert_int_equal(parse("/msg peer1 hi", LISTEN).kind, COMMAND_IS_UNKNOWN);
}

static void arguments_have_no_blanks_around_them(void **state)
{
    (void)state;
    assert_call("/kick peer1", LISTEN, COMMAND_KICK, "peer1", NULL);
    assert_call("/kick \t peer1 \t", LISTEN, COMMAND_KICK, "peer1", NULL);
    assert_call("/nick 小王", LISTEN, COMMAND_NICK, "小王", NULL);
    assert_call("/nick\t\xFF", PEER, COMMAND_NICK, "\xFF", NULL);
}

static void text_argument_keeps_its_blanks(void **state)
{
    (void)state;
    assert_call("/to peer1 a  b \t c ", LISTEN, COMMAND_TO, "peer1", "a  b \t c");
    assert_call("/msg  王  / x", PEER, COMMAND_MSG, "王", "/ x");
    assert_call("/me waves his  hand", PEER, COMMAND_ME, "waves his  hand", NULL);
    assert_call("/send my file.txt ", CONNECT, COMMAND_SEND, "my file.txt", NULL);
}

static void copied_argument_ends_where_it_is_too_long(void **state)
{
    struct word piece = {"gbk utf-8", 3};
    char whole[8], cut[3];

    (void)state;
    command_copy(whole, sizeof whole, piece);
    assert_string_equal(whole, "gbk");
    command_copy(cut, sizeof cut, piece);
    assert_string_equal(cut, "gb");
}

static void encoding_depends_on_the_audience(void **state)
{
    (void)state;
    assert_call("/encoding", CONNECT, COMMAND_ENCODING, NULL, NULL);
    assert_call("/encoding utf-8,gbk", CONNECT, COMMAND_ENCODING, "utf-8,gbk", NULL);
    assert_call("/encoding peer gbk", CONNECT, COMMAND_ENCODING, "peer", "gbk");
    assert_call("/encoding", LISTEN, COMMAND_ENCODING, NULL, NULL);
    assert_call("/encoding gbk", LISTEN, COMMAND_ENCODING, "gbk", NULL);
    assert_call("/encoding peer1 gbk", LISTEN, COMMAND_ENCODING, "peer1", "gbk");
    assert_call("/encoding gbk", PEER, COMMAND_ENCODING, "gbk", NULL);
}

static void missing_argument_is_refused(void **state)
{
    (void)state;
    assert_refused("/kick", LISTEN, "/kick takes a peer: /kick PEER");
    assert_refused("/kick  ", LISTEN, "/kick takes a peer: /kick PEER");
    assert_refused("/to", LISTEN, "/to takes a peer and a text: /to PEER TEXT");
    assert_refused("/to peer1 ", LISTEN, "/to takes a peer and a text: /to PEER TEXT");
    assert_refused("/send", CONNECT, "/send takes a file: /send FILE");
    assert_refused("/me", PEER, "/me takes a text: /me TEXT");
    assert_refused("/msg 王", PEER, "/msg takes a peer and a text: /msg NAME TEXT");
    assert_refused("/encoding", PEER, "/encoding takes a charset: /encoding CHARSET");
    assert_refused("/bytes", CONNECT, "/bytes takes a literal: /bytes LITERAL");
    assert_refused("/every 1s", LISTEN, "/every takes a time and a literal: /every TIME LITERAL");
    assert_refused("/save", MEMBER,
                   "/save takes a name, and perhaps a literal: /save NAME [LITERAL]");
}

static void superfluous_argument_is_refused(void **state)
{
    (void)state;
    assert_refused("/who is here", LISTEN, "/who takes nothing after it");
    assert_refused("/kick peer1 peer2", LISTEN, "/kick takes a peer: /kick PEER");
    assert_refused("/nick a b", PEER, "'a b' is no name: it has blanks");
    assert_refused("/nick  李  老师 \t", LISTEN, "'李  老师' is no name: it has blanks");
    assert_refused("/nick", LISTEN, "/nick takes a name: /nick NAME");
    assert_refused("/encoding peer utf-8, gbk", CONNECT,
                   "/encoding takes at most a peer and a list such as utf-8,gbk: "
                   "/encoding [PEER] [LIST]");
    assert_refused("/stop 1 2", CONNECT, "/stop takes at most a number: /stop [N]");
    assert_refused("/m a b", CONNECT, "/m takes at most the name of a saved message: /m [NAME]");
    assert_refused("/encoding a b c", LISTEN,
                   "/encoding takes at most a peer and a list such as utf-8,gbk: "
                   "/encoding [PEER] [LIST]");
}

/* ---- words that are none ---- */

static void one_mistake_is_near(void **state)
{
    (void)state;
    assert_mistyped("/hlep", CONNECT, COMMAND_IS_NEAR, "hlep", "help");
    assert_mistyped("/qit", CONNECT, COMMAND_IS_NEAR, "qit", "quit");
    assert_mistyped("/sendd x", CONNECT, COMMAND_IS_NEAR, "sendd", "send");
    assert_mistyped("/wo", LISTEN, COMMAND_IS_NEAR, "wo", "who");
    assert_mistyped("/kik peer1", LISTEN, COMMAND_IS_NEAR, "kik", "kick");
    assert_mistyped("/Help", PEER, COMMAND_IS_NEAR, "Help", "help");
    assert_mistyped("/help!", PEER, COMMAND_IS_NEAR, "help!", "help");
    assert_mistyped("/kick1 x", LISTEN, COMMAND_IS_NEAR, "kick1", "kick");
}

static void capital_letters_are_near(void **state)
{
    (void)state;
    assert_mistyped("/HELP", CONNECT, COMMAND_IS_NEAR, "HELP", "help");
    assert_mistyped("/QUIT", LISTEN, COMMAND_IS_NEAR, "QUIT", "quit");
    assert_mistyped("/HLEP", CONNECT, COMMAND_IS_NEAR, "HLEP", "help");
    assert_mistyped("/ME waves", PEER, COMMAND_IS_NEAR, "ME", "me");
}

static void unique_prefix_is_a_guess(void **state)
{
    (void)state;
    assert_mistyped("/h", LISTEN, COMMAND_IS_UNKNOWN, "h", "help");
    assert_mistyped("/q", CONNECT, COMMAND_IS_UNKNOWN, "q", "quit");
    assert_mistyped("/EN gbk", LISTEN, COMMAND_IS_UNKNOWN, "EN", "encoding");
    assert_mistyped("/s", LISTEN, COMMAND_IS_UNKNOWN, "s", NULL); /* status, send */
}

static void two_mistakes_are_a_guess(void **state)
{
    (void)state;
    assert_mistyped("/sattsu", LISTEN, COMMAND_IS_UNKNOWN, "sattsu", "status");
    assert_mistyped("/enncodin x", CONNECT, COMMAND_IS_UNKNOWN, "enncodin", "encoding");
}

static void far_word_is_unknown(void **state)
{
    (void)state;
    assert_mistyped("/bananas 你好", LISTEN, COMMAND_IS_UNKNOWN, "bananas", NULL);
    assert_mistyped("/join 房间", CONNECT, COMMAND_IS_UNKNOWN, "join", NULL);
    assert_mistyped("/wo", CONNECT, COMMAND_IS_UNKNOWN, "wo", NULL);
    assert_mistyped("/to:peer1 hi", LISTEN, COMMAND_IS_UNKNOWN, "to:peer1", NULL);
    assert_mistyped("/to　peer1 hi", LISTEN, COMMAND_IS_UNKNOWN, "to　peer1", NULL);
}

/* A name of one letter is near to every short word, and a room at the other end may have /me. */
static void one_letter_is_no_near_command(void **state)
{
    (void)state;
    assert_mistyped("/me waves", CONNECT, COMMAND_IS_UNKNOWN, "me", NULL);
    assert_mistyped("/k", CONNECT, COMMAND_IS_UNKNOWN, "k", NULL);
}

static void literal_is_the_rest_of_the_line(void **state)
{
    (void)state;
    assert_call("/bytes a  {hex 01 03} /b ", CONNECT, COMMAND_BYTES, "a  {hex 01 03} /b", NULL);
    assert_call("/every 500ms  a b", LISTEN, COMMAND_EVERY, "500ms", "a b");
    assert_call("/save read {hex 01 03}", CONNECT, COMMAND_SAVE, "read", "{hex 01 03}");
    assert_mistyped("/bytes a", CHAT, COMMAND_IS_UNKNOWN, "bytes", NULL);
    assert_mistyped("/bytes a", PEER, COMMAND_IS_UNKNOWN, "bytes", NULL);
}

static void longest_line_is_parsed(void **state)
{
    const size_t length = 64 * 1024;
    char *line = malloc(length + 1);
    struct command_line parsed;

    (void)state;
    memset(line, 'x', length);
    line[length] = '\0';
    line[0] = '/';
    parsed = parse(line, LISTEN);
    assert_int_equal(parsed.kind, COMMAND_IS_UNKNOWN);
    assert_int_equal(parsed.word.n, length - 1);
    assert_null(parsed.row);
    memcpy(line, "/to peer1 ", 10);
    parsed = parse(line, LISTEN);
    assert_int_equal(parsed.arguments[1].n, length - 10);
    free(line);
}

/* ---- the table ---- */

static void assert_rows(enum command_audience audience, const char *prefix, const char *expected)
{
    char all[1024] = "", shown[COMMAND_SHOWN];
    const struct command_row *row = NULL;

    while ((row = command_next(row, audience, prefix, strlen(prefix)))) {
        command_shown(row, shown);
        strcat(strcat(all, *all ? ", " : ""), shown);
        assert_true(strlen(row->help) > 0);
    }
    assert_string_equal(all, expected);
}

#define BENCH ", /bytes LITERAL, /every TIME LITERAL, /stop [N], /m [NAME], /save NAME [LITERAL]"

/* In a chat words have names, and bytes have none. */
static void every_audience_has_its_commands(void **state)
{
    (void)state;
    assert_rows(
        CONNECT, "",
        "/help, /quit, /status, /encoding [PEER] [LIST], /send FILE, /clear, /explain on|off, "
        "/eol [END], /view [FORM]" BENCH);
    assert_rows(LISTEN, "",
                "/help, /quit, /status, /encoding [PEER] [LIST], /send FILE, /clear, /explain "
                "on|off, /eol [END], /view [FORM], /who, "
                "/to PEER TEXT, /kick PEER, /nick NAME, /lock, /unlock" BENCH);
    assert_rows(PEER, "",
                "/help, /quit, /encoding CHARSET, /who, /nick NAME, /me TEXT, /msg NAME TEXT");
    assert_rows(CHAT, "",
                "/help, /quit, /status, /encoding [PEER] [LIST], /send FILE, /clear, /explain "
                "on|off, /eol [END], /view [FORM], /who, "
                "/to PEER TEXT, /kick PEER, /nick NAME, /lock, /unlock, /me TEXT, /msg NAME TEXT");
    assert_rows(MEMBER, "",
                "/help, /quit, /status, /encoding [LIST], /send FILE, /clear, /explain on|off, "
                "/eol [END], /view [FORM], /who, /nick NAME, "
                "/me TEXT, /msg NAME TEXT" BENCH);
}

static void next_finds_rows_by_prefix(void **state)
{
    (void)state;
    assert_rows(CONNECT, "s", "/status, /send FILE, /stop [N], /save NAME [LITERAL]");
    assert_rows(LISTEN, "lock", "/lock");
    assert_rows(LISTEN, "locks", "");
    assert_rows(CONNECT, "w", "");
    assert_rows(PEER, "m", "/me TEXT, /msg NAME TEXT");
}

static size_t words_of(const char *text)
{
    size_t words = 0;

    for (; *text; text += strspn(text, " "), words++)
        text += strcspn(text, " ");
    return words;
}

/* The shown arguments and `takes` are two columns of the table. */
static void shown_arguments_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof audiences / sizeof *audiences; i++) {
        const struct command_row *row = NULL;

        while ((row = command_next(row, audiences[i], "", 0))) {
            size_t taken = 0, optional = 0;

            while (taken < COMMAND_ARGUMENTS && row->takes[taken])
                taken++;
            for (const char *next = row->arguments; (next = strchr(next, '[')); next++)
                optional++;
            assert_int_equal(words_of(row->arguments), taken);
            assert_int_equal(row->least, taken - optional);
            assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz"), strlen(row->name));
        }
    }
}

/* ---- completion ---- */

/* '|' is where the word starts. */
static void assert_completes(const char *marked, enum command_audience audience, unsigned kinds)
{
    char text[128];
    size_t start = strcspn(marked, "|"), length = strlen(marked) - 1;
    struct command_completion completion;

    memcpy(text, marked, start);
    strcpy(text + start, marked + start + 1);
    completion = command_complete(text, length, audience);
    if (completion.kinds != kinds || completion.start != start)
        fail_msg("'%s' completes %u at %zu", text, completion.kinds, completion.start);
}

static void assert_completes_nothing(const char *text, enum command_audience audience)
{
    assert_int_equal(command_complete(text, strlen(text), audience).kinds, 0);
}

static void command_is_completed(void **state)
{
    (void)state;
    assert_completes("/|", CONNECT, COMPLETES_COMMAND);
    assert_completes("/|he", CONNECT, COMPLETES_COMMAND);
    assert_completes("/|help", PEER, COMPLETES_COMMAND);
    assert_completes("/|xyz", PEER, COMPLETES_COMMAND);
}

/* Only in a room a name at the beginning of a line tells others for whom it is. */
static void addressee_is_completed_in_a_room(void **state)
{
    (void)state;
    assert_completes("|al", MEMBER, COMPLETES_ADDRESSEE);
    assert_completes("|al", CHAT, COMPLETES_ADDRESSEE);
    assert_completes_nothing("al", LISTEN);
    assert_completes_nothing("al", CONNECT);
    assert_completes_nothing("", MEMBER);
    assert_completes_nothing("ask al", MEMBER);
    assert_completes_nothing(" al", MEMBER);
    assert_completes_nothing("//al", MEMBER);
}

static void argument_is_completed(void **state)
{
    (void)state;
    assert_completes("/kick |", LISTEN, COMPLETES_PEER);
    assert_completes("/kick   |pe", LISTEN, COMPLETES_PEER);
    assert_completes("/to |pe", LISTEN, COMPLETES_PEER);
    assert_completes("/msg |pe", PEER, COMPLETES_PEER);
    assert_completes("/encoding |g", CONNECT, COMPLETES_PEER | COMPLETES_CHARSET);
    assert_completes("/encoding |", PEER, COMPLETES_CHARSET);
    assert_completes("/m |", CONNECT, COMPLETES_SAVED);
    assert_completes("/save |re", LISTEN, COMPLETES_SAVED);
    assert_completes("/send |", CONNECT, COMPLETES_FILE);
    assert_completes("/send |my fi", LISTEN, COMPLETES_FILE);
    assert_completes("/send  |../a b/c ", LISTEN, COMPLETES_FILE);
}

static void optional_argument_completes_as_the_next_too(void **state)
{
    (void)state;
    assert_completes("/encoding |", LISTEN, COMPLETES_PEER | COMPLETES_CHARSET);
    assert_completes("/encoding |g", LISTEN, COMPLETES_PEER | COMPLETES_CHARSET);
    assert_completes("/encoding peer1 |g", LISTEN, COMPLETES_CHARSET);
}

static void last_charset_of_a_list_is_completed(void **state)
{
    (void)state;
    assert_completes("/encoding utf-8,|", CONNECT, COMPLETES_CHARSET);
    assert_completes("/encoding utf-8,|gb", LISTEN, COMPLETES_CHARSET);
    assert_completes("/encoding peer1 utf-8,|gb", LISTEN, COMPLETES_CHARSET);
    assert_completes("/kick |a,b", LISTEN, COMPLETES_PEER);
}

static void other_text_is_not_completed(void **state)
{
    (void)state;
    assert_completes_nothing("", CONNECT);
    assert_completes_nothing("he", CONNECT);
    assert_completes_nothing(" /he", CONNECT);
    assert_completes_nothing("//he", CONNECT);
    assert_completes_nothing("/usr/b", CONNECT);
    assert_completes_nothing("/1", CONNECT);
    assert_completes_nothing("/ ", CONNECT);
    assert_completes_nothing("/help ", CONNECT);
    assert_completes_nothing("/kick ", CONNECT);
    assert_completes_nothing("/kick peer1 ", LISTEN);
    assert_completes_nothing("/to peer1 pe", LISTEN);
    assert_completes_nothing("/nick pe", LISTEN);
    assert_completes_nothing("/nothing ", LISTEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_without_a_slash_is_text),
        cmocka_unit_test(two_slashes_are_text_with_one),
        cmocka_unit_test(slash_without_a_word_is_text),
        cmocka_unit_test(path_is_text),
        cmocka_unit_test(command_depends_on_the_audience),
        cmocka_unit_test(arguments_have_no_blanks_around_them),
        cmocka_unit_test(text_argument_keeps_its_blanks),
        cmocka_unit_test(copied_argument_ends_where_it_is_too_long),
        cmocka_unit_test(encoding_depends_on_the_audience),
        cmocka_unit_test(missing_argument_is_refused),
        cmocka_unit_test(superfluous_argument_is_refused),
        cmocka_unit_test(one_mistake_is_near),
        cmocka_unit_test(capital_letters_are_near),
        cmocka_unit_test(unique_prefix_is_a_guess),
        cmocka_unit_test(two_mistakes_are_a_guess),
        cmocka_unit_test(far_word_is_unknown),
        cmocka_unit_test(one_letter_is_no_near_command),
        cmocka_unit_test(literal_is_the_rest_of_the_line),
        cmocka_unit_test(longest_line_is_parsed),
        cmocka_unit_test(every_audience_has_its_commands),
        cmocka_unit_test(next_finds_rows_by_prefix),
        cmocka_unit_test(shown_arguments_are_taken),
        cmocka_unit_test(command_is_completed),
        cmocka_unit_test(addressee_is_completed_in_a_room),
        cmocka_unit_test(argument_is_completed),
        cmocka_unit_test(optional_argument_completes_as_the_next_too),
        cmocka_unit_test(last_charset_of_a_list_is_completed),
        cmocka_unit_test(other_text_is_not_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
