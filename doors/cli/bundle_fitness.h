// Whether a configuration can be deployed as it is, and what must go with it.
#pragma once

#include <string>
#include <vector>

#include "edge/config/config.h"
#include "portcullis/authorizer.h"

namespace portcullis::cli {

/// What stands against packing this configuration: that it is for development, that a secret lies in a
/// file, that a file it names would not be found again beside bootstrap.
std::vector<RuleProblem> faults_for_bundle(const config::Config& config);

/// The files to pack beside the configuration, relative to its folder, each once.
std::vector<std::string> files_to_pack(const config::Config& config);

/// What stands against this file as the bundle's initial keys.
std::vector<RuleProblem> faults_of_initial_keys(const std::string& file, const config::Config& config,
                                                const Authorizer& authorizer, Now now);

}  // namespace portcullis::cli
