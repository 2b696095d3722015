#include "doors/serve/decision_ring.h"

namespace portcullis::serve {

void DecisionRing::add(std::string line) {
  const std::lock_guard lock{mutex_};
  if (lines_.size() < most_kept) {
    lines_.push_back(std::move(line));
  } else {
    lines_[next_] = std::move(line);
  }
  next_ = (next_ + 1) % most_kept;
}

std::string DecisionRing::json() const {
  const std::lock_guard lock{mutex_};
  std::string json = "{\"decisions\":[";
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::size_t place = (next_ + most_kept - 1 - i) % most_kept;
    json += (i > 0 ? ",\n" : "\n") + lines_[place];
  }
  return json + "]}\n";
}

}  // namespace portcullis::serve
