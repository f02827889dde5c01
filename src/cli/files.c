#include "cli/files.h"

#include <unistd.h>

#include "cli/run.h"

/* One conversation in a pipe waits for its files; nobody waits for one among many. */
static bool is_one_conversation(const struct options *options)
{
    return !options->gathers && (options->once || options->command == COMMAND_CONNECT);
}

static int open_sink(struct sink *sink, uv_loop_t *loop, const struct sink_options *options,
                     struct err *err)
{
    return options->path ? sink_open(sink, loop, options, err) : 0;
}

static int open_log(struct files *files, uv_loop_t *loop, const struct options *options,
                    struct host *host, struct err *err)
{
    struct sink_options log = {.path = "/dev/stdout",
                               .name = "standard output",
                               .is_text = true,
                               .broke = host_log_broke,
                               .owner = host};

    return options->chat && !options->talks ? sink_open(&files->log, loop, &log, err) : 0;
}

int files_open(struct files *files, uv_loop_t *loop, const struct options *options,
               struct host *host, struct err *err)
{
    bool waits = is_one_conversation(options);
    sink_show *show = options->talks ? run_show : NULL;
    struct sink_options output = {.path = options->output, .waits = waits};
    struct sink_options dump = {
        .path = options->hex_dump, .waits = waits, .is_text = true, .show = show};
    struct sink_options transcript = {
        .path = options->transcript, .appends = true, .is_text = true, .show = show};

    if (open_sink(&files->output, loop, &output, err) < 0 ||
        open_sink(&files->transcript.sink, loop, &transcript, err) < 0 ||
        open_sink(&files->dump, loop, &dump, err) < 0)
        return -1;
    if (sink_is_standard_error(&files->dump))
        run_share_stderr(&files->dump);
    if (sink_is_standard_error(&files->transcript.sink))
        run_share_stderr(&files->transcript.sink);
    return open_log(files, loop, options, host, err);
}

bool files_share_terminal(const struct files *files)
{
    return files->dump.shares_terminal || files->transcript.sink.shares_terminal;
}

void files_reopen(struct files *files)
{
    sink_reopen(&files->output);
    sink_reopen(&files->dump);
    sink_reopen(&files->transcript.sink);
}

void files_close(struct files *files, uint64_t until, struct err *failure)
{
    struct sink *const sinks[] = {&files->dump, &files->output, &files->transcript.sink,
                                  &files->log};

    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++) {
        if (!sink_close(sinks[i], until))
            until = 0;
        err_keep(failure, &sinks[i]->failure);
    }
    run_share_stderr(NULL);
}
