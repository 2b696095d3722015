#include "world/gateway/usage_plans.h"

#include <gtest/gtest.h>

namespace portcullis::world {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

const WallTime noon = sys_days{2026y / 1 / 1} + hours{12};

TEST(Throttle, IsReadFromTwoNumbers) {
  const auto read = Throttle::parse("0.5/10");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rate, 0.5);
  EXPECT_EQ(read->burst, 10);
  for (const char* wrong : {"", "5", "5/", "/5", "0/5", "-1/5", "5/0.5", "x/5", "5/5x", "1e9/5", "nan/5", "inf/5"})
    EXPECT_FALSE(Throttle::parse(wrong)) << wrong;
}

TEST(UsagePlans, AdmitABurstAndThenTheRate) {  // US-04, US-05, US-07
  UsageMeter meter{{{"basic", {"one", "two"}, Throttle{2, 3}, {}}}, {}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meter.admit_key("one", noon), Admission::admitted) << i;
  EXPECT_EQ(meter.admit_key("one", noon), Admission::throttled);
  EXPECT_EQ(meter.admit_key("two", noon), Admission::admitted);  // a bucket a key
  EXPECT_EQ(meter.admit_key("one", noon + milliseconds{499}), Admission::throttled);
  EXPECT_EQ(meter.admit_key("one", noon + milliseconds{500}), Admission::admitted);
  EXPECT_EQ(meter.admit_key("one", noon + milliseconds{500}), Admission::throttled);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(meter.admit_key("one", noon + hours{1}), Admission::admitted) << i;
  EXPECT_EQ(meter.admit_key("one", noon + hours{1}), Admission::throttled);  // never more than the burst
}

TEST(UsagePlans, DoNotMindAClockThatGoesBack) {
  UsageMeter meter{{{"basic", {"one"}, Throttle{1, 1}, {}}}, {}};
  EXPECT_EQ(meter.admit_key("one", noon), Admission::admitted);
  EXPECT_EQ(meter.admit_key("one", noon - hours{1}), Admission::throttled);
  EXPECT_EQ(meter.admit_key("one", noon + 1s), Admission::admitted);
}

TEST(UsagePlans, RefuseAKeyThatIsInNone) {
  UsageMeter meter{{{"basic", {"one"}, {}, {}}}, {}};
  EXPECT_EQ(meter.admit_key("one", noon), Admission::admitted);
  EXPECT_EQ(meter.admit_key("stranger", noon), Admission::unknown_key);
  EXPECT_EQ(meter.admit_key("", noon), Admission::unknown_key);
}

TEST(UsagePlans, EndAQuotaWithItsPeriod) {  // US-06
  struct Row {
    Quota::Period period;
    WallTime same, next;
  };
  for (const Row& row : {Row{Quota::Period::day, sys_days{2026y / 1 / 1} + 23h, sys_days{2026y / 1 / 2}},
                         Row{Quota::Period::week, sys_days{2026y / 1 / 4} + 23h, sys_days{2026y / 1 / 5}},  // Monday
                         Row{Quota::Period::month, sys_days{2026y / 1 / 31} + 23h, sys_days{2026y / 2 / 1}}}) {
    UsageMeter meter{{{"basic", {"one"}, {}, Quota{2, row.period}}}, {}};
    EXPECT_EQ(meter.admit_key("one", noon), Admission::admitted);
    EXPECT_EQ(meter.admit_key("one", row.same), Admission::admitted);
    EXPECT_EQ(meter.admit_key("one", row.same), Admission::quota_exceeded);
    EXPECT_EQ(meter.admit_key("one", row.next), Admission::admitted);
  }
}

TEST(UsagePlans, DoNotCountWhatTheyThrottle) {
  UsageMeter meter{{{"basic", {"one"}, Throttle{1, 1}, Quota{2, Quota::Period::day}}}, {}};
  EXPECT_EQ(meter.admit_key("one", noon), Admission::admitted);
  EXPECT_EQ(meter.admit_key("one", noon), Admission::throttled);
  EXPECT_EQ(meter.admit_key("one", noon + 1s), Admission::admitted);
  EXPECT_EQ(meter.admit_key("one", noon + 2s), Admission::quota_exceeded);
}

TEST(StageThrottling, IsOneBucketForEverybody) {
  UsageMeter meter{{}, Throttle{1, 2}};
  EXPECT_EQ(meter.admit_stage("dev", noon), Admission::admitted);
  EXPECT_EQ(meter.admit_stage("dev", noon), Admission::admitted);
  EXPECT_EQ(meter.admit_stage("dev", noon), Admission::throttled);
  EXPECT_EQ(meter.admit_stage("prod", noon), Admission::admitted);
  UsageMeter none{{}, {}};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(none.admit_stage("dev", noon), Admission::admitted);
}

}  // namespace
}  // namespace portcullis::world
