// What a REST API asks its authorizer about, whom it does not ask, and which callers share an answer. gateway.md §2.5,
// §4.1.
#include <gtest/gtest.h>

#include "world/gateway/scripted_gateway.h"

namespace portcullis::world {
namespace {

using namespace test;
using Type = AuthorizerSettings::Type;

/// REQUEST authorizers with these identity sources: `a` on /alpha and /beta, `b` on /gamma.
auto api_with(std::initializer_list<std::string_view> sources, seconds ttl) {
  auto api = test_api();
  AuthorizerSettings settings{"a", Type::REQUEST, "authorizer", {}, ttl};
  for (const std::string_view source : sources) settings.identity.push_back(*IdentitySource::parse(source));
  AuthorizerSettings other = settings;
  other.name = "b";
  api.authorizers = {settings, other};
  api.routes = {
      {"GET", "/alpha", "endpoint", "a"}, {"GET", "/beta", "endpoint", "a"}, {"GET", "/gamma", "endpoint", "b"}};
  return api;
}

constexpr std::string_view header_source = "method.request.header.Authorization",
                           query_source = "method.request.querystring.q";

InvocationResult allow_everything(const std::string&) {
  return answered(policy("Allow", "*"));
}

TEST(RequestAuthorizer, IsAskedOnlyWhereEverySourceIsThere) {  // IN-06
  ScriptedGateway world{api_with({header_source, query_source}, seconds{300})};
  EXPECT_EQ(world.get("/dev/alpha?q=1", "T").status, 200);
  EXPECT_EQ(world.authorizer_calls, 1);
  for (const char* target : {"/dev/alpha", "/dev/alpha?q=", "/dev/alpha?Q=1"}) {
    SCOPED_TRACE(target);
    const auto response = world.get(target, "T");
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.body, R"({"message":"Unauthorized"})");
    EXPECT_EQ(response.headers.first("x-amzn-ErrorType"), "UnauthorizedException");
  }
  EXPECT_EQ(world.authorizer_calls, 1);
}

TEST(RequestAuthorizer, IsAskedAboutEveryRequestWhereNothingIsKept) {  // IN-07
  ScriptedGateway world{api_with({}, seconds{0})};
  world.authorizer = [](const std::string& event) {
    const bool has_credential = event.find("Bearer") != event.npos;
    return has_credential ? answered(policy("Allow", "*")) : failed("Unauthorized", "Unauthorized");
  };
  EXPECT_EQ(world.send({"GET", "/dev/alpha", {}, {}, {}}).status, 401);
  EXPECT_EQ(world.authorizer_calls, 1) << "it is the authorizer that says 401";
  EXPECT_EQ(world.get("/dev/alpha", "Bearer T").status, 200);
}

TEST(IdentityExpression, IsFittedByTheWholeValueOrNot) {
  struct Row {
    std::string expression, fits, does_not;
  };
  for (const Row& row : {
           Row{"^Bearer [A-Za-z0-9._-]+$", "Bearer a.b-c_9", "Basic x"},
           Row{"Bearer .+", "Bearer x", "xBearer x"},
           Row{"^(Bearer|DPoP) [^ ]{3,}$", "DPoP abc", "DPoP ab"},
           Row{"a{2}b{1,2}c?", "aabb", "abc"},
           Row{"a{0,2}", "", "aaa"},
           Row{"(ab|cd)*", "abcdab", "abc"},
           Row{"(?:a|)b", "b", "aab"},
           Row{"[]a]+", "]a", "b"},
           Row{"[a-]+", "a-a", "b"},
           Row{"[^\\d\\s]+", "abc", "a c"},
           Row{"\\w+\\.\\$", "a_1.$", "a_1x$"},
           Row{"a.c", "abc", "a\nc"},
           Row{"(a*)*b", "aaab", "aaa"},
           Row{"^[Bb][Ee][Aa][Rr][Ee][Rr] [A-Za-z0-9_-]{1,4096}\\.[A-Za-z0-9_-]{1,8192}\\.[A-Za-z0-9_-]{1,2048}$",
               "bearer " + std::string(4096, 'a') + "." + std::string(2000, 'b') + ".c",
               "Bearer " + std::string(4097, 'a') + ".b.c"},
       }) {
    SCOPED_TRACE(row.expression);
    const auto read = IdentityExpression::parse(row.expression);
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(read->matches(row.fits));
    EXPECT_FALSE(read->matches(row.does_not));
  }
  for (const char* wrong : {"(", ")", "(a", "a)", "[a", "[b-a]", "*a", "{2}", "a{", "a{2,1}", "a{x}", "a\\", "\\1",
                            "\\b", "(?=a)", "a^b", "a$b", "((a{1000}){1000}){1000}", "a{99999999999999999999}"})
    EXPECT_FALSE(IdentityExpression::parse(wrong)) << wrong;
  EXPECT_FALSE(IdentityExpression::parse(std::string(100, '(') + std::string(100, ')')));
  EXPECT_TRUE(IdentityExpression::parse("(((){9999999}){9999999}){9999999}"));
}

TEST(IdentityExpression, KeepsJunkFromTheAuthorizer) {  // IN-04; C041 rows 12, 13, 15
  auto api = test_api();
  api.authorizers.front().expression = *IdentityExpression::parse("^Bearer [A-Za-z0-9._-]+$");
  ASSERT_TRUE(problems_of(api).empty());
  ScriptedGateway world{api};
  std::string asked;
  world.authorizer = [&](const std::string& event) {
    asked = boost::json::parse(event).at("authorizationToken").get_string();
    return allow_everything(event);
  };
  const auto refused = world.get("/dev/alpha", "Basic x");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body, R"({"message":"Unauthorized"})");
  EXPECT_EQ(world.authorizer_calls, 0);
  EXPECT_EQ(world.get("/dev/alpha", "Bearer a.b.c").status, 200);
  EXPECT_EQ(asked, "Bearer a.b.c") << "the whole value";

