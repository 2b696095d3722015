#include "core/keys/key_cache.h"

#include <algorithm>

namespace portcullis {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr int status_ok = 200;
constexpr int status_not_modified = 304;

// Longer than any pause of ours: an instant farther ahead than this can only mean that the clock stepped back.
constexpr seconds longest_pause = KeyCache::longest_retry_after + KeyCache::longest_retry_after / 10;

bool is_ahead(WallTime then, WallTime now) {
  return now < then && then - now <= longest_pause;
}

std::string status_fault(int status) {
  std::string fault = "HTTP status " + std::to_string(status);
  if (status >= 300 && status < 400 && status != status_not_modified) fault += "; redirects are not followed";
  return fault;
}

using NewKeys = Result<std::shared_ptr<const KeySet>, std::string>;

// Before the lock is taken: reading many keys is long.
NewKeys new_keys(const FetchedKeys& fetched) {
  if (fetched.status != status_ok) return status_fault(fetched.status);
  auto parsed = KeySet::parse(fetched.body);
  if (!parsed) return parsed.error();
  return std::make_shared<const KeySet>(*std::move(parsed));
}

}  // namespace

KeyCache::KeyCache(std::uint32_t source, RemoteKeys where, Spread spread)
    : source_(source), where_(std::move(where)), spread_(spread) {}

// The age is counted on the wall clock from the start of the fetch (tokens.md §6.2): monotonic time may stand
// still while a Lambda is frozen. A clock that stepped back leaves an age that nobody knows; such keys are stale.
bool KeyCache::is_fresh(const Held& held, WallTime now) const {
  return now - held.fetched_at < held.fresh && now - held.fetched_at >= -tolerated_step_back;
}

bool KeyCache::is_usable(const HeldPtr& held, WallTime now) const {
  return held && now - held->fetched_at < held->fresh + where_.stale;
}

bool KeyCache::may_be_time_to_fetch(WallTime now) const {
  return !is_ahead(WallTime{milliseconds{next_fetch_.load()}}, now);
}

void KeyCache::note_next_fetch() {
  const WallTime next = under_way_since_ ? *under_way_since_ + lost_ticket : retry_at_;
  next_fetch_.store(next.time_since_epoch().count());
}

bool KeyCache::fetch_under_way(WallTime now) const {
  return under_way_since_ && now - *under_way_since_ < lost_ticket && now >= *under_way_since_ - lost_ticket;
}

bool KeyCache::may_fetch(WallTime now) const {
  return !is_ahead(retry_at_, now);
}

NeedKeys KeyCache::question() const {
  if (!where_.metadata_of.empty() && key_url_.empty()) return {{source_, attempt_}, where_.url, {}, where_.metadata_of};
  return {{source_, attempt_}, key_url_.empty() ? where_.url : key_url_, held_.get() ? etag_ : std::string{}};
}

NeedKeys KeyCache::start_fetch(WallTime now) {
  ++attempt_;
  under_way_since_ = now;
  if (!key_url_.empty() && (now - key_url_at_ >= remembered_key_url || now < key_url_at_)) {
    key_url_.clear();
    etag_.clear();  // it is of what was at that place
  }
  note_next_fetch();
  return question();
}

// An age that is not known must not stay unknown: it is counted from now on.
void KeyCache::doubt_age(WallTime now) {
  const HeldPtr held = held_.get();
  if (!held || now - held->fetched_at >= -tolerated_step_back) return;
  (void)held_.put(std::make_shared<const Held>(Held{held->keys, now, seconds{0}}));  // else the next one does
}

KeyCache::View KeyCache::look(WallTime now) {
  if (HeldPtr held = held_.get(); is_usable(held, now) && (is_fresh(*held, now) || !may_be_time_to_fetch(now))) {
    const KeySet* keys = held->keys.get();
    return {{std::move(held), keys}, std::nullopt, {}};  // one count for both: counting is what costs here
  }

  const std::lock_guard lock{mutex_};
  doubt_age(now);
  View view;
  const HeldPtr held = held_.get();
  const bool usable = is_usable(held, now);
  if (usable) view.keys = held->keys;
  if (usable && is_fresh(*held, now)) return view;  // renewed meanwhile
  if (fetch_under_way(now)) {
    if (!usable) view.refresh = question();  // wait with the others
  } else if (may_fetch(now)) {
    view.refresh = start_fetch(now);
  }
  if (!usable) view.why_none = last_error_;
  return view;
}

bool KeyCache::is_fetching(WallTime now) const {
  const std::lock_guard lock{mutex_};
  return fetch_under_way(now);
}

