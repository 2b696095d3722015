#include "world/gateway/gateway.h"

#include <gtest/gtest.h>

#include "world/gateway/scripted_gateway.h"

namespace portcullis::world {
namespace {

using namespace test;

class GatewayTest : public testing::Test, protected ScriptedGateway {};

TEST_F(GatewayTest, KeepsThePolicyNotTheVerdict) {  // case C021; CA-01, CA-02, CA-04, CA-05
  struct Step {
    const char* target;
    const char* token;
    seconds later;
    int status;
    RequestReport::Asked asked;
  };
  constexpr auto fresh = RequestReport::Asked::fresh, cached = RequestReport::Asked::cached;
  for (const Step& step :
       {Step{"/dev/alpha", "A", seconds{0}, 200, fresh}, Step{"/dev/beta", "A", seconds{0}, 403, cached},
        Step{"/dev/alpha", "A", seconds{0}, 200, cached}, Step{"/dev/alpha", "B", seconds{0}, 200, fresh},
        Step{"/prod/alpha", "A", seconds{0}, 200, fresh}, Step{"/dev/beta", "A", seconds{301}, 200, fresh}}) {
    SCOPED_TRACE(std::string{step.target} + ' ' + step.token);
    now += step.later;
    EXPECT_EQ(get(step.target, step.token).status, step.status);
    EXPECT_EQ(reports.back().asked, step.asked);
  }
}

// The original example's bug, and that it is gone: one token, a cache keyed by it, two routes.

TEST_F(GatewayTest, LocksACallerOutOfTheSecondRouteIfThePolicyIsForOneArnAsTheOriginalExamplesIs) {  // CA-02
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
  const auto second = get("/dev/beta", "A");  // the function would allow it, and is not asked
  EXPECT_EQ(second.status, 403);
  EXPECT_EQ(second.headers.first("x-amzn-ErrorType"), "AccessDeniedException");
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::cached);
}

TEST_F(GatewayTest, ServesBothRoutesFromTheCacheIfThePolicyHoldsAllTheCallersRoutesAsOursDoes) {  // CA-01, CA-04
  authorizer = [](const std::string&) {  // as portcullis writes it for a caller of alpha and beta, not of gamma
    const std::string prefix = "arn:aws:execute-api:eu-west-1:000000000000:local00000/dev/GET/";
    return answered(policy("Allow", {prefix + "alpha", prefix + "beta"}));
  };
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
  EXPECT_EQ(get("/dev/beta", "A").status, 200);
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::cached);
  EXPECT_EQ(get("/dev/gamma", "A").status, 403);
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::cached);
}

TEST_F(GatewayTest, KeepsADenyToo) {  // CA-08
  authorizer = [](const std::string&) { return answered(policy("Deny", "*")); };
  EXPECT_EQ(get("/dev/alpha", "A").status, 403);
  EXPECT_EQ(get("/dev/beta", "A").body,
            R"({"Message":"User is not authorized to access this resource with an explicit deny"})");
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::cached);
  authorizer = allow_what_is_asked;
  EXPECT_EQ(get("/dev/beta", "A").status, 403);
}

