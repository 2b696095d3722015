#include "core/keys/key_cache.h"

#include <algorithm>

namespace portcullis {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr int status_ok = 200;
constexpr int status_not_modified = 304;
}  // namespace

KeyCache::KeyCache(std::uint32_t source, RemoteKeys where) : source_(source), where_(std::move(where)) {}

// A clock that stepped back makes keys neither younger nor older than they were (tokens.md §6.2 counts
// from the start of the fetch).
milliseconds KeyCache::age(WallTime now) const {
  return std::max(now - fetched_at_, milliseconds{0});
}

bool KeyCache::expired(WallTime now) const {
  return !keys_ || age(now) >= fresh_ + where_.stale;
}

bool KeyCache::fetch_under_way(WallTime now) const {
  return under_way_since_ && now - *under_way_since_ < lost_ticket && now >= *under_way_since_ - lost_ticket;
}

bool KeyCache::may_fetch(WallTime now) const {
  // A retry time far ahead of now can only mean that the clock stepped back.
  return now >= retry_at_ || retry_at_ - now > longest_fresh;
}

NeedKeys KeyCache::question() const {
  return {{source_, attempt_}, where_.url, keys_ ? etag_ : std::string{}};
}

NeedKeys KeyCache::start_fetch(WallTime now) {
  ++attempt_;
  under_way_since_ = now;
  return question();
}

KeyCache::View KeyCache::look(WallTime now) {
  const std::lock_guard lock{mutex_};
  View view;
  const bool none = expired(now);
  if (!none) view.keys = keys_;
  if (keys_ && age(now) < fresh_) return view;  // fresh
  if (fetch_under_way(now)) {
    if (none) view.refresh = question();  // wait with the others
  } else if (may_fetch(now)) {
    view.refresh = start_fetch(now);
  }
  if (none) view.why_none = last_error_;
  return view;
}

std::optional<NeedKeys> KeyCache::unknown_key(const std::shared_ptr<const KeySet>& seen, WallTime now) {
  const std::lock_guard lock{mutex_};
  if (fetch_under_way(now)) return question();  // a cooldown forbids new fetches, never joining one
  if (seen != keys_) return std::nullopt;       // replaced meanwhile: the caller looks again
  const bool cooling = now < unknown_key_at_ && unknown_key_at_ - now <= unknown_key_cooldown;
  if (cooling || !may_fetch(now)) return std::nullopt;
  unknown_key_at_ = now + unknown_key_cooldown;
  return start_fetch(now);
}

void KeyCache::learn(const Ticket& ticket, const FetchOutcome& outcome, WallTime now) {
  const std::lock_guard lock{mutex_};
  if (ticket.source != source_ || ticket.attempt != attempt_ || !under_way_since_) return;
  if (const auto* failed = std::get_if<FetchFailed>(&outcome)) {
    fail(failed->why, std::nullopt, now);
  } else {
    accept(std::get<FetchedKeys>(outcome), now);
  }
  under_way_since_.reset();
}

void KeyCache::accept(const FetchedKeys& fetched, WallTime now) {
  if (fetched.status == status_not_modified && keys_) {
    // The same keys, young again.
  } else if (fetched.status != status_ok) {
    return fail("HTTP status " + std::to_string(fetched.status), fetched.retry_after, now);
  } else {
    auto parsed = KeySet::parse(fetched.body);
    if (!parsed) return fail(parsed.error(), std::nullopt, now);
    // The whole set is replaced: merging would keep revoked keys alive.
    keys_ = std::make_shared<const KeySet>(*std::move(parsed));
    etag_ = fetched.etag;
  }
  fetched_at_ = *under_way_since_;
  fresh_ = std::clamp(fetched.max_age.value_or(where_.fresh), shortest_fresh, longest_fresh);
  retry_at_ = {};
  failures_ = 0;
  last_error_.clear();
}

// Old keys stay: an issuer's hiccup must not become an outage (and built-in ones are never fallen back to).
void KeyCache::fail(std::string why, std::optional<seconds> retry_after, WallTime now) {
  const seconds backoff = std::min(seconds{1} * (1 << std::min(failures_, 6)), longest_backoff);
  ++failures_;
  retry_at_ = now + std::clamp(retry_after.value_or(backoff), backoff, seconds{600});
  last_error_ = std::move(why);
}

Result<Done, std::string> KeyCache::adopt(KeySet keys, WallTime fetched_at, WallTime now) {
  const std::lock_guard lock{mutex_};
  if (keys_) return std::string{"there are keys already"};
  if (fetched_at > now) return std::string{"they were fetched in the future, by this machine's clock"};
  if (now - fetched_at >= where_.stale) {
    const auto hours = [](auto duration) {
      return std::to_string(std::chrono::floor<std::chrono::hours>(duration).count());
    };
    return "they are " + hours(now - fetched_at) + " h old, and 'stale' allows " + hours(where_.stale) + " h";
  }
  keys_ = std::make_shared<const KeySet>(std::move(keys));
  fetched_at_ = fetched_at;
  fresh_ = seconds{0};
  return Done{};
}

bool KeyCache::has_keys(WallTime now) const {
  const std::lock_guard lock{mutex_};
  return !expired(now);
}

KeyStatus KeyCache::status(WallTime now) const {
  const std::lock_guard lock{mutex_};
  KeyStatus status;
  status.source = where_.url;
  status.keys = keys_;
  if (keys_) status.age = age(now);
  status.last_error = last_error_;
  return status;
}

}  // namespace portcullis