  api.authorizers.front().expression = *IdentityExpression::parse("^(a+)+$");
  ScriptedGateway patient{api};  // a matcher that goes back in the value would never end
  EXPECT_EQ(patient.get("/dev/alpha", std::string(9'000, 'a') + '!').status, 401);
  EXPECT_EQ(patient.get("/dev/alpha", std::string(9'000, 'a')).status, 200);

  api.authorizers.front().type = Type::REQUEST;
  EXPECT_EQ(problems_of(api).size(), 1U);
}

TEST(KeptAnswer, IsForOneSetOfSourceValuesAndOneAuthorizer) {  // CA-09, CA-13
  ScriptedGateway world{api_with({header_source, query_source}, seconds{300})};
  world.authorizer = allow_everything;
  struct Row {
    const char *target, *token;
    int calls;
  };
  for (const Row& row : {Row{"/dev/alpha?q=1", "T", 1}, Row{"/dev/alpha?q=1", "T", 1}, Row{"/dev/beta?q=1", "T", 1},
                         Row{"/dev/alpha?q=2", "T", 2}, Row{"/dev/alpha?q=1", "U", 3}, Row{"/dev/gamma?q=1", "T", 4},
                         Row{"/dev/gamma?q=1", "T", 4}}) {
    SCOPED_TRACE(std::string{row.target} + ' ' + row.token);
    EXPECT_EQ(world.get(row.target, row.token).status, 200);
    EXPECT_EQ(world.authorizer_calls, row.calls);
  }
}

TEST(KeptAnswer, ForOneArnLocksNobodyOutWhereNothingIsKept) {  // CA-02, CA-03
  using Asked = RequestReport::Asked;
  for (const auto& [ttl, second, asked] :
       {std::tuple{seconds{300}, 403, Asked::cached}, std::tuple{seconds{0}, 200, Asked::fresh}}) {
    ScriptedGateway world{api_with({header_source}, ttl)};
    world.authorizer = allow_what_is_asked;
    EXPECT_EQ(world.get("/dev/alpha", "T").status, 200);
    EXPECT_EQ(world.get("/dev/beta", "T").status, second);
    EXPECT_EQ(world.reports.back().asked, asked);
  }
}

TEST(AuthorizerAnswer, WithoutAStatementAllowsNothingAndMayHoldNoListInItsContext) {  // OUT-06, OUT-13
  ScriptedGateway world{api_with({header_source}, seconds{0})};
  std::string members = R"("policyDocument":{"Version":"2012-10-17","Statement":[]})";
  world.authorizer = [&](const std::string&) { return answered(R"({"principalId":"ada",)" + members + '}'); };
  const auto nothing = world.get("/dev/alpha", "T");
  EXPECT_EQ(nothing.status, 403);
  EXPECT_EQ(nothing.body, R"({"Message":"User is not authorized to access this resource"})");
  const std::string allow = R"("policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  members = R"("context":{"list":["x"]},)" + allow;
  EXPECT_EQ(world.get("/dev/alpha", "T").status, 500);
  members = R"("context":{"list":"x"},)" + allow;
  EXPECT_EQ(world.get("/dev/alpha", "T").status, 200);
}

TEST(ApiKey, IsWhatTheAuthorizerNamesAndNeverWhatTheClientSends) {  // US-03
  auto api = test_api();
  for (ApiRoute& route : api.routes) route.api_key = ApiRoute::ApiKey::required;
  api.usage_plans = {{"basic", {"known"}, {}, {}}};
  ScriptedGateway world{std::move(api)};
  std::string named = "known";
  world.authorizer = [&](const std::string&) {
    std::string answer = policy("Allow", "*");
    if (!named.empty()) answer.insert(answer.size() - 1, R"(,"usageIdentifierKey":")" + named + '"');
    return answered(answer);
  };
  const auto ask = [&](const char* token, const char* key) {
    return world.send({"GET", "/dev/alpha", {{"Authorization", token}, {"x-api-key", key}}, {}, {}}).status;
  };
  EXPECT_EQ(ask("A", "unknown"), 200);
  named.clear();
  EXPECT_EQ(ask("B", "known"), 403);
}

}  // namespace
}  // namespace portcullis::world
