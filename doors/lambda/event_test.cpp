// Events as API Gateway sends them, and as it might. gateway.md §2; the ids are those of its §9.2 and §9.3.
#include "doors/lambda/event.h"

#include <gtest/gtest.h>

namespace portcullis::lambda {
namespace {

const std::string arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET/users/42";

TEST(MethodArn, IsSplitAtItsFirstFiveColonsAndThreeSlashes) {  // POL-13, POL-14
  struct Row {
    const char *text, *prefix, *stage, *verb, *path;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"arn:aws-cn:execute-api:cn-north-1:1:api/prod/GET/files/2026/q1:draft/x",
            "arn:aws-cn:execute-api:cn-north-1:1:api/prod/", "prod", "GET", "files/2026/q1:draft/x"},
           {"arn:aws-us-gov:execute-api:us-gov-west-1:1:api/v1/GET/files/a",
            "arn:aws-us-gov:execute-api:us-gov-west-1:1:api/v1/", "v1", "GET", "files/a"},
           {"arn:aws:execute-api:us-east-1:1:api/dev/GET/", "arn:aws:execute-api:us-east-1:1:api/dev/", "dev", "GET",
            ""},
           {"arn:aws:execute-api:us-east-1:1:api/$default/POST/a//b", "arn:aws:execute-api:us-east-1:1:api/$default/",
            "$default", "POST", "a//b"},
           {"arn:aws:execute-api:us-east-1:1:api/dev/$connect", "arn:aws:execute-api:us-east-1:1:api/dev/", "dev", "",
            ""}}) {
    SCOPED_TRACE(row.text);
    const auto parsed = MethodArn::parse(row.text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->prefix, row.prefix);
    EXPECT_EQ(parsed->stage, row.stage);
    EXPECT_EQ(parsed->verb, row.verb);
    EXPECT_EQ(parsed->path, row.path);
  }
  for (const char* text :
       {"", "not-an-arn", "arn:aws:execute-api:us-east-1:1:api", "arn:aws:execute-api:us-east-1:1:*/*/GET/a",
        "arn:aws:execute-api:us-east-1:1:api/dev", "arn:aws:execute-api:us-east-1:1:api/*/GET/a",
        "arn:aws:execute-api:us-east-1:1:api/dev/get/a", "arn:aws:s3:us-east-1:1:api/dev/GET/a",
        "arn:aws:execute-api:*:1:api/dev/GET/a", "arn:aws:execute-api:us-east-1:1:api/dev//a"})
    EXPECT_FALSE(MethodArn::parse(text)) << text;
}

// The values of the Authorization header that the decision will see.
std::vector<std::string> credentials(const std::string& event) {
  const auto read = AuthorizerEvent::parse(event);
  EXPECT_TRUE(read) << (read ? "" : read.error()) << event;
  std::vector<std::string> values;
  if (read)
    for (const Header& header : read->request().headers) values.emplace_back(header.value);
  return values;
}

std::string request_event(const std::string& members) {
  return R"({"type":"REQUEST","methodArn":")" + arn + "\"" + members + "}";
}

using Values = std::vector<std::string>;

TEST(TokenEvent, GivesTheMethodAndPathOfItsArnAndTheTokenAsItIs) {
  const auto read =
      AuthorizerEvent::parse(R"({"type":"TOKEN","authorizationToken":"Bearer x","methodArn":")" + arn + "\"}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->request().method, "GET");
  EXPECT_EQ(read->request().path, "/users/42");
  ASSERT_EQ(read->request().headers.size(), 1u);
  EXPECT_EQ(read->request().headers.front().value, "Bearer x");
  for (const char* token : {"null", "42", "{}", "[]"})
    EXPECT_TRUE(
        credentials(R"({"type":"TOKEN","methodArn":")" + arn + R"(","authorizationToken":)" + token + "}").empty());
  EXPECT_EQ(credentials(R"({"type":"TOKEN","methodArn":")" + arn + R"(","authorizationToken":""})"), Values{""});
}

