// What becomes of a store in our eyes: whether it is asked, and what is told of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "edge/net/circuit_breaker.h"

namespace portcullis::net {

/// Told once for each change: out of reach (with why), or answering again.
struct StoreChange {
  enum class Now : std::uint8_t { failing, answering } now;
  std::string why;  // one sentence without secrets
};

/// Every failure and success goes through here, so that the breaker and what is told agree. Reads no clock.
class StoreHealth {
 public:
  using Time = CircuitBreaker::Time;
  using Admission = CircuitBreaker::Admission;
  using Changed = std::function<void(const StoreChange&)>;
  StoreHealth(CircuitBreaker breaker, std::string store, Changed changed)
      : breaker_(std::move(breaker)), store_(std::move(store)), changed_(std::move(changed)) {}

  /// Whether a failure shows that nothing can be had from the store, or may be over in the next moment.
  enum class Sign : std::uint8_t { certain, passing };
  void failed(Time now, const std::string& why, Sign sign) {
    breaker_.failed(now);
    last_fault_ = fault(why);
    if (is_failing_ || (sign == Sign::passing && !breaker_.failed_often())) return;
    is_failing_ = true;
    if (changed_) changed_({StoreChange::Now::failing, last_fault_});
  }
  void succeeded() {
    breaker_.succeeded();
    if (!std::exchange(is_failing_, false)) return;
    if (changed_) changed_({StoreChange::Now::answering, fault("the store answers again")});
  }
  /// One sentence, without secrets.
  std::string fault(const std::string& cause) const { return store_ + ": " + cause; }
  const std::string& last_fault() const noexcept { return last_fault_; }

  // As the breaker says.
  Admission admit(Time now) { return breaker_.admit(now); }
  bool refuses(Time now) const { return breaker_.refuses(now); }
  void hope(Time now) { breaker_.hope(now); }
  void undecided(Time now) { breaker_.undecided(now); }

 private:
  CircuitBreaker breaker_;
  std::string store_;
  Changed changed_;
  bool is_failing_ = false;  // as it was told
  std::string last_fault_;
};

}  // namespace portcullis::net
