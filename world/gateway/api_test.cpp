#include "world/gateway/api.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

RestApi with_routes(std::initializer_list<std::pair<std::string, std::string>> routes) {
  RestApi api;
  for (const auto& [method, path] : routes) api.routes.push_back({method, path, method + ' ' + path, std::nullopt});
  return api;
}

TEST(RestRoute, IsTheMostSpecificResourceThenTheMethodOnIt) {
  const RestApi api = with_routes({{"GET", "/"},
                                   {"GET", "/users/{id}"},
                                   {"GET", "/users/me"},
                                   {"ANY", "/users/me"},
                                   {"GET", "/users/{id}/keys"},
                                   {"ANY", "/files/{path+}"},
                                   {"GET", "/{other}/me"}});
  struct Row {
    std::string method, path, function;
    Parameters parameters;
  };
  for (const Row& row : {
           Row{"GET", "/", "GET /", {}}, Row{"GET", "/users/42", "GET /users/{id}", {{"id", "42"}}},
           Row{"GET", "/users/me", "GET /users/me", {}}, Row{"POST", "/users/me", "ANY /users/me", {}},
           Row{"GET", "/users/42/keys", "GET /users/{id}/keys", {{"id", "42"}}},
           Row{"DELETE", "/files/a/b", "ANY /files/{path+}", {{"path", "a/b"}}},  // PX-11
           Row{"GET", "/files/a/", "ANY /files/{path+}", {{"path", "a/"}}},
           Row{"GET", "/x/me", "GET /{other}/me", {{"other", "x"}}},
           Row{"GET", "/users/a%2Fb", "GET /users/{id}", {{"id", "a%2Fb"}}},  // undecoded: gateway.md §9.9
       }) {
    SCOPED_TRACE(row.method + ' ' + row.path);
    const auto match = find_route(api, row.method, row.path);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->route->function, row.function);
    EXPECT_EQ(match->path_parameters, row.parameters);
  }
}

TEST(RestRoute, IsNotFoundForOtherPathsAndMethods) {
  const RestApi api = with_routes({{"GET", "/users/{id}"}, {"GET", "/files/{path+}"}, {"GET", "/api/public"}});
  for (const auto& [method, path] : std::initializer_list<std::pair<std::string, std::string>>{{"GET", "/"},
                                                                                               {"GET", "/users"},
                                                                                               {"GET", "/users/"},
                                                                                               {"GET", "/users/1/2"},
                                                                                               {"POST", "/users/1"},
                                                                                               {"GET", "/files"},
                                                                                               {"GET", "/files/"},
                                                                                               {"GET", "/API/public"},
                                                                                               {"GET", "/api/public/"},
                                                                                               {"GET", "api/public"},
                                                                                               {"GET", "//api/public"},
                                                                                               {"get", "/api/public"},
                                                                                               {"GET", ""}}) {
    SCOPED_TRACE(method + ' ' + path);
    EXPECT_FALSE(find_route(api, method, path));
  }
}

TEST(MethodArn, HoldsThePathAsReceivedWithoutItsFirstSlash) {
  RestApi api;
  EXPECT_EQ(api.method_arn("dev", "GET", "/"), "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/GET/");
  EXPECT_EQ(api.method_arn("dev", "POST", "/a%2a//b/"),
            "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/POST/a%2a//b/");
}

TEST(IdentitySource, IsReadAsAwsWritesIt) {
  EXPECT_EQ(IdentitySource::parse("method.request.header.Authorization")->name, "Authorization");
  EXPECT_EQ(IdentitySource::parse("method.request.querystring.q")->kind, IdentitySource::Kind::querystring);
  EXPECT_EQ(IdentitySource::parse("context.path")->kind, IdentitySource::Kind::path);
  for (const char* wrong : {"", "method.request.header.", "method.request.path.id", "context.nothing", "Authorization"})
    EXPECT_FALSE(IdentitySource::parse(wrong)) << wrong;
}

TEST(ApiDescription, IsRefusedWithWhatIsWrongInIt) {  // CA-06
  RestApi api;
  const IdentitySource header{IdentitySource::Kind::header, "Authorization"};
  api.authorizers.push_back({"a", AuthorizerSettings::Type::TOKEN, "f", {header}});
  EXPECT_EQ(api.authorizers[0].ttl, std::chrono::seconds{300});
  EXPECT_TRUE(problems_of(api).empty());
  api.authorizers[0].ttl = std::chrono::seconds{3600};
  EXPECT_TRUE(problems_of(api).empty());
  api.authorizers[0].ttl = std::chrono::seconds{3601};
  EXPECT_EQ(problems_of(api).size(), 1U);
  api.authorizers[0] = {"a", AuthorizerSettings::Type::REQUEST, "f", {}, std::chrono::seconds{1}};
  EXPECT_EQ(problems_of(api).size(), 1U);
  api.authorizers[0].ttl = std::chrono::seconds{0};  // IN-07: then none is needed
  EXPECT_TRUE(problems_of(api).empty());
  api.routes.push_back({"GET", "/", "f", "unknown"});
  EXPECT_EQ(problems_of(api).size(), 1U);
}

}  // namespace
}  // namespace portcullis::world
