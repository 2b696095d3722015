// A log line becomes a decision again, or a sentence that quotes nothing of it.
#include "doors/cli/recorded_decision.h"

#include <gtest/gtest.h>

namespace portcullis::cli {
namespace {

constexpr const char* line =
    R"({"level":"warn","msg":"decision","requestId":"r","outcome":"deny","reason":"insufficient_scope","status":403,)"
    R"("route":"GET /admin","detail":"needs permission:admin","missing":["permission:admin"],"latency_us":9})";

TEST(RecordedDecision, IsReadFromALogLineAndFromJson) {
  for (const std::string& text : {std::string{line}, "2026-01-01T00:00:00 stream " + std::string{line} + "\r"}) {
    const auto read = read_decision(text);
    ASSERT_TRUE(read) << read.error();
    ASSERT_TRUE(*read);
    EXPECT_EQ((*read)->reason, Reason::insufficient_scope);
    EXPECT_EQ((*read)->detail, "needs permission:admin");
    EXPECT_EQ((*read)->route, "GET /admin");
    EXPECT_EQ((*read)->missing, std::vector<std::string>{"permission:admin"});
  }
  const auto verdict = read_decision(R"({"valid":false,"reason":"expired","detail":"expired 5 s ago","claims":null})");
  ASSERT_TRUE(verdict && *verdict);
  EXPECT_EQ((*verdict)->reason, Reason::expired);
}

TEST(RecordedDecision, IsNotWhatOtherLogLinesAre) {
  const auto start = read_decision(R"({"level":"info","msg":"start","version":"1"})");
  ASSERT_TRUE(start);
  EXPECT_FALSE(*start);
}

TEST(RecordedDecision, TellsWhetherItWasEnforced) {
  for (const auto& [text, mode] : {std::pair{R"({"reason":"expired","enforced":false})", Mode::report},
                                   {R"({"reason":"expired","enforced":true})", Mode::enforce},
                                   {R"({"reason":"expired"})", Mode::enforce},
                                   {R"({"reason":"expired","enforced":"false"})", Mode::enforce}}) {
    const auto read = read_decision(text);
    ASSERT_TRUE(read && *read) << text;
    EXPECT_EQ((*read)->mode, mode) << text;
  }
}

TEST(RecordedDecision, IsReadFromEachLineOfWhatTheAdminListenerAnswers) {
  for (const char* ending : {",", "]}", ",\r", "]} "}) {
    const auto read = read_decision(line + std::string{ending});
    ASSERT_TRUE(read) << ending << ": " << read.error();
    ASSERT_TRUE(*read);
    EXPECT_EQ((*read)->route, "GET /admin");
  }
  for (const char* frame : {R"({"decisions":[)", R"({"decisions":[]})", "{\"decisions\":[]}\r"}) {
    const auto read = read_decision(frame);
    ASSERT_TRUE(read) << frame << ": " << read.error();
    EXPECT_FALSE(*read);
  }
  EXPECT_FALSE(read_decision(line + std::string{",,"}));
  EXPECT_FALSE(read_decision(line + std::string{"]},"}));
}

TEST(RecordedDecision, IsRefusedWithASentenceThatQuotesNothing) {
  for (const char* text : {"", "START RequestId: secret", "{", R"({"reason":)", R"({"secret":1})", R"({"reason":1})",
                           R"({"reason":"secret"})", R"({"reason":"OK"})", R"({"msg":"decision"})",
                           R"({"reason":"ok","reason":"expired"})", R"({"reason":"ok"} secret)"}) {
    const auto read = read_decision(text);
    ASSERT_FALSE(read) << text;
    EXPECT_FALSE(read.error().empty());
    EXPECT_EQ(read.error().find("secret"), std::string::npos) << read.error();
  }
}

TEST(RecordedDecision, BearsMembersOfWrongTypes) {
  const auto read = read_decision(R"({"reason":"ok","detail":1,"route":null,"missing":"no list"})");
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->detail, "");
  EXPECT_TRUE((*read)->missing.empty());
}

}  // namespace
}  // namespace portcullis::cli
