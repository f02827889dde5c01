#include "cli/person.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "text/decoder.h"
#include "text/name.h"

enum { SILENCE_MS = 50 };

/* ---- charsets ---- */

static const char *locale_name(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return value;
    }
    return "";
}

/* What is spoken beside UTF-8 where the person lives. */
static const char *legacy_name(void)
{
    static const char *const names[][2] = {
        {"zh_TW", "big5"}, {"zh_HK", "big5"}, {"ja", "shift_jis"}, {"ko", "euc-kr"}};
    const char *locale = locale_name();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(locale, names[i][0], strlen(names[i][0])))
            return names[i][1];
    return "gbk";
}

/* All that a peer may be said to speak later on: none of them is loaded because a stranger asks. */
static int open_charsets(struct charsets *charsets, struct err *err)
{
    static const char *const names[] = {"utf-8",        "gbk",         "gb18030", "big5",
                                        "shift_jis",    "euc-jp",      "euc-kr",  "koi8-r",
                                        "windows-1251", "windows-1252"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!charset_find(charsets, names[i], err))
            return -1;
    return 0;
}

static int find_languages(struct person *person, const struct options *options,
                          struct charsets *charsets, struct languages *languages, struct err *err)
{
    if (open_charsets(charsets, err) < 0)
        return -1;
    person->utf8 = charset_find(charsets, "utf-8", err);
    person->legacy = charset_find(charsets, legacy_name(), err);
    if (!person->utf8 || !person->legacy)
        return -1;
    *languages = (struct languages){.first = person->local};
    if (options_are_raw(options))
        return 0;
    return languages_parse(languages, options->encoding, person->legacy, charsets, false, err);
}

/* ---- options ---- */

static int read_name(struct person *person, const char *name, struct err *err)
{
    struct buf text = {.bytes = (unsigned char *)person->name,
                       .capacity = sizeof person->name - 1,
                       .cap = sizeof person->name - 1};
    struct decoder decoder;
    size_t used;

    decoder_init(&decoder, person->local);
    if (decoder_push(&decoder, name, strlen(name), true, &text, &used) != TEXT_DONE)
        return err_set(err, ERR_USAGE, "'%s' is no name: it is too long, or not %s", name,
                       charset_name(person->local));
    return name_check(person->name, err);
}

static bool wants_color(const struct options *options)
{
    const char *refused = getenv("NO_COLOR");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return terminal_is_able() && !(refused && *refused);
}

static struct room_options room_options(struct person *person, const struct options *options,
                                        const struct languages *languages, struct tap_file *output)
{
    bool connects = options->command == COMMAND_CONNECT;

    return (struct room_options){
        .rule = connects ? ROOM_WAIT : ROOM_CUT,
        .one_peer = connects,
        .once = options->once,
        .member =
            {
                .languages = *languages,
                .utf8 = person->utf8,
                .bad = options->on_bad_text.value,
                .crlf = options->crlf,
                .silence_ms = SILENCE_MS,
                .idle_ms = options->idle_timeout.ms,
                .quits = options->quit_after.given,
                .quit_ms = options->quit_after.ms,
            },
        .output = output,
        .transcript = person->writes_transcript ? &person->transcript : NULL,
    };
}

static struct console_options console_options(const struct person *person,
                                              const struct options *options,
                                              struct charsets *charsets)
{
    return (struct console_options){
        .audience = options->command == COMMAND_CONNECT ? COMMAND_OF_CONNECT : COMMAND_OF_LISTEN,
        .charsets = charsets,
        .local = person->local,
        .utf8 = person->utf8,
        .legacy = person->legacy,
        .name = options->name ? person->name : NULL,
        .color = wants_color(options),
        .timestamps = options->timestamps,
        .raw = options->raw,
        .history = !options->no_history,
        .no_finish = options->no_shutdown,
    };
}

/* ---- what the room and the console tell ---- */

static void on_room_done(void *owner, const struct err *err)
{
    struct person *person = owner;

    person->outcome = *err;
    if (person->is_open)
        console_close(&person->console);
    else
        person->done(person->owner, &person->outcome);
}

static void on_signalled(void *owner, int number)
{
    run_stop(((struct person *)owner)->run, number);
}

static int on_lock(void *owner, bool locked, char *sentence, size_t size, struct err *err)
{
    struct person *person = owner;

    return person->lock(person->owner, locked, sentence, size, err);
}

static void on_console_closed(void *owner)
{
    struct person *person = owner;

    run_divert_log(NULL, NULL);
    person->is_open = false;
    person->done(person->owner, &person->outcome);
}

static const struct console_events console_events = {on_signalled, on_lock, on_console_closed};

static void say(void *owner, const char *line)
{
    console_say(owner, line);
}

/* ---- coming and going ---- */

int person_init(struct person *person, struct run *run, const struct options *options,
                struct charsets *charsets, struct charset *local, struct tap_file *output,
                handler_done *done, person_lock *lock, void *owner, struct err *err)
{
    struct languages languages;
    struct room_options room;
    struct console_options console;

    *person =
        (struct person){.run = run, .local = local, .done = done, .lock = lock, .owner = owner};
    if (find_languages(person, options, charsets, &languages, err) < 0 ||
        (options->name && read_name(person, options->name, err) < 0))
        return -1;
    if (options->transcript) {
        if (transcript_open(&person->transcript, options->transcript, err) < 0)
            return -1;
        person->writes_transcript = true;
    }
    room = room_options(person, options, &languages, output);
    console = console_options(person, options, charsets);
    room_init(&person->room, &run->loop, &room, &person->console.op);
    console_init(&person->console, &run->loop, &console, &person->room, &console_events, person);
    person->room.handler.done = on_room_done;
    person->room.handler.owner = person;
    return 0;
}

int person_open(struct person *person, const char *state, struct err *err)
{
    bool connects = person->console.options.audience == COMMAND_OF_CONNECT;

    if (console_open(&person->console, state, connects ? "ends" : "leaves", err) < 0)
        return -1;
    person->is_open = true;
    run_divert_log(say, &person->console);
    return 0;
}

void person_fini(struct person *person)
{
    if (person->is_open) {
        run_divert_log(NULL, NULL);
        console_abandon(&person->console);
    }
    if (person->writes_transcript)
        transcript_close(&person->transcript);
}
