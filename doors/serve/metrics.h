// What Prometheus is told. The values of labels come from the configuration alone, so nobody outside can make new ones.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doors/serve/decision_counters.h"
#include "edge/system/process_figures.h"
#include "portcullis/authorizer.h"

namespace portcullis::serve {

struct FetchCounts {
  std::uint64_t good = 0, failed = 0;
};

/// One reading of everything.
struct Figures {
  DecisionSums decisions;
  std::vector<KeyStatus> keys;
  std::map<std::string, FetchCounts> fetches;  // by issuer
  LimitMemory limits;
  std::optional<bool> store_up{};  // none: there is no store
  std::uint64_t connections = 0, waiting = 0;
  bool ready = false, last_reload_successful = true;
  double started = 0, last_reload = 0;  // Unix seconds
  std::uint64_t reloads = 0, log_lines_dropped = 0;
  system::ProcessFigures process;
};

/// The text format, version 0.0.4.
std::string metrics_text(const Figures& figures);

}  // namespace portcullis::serve