TEST(TokenEvent, TurnsWhatTheGatewayDecodedBackIntoItsEncoding) {
  const auto read = AuthorizerEvent::parse(
      R"({"type":"TOKEN","methodArn":"arn:aws:execute-api:us-east-1:1:api/dev/GET/files/with%20blank/ü"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->request().path, "/files/with%20blank/%C3%BC");
}

TEST(RequestEvent, FindsTheCredentialUnderEverySpellingAndCountsContradictionsAsTwo) {  // IN-09, IN-10, IN-11
  EXPECT_EQ(credentials(request_event(R"(,"headers":{"authorization":"Bearer x"})")), Values{"Bearer x"});
  EXPECT_EQ(credentials(request_event(R"(,"headers":null,"multiValueHeaders":{"AUTHORIZATION":["Bearer x"]})")),
            Values{"Bearer x"});
  EXPECT_EQ(credentials(request_event(R"(,"headers":{},"multiValueHeaders":{"Authorization":["Bearer x"]})")),
            Values{"Bearer x"});
  EXPECT_EQ(credentials(request_event(
                R"(,"headers":{"Authorization":"Bearer x"},"multiValueHeaders":{"authorization":["Bearer x"]})")),
            Values{"Bearer x"});
  EXPECT_TRUE(credentials(request_event("")).empty());
  EXPECT_TRUE(credentials(request_event(R"(,"headers":{"Accept":"*/*"})")).empty());
  for (const char* two :
       {R"(,"headers":{"Authorization":"Bearer x","authorization":"Bearer x"})",
        R"(,"multiValueHeaders":{"Authorization":["Bearer x","Bearer y"]})",
        R"(,"headers":{"Authorization":"Bearer x"},"multiValueHeaders":{"Authorization":["Bearer y"]})",
        R"(,"headers":{"Authorization":"Bearer x"},"multiValueHeaders":{"Accept":["*/*"]})",
        R"(,"headers":{"Accept":"*/*"},"multiValueHeaders":{"Authorization":["Bearer x"]})"})
    EXPECT_EQ(credentials(request_event(two)).size(), 2u) << two;
}

TEST(RequestEvent, MustNotContradictItsArn) {  // IN-13, IN-24
  for (const char* agreeing :
       {R"(,"httpMethod":"GET","path":"/users/42")", R"(,"path":"/base/users/42")", R"(,"path":"/users/4%32")",
        R"(,"httpMethod":null,"path":null,"requestContext":null)", R"(,"requestContext":{"stage":"dev"})",
        R"(,"headers":{"X-HTTP-Method-Override":"DELETE"})"})
    EXPECT_TRUE(AuthorizerEvent::parse(request_event(agreeing))) << agreeing;
  for (const char* contradicting :
       {R"(,"httpMethod":"POST")", R"(,"path":"/users/43")", R"(,"requestContext":{"stage":"prod"})"})
    EXPECT_FALSE(AuthorizerEvent::parse(request_event(contradicting))) << contradicting;
  const auto read =
      AuthorizerEvent::parse(request_event(R"(,"requestContext":{"identity":{"sourceIp":"198.51.100.7"}})"));
  EXPECT_EQ(read->request().address, "198.51.100.7");
}

std::string http_2_event(const std::string& arn_text, const std::string& members) {
  return R"({"version":"2.0","type":"REQUEST","routeArn":")" + arn_text + "\"" + members + "}";
}

TEST(HttpApiEvent, IsReadInBothOfItsFormats) {  // gateway.md §2.3; IN-14, IN-16, IN-21
  const std::string default_arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/$default/GET/users/42";
  const auto two =
      AuthorizerEvent::parse(http_2_event(default_arn, R"(,"routeKey":"GET /users/{id}","rawPath":"/users/42",
      "rawQueryString":"x=1","identitySource":["Bearer stranger"],"headers":{"authorization":"Bearer x"},"cookies":["a=1"],
      "requestContext":{"http":{"method":"GET","path":"/users/42","sourceIp":"198.51.100.7"},"stage":"$default"})"));
  ASSERT_TRUE(two) << two.error();
  EXPECT_EQ(two->form(), EventForm::http_2);
  EXPECT_EQ(two->request().method, "GET");
  EXPECT_EQ(two->request().path, "/users/42");
  EXPECT_EQ(two->request().address, "198.51.100.7");
  ASSERT_EQ(two->request().headers.size(), 1u);
  EXPECT_EQ(two->request().headers.front().value, "Bearer x");  // never identitySource

  const auto one = AuthorizerEvent::parse(
      R"({"version":"1.0","type":"REQUEST","methodArn":")" + arn +
      R"(","identitySource":"Bearer stranger","authorizationToken":"Bearer stranger","resource":"/users/{id}",
      "path":"/dev/users/42","httpMethod":"GET","headers":{"Authorization":"Bearer x"},
      "requestContext":{"stage":"dev","identity":{"sourceIp":"198.51.100.7"}}})");
  ASSERT_TRUE(one) << one.error();
  EXPECT_EQ(one->form(), EventForm::http_1);
  EXPECT_EQ(one->request().address, "198.51.100.7");
  ASSERT_EQ(one->request().headers.size(), 1u);
  EXPECT_EQ(one->request().headers.front().value, "Bearer x");
  EXPECT_EQ(AuthorizerEvent::parse(request_event(""))->form(), EventForm::rest);
}

TEST(HttpApiEvent, MustNotContradictItsArn) {
  for (const char* agreeing :
       {"", R"(,"rawPath":"/dev/users/42","requestContext":{"stage":"dev","http":{"method":"GET"}})",
        R"(,"rawPath":"/dev/users/4%32")", R"(,"requestContext":{"http":null},"cookies":null)"})
    EXPECT_TRUE(AuthorizerEvent::parse(http_2_event(arn, agreeing))) << agreeing;
  for (const char* contradicting : {R"(,"rawPath":"/dev/users/43")", R"(,"requestContext":{"stage":"prod"})",
                                    R"(,"requestContext":{"http":{"method":"POST"}})"})
    EXPECT_FALSE(AuthorizerEvent::parse(http_2_event(arn, contradicting))) << contradicting;
  for (const std::string& unusable : {R"({"version":"2.0","type":"REQUEST","methodArn":")" + arn + "\"}",
                                      R"({"version":"2.0","type":"TOKEN","routeArn":")" + arn + "\"}",
                                      R"({"version":2.0,"type":"REQUEST","routeArn":")" + arn + "\"}",
                                      R"({"version":"1.0","type":"REQUEST","routeArn":")" + arn + "\"}"})
    EXPECT_FALSE(AuthorizerEvent::parse(unusable)) << unusable;
}

const std::string connect_arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/$connect";

std::string connect_event(const std::string& members) {
  return R"({"type":"REQUEST","methodArn":")" + connect_arn + "\"" + members + "}";
}

TEST(ConnectEvent, HasTheRouteInThePlaceOfMethodAndPath) {  // gateway.md §2.4; IN-18
  const auto read = AuthorizerEvent::parse(connect_event(
      R"(,"headers":{"Host":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com","Origin":"https://app.example.com",
      "Sec-WebSocket-Protocol":"portcullis.bearer, eyJ.x.y","Sec-WebSocket-Version":"13"},
      "multiValueHeaders":{"Origin":["https://app.example.com"],"Sec-WebSocket-Protocol":["portcullis.bearer, eyJ.x.y"]},
      "queryStringParameters":{},"stageVariables":{},"requestContext":{"routeKey":"$connect","eventType":"CONNECT",
      "connectionId":"c-1","connectedAt":1767323045000,"stage":"dev","apiId":"a1b2c3d4e5","messageDirection":"IN",
      "requestId":"r-3","identity":{"sourceIp":"198.51.100.7"}})"));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->form(), EventForm::web_socket);
  EXPECT_EQ(read->request().method, "");
  EXPECT_EQ(read->request().path, "$connect");
  EXPECT_EQ(read->request().address, "198.51.100.7");
  ASSERT_EQ(read->request().headers.size(), 1u);
  EXPECT_EQ(read->request().headers.front().value, "Bearer eyJ.x.y");
  EXPECT_EQ(read->pages(), Values(2, "https://app.example.com"));  // once in each map
}

TEST(ConnectEvent, TakesTheTokenOfAuthorizationOrOfTheSubprotocolAndNeverOfTheQuery) {  // IN-19; RFC 6455 §11.3.4
  struct Row {
    const char* members;
    Values credentials;
  };
  for (
      const Row& row : std::initializer_list<Row>{
          {"", {}},
          {R"(,"headers":null,"multiValueHeaders":null,"queryStringParameters":null,"requestContext":null)", {}},
          {R"(,"headers":{},"multiValueHeaders":{},"requestContext":{})", {}},
          {R"(,"headers":{"authorization":"Bearer x"})", {"Bearer x"}},
          {R"(,"multiValueHeaders":{"AUTHORIZATION":["Bearer x"]})", {"Bearer x"}},
          {R"(,"headers":{"Authorization":"Bearer x"},"multiValueHeaders":{"Authorization":["Bearer x"]})",
           {"Bearer x"}},
          {R"(,"headers":{"sec-websocket-protocol":"portcullis.bearer,x"})", {"Bearer x"}},
          {R"(,"multiValueHeaders":{"SEC-WebSocket-Protocol":["chat, portcullis.bearer","x"]})", {"Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":" ,chat\t, portcullis.bearer ,, x ,v2"})", {"Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"x"},"multiValueHeaders":{"Sec-WebSocket-Protocol":["portcullis.bearer","x"]})",
           {"Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"portcullis.bearer"})", {"Bearer "}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"chat, x"})", {}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"Portcullis.Bearer, x"})",
           {}},  // names keep their case: RFC 6455 §4.1
          {R"(,"headers":{"Cookie":"token=x"})", {}},
          {R"(,"queryStringParameters":{"access_token":"x","Authorization":"Bearer x"},
              "multiValueQueryStringParameters":{"access_token":["x"],"Authorization":["Bearer x"]})",
           {}},
          // Two readings: no decision takes two credentials.
          {R"(,"headers":{"Authorization":"Bearer x","Sec-WebSocket-Protocol":"portcullis.bearer, x"})",
           {"Bearer x", "Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"portcullis.bearer, x, portcullis.bearer, y"})",
           {"Bearer x", "Bearer y"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"portcullis.bearer, x"},"multiValueHeaders":{"Accept":["*/*"]})",
           {"Bearer x", "Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"chat"},"multiValueHeaders":{"Sec-WebSocket-Protocol":["portcullis.bearer, x"]})",
           {"Bearer x", "Bearer x"}},
          {R"(,"headers":{"Sec-WebSocket-Protocol":"a","sec-websocket-protocol":"portcullis.bearer, x"},"multiValueHeaders":{"Sec-WebSocket-Protocol":["a"]})",
           {"Bearer x", "Bearer x"}},
      })
    EXPECT_EQ(credentials(connect_event(row.members)), row.credentials) << row.members;
}

TEST(ConnectEvent, NamesEveryPageThatItsHeadersTell) {  // IN-20
  const auto pages = [](const char* members) { return AuthorizerEvent::parse(connect_event(members))->pages(); };
  EXPECT_EQ(pages(""), Values{});
  EXPECT_EQ(pages(R"(,"headers":{"ORIGIN":"null"})"), Values{"null"});
  EXPECT_EQ(
      pages(R"(,"headers":{"origin":""},"multiValueHeaders":{"Origin":["https://a.example","https://b.example"]})"),
      (Values{"https://a.example", "https://b.example", ""}));
  const auto elsewhere = AuthorizerEvent::parse(request_event(R"(,"headers":{"Origin":"https://a.example"})"));
  EXPECT_EQ(elsewhere->pages(), Values{}) << "CORS is the gateway's";
}

TEST(ConnectEvent, MustNotContradictItsArn) {
  for (const char* agreeing :
       {R"(,"httpMethod":null,"path":null,"resource":null)", R"(,"requestContext":{"routeKey":null,"eventType":null})",
        R"(,"requestContext":{"routeKey":"$connect","eventType":"CONNECT","stage":"dev"})"})
    EXPECT_TRUE(AuthorizerEvent::parse(connect_event(agreeing))) << agreeing;
  for (const std::string& contradicting :
       {connect_event(R"(,"httpMethod":"GET")"), connect_event(R"(,"path":"/")"),
        connect_event(R"(,"requestContext":{"stage":"prod"})"),
        connect_event(R"(,"requestContext":{"routeKey":"$default"})"),
        connect_event(R"(,"requestContext":{"eventType":"MESSAGE"})"),
        request_event(R"(,"requestContext":{"routeKey":"$connect","eventType":"CONNECT"})"),
        R"({"type":"TOKEN","methodArn":")" + connect_arn + "\"}",
        R"({"version":"1.0","type":"REQUEST","methodArn":")" + connect_arn + "\"}",
        R"({"version":"2.0","type":"REQUEST","routeArn":")" + connect_arn + "\"}"})
    EXPECT_FALSE(AuthorizerEvent::parse(contradicting)) << contradicting;
}

TEST(Events, OfEveryKindKeepTheirPartition) {  // POL-17
  for (const std::string base : {"arn:aws:execute-api:eu-west-1:1:api/", "arn:aws-cn:execute-api:cn-north-1:1:api/",
                                 "arn:aws-us-gov:execute-api:us-gov-west-1:1:api/"}) {
    struct Row {
      std::string event, arn;
      EventForm form;
    };
    const auto event = [&](const char* before, const char* rest) { return before + base + rest + "\"}"; };
    for (const Row& row : {
             Row{event(R"({"type":"TOKEN","authorizationToken":"x","methodArn":")", "dev/GET/a"), "dev/GET/a",
                 EventForm::rest},
             Row{event(R"({"type":"REQUEST","methodArn":")", "dev/GET/a"), "dev/GET/a", EventForm::rest},
             Row{event(R"({"version":"1.0","type":"REQUEST","methodArn":")", "$default/GET/a"), "$default/GET/a",
                 EventForm::http_1},
             Row{event(R"({"version":"2.0","type":"REQUEST","routeArn":")", "$default/GET/a"), "$default/GET/a",
                 EventForm::http_2},
             Row{event(R"({"type":"REQUEST","methodArn":")", "dev/$connect"), "dev/$connect", EventForm::web_socket},
         }) {
      const auto read = AuthorizerEvent::parse(row.event);
      ASSERT_TRUE(read) << row.event;
      EXPECT_EQ(read->arn().text, base + row.arn);
      EXPECT_EQ(read->arn().prefix, base + row.arn.substr(0, row.arn.find('/') + 1));
      EXPECT_EQ(read->form(), row.form);
    }
  }
}

TEST(Events, OfTheConsolesTestAreReadAlthoughTheirStageHasTwoNames) {
  const std::string console = R"(":"arn:aws:execute-api:eu-west-1:1:api/ESTestInvoke-stage/GET/")";
  EXPECT_EQ(credentials(R"({"type":"TOKEN","authorizationToken":"Bearer x","methodArn)" + console + "}"),
            Values{"Bearer x"});
  const auto request = [&](const std::string& stage) {
    return R"({"type":"REQUEST","methodArn)" + console + R"(,"resource":"/","path":"/","httpMethod":"GET",
        "headers":{"Authorization":"Bearer x"},"multiValueHeaders":{"Authorization":["Bearer x"]},
        "queryStringParameters":{},"multiValueQueryStringParameters":{},"pathParameters":{},"stageVariables":{},
        "requestContext":{"resourceId":"test-invoke-resource-id","resourcePath":"/","httpMethod":"GET","path":"/",
        "accountId":"1","protocol":"HTTP/1.1","stage":")" +
           stage + R"(","domainPrefix":"testPrefix","apiId":"api",
        "identity":{"sourceIp":"test-invoke-source-ip","userAgent":null,"clientCert":null}}})";
  };
  EXPECT_EQ(credentials(request("test-invoke-stage")), Values{"Bearer x"});
  EXPECT_EQ(credentials(request("ESTestInvoke-stage")), Values{"Bearer x"});
  EXPECT_FALSE(AuthorizerEvent::parse(request("prod")));
}

