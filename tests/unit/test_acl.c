/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "peers.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/acl.h"

/* ---- files ---- */

/* A path for each test that needs one. */
struct file {
    char path[32];
};

static struct file new_file(void)
{
    struct file file = {"/tmp/test_access-XXXXXX"};
    int fd = mkstemp(file.path);

    assert_true(fd >= 0);
    close(fd);
    return file;
}

static void put(const struct file *file, const char *text, size_t n)
{
    FILE *stream = fopen(file->path, "wb");

    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, n, stream), n);
    assert_int_equal(fclose(stream), 0);
}

static void write_file(const struct file *file, const char *text)
{
    put(file, text, strlen(text));
}

static void delete_file(const struct file *file)
{
    assert_int_equal(unlink(file->path), 0);
}

/* ---- helpers ---- */

static struct acl with(struct acl_options options)
{
    struct acl access;
    struct err err = {0};

    memset(&access, 0xA5, sizeof access);
    if (acl_init(&access, &options, &err) < 0)
        fail_msg("refused: %s", err.sentence);
    assert_int_equal(err.kind, ERR_NONE);
    return access;
}

static void assert_admitted(const struct acl *access, const char *host, bool expected)
{
    struct endpoint peer = peer_of(host);

    if (acl_admits(access, &peer) != expected)
        fail_msg("%s is %s", host, expected ? "refused" : "admitted");
}

/* The addresses that are admitted and refused; both lists end in NULL. */
static void assert_admits(struct acl_options options, const char *const *in, const char *const *out)
{
    struct acl access = with(options);

    for (; *in; in++)
        assert_admitted(&access, *in, true);
    for (; *out; out++)
        assert_admitted(&access, *out, false);
    acl_fini(&access);
}

/* Ends in NULL. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HOSTS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void assert_sentence(const struct err *err, const char *words)
{
    if (!strstr(err->sentence, words))
        fail_msg("'%s' does not say '%s'", err->sentence, words);
}

/* The rules are refused with a sentence that holds these words, and no peer is admitted then. */
static void assert_refused(struct acl_options options, enum err_kind kind, const char *words)
{
    struct acl access;
    struct err err = {0};

    memset(&access, 0xA5, sizeof access);
    if (acl_init(&access, &options, &err) == 0)
        fail_msg("taken, but should say '%s'", words);
    assert_int_equal(err.kind, kind);
    assert_sentence(&err, words);
    assert_admitted(&access, "127.0.0.1", false);
    assert_admitted(&access, "::1", false);
}

static void assert_list_refused(const char *list, const char *words)
{
    assert_refused((struct acl_options){.allow = LIST(list)}, ERR_USAGE, words);
    assert_refused((struct acl_options){.allow = LIST(list)}, ERR_USAGE, "--allow");
    assert_refused((struct acl_options){.deny = LIST(list)}, ERR_USAGE, words);
    assert_refused((struct acl_options){.deny = LIST(list)}, ERR_USAGE, "--deny");
}

static void assert_file_refused(const struct file *file, const char *text, const char *words)
{
    char place[64];

    write_file(file, text);
    snprintf(place, sizeof place, "%s, line ", file->path);
    assert_refused((struct acl_options){.allow_file = LIST(file->path)}, ERR_USAGE, place);
    assert_refused((struct acl_options){.allow_file = LIST(file->path)}, ERR_USAGE, words);
    assert_refused((struct acl_options){.deny_file = LIST(file->path)}, ERR_USAGE, words);
}

/* ---- rules ---- */

static void empty_acl_admits_every_peer(void **state)
{
    struct acl zeroed = {0};

    (void)state;
    assert_admits((struct acl_options){0},
                  HOSTS("127.0.0.1", "0.0.0.0", "::", "::1", "::ffff:1.2.3.4", "unix:"), HOSTS());
    assert_admitted(&zeroed, "127.0.0.1", true);
}

static void allow_list_admits_only_its_addresses(void **state)
{
    (void)state;
    assert_admits((struct acl_options){.allow = LIST("192.0.2.1")}, HOSTS("192.0.2.1"),
                  HOSTS("192.0.2.0", "192.0.2.2", "0.0.0.0", "::1", "::"));
    assert_admits((struct acl_options){.allow = LIST("2001:db8::1")}, HOSTS("2001:db8::1"),
                  HOSTS("2001:db8::", "2001:db8::2", "192.0.2.1"));
}

