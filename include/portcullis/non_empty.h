// A list that cannot be empty, so that "nothing configured" can never mean "anything goes".
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace portcullis {

/// At least one `T`, in the order they were given. Threads: like any value.
template <class T>
class NonEmpty {
 public:
  /// @returns nullopt for an empty list; the caller turns that into an error with its place.
  static std::optional<NonEmpty> from(std::vector<T> items) {
    if (items.empty()) return std::nullopt;
    return NonEmpty{std::move(items)};
  }
  /// A list of one.
  explicit NonEmpty(T only) { items_.push_back(std::move(only)); }

  /// All of them, never none; valid as long as this object.
  std::span<const T> items() const noexcept { return items_; }

 private:
  explicit NonEmpty(std::vector<T> items) : items_(std::move(items)) {}
  std::vector<T> items_;
};

}  // namespace portcullis
