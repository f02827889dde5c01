/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/connect.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/reconnect.h"
#include "cli/run.h"
#include "cli/same_file.h"
#include "cli/setup.h"
#include "cli/status.h"
#include "io/loop.h"
#include "net/dial.h"
#include "net/ending.h"
#include "net/opening.h"
#include "net/socket.h"

struct connect {
    const struct options *options;
    struct run run;
    struct setup setup;
    bool has_dialled;    /* with or without success */
    uv_timer_t patience; /* until a person reads that the dial goes on */
    struct reconnect reconnect;
    struct dial *redial; /* that is under way; NULL: none */
};

enum { PATIENCE_MS = 1000 };

static void report_dialling(const struct connect *connect)
{
    char label[DIAL_LABEL];

    route_label(&connect->setup.context.route, label);
    event_tell(&(struct event){
        .kind = EVENT_CONNECTING, .sentence = N_("connecting to {peer}"), .peer = label});
}

static void on_impatient(uv_timer_t *timer)
{
    report_dialling(timer->data);
}

static bool on_signal(void *owner, int number)
{
    const struct connect *connect = owner;

    if (number != SIGUSR1)
        return false;
    if (connect->has_dialled)
        status_say(connect->setup.handler, &connect->run.loop);
    else
        report_dialling(connect);
    return true;
}

static void start_patience(struct connect *connect)
{
    loop_weak_timer(&connect->run.loop, &connect->patience, connect);
    if (connect->options->has_person && !connect->options->probe)
        uv_timer_start(&connect->patience, on_impatient, PATIENCE_MS, 0);
}

static void end_patience(struct connect *connect)
{
    uv_close((uv_handle_t *)&connect->patience, NULL);
}

/* A name that a proxy has looked up has no address here. */
static const char *label_of(const struct connect *connect, const struct stream *stream)
{
    const struct route *route = &connect->setup.context.route;

    return route->has_proxy ? route->asks.label : stream_label(stream);
}

static void describe(const struct connect *connect, const struct stream *stream, char *text,
                     size_t size)
{
    /* with the address of this side; encrypted */
    static const char *const formats[2][2] = {
        {N_("connected to %s"), N_("connected to %s, encrypted")},
        {N_("connected to %s from %s"), N_("connected to %s, encrypted, from %s")},
    };
    char tls[TLS_SENTENCE], own[ADDRESS_LABEL] = "";
    struct endpoint local;

    if (socket_local(stream, &local) == 0 && local.address.any.sa_family != AF_UNIX)
        endpoint_label(&local, own);
    snprintf(text, size, language_text(formats[*own != '\0'][tls_describe(stream, tls)]),
             label_of(connect, stream), own);
}

static void tell_connected(const struct connect *connect, const struct stream *stream,
                           const char *sentence)
{
    char local[ADDRESS_LABEL];
    int fd = opening_locate(stream, local, sizeof local);

    event_tell(&(struct event){.kind = EVENT_CONNECTED,
                               .level = EVENT_VERBOSE,
                               .sentence = sentence,
                               .peer = label_of(connect, stream),
                               .local = local,
                               .fd = fd});
}

static bool greet(struct connect *connect, const struct stream *stream)
{
    char state[DIAL_LABEL + ADDRESS_LABEL + 32] = "";

    if (connect->options->has_person)
        describe(connect, stream, state, sizeof state);
    else if (connect->setup.context.route.has_proxy)
        tell_connected(connect, stream, N_("connected to {peer}"));
    return setup_open(&connect->setup, state);
}

/* A probe reads nothing but what a proxy or TLS says. */
static int on_stands(void *owner, struct err *err)
{
    struct connect *connect = owner;
    const struct options *options = connect->options;
    bool reads = !options->probe || options->tls || connect->setup.context.route.has_proxy;

    return reads ? setup_confine(&connect->setup, err) : 0;
}

static int dial(struct connect *connect, dial_done *done, struct dial **dialled, struct err *err)
{
    const struct route *route = &connect->setup.context.route;
    struct dial_options options = route_dial(route);

    options.stands = on_stands;
    options.owner = connect;
    setup_tls_plan(&connect->setup.context.tls.own, &options.transport);
    *dialled = dial_start(&connect->run.loop, route->peer, &options, done, connect, err);
    return *dialled ? 0 : -1;
}

/* ---- again ---- */

static void on_done(void *owner, const struct err *err)
{
    struct connect *connect = owner;

    reconnect_close(&connect->reconnect);
    if (connect->redial)
        dial_stop(connect->redial);
    connect->redial = NULL;
    if (err->kind != ERR_NONE)
        run_fail(&connect->run, err);
}

