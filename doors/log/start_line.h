// The first line of the log: what this process will accept.
#pragma once

#include "edge/config/config.h"
#include "edge/system/log.h"
#include "portcullis/authorizer.h"

namespace portcullis {

/// Issuers, audiences, algorithms, number of keys, clock offsets, routes by access, routes that only report; then
/// one line for each clock that differs and for each note.
void log_start(const config::Config& config, const Authorizer& authorizer, system::Log log);

}  // namespace portcullis
