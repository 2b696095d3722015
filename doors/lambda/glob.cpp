#include "doors/lambda/glob.h"

#include <vector>

namespace portcullis::lambda {
namespace {

using Kind = RoutePattern::Segment::Kind;

// A route as a row of single-character steps. A repeating step may be taken any number of times more.
struct RouteStep {
  enum class Matches : std::uint8_t { exactly, no_slash, anything } matches;
  char character;
  bool repeats;
};

std::vector<RouteStep> steps_of(const RoutePattern& route) {
  using Matches = RouteStep::Matches;
  std::vector<RouteStep> steps;
  bool first = true;
  for (const auto& segment : route.segments) {
    if (!first) steps.push_back({Matches::exactly, '/', false});
    first = false;
    switch (segment.kind) {
      case Kind::literal:
        for (const char c : segment.text) steps.push_back({Matches::exactly, c, false});
        break;
      case Kind::parameter:
        steps.push_back({Matches::no_slash, 0, true});
        break;
      case Kind::rest:
        steps.push_back({Matches::anything, 0, true});
        break;
    }
  }
  return steps;
}

// Whether one character can satisfy both.
bool compatible(char glob, const RouteStep& step) {
  if (glob == '?' || glob == '*') return true;
  switch (step.matches) {
    case RouteStep::Matches::exactly:
      return glob == step.character;
    case RouteStep::Matches::no_slash:
      return glob != '/';
    case RouteStep::Matches::anything:
      return true;
  }
  return true;
}

}  // namespace

std::string glob_of(const RoutePattern& route) {
  std::string glob;
  for (const auto& segment : route.segments) {
    if (&segment != &route.segments.front()) glob += '/';
    glob += segment.kind == Kind::literal ? segment.text : "?*";
  }
  return glob;
}

// Reachability in the product of the two patterns; cell (i, j): the first i of the glob and the first j
// steps of the route are used up.
bool overlap(std::string_view glob, const RoutePattern& route) {
  const auto steps = steps_of(route);
  const std::size_t width = steps.size() + 1;
  std::vector<bool> reached((glob.size() + 1) * width, false);
  reached[0] = true;
  for (std::size_t i = 0; i <= glob.size(); ++i) {
    for (std::size_t j = 0; j <= steps.size(); ++j) {
      const std::size_t at = i * width + j;
      if (!reached[at]) continue;
      if (i == glob.size()) continue;
      const bool star = glob[i] == '*';
      if (star) reached[at + width] = true;  // the star ends, or was empty
      // One character, taken by the next step of the route …
      if (j < steps.size() && compatible(glob[i], steps[j])) reached[star ? at + 1 : at + width + 1] = true;
      // … or by the repetition of the step before.
      if (j > 0 && steps[j - 1].repeats && compatible(glob[i], steps[j - 1]) && !star) reached[at + width] = true;
    }
  }
  return reached[glob.size() * width + steps.size()];
}

}  // namespace portcullis::lambda
