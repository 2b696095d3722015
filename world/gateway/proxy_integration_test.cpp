#include "world/gateway/proxy_integration.h"

#include <gtest/gtest.h>

#include "world/encoding/base64.h"

namespace portcullis::world {
namespace {

Result<net::HttpResponse, Malformed> rest_response(std::string_view json) {
  return proxy_response(json, ApiKind::rest);
}

TEST(ProxyResponse, IsPassedOnWithItsHeadersAsText) {  // PX-01
  const auto response = rest_response(
      R"({"statusCode":201,"headers":{"Access-Control-Allow-Credentials":true,"X-N":7,"X-Null":null},"body":"{}"})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->headers.first("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(response->headers.first("X-N"), "7");
  EXPECT_FALSE(response->headers.has("X-Null"));
  EXPECT_EQ(response->headers.first("Content-Type"), "application/json");
}

TEST(ProxyResponse, AcceptsWhatAwsAcceptsToo) {
  for (const char* answer : {R"({"statusCode":"200"})", R"({"statusCode":200,"body":null,"headers":null})",
                             R"({"statusCode":200,"multiValueHeaders":null,"isBase64Encoded":false})"}) {
    SCOPED_TRACE(answer);
    const auto response = rest_response(answer);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "");
  }
}

TEST(ProxyResponse, IsRefusedWhereItIsMalformed) {  // PX-02, PX-10
  for (const char* answer : {
           "",
           "null",
           "[]",
           R"("hi")",
           "{}",
           R"({"body":"no status"})",
           R"({"statusCode":200,"body":{}})",
           R"({"statusCode":200,"body":7})",
           R"({"statusCode":"2x"})",
           R"({"statusCode":99})",
           R"({"statusCode":600})",
           R"({"statusCode":200.5})",
           R"({"statusCode":200,"unknown":1})",
           R"({"statusCode":200,"headers":[]})",
           R"({"statusCode":200,"headers":{"a":{}}})",
           R"({"statusCode":200,"headers":{"a":["b"]}})",
           R"({"statusCode":200,"headers":{"a":"b\r\nSet-Cookie: c"}})",
           R"({"statusCode":200,"headers":{"a":"b\u0000"}})",
           R"({"statusCode":200,"headers":{"a b":"c"}})",
           R"({"statusCode":200,"headers":{"":"c"}})",
           R"({"statusCode":200,"headers":{"a\n":"c"}})",
           R"({"statusCode":200,"multiValueHeaders":{"a":"b"}})",
           R"({"statusCode":200,"multiValueHeaders":{"a":["b\n"]}})",
       }) {
    SCOPED_TRACE(answer);
    const auto response = rest_response(answer);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().fault, GatewayFault::malformed_proxy_response);
  }
}

TEST(ProxyResponse, MergesBothKindsOfHeadersWithEqualPairsOnce) {  // PX-05
  const auto response = rest_response(
      R"({"statusCode":200,"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]},"headers":{"set-cookie":"a=1","X-A":"1"}})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.all("Set-Cookie"), (std::vector<std::string_view>{"a=1", "b=2"}));
  EXPECT_EQ(response->headers.first("X-A"), "1");
}

TEST(ProxyResponse, GivesAllBytesBackFromBase64AndRefusesWhatIsNone) {  // PX-07
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const auto response = rest_response(R"({"statusCode":200,"isBase64Encoded":true,"body":")" + base64(bytes) + "\"}");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, bytes);
  for (const char* wrong : {"A", "AA", "AB==", "A=A=", "A A=", "AAA\\n"}) {
    SCOPED_TRACE(wrong);
    const auto broken =
        rest_response(R"({"statusCode":200,"isBase64Encoded":true,"body":")" + std::string{wrong} + "\"}");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().fault, GatewayFault::api_configuration_error);
  }
}

TEST(ProxyResponse, RenamesHeadersThatBelongToTheGateway) {  // PX-08
  const auto response = rest_response(
      R"({"statusCode":401,"headers":{"WWW-Authenticate":"Bearer","content-length":"1","Transfer-Encoding":"chunked"}})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.first("x-amzn-Remapped-WWW-Authenticate"), "Bearer");
  for (const char* own : {"WWW-Authenticate", "Content-Length", "Transfer-Encoding"})
    EXPECT_FALSE(response->headers.has(own)) << own;
}

TEST(ProxyResponse, OfPayload2MayHaveCookiesAndMembersThatNobodyKnows) {  // gateway.md §7.2
  const auto response =
      proxy_response(R"({"statusCode":401,"headers":{"WWW-Authenticate":"Bearer"},"multiValueHeaders":{"x":["y"]},)"
                     R"("cookies":["a=1","b=2"],"unknown":1,"body":"no"})",
                     ApiKind::http_2);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->headers.first("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(response->headers.all("Set-Cookie"), (std::vector<std::string_view>{"a=1", "b=2"}));
  EXPECT_FALSE(response->headers.has("x"));
  EXPECT_EQ(response->headers.first("Content-Type"), "text/plain;charset=utf-8");
}

TEST(ProxyResponse, OfPayload2WithoutAStatusIsTheBodyItself) {  // PX-06
  for (const auto& [answer, body] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"("hi")", "hi"}, {R"({"a":1})", R"({"a":1})"}, {"[1,2]", "[1,2]"}}) {
    const auto response = proxy_response(answer, ApiKind::http_2);
    ASSERT_TRUE(response) << answer;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(response->headers.first("Content-Type"), "application/json");
    EXPECT_FALSE(proxy_response(answer, ApiKind::http_1)) << answer;
  }
  for (const char* malformed : {"", R"({"statusCode":200,"body":{}})", R"({"statusCode":200,"headers":{"a":["b"]}})",
                                R"({"statusCode":200,"cookies":["a\r\nb"]})", R"({"statusCode":200,"cookies":"a"})"})
    EXPECT_FALSE(proxy_response(malformed, ApiKind::http_2)) << malformed;
}

}  // namespace
}  // namespace portcullis::world
