// The tenant's time: the machine's, moved by whoever controls this world, so that nobody waits for an expiry.
#pragma once

#include <functional>

#include "portcullis/time.h"

namespace portcullis::world {

class TenantClock {
 public:
  explicit TenantClock(std::function<WallTime()> base) : base_(std::move(base)) {}
  WallTime now() const { return base_() + moved_; }
  /// From the machine's time; 0 brings it back.
  void set_offset(std::chrono::seconds offset) { moved_ = offset; }

 private:
  std::function<WallTime()> base_;
  std::chrono::seconds moved_{0};
};

}  // namespace portcullis::world
