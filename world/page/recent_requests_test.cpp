#include "world/page/recent_requests.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

RequestReport report(const std::string& id) {
  RequestReport some;
  some.id = id;
  return some;
}

std::string ids(const std::vector<const RequestReport*>& reports) {
  std::string text;
  for (const RequestReport* each : reports) text += each->id + ' ';
  return text;
}

TEST(RecentRequests, NumbersThemAsTheyCome) {
  RecentRequests recent;
  EXPECT_EQ(recent.latest(), 0U);
  EXPECT_EQ(recent.keep(report("a")).sequence, 1U);
  EXPECT_EQ(recent.keep(report("b")).sequence, 2U);
  EXPECT_EQ(recent.latest(), 2U);
  EXPECT_EQ(recent.find("a")->sequence, 1U);
  EXPECT_EQ(recent.find("c"), nullptr);
}

TEST(RecentRequests, GiveWhatIsNewerTheOldestFirst) {
  RecentRequests recent;
  for (const char* id : {"a", "b", "c"}) recent.keep(report(id));
  EXPECT_EQ(ids(recent.after(0)), "a b c ");
  EXPECT_EQ(ids(recent.after(1)), "b c ");
  EXPECT_EQ(ids(recent.after(3)), "");
  EXPECT_EQ(ids(recent.after(99)), "");
}

TEST(RecentRequests, GiveTheNewestFiftyAndForgetAllButAThousand) {
  RecentRequests recent;
  for (int i = 1; i <= 1'001; ++i) recent.keep(report(std::to_string(i)));
  const auto newest = recent.after(0);
  ASSERT_EQ(newest.size(), 50U);
  EXPECT_EQ(newest.front()->id, "952");
  EXPECT_EQ(newest.back()->id, "1001");
  EXPECT_EQ(recent.find("1"), nullptr);
  EXPECT_NE(recent.find("2"), nullptr);
}

}  // namespace
}  // namespace portcullis::world
