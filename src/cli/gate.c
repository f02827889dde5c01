#include "cli/gate.h"

#include "base/log.h"

enum { CHAT_PER_HOST = 256, QUIET_MS = 1000 };

int gate_init(struct gate *gate, const struct options *options, struct err *err)
{
    struct access_options rules = {options->allow, options->deny, options->allow_file,
                                   options->deny_file};

    *gate = (struct gate){.has_files = options->allow_file || options->deny_file};
    gate->max_per_host = options->max_per_host ? options->max_per_host
                         : options->chat       ? CHAT_PER_HOST
                                               : 0;
    return access_init(&gate->access, &rules, err);
}

void gate_fini(struct gate *gate)
{
    access_fini(&gate->access);
    hosts_fini(&gate->hosts);
}

/* Whoever knocks again and again shall not fill the screen. */
static void tell_refused(struct gate *gate, const struct endpoint *peer, const char *why,
                         uint64_t now)
{
    char label[ADDRESS_LABEL];

    if (gate->told_at && now - gate->told_at < QUIET_MS) {
        gate->untold++;
        return;
    }
    endpoint_label(peer, label);
    if (gate->untold)
        log_say(LOG_NOTICE, "%s was refused: %s; %u others before", label, why, gate->untold);
    else
        log_say(LOG_NOTICE, "%s was refused: %s", label, why);
    gate->told_at = now;
    gate->untold = 0;
}

bool gate_admits(struct gate *gate, const struct endpoint *peer, uint64_t now)
{
    if (!access_admits(&gate->access, peer)) {
        tell_refused(gate, peer, "its address is not let in", now);
        return false;
    }
    switch (hosts_enter(&gate->hosts, peer, gate->max_per_host)) {
    case HOSTS_ENTERED: return true;
    case HOSTS_FULL: tell_refused(gate, peer, "too many are here from its host", now); break;
    case HOSTS_MEMORY: tell_refused(gate, peer, "out of memory", now); break;
    }
    return false;
}

void gate_leave(struct gate *gate, const struct endpoint *peer)
{
    hosts_leave(&gate->hosts, peer);
}

void gate_reload(struct gate *gate)
{
    struct err err;

    if (access_reload(&gate->access, &err) < 0)
        log_say(LOG_ERROR, "%s; the rules stay as they were", err.sentence);
    else
        log_say(LOG_VERBOSE, "the lists of addresses were read again");
}
