/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/utf8.h"
#include "text/visibility.h"

struct json {
    struct buf *line;
    bool replaced; /* a string was not valid */
};

static int put(struct json *json, const char *text)
{
    return buf_append(json->line, text, strlen(text));
}

/* ---- strings ---- */

static int put_unit(struct json *json, unsigned unit)
{
    char escape[12];

    snprintf(escape, sizeof escape, "\\u%04x", unit);
    return put(json, escape);
}

/* UTF-16 beyond the first plane, as RFC 8259 (7) has it. */
static int put_escape(struct json *json, uint32_t scalar)
{
    uint32_t rest = scalar - 0x10000;

    if (scalar < 0x10000)
        return put_unit(json, scalar);
    return put_unit(json, 0xD800 | rest >> 10) < 0 ? -1 : put_unit(json, 0xDC00 | (rest & 0x3FF));
}

static bool stands_for_itself(uint32_t scalar)
{
    enum visibility visibility = visibility_of(scalar);

    return visibility == VISIBLE || visibility == MARK;
}

static int put_char(struct json *json, const struct utf8_char *next)
{
    if (next->status != UTF8_GOOD) {
        json->replaced = true;
        return put(json, "\xEF\xBF\xBD");
    }
    switch (next->scalar) {
    case '"': return put(json, "\\\"");
    case '\\': return put(json, "\\\\");
    case '\n': return put(json, "\\n");
    case '\r': return put(json, "\\r");
    case '\t': return put(json, "\\t");
    default: break;
    }
    return stands_for_itself(next->scalar) ? buf_append(json->line, next->bytes, next->length)
                                           : put_escape(json, next->scalar);
}

static int put_string(struct json *json, const char *text, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)text;
    struct utf8_char next;

    if (put(json, "\"") < 0)
        return -1;
    while (utf8_take(&bytes, &n, &next))
        if (put_char(json, &next) < 0)
            return -1;
    return put(json, "\"");
}

/* ---- members ---- */

static int put_name(struct json *json, const char *name)
{
    if (put(json, ",\"") < 0 || put(json, name) < 0)
        return -1;
    return put(json, "\":");
}

static int put_value(struct json *json, const struct event_value *value)
{
    char digits[24];

    if (value->type == EVENT_STRING || value->type == EVENT_TEXT)
        return put_string(json, value->text, value->n);
    if (value->type == EVENT_SIGNED)
        snprintf(digits, sizeof digits, "%" PRId64, value->signed_number);
    else
        snprintf(digits, sizeof digits, "%" PRIu64, value->number);
    return put(json, digits);
}

static bool is_absent(const struct event_value *value)
{
    bool is_string = value->type == EVENT_STRING || value->type == EVENT_TEXT;

    return is_string ? !value->text || (value->type == EVENT_STRING && !value->n)
                     : value->type == EVENT_FIGURE && !value->number;
}

static int put_fields(struct json *json, const struct event *event)
{
    struct event_value value;

    for (size_t i = 0; event_field(event, i, &value); i++) {
        if (value.type == EVENT_FLAG)
            json->replaced |= value.flag;
        else if (!is_absent(&value) &&
                 (put_name(json, value.name) < 0 || put_value(json, &value) < 0))
            return -1;
    }
    return json->replaced ? put(json, ",\"replaced\":true") : 0;
}

/* A sentence without fields is the text of its event. */
static int put_sentence(struct json *json, const struct event *event)
{
    struct event notice = *event;
    char sentence[EVENT_LINE];

    if (event->kind != EVENT_NOTICE || event->text || !event->sentence)
        return put_fields(json, event);
    event_sentence(event, sentence, sizeof sentence);
    notice.text = sentence;
    notice.text_n = strlen(sentence);
    return put_fields(json, &notice);
}

int json_string(const char *text, size_t n, struct buf *line)
{
    struct json json = {.line = line};

    return put_string(&json, text, n);
}

void json_time(const struct timespec *at, char text[JSON_TIME])
{
    char seconds[32];
    struct tm utc;

    gmtime_r(&at->tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, JSON_TIME, "%s.%06ldZ", seconds, at->tv_nsec / 1000);
}

int json_line(const struct event *event, const struct timespec *at, struct buf *line)
{
    struct json json = {.line = line};
    char head[100], time[JSON_TIME];

    json_time(at, time);
    snprintf(head, sizeof head, "{\"time\":\"%s\",\"event\":\"%s\"", time, event_name(event->kind));
    if (put(&json, head) < 0 || put_sentence(&json, event) < 0)
        return -1;
    return put(&json, "}\n");
}
