/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "texts.h"

#include <time.h>

#include "allocations.h"
#include "text/literal.h"
#include "text/literal_parse.h"

/* ---- helpers ---- */

static struct literal *parse(const char *text)
{
    struct err err = {0};
    struct literal *literal = literal_parse(text, strlen(text), 1, LITERAL_CAPTURES, &err);

    if (!literal)
        fail_msg("%s: %s", text, err.sentence);
    return literal;
}

static struct literal_values values_of(const char *charset)
{
    return (struct literal_values){
        .utf8 = find("utf-8"), .charset = charset ? find(charset) : NULL, .count = 1};
}

static void check_made(const char *text, const struct literal_values *values, const char *bytes,
                       size_t n)
{
    struct literal *literal = parse(text);
    struct err err = {0};
    struct buf out;

    buf_init(&out, ROOM);
    assert_int_equal(buf_append(&out, "before", 6), 0);
    if (literal_make(literal, values, &out, &err) < 0)
        fail_msg("%s: %s", text, err.sentence);
    if (buf_length(&out) != n + 6)
        fail_msg("%s: %zu bytes, not %zu", text, buf_length(&out) - 6, n);
    assert_memory_equal(buf_bytes(&out) + 6, bytes, n);
    buf_fini(&out);
    literal_free(literal);
}

#define CHECK(text, bytes)                                      \
    do {                                                        \
        struct literal_values values = values_of(NULL);         \
                                                                \
        check_made(text, &values, bytes, sizeof(bytes "") - 1); \
    } while (0)

static void check_refused(const char *text, unsigned captures, const char *beginning)
{
    struct err err = {0};
    struct literal *literal = literal_parse(text, strlen(text), 1, captures, &err);

    if (literal)
        fail_msg("%s is taken", text);
    assert_int_equal(err.kind, ERR_USAGE);
    if (strncmp(err.sentence, beginning, strlen(beginning)) != 0)
        fail_msg("%s: %s", text, err.sentence);
}

static void check_not_made(const char *text, const struct literal_values *values,
                           const char *sentence)
{
    struct literal *literal = parse(text);
    struct err err = {0};
    struct buf out;

    buf_init(&out, ROOM);
    assert_int_equal(buf_append(&out, "kept", 4), 0);
    if (literal_make(literal, values, &out, &err) == 0)
        fail_msg("%s is made", text);
    assert_string_equal(err.sentence, sentence);
    assert_int_equal(buf_length(&out), 4);
    buf_fini(&out);
    literal_free(literal);
}

/* ---- text and bytes ---- */

static void escapes_are_their_bytes(void **state)
{
    (void)state;
    CHECK("a\\n\\r\\t\\0\\\\\\{z", "a\n\r\t\0\\{z");
    CHECK("\\x00\\xfF\\x0D", "\x00\xFF\x0D");
    CHECK("\\u{4F60}\\u{1f600}", "\xE4\xBD\xA0\xF0\x9F\x98\x80");
    CHECK("\\00", "\0"
                  "0");
    CHECK("", "");
}

static void hex_is_read_with_and_without_blanks(void **state)
{
    (void)state;
    CHECK("{hex 01 03 00 0A}", "\x01\x03\x00\x0A");
    CHECK("{hex 0103000a}", "\x01\x03\x00\x0A");
    CHECK("<{hex   fF  0102 }>", "<\xFF\x01\x02>");
}

static void brace_before_other_characters_is_text(void **state)
{
    (void)state;
    CHECK("{\"a\":1}", "{\"a\":1}");
    CHECK("{}{ hex}{A}{{", "{}{ hex}{A}{{");
    CHECK("{", "{");
    CHECK("\\{hex 01}", "{hex 01}");
}

static void text_is_converted_and_bytes_are_not(void **state)
{
    struct literal_values gbk;

    (void)state;
    gbk = values_of("gbk");
    check_made("你\\xE4\\u{597D}{hex E4}", &gbk, "\xC4\xE3\xE4\xBA\xC3\xE4", 6);
}

