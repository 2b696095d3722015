// Every setting of a configuration: its value, and who says so.
#pragma once

#include <string>
#include <vector>

#include "edge/config/config.h"

namespace portcullis::cli {

struct Setting {
  std::string name;      // as in docs/config.md: "issuers[0].audience"; of a variable its name
  std::string value;     // as it could be written; a secret is "env:NAME (set)" and never its value
  config::Written from;  // an empty place: the default
};

/// In the order of docs/config.md.
std::vector<Setting> effective_settings(const config::Config& config, const config::Environment& environment);

}  // namespace portcullis::cli
