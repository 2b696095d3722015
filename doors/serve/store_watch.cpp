#include "doors/serve/store_watch.h"

namespace portcullis::serve {

using system::LogLevel;

void StoreWatch::failing(std::string_view why, Now now) {
  const std::lock_guard lock{mutex_};
  if (lacking_++ > 0) return;
  since_ = now.mono;
  log_.line(LogLevel::error, "store").string("state", "out of reach").string("detail", why).send();
}

void StoreWatch::answering(std::string_view why, Now now) {
  const std::lock_guard lock{mutex_};
  if (--lacking_ > 0) return;
  constexpr std::int64_t second = 1'000'000'000;
  log_.line(LogLevel::info, "store")
      .string("state", "answering")
      .string("detail", why)
      .integer("out_of_reach_s", (now.mono.nanoseconds - since_.nanoseconds + second / 2) / second)
      .send();
}

void StoreWatch::leave() noexcept {
  const std::lock_guard lock{mutex_};
  --lacking_;
}

bool StoreWatch::is_up() const noexcept {
  const std::lock_guard lock{mutex_};
  return lacking_ == 0;
}

}  // namespace portcullis::serve