static void deny_list_refuses_only_its_addresses(void **state)
{
    (void)state;
    assert_admits(
        (struct acl_options){.deny = LIST("10.0.0.0/8,2001:db8::/32")},
        HOSTS("9.255.255.255", "11.0.0.0", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        HOSTS("10.0.0.0", "10.255.255.255",
              "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
}

static void deny_outranks_allow(void **state)
{
    (void)state;
    assert_admits((struct acl_options){.allow = LIST("10.0.0.0/8"), .deny = LIST("10.1.0.0/16")},
                  HOSTS("10.0.0.1", "10.2.0.0"), HOSTS("10.1.0.1", "11.0.0.1"));
    assert_admits((struct acl_options){.allow = LIST("10.1.0.1"), .deny = LIST("10.1.0.0/16")},
                  HOSTS(), HOSTS("10.1.0.1", "10.1.0.2", "10.2.0.0"));
    assert_admits((struct acl_options){.allow = LIST("10.1.0.1"), .deny = LIST("10.1.0.1")},
                  HOSTS(), HOSTS("10.1.0.1"));
}

static void commas_and_blanks_separate_rules(void **state)
{
    static const char *const lists[] = {"10.0.0.1,::1,10.0.0.3", "10.0.0.1 ::1 10.0.0.3",
                                        "10.0.0.1, ::1,\t10.0.0.3", ",,10.0.0.1,,::1 ,10.0.0.3, ",
                                        "10.0.0.1\n::1\r\n10.0.0.3"};

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_admits((struct acl_options){.allow = LIST(lists[i])},
                      HOSTS("10.0.0.1", "10.0.0.3", "::1"), HOSTS("10.0.0.2", "::2", "::"));
}

static void unix_peers_are_always_admitted(void **state)
{
    struct acl_options broken = {.allow = LIST("nonsense")};
    struct acl access;

    (void)state;
    assert_admits((struct acl_options){.allow = LIST("10.0.0.1"), .deny = LIST("0.0.0.0/0 ::/0")},
                  HOSTS("unix:"), HOSTS("10.0.0.1", "::1"));
    assert_int_equal(acl_init(&access, &broken, NULL), -1);
    assert_admitted(&access, "unix:", true);
}

static void unknown_families_are_refused(void **state)
{
    struct acl access = with((struct acl_options){.deny = LIST("10.0.0.1")});
    struct endpoint peer = {.length = sizeof peer.address.any};

    (void)state;
    assert_false(acl_admits(&access, &peer));
    acl_fini(&access);
}

/* Ports and scopes are not part of an address. */
static void ports_and_scopes_do_not_matter(void **state)
{
    struct acl access = with((struct acl_options){.allow = LIST("fe80::1")});
    struct endpoint peer = peer_of("fe80::1");

    (void)state;
    peer.address.v6.sin6_scope_id = 7;
    peer.address.v6.sin6_flowinfo = 7;
    endpoint_set_port(&peer, 1);
    assert_true(acl_admits(&access, &peer));
    acl_fini(&access);
}

static void ipv4_in_ipv6_is_ipv4(void **state)
{
    (void)state;
    assert_admits((struct acl_options){.allow = LIST("10.0.0.0/8")},
                  HOSTS("10.0.0.1", "::ffff:10.0.0.1"), HOSTS("::ffff:11.0.0.1", "::10.0.0.1"));
    assert_admits((struct acl_options){.deny = LIST("::ffff:0:0/96")}, HOSTS("::1"),
                  HOSTS("10.0.0.1", "::ffff:10.0.0.1"));
}

/* ---- broken rules ---- */

static void broken_rule_is_quoted(void **state)
{
    (void)state;
    assert_list_refused("10.0.0.1,example.org", "'example.org'");
    assert_list_refused("10.0.0.1/8 ::1", "'10.0.0.1/8'");
    assert_list_refused("10.0.0.1\n::/129", "a number from 0 to 128");
}

static void repeated_lists_add_up(void **state)
{
    (void)state;
    assert_admits((struct acl_options){.deny = LIST("10.0.0.1", "10.0.0.2", "::1")},
                  HOSTS("10.0.0.3"), HOSTS("10.0.0.1", "10.0.0.2", "::1"));
    assert_admits((struct acl_options){.allow = LIST("10.0.0.1", "10.0.0.2")},
                  HOSTS("10.0.0.1", "10.0.0.2"), HOSTS("10.0.0.3"));
    assert_refused((struct acl_options){.deny = LIST("10.0.0.1", "")}, ERR_USAGE, "empty list");
    assert_refused((struct acl_options){.deny = LIST("nonsense", "::1")}, ERR_USAGE, "nonsense");
}

static void empty_list_is_refused(void **state)
{
    (void)state;
    assert_list_refused("", "empty list");
    assert_list_refused(" ,\t\n", "empty list");
}

static void refusals_say_how_to_write_it(void **state)
{
    struct acl_options options = {.allow = LIST("nonsense")};
    struct acl access;

    (void)state;
    assert_int_equal(acl_init(&access, &options, NULL), -1);
}

/* ---- files ---- */

static void files_hold_lines_and_comments(void **state)
{
    static const char *const texts[] = {
        "10.0.0.1\n::1\n10.0.0.3\n",
        "10.0.0.1\n::1\n10.0.0.3",
        "10.0.0.1\r\n::1\r\n10.0.0.3\r\n",
        "10.0.0.1\r::1\r10.0.0.3",
        "\n\n  10.0.0.1 \n\t::1\t\n,10.0.0.3,\n\n",
        "# all, 10.0.0.2\n10.0.0.1 # one ::2\n::1# two\n10.0.0.3\n#",
        "# old\r10.0.0.1\r# older\r::1 10.0.0.3\r",
        ("\xEF\xBB\xBF"
         "10.0.0.1,::1 10.0.0.3"),
        "\xEF\xBB\xBF# comment\r\n10.0.0.1,::1 10.0.0.3",
    };
    struct file file = new_file();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(&file, texts[i]);
        assert_admits((struct acl_options){.allow_file = LIST(file.path)},
                      HOSTS("10.0.0.1", "10.0.0.3", "::1"), HOSTS("10.0.0.2", "::2", "::"));
        assert_admits((struct acl_options){.deny_file = LIST(file.path)},
                      HOSTS("10.0.0.2", "::2", "::"), HOSTS("10.0.0.1", "10.0.0.3", "::1"));
    }
    delete_file(&file);
}

static void repeated_files_add_up(void **state)
{
    struct file one = new_file(), other = new_file();

    (void)state;
    write_file(&one, "10.0.0.1");
    write_file(&other, "10.0.0.2");
    assert_admits((struct acl_options){.deny_file = LIST(one.path, other.path)}, HOSTS("10.0.0.3"),
                  HOSTS("10.0.0.1", "10.0.0.2"));
    assert_admits((struct acl_options){.allow_file = LIST(one.path, other.path)},
                  HOSTS("10.0.0.1", "10.0.0.2"), HOSTS("10.0.0.3"));
    delete_file(&one);
    delete_file(&other);
}

static void empty_allow_file_admits_no_address(void **state)
{
    static const char *const texts[] = {"", "\n", "# 10.0.0.1\n", "\xEF\xBB\xBF", " , "};
    struct file file = new_file();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(&file, texts[i]);
        assert_admits((struct acl_options){.allow_file = LIST(file.path)}, HOSTS("unix:"),
                      HOSTS("10.0.0.1", "::1"));
        assert_admits((struct acl_options){.deny_file = LIST(file.path)}, HOSTS("10.0.0.1", "::1"),
                      HOSTS());
    }
    delete_file(&file);
}

static void list_and_file_add_up(void **state)
{
    struct file allow = new_file(), deny = new_file();

    (void)state;
    write_file(&allow, "10.1.0.0/16\n");
    write_file(&deny, "10.1.1.1\n");
    assert_admits((struct acl_options){.allow = LIST("10.2.0.0/16"),
                                       .allow_file = LIST(allow.path),
                                       .deny = LIST("10.2.1.1"),
                                       .deny_file = LIST(deny.path)},
                  HOSTS("10.1.0.1", "10.2.0.1"), HOSTS("10.1.1.1", "10.2.1.1", "10.3.0.1"));
    delete_file(&allow);
    delete_file(&deny);
}

static void broken_line_is_numbered(void **state)
{
    struct file file = new_file();

    (void)state;
    assert_file_refused(&file, "example.org", "line 1: 'example.org'");
    assert_file_refused(&file, "10.0.0.1\n\n# c\n10.0.0.1/8 ::1\n", "line 4: '10.0.0.1/8'");
    assert_file_refused(&file, "::1\r\n#\r\nx\r\n", "line 3: 'x'");
    assert_file_refused(&file, "::1\r\rx", "line 3: 'x'");
    assert_file_refused(&file, "::1\n\rx", "line 3: 'x'");
    assert_file_refused(&file, "# \xEF\xBB\xBF\n\xEF\xBB\xBF::1\n", "line 2: ");
    put(&file, "::1\n1\0.2.3.4", 12);
    assert_refused((struct acl_options){.deny_file = LIST(file.path)}, ERR_USAGE, "line 2: ");
    assert_refused((struct acl_options){.deny_file = LIST(file.path)}, ERR_USAGE, "NUL byte");
    put(&file, "\xFF\xFE#\0\n\0", 6);
    assert_refused((struct acl_options){.deny_file = LIST(file.path)}, ERR_USAGE, "line 1: ");
    delete_file(&file);
}

static void only_regular_files_are_read(void **state)
{
    static const char *const paths[] = {"/", "/dev/null", "/dev/zero"};
    struct file fifo = new_file();

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_refused((struct acl_options){.deny_file = LIST(paths[i])}, ERR_LOCAL,
                       "not a regular file");
    delete_file(&fifo);
    assert_refused((struct acl_options){.allow_file = LIST(fifo.path)}, ERR_LOCAL,
                   "No such file or directory");
    assert_int_equal(mkfifo(fifo.path, 0600), 0);
    assert_refused((struct acl_options){.allow_file = LIST(fifo.path)}, ERR_LOCAL, fifo.path);
    delete_file(&fifo);
}

static void too_long_files_are_refused(void **state)
{
    struct file file = new_file();

    (void)state;
    write_file(&file, "10.0.0.1 #");
    assert_int_equal(truncate(file.path, ACL_FILE), 0);
    assert_admits((struct acl_options){.allow_file = LIST(file.path)}, HOSTS("10.0.0.1"),
                  HOSTS("10.0.0.2"));
    assert_int_equal(truncate(file.path, ACL_FILE + 1), 0);
    assert_refused((struct acl_options){.allow_file = LIST(file.path)}, ERR_LOCAL,
                   "longer than 16 MiB");
    delete_file(&file);
}

/* The reason stays, however long the path is. */
static void long_paths_leave_room_for_the_reason(void **state)
{
    char path[1024] = "/tmp/";

    (void)state;
    while (strlen(path) < 900)
        strcat(path, "./");
    strcat(path, "test_access-none");
    assert_refused((struct acl_options){.allow_file = LIST(path)}, ERR_LOCAL, ": No such file");
}

/* After many errors as many descriptors are open as before. */
static void read_files_are_closed(void **state)
{
    struct file file = new_file();
    int before = open("/", O_RDONLY), after;

    (void)state;
    close(before);
    for (int i = 0; i < 10; i++) {
        write_file(&file, i & 1 ? "10.0.0.1" : "nonsense");
        (void)acl_init(&(struct acl){0},
                       &(struct acl_options){.allow_file = LIST(i & 1 ? "/" : file.path)}, NULL);
    }
    after = open("/", O_RDONLY);
    assert_int_equal(before, after);
    close(after);
    delete_file(&file);
}

/* ---- reading again ---- */

static void reload_applies_new_rules(void **state)
{
    struct file allow = new_file(), deny = new_file();
    struct acl access;

    (void)state;
    write_file(&allow, "10.0.0.0/8\n");
    access = with((struct acl_options){
        .allow = LIST("::1"), .allow_file = LIST(allow.path), .deny_file = LIST(deny.path)});
    assert_admitted(&access, "10.0.0.1", true);
    write_file(&allow, "192.0.2.0/24\n");
    write_file(&deny, "192.0.2.1\n");
    assert_admitted(&access, "10.0.0.1", true);
    assert_int_equal(acl_reload(&access, NULL), 0);
    assert_admitted(&access, "10.0.0.1", false);
    assert_admitted(&access, "192.0.2.1", false);
    assert_admitted(&access, "192.0.2.2", true);
    assert_admitted(&access, "::1", true);
    write_file(&allow, "");
    assert_int_equal(acl_reload(&access, NULL), 0);
    assert_admitted(&access, "192.0.2.2", false);
    assert_admitted(&access, "::1", true);
    acl_fini(&access);
    delete_file(&allow);
    delete_file(&deny);
}

static void assert_old_rules(struct acl *access, const char *words)
{
    struct err err = {0};

    assert_int_equal(acl_reload(access, &err), -1);
    assert_sentence(&err, words);
    assert_admitted(access, "10.0.0.1", true);
    assert_admitted(access, "10.0.0.2", false);
    assert_admitted(access, "192.0.2.1", false);
}

/* For each of the files; correct lines before the fault do not count either. */
static void reload_of_a_broken_file_keeps_old_rules(void **state)
{
    struct file allow = new_file(), deny = new_file();
    struct acl access;

    (void)state;
    write_file(&allow, "10.0.0.0/8\n");
    write_file(&deny, "10.0.0.2\n");
    access =
        with((struct acl_options){.allow_file = LIST(allow.path), .deny_file = LIST(deny.path)});
    write_file(&allow, "192.0.2.0/24\nexample.org\n");
    assert_old_rules(&access, "line 2: 'example.org'");
    write_file(&allow, "192.0.2.0/24\n");
    write_file(&deny, "10.0.0.1\n\n10.0.0.1/8\n");
    assert_old_rules(&access, "line 3: '10.0.0.1/8'");
    delete_file(&deny);
    assert_old_rules(&access, deny.path);
    assert_int_equal(mkfifo(deny.path, 0600), 0);
    assert_old_rules(&access, "not a regular file");
    delete_file(&deny);
    write_file(&deny, "192.0.2.1\n");
    assert_int_equal(acl_reload(&access, NULL), 0);
    assert_admitted(&access, "192.0.2.1", false);
    assert_admitted(&access, "192.0.2.2", true);
    assert_admitted(&access, "10.0.0.1", false);
    acl_fini(&access);
    delete_file(&allow);
    delete_file(&deny);
}

static void reload_may_succeed_after_a_failed_init(void **state)
{
    struct file file = new_file();
    struct acl_options options = {.deny_file = LIST(file.path)};
    struct acl access;

    (void)state;
    write_file(&file, "nonsense");
    assert_int_equal(acl_init(&access, &options, NULL), -1);
    assert_admitted(&access, "10.0.0.1", false);
    write_file(&file, "10.0.0.2");
    assert_int_equal(acl_reload(&access, NULL), 0);
    assert_admitted(&access, "10.0.0.1", true);
    assert_admitted(&access, "10.0.0.2", false);
    acl_fini(&access);
    delete_file(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_acl_admits_every_peer),
        cmocka_unit_test(allow_list_admits_only_its_addresses),
        cmocka_unit_test(deny_list_refuses_only_its_addresses),
        cmocka_unit_test(deny_outranks_allow),
        cmocka_unit_test(commas_and_blanks_separate_rules),
        cmocka_unit_test(unix_peers_are_always_admitted),
        cmocka_unit_test(unknown_families_are_refused),
        cmocka_unit_test(ports_and_scopes_do_not_matter),
        cmocka_unit_test(ipv4_in_ipv6_is_ipv4),
        cmocka_unit_test(broken_rule_is_quoted),
        cmocka_unit_test(repeated_lists_add_up),
        cmocka_unit_test(empty_list_is_refused),
        cmocka_unit_test(refusals_say_how_to_write_it),
        cmocka_unit_test(files_hold_lines_and_comments),
        cmocka_unit_test(repeated_files_add_up),
        cmocka_unit_test(empty_allow_file_admits_no_address),
        cmocka_unit_test(list_and_file_add_up),
        cmocka_unit_test(broken_line_is_numbered),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(too_long_files_are_refused),
        cmocka_unit_test(long_paths_leave_room_for_the_reason),
        cmocka_unit_test(read_files_are_closed),
        cmocka_unit_test(reload_applies_new_rules),
        cmocka_unit_test(reload_of_a_broken_file_keeps_old_rules),
        cmocka_unit_test(reload_may_succeed_after_a_failed_init),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
