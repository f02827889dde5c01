#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/run.h"
#include "cli/service.h"
#include "net/listener.h"

struct listen {
    const struct options *options;
    struct run run;
    struct service service;
    struct listener *listener; /* NULL once closed */
    uv_timer_t timeout;
};

static void stop_listening(struct listen *listen)
{
    if (!listen->listener)
        return;
    listener_close(listen->listener);
    listen->listener = NULL;
    uv_close((uv_handle_t *)&listen->timeout, NULL);
}

static void fail(struct listen *listen, const struct err *err)
{
    run_fail(&listen->run, err);
    stop_listening(listen);
}

/* ---- what the listener tells ---- */

/* The one who chose port 0 cannot know it otherwise, and a person wants to see it. */
static enum log_level announcement_level(const struct options *options)
{
    const char *port = options->address.port;
    bool port_is_free = *port && strspn(port, "0") == strlen(port);

    return port_is_free || (isatty(0) && isatty(1)) ? LOG_NOTICE : LOG_VERBOSE;
}

static void announce(const struct listen *listen)
{
    for (size_t i = 0; i < listener_count(listen->listener); i++) {
        char label[ADDRESS_LABEL];
        endpoint_label(listener_endpoint(listen->listener, i), label);
        log_say(announcement_level(listen->options), "listening on %s", label);
    }
}

/* In one write, so that a reader finds nothing or all of it. A FIFO that nobody reads is an error:
 * the loop does not wait for one. */
static int write_port(const struct listen *listen, struct err *err)
{
    const char *path = listen->options->port_file;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
    char line[16];
    int length =
        snprintf(line, sizeof line, "%u\n", endpoint_port(listener_endpoint(listen->listener, 0)));
    bool written = fd >= 0 && write(fd, line, (size_t)length) == length;

    if (!written)
        err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    if (fd >= 0 && close(fd) < 0 && written)
        return err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    return written ? 0 : -1;
}

static void on_listening(void *owner)
{
    struct listen *listen = owner;
    struct err err;

    announce(listen);
    if (listen->options->port_file && write_port(listen, &err) < 0)
        fail(listen, &err);
}

/* One connection is served; the next caller is told at once that nobody listens any more. */
static void on_accepted(void *owner, struct stream *stream)
{
    struct listen *listen = owner;

    stop_listening(listen);
    service_serve(&listen->service, stream);
}

static void on_failed(void *owner, const struct err *err)
{
    fail(owner, err);
}

static void on_timeout(uv_timer_t *timer)
{
    struct listen *listen = timer->data;
    struct err err;

    err_set(&err, ERR_TIMEOUT, "nobody connected within %.10g s",
            (double)listen->options->listen_timeout.ms / 1000);
    fail(listen, &err);
}

/* ---- the run ---- */

static int start(struct listen *listen, struct err *err)
{
    static const struct listener_events events = {on_listening, on_accepted, on_failed};
    const struct options *options = listen->options;
    struct listener_options how = {service_family(options), options->numeric};

    listen->listener =
        listener_new(&listen->run.loop, &options->address, &how, &events, listen, err);
    if (!listen->listener)
        return -1;
    uv_timer_init(&listen->run.loop, &listen->timeout);
    listen->timeout.data = listen;
    if (options->listen_timeout.given)
        uv_timer_start(&listen->timeout, on_timeout, options->listen_timeout.ms, 0);
    return 0;
}

int listen_run(const struct options *options)
{
    struct listen listen = {.options = options};
    struct err err;

    if (service_init(&listen.service, &listen.run, options, &err) < 0 ||
        run_init(&listen.run, &err) < 0) {
        service_fini(&listen.service);
        return run_refuse(&err);
    }
    if (start(&listen, &err) < 0)
        run_fail(&listen.run, &err);
    run_loop(&listen.run);
    if (listen.listener)
        listener_remove_file(listen.listener); /* a signal ended the run */
    service_fini(&listen.service);
    return run_finish(&listen.run);
}
