#include "world/gateway/request_report.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

RequestReport report() {
  RequestReport some;
  some.id = "r-1";
  some.method = "POST";
  some.target = "/dev/api/private?token=secret";
  some.status = 401;
  some.reason = "no_credentials";
  return some;
}

TEST(RequestLine, ShowsTimeMethodPathStatusReasonAndNoQuery) {
  EXPECT_EQ(request_line(report(), Colours::off).substr(8), "  POST /dev/api/private   401  no_credentials");
}

TEST(RequestLine, SaysWhatIsMissingAndThatAnAnswerWasCached) {
  RequestReport refused = report();
  refused.reason = "insufficient_scope";
  refused.missing = {"permission:admin", "scope:x"};
  EXPECT_EQ(request_line(refused, Colours::off).substr(8),
            "  POST /dev/api/private   401  insufficient_scope   needs permission:admin, scope:x");
  refused.missing.pop_back();
  refused.asked = RequestReport::Asked::cached;
  EXPECT_EQ(request_line(refused, Colours::off).substr(8),
            "  POST /dev/api/private   401  insufficient_scope (cached)   needs permission:admin");
  RequestReport allowed = report();
  allowed.reason = "ok";
  allowed.asked = RequestReport::Asked::cached;
  EXPECT_EQ(request_line(allowed, Colours::off).substr(8), "  POST /dev/api/private   401  ok (cached)");
}

TEST(RequestLine, EscapesWhateverCouldMoveACursorOrStartALine) {
  for (const char* nasty :
       {"/a\x1b[31mb", "/a\nb", "/a\302\23331m", "/a\x7f", "/\xe2\x80\xae"}) {  // octal: it ends after three digits
    RequestReport hostile = report();
    hostile.target = hostile.method = hostile.reason = nasty;
    hostile.missing = {nasty};
    for (const char c : request_line(hostile, Colours::off)) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << nasty;
  }
  EXPECT_EQ(printable("\x1b\\"), "\\x1b\\x5c");
  EXPECT_LT(printable(std::string(100'000, 'a')).size(), 300U);
}

TEST(RequestLine, IsColouredOnlyOnRequest) {
  EXPECT_EQ(request_line(report(), Colours::off).find('\033'), std::string::npos);
  EXPECT_NE(request_line(report(), Colours::on).find("\033[33m401\033[0m"), std::string::npos);
}

TEST(RequestJson, HoldsWhatAPageShows) {
  RequestReport traced = report();
  traced.time = WallTime{std::chrono::milliseconds{1'767'225'600'123}};
  traced.sequence = 7;
  traced.asked = RequestReport::Asked::fresh;
  traced.missing = {"permission:admin"};
  traced.decided_by = traced.id;
  traced.trace = R"([{"step":"path"}])";
  EXPECT_EQ(request_json(traced),
            R"({"requestId":"r-1","sequence":7,"time":1767225600123000000,"method":"POST","path":"/dev/api/private",)"
            R"("status":401,"asked":"fresh","reason":"no_credentials","sentence":"The request carries no token.",)"
            R"("advice":"Send the header: Authorization: Bearer <access token>.","detail":"",)"
            R"("missing":["permission:admin"],"decidedBy":"r-1","trace":[{"step":"path"}]})");
}

TEST(RequestJson, SaysWhereNobodyWasAskedAndNobodyDecided) {
  const std::string json = request_json(report());
  EXPECT_NE(json.find(R"("asked":"no")"), std::string::npos);
  EXPECT_NE(json.find(R"("decidedBy":null,"trace":null)"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::world
