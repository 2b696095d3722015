// What the gateway reports: who was asked, who decided, and why a cached policy refused.
#include <gtest/gtest.h>

#include "world/gateway/scripted_gateway.h"

namespace portcullis::world {
namespace {

using namespace test;

class GatewayReportTest : public testing::Test, protected ScriptedGateway {};

/// Allows /alpha alone, and says why not where it does not.
InvocationResult allow_alpha_only(const std::string& event) {
  const std::string arn{boost::json::parse(event).at("methodArn").get_string()};
  InvocationResult result = answered(policy("Allow", "*/alpha"));
  result.decision = {"ok", {}, {}, R"(["all passed"])"};
  if (!arn.ends_with("/alpha")) result.decision = {"insufficient_scope", "the detail", {"permission:admin"}, "[1]"};
  return result;
}

TEST_F(GatewayReportTest, ReportsTheAuthorizersReason) {
  authorizer = allow_alpha_only;
  get("/dev/beta", "A");
  get("/dev/alpha", "A");
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].reason, "insufficient_scope");
  EXPECT_EQ(reports[0].asked, RequestReport::Asked::fresh);
  EXPECT_EQ(reports[0].missing, std::vector<std::string>{"permission:admin"});
  EXPECT_EQ(reports[1].reason, "ok");
  EXPECT_EQ(reports[1].asked, RequestReport::Asked::cached);
}

TEST_F(GatewayReportTest, SaysWhichRequestDecided) {
  authorizer = allow_alpha_only;
  const auto first = get("/dev/alpha", "A");
  get("/dev/alpha", "A");
  get("/dev/beta", "A");
  get("/dev/open", "A");
  ASSERT_EQ(reports.size(), 4U);
  EXPECT_EQ(reports[0].id, first.headers.first("x-amzn-RequestId"));
  EXPECT_EQ(reports[0].decided_by, reports[0].id);
  EXPECT_EQ(reports[1].decided_by, reports[0].id);
  EXPECT_NE(reports[1].id, reports[0].id);
  EXPECT_EQ(reports[2].decided_by, reports[2].id);  // a refusal has an explanation of its own
  EXPECT_EQ(reports[3].decided_by, "");
}

TEST_F(GatewayReportTest, SaysWhereTheAuthorizerWasNotAsked) {
  const net::Headers preflight{{"Origin", "http://localhost:5173"}, {"Access-Control-Request-Method", "POST"}};
  get("/dev/open", "A");
  get("/nowhere", "A");
  send({"GET", "/dev/alpha", {}, {}, {}});
  send({"OPTIONS", "/dev/alpha", preflight, {}, {}});
  ASSERT_EQ(reports.size(), 4U);
  for (const RequestReport& report : reports) EXPECT_EQ(report.asked, RequestReport::Asked::no) << report.reason;
  get("/dev/alpha", "A");
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::fresh);
}

TEST_F(GatewayReportTest, AnswersARefusalFromItsCacheAtOnceAndExplainsItAfterwards) {
  authorizer = allow_alpha_only;
  get("/dev/alpha", "A");
  hold_authorizer = true;
  const auto refused = get("/dev/beta", "A");
  const std::string id{refused.headers.first("x-amzn-RequestId")};
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(reports.size(), 1U);
  EXPECT_TRUE(gateway.is_explaining(id));
  release_authorizer();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_FALSE(gateway.is_explaining(id));
  EXPECT_EQ(reports[1].id, id);
  EXPECT_EQ(reports[1].asked, RequestReport::Asked::cached);
  EXPECT_EQ(reports[1].status, 403);
  EXPECT_EQ(reports[1].reason, "insufficient_scope");
  EXPECT_EQ(reports[1].missing, std::vector<std::string>{"permission:admin"});
  EXPECT_EQ(reports[1].trace, "[1]");
}

TEST_F(GatewayReportTest, NeitherKeepsNorObeysAnExplanation) {
  authorizer = allow_alpha_only;
  get("/dev/alpha", "A");
  authorizer = allow_what_is_asked;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get("/dev/beta", "A").status, 403);
  EXPECT_EQ(reports.back().reason, "access_denied");
  EXPECT_EQ(get("/dev/alpha", "A").status, 200);
  authorizer = [](const std::string&) {
    InvocationResult result = allow_what_is_asked(R"({"methodArn":"x"})");
    result.decision.reason = "ok";
    return result;
  };
  get("/dev/beta", "A");
  EXPECT_EQ(reports.back().reason, "access_denied");
  EXPECT_NE(reports.back().detail.find("asked anew, the authorizer allows"), std::string::npos);
}

TEST_F(GatewayReportTest, AsksForAtMostEightExplanationsAtOnce) {
  authorizer = allow_alpha_only;
  get("/dev/alpha", "A");
  hold_authorizer = true;
  for (int i = 0; i < 9; ++i) EXPECT_EQ(get("/dev/beta", "A").status, 403);
  EXPECT_EQ(authorizer_calls, 1 + 8);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[1].reason, "access_denied");  // the ninth goes without
  release_authorizer();
  ASSERT_EQ(reports.size(), 1U + 9U);
  EXPECT_EQ(reports.back().reason, "insufficient_scope");
  get("/dev/beta", "A");
  EXPECT_EQ(reports.back().reason, "insufficient_scope");
}

TEST_F(GatewayReportTest, ExplainsNothingWhereTheAuthorizerFails) {
  authorizer = allow_alpha_only;
  get("/dev/alpha", "A");
  authorizer = [](const std::string&) { return failed("Runtime.ExitError", "x"); };
  EXPECT_EQ(get("/dev/beta", "A").status, 403);
  EXPECT_EQ(reports.back().reason, "access_denied");
  EXPECT_EQ(reports.back().asked, RequestReport::Asked::cached);
}

}  // namespace
}  // namespace portcullis::world
