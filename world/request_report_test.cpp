#include "world/request_report.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

RequestReport report() {
  return {
      WallTime{}, "r-1", "POST", "/dev/api/private?token=secret", 401, RequestReport::Answer::fresh, "no_credentials",
      {},         {},    {}};
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
  RequestReport allowed = report();
  allowed.reason = "ok";
  allowed.answer = RequestReport::Answer::cached;
  EXPECT_EQ(request_line(allowed, Colours::off).substr(8), "  POST /dev/api/private   401  ok (cached)");
}

TEST(RequestLine, EscapesWhateverCouldMoveACursorOrStartALine) {
  for (const char* nasty : {"/a\x1b[31mb", "/a\nb",
                            "/a\xc2\x9b"
                            "31m",
                            "/a\x7f", "/\xe2\x80\xae"}) {
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

TEST(RequestJson, HoldsDetailAndTrace) {
  RequestReport traced = report();
  traced.trace = R"({"trace":[]})";
  EXPECT_EQ(request_json(traced),
            R"({"requestId":"r-1","time":0,"method":"POST","path":"/dev/api/private","status":401,"cached":false,)"
            R"("reason":"no_credentials","detail":"","missing":[],"trace":{"trace":[]}})");
}

}  // namespace
}  // namespace portcullis::world
