/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Input: the first byte chooses the command; the rest are its words, each ended by NUL. */
#include "fuzz.h"

#include <stdbool.h>

#include "cli/options.h"

enum { WORDS = 16 };

struct line {
    int argc;
    char *argv[WORDS + 2]; /* the words for the parser */
    char *kept[WORDS + 1]; /* the same pointers, for comparison */
    char *copies[WORDS + 1];
};

static void add_word(struct line *line, char *word)
{
    line->argv[line->argc] = line->kept[line->argc] = word;
    line->copies[line->argc] = strdup(word);
    CLAIM(line->copies[line->argc]);
    line->argc++;
}

static void read_line(struct line *line, struct data *input, enum command command)
{
    char *word;

    *line = (struct line){0};
    add_word(line, strdup(command == COMMAND_LISTEN ? "listen" : "connect"));
    while (line->argc <= WORDS && (word = input_word(input)))
        add_word(line, word);
}

static void free_line(struct line *line)
{
    for (int i = 0; i < line->argc; i++) {
        free(line->kept[i]);
        free(line->copies[i]);
    }
}

/* The login of a proxy is overwritten (cli/secrets), in the option's word or behind it. */
static bool may_have_login(const struct line *line, int i)
{
    return strstr(line->copies[i], "prox") || (i && strstr(line->copies[i - 1], "prox"));
}

/* The parser must not change other words, nor their order. */
static void check_untouched(const struct line *line)
{
    for (int i = 0; i < line->argc; i++) {
        CLAIM(line->argv[i] == line->kept[i]);
        CLAIM(may_have_login(line, i) ? strlen(line->argv[i]) <= strlen(line->copies[i])
                                      : !strcmp(line->argv[i], line->copies[i]));
    }
    CLAIM(!line->argv[line->argc]);
}

/* A text is a word, or the end of a word. */
static void check_text(const struct line *line, const char *text)
{
    for (int i = 1; i < line->argc; i++)
        if (text >= line->argv[i] && text <= line->argv[i] + strlen(line->argv[i]))
            return;
    CLAIM(!text);
}

static void check_duration(struct duration duration, bool zero_allowed)
{
    const uint64_t century = UINT64_C(3155760000000);

    CLAIM(duration.given || !duration.ms);
    CLAIM(duration.ms <= century);
    CLAIM(!duration.given || zero_allowed || duration.ms);
}

static void check_command(const struct options *options)
{
    if (options->command == COMMAND_LISTEN) {
        CLAIM(!options->connect_timeout.given && !options->retry.given && !options->probe);
        CLAIM(!options->source && !options->source_port);
    } else {
        CLAIM(!options->listen_timeout.given && !options->port_file && !options->once);
    }
}

static void check_address(const struct options *options)
{
    const struct address *address = &options->address;

    CLAIM(address_is_unix(address) ? *address->path : *address->port);
    CLAIM(address_is_unix(address) || *address->host || options->command == COMMAND_LISTEN);
    CLAIM(address_is_unix(address) || options->command == COMMAND_LISTEN ||
          strspn(address->port, "0") != strlen(address->port));
}

static void check_options(const struct options *options, const struct line *line)
{
    const char *const texts[] = {options->encoding, options->local_encoding, options->source,
                                 options->output, options->port_file};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(line, texts[i]);
    check_duration(options->connect_timeout, false);
    check_duration(options->listen_timeout, false);
    check_duration(options->idle_timeout, false);
    check_duration(options->quit_after, true);
    check_duration(options->retry, true);
    CLAIM(options->source_port <= 65535);
    check_command(options);
    if (options->help)
        return;
    check_address(options);
    CLAIM(!(options->ipv4 && options->ipv6));
    CLAIM(!(options->send_only && options->recv_only));
}

static int parse(struct options *options, enum command command, struct line *line, struct err *err)
{
    int result;

    memset(options, 0xA5, sizeof *options);
    memset(err, 0, sizeof *err);
    result = options_parse(options, command, line->argc, line->argv, err);
    check_untouched(line);
    CLAIM(options->command == command);
    if (result == 0) {
        check_options(options, line);
        return 0;
    }
    CLAIM(result == -1 && err->kind == ERR_USAGE);
    CLAIM(*err->sentence && memchr(err->sentence, '\0', sizeof err->sentence));
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    enum command command = input_byte(&input) & 1 ? COMMAND_LISTEN : COMMAND_CONNECT;
    struct options options, again;
    struct err err, same;
    struct line line;

    unsetenv("TCPCHAT_LOCAL_ENCODING");
    read_line(&line, &input, command);
    /* Twice: getopt keeps state between calls. */
    CLAIM(parse(&options, command, &line, &err) == parse(&again, command, &line, &same));
    CLAIM(!strcmp(err.sentence, same.sentence));
    options_fini(&options);
    options_fini(&again);
    free_line(&line);
    return 0;
}
