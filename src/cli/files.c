/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/files.h"

#include <unistd.h>

#include "base/event.h"
#include "base/language.h"
#include "cli/messages.h"
#include "io/hexdump.h"
#include "io/path.h"
#include "io/recorder.h"
#include "io/tap.h"

/* One conversation in a pipe waits for its files; many conversations do not. */
static bool is_one_conversation(const struct options *options)
{
    return !options->is_room && options_serve_one(options);
}

static int open_outfile(struct outfile *outfile, uv_loop_t *loop,
                        const struct outfile_options *options, struct err *err)
{
    return options->path ? outfile_open(outfile, loop, options, err) : 0;
}

static bool is_standard_error(const struct outfile *outfile)
{
    return outfile->is_open && path_descriptor(outfile->options.path) == STDERR_FILENO;
}

/* Standard error has either sentences or JSON. */
static int open_events(struct files *files, uv_loop_t *loop, const struct options *options,
                       struct opener opener, outfile_show *show, struct err *err)
{
    struct outfile_options events = {.path = options->events,
                                     .opener = opener,
                                     .how = PATH_PRIVATE,
                                     .appends = true,
                                     .is_text = true,
                                     .show = show};

    if (!options->events)
        return 0;
    if (events_open(&files->events, loop, &events, options->verbose > 1, err) < 0)
        return -1;
    if (is_standard_error(&files->events.outfile))
        messages_stop();
    return 0;
}

static int open_log(struct files *files, uv_loop_t *loop, const struct options *options,
                    struct stdio_operator *host, struct err *err)
{
    struct outfile_options log = {
        .path = "/dev/stdout", .is_text = true, .broke = stdio_operator_fail, .owner = host};

    if (!options->chat || options->has_person)
        return 0;
    log.name = N_("standard output");
    return outfile_open(&files->log, loop, &log, err);
}

int files_open(struct files *files, uv_loop_t *loop, const struct options *options,
               struct stdio_operator *host, struct opener opener, struct err *err)
{
    bool waits = is_one_conversation(options);
    outfile_show *show = options->has_person ? messages_show : NULL;
    struct outfile_options output = {.path = options->output, .opener = opener, .waits = waits};
    struct outfile_options hexdump = {
        .path = options->hex_dump, .opener = opener, .waits = waits, .is_text = true, .show = show};
    struct outfile_options transcript = {.path = options->transcript,
                                         .opener = opener,
                                         .appends = true,
                                         .is_text = true,
                                         .show = show};
    struct outfile_options record = {.path = options->record,
                                     .opener = opener,
                                     .how = PATH_PRIVATE,
                                     .waits = waits,
                                     .is_text = true};

    files->transcript.framing = options->message;
    if (open_outfile(&files->output, loop, &output, err) < 0 ||
        open_outfile(&files->record, loop, &record, err) < 0 ||
        open_outfile(&files->transcript.outfile, loop, &transcript, err) < 0 ||
        open_outfile(&files->hexdump, loop, &hexdump, err) < 0 ||
        open_events(files, loop, options, opener, show, err) < 0)
        return -1;
    if (is_standard_error(&files->hexdump))
        messages_use_outfile(&files->hexdump);
    if (is_standard_error(&files->transcript.outfile))
        messages_use_outfile(&files->transcript.outfile);
    return open_log(files, loop, options, host, err);
}

static struct stream *tap(struct stream *stream, struct outfile *outfile,
                          const struct tap_form *form, struct err *err)
{
    struct stream *tap;

    if (!stream || !outfile->is_open)
        return stream;
    tap = tap_new(stream, outfile, form, err);
    if (!tap)
        stream_close(stream, STREAM_ABORT);
    return tap;
}

struct stream *files_tap(struct files *files, struct stream *stream, struct err *err)
{
    stream = tap(stream, &files->record, &recorder_form, err);
    stream = tap(stream, &files->hexdump, &hexdump_form, err);
    return tap(stream, &files->output, &tap_of_bytes, err);
}

bool files_share_terminal(const struct files *files)
{
    return files->hexdump.shares_terminal || files->transcript.outfile.shares_terminal ||
           files->events.outfile.shares_terminal;
}

void files_reopen(struct files *files)
{
    outfile_reopen(&files->output);
    outfile_reopen(&files->hexdump);
    outfile_reopen(&files->record);
    outfile_reopen(&files->transcript.outfile);
    outfile_reopen(&files->events.outfile);
}

static uint64_t close_one(struct outfile *outfile, uint64_t until, struct err *failure)
{
    if (!outfile_close(outfile, until))
        until = 0;
    err_keep(failure, &outfile->failure);
    return until;
}

uint64_t files_close(struct files *files, uint64_t until, struct err *failure)
{
    struct outfile *const outfiles[] = {&files->hexdump, &files->output, &files->record,
                                        &files->transcript.outfile, &files->log};

    for (size_t i = 0; i < sizeof outfiles / sizeof *outfiles; i++)
        until = close_one(outfiles[i], until, failure);
    err_keep(failure, &files->events.outfile.failure);
    messages_use_outfile(NULL);
    return until;
}

/* Standard error has JSON to the end. */
static void tell_missing(struct outfile *outfile, uint64_t until)
{
    if (!outfile->missing)
        return;
    outfile_flush(outfile, until);
    event_tell(&(struct event){.kind = EVENT_FILE,
                               .level = EVENT_RECORDED,
                               .path = outfile->options.name,
                               .count = outfile->missing});
    outfile->missing = 0;
}

void files_end(struct files *files, int status, uint64_t until, struct err *failure)
{
    struct outfile *outfile = &files->events.outfile;

    if (!outfile->is_open)
        return;
    if (is_standard_error(outfile) && outfile->file)
        tell_missing(outfile, until);
    events_end(&files->events, status);
    close_one(outfile, until, failure);
    messages_restart();
}
