// Which rule is for a request: the most specific one.
#include "core/access/route_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace portcullis {
namespace {

struct Table {
  explicit Table(std::vector<std::string> list) : routes(std::move(list)) {
    for (std::size_t i = 0; i < routes.size(); ++i) {
      const auto pattern = RoutePattern::parse(routes[i]);
      EXPECT_TRUE(pattern) << routes[i];
      EXPECT_FALSE(table.add(*pattern, static_cast<RouteIndex>(i))) << routes[i];
    }
  }
  std::string find(std::string_view method, std::string_view path) const {
    const auto index = table.find(method, path);
    return index ? routes[*index] : "none";
  }
  std::vector<std::string> routes;
  RouteTable table;
};

TEST(RouteTable, PrefersLiteralsThenParametersThenTheRestThenTheVerbItself) {
  const Table table{{"GET /users/{id}", "GET /users/me", "ANY /users/{id}", "ANY /users/{path+}", "GET /",
                     "POST /users/{id}/keys", "GET /files/{path+}", "GET /a/", "$connect", "ANY /x/{y}/z"}};
  struct Row {
    const char *method, *path, *route;
  };
  for (const Row& row :
       {Row{"GET", "/users/me", "GET /users/me"}, Row{"GET", "/users/1", "GET /users/{id}"},
        Row{"POST", "/users/me", "ANY /users/{id}"}, Row{"PUT", "/users/1", "ANY /users/{id}"},
        Row{"GET", "/users/1/2", "ANY /users/{path+}"}, Row{"POST", "/users/1/keys", "POST /users/{id}/keys"},
        Row{"GET", "/users/1/keys", "ANY /users/{path+}"}, Row{"GET", "/users/", "none"}, Row{"GET", "/users", "none"},
        Row{"GET", "/", "GET /"}, Row{"GET", "/files/a/b/", "GET /files/{path+}"}, Row{"GET", "/files/", "none"},
        Row{"GET", "/a/", "GET /a/"}, Row{"GET", "/a", "none"}, Row{"GET", "/Users/1", "none"}, Row{"get", "/", "none"},
        Row{"", "$connect", "$connect"}, Row{"GET", "/x/y/z", "ANY /x/{y}/z"}, Row{"GET", "/x//z", "none"}}) {
    EXPECT_EQ(table.find(row.method, row.path), row.route) << row.method << ' ' << row.path;
  }
}

TEST(RouteTable, TellsWhichRouteMatchesTheSameRequestsAlready) {
  struct Row {
    const char *one, *two;
    bool same;
  };
  for (const Row& row :
       {Row{"GET /a/{x}", "GET /a/{y}", true}, Row{"GET /a/{x+}", "GET /a/{y+}", true}, Row{"ANY /a", "ANY /a", true},
        Row{"$connect", "$connect", true}, Row{"GET /a", "ANY /a", false}, Row{"GET /a/{x}", "GET /a/{x+}", false},
        Row{"GET /a/{x}", "POST /a/{x}", false}, Row{"GET /a", "GET /a/", false},
        Row{"GET /a/{x}/c", "GET /a/b/{y}", false}}) {
    RouteTable table;
    EXPECT_FALSE(table.add(*RoutePattern::parse(row.one), 0));
    EXPECT_EQ(table.add(*RoutePattern::parse(row.two), 1).has_value(), row.same) << row.one << " / " << row.two;
  }
}

// An API as it is written: resources, their items and what is below them, beside routes for everybody's.
std::vector<std::string> api_of(std::size_t count) {
  std::vector<std::string> routes{"GET /", "GET /{tenant}/status", "ANY /{tenant}/files/{path+}"};
  for (std::size_t i = 0; routes.size() < count; ++i) {
    const std::string resource = "/resource" + std::to_string(i);
    routes.push_back("GET " + resource);
    routes.push_back("ANY " + resource + "/{id}");
    routes.push_back("GET " + resource + "/mine");
    routes.push_back("GET " + resource + "/{id}/parts/{part}");
    routes.push_back("POST " + resource + "/{id}/parts/{rest+}");
  }
  routes.resize(count);
  return routes;
}

TEST(RouteTable, DoesNoMoreForFiveThousandRoutesThanForFifty) {
  const Table few{api_of(50)};
  const Table many{api_of(5000)};
  for (const char* path : {"/", "/resource3", "/resource3/mine", "/resource3/1", "/resource3/1/parts/2", "/acme/status",
                           "/resource3/1/parts/2/3/4", "/resource3/1/2/3/4/5/6/7", "/nowhere/1/parts/2", "//", "/a/b/"})
    for (const char* method : {"GET", "POST", "PUT"}) {
      SCOPED_TRACE(std::string{method} + ' ' + path);
      LookupCost cheap, dear;
      const auto one = few.table.find(method, path, &cheap);
      const auto other = many.table.find(method, path, &dear);
      EXPECT_EQ(one, other);
      EXPECT_EQ(cheap.nodes, dear.nodes);
      const auto segments = static_cast<std::size_t>(std::count(path, path + std::strlen(path), '/'));
      EXPECT_LE(dear.nodes, 3 * segments + 1);
    }
  EXPECT_EQ(many.find("GET", "/resource998/7/parts/x"), "GET /resource998/{id}/parts/{part}");
  EXPECT_EQ(many.find("GET", "/resource1001/7/parts/x"), "none");
}

// The same answer by looking at every route: the contract as it is written down.
struct Naive {
  explicit Naive(const std::vector<std::string>& list) {
    for (const std::string& route : list) patterns.push_back(*RoutePattern::parse(route));
  }
  static bool matches(const RoutePattern& pattern, std::string_view method, std::string_view path) {
    if (!pattern.any_method() && pattern.method != method) return false;
    std::string_view left = path.substr(1);
    bool more = true;  // segments of the path
    for (const auto& segment : pattern.segments) {
      if (!more) return false;
      if (segment.kind == RoutePattern::Segment::Kind::rest) return !left.empty();
      const std::size_t slash = left.find('/');
      const std::string_view part = left.substr(0, slash);
      const bool literal = segment.kind == RoutePattern::Segment::Kind::literal;
      if (literal ? part != segment.text : part.empty()) return false;
      more = slash != left.npos;
      left = more ? left.substr(slash + 1) : "";
    }
    return !more;
  }
  static bool more_specific(const RoutePattern& a, const RoutePattern& b) {
    for (std::size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i)
      if (a.segments[i].kind != b.segments[i].kind) return a.segments[i].kind < b.segments[i].kind;
    return !a.any_method() && b.any_method();
  }
  std::optional<RouteIndex> find(std::string_view method, std::string_view path) const {
    std::optional<RouteIndex> best;
    for (RouteIndex i = 0; i < patterns.size(); ++i)
      if (matches(patterns[i], method, path) && (!best || more_specific(patterns[i], patterns[*best]))) best = i;
    return best;
  }
  std::vector<RoutePattern> patterns;
};

TEST(RouteTable, FindsWhatLookingAtEveryRouteFinds) {
  std::mt19937 random{20240229};
  const auto one_of = [&](std::initializer_list<const char*> words) { return words.begin()[random() % words.size()]; };
  std::size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> routes;
    RouteTable table;
    for (int i = 0; i < 12; ++i) {
      std::string route = std::string{one_of({"GET", "POST", "ANY"})} + ' ';
      for (std::size_t depth = 1 + random() % 4; depth > 0; --depth) route += one_of({"/a", "/b", "/{x}"});
      route += one_of({"", "", "/", "/{rest+}"});
      if (!table.add(*RoutePattern::parse(route), static_cast<RouteIndex>(routes.size()))) routes.push_back(route);
    }
    const Naive naive{routes};
    for (int i = 0; i < 40; ++i) {
      const std::string method = one_of({"GET", "POST", "PUT"});
      std::string path;
      for (std::size_t depth = 1 + random() % 5; depth > 0; --depth) path += one_of({"/a", "/b", "/c", "/"});
      const auto index = table.find(method, path);
      ASSERT_EQ(index, naive.find(method, path)) << method << ' ' << path;
      if (index) ++found;
    }
  }
  EXPECT_GT(found, 2000u);  // of 12,000: the rest match nothing
}

