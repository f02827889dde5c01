/* service: from the options to the handler that serves connections, and what it needs around it. */
#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "cli/run.h"
#include "io/tap.h"
#include "talk/handler.h"
#include "talk/pipe.h"
#include "text/charset.h"

struct service {
    struct run *run;
    struct charsets charsets;
    struct tap_file output;
    struct pipe pipe;
    struct handler *handler; /* which of the handlers serves */
};

/* Opens charsets and files, so that what is wrong with them is said before anyone is connected, and
 * before *run is initialised: to open a FIFO means to wait, and there a signal acts by itself. How
 * a conversation ends is told to *run. */
int service_init(struct service *service, struct run *run, const struct options *options,
                 struct err *err);

/* Serves the stream; a failure is told to the run. */
void service_serve(struct service *service, struct stream *stream);

/* After the loop has ended; what went wrong meanwhile counts for the exit status. */
void service_fini(struct service *service);

/* AF_UNSPEC, AF_INET or AF_INET6. */
int service_family(const struct options *options);