/* Big5 with HKSCS has one pair of bytes for these two characters. */
static void text_and_numbers_of_characters_are_one_text(void **state)
{
    struct literal_values big5;

    (void)state;
    big5 = values_of("big5");
    check_made("\\u{CA}\\u{304}", &big5, "\x88\x62", 2);
}

static void character_that_the_charset_lacks_is_counted_or_refused(void **state)
{
    struct codec_faults faults = {0};
    struct literal_values gbk;

    (void)state;
    gbk = values_of("gbk");
    gbk.faults = &faults;
    check_made("a\\u{1F600}b", &gbk, "a?b", 3);
    assert_int_equal(faults.unencodable, 1);
    assert_int_equal(faults.unencodable_first, 0x1F600);
    gbk.text.bad = BAD_STOP;
    check_not_made("a\\u{1F600}b", &gbk, "U+1F600 is not in GBK");
}

static void line_ends_of_literals_stay_under_crlf(void **state)
{
    struct literal_values crlf;

    (void)state;
    crlf = values_of("gbk");
    crlf.text.eol = EOL_CRLF;
    check_made("a\\nb", &crlf, "a\nb", 3);
}

/* A telnet peer gets the letter of FF doubled, as typed text, and the byte FF as it is. */
static void bytes_are_not_doubled_for_telnet(void **state)
{
    struct literal_values telnet;

    (void)state;
    telnet = values_of("latin1");
    telnet.text.doubles_ff = true;
    check_made("\\xFF\\u{FF}", &telnet, "\xFF\xFF\xFF", 3);
}

static void all_bytes_survive_the_way_there_and_back(void **state)
{
    struct dice dice = {16};
    unsigned char bytes[512];

    (void)state;
    for (int round = 0; round < 400; round++) {
        struct literal_values values = values_of(round % 2 ? "gbk" : NULL);
        size_t n = round < 256 ? 1 : round == 256 ? 256 : dice_roll(&dice, sizeof bytes);
        struct buf text;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (unsigned char)(round < 256    ? round
                                       : round == 256 ? (int)i
                                                      : (int)dice_roll(&dice, 256));
        buf_init(&text, ROOM);
        assert_int_equal(literal_write(bytes, n, &text), 0);
        assert_int_equal(buf_append(&text, "", 1), 0);
        check_made((const char *)buf_bytes(&text), &values, (const char *)bytes, n);
        buf_fini(&text);
    }
}

static void check_written(const char *bytes, size_t n, const char *expected)
{
    struct buf text;

    buf_init(&text, ROOM);
    assert_int_equal(literal_write(bytes, n, &text), 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&text), expected);
    buf_fini(&text);
}

static void bytes_are_written_readably(void **state)
{
    (void)state;
    check_written(" a b\x02{c\\\r\n\0\xFF ", 13,
                  "\\x20"
                  "a b\\x02\\{c\\\\\\r\\n\\x00\\xFF\\x20");
}

static void only_a_brace_that_may_open_a_field_is_escaped(void **state)
{
    (void)state;
    check_written("{\"a\":{}}", 8, "{\"a\":{}}");
    check_written("{0}{a}{A}{", 10, "\\{0}\\{a}{A}\\{");
}

/* ---- fields ---- */

static void checksum_covers_what_stands_before_it(void **state)
{
    (void)state;
    CHECK("{hex 02 07}{crc16-modbus}", "\x02\x07\x41\x12");
    CHECK("123456789{crc32}", "123456789\x26\x39\xF4\xCB");
    CHECK("123456789{crc16-xmodem}", "123456789\x31\xC3");
    CHECK("123456789{sum8}", "123456789\xDD");
    CHECK("123456789{lrc}", "123456789\x23");
    CHECK("{crc16-modbus}", "\xFF\xFF");
}

