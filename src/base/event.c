/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"

/* ---- the kinds and their fields ---- */

#define FIELD(member, of)                           \
    {                                               \
#member, of, offsetof(struct event, member) \
    }

/* A recorder writes them in this order. */
static const struct field {
    char name[16];
    enum event_type type;
    size_t offset;
} fields[] = {
    FIELD(peer, EVENT_STRING),         FIELD(local, EVENT_STRING),
    FIELD(name, EVENT_STRING),         FIELD(former, EVENT_STRING),
    FIELD(direction, EVENT_STRING),    FIELD(first, EVENT_STRING),
    FIELD(how, EVENT_STRING),          FIELD(why, EVENT_STRING),
    FIELD(encoding, EVENT_STRING),     FIELD(text, EVENT_TEXT),
    FIELD(advice, EVENT_STRING),       FIELD(path, EVENT_STRING),
    FIELD(call, EVENT_STRING),         FIELD(machine, EVENT_STRING),
    FIELD(from, EVENT_STRING),         FIELD(to, EVENT_STRING),
    FIELD(fd, EVENT_FIGURE),           FIELD(result, EVENT_SIGNED),
    FIELD(received, EVENT_NUMBER),     FIELD(sent, EVENT_NUMBER),
    FIELD(waiting, EVENT_NUMBER),      FIELD(bytes, EVENT_NUMBER),
    FIELD(count, EVENT_NUMBER),        FIELD(offset, EVENT_NUMBER),
    FIELD(seconds, EVENT_NUMBER),      FIELD(joined, EVENT_NUMBER),
    FIELD(left, EVENT_NUMBER),         FIELD(renamed, EVENT_NUMBER),
    FIELD(failed, EVENT_NUMBER),       FIELD(status, EVENT_SIGNED),
    FIELD(replaced, EVENT_FLAG),       FIELD(option, EVENT_STRING),
    FIELD(port, EVENT_FIGURE),         FIELD(backlog, EVENT_FIGURE),
    FIELD(segments, EVENT_FIGURE),     FIELD(queued, EVENT_FIGURE),
    FIELD(unread, EVENT_FIGURE),       FIELD(unacknowledged, EVENT_FIGURE),
    FIELD(offered, EVENT_FIGURE),      FIELD(sockets, EVENT_FIGURE),
    FIELD(expires, EVENT_FIGURE),      FIELD(process, EVENT_FIGURE),
    FIELD(user, EVENT_STRING),         FIELD(characters, EVENT_FIGURE),
    FIELD(microseconds, EVENT_FIGURE), FIELD(grouped, EVENT_STRING),
    FIELD(size, EVENT_STRING),         FIELD(lasted, EVENT_STRING),
    FIELD(source, EVENT_STRING),       FIELD(character, EVENT_STRING),
    FIELD(other, EVENT_STRING),        FIELD(as_utf8, EVENT_STRING),
    FIELD(as_other, EVENT_STRING),     FIELD(version, EVENT_STRING),
    FIELD(cipher, EVENT_STRING),       FIELD(alpn, EVENT_STRING),
    FIELD(certificate, EVENT_STRING),  FIELD(pin, EVENT_STRING),
    FIELD(program, EVENT_STRING),      FIELD(other_fd, EVENT_FIGURE),
    FIELD(peers, EVENT_FIGURE),        FIELD(sha256, EVENT_STRING),
    FIELD(milliseconds, EVENT_FIGURE), FIELD(line, EVENT_FIGURE),
};

enum { FIELDS = sizeof fields / sizeof *fields };

