// A file of expectations is read whole or refused with every mistake's place.
#include "doors/cli/expectations.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace portcullis::cli {
namespace {

auto read(const std::string& text, const config::Environment& environment = {{"ADA", "token"}}) {
  char name[] = "/tmp/portcullis-expectations-XXXXXX";
  close(mkstemp(name));
  std::ofstream{name, std::ios::binary} << text;
  auto result = read_expectations(name, environment);
  unlink(name);
  return result;
}

TEST(Expectations, AreRequestsWithTokenHeadersClockAndOutcome) {
  auto all = read(R"(expectations:
  - { request: "GET /orders/1?x=1", token: env:ADA, expect: expired, at: "1767225600" }
  - { request: "POST /", headers: { X-A: [b, c], X-D: e }, expect: allow }
)");
  ASSERT_TRUE(all) << all.error().front().message;
  ASSERT_EQ(all->size(), 2u);
  Expectation& first = all->front();
  const Request request = first.request.view();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/orders/1");
  ASSERT_EQ(request.headers.size(), 1u);
  EXPECT_EQ(request.headers.front().value, "Bearer token");
  EXPECT_EQ(first.at, WallTime{std::chrono::seconds{1767225600}});
  EXPECT_EQ(first.reason, Reason::expired);
  EXPECT_EQ((*all)[1].request.view().headers.size(), 3u);
  EXPECT_FALSE((*all)[1].reason);
}

TEST(Expectations, AreMetByTheReasonOrByAnythingThatAllows) {
  const auto all = read("expectations: [{request: GET /, expect: allow}, {request: GET /, expect: expired}]");
  ASSERT_TRUE(all);
  Decision allowed, expired;
  allowed.outcome = Outcome::allow;
  allowed.reason = Reason::ok;
  expired.outcome = Outcome::deny;
  expired.reason = Reason::expired;
  EXPECT_TRUE((*all)[0].is_met_by(allowed));
  EXPECT_FALSE((*all)[0].is_met_by(expired));
  EXPECT_FALSE((*all)[1].is_met_by(allowed));
  EXPECT_TRUE((*all)[1].is_met_by(expired));
}

TEST(Expectations, AreRefusedWithThePlaceOfTheMistake) {
  struct Row {
    const char *entry, *says;
  };
  EXPECT_TRUE(read("expectations:\n  - {request: GET /, expect: allow}"));
  for (const Row& row :
       std::initializer_list<Row>{{"{expect: allow}", "'request' is missing"},
                                  {"{request: GET, expect: allow}", "one blank and a path"},
                                  {"{request: GET /}", "'expect' is missing"},
                                  {"{request: GET /, expect: expird}", "did you mean 'expired'"},
                                  {"{request: GET /, expect: deny}", "not known here"},
                                  {"{request: GET /, expect: allow, tokn: env:ADA}", "'token'"},
                                  {"{request: GET /, expect: allow, token: literal}", "never as a literal"},
                                  {"{request: GET /, expect: allow, token: env:NOBODY}", "NOBODY is not set"},
                                  {"{request: GET /, expect: allow, token: file:nowhere}", "nowhere"},
                                  {"{request: GET /, expect: allow, at: noon}", "RFC 3339"},
                                  {"{request: GET /, expect: allow, headers: x}", "mapping"},
                                  {"GET /", "mapping"}}) {
    const auto result = read(std::string{"expectations:\n  - "} + row.entry);
    ASSERT_FALSE(result) << row.entry;
    EXPECT_NE(result.error().front().message.find(row.says), std::string::npos) << result.error().front().message;
    EXPECT_NE(result.error().front().place.find(":2:"), std::string::npos) << result.error().front().place;
  }
  for (const char* text : {"", "expectations: []", "expectations: x", "tests: []", "- a", "expectations: [&a {}]"})
    EXPECT_FALSE(read(text)) << text;
}

}  // namespace
}  // namespace portcullis::cli
