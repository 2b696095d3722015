#include "edge/config/limit_settings.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "edge/config/values.h"
#include "portcullis/json.h"

namespace portcullis::config {
namespace {

using std::chrono::seconds;

constexpr std::string_view report_note = "mode: report: this refuses nobody; what it would refuse is logged";

std::optional<seconds> parse_period(std::string_view text) {
  struct Word {
    std::string_view word;
    seconds period;
  };
  static constexpr std::array<Word, 4> words{
      {{"s", seconds{1}}, {"min", seconds{60}}, {"hour", seconds{3600}}, {"day", seconds{86400}}}};
  for (const auto& [word, period] : words)
    if (word == text) return period;
  return parse_duration(text);
}

// Buckets that are full after the same time differ in their size alone, so the larger one would never refuse.
void check_periods(Reader& reader, const YamlNode& node, const std::vector<Rate>& rates) {
  for (std::size_t i = 1; i < rates.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (rates[i].period == rates[j].period) {
        reader.fault(node, "two rates with the same period; keep the smaller one");
        return;
      }
}

// A burst is about moments, so of several windows it is the shortest one's; the others may be used up at once.
void apply_burst(Reader& reader, const YamlNode& node, const Key& key, std::vector<Rate>& rates) {
  const auto burst = reader.integer(node, key);
  if (!burst || rates.empty()) return;
  const auto shortest =
      std::min_element(rates.begin(), rates.end(), [](const Rate& a, const Rate& b) { return a.period < b.period; });
  for (auto rate = rates.begin(); rate != rates.end(); ++rate)
    if (rate != shortest && *burst > rate->burst)
      reader.fault(node, "a burst of " + std::to_string(*burst) + " is more than the " + std::to_string(rate->burst) +
                             " of a longer period, so it could never be had; write a smaller one");
  shortest->burst = *burst;
}

std::optional<NonEmpty<Rate>> read_rates(Reader& reader, const YamlNode& node, const Shape& shape) {
  std::vector<Rate> rates;
  const YamlNode* written = node.find("rate");
  if (written) {
    for (const std::string& text : reader.texts(*written)) {
      const auto rate = parse_rate(text);
      if (!rate) reader.fault(*written, rate.error());
      if (rate) rates.push_back(*rate);
    }
    check_periods(reader, *written, rates);
  }
  if (const YamlNode* burst = node.find("burst"))
    for (const Key& key : shape.keys)
      if (key.name == "burst") apply_burst(reader, *burst, key, rates);
  return NonEmpty<Rate>::from(std::move(rates));
}

Mode read_mode(Reader& reader, const YamlNode& node) {
  const YamlNode* mode = node.find("mode");
  if (!mode || !reader.word(*mode, mode_words)) return Mode::enforce;
  reader.note(*mode, std::string{report_note});
  return Mode::report;
}

std::optional<LimitDimension> parse_dimension(std::string_view text) {
  using Kind = LimitDimension::Kind;
  static constexpr std::array<Kind, std::size(dimension_words)> kinds{
      Kind::principal, Kind::client, Kind::organization, Kind::issuer, Kind::address, Kind::route};
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (dimension_words[i] == text) return LimitDimension{kinds[i], {}};
  constexpr std::string_view claim = "claim:";
  if (!text.starts_with(claim)) return std::nullopt;
  text.remove_prefix(claim.size());
  if (text.empty() || !is_json_pointer(text)) return std::nullopt;
  return LimitDimension{Kind::claim, std::string{text}};
}

std::optional<NonEmpty<LimitDimension>> read_dimensions(Reader& reader, const YamlNode& node) {
  std::vector<LimitDimension> dimensions;
  for (const std::string& text : reader.texts(node)) {
    const auto dimension = parse_dimension(text);
    if (!dimension) {
      reader.fault(node, "'" + text.substr(0, 64) +
                             "' is not known here; possible: principal, client, organization, issuer, address, route, "
                             "or claim: and a JSON pointer, such as claim:/plan");
    } else if (std::find(dimensions.begin(), dimensions.end(), *dimension) != dimensions.end()) {
      reader.fault(node, "'" + text + "' stands in 'by' twice; remove one");
    } else {
      dimensions.push_back(*dimension);
    }
  }
  return NonEmpty<LimitDimension>::from(std::move(dimensions));
}

void read_limit(Reader& reader, const YamlNode& name, const YamlNode& node, Rules& rules) {
  if (!is_limit_name(name.text))
    reader.fault(name, "the name of a limit is 1 to 64 letters, digits, '-' and '_'; clients are told it");
  if (!reader.is_mapping(node, "a limit", limit_shape)) return;
  reader.check_keys(node, limit_shape);
  auto rates = read_rates(reader, node, limit_shape);
  const YamlNode* by = node.find("by");
  auto dimensions = by ? read_dimensions(reader, *by) : std::nullopt;
  const Mode mode = read_mode(reader, node);
  if (rates && dimensions)
    rules.limits.push_back({name.text, *std::move(rates), *std::move(dimensions), reader.place(name), mode});
}

}  // namespace

Result<Rate, std::string> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::int64_t count = 0;
  const std::string_view digits = text.substr(0, slash);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool plain = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
  const auto period = slash == text.npos ? std::nullopt : parse_period(text.substr(slash + 1));
  if (!plain || !period)
    return "'" + std::string{text.substr(0, 64)} +
           "' is not a rate: a whole number, a slash and s, min, hour, day or a duration, such as 10/s, 60/min or "
           "100/10m";
  if (error != std::errc{} || end != digits.data() + digits.size() || count < 1 || count > Rate::most_count)
    return "a rate has 1 to 1000000000 units, not " + std::string{digits.substr(0, 32)};
  if (*period < seconds{1} || *period > Rate::longest) return std::string{"the period of a rate is from 1s to 31d"};
  return Rate{count, *period, std::min(count, Rate::most_burst)};
}

void read_limits(Reader& reader, const YamlNode& node, Rules& rules) {
  if (!reader.is_mapping(node, "'limits'")) return;
  if (node.members.size() > most_limits) reader.fault(node, "more than 64 limits; name fewer, routes can share one");
  for (const auto& [name, limit] : node.members) read_limit(reader, name, limit, rules);
}

void read_failed_tokens(Reader& reader, const YamlNode& node, Rules& rules) {
  if (!reader.is_mapping(node, "'failed_tokens'", failed_tokens_shape)) return;
  reader.check_keys(node, failed_tokens_shape);
  if (const YamlNode* by = node.find("by")) (void)reader.word(*by, failed_token_words);
  auto rates = read_rates(reader, node, failed_tokens_shape);
  const Mode mode = read_mode(reader, node);
  if (rates) rules.failed_tokens = FailedTokenRule{*std::move(rates), reader.place(node), mode};
}

void read_route_limits(Reader& reader, const YamlNode& node, RouteRule& route) {
  const YamlNode* limit = node.find("limit");
  const YamlNode* cost = node.find("cost");
  if (limit) route.limits = reader.texts(*limit);
  if (cost && !limit) reader.fault(*cost, "'cost' is what a call takes of its limits; add 'limit', or remove it");
  if (cost) route.cost = reader.integer(*cost, route_shape["cost"]).value_or(route.cost);
}

void note_unused_limits(Reader& reader, const YamlNode& limits, const Rules& rules) {
  for (const auto& [name, limit] : limits.members) {
    const bool used = std::any_of(rules.routes.begin(), rules.routes.end(), [&name = name](const RouteRule& route) {
      return std::find(route.limits.begin(), route.limits.end(), name.text) != route.limits.end();
    });
    if (!used) reader.note(name, "no route has this limit; write 'limit: " + name.text + "' at those that it is for");
  }
}

}  // namespace portcullis::config
