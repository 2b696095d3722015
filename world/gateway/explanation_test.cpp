#include "world/gateway/explanation.h"

#include <gtest/gtest.h>

#include "portcullis/reason.h"
#include "world/gateway/request_report.h"

namespace portcullis::world {
namespace {

using Asked = RequestReport::Asked;

Explanation of(std::string reason, Asked asked, int status = 403) {
  RequestReport report;
  report.reason = std::move(reason);
  report.asked = asked;
  report.status = status;
  return explanation_of(report);
}

TEST(Explanation, IsTheContractsForItsReasons) {
  for (const ReasonFacts& row : reasons) {
    EXPECT_EQ(of(std::string{row.code}, Asked::fresh).sentence, row.sentence) << row.code;
    EXPECT_EQ(of(std::string{row.code}, Asked::fresh).advice, row.advice) << row.code;
  }
}

TEST(Explanation, TellsAnUnknownPathFromARuleThatAllowsNothing) {
  EXPECT_NE(of("no_route", Asked::no).sentence, facts(Reason::no_route).sentence);
  EXPECT_NE(of("no_route", Asked::no).sentence.find("does not exist in the API"), std::string_view::npos);
  EXPECT_EQ(of("no_route", Asked::cached).sentence, facts(Reason::no_route).sentence);
}

TEST(Explanation, IsItsOwnForEveryWordOfTheGateway) {
  const std::string_view general = of("anything", Asked::fresh).sentence;
  const std::string_view failure = of("anything", Asked::fresh, 500).sentence;
  for (const char* word :
       {"access_denied", "unauthorized", "preflight", "auth_server_unavailable", "backend_unavailable",
        "resource_not_found", "headers_too_large", "request_too_large", "uri_too_long", "integration_timeout",
        "malformed_proxy_response", "api_configuration_error", "authorizer_configuration_error"})
    for (const int status : {403, 500}) {
      EXPECT_NE(of(word, Asked::no, status).sentence, general) << word;
      EXPECT_NE(of(word, Asked::no, status).sentence, failure) << word;
    }
}

TEST(Explanation, IsNeverEmpty) {  // error types of functions are any text
  for (const char* reason : {"", "Runtime.ExitError", "Sandbox.Timedout", "x\ny"})
    for (const int status : {401, 403, 500, 502}) {
      EXPECT_FALSE(of(reason, Asked::fresh, status).sentence.empty()) << reason << status;
      EXPECT_FALSE(of(reason, Asked::fresh, status).advice.empty()) << reason << status;
    }
  EXPECT_NE(of("Runtime.ExitError", Asked::fresh, 502).sentence, of("", Asked::fresh, 401).sentence);
}

}  // namespace
}  // namespace portcullis::world
