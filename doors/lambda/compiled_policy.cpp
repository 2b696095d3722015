#include "doors/lambda/compiled_policy.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "doors/lambda/policy_comparison.h"

namespace portcullis::lambda {
namespace {

using Form = PolicyDocument::Form;
using Kind = RoutePattern::Segment::Kind;

// The verbs an API Gateway method can have; ANY stands for these.
constexpr std::array<std::string_view, 7> gateway_verbs{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};

// What the form check of paths refuses and could be read as something else. On a cache hit nobody checks
// the path again; so these stand beside every wildcard. None denies a path that passes the check.
constexpr std::array<std::string_view, 28> refused_forms{
    "*//*",   "*/./*",  "*/.",    "*/../*", "*/..",  "*%2e*", "*%2E*",  "*%2f*",  "*%2F*",  "*%5c*",
    "*%5C*",  "*\\*",   "*;*",    "*%3b*",  "*%3B*", "*#*",   "*%250*", "*%251*", "*%252*", "*%253*",
    "*%254*", "*%255*", "*%256*", "*%257*", "*%0?*", "*%1?*", "*%7f*",  "*%7F*"};

constexpr int most_rounds = 8;  // until a policy is right; each adds what the one before was found to lack

struct ListedRoute {
  RoutePattern pattern;
  bool allowed;
};

using Routes = std::vector<const ListedRoute*>;

std::vector<ListedRoute> parse_all(const Grants& grants) {
  std::vector<ListedRoute> routes;
  for (const Grant& grant : grants.routes)
    if (auto pattern = RoutePattern::parse(grant.route); pattern && !pattern->web_socket_connect())
      routes.push_back({*std::move(pattern), grant.allowed});
  return routes;
}

// "~" may come as %7E and the digits of an escape in either case; a pattern knows one spelling only.
bool has_several_spellings(std::string_view literal) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '~') return true;
    if (literal[i] == '%' && i + 2 < literal.size() && (is_letter(literal[i + 1]) || is_letter(literal[i + 2])))
      return true;
  }
  return false;
}

bool has_one_spelling(const ListedRoute& route) {
  return std::none_of(route.pattern.segments.begin(), route.pattern.segments.end(), [](const auto& segment) {
    return segment.kind == Kind::literal && has_several_spellings(segment.text);
  });
}

bool same_shape(const RoutePattern& a, const RoutePattern& b) {
  return std::equal(
      a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
      [](const auto& x, const auto& y) { return x.kind == y.kind && (x.kind != Kind::literal || x.text == y.text); });
}

// RouteTable's order: segment by segment from the left.
bool more_specific(const ListedRoute* a, const ListedRoute* b) {
  return std::lexicographical_compare(a->pattern.segments.begin(), a->pattern.segments.end(),
                                      b->pattern.segments.begin(), b->pattern.segments.end(),
                                      [](const auto& x, const auto& y) { return x.kind < y.kind; });
}

// The routes that decide requests with this verb, the most specific first: ANY gives way to the verb's own
// route of the same path.
Routes routes_of(std::string_view verb, const std::vector<ListedRoute>& routes) {
  Routes chosen;
  for (const ListedRoute& route : routes) {
    if (route.pattern.method == verb) chosen.push_back(&route);
    if (!route.pattern.any_method()) continue;
    const bool shadowed = std::any_of(routes.begin(), routes.end(), [&](const ListedRoute& other) {
      return other.pattern.method == verb && same_shape(other.pattern, route.pattern);
    });
    if (!shadowed) chosen.push_back(&route);
  }
  std::stable_sort(chosen.begin(), chosen.end(), more_specific);
  return chosen;
}

bool is_wild(const PathPolicy& policy) {
  return std::any_of(policy.allow.begin(), policy.allow.end(), [](const Glob& glob) {
    return std::any_of(glob.begin(), glob.end(), [](const Piece& piece) { return piece.kind != Piece::Kind::literal; });
  });
}

// Makes the policy of one verb: the caller's routes first, then whatever the comparison finds missing.
class PathPolicyMaker {
 public:
  PathPolicyMaker(const Routes& routes, const Grants& grants) : routes_(routes) {
    rules_.unlisted_allowed = grants.fallback_allowed;
    for (const ListedRoute* route : routes) {
      rules_.routes.push_back({language_of(route->pattern), route->allowed});
      if (!route->allowed || rules_.unlisted_allowed) continue;
      policy_.allow.push_back(language_of(route->pattern));
      for (Glob& glob : surplus_of(route->pattern)) deny(std::move(glob));
    }
    if (rules_.unlisted_allowed) policy_.allow.push_back({{Piece::Kind::any, {}}});
  }

