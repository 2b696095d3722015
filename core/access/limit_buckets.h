// Which buckets a limit has, and how they are named: by what a verified token, the route and the connection say, and
// never by what a client merely claims. ratelimit.md §3.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/limit/limit_key.h"
#include "core/limit/limit_table.h"
#include "portcullis/authorizer.h"

namespace portcullis {

/// The buckets of this process. What clients can vary at will, addresses, has a table of its own, so that it never
/// takes the place of a caller's bucket.
struct LimitTables {
  explicit LimitTables(std::size_t limit_keys) : keys(limit_keys), callers(limit_keys), addresses(limit_keys) {}
  const std::size_t keys;
  LimitTable callers, addresses;
};

/// One window, ready to take from. The keys are names of the window; bucket_of() makes a bucket's name of them.
struct LimitWindow {
  struct Kind {
    std::shared_ptr<const LimitPolicy> policy;
    LimitTake take;
  };
  Kind each;      // of one owner
  Kind networks;  // of an IPv6 /48, which holds 65,536 owners: 16 times as much
};

/// Whose buckets they are. What a client with a whole IPv6 /48 can vary has a second owner, the /48.
struct LimitOwners {
  LimitKey owner{};
  std::optional<LimitKey> network{};
};

/// Who asks, as far as buckets are concerned.
struct LimitSubject {
  const VerifiedToken* token;  // null: nobody was verified
  std::string_view route;      // as configured
  std::string_view address;    // as the door says; whatever is no address is none
};

/// Makes names: keyed hashes, so that nobody outside can choose two that meet, and a store learns of nobody.
class LimitNames {
 public:
  /// Names for this process, or those that all machines of a shared store make alike.
  LimitNames(const Secrets& secrets, LimitStore store);

  /// The windows of a limit. Their policies are named as its headers name them.
  std::vector<LimitWindow> windows_of(std::string_view limit, const NonEmpty<Rate>& rates, LimitHeaders told) const;
  /// @returns why there is no bucket, as a sentence: something that the limit is counted by is absent
  Result<LimitOwners, const char*> owners_of(const NonEmpty<LimitDimension>& by, const LimitSubject& subject) const;
  LimitTake bucket_of(const LimitWindow::Kind& window, const LimitKey& owner) const noexcept;

 private:
  LimitKeyHash hash_;
  std::chrono::nanoseconds shortest_interval_;
};

/// Whether clients can choose its buckets: its dimensions include the address.
bool is_by_address(const NonEmpty<LimitDimension>& by) noexcept;
/// Whether it has a second bucket for each IPv6 /48: its only dimension is the address.
bool has_networks(const NonEmpty<LimitDimension>& by) noexcept;

/// "60/min", "5/15m".
std::string text_of(const Rate& rate);
/// "min", "15m"; of two periods that differ two words that differ.
std::string period_word(std::chrono::nanoseconds period);

/// How a bucket that was only looked at would answer a request for `cost` units.
LimitState foreseen(const LimitTake& bucket, const LimitState& looked_at, std::int64_t cost) noexcept;
LimitStanding standing_of(const LimitWindow::Kind& window, const LimitState& state);
/// "limit per-user (60/min, burst 20): retry in 7 s"
std::string refusal_text(const LimitStanding& standing);

}  // namespace portcullis
