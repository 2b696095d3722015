#include "world/page/decision_feed.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace portcullis::world {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds for_ever{3'600'000};

RequestReport report(const std::string& id) {
  RequestReport some;
  some.id = id;
  some.reason = "expired";
  return some;
}

/// An answer that may come later.
struct Asked {
  std::vector<net::HttpResponse> answers;

  bool waits() const { return answers.empty(); }
  int status() const { return answers.size() == 1 ? answers.front().status : 0; }
  std::string_view header(std::string_view name) const {
    return answers.empty() ? std::string_view{} : answers.front().headers.first(name);
  }
  boost::json::value json() const { return boost::json::parse(answers.at(0).body); }
  /// "a b" of a list
  std::string ids() const {
    std::string text;
    const boost::json::value document = json();
    for (const auto& each : document.at("decisions").get_array())
      text += (text.empty() ? "" : " ") + std::string{each.at("requestId").get_string()};
    return text;
  }
};

class DecisionFeedTest : public testing::Test {
 protected:
  static DecisionFeed::Settings settings(milliseconds patience = for_ever) {
    DecisionFeed::Settings some;
    some.origins = {"http://localhost:3000", "https://demo.example"};
    some.patience = patience;
    return some;
  }

  static std::shared_ptr<Asked> ask(DecisionFeed& feed, const std::string& rest, net::Headers headers = {},
                                    const std::string& method = "GET") {
    if (!headers.has("Host")) headers.add("Host", "localhost:3000");
    auto asked = std::make_shared<Asked>();
    feed.answer({method, "/_portcullis/decisions" + rest, std::move(headers), {}, {}},
                [asked](net::HttpResponse response) { asked->answers.push_back(std::move(response)); });
    return asked;
  }

  net::EventLoop loop;
};

TEST_F(DecisionFeedTest, ServesItsOwnPathsOnly) {
  const auto serves = [](const char* target) { return DecisionFeed::serves({"GET", target, {}, {}, {}}); };
  for (const char* own : {"/_portcullis/decisions", "/_portcullis/decisions?after=1", "/_portcullis/decisions/r-1"})
    EXPECT_TRUE(serves(own)) << own;
  for (const char* other : {"/", "/_portcullis", "/_portcullis/decisionsx", "/dev/_portcullis/decisions"})
    EXPECT_FALSE(serves(other)) << other;
}

TEST_F(DecisionFeedTest, GivesOneReportOrNone) {
  DecisionFeed feed{loop, settings()};
  feed.keep(report("r-1"));
  EXPECT_EQ(ask(feed, "/r-1")->json().at("requestId").get_string(), "r-1");
  for (const char* unknown : {"/r-2", "/", "/r-1/x"}) EXPECT_EQ(ask(feed, unknown)->status(), 404) << unknown;
}

TEST_F(DecisionFeedTest, GivesTheNewestAtOnce) {
  DecisionFeed feed{loop, settings()};
  const auto none = ask(feed, "");
  EXPECT_EQ(none->answers.at(0).body, R"({"latest":0,"decisions":[]})");
  for (const char* id : {"a", "b", "c"}) feed.keep(report(id));
  EXPECT_EQ(ask(feed, "")->ids(), "a b c");
  EXPECT_EQ(ask(feed, "?after=1")->ids(), "b c");
  EXPECT_EQ(ask(feed, "?after=1")->json().at("latest").get_int64(), 3);
  EXPECT_EQ(ask(feed, "?after=2")->json().at("decisions").at(0).at("sequence").get_int64(), 3);
}

TEST_F(DecisionFeedTest, WaitsForTheNextReport) {
  DecisionFeed feed{loop, settings()};
  feed.keep(report("a"));
  const auto early = ask(feed, "?after=1"), from_before_a_restart = ask(feed, "?after=1000");
  EXPECT_TRUE(early->waits());
  EXPECT_TRUE(from_before_a_restart->waits());
  feed.keep(report("b"));
  EXPECT_EQ(early->ids(), "b");
  EXPECT_EQ(from_before_a_restart->ids(), "b");
  feed.keep(report("c"));
  EXPECT_EQ(early->answers.size(), 1U);
}

