#include "world/gateway/api.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

GatewayApi with_routes(std::initializer_list<std::pair<std::string, std::string>> routes) {
  GatewayApi api;
  for (const auto& [method, path] : routes) api.routes.push_back({method, path, method + ' ' + path, std::nullopt});
  return api;
}

TEST(RestRoute, IsTheMostSpecificResourceThenTheMethodOnIt) {
  const GatewayApi api = with_routes({{"GET", "/"},
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
  const GatewayApi api = with_routes({{"GET", "/users/{id}"}, {"GET", "/files/{path+}"}, {"GET", "/api/public"}});
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

TEST(HttpRoute, IsTheMostSpecificOfPathAndMethodTogetherThenTheDefault) {  // gateway.md §7.1; GW-03
  GatewayApi api =
      with_routes({{"GET", "/users/me"}, {"ANY", "/users/{id}"}, {"POST", "/users/{id}"}, {"GET", "/{path+}"}});
  api.kind = ApiKind::http_2;
  const auto key = [&](const char* method, const char* path) {
    const auto match = find_route(api, method, path);
    return match ? match->route->key() : "none";
  };
  EXPECT_EQ(key("GET", "/users/me"), "GET /users/me");
  EXPECT_EQ(key("POST", "/users/me"), "POST /users/{id}") << "a REST API would stop at the resource";
  EXPECT_EQ(key("PUT", "/users/me"), "ANY /users/{id}");
  EXPECT_EQ(key("GET", "/a/b"), "GET /{path+}");
  EXPECT_EQ(key("PUT", "/a/b"), "none");
  api.routes.push_back({"ANY", "$default", "f", std::nullopt});
  EXPECT_EQ(key("PUT", "/a/b"), "$default");
  EXPECT_EQ(key("GET", "/a/b"), "GET /{path+}");
}

TEST(ConnectRoute, IsAtTheRootOfItsStage) {
  GatewayApi api = with_routes({{"", "$connect"}});
  api.kind = ApiKind::web_socket;
  EXPECT_EQ(find_route(api, "GET", "/")->route->key(), "$connect");
  EXPECT_FALSE(find_route(api, "GET", "/$connect"));
}

TEST(MethodArn, HoldsThePathAsReceivedWithoutItsFirstSlash) {
  GatewayApi api;
  EXPECT_EQ(api.method_arn("dev", "GET", "/"), "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/GET/");
  EXPECT_EQ(api.method_arn("dev", "POST", "/a%2a//b/"),
            "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/POST/a%2a//b/");
}

TEST(IdentitySource, IsReadAsAwsWritesIt) {
  EXPECT_EQ(IdentitySource::parse("method.request.header.Authorization")->name, "Authorization");
  EXPECT_EQ(IdentitySource::parse("method.request.querystring.q")->kind, IdentitySource::Kind::querystring);
  EXPECT_EQ(IdentitySource::parse("context.path")->kind, IdentitySource::Kind::path);
  EXPECT_EQ(IdentitySource::parse("$request.header.Authorization")->kind, IdentitySource::Kind::header);
  EXPECT_EQ(IdentitySource::parse("$request.querystring.q")->name, "q");
  EXPECT_EQ(IdentitySource::parse("$context.routeKey")->kind, IdentitySource::Kind::route_key);
  EXPECT_EQ(IdentitySource::parse("route.request.querystring.q")->name, "q");
  for (const char* wrong : {"", "method.request.header.", "method.request.path.id", "context.nothing", "Authorization"})
    EXPECT_FALSE(IdentitySource::parse(wrong)) << wrong;
}

TEST(ApiDescription, IsRefusedWithWhatIsWrongInIt) {  // CA-06
  GatewayApi api;
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
  api.authorizers[0].expression = *IdentityExpression::parse("x");
  EXPECT_EQ(problems_of(api).size(), 1U);
  api.authorizers[0] = {"a", AuthorizerSettings::Type::TOKEN, "f", {header}};
  api.authorizers[0].expression = *IdentityExpression::parse("^Bearer [^ ]+$");
  EXPECT_TRUE(problems_of(api).empty());
  api.authorizers[0] = {"a", AuthorizerSettings::Type::REQUEST, "f", {}, std::chrono::seconds{0}};
  api.authorizers[0].answer = AuthorizerSettings::Answer::simple;
  EXPECT_EQ(problems_of(api).size(), 1U);
  api.kind = ApiKind::http_2;
  EXPECT_TRUE(problems_of(api).empty());
  api.authorizers[0].type = AuthorizerSettings::Type::TOKEN;
  EXPECT_EQ(problems_of(api).size(), 2U);  // nor has it a header
  api.authorizers[0] = {"a", AuthorizerSettings::Type::REQUEST, "f", {header}};
  EXPECT_TRUE(problems_of(api).empty());
  api.kind = ApiKind::web_socket;
  EXPECT_EQ(problems_of(api).size(), 1U) << "it keeps no answers";
  api.kind = ApiKind::rest;
  api.routes.push_back({"GET", "/", "f", "unknown"});
  EXPECT_EQ(problems_of(api).size(), 1U);
}

}  // namespace
}  // namespace portcullis::world