std::optional<NeedKeys> KeyCache::unknown_key(const std::shared_ptr<const KeySet>& seen, std::string_view key_id,
                                              WallTime now) {
  const std::lock_guard lock{mutex_};
  if (fetch_under_way(now)) {  // a cooldown forbids new fetches, never joining one
    unknown_ids_.looked_for(key_id, attempt_, now);
    return question();
  }
  if (const HeldPtr held = held_.get(); !held || seen != held->keys) return std::nullopt;  // the caller looks again
  // Threads that read the clock a moment earlier come a moment later: that is no step back.
  const bool cooling = now < unknown_key_at_ && unknown_key_at_ - now <= unknown_key_cooldown + tolerated_step_back;
  if (cooling || !may_fetch(now) || unknown_ids_.in_vain(key_id, now)) return std::nullopt;
  unknown_key_at_ = now + unknown_key_cooldown;
  NeedKeys wanted = start_fetch(now);
  unknown_ids_.looked_for(key_id, attempt_, now);
  return wanted;
}

NeedKeys KeyCache::refresh(WallTime now) {
  const std::lock_guard lock{mutex_};
  return fetch_under_way(now) ? question() : start_fetch(now);
}

void KeyCache::learn(const Ticket& ticket, const FetchOutcome& outcome, WallTime now) {
  const auto* fetched = std::get_if<FetchedKeys>(&outcome);
  const NewKeys keys = fetched ? new_keys(*fetched) : std::get<FetchFailed>(outcome).why;
  const std::lock_guard lock{mutex_};
  if (ticket.source != source_ || ticket.attempt != attempt_ || !under_way_since_) return;
  if (fetched && fetched->clock_offset) clock_offset_ = fetched->clock_offset;
  const HeldPtr held = held_.get();
  if (fetched && fetched->status == status_not_modified && held && !etag_.empty()) {  // who did not ask is told nothing
    accept(*fetched, held->keys, now);
  } else if (keys) {
    accept(*fetched, *keys, now);
  } else {
    fail(keys.error(), fetched ? fetched->retry_after : std::nullopt, now);
  }
  under_way_since_.reset();
  note_next_fetch();
}

void KeyCache::accept(const FetchedKeys& fetched, std::shared_ptr<const KeySet> keys, WallTime now) {
  if (fetched.status == status_ok || fetched.max_age) max_age_ = fetched.max_age;  // RFC 9111 §4.3.4
  const seconds asked = std::clamp(max_age_.value_or(where_.fresh), shortest_fresh, longest_fresh);
  const auto fresh = std::clamp<milliseconds>(spread_.around(asked), shortest_fresh, longest_fresh);
  // The whole set is replaced: merging would keep revoked keys alive.
  if (!held_.put(std::make_shared<const Held>(Held{std::move(keys), *under_way_since_, fresh})))
    return fail("the keys could not be renewed at once; a moment later they can", std::nullopt, now);
  if (fetched.status == status_ok) etag_ = fetched.etag;
  if (!fetched.key_url.empty()) {
    key_url_ = fetched.key_url;
    key_url_at_ = *under_way_since_;
  }
  unknown_ids_.brought_keys(attempt_);
  retry_at_ = {};
  failures_ = 0;
  last_error_.clear();
}

// Old keys stay: an issuer's hiccup must not become an outage (and built-in ones are never fallen back to).
void KeyCache::fail(std::string why, std::optional<seconds> retry_after, WallTime now) {
  const seconds backoff = std::min(seconds{1} * (1 << std::min(failures_, 6)), longest_backoff);
  ++failures_;
  const bool told = retry_after && *retry_after > backoff;
  retry_at_ = now + (told ? spread_.beyond(std::min(*retry_after, longest_retry_after)) : spread_.around(backoff));
  key_url_.clear();  // perhaps the keys have moved,
  etag_.clear();     // perhaps the condition is what the server cannot answer
  last_error_ = std::move(why);
}

Result<Done, std::string> KeyCache::adopt(KeySet keys, WallTime fetched_at, WallTime now) {
  const std::lock_guard lock{mutex_};
  if (held_.get()) return std::string{"there are keys already"};
  if (fetched_at > now) return std::string{"they were fetched in the future, by this machine's clock"};
  if (now - fetched_at >= where_.stale) {
    const auto hours = [](auto duration) {
      return std::to_string(std::chrono::floor<std::chrono::hours>(duration).count());
    };
    return "they are " + hours(now - fetched_at) + " h old, and 'stale' allows " + hours(where_.stale) + " h";
  }
  const auto adopted =
      std::make_shared<const Held>(Held{std::make_shared<const KeySet>(std::move(keys)), fetched_at, seconds{0}});
  if (!held_.put(adopted)) return std::string{"they could not be put in place"};
  return Done{};
}

bool KeyCache::has_keys(WallTime now) const {
  return is_usable(held_.get(), now);
}

KeyStatus KeyCache::status(WallTime now) const {
  const std::lock_guard lock{mutex_};
  KeyStatus status;
  status.source = key_url_.empty() ? where_.url : key_url_;
  if (const HeldPtr held = held_.get()) {
    status.keys = held->keys;
    status.age = std::max(now - held->fetched_at, milliseconds{0});
  }
  status.last_error = last_error_;
  status.clock_offset = clock_offset_;
  return status;
}

}  // namespace portcullis
