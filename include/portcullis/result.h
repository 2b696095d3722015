// A value or the reason why there is none. Failure is a value that nobody can drop.
#pragma once

#include <utility>
#include <variant>

#include "portcullis/reason.h"

namespace portcullis {

/// What a function returns that has nothing to say but "it worked".
struct Done {};

/// Holds either a `T` or an `E`. The class is nodiscard, so every function that returns it is.
/// Asking for the wrong side is a bug of the caller: it throws std::bad_variant_access, never reads
/// a wrong object. Threads: like any value.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return held_.index() == 0; }

  const T& operator*() const& { return std::get<0>(held_); }
  T& operator*() & { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  const T* operator->() const { return &std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  /// Why there is no value. Only where there is none: else std::bad_variant_access.
  const E& error() const& { return std::get<1>(held_); }
  /// The same, taken out.
  E&& error() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, E> held_;
};

}  // namespace portcullis
