#include "cli/service.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

/* Plain C says nothing about its bytes; UTF-8 is what they are today. */
static const char *local_charset(const struct options *options)
{
    const char *name;

    if (options->local_encoding)
        return options->local_encoding;
    setlocale(LC_CTYPE, "");
    name = nl_langinfo(CODESET);
    return !*name || !strcmp(name, "ANSI_X3.4-1968") ? "UTF-8" : name;
}

static int find_charsets(struct service *service, const struct options *options,
                         struct pipe_options *pipe, struct err *err)
{
    if (options_are_raw(options) && !pipe->shows)
        return 0;
    pipe->local = charset_find(&service->charsets, local_charset(options), err);
    if (!pipe->local || options_are_raw(options))
        return pipe->local ? 0 : -1;
    pipe->peer = charset_find(&service->charsets, options->encoding, err);
    if (pipe->peer && charset_same(pipe->peer, pipe->local))
        pipe->peer = pipe->local;
    return pipe->peer ? 0 : -1;
}

static struct relay_options relay_options(const struct options *options)
{
    return (struct relay_options){
        .no_shutdown = options->no_shutdown,
        .near_follows = options->recv_only,
        .quits = options->quit_after.given,
        .quit_ms = options->quit_after.ms,
        .idle_ms = options->idle_timeout.ms,
    };
}

static void on_done(void *owner, const struct err *err)
{
    struct service *service = owner;

    if (err->kind != ERR_NONE)
        run_fail(service->run, err);
    if (service->events)
        service->events->ended(service->owner);
}

static int init_pipe(struct service *service, const struct options *options, struct err *err)
{
    struct pipe_options pipe = {
        .stdio = {.discard = options->send_only, .silent = options->recv_only},
        .bad = options->on_bad_text.value,
        .checks = options->on_bad_text.given,
        .crlf = options->crlf,
        .shows = isatty(STDOUT_FILENO) && !options->raw,
        .output = options->output ? &service->output : NULL,
        .relay = relay_options(options),
    };

    if (find_charsets(service, options, &pipe, err) < 0)
        return -1;
    pipe_init(&service->pipe, &service->run->loop, &pipe);
    service->handler = &service->pipe.handler;
    service->handler->done = on_done;
    service->handler->owner = service;
    return 0;
}

static int lock(void *owner, bool locked, char *sentence, size_t size, struct err *err)
{
    struct service *service = owner;

    return service->events->lock(service->owner, locked, sentence, size, err);
}

static int init_person(struct service *service, const struct options *options, struct err *err)
{
    struct charset *local = charset_find(&service->charsets, local_charset(options), err);

    service->talks = true;
    service->handler = &service->person.room.handler;
    if (!local)
        return -1;
    return person_init(&service->person, service->run, options, &service->charsets, local,
                       options->output ? &service->output : NULL, on_done, lock, service, err);
}

int service_init(struct service *service, struct run *run, const struct options *options,
                 const struct service_events *events, void *owner, struct err *err)
{
    *service = (struct service){.run = run, .events = events, .owner = owner, .output = {.fd = -1}};
    if (options->output && tap_file_open(&service->output, options->output, err) < 0)
        return -1;
    return options->talks ? init_person(service, options, err) : init_pipe(service, options, err);
}

void service_greet(struct service *service, const char *state)
{
    struct err err;

    if (service->talks && person_open(&service->person, state, &err) < 0)
        on_done(service, &err);
}

void service_close(struct service *service)
{
    if (service->talks)
        room_end(&service->person.room);
}

void service_serve(struct service *service, struct stream *stream)
{
    struct err err;

    if (handler_serve(service->handler, stream, &err) < 0)
        run_fail(service->run, &err);
}

void service_fini(struct service *service)
{
    struct err *ended_by = &service->run->failed;

    if (service->talks)
        person_fini(&service->person);
    tap_file_close(&service->output);
    /* Replaced text ended nothing, so a failed file outranks it. */
    if (ended_by->kind == ERR_TEXT && service->output.failure.kind != ERR_NONE)
        *ended_by = service->output.failure;
    err_keep(ended_by, &service->output.failure);
    charsets_fini(&service->charsets);
}

int service_family(const struct options *options)
{
    return options->ipv4 ? AF_INET : options->ipv6 ? AF_INET6 : AF_UNSPEC;
}
