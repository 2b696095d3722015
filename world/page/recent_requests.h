// The latest requests, for whoever asks why.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "world/gateway/request_report.h"

namespace portcullis::world {

/// Bounded: the latest 1,000, and of these at most 50 at once.
class RecentRequests {
 public:
  /// Numbers the report and keeps it. @returns it, until the next one is kept
  const RequestReport& keep(RequestReport report);
  /// @returns nullptr when there is none with this id
  const RequestReport* find(const std::string& id) const;
  /// The newest reports with a greater number than `sequence`, the oldest of them first.
  std::vector<const RequestReport*> after(std::uint64_t sequence) const;
  /// The number of the newest; 0 when there is none.
  std::uint64_t latest() const noexcept { return latest_; }

 private:
  std::uint64_t latest_ = 0;
  std::deque<RequestReport> reports_;
};

}  // namespace portcullis::world