/* Names of fields, between blanks. */
static const struct {
    char name[12], fields[176];
} kinds[EVENT_KINDS] = {
    [EVENT_LISTENING] = {"listening", " local "},
    [EVENT_CONNECTING] = {"connecting", " peer "},
    [EVENT_ATTEMPT] = {"attempt", " peer why "},
    [EVENT_CONNECTED] = {"connected", " peer local fd "},
    [EVENT_ACCEPTED] = {"accepted", " peer local fd "},
    [EVENT_REFUSED] = {"refused", " peer why count "},
    [EVENT_CONFINED] = {"confined", " how "},
    [EVENT_SECURED] = {"secured", " peer version cipher alpn certificate pin "},
    [EVENT_CLOSED] = {"closed", " peer name first how why received sent "},
    [EVENT_SUM] = {"sum", " peer direction bytes sha256 "},
    [EVENT_RECONNECT] = {"reconnect", " peer why count milliseconds "},
    [EVENT_UNTAKEN] = {"untaken", " peer peers bytes "},
    [EVENT_JOINED] = {"joined", " peer name "},
    [EVENT_LEFT] = {"left", " peer name why "},
    [EVENT_RENAMED] = {"renamed", " peer name former "},
    [EVENT_TRAFFIC] = {"traffic", " joined left renamed failed "},
    [EVENT_MESSAGE] = {"message", " peer name direction how encoding text to bytes replaced "},
    [EVENT_MATCHED] = {"matched", " peer text path line "},
    [EVENT_UNMATCHED] = {"unmatched", " peer why path line "},
    [EVENT_LOG] = {"log", " peer text path line "},
    [EVENT_ENCODING] = {"encoding", " peer name encoding former "},
    [EVENT_BAD_TEXT] = {"bad_text", " peer name source direction encoding character count offset "},
    [EVENT_MISREAD] = {"misread", " peer name source encoding former text advice "},
    [EVENT_FILE] = {"file", " path why count "},
    [EVENT_PROGRAM] = {"program", " peer why "},
    [EVENT_WAITING] = {"waiting", " count "},
    [EVENT_DRAINING] = {"draining", " count "},
    [EVENT_STATUS] = {"status", " local peer received sent waiting seconds "},
    [EVENT_CALL] = {"call", " peer local call option fd result why port backlog queued segments "
                            "unread unacknowledged offered sockets expires process program user "
                            "other_fd "},
    [EVENT_NOTE] =
        {"note",
         " peer local former direction first how encoding other as_utf8 as_other why fd bytes "
         "characters unacknowledged expires microseconds "},
    [EVENT_NOTICE] = {"notice", " text "},
    [EVENT_ERROR] = {"error", " text "},
    [EVENT_STATE] = {"state", " peer machine from to "},
    [EVENT_ENDED] = {"ended", " status "},
};

const char *event_name(enum event_kind kind)
{
    return kinds[kind].name;
}

/* The fields of a kind are worked out when it is first asked for. */
static bool has_field(enum event_kind kind, size_t field)
{
    static struct {
        bool is_known, has[FIELDS];
    } rows[EVENT_KINDS];
    char word[sizeof fields->name + 2];

    for (size_t i = 0; i < FIELDS && !rows[kind].is_known; i++) {
        snprintf(word, sizeof word, " %.*s ", (int)sizeof fields->name - 1, fields[i].name);
        rows[kind].has[i] = strstr(kinds[kind].fields, word);
    }
    rows[kind].is_known = true;
    return rows[kind].has[field];
}

static void read_field(const struct event *event, const struct field *field,
                       struct event_value *value)
{
    const char *at = (const char *)event + field->offset;

    *value = (struct event_value){.name = field->name, .type = field->type};
    switch (field->type) {
    case EVENT_STRING:
        memcpy(&value->text, at, sizeof value->text);
        value->n = value->text ? strlen(value->text) : 0;
        break;
    case EVENT_TEXT:
        value->text = event->text;
        value->n = event->text_n;
        break;
    case EVENT_FLAG: memcpy(&value->flag, at, sizeof value->flag); break;
    case EVENT_NUMBER:
    case EVENT_FIGURE: memcpy(&value->number, at, sizeof value->number); break;
    case EVENT_SIGNED: memcpy(&value->signed_number, at, sizeof value->signed_number); break;
    }
}

bool event_field(const struct event *event, size_t index, struct event_value *value)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (has_field(event->kind, i) && index-- == 0) {
            read_field(event, &fields[i], value);
            if (event->kind == EVENT_NOTE && value->type == EVENT_NUMBER)
                value->type = EVENT_FIGURE;
            return true;
        }
    return false;
}

/* ---- copies ---- */

/* Strings of other kinds than the event's are copied as well, so that none is left borrowed. */
struct event *event_copy(const struct event *event)
{
    size_t n = 0;
    struct event_value value;
    struct event *copy;
    char *end;

    for (size_t i = 0; i < FIELDS; i++) {
        read_field(event, &fields[i], &value);
        n += value.text ? value.n + 1 : 0;
    }
    copy = malloc(sizeof *copy + n);
    if (!copy)
        return NULL;
    *copy = *event;
    end = (char *)(copy + 1);
    for (size_t i = 0; i < FIELDS; i++) {
        read_field(event, &fields[i], &value);
        if (!value.text)
            continue;
        memcpy((char *)copy + fields[i].offset, &end, sizeof end);
        memcpy(end, value.text, value.n);
        end[value.n] = '\0';
        end += value.n + 1;
    }
    return copy;
}

/* ---- sentences ---- */

struct line {
    char *text;
    size_t room, n; /* n: as if there were room enough */
};

