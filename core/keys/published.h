// One value that one writer replaces and everybody reads, without a lock for the readers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace portcullis {

/// Holds a shared immutable value. The current one lies in one of a few slots; a reader announces itself at
/// the slot while it copies the pointer, a writer fills a slot at which nobody is announced and then names it
/// the current one.
///
/// Why no reader sees a slot being filled: all operations on the atomics are sequentially consistent. A
/// reader announces itself and then looks whether the slot is still the current one; a writer names another
/// slot and, when it wants the old one again, looks for announcements. Of the two looks the later one sees
/// the other's step: either the reader finds the slot no longer current and goes to the new one, or the writer
/// finds it announced and takes another.
template <class T>
class Published {
 public:
  /// The current value; null before the first put(). Never waits: it starts again only when a put()
  /// came in between.
  std::shared_ptr<const T> get() const noexcept {
    for (;;) {
      const std::size_t at = current_.load();
      const Slot& slot = slots_[at];
      slot.readers.fetch_add(1);
      std::shared_ptr<const T> value;
      const bool current = current_.load() == at;
      if (current) value = slot.value;
      slot.readers.fetch_sub(1);
      if (current) return value;
    }
  }

  /// Replaces the value. One writer at a time; that is the caller's business.
  /// @returns false, with nothing changed, when readers were interrupted in the middle of copying at every
  ///          other slot: try again later, for a writer does not wait either
  [[nodiscard]] bool put(std::shared_ptr<const T> value) noexcept {
    const std::size_t old = current_.load();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (i == old || slots_[i].readers.load() != 0) continue;
      slots_[i].value = std::move(value);
      current_.store(i);
      return true;
    }
    return false;
  }

  /// So many values are kept alive at most, the replaced ones among them.
  static constexpr std::size_t most_kept = 8;

 private:
  struct Slot {
    mutable std::atomic<std::uint32_t> readers{0};
    std::shared_ptr<const T> value;
  };
  std::array<Slot, most_kept> slots_;
  std::atomic<std::size_t> current_{0};
};

}  // namespace portcullis
