// Why one candidate a length is enough: a rule loses a request only to a more specific rule that matches it
// too, and a segment (or method) that no rule knows is matched by the fewest. So if any request of a length is
// the rule's, the one made of unknown segments is.
#include "core/access/sample_request.h"

#include <algorithm>
#include <array>

#include "core/access/path.h"

namespace portcullis {
namespace {

using Kind = RoutePattern::Segment::Kind;

constexpr std::array usual_methods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

bool is_open(const RoutePattern& pattern) {
  return !pattern.segments.empty() && pattern.segments.back().kind == Kind::rest;
}

// What the segment at `position` of a path with `length` segments must be.
enum class Asks : std::uint8_t { literal, text, text_or_end };

Asks asked_at(const RoutePattern& pattern, std::size_t position) {
  const std::size_t last = pattern.segments.size() - 1;
  if (pattern.segments[std::min(position, last)].kind == Kind::literal) return Asks::literal;
  return position > last ? Asks::text_or_end : Asks::text;  // behind {name+} a path may end in a slash
}

bool has_length(const RoutePattern& pattern, std::size_t length) {
  return is_open(pattern) ? length >= pattern.segments.size() : length == pattern.segments.size();
}

enum class Ending : std::uint8_t { text, slash };

/// The path with `length` segments that all patterns match, unknown wherever they leave it open.
std::optional<std::string> path_of(const std::vector<const RoutePattern*>& patterns, std::size_t length, Ending ending,
                                   const std::string& unknown) {
  std::string path;
  for (std::size_t i = 0; i < length; ++i) {
    std::optional<std::string> literal;
    bool may_end = ending == Ending::slash && i + 1 == length;
    for (const RoutePattern* pattern : patterns) {
      const Asks asks = asked_at(*pattern, i);
      may_end = may_end && asks == Asks::text_or_end;
      if (asks != Asks::literal) continue;
      const std::string& text = pattern->segments[i].text;
      if (literal && *literal != text) return std::nullopt;
      literal = text;
    }
    // A parameter never is the empty text behind a final slash.
    if (literal && literal->empty() && std::any_of(patterns.begin(), patterns.end(), [&](const auto* pattern) {
          return asked_at(*pattern, i) == Asks::text;
        }))
      return std::nullopt;
    path += '/';
    if (literal)
      path += *literal;
    else if (!may_end)
      path += unknown;
  }
  return path;
}

std::string unknown_method(const std::set<std::string, std::less<>>& known) {
  for (const char* method : usual_methods)
    if (!known.contains(method)) return method;
  std::string made = "X";
  while (known.contains(made)) made += 'X';
  return made;
}

}  // namespace

SampleRequests::SampleRequests(const std::vector<RouteRule>& routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    auto pattern = RoutePattern::parse(routes[i].route);
    patterns_.push_back(pattern ? std::optional{*std::move(pattern)} : std::nullopt);
    if (!patterns_.back()) continue;
    const RoutePattern& own = *patterns_.back();
    table_.add(own, static_cast<RouteIndex>(i));
    methods_.insert(own.method);
    lengths_.insert({own.segments.size(), own.segments.size() + 1});
    for (const auto& segment : own.segments)
      if (segment.kind == Kind::literal) texts_.insert(segment.text);
  }
}

// As short as possible: a path has a longest length.
std::string SampleRequests::unknown_text(const RoutePattern& within) const {
  const auto known = [&](const std::string& text) {
    return texts_.contains(text) ||
           std::any_of(within.segments.begin(), within.segments.end(),
                       [&](const auto& segment) { return segment.kind == Kind::literal && segment.text == text; });
  };
  for (std::string prefix;; prefix += 'x')
    for (const char c : std::string_view{"xyzabcdefghijklmnopqrstuvw0123456789"})
      if (std::string text = prefix + c; !known(text)) return text;
}

std::optional<SampleRequest> SampleRequests::answered_by(std::optional<RouteIndex> rule,
                                                         const RoutePattern& within) const {
  std::vector<const RoutePattern*> patterns{&within};
  if (rule) {
    if (*rule >= patterns_.size() || !patterns_[*rule]) return std::nullopt;
    patterns.push_back(&*patterns_[*rule]);
  }
  if (within.web_socket_connect() || patterns.back()->web_socket_connect()) {
    if (within.web_socket_connect() != patterns.back()->web_socket_connect()) return std::nullopt;
    SampleRequest handshake{{}, std::string{web_socket_connect_path}};
    return table_.find(handshake.method, handshake.path) == rule ? std::optional{std::move(handshake)} : std::nullopt;
  }
  std::string method = within.method;
  if (rule && !patterns.back()->any_method()) {
    if (!within.any_method() && within.method != patterns.back()->method) return std::nullopt;
    method = patterns.back()->method;
  } else if (within.any_method()) {
    method = unknown_method(methods_);
  }
  const std::string unknown = unknown_text(within);
  std::set<std::size_t> lengths = lengths_;
  lengths.insert({within.segments.size(), within.segments.size() + 1});
  for (const std::size_t length : lengths) {
    if (!std::all_of(patterns.begin(), patterns.end(),
                     [&](const RoutePattern* pattern) { return has_length(*pattern, length); }))
      continue;
    for (const Ending ending : {Ending::text, Ending::slash}) {
      const auto path = path_of(patterns, length, ending, unknown);
      if (path && table_.find(method, *path) == rule && normal_path(*path, NonAscii::refused))
        return SampleRequest{method, *path};
    }
  }
  return std::nullopt;
}

}  // namespace portcullis