TEST_F(DecisionFeedTest, WaitsNoLongerThanItsPatience) {
  DecisionFeed feed{loop, settings(milliseconds{1})};
  feed.keep(report("a"));
  const auto asked = ask(feed, "?after=1");
  EXPECT_TRUE(asked->waits());
  const auto end = loop.after(milliseconds{50}, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(asked->answers.at(0).body, R"({"latest":1,"decisions":[]})");
  feed.keep(report("b"));
  EXPECT_EQ(asked->answers.size(), 1U);
}

TEST_F(DecisionFeedTest, LetsSixteenWaitAndAnswersTheFirstForOneMore) {
  DecisionFeed feed{loop, settings()};
  std::vector<std::shared_ptr<Asked>> asked;
  for (int i = 0; i < 17; ++i) asked.push_back(ask(feed, "?after=0"));
  EXPECT_EQ(asked[0]->answers.at(0).body, R"({"latest":0,"decisions":[]})");
  for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_TRUE(asked[i]->waits()) << i;
  feed.keep(report("a"));
  for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_EQ(asked[i]->ids(), "a") << i;
  EXPECT_EQ(asked[0]->answers.size(), 1U);
}

TEST_F(DecisionFeedTest, WaitsForAReportThatIsStillBeingMade) {
  DecisionFeed::Settings some = settings();
  some.is_coming = [](const std::string& id) { return id == "r-1"; };
  DecisionFeed feed{loop, some};
  const auto asked = ask(feed, "/r-1");
  EXPECT_TRUE(asked->waits());
  feed.keep(report("r-0"));
  EXPECT_TRUE(asked->waits());
  feed.keep(report("r-1"));
  EXPECT_EQ(asked->json().at("requestId").get_string(), "r-1");
  EXPECT_EQ(ask(feed, "/r-2")->status(), 404);
}

TEST_F(DecisionFeedTest, IsReadOnThisMachineOnly) {
  DecisionFeed feed{loop, settings()};
  feed.keep(report("r-1"));
  for (const char* host : {"localhost:3000", "127.0.0.1:3000", "[::1]:3000"})
    EXPECT_EQ(ask(feed, "/r-1", {{"Host", host}})->status(), 200) << host;
  for (const char* host : {"evil.example", "", "localhost.evil.example", "127.evil.example", "[::1].evil.example"})
    for (const char* rest : {"/r-1", "", "?after=1"})
      EXPECT_EQ(ask(feed, rest, {{"Host", host}})->status(), 404) << host;
  DecisionFeed::Settings some = settings();
  some.exposure = Exposure::network;
  DecisionFeed exposed{loop, some};
  exposed.keep(report("r-1"));
  EXPECT_EQ(ask(exposed, "/r-1")->status(), 404);
}

TEST_F(DecisionFeedTest, IsReadByPagesOfTheListedOriginsOnly) {
  DecisionFeed feed{loop, settings()};
  feed.keep(report("r-1"));
  for (const char* origin : {"http://localhost:3000", "https://demo.example"})
    for (const char* rest : {"/r-1", "", "/unknown", "?after=x"}) {
      const auto asked = ask(feed, rest, {{"Origin", origin}});
      EXPECT_EQ(asked->header("Access-Control-Allow-Origin"), origin) << rest;
      EXPECT_EQ(asked->header("Vary"), "Origin");
    }
  for (const char* origin : {"https://evil.example", "null", "", "http://localhost:30000", "https://demo.example.evil",
                             "https://localhost:3000", "*"})
    for (const char* rest : {"/r-1", "", "?after=1"}) {
      const auto asked = ask(feed, rest, {{"Origin", origin}});
      EXPECT_EQ(asked->status(), 404) << origin;
      EXPECT_FALSE(asked->answers.at(0).headers.has("Access-Control-Allow-Origin")) << origin;
      EXPECT_EQ(asked->header("Vary"), "Origin");
    }
  EXPECT_EQ(ask(feed, "/r-1")->header("Cross-Origin-Resource-Policy"), "same-origin");
}

TEST_F(DecisionFeedTest, LetsNoStrangersPageTakeUpThePlacesThatWait) {
  DecisionFeed feed{loop, settings()};
  for (const char* site : {"cross-site", "same-site"})
    EXPECT_EQ(ask(feed, "?after=0", {{"Sec-Fetch-Site", site}})->status(), 404) << site;
  for (const char* site : {"same-origin", "none"})
    EXPECT_TRUE(ask(feed, "?after=0", {{"Sec-Fetch-Site", site}})->waits()) << site;
}

TEST_F(DecisionFeedTest, RefusesWhatItDoesNotUnderstand) {
  DecisionFeed feed{loop, settings()};
  for (const char* wrong :
       {"?after=", "?after=x", "?after=-1", "?after=1.5", "?after=99999999999999999999", "?after= 1"})
    EXPECT_EQ(ask(feed, wrong)->status(), 400) << wrong;
  EXPECT_EQ(ask(feed, "", {}, "POST")->status(), 405);
  EXPECT_EQ(ask(feed, "", {}, "HEAD")->status(), 200);
}

}  // namespace
}  // namespace portcullis::world
