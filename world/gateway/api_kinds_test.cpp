// HTTP APIs and WebSocket APIs: where they differ from a REST API. gateway.md §2.3, §2.4, §3.3, §3.4, §5.
#include <gtest/gtest.h>

#include "world/gateway/scripted_gateway.h"

namespace portcullis::world {
namespace {

using namespace test;
using Answer = AuthorizerSettings::Answer;

GatewayApi http_api(ApiKind kind, Answer answer) {
  GatewayApi api;
  api.kind = kind;
  api.stages = {"dev", "$default"};
  AuthorizerSettings authorizer{"a", AuthorizerSettings::Type::REQUEST, "authorizer", {}};
  for (const char* source : {"$request.header.Authorization", "$context.routeKey"})
    authorizer.identity.push_back(*IdentitySource::parse(source));
  authorizer.answer = answer;
  api.authorizers = {authorizer};
  api.routes = {{"GET", "/alpha", "endpoint", "a"},
                {"GET", "/beta", "endpoint", "a"},
                {"GET", "/open", "endpoint", std::nullopt}};
  return api;
}

InvocationResult simple(const char* authorized) {
  return answered(std::string{R"({"isAuthorized":)"} + authorized + R"(,"context":{"scopes":["a"]}})");
}

constexpr std::string_view unauthorized = R"({"message":"Unauthorized"})", forbidden = R"({"message":"Forbidden"})",
                           not_found = R"({"message":"Not Found"})", ours = R"({"message":"Internal Server Error"})";

TEST(HttpApi, TurnsEachOutcomeIntoItsOwnAnswer) {  // gateway.md §3.3, §3.4; OUT-06, OUT-09, OUT-10, OUT-11
  const std::string list = R"({"principalId":"a","context":{"list":["x"]},"policyDocument":{"Statement":[)"
                           R"({"Effect":"Allow","Action":"*","Resource":"*"}]}})";
  struct Row {
    const char* why;
    ApiKind kind;
    Answer answer;
    InvocationResult result;
    int status;
    std::string_view body;
  };
  constexpr auto one = ApiKind::http_1, two = ApiKind::http_2;
  for (const Row& row : {
           Row{"yes", two, Answer::simple, simple("true"), 200, "hello"},
           Row{"no", two, Answer::simple, simple("false"), 403, forbidden},
           Row{"a yes that is a string", two, Answer::simple, simple("\"true\""), 500, ours},
           Row{"a policy where yes or no is meant", two, Answer::simple, answered(policy("Allow", "*")), 500, ours},
           Row{"yes where a policy is meant", two, Answer::policy, simple("true"), 500, ours},
           Row{"a policy", two, Answer::policy, answered(policy("Allow", "*")), 200, "hello"},
           Row{"a policy that denies", two, Answer::policy, answered(policy("Deny", "*")), 403, forbidden},
           Row{"a policy for another route", two, Answer::policy, answered(policy("Allow", "arn:x")), 403, forbidden},
           Row{"a list in the context", two, Answer::policy, answered(list), 200, "hello"},
           Row{"a list in the context", one, Answer::policy, answered(list), 500, ours},
           Row{"a policy, payload 1.0", one, Answer::policy, answered(policy("Allow", "*")), 200, "hello"},
           Row{"Unauthorized is an error like others", two, Answer::simple, failed("", "Unauthorized"), 500, ours},
           Row{"Unauthorized, payload 1.0", one, Answer::policy, failed("", "Unauthorized"), 500, ours},
           Row{"no JSON", two, Answer::simple, answered("{"), 500, ours},
           Row{"too slow", two, Answer::simple, {Kind::gave_up, {}, {}, {}, {}, {}}, 500, ours},
       }) {
    SCOPED_TRACE(row.why);
    ScriptedGateway world{http_api(row.kind, row.answer)};
    world.authorizer = [&](const std::string&) { return row.result; };
    const auto response = world.get("/dev/alpha", "T");
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.body, row.body);
    EXPECT_FALSE(response.headers.first("apigw-requestid").empty());
    EXPECT_FALSE(response.headers.has("x-amzn-ErrorType"));
  }
}

TEST(HttpApi, AsksNobodyWithoutAnIdentityAndKnowsItsRoutes) {  // IN-17, GW-03
  ScriptedGateway world{http_api(ApiKind::http_2, Answer::simple)};
  for (const net::Headers& headers : {net::Headers{}, net::Headers{{"Authorization", ""}}}) {
    const auto response = world.send({"GET", "/dev/alpha", headers, {}, {}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.body, unauthorized);
  }
  for (const char* target : {"/dev/nothing", "/dev", "/nothing"}) {
    const auto response = world.get(target, "T");
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.body, not_found);
  }
  EXPECT_EQ(world.send({"POST", "/dev/open", {}, {}, {}}).status, 404);
  EXPECT_EQ(world.authorizer_calls, 0);
  EXPECT_EQ(world.get("/dev/open", "T").status, 200);
}

TEST(HttpApi, KeepsASimpleYesForWhateverItsIdentityDoesNotTellApart) {  // CA-10; gateway.md §3.4
  const auto answers = [](GatewayApi api) {
    ScriptedGateway world{std::move(api)};
    world.authorizer = [](const std::string& event) {  // alpha only
      const auto route = boost::json::parse(event).at("routeKey");
      return simple(route == "GET /alpha" ? "true" : "false");
    };
    const int first = world.get("/dev/alpha", "T").status;
    return std::pair{first, world.get("/dev/beta", "T").status};
  };
  GatewayApi api = http_api(ApiKind::http_2, Answer::simple);
  EXPECT_EQ(answers(api), (std::pair{200, 403})) << "one entry for each route key";
  api.authorizers[0].identity.pop_back();
  EXPECT_EQ(answers(api), (std::pair{200, 200})) << "a yes for every route: what portcullis check warns of";
  api.authorizers[0].ttl = seconds{0};
  EXPECT_EQ(answers(api), (std::pair{200, 403}));
}

TEST(HttpApi, ServesItsDefaultStageAtTheRoot) {  // IN-21
  ScriptedGateway world{http_api(ApiKind::http_2, Answer::policy)};
  std::string arn;
  world.authorizer = [&](const std::string& event) {
    const auto read = boost::json::parse(event);
    arn = read.at("routeArn").get_string();
    EXPECT_EQ(read.at("rawPath"), "/alpha");
    return answered(policy("Allow", arn));
  };
  EXPECT_EQ(world.get("/alpha?x=1", "T").status, 200);
  EXPECT_TRUE(arn.ends_with("/$default/GET/alpha")) << arn;
}

TEST(HttpApi, AnswersPreflightsAndCorsByItself) {  // CO-02; gateway.md §5.3
  ScriptedGateway world{http_api(ApiKind::http_2, Answer::simple)};
  const net::Headers preflight{{"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "POST"}};
  for (const char* target : {"/dev/alpha", "/dev/nothing"})
    EXPECT_EQ(world.send({"OPTIONS", target, preflight, {}, {}}).status, 204) << target;
  EXPECT_EQ(world.authorizer_calls, 0);
  world.endpoint = answered(R"({"statusCode":200,"headers":{"access-control-allow-origin":"https://evil.example"}})");
  const auto response = world.send({"GET", "/dev/open", {{"Origin", "http://localhost:5173"}}, {}, {}});
  EXPECT_EQ(response.headers.all("Access-Control-Allow-Origin"),
            std::vector<std::string_view>{"http://localhost:5173"});
}

TEST(HttpApi, LetsAnAuthorizerOnItsDefaultRouteCatchPreflightsWithoutCors) {  // CO-03
  GatewayApi api = http_api(ApiKind::http_2, Answer::simple);
  api.routes.push_back({"ANY", "$default", "endpoint", "a"});
  ScriptedGateway world{api};
  Gateway without_cors{api, CorsRules{{}}, world.surroundings()};
  const net::Headers preflight{{"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "POST"}};
  std::optional<net::HttpResponse> got;
  without_cors.handle({"OPTIONS", "/dev/x", preflight, {}, {}},
                      [&](const net::HttpResponse& response) { got = response; });
  EXPECT_EQ(got->status, 401);
}

TEST(HttpApi, AnswersAFailingEndpointInItsOwnWords) {  // PX-03, PX-04
  ScriptedGateway world{http_api(ApiKind::http_2, Answer::simple)};
  world.endpoint = failed("Error", "boom");
  EXPECT_EQ(world.get("/dev/open", "T").body, ours);
  world.endpoint = {Kind::gave_up, {}, {}, {}, {}, {}};
  const auto late = world.get("/dev/open", "T");
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.body, R"({"message":"Service Unavailable"})");
}

struct WebSocketTest : testing::Test, protected ScriptedGateway {
  static GatewayApi web_socket_api() {
    GatewayApi api;
    api.kind = ApiKind::web_socket;
    api.stages = {"ws"};
    api.authorizers = {{"a", AuthorizerSettings::Type::REQUEST, "authorizer", {}, seconds{0}}};
    api.routes = {{"", "$connect", "endpoint", "a"}};
    return api;
  }
  WebSocketTest() : ScriptedGateway(web_socket_api()) {}

  net::Headers handshake{{"Host", "localhost"},
                         {"Upgrade", "WebSocket"},
                         {"Connection", "keep-alive, Upgrade"},
                         {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                         {"Sec-WebSocket-Version", "13"}};
};

TEST_F(WebSocketTest, IsOpenedOnceTheAuthorizerAllowsIt) {  // gateway.md §2.4; IN-18, IN-19
  endpoint = answered(R"({"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"portcullis.bearer"}})");
  handshake.add("Sec-WebSocket-Protocol", "portcullis.bearer, eyJ.x.y");
  const auto response = send({"GET", "/ws?v=1", handshake, {}, {}});
  EXPECT_EQ(response.status, 101);
  EXPECT_EQ(response.headers.first("Upgrade"), "websocket");
  EXPECT_EQ(response.headers.first("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 §1.3
  EXPECT_EQ(response.headers.first("Sec-WebSocket-Protocol"), "portcullis.bearer");
  EXPECT_EQ(response.body.substr(0, 4), (std::string{"\x88\x2d\x03\xe8"}).substr(0, 4)) << "closes normally";
  EXPECT_EQ(authorizer_calls, 1);
  const auto event = boost::json::parse(endpoint_event);
  EXPECT_EQ(event.at("requestContext").at("eventType"), "CONNECT");
  EXPECT_EQ(event.at("requestContext").at("authorizer").at("principalId"), "ada");
  EXPECT_EQ(send({"GET", "/ws", handshake, {}, {}}).status, 101);
  EXPECT_EQ(authorizer_calls, 2) << "nothing is kept";
}

TEST_F(WebSocketTest, IsRefusedAsADocumentedHandshakeResponse) {
  struct Row {
    InvocationResult result;
    int status;
  };
  for (const Row& row : {Row{failed("Unauthorized", "Unauthorized"), 401}, Row{answered(policy("Deny", "*")), 403},
                         Row{answered(policy("Allow", "*/ws/GET/*")), 403}, Row{failed("x", "x"), 500}}) {
    authorizer = [&](const std::string&) { return row.result; };
    EXPECT_EQ(send({"GET", "/ws", handshake, {}, {}}).status, row.status);
  }
  authorizer = allow_what_is_asked;
  endpoint = answered(R"({"statusCode":429,"body":"too many"})");
  EXPECT_EQ(send({"GET", "/ws", handshake, {}, {}}).status, 429) << "the function behind $connect says no";
}

TEST_F(WebSocketTest, AsksNobodyAboutWhatIsNoHandshake) {  // RFC 6455 §4.2
  const auto with = [&](const char* name, const char* value) {
    net::Headers changed;
    for (const auto& [each, was] : handshake)
      if (each != name || value) changed.add(each, each == name ? value : was);
    return send({"GET", "/ws", changed, {}, {}});
  };
  struct Row {
    const char *name, *value;
    int status;
  };
  for (const Row& row : {Row{"Upgrade", nullptr, 426}, Row{"Upgrade", "h2c", 426}, Row{"Connection", "keep-alive", 426},
                         Row{"Sec-WebSocket-Version", "8", 426}, Row{"Sec-WebSocket-Version", nullptr, 426},
                         Row{"Sec-WebSocket-Key", "dGhlIHNhbXBsZQ==", 400}, Row{"Sec-WebSocket-Key", "x", 400},
                         Row{"Sec-WebSocket-Key", nullptr, 400}}) {
    SCOPED_TRACE(std::string{row.name} + ' ' + (row.value ? row.value : "missing"));
    const auto response = with(row.name, row.value);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.headers.first("Sec-WebSocket-Version"), row.status == 426 ? "13" : "");
  }
  EXPECT_EQ(send({"POST", "/ws", handshake, {}, {}}).status, 400);
  EXPECT_EQ(send({"GET", "/ws/other", handshake, {}, {}}).status, 403);
  EXPECT_EQ(authorizer_calls, 0);
}

}  // namespace
}  // namespace portcullis::world
