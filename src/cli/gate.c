#include "cli/gate.h"

#include "base/log.h"

enum { CHAT_PER_HOST = 256, QUIET_MS = 1000 };

int gate_init(struct gate *gate, const struct options *options, struct err *err)
{
    struct acl_options rules = {
        (const char *const *)options->allow, (const char *const *)options->deny,
        (const char *const *)options->allow_file, (const char *const *)options->deny_file};

    *gate = (struct gate){.has_files = options->allow_file || options->deny_file};
    gate->max_per_host = options->max_per_host ? options->max_per_host
                         : options->chat       ? CHAT_PER_HOST
                                               : 0;
    return acl_init(&gate->acl, &rules, err);
}

void gate_open(struct gate *gate, uv_loop_t *loop)
{
    uv_timer_init(loop, &gate->quiet);
    uv_unref((uv_handle_t *)&gate->quiet);
    gate->quiet.data = gate;
    gate->is_open = true;
}

static void on_quiet_over(uv_timer_t *timer);

static void tell_last(struct gate *gate)
{
    if (gate->untold > 1)
        log_say(LOG_NOTICE, "%s was refused: %s; %u others before", gate->last, gate->why,
                gate->untold - 1);
    else
        log_say(LOG_NOTICE, "%s was refused: %s", gate->last, gate->why);
    gate->untold = 0;
    uv_timer_start(&gate->quiet, on_quiet_over, QUIET_MS, 0);
}

static void on_quiet_over(uv_timer_t *timer)
{
    struct gate *gate = timer->data;

    if (gate->untold)
        tell_last(gate);
}

/* Whoever knocks again and again shall not fill the screen. */
static void tell_refused(struct gate *gate, const struct endpoint *peer, const char *why)
{
    endpoint_label(peer, gate->last);
    gate->why = why;
    gate->untold++;
    if (!uv_is_active((uv_handle_t *)&gate->quiet))
        tell_last(gate);
}

void gate_fini(struct gate *gate)
{
    acl_fini(&gate->acl);
    host_limit_fini(&gate->host_limit);
    if (!gate->is_open)
        return;
    if (gate->untold)
        tell_last(gate);
    uv_close((uv_handle_t *)&gate->quiet, NULL);
}

bool gate_admits(struct gate *gate, const struct endpoint *peer)
{
    if (!acl_admits(&gate->acl, peer)) {
        tell_refused(gate, peer, "its address is not let in");
        return false;
    }
    switch (host_limit_enter(&gate->host_limit, peer, gate->max_per_host)) {
    case HOST_LIMIT_ENTERED: return true;
    case HOST_LIMIT_FULL: tell_refused(gate, peer, "too many are here from its host"); break;
    case HOST_LIMIT_MEMORY: tell_refused(gate, peer, "out of memory"); break;
    }
    return false;
}

void gate_leave(struct gate *gate, const struct endpoint *peer)
{
    host_limit_leave(&gate->host_limit, peer);
}

void gate_reload(struct gate *gate)
{
    struct err err;

    if (acl_reload(&gate->acl, &err) < 0)
        log_say(LOG_ERROR, "%s; the rules stay as they were", err.sentence);
    else
        log_say(LOG_VERBOSE, "the lists of addresses were read again");
}
