#include "core/access/route_pattern.h"

#include <algorithm>

#include "core/access/path.h"

namespace portcullis {
namespace {

using Segment = RoutePattern::Segment;

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

Result<Segment, std::string> parse_parameter(std::string_view text) {
  std::string_view name = text.substr(1, text.size() - 2);
  const bool rest = name.ends_with('+');
  if (rest) name.remove_suffix(1);
  if (!is_name(name))
    return "the parameter " + std::string{text} + " is not {name} or {name+} with letters, digits, '_', '-' and '.'";
  return Segment{rest ? Segment::Kind::rest : Segment::Kind::parameter, std::string{name}};
}

Result<Segment, std::string> parse_literal(std::string_view text) {
  for (const char forbidden : {'*', '?', '$', '{', '}'})
    if (text.find(forbidden) != text.npos)
      return std::string{"a literal '"} + forbidden +
             "' is not possible in a route: use {name} for one segment, {name+} for everything below";
  const auto normal = normal_path("/" + std::string{text}, NonAscii::refused);
  if (!normal) return normal.error().detail + "; such requests are always refused";
  if (normal->substr(1) != text) return "write the segment '" + std::string{text} + "' as '" + normal->substr(1) + "'";
  return Segment{Segment::Kind::literal, std::string{text}};
}

Result<Segment, std::string> parse_segment(std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}') && text.size() > 2) return parse_parameter(text);
  return parse_literal(text);
}

}  // namespace

Result<RoutePattern, std::string> RoutePattern::parse(std::string_view text) {
  if (text == web_socket_connect_path) return RoutePattern{};
  const std::size_t blank = text.find(' ');
  if (blank == text.npos || !is_method(text.substr(0, blank)))
    return std::string{"a route is a method in capitals (or ANY), one blank and a path: \"GET /orders/{id}\""};
  RoutePattern pattern{std::string{text.substr(0, blank)}, {}};
  const std::string_view path = text.substr(blank + 1);
  if (!path.starts_with('/')) return std::string{"the path of a route starts with '/'"};
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() && end != path.size()) return std::string{"the path has two slashes in a row"};
    auto segment = parse_segment(part);
    if (!segment) return segment.error();
    if (!pattern.segments.empty() && pattern.segments.back().kind == Segment::Kind::rest)
      return std::string{"{name+} must be the last segment"};
    pattern.segments.push_back(*std::move(segment));
    begin = end + 1;
  }
  return pattern;
}

}  // namespace portcullis
