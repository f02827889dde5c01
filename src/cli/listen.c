/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/listen.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/language.h"
#include "cli/admission.h"
#include "cli/port_file.h"
#include "cli/run.h"
#include "cli/same_file.h"
#include "cli/setup.h"
#include "cli/status.h"
#include "io/loop.h"
#include "io/splice.h"
#include "net/header_step.h"
#include "net/listener.h"
#include "net/self.h"
#include "room/chat.h"

enum { DESCRIPTION = 1024, QUEUE_PEERS = 100 };

struct listen {
    const struct options *options;
    struct run run;
    struct setup setup;
    struct admission admission;
    struct listener *listener; /* NULL once closed */
    struct port_file port_file;
    uv_timer_t timeout, drain;
    bool drains;
};

static void stop_listening(struct listen *listen)
{
    if (!listen->listener)
        return;
    listener_close(listen->listener);
    listen->listener = NULL;
    uv_close((uv_handle_t *)&listen->timeout, NULL);
}

static void fail(void *owner, const struct err *err)
{
    struct listen *listen = owner;

    run_fail(&listen->run, err);
    stop_listening(listen);
    setup_abort(&listen->setup, err->sentence);
}

/* ---- the sockets ---- */

static void describe(const struct listen *listen, const char *format, char *text, size_t size)
{
    char sockets[DESCRIPTION];

    status_name_sockets(listen->listener, sockets, sizeof sockets);
    snprintf(text, size, language_text(format), sockets);
}

static void greet(struct listen *listen)
{
    char state[DESCRIPTION] = "";

    if (listen->options->has_person)
        describe(listen,
                 listen->options->tls ? N_("listening on %s, encrypted") : N_("listening on %s"),
                 state, sizeof state);
    setup_open(&listen->setup, state);
}

static int write_port(struct listen *listen, struct err *err)
{
    const char *path = listen->options->port_file;

    return path ? port_file_write(&listen->port_file, context_opener(&listen->setup.context), path,
                                  endpoint_port(listener_endpoint(listen->listener, 0)), err)
                : 0;
}

/* ---- events of the listener ---- */

static int check_ring(struct listen *listen, struct err *err)
{
    const struct options *options = listen->options;

    if (!options->forward || listen->setup.context.route.has_proxy ||
        !self_is_plainly_listener(listen->listener, &options->forward_address,
                                  options_family(options), &listen->run.loop))
        return 0;
    return err_set(err, ERR_USAGE, "--forward %s: this side itself listens there",
                   options->forward);
}

static void report_fit(const struct listen *listen)
{
    unsigned max = listen->options->max_peers, fit = max ? listener_fit(listen->listener) : 0;

    if (fit < max)
        event_say(EVENT_ALWAYS, "-m %u: only %u peers fit, the system allows %ju open files", max,
                  fit, (uintmax_t)run_descriptors());
}

static void on_listening(void *owner)
{
    struct listen *listen = owner;
    struct err err;

    if (check_ring(listen, &err) < 0 || write_port(listen, &err) < 0) {
        fail(listen, &err);
        return;
    }
    helper_withdraw(&listen->setup.context.grants.bound.grant);
    report_fit(listen);
    status_announce(listen->listener, listen->options);
    greet(listen); /* last, because the prompt stands below messages */
    if (listen->listener && listen->options->tls)
        setup_invite(&listen->setup, self_for_neighbours(listen->listener));
    if (listen->listener && setup_confine(&listen->setup, &err) < 0)
        fail(listen, &err);
}

/* With -1 the next connection is refused at once, not left in the queue. */
static void on_accepted(void *owner, struct stream *stream)
{
    struct listen *listen = owner;

    uv_timer_stop(&listen->timeout);
    if (listen->options->once)
        stop_listening(listen);
    setup_serve(&listen->setup, stream);
    if (setup_is_last(&listen->setup))
        stop_listening(listen);
    if ((listen->drains || setup_is_last(&listen->setup)) && !listen->listener)
        setup_drain(&listen->setup);
}

static void on_rejected(void *owner, const char *peer, const struct err *err)
{
    admission_report(&((struct listen *)owner)->admission, peer, err);
}

