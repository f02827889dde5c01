/* gate: who is let in by `listen`, and what is said about those who are not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/options.h"
#include "net/access.h"
#include "net/address.h"
#include "net/hosts.h"

struct gate {
    struct access access;
    struct hosts hosts;
    unsigned max_per_host; /* 0: no limit */
    bool has_files;        /* that can be read again */
    uint64_t told_at;      /* ms; refusals are told once a second */
    unsigned untold;
};

/* Reads the rules; what is wrong with them ends everything before it begins. */
int gate_init(struct gate *gate, const struct options *options, struct err *err);
void gate_fini(struct gate *gate);

/* Whether the peer may come in; then it is counted until gate_leave. `now` in ms. */
bool gate_admits(struct gate *gate, const struct endpoint *peer, uint64_t now);
void gate_leave(struct gate *gate, const struct endpoint *peer);

/* Reads the files again; where that fails it says so, and the old rules stay. */
void gate_reload(struct gate *gate);
