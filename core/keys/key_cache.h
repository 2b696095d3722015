// The state of one remote key source: empty, fresh, stale or expired, and at most one fetch under way.
// Pure: time comes in, questions go out. tokens.md §6.1–6.3.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/keys/published.h"
#include "core/keys/spread.h"
#include "core/keys/unknown_key_ids.h"
#include "portcullis/keys.h"
#include "portcullis/rules.h"
#include "portcullis/time.h"

namespace portcullis {

/// Safe from any thread. Reading usable keys takes no lock; a short one is taken only by who may have to
/// start a fetch, has no keys, or names an unknown one, and nobody waits under it. Keys are handed out as
/// shared immutable sets, so a decision keeps its set while another thread replaces it.
class KeyCache {
 public:
  /// @param source  this cache's number, which its tickets carry
  KeyCache(std::uint32_t source, RemoteKeys where, Spread spread);

  struct View {
    std::shared_ptr<const KeySet> keys;  // null when none may be used
    std::optional<NeedKeys> refresh;     // worth fetching: an errand when there are keys, else a question
    std::string why_none;                // the last error, when there are no keys
  };
  /// The keys that may be used now. At most one caller is handed a *new* ticket for each fetch; those
  /// who come while it is under way and have no keys are handed the same one and wait with it.
  View look(WallTime now);

  /// A token names a key that `seen` does not have: whether to fetch once more. Joins a fetch under way;
  /// else starts one unless the cooldown forbids it, which begins when the fetch does, so that a failing
  /// one counts too, or the id was looked for in vain a moment ago. nullopt: the key is unknown.
  std::optional<NeedKeys> unknown_key(const std::shared_ptr<const KeySet>& seen, std::string_view key_id, WallTime now);

  /// A fetch by order of the operator: joins one under way, else starts one whatever pause there is.
  NeedKeys refresh(WallTime now);

  /// Takes the outcome of a fetch. Good keys replace all old ones; anything else keeps them.
  /// Outcomes of tickets other than the current one are ignored.
  void learn(const Ticket& ticket, const FetchOutcome& outcome, WallTime now);

  /// Takes keys that were fetched before this cache began. They are stale from the start and serve until
  /// they are `stale` old, counted from when they were fetched.
  /// @returns why not, as a sentence
  Result<Done, std::string> adopt(KeySet keys, WallTime fetched_at, WallTime now);

  /// Whether there are keys that may be used now. Hands out no ticket.
  bool has_keys(WallTime now) const;
  /// Whether a fetch is under way, so that which keys there are is about to be known.
  bool is_fetching(WallTime now) const;
  KeyStatus status(WallTime now) const;
  const RemoteKeys& where() const noexcept { return where_; }
  std::uint32_t source() const noexcept { return source_; }

  static constexpr std::chrono::seconds unknown_key_cooldown{30};
  static constexpr std::chrono::seconds shortest_fresh{60};
  static constexpr std::chrono::seconds longest_fresh{86400};
  static constexpr std::chrono::seconds longest_backoff{60};
  static constexpr std::chrono::seconds longest_retry_after{600};
  /// A ticket whose outcome nobody has told for so long is lost: its holder died.
  static constexpr std::chrono::seconds lost_ticket{10};
  /// Wall clocks are set back by so much without meaning it; beyond it the age of keys is not known any more.
  static constexpr std::chrono::seconds tolerated_step_back{5};
  /// Where metadata said the keys are is asked anew after this, and after every failure.
  static constexpr std::chrono::hours remembered_key_url{24};

 private:
  /// What the readers see. Immutable; a new one for every good fetch.
  struct Held {
    std::shared_ptr<const KeySet> keys;
    WallTime fetched_at;  // when the fetch of the keys, or of the word that they are unchanged, began
    std::chrono::milliseconds fresh;
  };
  using HeldPtr = std::shared_ptr<const Held>;

  bool is_fresh(const Held& held, WallTime now) const;
  bool is_usable(const HeldPtr& held, WallTime now) const;
  bool may_be_time_to_fetch(WallTime now) const;

  // Under the lock:
  NeedKeys start_fetch(WallTime now);
  NeedKeys question() const;
  bool fetch_under_way(WallTime now) const;
  bool may_fetch(WallTime now) const;
  void doubt_age(WallTime now);
  void note_next_fetch();
  void fail(std::string why, std::optional<std::chrono::seconds> retry_after, WallTime now);
  void accept(const FetchedKeys& fetched, std::shared_ptr<const KeySet> keys, WallTime now);

  const std::uint32_t source_;
  const RemoteKeys where_;
  Published<Held> held_;
  std::atomic<WallTime::rep> next_fetch_{0};  // nobody need take the lock for a refresh before

  mutable std::mutex mutex_;
  Spread spread_;
  std::string etag_;
  std::optional<std::chrono::seconds> max_age_;
  std::string key_url_;  // as metadata said
  WallTime key_url_at_{};
  std::uint64_t attempt_ = 0;
  std::optional<WallTime> under_way_since_;
  WallTime retry_at_{};        // after a failure: not before
  WallTime unknown_key_at_{};  // cooldown: no new fetch for an unknown key before
  UnknownKeyIds unknown_ids_;
  int failures_ = 0;
  std::string last_error_;
  std::optional<std::chrono::seconds> clock_offset_;
};

}  // namespace portcullis
