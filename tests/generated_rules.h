// For tests: rules of several shapes, requests on and around their routes, and the comparison of a cached
// policy with fresh decisions. Every seed gives the same on every run.
#pragma once

#include <array>
#include <random>
#include <string>
#include <vector>

#include "core/access/route_table.h"
#include "tests/fresh_and_cached.h"

namespace portcullis::lambda::testing {

enum class Shape : std::uint8_t { flat, parameter, parameter_beside_literals, rest, default_authenticated, mixed };

// Few words, so that routes and requests collide often.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  template <std::size_t n>
  std::string one_of(const std::array<const char*, n>& texts) {
    return texts[below(n)];
  }

  std::string word() { return one_of(std::array{"orders", "users", "me", "new", "a", "b-c", "v1.2"}); }
  std::string value() { return one_of(std::array{"1", "me", "new", "a", "x%20y", "%40b", "z%C3%BC", "q:r", "100%25"}); }
  std::string method() { return one_of(std::array{"GET", "POST", "DELETE", "PUT"}); }

  RouteList routes(Shape shape) {
    list_.clear();
    known_ = RouteTable{};
    any_used_ = false;
    switch (shape) {
      case Shape::flat:
        for (std::size_t n = 1 + below(7); n > 0; --n) add(literals(1 + below(3)));
        break;
      case Shape::parameter:
        for (const char* root : {"/orders", "/users", "/a/me"}) add_parameter(root, 0);
        break;
      case Shape::parameter_beside_literals:
        for (const char* root : {"/orders", "/a/me"}) add_parameter(root, 1 + below(3));
        break;
      case Shape::rest:
        add_rests(Shape::rest);
        break;
      case Shape::default_authenticated:
        for (std::size_t n = below(4); n > 0; --n) add("/api" + literals(1 + below(2)));
        add_rests(Shape::default_authenticated);
        break;
      case Shape::mixed:
        for (std::size_t n = 1 + below(5); n > 0; --n) add(anything());
        break;
    }
    return list_;
  }

  std::string literals(std::size_t length) {
    std::string path;
    for (; length > 0; --length) path += '/' + word();
    return path;
  }

 private:
  // ANY takes seven times the room; one a policy stays within the bounds.
  void add(const std::string& path) {
    std::string route = (!any_used_ && below(5) == 0 ? "ANY" : method()) + ' ' + path;
    if (known_.add(*RoutePattern::parse(route), 0)) return;
    any_used_ = any_used_ || route.starts_with("ANY");
    list_.emplace_back(std::move(route), one_of(std::array{"scope:a", "scope:b", "authenticated", "public"}));
  }
  void add_parameter(const std::string& root, std::size_t beside) {
    if (below(2) == 0) add(root);
    add(root + "/{id}");
    for (; beside > 0; --beside) add(root + '/' + word());
  }
  // Two layers: below the caller's something refused, or the reverse; where the default is one, no third.
  void add_rests(Shape shape) {
    for (const char* root : {"/files", "/me/a"}) {
      if (below(3) == 0) continue;
      add(std::string{root} + "/{path+}");
      if (shape == Shape::rest && below(2) == 0) add(root + literals(1 + below(2)));
    }
    if (list_.empty()) add("/b-c/{path+}");
  }
  std::string anything() {
    std::string path;
    const std::size_t length = 1 + below(3);
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t kind = below(6);
      if (kind == 0 && i + 1 == length) return path + "/{rest+}";
      path += kind < 3 ? "/{p" + std::to_string(i) + "}" : '/' + word();
    }
    return path;
  }

  std::mt19937 random_;
  RouteList list_;
  RouteTable known_;
  bool any_used_ = false;
};

inline std::string example_of(const RoutePattern& pattern, Generator& random) {
  using Kind = RoutePattern::Segment::Kind;
  std::string path;
  for (const auto& segment : pattern.segments) {
    path += '/' + (segment.kind == Kind::literal ? segment.text : random.value());
    if (segment.kind == Kind::rest && random.below(2) == 0) path += '/' + random.value();
  }
  return path;
}

inline std::string other_case(std::string path) {
  for (char& c : path)
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
      break;
    }
  return path;
}

inline std::string without_last_segment(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

// On the route, its seven neighbours, and the two edges of a wildcard.
inline void add_requests_around(const RoutePattern& pattern, Generator& random, std::vector<Asked>& requests) {
  const std::string method = pattern.any_method() ? random.method() : pattern.method;
  const std::string path = example_of(pattern, random);
  for (const std::string& neighbour :
       {path, path + '/', path + '/' + random.value(), path + '/' + random.value() + '/' + random.value(),
        "/x" + path.substr(1), path + 'x', other_case(path), without_last_segment(path)})
    requests.push_back({method, neighbour});
  requests.push_back({random.method(), path});
  requests.push_back({method == "GET" ? "HEAD" : "GET", path});
}

inline std::vector<Asked> requests_for(const RouteList& routes, Generator& random) {
  std::vector<Asked> requests;
  for (const auto& [route, access] : routes) add_requests_around(*RoutePattern::parse(route), random, requests);
  for (int i = 0; i < 20; ++i)
    requests.push_back({random.method(), random.literals(1 + random.below(3)) + (random.below(4) == 0 ? "/" : "")});
  return requests;
}

// What no pattern may let through, whatever a server behind makes of it. One for each way to write it.
inline std::vector<Asked> hostile_requests(const RouteList& routes, Generator& random) {
  std::vector<Asked> requests;
  for (const auto& [route, access] : routes) {
    const RoutePattern pattern = *RoutePattern::parse(route);
    const std::string path = without_last_segment(example_of(pattern, random));
    for (const char* part :
         {"/x",     "x//y",   "./y",    "x/.",    "x/./y",  "..",     "x/../y", "%2e",  "%2E",    "x%2fy",
          "x%2Fy",  "x%5cy",  "x%5Cy",  "x\\y",   "x;y",    "x%3by",  "x%3By",  "x#y",  "x%2500", "x%251f",
          "x%252e", "x%253b", "x%2541", "x%255c", "x%256d", "x%257a", "x%00",   "x%1f", "x%7f",   "x%7F"})
      requests.push_back({pattern.any_method() ? "GET" : pattern.method, path + part});
  }
  return requests;
}

struct Tally {
  int triples = 0, objections = 0;
  std::string first;  // objection
};

inline void compare(const PolicyDocument& cached, const Authorizer& authorizer, const std::string& token,
                    const std::vector<Asked>& requests, Tally& tally) {
  for (const Asked& asked : requests) {
    ++tally.triples;
    const Decision fresh = decide(authorizer, asked, token);
    if (allows(cached, asked.arn()) == (fresh.outcome == Outcome::allow)) continue;
    if (tally.objections++ == 0)
      tally.first = asked.method + ' ' + asked.path + " is decided by '" + std::string{fresh.route()} +
                    "': " + std::string{fresh.explanation()};
  }
}

inline std::string encoded(char c, std::string_view digits) {
  return {'%', digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
}

}  // namespace portcullis::lambda::testing
