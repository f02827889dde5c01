/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/admission.h"

#include <stdio.h>

#include "base/event.h"
#include "base/language.h"
#include "io/loop.h"

enum { QUIET_MS = 1000 };

int admission_init(struct admission *admission, const struct options *options, struct opener opener,
                   struct err *err)
{
    struct acl_options rules = {
        (const char *const *)options->allow, (const char *const *)options->deny,
        (const char *const *)options->allow_file, (const char *const *)options->deny_file, opener};

    *admission = (struct admission){.has_files = options->allow_file || options->deny_file};
    admission->max_per_host =
        options->max_per_host ? options->max_per_host : options_mode(options)->per_host;
    return acl_init(&admission->acl, &rules, err);
}

void admission_open(struct admission *admission, uv_loop_t *loop)
{
    loop_weak_timer(loop, &admission->quiet, admission);
    admission->is_open = true;
}

static void quiet_on_over(uv_timer_t *timer);

/* This side refused the peer, or its handshake failed; alone, and with others before. */
static const char *const sentences[2][3] = {
    {N_("{peer} was refused: {why}"), NN_("{peer} was refused: {why}; {count} other before",
                                          "{peer} was refused: {why}; {count} others before")},
    {"{peer}: {why}",
     NN_("{peer}: {why}; {count} other before", "{peer}: {why}; {count} others before")},
};

static void report_last(struct admission *admission)
{
    const char *refused = err_behind_in(&admission->last, "%s was refused: %s", admission->peer);
    const char *failed = err_behind(&admission->last, admission->peer);
    const char *const *sentence = sentences[!refused];
    unsigned others = admission->unreported - 1;

    event_tell(&(struct event){
        .kind = EVENT_REFUSED,
        .sentence = sentence[others > 0],
        .sentences = others ? sentence[2] : NULL,
        .counted = others,
        .peer = admission->peer,
        .why = refused  ? refused
               : failed ? failed
                        : admission->last.sentence,
        .count = others,
    });
    admission->unreported = 0;
    uv_timer_start(&admission->quiet, quiet_on_over, QUIET_MS, 0);
}

static void quiet_on_over(uv_timer_t *timer)
{
    struct admission *admission = timer->data;

    if (admission->unreported)
        report_last(admission);
}

/* A peer that calls again and again must not fill the screen. */
void admission_report(struct admission *admission, const char *peer, const struct err *err)
{
    snprintf(admission->peer, sizeof admission->peer, "%s", peer);
    admission->last = *err;
    admission->unreported++;
    if (!uv_is_active((uv_handle_t *)&admission->quiet))
        report_last(admission);
}

static void refuse(struct admission *admission, const struct endpoint *peer, const char *why)
{
    char label[ADDRESS_LABEL];
    struct err err;

    endpoint_label(peer, label);
    err_set(&err, ERR_NETWORK, "%s was refused: %s", label, language_text(why));
    admission_report(admission, label, &err);
}

void admission_fini(struct admission *admission)
{
    acl_fini(&admission->acl);
    host_limit_fini(&admission->host_limit);
    if (!admission->is_open)
        return;
    if (admission->unreported)
        report_last(admission);
    uv_close((uv_handle_t *)&admission->quiet, NULL);
}

bool admission_admits(struct admission *admission, const struct endpoint *peer)
{
    if (!acl_admits(&admission->acl, peer)) {
        refuse(admission, peer, N_("its address is not let in"));
        return false;
    }
    return true;
}

bool admission_enter(struct admission *admission, const struct endpoint *peer)
{
    switch (host_limit_enter(&admission->host_limit, peer, admission->max_per_host)) {
    case HOST_LIMIT_ENTERED: return true;
    case HOST_LIMIT_FULL: refuse(admission, peer, N_("too many are here from its host")); break;
    case HOST_LIMIT_MEMORY: refuse(admission, peer, N_("out of memory")); break;
    }
    return false;
}

void admission_leave(struct admission *admission, const struct endpoint *peer)
{
    host_limit_leave(&admission->host_limit, peer);
}

void admission_reload(struct admission *admission)
{
    struct err err;

    if (acl_reload(&admission->acl, &err) < 0)
        event_say_error("%s; the rules stay as they were", err.sentence);
    else
        event_say(EVENT_VERBOSE, "the lists of addresses were read again");
}