/* A failure is that of a conversation, of a dial, or another one, whose sentence names no peer. */
static void put_reason(struct event *event, const struct err *err)
{
    const char *talked = err_behind(err, event->peer);
    const char *dialled = err_behind_in(err, N_("cannot connect to %s: %s"), event->peer);

    event->why = talked ? talked : dialled ? dialled : !*err->sentence ? NULL : err->sentence;
    event->sentence =
        !event->why ? N_("{peer} has ended; attempt {count} to connect again follows in "
                         "{milliseconds} ms")
        : talked    ? N_("{peer}: {why}; attempt {count} to connect again follows in "
                            "{milliseconds} ms")
        : dialled   ? N_("cannot connect to {peer}: {why}; attempt {count} to connect again "
                           "follows in {milliseconds} ms")
                    : N_("{why}; attempt {count} to connect again follows in {milliseconds} ms");
}

/* A conversation that has ended is told in each run, an attempt that failed with -v. */
static bool try_again(struct connect *connect, const char *label, const struct err *err,
                      enum event_level level)
{
    struct event event = {.level = level, .peer = label};

    if (!reconnect_again(&connect->reconnect, &event))
        return false;
    connect->has_dialled = false;
    put_reason(&event, err);
    if (level == EVENT_ALWAYS)
        setup_tell_next(&connect->setup, &event);
    else
        event_tell(&event);
    return true;
}

static bool on_again(void *owner, const char *label, const struct err *err)
{
    return try_again(owner, label, err, EVENT_ALWAYS);
}

static void give_up(struct connect *connect, const struct err *err)
{
    size_t unsent = setup_give_up(&connect->setup);
    char label[DIAL_LABEL];

    route_label(&connect->setup.context.route, label);
    ending_tell_untaken(label, unsent);
    on_done(connect, err);
}

static void fail_again(struct connect *connect, const struct err *err)
{
    char label[DIAL_LABEL];

    route_label(&connect->setup.context.route, label);
    if ((err->kind != ERR_NETWORK && err->kind != ERR_TIMEOUT) ||
        !try_again(connect, label, err, EVENT_VERBOSE))
        give_up(connect, err);
}

static void on_redialled(void *owner, struct stream *stream, const struct err *err)
{
    struct connect *connect = owner;
    struct event event;
    char text[DIAL_LABEL + 64];

    connect->redial = NULL;
    if (!stream) {
        fail_again(connect, err);
        return;
    }
    connect->has_dialled = true;
    reconnect_note_connected(&connect->reconnect);
    snprintf(text, sizeof text, language_text(N_("connected to %s again")),
             label_of(connect, stream));
    event = event_of_text(text);
    if (connect->options->has_person || !connect->options->verbose) /* else the opening is told */
        setup_tell(&connect->setup, &event);
    setup_serve(&connect->setup, stream);
}

static void on_due(void *owner)
{
    struct connect *connect = owner;
    struct err err;

    if (dial(connect, on_redialled, &connect->redial, &err) < 0)
        give_up(connect, &err);
}

static const struct command_events command_events = {.done = on_done, .again = on_again};

static void on_dialled(void *owner, struct stream *stream, const struct err *err)
{
    struct connect *connect = owner;

    end_patience(connect);
    connect->has_dialled = true;
    if (!connect->options->reconnect.given)
        route_withdraw(&connect->setup.context.route);
    if (!stream) {
        run_fail(&connect->run, err);
    } else if (connect->options->probe) {
        tell_connected(connect, stream, N_("{peer} accepts connections"));
        stream_close(stream, STREAM_LINGER);
    } else {
        if (connect->options->reconnect.given)
            reconnect_open(&connect->reconnect, &connect->run.loop, &connect->options->reconnect,
                           on_due, connect);
        if (greet(connect, stream))
            setup_serve(&connect->setup, stream);
        else
            stream_close(stream, STREAM_ABORT);
    }
}

static void start(struct connect *connect)
{
    struct dial *first;
    struct err err;

    run_ask(&connect->run, on_signal, connect);
    start_patience(connect);
    if (dial(connect, on_dialled, &first, &err) == 0)
        return;
    end_patience(connect);
    run_fail(&connect->run, &err);
}

int connect_run(const struct options *options)
{
    static struct connect connect; /* pages of what the run lacks stay untouched */
    struct err err;

    connect.options = options;
    if (run_init(&connect.run, &err) < 0)
        return run_refuse(&err);
    if (same_file_check(options, &err) == 0 &&
        setup_init(&connect.setup, &connect.run, options, &command_events, &connect, &err) == 0)
        start(&connect);
    else
        run_fail(&connect.run, &err);
    run_loop(&connect.run);
    if (connect.run.caught)
        setup_interrupt(&connect.setup);
    setup_fini(&connect.setup);
    return run_finish(&connect.run);
}
