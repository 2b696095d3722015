#include "core/access/limit_buckets.h"

#include <algorithm>
#include <cstring>
#include <ratio>

#include "core/limit/gcra.h"
#include "core/token/fingerprint.h"
#include "portcullis/ip_address.h"
#include "portcullis/json_writer.h"

namespace portcullis {
namespace {

using std::chrono::nanoseconds;

constexpr int network_of_one = 64, network_of_many = 48;  // bits of IPv6: what one customer has at least, and at most
constexpr std::int64_t networks_factor = 16;              // ratelimit.md §3.3
constexpr const char* network_suffix = "/48";

std::array<unsigned char, 16> secret_of(const Secrets& secrets, LimitStore store) {
  Secrets source{secrets.seed, {}};
  if (store == LimitStore::shared && secrets.shared_seed) source.seed = *secrets.shared_seed;
  std::array<unsigned char, 16> secret{};
  const std::array<std::uint64_t, 2> halves{derived_seed(source, "names of limits, first half"),
                                            derived_seed(source, "names of limits, second half")};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<unsigned char>(halves[i / 8] >> (i % 8 * 8));
  return secret;
}

std::string_view text_of_octets(const std::array<unsigned char, 16>& octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// One letter a kind, so that a client and a subject of one name are two.
std::string_view letter_of(LimitDimension::Kind kind) {
  constexpr std::string_view letters = "pcoijar";
  return letters.substr(static_cast<std::size_t>(kind), 1);
}

using Missing = const char*;
constexpr Missing present = nullptr;

Missing add_text(LimitKeyText& key, std::optional<std::string_view> value, Missing why_not) {
  if (!value || value->empty()) return why_not;
  key.add(*value);
  return present;
}

Missing add_claim(LimitKeyText& key, const VerifiedToken& token, const std::string& pointer) {
  const auto claim = find_at(token.claims(), pointer);
  if (!claim || claim->is(JsonKind::null)) return "the token has no such claim";
  JsonWriter value;  // as JSON, so that "1" and 1 are two
  write_json(value, *claim);
  key.add(pointer);
  key.add(value.text());
  return present;
}

Missing add_of_token(LimitKeyText& key, const LimitDimension& dimension, const VerifiedToken& token) {
  using Kind = LimitDimension::Kind;
  key.add(token.issuer());
  switch (dimension.kind) {
    case Kind::principal:
      return add_text(key, token.subject(), "the token has no sub");
    case Kind::client:
      return add_text(key, token.client(), "the token has neither azp nor client_id");
    case Kind::organization:
      return add_text(key, token.organization(), "the token has no org_id");
    case Kind::claim:
      return add_claim(key, token, dimension.pointer);
    case Kind::issuer:
    case Kind::address:
    case Kind::route:
      return present;
  }
  return present;
}

Missing add_dimension(LimitKeyText& key, const LimitDimension& dimension, const LimitSubject& subject,
                      const std::optional<IpAddress>& address) {
  using Kind = LimitDimension::Kind;
  key.add(letter_of(dimension.kind));
  if (dimension.kind == Kind::route) return add_text(key, subject.route, "there is no route");
  if (dimension.kind == Kind::address) {
    if (!address) return "the client's address is not known";
    key.add(text_of_octets(address->is_v4() ? address->octets() : address->masked(network_of_one).octets()));
    return present;
  }
  return subject.token ? add_of_token(key, dimension, *subject.token) : "no token was verified";
}

Rate of_networks(const Rate& one) {
  return {std::min(one.count * networks_factor, Rate::most_count), one.period,
          std::min(one.burst * networks_factor, Rate::most_burst)};
}

}  // namespace

LimitNames::LimitNames(const Secrets& secrets, LimitStore store)
    : hash_(secret_of(secrets, store)),
      shortest_interval_(store == LimitStore::shared ? nanoseconds{std::chrono::microseconds{1}} : nanoseconds{1}) {}

std::vector<LimitWindow> LimitNames::windows_of(std::string_view limit, const NonEmpty<Rate>& rates,
                                                LimitHeaders told) const {
  std::vector<LimitWindow> windows;
  const auto kind = [&](const Rate& rate, std::string window) {
    LimitKeyText name;
    name.add(window);
    const LimitTake take{hash_.of(name.text()), std::max(rate.interval(), shortest_interval_), rate.burst};
    return LimitWindow::Kind{
        std::make_shared<const LimitPolicy>(LimitPolicy{std::string{limit}, std::move(window), rate, told}), take};
  };
  for (const Rate& rate : rates.items()) {
    std::string window{limit};
    if (rates.items().size() > 1) window += '/' + period_word(rate.period);
    windows.push_back({kind(rate, window), kind(of_networks(rate), window + network_suffix)});
  }
  return windows;
}

Result<LimitOwners, const char*> LimitNames::owners_of(const NonEmpty<LimitDimension>& by,
                                                       const LimitSubject& subject) const {
  LimitKeyText name;
  const auto address = is_by_address(by) ? IpAddress::parse_forwarded(subject.address) : std::nullopt;
  for (const LimitDimension& dimension : by.items())
    if (const Missing why = add_dimension(name, dimension, subject, address); why != present) return why;
  LimitOwners owners{hash_.of(name.text())};
  if (!has_networks(by) || address->is_v4()) return owners;
  LimitKeyText network;
  network.add("network");
  network.add(text_of_octets(address->masked(network_of_many).octets()));
  owners.network = hash_.of(network.text());
  return owners;
}

LimitTake LimitNames::bucket_of(const LimitWindow::Kind& window, const LimitKey& owner) const noexcept {
  std::array<char, 2 * sizeof(LimitKey)> name{};  // two hashes, each of one length
  std::memcpy(name.data(), owner.data(), owner.size());
  std::memcpy(name.data() + owner.size(), window.take.key.data(), window.take.key.size());
  return {hash_.of({name.data(), name.size()}), window.take.interval, window.take.burst};
}

bool is_by_address(const NonEmpty<LimitDimension>& by) noexcept {
  const auto items = by.items();
  return std::any_of(items.begin(), items.end(),
                     [](const LimitDimension& one) { return one.kind == LimitDimension::Kind::address; });
}

bool has_networks(const NonEmpty<LimitDimension>& by) noexcept {
  return by.items().size() == 1 && is_by_address(by);
}

std::string period_word(nanoseconds period) {
  struct Unit {
    nanoseconds length;
    const char *one, *many;
  };
  using namespace std::chrono;
  constexpr auto day = hours{24};
  for (const Unit& unit :
       {Unit{day, "day", "d"}, Unit{hours{1}, "hour", "h"}, Unit{minutes{1}, "min", "m"}, Unit{seconds{1}, "s", "s"},
        Unit{milliseconds{1}, "ms", "ms"}, Unit{nanoseconds{1}, "ns", "ns"}})
    if (period.count() > 0 && period % unit.length == nanoseconds{0})
      return period == unit.length ? unit.one : std::to_string(period / unit.length) + unit.many;
  return "0";
}

std::string text_of(const Rate& rate) {
  return std::to_string(rate.count) + '/' + period_word(rate.period);
}

LimitState foreseen(const LimitTake& bucket, const LimitState& looked_at, std::int64_t cost) noexcept {
  LimitState state = looked_at;
  if (looked_at.remaining >= cost) return state;
  state.verdict = LimitState::Verdict::denied;
  state.retry_after = looked_at.reset - bucket.interval * (bucket.burst - cost);
  return state;
}

LimitStanding standing_of(const LimitWindow::Kind& window, const LimitState& state) {
  return {window.policy, state.remaining, until_more(window.take, state), state.reset, state.retry_after};
}

std::string refusal_text(const LimitStanding& standing) {
  const LimitPolicy& policy = *standing.policy;
  return "limit " + policy.limit + " (" + text_of(policy.rate) + ", burst " + std::to_string(policy.rate.burst) +
         "): retry in " + std::to_string(seconds_to_wait(standing)) + " s";
}

}  // namespace portcullis