  std::optional<PathPolicy> make() {
    if (!is_wild(policy_)) return std::move(policy_);  // literals match themselves and nothing else
    auto spellings = Spellings::plain;
    for (int round = 0; round < most_rounds; ++round) {
      const Differences differences = compare(rules_, policy_, spellings);
      if (differences.unknown || differences.lockout) return std::nullopt;  // more Denies cannot help
      if (!differences.none()) {
        repair(differences);
      } else if (spellings == Spellings::encoded_too) {
        return std::move(policy_);
      } else {
        spellings = Spellings::encoded_too;
      }
    }
    return std::nullopt;
  }

 private:
  // One kind at a time: what is cut off first may settle the rest.
  void repair(const Differences& differences) {
    for (const std::size_t i : differences.refused) deny(glob_of(routes_[i]->pattern));
    if (!differences.refused.empty()) return;
    policy_.plain_only.insert(differences.encoded.begin(), differences.encoded.end());
  }

  void deny(Glob glob) {
    if (std::find(policy_.deny.begin(), policy_.deny.end(), glob) == policy_.deny.end())
      policy_.deny.push_back(std::move(glob));
  }

  const Routes& routes_;
  PathRules rules_;
  PathPolicy policy_;
};

std::set<std::string, std::less<>> verbs_of(const std::vector<ListedRoute>& routes, const Grants& grants) {
  std::set<std::string, std::less<>> verbs;
  if (grants.fallback_allowed) verbs.insert(gateway_verbs.begin(), gateway_verbs.end());
  for (const ListedRoute& route : routes) {
    if (!route.pattern.any_method()) {
      verbs.insert(route.pattern.method);
    } else {
      verbs.insert(gateway_verbs.begin(), gateway_verbs.end());
    }
  }
  return verbs;
}

bool needs_no_escape(char c) {  // RFC 3986 §2.3, without "~"
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// Patterns for every way to encode a character of the literal that needs no escape, as "*%6D*". A decision
// refuses these escapes wherever they stand. What needs one, as ":" and "@", is another text with and without.
void add_encodings(std::string_view literal, std::set<std::string>& patterns) {
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '%') {
      i += 2;  // its own escape
      continue;
    }
    if (!needs_no_escape(literal[i])) continue;
    for (const std::string_view digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
      const auto byte = static_cast<unsigned char>(literal[i]);
      patterns.insert({'*', '%', digits[byte >> 4], digits[byte & 15], '*'});
    }
  }
}

// Collects the verbs' policies into one document.
class DocumentMaker {
 public:
  explicit DocumentMaker(const MethodArn& arn) : prefix_(arn.prefix) {}

  void add(const std::string& verb, const PathPolicy& policy) {
    for (const Glob& glob : policy.allow) document_.allow.push_back(prefix_ + verb + '/' + text_of(glob));
    for (const Glob& glob : policy.deny) document_.deny.push_back(prefix_ + verb + '/' + text_of(glob));
    if (is_wild(policy)) forms_.insert(refused_forms.begin(), refused_forms.end());
    for (const std::string& literal : policy.plain_only) add_encodings(literal, forms_);
  }
  void allow_everything() {
    document_.allow.push_back(prefix_ + '*');
    forms_.insert(refused_forms.begin(), refused_forms.end());
  }
  PolicyDocument finish(Form form) && {
    for (const std::string& pattern : forms_) document_.deny.push_back(prefix_ + pattern);
    document_.form = form;
    return std::move(document_);
  }

 private:
  const std::string& prefix_;
  PolicyDocument document_;
  std::set<std::string> forms_;
};

}  // namespace

std::optional<PolicyDocument> compiled_policy(const Grants& grants, const MethodArn& arn) {
  DocumentMaker document{arn};
  const bool everything = grants.fallback_allowed && std::all_of(grants.routes.begin(), grants.routes.end(),
                                                                 [](const Grant& grant) { return grant.allowed; });
  if (everything) {
    document.allow_everything();
    return std::move(document).finish(Form::compiled);
  }
  const auto routes = parse_all(grants);
  if (!std::all_of(routes.begin(), routes.end(), has_one_spelling)) return std::nullopt;
  std::map<Routes, std::optional<PathPolicy>> made;  // verbs that only ANY lists have one policy
  for (const std::string& verb : verbs_of(routes, grants)) {
    Routes deciding = routes_of(verb, routes);
    auto place = made.find(deciding);
    if (place == made.end()) {
      auto policy = PathPolicyMaker{deciding, grants}.make();
      place = made.emplace(std::move(deciding), std::move(policy)).first;
    }
    if (!place->second) return std::nullopt;
    document.add(verb, *place->second);
  }
  return std::move(document).finish(Form::compiled);
}

PolicyDocument stage_policy(const MethodArn& arn) {
  DocumentMaker document{arn};
  document.allow_everything();
  return std::move(document).finish(Form::stage);
}

}  // namespace portcullis::lambda