static void put(struct line *line, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++, line->n++)
        if (line->n + 1 < line->room)
            line->text[line->n] = text[i];
}

/* A NUL would hide the rest. */
static void put_text(struct line *line, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i])
            put(line, text + i, 1);
        else
            put(line, "^@", 2);
}

static bool is_string(enum event_type type)
{
    return type == EVENT_STRING || type == EVENT_TEXT;
}

static void put_value(struct line *line, const struct event_value *value)
{
    char digits[24];
    int n;

    if (value->type == EVENT_STRING && value->text) {
        const char *shown = language_name(value->text);

        put(line, shown, strlen(shown));
        return;
    }
    if (is_string(value->type)) {
        put_text(line, value->text, value->n);
        return;
    }
    n = value->type != EVENT_SIGNED
            ? snprintf(digits, sizeof digits, "%" PRIu64, value->number)
            : snprintf(digits, sizeof digits, "%" PRId64, value->signed_number);
    put(line, digits, (size_t)n);
}

static const struct field *find_field(const char *name, size_t n)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strlen(fields[i].name) == n && !memcmp(fields[i].name, name, n))
            return &fields[i];
    return NULL;
}

/* `name` stands behind a brace. Returns how many bytes were the field, or 0 for a plain brace. */
static size_t put_field(struct line *line, const struct event *event, const char *name)
{
    size_t n = strcspn(name, "}");
    const struct field *field = name[n] ? find_field(name, n) : NULL;
    struct event_value value;

    if (!field)
        return 0;
    read_field(event, field, &value);
    put_value(line, &value);
    return n + 1;
}

size_t event_sentence(const struct event *event, char *line, size_t n)
{
    struct line out = {line, n, 0};
    const char *at = event->sentences
                         ? language_count(event->sentence, event->sentences, event->counted)
                         : language_text(event->sentence);

    while (*at) {
        size_t length = *at == '{' ? put_field(&out, event, at + 1) : 0;

        if (!length)
            put(&out, at, 1);
        at += length + 1;
    }
    if (n)
        line[out.n < n ? out.n : n - 1] = '\0';
    if (n && out.n >= n)
        language_trim(line);
    return out.n;
}

/* ---- telling ---- */

static struct event_printer *printers;
static unsigned levels;
bool event_explains;

static void count_levels(void)
{
    levels = 0;
    for (const struct event_printer *printer = printers; printer; printer = printer->next)
        levels |= printer->levels;
    if (!event_explains)
        levels &= ~(1u << EVENT_EXPLAINED);
}

void event_explain(bool on)
{
    event_explains = on;
    count_levels();
}

void event_install(struct event_printer *printer)
{
    event_remove(printer);
    printer->next = printers;
    printers = printer;
    count_levels();
}

void event_remove(struct event_printer *printer)
{
    for (struct event_printer **at = &printers; *at; at = &(*at)->next)
        if (*at == printer) {
            *at = printer->next;
            break;
        }
    count_levels();
}

bool event_is_shown(enum event_level level)
{
    return levels & 1u << level;
}

void event_tell(const struct event *event)
{
    if (!event_is_shown(event->level))
        return;
    for (struct event_printer *printer = printers, *next; printer; printer = next) {
        next = printer->next;
        if (printer->levels & 1u << event->level)
            printer->print(printer, event);
    }
}

/* ---- plain sentences ---- */

struct event event_of_text(const char *text)
{
    return (struct event){
        .kind = EVENT_NOTICE, .sentence = "{text}", .text = text, .text_n = strlen(text)};
}

static void say(enum event_kind kind, enum event_level level, const char *format, va_list arguments)
{
    char line[EVENT_LINE];
    struct event event;

    vsnprintf(line, sizeof line, language_text(format), arguments);
    language_trim(line);
    event = event_of_text(line);
    event.kind = kind;
    event.level = level;
    event_tell(&event);
}

void event_say(enum event_level level, const char *format, ...)
{
    va_list arguments;

    if (!event_is_shown(level))
        return;
    va_start(arguments, format);
    say(EVENT_NOTICE, level, format, arguments);
    va_end(arguments);
}

void event_say_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(EVENT_ERROR, EVENT_ALWAYS, format, arguments);
    va_end(arguments);
}

void event_state(const char *label, const char *machine, const char *from, const char *to)
{
    event_tell(&(struct event){.kind = EVENT_STATE,
                               .level = EVENT_TRACE,
                               .sentence = "trace: {peer}: {machine} {from} -> {to}",
                               .peer = label,
                               .machine = machine,
                               .from = from,
                               .to = to});
}