TEST(Events, MeanTheSameWhetherMembersAreNullOrEmptyOrAbsent) {  // IN-12
  const std::string rest = R"("type":"REQUEST","methodArn":")" + arn + '"';
  for (const std::string& head : {R"("type":"TOKEN","methodArn":")" + arn + '"', rest, R"("version":"1.0",)" + rest,
                                  R"("version":"2.0","type":"REQUEST","routeArn":")" + arn + '"',
                                  R"("type":"REQUEST","methodArn":")" + connect_arn + '"'})
    for (const std::string empty : {"null", "{}", ""}) {
      std::string event = '{' + head;
      for (const char* name : {"headers", "multiValueHeaders", "queryStringParameters", "pathParameters",
                               "stageVariables", "requestContext", "cookies"})
        if (!empty.empty()) event += std::string{",\""} + name + "\":" + empty;
      EXPECT_EQ(credentials(event + '}'), Values{}) << event;
    }
}

TEST(Events, ThatAreNoneAreAnErrorWithASentence) {  // IN-25
  for (const std::string& event :
       {std::string{}, std::string{"[]"}, std::string{"\"x\""}, std::string{"{"}, std::string{"{}"},
        std::string(1000, ' '), std::string{R"({"type":"TOKEN"})"}, std::string{R"({"type":"TOKEN","methodArn":"x"})"},
        R"({"type":"OTHER","methodArn":")" + arn + "\"}",
        R"({"version":"9.9","type":"REQUEST","methodArn":")" + arn + "\"}",
        R"({"type":"TOKEN","type":"REQUEST","methodArn":")" + arn + "\"}"}) {
    const auto read = AuthorizerEvent::parse(event);
    ASSERT_FALSE(read) << event;
    EXPECT_GT(read.error().size(), 15u);
  }
}

}  // namespace
}  // namespace portcullis::lambda