static void checksum_has_the_order_that_is_asked_for(void **state)
{
    (void)state;
    CHECK("{hex 02 07}{crc16-modbus be}", "\x02\x07\x12\x41");
    CHECK("123456789{crc16-xmodem le}", "123456789\xC3\x31");
    CHECK("123456789{crc32 be hex}", "123456789CBF43926");
}

/* NMEA 0183 leaves the dollar sign and the asterisk out. */
static void checksum_begins_and_ends_at_offsets(void **state)
{
    (void)state;
    CHECK("\\x02"
          "123456789{crc16-modbus from 1 be}",
          "\x02"
          "123456789\x4B\x37");
    CHECK("$GPGLL,5057.970,N,00146.110,E,142451,A*{xor8 from 1 to -1 hex}\\r\\n",
          "$GPGLL,5057.970,N,00146.110,E,142451,A*27\r\n");
    CHECK("junk123456789{crc8 from -9}", "junk123456789\xF4");
    CHECK("{crc8 from 0 to 0}", "\x00");
}

static void length_counts_what_stands_behind_it(void **state)
{
    (void)state;
    CHECK("{len u16be}abc", "\x00\x03"
                            "abc");
    CHECK("{len u16le}{crc16-modbus}x", "\x03\x00\x01\x40x");
    CHECK("{len u8}a{len u8}bc", "\x04"
                                 "a\x02"
                                 "bc");
    CHECK("{len u16be-2}abc", "\x00\x05"
                              "abc");
    CHECK("{len u32le+1}abc", "\x02\x00\x00\x00"
                              "abc");
    CHECK("{len u8 hex}0123456789ABCDEF", "100123456789ABCDEF");
    CHECK("{len u32be}", "\x00\x00\x00\x00");
}

/* A checksum is over the lengths, too, and a length counts the bytes of the charset. */
static void length_and_checksum_know_the_charset(void **state)
{
    struct literal_values gbk;

    (void)state;
    gbk = values_of("gbk");
    check_made("{len u8}你好{sum8}", &gbk, "\x05\xC4\xE3\xBA\xC3\x29", 6);
}

static void modbus_tcp_request_is_one_literal(void **state)
{
    struct literal_values values;

    (void)state;
    values = values_of(NULL);
    values.count = 258;
    check_made("{count u16be}{hex 00 00}{len u16be}{hex 01 03 00 00 00 0A}", &values,
               "\x01\x02\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0A", 12);
}

static void count_is_decimal_or_bytes(void **state)
{
    struct literal_values values;

    (void)state;
    values = values_of(NULL);
    values.count = 70000;
    check_made("#{count}", &values, "#70000", 6);
    check_made("{count u16be}{count u8 hex}{count u16le}", &values,
               "\x11\x70"
               "70\x70\x11",
               6);
}

static void literal_knows_whether_it_counts(void **state)
{
    struct literal *with = parse("a{count}"), *without = parse("a\\{count}");

    (void)state;
    assert_true(with->counts && !without->counts);
    literal_free(with);
    literal_free(without);
}

static void time_is_local_and_has_a_form(void **state)
{
    struct literal_values values;

    (void)state;
    setenv("TZ", "UTC-8", 1);
    tzset();
    values = values_of(NULL);
    values.time = 1795882931;
    check_made("{time}", &values, "2026-11-29 00:22:11", 19);
    check_made("T{time %y%m%d%H%M%S}%", &values, "T261129002211%", 14);
    check_made("{time %s 100%%}", &values, "1795882931 100%", 15);
}

static void captures_are_converted(void **state)
{
    struct literal_values gbk;

    (void)state;
    gbk = values_of("gbk");
    gbk.captures[0] = (struct literal_capture){.text = "你好\xE4", .n = 6};
    gbk.captures[9] = (struct literal_capture){.text = "a", .n = 1};
    check_made("<{0}{1}{9}>", &gbk,
               "<\xC4\xE3\xBA\xC3"
               "a>",
               7);
}

