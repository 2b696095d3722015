#include "doors/lambda/glob.h"

#include <algorithm>

namespace portcullis::lambda {
namespace {

using SegmentKind = RoutePattern::Segment::Kind;
using Kind = Piece::Kind;

std::string_view written(const Piece& piece) {
  if (piece.kind == Kind::literal) return piece.text;
  return piece.kind == Kind::any ? "*" : "?*";
}

// A parameter followed by nothing but parameters and a {name+} has no surplus.
bool may_cross_slashes(const RoutePattern& route, std::size_t parameter) {
  return route.segments.back().kind == SegmentKind::rest &&
         std::all_of(route.segments.begin() + static_cast<std::ptrdiff_t>(parameter), route.segments.end(),
                     [](const auto& segment) { return segment.kind != SegmentKind::literal; });
}

}  // namespace

std::string text_of(const Glob& glob) {
  std::string text;
  for (const Piece& piece : glob) {
    if (&piece != &glob.front()) text += '/';
    text += written(piece);
  }
  return text;
}

Glob language_of(const RoutePattern& route) {
  Glob pieces;
  for (const auto& segment : route.segments) {
    if (segment.kind == SegmentKind::literal) {
      pieces.push_back({Kind::literal, segment.text});
    } else {
      pieces.push_back({segment.kind == SegmentKind::parameter ? Kind::one : Kind::some, {}});
    }
  }
  return pieces;
}

Glob glob_of(const RoutePattern& route) {
  Glob glob = language_of(route);
  for (Piece& piece : glob)
    if (piece.kind == Kind::one) piece.kind = Kind::some;
  return glob;
}

std::vector<Glob> surplus_of(const RoutePattern& route) {
  std::vector<Glob> surplus;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    if (route.segments[i].kind != SegmentKind::parameter || may_cross_slashes(route, i)) continue;
    Glob glob = glob_of(route);
    glob[i].kind = Kind::any;
    glob.insert(glob.begin() + static_cast<std::ptrdiff_t>(i), {Kind::any, {}});
    surplus.push_back(std::move(glob));
  }
  return surplus;
}

}  // namespace portcullis::lambda
