// Which rule is for a request: the most specific one.
#include "core/access/route_table.h"

#include <gtest/gtest.h>

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

TEST(RouteTable, FindsOneOfFiveThousandRoutes) {
  RouteTable table;
  for (RouteIndex i = 0; i < 5000; ++i)
    ASSERT_FALSE(table.add(*RoutePattern::parse("GET /r" + std::to_string(i) + "/{id}"), i));
  EXPECT_EQ(table.find("GET", "/r4711/x"), 4711u);
  EXPECT_FALSE(table.find("GET", "/r5000/x"));
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
