// Spares a server that does not answer, and those who would wait for it. Reads no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace portcullis::net {

/// Opens after so many failures in a row within a second. Then nobody asks, until once a `pause` one question tries.
class CircuitBreaker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  CircuitBreaker(int failures, std::chrono::milliseconds pause)
      : failures_(static_cast<std::size_t>(failures < 1 ? 1 : failures)), pause_(pause) {}

  enum class Admission : std::uint8_t { ask, probe, refuse };
  /// `probe`: go on, and everybody else is refused until this one has succeeded, failed or was undecided.
  Admission admit(Time now) {
    if (state_ == State::closed) return Admission::ask;
    if (state_ == State::probing || now < until_) return Admission::refuse;
    state_ = State::probing;
    return Admission::probe;
  }
  void succeeded() {
    state_ = State::closed;
    in_row_ = 0;
    recent_.clear();
  }
  void failed(Time now) {
    ++in_row_;
    recent_.push_back(now);
    if (recent_.size() > failures_) recent_.pop_front();
    const bool quick = recent_.size() == failures_ && now - recent_.front() <= std::chrono::seconds{1};
    if (state_ != State::closed || quick) open(now);
  }
  /// The probe ended and tells nothing.
  void undecided(Time now) {
    if (state_ == State::probing) open(now);
  }
  /// There is reason to believe that it answers: the next question may try.
  void hope(Time now) {
    if (state_ == State::open) until_ = now;
  }
  /// What admit() would say, without a claim to be the probe.
  bool refuses(Time now) const { return state_ == State::probing || (state_ == State::open && now < until_); }
  bool failed_often() const noexcept { return in_row_ >= failures_; }

 private:
  enum class State : std::uint8_t { closed, open, probing };
  void open(Time now) {
    state_ = State::open;
    until_ = now + pause_;
  }

  std::size_t failures_, in_row_ = 0;
  std::chrono::milliseconds pause_;
  State state_ = State::closed;
  Time until_{};
  std::deque<Time> recent_;
};

}  // namespace portcullis::net