TEST_F(GatewayTest, TellsAnExplicitDenyFromAPolicyThatDoesNotAllow) {  // OUT-12, OUT-13, OUT-14
  constexpr std::string_view not_allowed = R"({"Message":"User is not authorized to access this resource"})";
  constexpr std::string_view denied =
      R"({"Message":"User is not authorized to access this resource with an explicit deny"})";
  const std::string allow = R"({"Effect":"Allow","Action":"*","Resource":"*"})";
  const std::string deny = R"({"Effect":"Deny","Action":"*","Resource":"*/dev/*"})";
  struct Row {
    std::string statements;
    std::string_view body;
  };
  for (const Row& row : {Row{"", not_allowed}, Row{deny, denied}, Row{allow + ',' + deny, denied},
                         Row{R"({"Effect":"Allow","Action":"*","Resource":[]})", not_allowed}}) {
    SCOPED_TRACE(row.statements);
    authorizer = [&](const std::string&) {
      return answered(R"({"principalId":"a","policyDocument":{"Statement":[)" + row.statements + "]}}");
    };
    const auto response = get("/dev/alpha", "token for " + row.statements);
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, row.body);
  }
}

TEST_F(GatewayTest, DoesNotAskAboutATokenThatDoesNotFitTheWholeExpression) {  // IN-04; gateway.md §2.5, §9.9
  GatewayApi api = test_api();
  api.authorizers[0].expression = *IdentityExpression::parse("[Bb]earer [a-z]+");
  ScriptedGateway world{std::move(api)};
  for (const char* misfit : {"Basic x", "Bearer", "Bearer x y", "xBearer x", "Bearer X"}) {
    const auto response = world.get("/dev/alpha", misfit);
    EXPECT_EQ(response.status, 401) << misfit;
    EXPECT_EQ(response.body, R"({"message":"Unauthorized"})");
  }
  EXPECT_EQ(world.authorizer_calls, 0);
  EXPECT_EQ(world.get("/dev/alpha", "bearer x").status, 200);
}

TEST_F(GatewayTest,
       AnswersAFailingAuthorizerAsAwsDoesAndNeverKeepsIt) {  // cases C041, C021 step 7; CA-07, OUT-01 to OUT-06, OUT-15
  struct Row {
    const char* why;
    InvocationResult result;
    int status;
    std::string_view type;
  };
  constexpr std::string_view configuration = "AuthorizerConfigurationException";
  const std::string document = R"("policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  for (const Row& row : {
           Row{"3: the exact text", failed("Unauthorized", "Unauthorized"), 401, "UnauthorizedException"},
           Row{"3: whatever the type", failed("", "Unauthorized"), 401, "UnauthorizedException"},
           Row{"4: another case", failed("", "unauthorized"), 500, configuration},
           Row{"5: more text", failed("", "Unauthorized: expired"), 500, configuration},
           Row{"a dot", failed("", "Unauthorized."), 500, configuration},
           Row{"the type alone", failed("Unauthorized", ""), 500, configuration},
           Row{"7: no principalId", answered('{' + document + '}'), 500, configuration},
           Row{"an empty one", answered(R"({"principalId":"",)" + document + '}'), 500, configuration},
           Row{"8: no object", answered(R"("Unauthorized")"), 500, configuration},
           Row{"no JSON", answered("{"), 500, configuration},
           Row{"no policy", answered(R"({"principalId":"ada"})"), 500, configuration},
           Row{"an HTTP answer", answered(R"({"statusCode":401})"), 500, configuration},
           Row{"Effect in lower case", answered(policy("allow", "*")), 500, configuration},
           Row{"9: exits", failed("Runtime.ExitError", "RequestId: x Error: Runtime exited"), 500, configuration},
           Row{"10: sleeps", failed("Sandbox.Timedout", "Task timed out"), 500, configuration},
           Row{"10: for longer than the gateway waits", {Kind::gave_up, {}, {}, {}, {}, {}}, 500, configuration},
           Row{"queue full", {Kind::refused, {}, "TooManyRequestsException", {}, {}, {}}, 500, configuration},
           Row{"refused with that text", {Kind::refused, {}, {}, "Unauthorized", {}, {}}, 500, configuration},
           Row{"11: context with an object",
               answered(R"({"principalId":"a","context":{"a":{"b":1}},)" + document + '}'), 500, configuration},
       }) {
    SCOPED_TRACE(row.why);
    authorizer_calls = 0;
    authorizer = [&](const std::string&) { return row.result; };
    for (int i = 0; i < 2; ++i) {
      const auto response = get("/dev/alpha", "C");
      EXPECT_EQ(response.status, row.status);
      EXPECT_EQ(response.headers.first("x-amzn-ErrorType"), row.type);
      EXPECT_EQ(response.body, row.status == 401 ? R"({"message":"Unauthorized"})" : R"({"message":null})");
    }
    EXPECT_EQ(authorizer_calls, 2);
  }
}

TEST_F(GatewayTest, DoesNotAskTheAuthorizerWithoutAnIdentity) {  // C041 rows 1, 2; IN-02, IN-03
  for (const net::Headers& headers : {net::Headers{}, net::Headers{{"Authorization", ""}}}) {
    const auto response = send({"POST", "/dev/alpha", headers, {}, {}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.first("x-amzn-ErrorType"), "UnauthorizedException");
    EXPECT_EQ(reports.back().reason, "no_credentials");
  }
  EXPECT_EQ(authorizer_calls, 0);
  EXPECT_EQ(send({"POST", "/dev/alpha", {{"authorization", "x"}}, {}, {}}).status, 200);  // any case of the name
}

TEST_F(GatewayTest, DoesNotAskTheAuthorizerOnAnOpenRoute) {  // C041 row 14
  EXPECT_EQ(get("/dev/open", "A").status, 200);
  EXPECT_EQ(authorizer_calls, 0);
  EXPECT_FALSE(boost::json::parse(endpoint_event).at("requestContext").get_object().contains("authorizer"));
}

TEST_F(GatewayTest, AnswersPreflightsAloneAndNothingElse) {  // case C025, CO-01
  const net::Headers preflight{{"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "POST"}};
  EXPECT_EQ(send({"OPTIONS", "/dev/alpha", preflight, {}, {}}).status, 204);
  EXPECT_EQ(send({"OPTIONS", "/dev/alpha", {}, {}, {}}).status, 401);                                     // b
  EXPECT_EQ(send({"OPTIONS", "/dev/alpha", {{"Origin", "http://localhost:5173"}}, {}, {}}).status, 401);  // c
  const auto nowhere = send({"OPTIONS", "/nowhere", preflight, {}, {}});                                  // f
  EXPECT_EQ(nowhere.status, 403);
  EXPECT_EQ(nowhere.headers.first("Access-Control-Allow-Origin"), "http://localhost:5173");
  EXPECT_EQ(authorizer_calls, 0);
}

TEST_F(GatewayTest, SendsCorsHeadersOnEveryAnswerOfItsOwn) {  // case C027
  const net::Headers::Field origin{"Origin", "http://localhost:5173"};
  const net::Headers::Field token{"Authorization", "T"};
  const auto check = [&](const char* why, net::HttpRequest request, int status) {
    SCOPED_TRACE(why);
    const auto response = send(std::move(request));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.first("Access-Control-Allow-Origin"), origin.second);
    EXPECT_EQ(response.headers.first("Vary"), "Origin");
    EXPECT_EQ(response.headers.first("Access-Control-Expose-Headers"),
              "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, DPoP-Nonce, X-Request-Id, x-amzn-RequestId, "
              "x-amzn-ErrorType");
    EXPECT_FALSE(response.headers.first("x-amzn-RequestId").empty());
  };
  check("no token", {"GET", "/dev/alpha", {origin}, {}, {}}, 401);
  check("unknown route", {"GET", "/devil", {origin}, {}, {}}, 403);
  check("unknown stage", {"GET", "/nowhere/alpha", {origin}, {}, {}}, 403);
  authorizer = [](const std::string&) { return failed("Unauthorized", "Unauthorized"); };
  check("refused", {"GET", "/dev/alpha", {origin, token}, {}, {}}, 401);
  authorizer = [](const std::string&) { return failed("Runtime.ExitError", "x"); };
  check("authorizer down", {"GET", "/dev/alpha", {origin, token}, {}, {}}, 500);
  authorizer = [](const std::string&) { return answered(policy("Deny", "*")); };
  check("denied", {"GET", "/dev/alpha", {origin, token}, {}, {}}, 403);
  endpoint = failed("x", "x");
  check("endpoint down", {"GET", "/dev/open", {origin}, {}, {}}, 502);
}

TEST_F(GatewayTest, TakesUnknownPathsAndMethodsForAMissingToken) {  // GW-01, GW-02
  for (const auto& [method, target] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GET", "/nowhere"}, {"GET", "/devil/alpha"}, {"POST", "/dev/open"}, {"GET", "*"}}) {
    SCOPED_TRACE(target);
    const auto response = send({method, target, {}, {}, {}});
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, R"({"message":"Missing Authentication Token"})");
    EXPECT_EQ(reports.back().reason, "no_route");
  }
}

TEST_F(GatewayTest, RefusesWhatIsTooLarge) {  // gateway.md §5.2, POL-16; each with its accepted twin
  const std::string prefix = "/dev/";
  const std::size_t room = 1'600 - test_api().method_arn("dev", "GET", "/").size();
  EXPECT_EQ(get(prefix + std::string(room, 'a'), "T").status, 200);
  EXPECT_EQ(get(prefix + std::string(room + 1, 'a'), "T").status, 414);
  const auto with_header = [&](std::size_t size) {
    return send({"GET", "/dev/open", {{"X", std::string(size, 'a')}}, {}, {}}).status;
  };
  const std::size_t rest = std::string_view{"GET/dev/openX"}.size();
  EXPECT_EQ(with_header(10'240 - rest), 200);
  EXPECT_EQ(with_header(10'241 - rest), 431);
  EXPECT_EQ(send({"GET", "/dev/open", {}, std::string(10 * 1024 * 1024, 'a'), {}}).status, 200);
  EXPECT_EQ(send({"GET", "/dev/open", {}, std::string(10 * 1024 * 1024 + 1, 'a'), {}}).status, 413);
}

TEST_F(GatewayTest, AnswersAFailingEndpointAsAwsDoes) {  // PX-02, PX-03, PX-04
  struct Row {
    InvocationResult result;
    int status;
  };
  for (const Row& row : {Row{failed("Error", "boom"), 502}, Row{answered(R"({"statusCode":200,"body":{}})"), 502},
                         Row{{Kind::gave_up, {}, {}, {}, {}, {}}, 504},
                         Row{{Kind::refused, {}, "RequestEntityTooLarge", {}, {}, {}}, 413}}) {
    endpoint = row.result;
    EXPECT_EQ(get("/dev/open", "T").status, row.status);
  }
}

TEST(GatewayResponses, CarryTheChallengeOfAPolicyThatDeniesAlsoFromTheCache) {  // GW-08, CA-08; lambda.deny: context
  GatewayApi api = test_api();
  api.responses = {{"access_denied", 401, {{"WWW-Authenticate", "context.authorizer.challenge"}}}};
  ScriptedGateway world{std::move(api)};
  world.authorizer = [](const std::string&) {
    std::string answer = policy("Deny", "*");
    return answered(answer.insert(answer.size() - 1, R"(,"context":{"challenge":"Bearer error=\"invalid_token\""})"));
  };
  for (int i = 0; i < 2; ++i) {
    const auto response = world.get("/dev/alpha", "T");
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.first("WWW-Authenticate"), R"(Bearer error="invalid_token")");
    EXPECT_EQ(world.reports.back().status, 401);
  }
  EXPECT_EQ(world.reports.back().asked, RequestReport::Asked::cached);
}

TEST_F(GatewayTest, NamesUnsupportedPolicyElementsInItsLog) {  // C039 row 13
  authorizer = [](const std::string&) {
    return answered(
        R"({"principalId":"a","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}]}})");
  };
  EXPECT_EQ(get("/dev/alpha", "T").status, 403);
  EXPECT_NE(log.find("Condition"), std::string::npos);
}

GatewayApi api_with_usage_plans() {
  GatewayApi api = test_api();
  for (ApiRoute& route : api.routes)
    if (route.authorizer) route.api_key = ApiRoute::ApiKey::required;
  api.usage_plans = {{"basic", {"basic"}, Throttle{1, 2}, {}}, {"small", {"small"}, {}, Quota{1, Quota::Period::day}}};
  api.stage_throttle = Throttle{1, 5};
  return api;
}

struct UsagePlanTest : testing::Test, protected ScriptedGateway {
  UsagePlanTest() : ScriptedGateway(api_with_usage_plans()) {
    authorizer = [this](const std::string&) {
      std::string answer = policy("Allow", "*");
      if (!key.empty()) answer.insert(answer.size() - 1, R"(,"usageIdentifierKey":")" + key + '"');
      return answered(answer);
    };
  }
  std::string key = "basic";
};

TEST_F(UsagePlanTest, ThrottlesByTheKeyThatTheAuthorizerNamed) {  // gateway.md §6; US-01, US-04, CA-15
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
  EXPECT_EQ(get("/dev/beta", "A").status, 200);  // the key is kept with the policy
  const auto refused = get("/dev/alpha", "B");   // another caller, the same key
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, R"({"message":"Too Many Requests"})");
  EXPECT_EQ(reports.back().reason, "throttled");
  now += seconds{1};
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
}

TEST_F(UsagePlanTest, EndsAQuotaAndRefusesStrangeKeys) {  // US-02, US-03, US-06
  key = "small";
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
  EXPECT_EQ(get("/dev/alpha", "A").body, R"({"message":"Limit Exceeded"})");
  EXPECT_EQ(reports.back().status, 429);
  EXPECT_EQ(reports.back().reason, "quota_exceeded");
  for (const char* strange : {"stranger", ""}) {
    key = strange;
    const net::Headers own_key{{"Authorization", std::string{"token of "} + strange}, {"x-api-key", "basic"}};
    EXPECT_EQ(send({"GET", "/dev/alpha", own_key, {}, {}}).body, R"({"message":"Forbidden"})");  // the caller's is none
    EXPECT_EQ(reports.back().status, 403);
    EXPECT_EQ(reports.back().reason, "invalid_api_key");
  }
}

TEST_F(UsagePlanTest, ThrottlesTheStageForEverybodyAndCountsNoRefusals) {  // US-08
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send({"GET", "/dev/open", {}, {}, {}}).status, 200) << i;
  const auto refused = send({"GET", "/dev/open", {{"Origin", "http://localhost:5173"}}, {}, {}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.first("Access-Control-Allow-Origin"), "http://localhost:5173");
  EXPECT_EQ(send({"GET", "/prod/open", {}, {}, {}}).status, 200);
  now += seconds{1};
  authorizer = [](const std::string&) { return answered(policy("Deny", "*")); };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/dev/alpha", "A").status, 403);  // never reached the meter
  EXPECT_EQ(send({"GET", "/dev/open", {}, {}, {}}).status, 200);
}

}  // namespace
}  // namespace portcullis::world