static void on_drained(void *owner)
{
    struct listen *listen = owner;

    stop_listening(listen);
    setup_drain(&listen->setup);
}

static bool on_admits(void *owner, const struct endpoint *peer)
{
    return admission_admits(&((struct listen *)owner)->admission, peer);
}

static bool on_enters(void *owner, const struct endpoint *peer)
{
    return admission_enter(&((struct listen *)owner)->admission, peer);
}

static void on_gone(void *owner, const struct endpoint *peer)
{
    admission_leave(&((struct listen *)owner)->admission, peer);
}

static void on_full(void *owner)
{
    struct listen *listen = owner;

    setup_tell(&listen->setup,
               &(struct event){.kind = EVENT_WAITING,
                               .level = EVENT_VERBOSE,
                               .sentence = N_("somebody waits for a place of -m {count}"),
                               .count = listen->options->max_peers});
}

static void on_timeout(uv_timer_t *timer)
{
    struct listen *listen = timer->data;
    struct err err;

    err_set(&err, ERR_TIMEOUT, "nobody connected within %.10g s",
            (double)listen->options->listen_timeout.ms / 1000);
    fail(listen, &err);
}

/* ---- events of the handler and of the console ---- */

static void on_done(void *owner, const struct err *err)
{
    struct listen *listen = owner;

    if (err->kind != ERR_NONE)
        run_fail(&listen->run, err);
    stop_listening(listen);
}

static int lock(void *owner, bool locked, char *sentence, size_t size, struct err *err)
{
    struct listen *listen = owner;

    if (!listen->listener)
        return err_set(err, ERR_USAGE, "nobody else gets in anyway, as -1 asks for");
    if (listener_lock(listen->listener, locked, err) < 0)
        return -1;
    describe(listen, locked ? N_("locked, nobody else gets in") : N_("unlocked, listening on %s"),
             sentence, size);
    return 0;
}

static bool describe_waiting(void *owner, char *sentence, size_t size)
{
    const struct listen *listen = owner;

    return listen->listener &&
           status_describe_waiting(listen->listener, listen->options->max_peers, sentence, size);
}

static bool is_own(void *owner, const struct endpoint *peer)
{
    return self_is_listener(((struct listen *)owner)->listener, peer);
}

static const struct command_events command_events = {
    .done = on_done, .lock = lock, .describe_waiting = describe_waiting, .is_own = is_own};

/* ---- signals ---- */

static void tell_draining(struct listen *listen, const char *one, const char *many)
{
    size_t count = status_count(listen->setup.handler);

    setup_tell(&listen->setup, &(struct event){.kind = EVENT_DRAINING,
                                               .level = EVENT_VERBOSE,
                                               .sentence = one,
                                               .sentences = many,
                                               .counted = count,
                                               .count = count});
}

static void on_drain_over(uv_timer_t *timer)
{
    struct listen *listen = timer->data;

    tell_draining(listen, NN_("the time of --drain is over; {count} peer is still here",
                              "the time of --drain is over; {count} peers are still here"));
    run_stop(&listen->run, SIGTERM);
}

/* Connections in the system's queue stand for their peers already, so they are accepted first. */
static void drain(struct listen *listen)
{
    listen->drains = true;
    tell_draining(listen, NN_("SIGTERM came, a drain begins; {count} peer may end",
                              "SIGTERM came, a drain begins; {count} peers may end"));
    loop_weak_timer(&listen->run.loop, &listen->drain, listen);
    uv_timer_start(&listen->drain, on_drain_over, listen->options->drain.ms, 0);
    if (listen->listener)
        listener_drain(listen->listener);
    else
        setup_drain(&listen->setup);
}

static void report_status(struct listen *listen)
{
    char sentence[DESCRIPTION];

    if (listen->listener)
        status_say_sockets(listen->listener);
    status_say(listen->setup.handler, &listen->run.loop);
    if (describe_waiting(listen, sentence, sizeof sentence))
        event_say(EVENT_ALWAYS, "%s", sentence);
}