static void captures_of_bytes_are_exact(void **state)
{
    struct literal_values gbk;

    (void)state;
    gbk = values_of("gbk");
    gbk.captures[1] = (struct literal_capture){.text = "\xE4\0\xFF", .n = 3, .is_bytes = true};
    gbk.captures[2] = (struct literal_capture){.text = "", .is_bytes = true};
    check_made("<{1}{2}>", &gbk, "<\xE4\0\xFF>", 5);
}

/* ---- mistakes ---- */

static void mistake_is_shown_with_its_column(void **state)
{
    (void)state;
    check_refused("你好\\q", 0, "column 3: '\\q' is none of");
    check_refused("ab\\", 0, "column 3: nothing is behind the backslash");
    check_refused("\\x1", 0, "column 1: \\x takes two hex digits");
    check_refused("\\x1g", 0, "column 1: \\x takes two hex digits");
    check_refused("a{hex 01 0}", 0, "column 11: {hex} takes pairs");
    check_refused("a{hex 0g}", 0, "column 8: {hex} takes pairs");
    check_refused("{hex}", 0, "column 5: {hex} takes pairs");
    check_refused("ab{hex 01", 0, "column 3: this brace opens a field");
    check_refused("{crc16-modbsu}", 0, "column 1: there is no {crc16-modbsu}; {crc16-modbus}");
    check_refused("{crc16}", 0,
                  "column 1: there is no {crc16}; there are {crc16-modbus}, {crc16-arc}");
    check_refused("x{nothing}", 0, "column 2: there is no {nothing}; a brace itself is \\{");
    check_refused("{crc32 le big}", 0, "column 11: {crc32} takes be, le, hex, from N and to N");
    check_refused("{crc32 from}", 0, "column 8: {crc32} takes");
    check_refused("{crc32 from 1x}", 0, "column 8: {crc32} takes");
    check_refused("{len u24}", 0, "column 6: {len} takes u8");
    check_refused("{len}", 0, "column 5: {len} takes u8");
    check_refused("{len u8 u8}", 0, "column 9: {len} takes u8");
    check_refused("{len u8+-1}", 0, "column 6: {len} takes u8");
    check_refused("{count up}", 0, "column 8: {count} takes u8");
    check_refused("{count hex}", 0, "column 8: {count} takes u8");
    check_refused("{time %c}", 0, "column 7: {time} takes");
    check_refused("{time 1%}", 0, "column 8: {time} takes");
}

static void numbers_that_are_no_character_are_refused(void **state)
{
    (void)state;
    check_refused("\\u4F60", 0, "column 1: \\u takes");
    check_refused("\\u{}", 0, "column 1: \\u takes");
    check_refused("\\u{D800}", 0, "column 1: \\u takes");
    check_refused("\\u{110000}", 0, "column 1: \\u takes");
    check_refused("\\u{0000041}", 0, "column 1: \\u takes");
    check_refused("\\u{41", 0, "column 1: \\u takes");
}

static void captures_are_of_rules_only(void **state)
{
    (void)state;
    check_refused("a{1}", 0, "column 2: {1} stands in rules only");
    check_refused("{3}", 3, "column 1: there is no {3}; {0} to {2} are there");
    check_refused("{12}", 10, "column 1: there is no {12}");
}

static void column_counts_from_the_place_in_a_line(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(literal_parse("a\\q", 3, 10, 0, &err));
    assert_memory_equal(err.sentence, "column 11: ", 11);
}

static void message_that_cannot_be_is_not_made(void **state)
{
    struct literal_values values;
    char text[400] = "ab{len u8}";

    (void)state;
    values = values_of(NULL);
    memset(text + 10, 'x', 256);
    check_not_made(text, &values, "column 3: 256 does not fit in this {len}");
    check_not_made("{len u8+1}", &values, "column 1: -1 does not fit in this {len}");
    check_not_made("a{lrc from 2}", &values,
                   "column 2: {lrc} stands at byte 1 and cannot cover 2 to 1");
    check_not_made("ab{lrc from 2 to 1}", &values,
                   "column 3: {lrc} stands at byte 2 and cannot cover 2 to 1");
    check_not_made("{lrc to 1}", &values,
                   "column 1: {lrc} stands at byte 0 and cannot cover 0 to 1");
    check_not_made("a{lrc from -2}", &values,
                   "column 2: {lrc} stands at byte 1 and cannot cover -1 to 1");
}

