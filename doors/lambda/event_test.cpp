// Events as API Gateway sends them, and as it might. gateway.md §2, §9.2.
#include "doors/lambda/event.h"

#include <gtest/gtest.h>

namespace portcullis::lambda {
namespace {

const std::string arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET/users/42";

TEST(MethodArn, IsSplitAtItsFirstFiveColonsAndThreeSlashes) {
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

TEST(RequestEvent, FindsTheCredentialUnderEverySpellingAndCountsContradictionsAsTwo) {
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

TEST(RequestEvent, MustNotContradictItsArn) {
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

TEST(HttpApiEvent, IsReadInBothOfItsFormats) {  // gateway.md §2.3
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

TEST(Events, ThatAreNoneAreAnErrorWithASentence) {
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