static void reload(struct listen *listen)
{
    if (listen->admission.has_files)
        admission_reload(&listen->admission);
    files_reopen(&listen->setup.context.files);
    setup_tls_reload(&listen->setup.context.tls);
}

static bool on_signal(void *owner, int number)
{
    static const struct event came = {EVENT_NOTICE, EVENT_VERBOSE, .sentence = N_("SIGTERM came")};
    struct listen *listen = owner;

    if (number == SIGUSR1) {
        report_status(listen);
        return true;
    }
    if (number == SIGHUP && run_is_daemon()) {
        reload(listen);
        return true;
    }
    if (number == SIGTERM && listen->options->drain.ms && !listen->drains) {
        drain(listen);
        return true;
    }
    if (number == SIGTERM)
        setup_tell(&listen->setup, &came);
    return false;
}

/* ---- the run ---- */

static const struct listener_events events = {
    .admits = on_admits,
    .enters = on_enters,
    .gone = on_gone,
    .listening = on_listening,
    .accepted = on_accepted,
    .rejected = on_rejected,
    .drained = on_drained,
    .failed = fail,
    .full = on_full,
};

static int start(struct listen *listen, struct err *err)
{
    const struct options *options = listen->options;
    struct listener_options listener = {
        .family = options_family(options),
        .numeric = options->numeric,
        .lookup = &listen->setup.context.grants.bound.grant,
        .manner = {.backlog = options->backlog,
                   .no_reuse = options->no_reuse,
                   .binder = bind_grant_binder(&listen->setup.context.grants.path)},
        .counts_hops = options->forward != NULL,
        .max_peers = options->max_peers,
        .queue_max = options->chat ? QUEUE_PEERS : 0,
        .queue_line = chat_queue_line,
        .costs = options->forward                        ? PROXY_SESSION_FORWARD_COSTS
                 : options->is_proxy && !options->replay ? PROXY_SESSION_PROGRAM_COSTS
                                                         : 1,
        .spare = options->is_proxy ? splice_descriptors() : 0,
        .names_peers = options->proxy_protocol,
    };

    if (options->proxy_protocol)
        transport_plan_add(&listener.transport, header_step_make, NULL);
    setup_tls_plan(&listen->setup.context.tls.own, &listener.transport);
    listen->listener =
        listener_new(&listen->run.loop, &options->address, &listener, &events, listen, err);
    if (!listen->listener)
        return -1;
    uv_timer_init(&listen->run.loop, &listen->timeout);
    listen->timeout.data = listen;
    if (options->listen_timeout.given)
        uv_timer_start(&listen->timeout, on_timeout, options->listen_timeout.ms, 0);
    return 0;
}

static void watch_signals(struct listen *listen)
{
    if (run_is_daemon())
        run_catch_hangup(&listen->run);
    run_ask(&listen->run, on_signal, listen);
}

static int prepare(struct listen *listen, struct err *err)
{
    const struct options *options = listen->options;

    if (same_file_check(options, err) < 0 ||
        admission_init(&listen->admission, options, context_opener(&listen->setup.context), err) <
            0 ||
        setup_init(&listen->setup, &listen->run, options, &command_events, listen, err) < 0)
        return -1;
    watch_signals(listen);
    admission_open(&listen->admission, &listen->run.loop);
    if (!options->once)
        run_raise_descriptors();
    tzset(); /* opens the file of the time zone, before peers take the descriptors */
    return start(listen, err);
}

int listen_run(const struct options *options)
{
    static struct listen listen; /* pages of what the run lacks stay untouched */
    struct err err;

    listen.options = options;
    if (run_init(&listen.run, &err) < 0)
        return run_refuse(&err);
    if (prepare(&listen, &err) < 0)
        run_fail(&listen.run, &err);
    run_loop(&listen.run);
    if (listen.drains)
        uv_close((uv_handle_t *)&listen.drain, NULL);
    stop_listening(&listen); /* a signal ended the run */
    port_file_remove(&listen.port_file);
    if (listen.run.caught)
        setup_interrupt(&listen.setup);
    setup_fini(&listen.setup);
    admission_fini(&listen.admission);
    return run_finish(&listen.run);
}