TEST(RoutePattern, SpeaksApiGatewaysGrammarAndSaysWhatIsWrongOtherwise) {
  for (const char* good : {"GET /", "ANY /a/{b}/{c+}", "POST /a-b/c.d/~e", "GET /a%20b", "$connect", "DELETE /a/"})
    EXPECT_TRUE(RoutePattern::parse(good)) << good;
  struct Row {
    const char *text, *part;
  };
  for (const Row& row :
       {Row{"", "a method"}, Row{"GET", "a method"}, Row{"get /a", "a method"}, Row{"GET a", "starts with '/'"},
        Row{"GET  /a", "starts with '/'"}, Row{"GET /a/*", "'*'"}, Row{"GET /a?", "'?'"}, Row{"GET /$x", "'$'"},
        Row{"GET /a{b}", "'{'"}, Row{"GET /{b+}/c", "last segment"}, Row{"GET //a", "two slashes"},
        Row{"GET /{}", "'{'"}, Row{"GET /{a b}", "is not {name}"}, Row{"GET /%61", "written plainly"},
        Row{"GET /%7E", "as '~'"}, Row{"GET /a;b", "semicolon"}, Row{"GET /..", "dot segment"},
        Row{"GET /\xC3\xBC", "beyond ASCII"}}) {
    const auto pattern = RoutePattern::parse(row.text);
    ASSERT_FALSE(pattern) << row.text;
    EXPECT_NE(pattern.error().find(row.part), std::string::npos) << row.text << ": " << pattern.error();
  }
}

}  // namespace
}  // namespace portcullis
