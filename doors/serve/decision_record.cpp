#include "doors/serve/decision_record.h"

#include <algorithm>

#include "doors/log/decision_log.h"
#include "doors/serve/field_name.h"

namespace portcullis::serve {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000'000;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The trace's id of a traceparent field, W3C Trace Context §3.2: "00-" 32 hex "-" 16 hex "-" 2 hex; empty: there is
// none.
std::string_view trace_id_of(const net::ServerRequest& asked) {
  constexpr std::string_view name = "traceparent";
  constexpr std::size_t id_at = 3, id_length = 32, parent_at = 36, parent_length = 16, whole = 55;
  for (const net::FieldView& field : asked.fields) {
    if (!is_field(field.name, name)) continue;
    const std::string_view value = field.value;
    if (value.size() < whole || value[2] != '-' || value[parent_at - 1] != '-') return {};
    const std::string_view id = value.substr(id_at, id_length);
    if (!is_hex(id) || !is_hex(value.substr(parent_at, parent_length)) || id.find_first_not_of('0') == id.npos)
      return {};
    return id;
  }
  return {};
}

}  // namespace

DecisionRecord::Wanted DecisionRecord::wanted(const Decision& decision, Now now, DecisionCounters& counters) {
  if (log_.wants(system::LogLevel::debug)) return {true, true};
  const std::int64_t second = now.mono.nanoseconds / nanoseconds;
  if (second != second_) {
    if (unwritten_ > 0) log_.line(system::LogLevel::warn, "refusals not logged").integer("count", unwritten_).send();
    second_ = second;
    refusals_ = allowed_ = sampled_ = unwritten_ = 0;
  }
  if (decision.outcome != Outcome::allow) {
    if (++refusals_ <= most_refusals) return {log_.wants(level_of(decision)), true};
    ++unwritten_;
    counters.not_logged.add();
    return {false, false};
  }
  const bool sample = until_sample_ == 0;
  until_sample_ = (sample ? sampled : until_sample_) - 1;
  const bool logged = sample && log_.wants(system::LogLevel::info) && ++sampled_ <= most_allowed;
  return {logged, ++allowed_ <= most_allowed || logged};
}

system::LogLine DecisionRecord::describe_in(system::LogForm form, const Decision& decision,
                                            const DecisionContext& context) const {
  // The level is decided already: this makes the text.
  auto line = system::Log{system::LogLevel::debug, form}.line(level_of(decision), "decision");
  line.string("door", "serve");
  if (context.proxied.dialect()) line.string("dialect", name_of(*context.proxied.dialect()));
  describe(decision, secrets_, line);
  if (const std::string hash = credential_hash(context.proxied.request()); !hash.empty())
    line.string("token_sha256", hash);
  line.integer("latency_us", std::chrono::floor<std::chrono::microseconds>(context.took).count());
  if (const std::string_view id = trace_id_of(context.asked); !id.empty()) line.string("trace_id", id);
  if (!context.revision.empty()) line.string("config_rev", context.revision);
  return line;
}

void DecisionRecord::note(const Decision& decision, const DecisionContext& context, Now now,
                          DecisionCounters& counters) {
  const Wanted want = wanted(decision, now, counters);
  if (!want.kept && !want.logged) return;
  std::string json = describe_in(system::LogForm::json, decision, context).text();
  if (want.logged) {
    const auto room = decision.outcome == Outcome::allow ? system::LogRoom::half : system::LogRoom::three_quarters;
    const bool same = log_.form() == system::LogForm::json;
    log_.write(room, same ? json : describe_in(log_.form(), decision, context).text());
  }
  if (want.kept) ring_.add(std::move(json));
}

void DecisionRecord::note_untrusted(std::string_view peer, Now now) {
  ++untrusted_since_;
  const std::int64_t second = now.mono.nanoseconds / nanoseconds;
  if (second == untrusted_second_) return;
  untrusted_second_ = second;
  log_.line(system::LogLevel::warn, "untrusted peer")
      .string("peer", peer)
      .integer("count", static_cast<std::int64_t>(untrusted_since_))
      .string("note", "it is not among serve.proxies, so nothing it says is believed; add it there if it is a proxy")
      .send();
  untrusted_since_ = 0;
}

}  // namespace portcullis::serve