static void too_many_numbers_are_refused(void **state)
{
    char text[(LITERAL_NUMBERS + 1) * 5 + 1] = "";

    (void)state;
    for (int i = 0; i <= LITERAL_NUMBERS; i++)
        strcat(text, "{lrc}");
    check_refused(text, 0, "column 321: a literal has at most 64");
    text[LITERAL_NUMBERS * 5] = '\0';
    literal_free(parse(text));
}

static void full_buffer_keeps_what_it_had(void **state)
{
    unsigned char room[4];
    struct buf out = {.bytes = room, .capacity = sizeof room, .cap = sizeof room};
    struct literal_values values;
    struct literal *literal = parse("ab{crc32}");
    struct err err = {0};

    (void)state;
    values = values_of(NULL);
    assert_int_equal(literal_make(literal, &values, &out, &err), -1);
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_int_equal(buf_length(&out), 0);
    literal_free(literal);
}

static void lack_of_memory_is_no_long_message(void **state)
{
    struct literal_values values;
    struct literal *literal = parse("ab{crc32}");
    struct err err = {0};
    struct buf out;

    (void)state;
    values = values_of(NULL);
    buf_init(&out, ROOM);
    memory_is_short = true;
    assert_int_equal(literal_make(literal, &values, &out, &err), -1);
    memory_is_short = false;
    assert_int_equal(err.kind, ERR_LOCAL);
    assert_string_equal(err.sentence, "out of memory");
    buf_fini(&out);
    literal_free(literal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_their_bytes),
        cmocka_unit_test(hex_is_read_with_and_without_blanks),
        cmocka_unit_test(brace_before_other_characters_is_text),
        cmocka_unit_test(text_is_converted_and_bytes_are_not),
        cmocka_unit_test(text_and_numbers_of_characters_are_one_text),
        cmocka_unit_test(character_that_the_charset_lacks_is_counted_or_refused),
        cmocka_unit_test(line_ends_of_literals_stay_under_crlf),
        cmocka_unit_test(bytes_are_not_doubled_for_telnet),
        cmocka_unit_test(all_bytes_survive_the_way_there_and_back),
        cmocka_unit_test(bytes_are_written_readably),
        cmocka_unit_test(only_a_brace_that_may_open_a_field_is_escaped),
        cmocka_unit_test(checksum_covers_what_stands_before_it),
        cmocka_unit_test(checksum_has_the_order_that_is_asked_for),
        cmocka_unit_test(checksum_begins_and_ends_at_offsets),
        cmocka_unit_test(length_counts_what_stands_behind_it),
        cmocka_unit_test(length_and_checksum_know_the_charset),
        cmocka_unit_test(modbus_tcp_request_is_one_literal),
        cmocka_unit_test(count_is_decimal_or_bytes),
        cmocka_unit_test(literal_knows_whether_it_counts),
        cmocka_unit_test(time_is_local_and_has_a_form),
        cmocka_unit_test(captures_are_converted),
        cmocka_unit_test(captures_of_bytes_are_exact),
        cmocka_unit_test(mistake_is_shown_with_its_column),
        cmocka_unit_test(numbers_that_are_no_character_are_refused),
        cmocka_unit_test(captures_are_of_rules_only),
        cmocka_unit_test(column_counts_from_the_place_in_a_line),
        cmocka_unit_test(message_that_cannot_be_is_not_made),
        cmocka_unit_test(too_many_numbers_are_refused),
        cmocka_unit_test(full_buffer_keeps_what_it_had),
        cmocka_unit_test(lack_of_memory_is_no_long_message),
    };

    return cmocka_run_group_tests(tests, NULL, close_charsets);
}
