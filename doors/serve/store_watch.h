// Whether the shared store of limits answers, as operators are told it: one line for each change, however many event
// loops there are, each with a connection of its own.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>

#include "edge/system/log.h"
#include "portcullis/authorizer.h"

namespace portcullis::serve {

/// Of one store; goes from one configuration to the next as long as that names the same store. Any thread.
class StoreWatch {
 public:
  explicit StoreWatch(system::Log log) noexcept : log_(log) {}

  /// A loop that had answers has none any more: the first one is told of.
  void failing(std::string_view why, Now now);
  /// A loop that had none has them again: told of when no other lacks them.
  void answering(std::string_view why, Now now);
  /// A loop that has none asks this store no more.
  void leave() noexcept;
  /// Whether no loop lacks answers.
  bool is_up() const noexcept;

 private:
  const system::Log log_;
  mutable std::mutex mutex_;  // held while it is told, so that lines come in order
  std::size_t lacking_ = 0;   // loops
  MonoTime since_{};
};

}  // namespace portcullis::serve
