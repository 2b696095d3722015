// From an environment to a running function.
#pragma once

#include "edge/config/config.h"

namespace portcullis::lambda {

/// The whole life of `bootstrap`. @returns the exit status
int start(const config::Environment& environment);

}  // namespace portcullis::lambda
