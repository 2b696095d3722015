// Limits and seen proofs in a real redis-server: the same answers as everywhere, all or none, nothing waits longer than
// its deadline, and what the store does not answer is said to be so.
#include "edge/net/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "edge/net/circuit_breaker.h"
#include "edge/net/redis_conversation.h"
#include "edge/net/redis_process.h"
#include "edge/net/redis_protocol.h"
#include "edge/net/test_certificates.h"
#include "tests/case_count.h"
#include "tests/limit_model.h"

namespace portcullis::net {
namespace {

using test::Peer;
using test::RedisProcess;
using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;
using Verdict = LimitState::Verdict;

constexpr RedisDeadlines patient{20s, 20s, 3, 1000ms};
constexpr RedisDeadlines hurried{2s, 250ms, 3, 300ms};
constexpr auto slack = 3s;  // of a busy machine

RedisAddress at(std::uint16_t port) {
  return {"127.0.0.1", port, RedisAddress::Security::plain, {}, {}};
}

LimitKey key(unsigned number) {
  return portcullis::testing::limit_key(number);
}

NeedLimit taking(LimitTake take, std::int64_t cost = 1) {
  return {.owner = key(1), .cost = cost, .takes = {take}};
}

std::string told(const LimitState& state) {
  constexpr std::array words{"admitted", "denied", "never"};
  return std::string{words[static_cast<std::size_t>(state.verdict)]} + " " + std::to_string(state.remaining) + " " +
         std::to_string(state.retry_after.count()) + " " + std::to_string(state.reset.count());
}

const NeedReplayCheck proof{{1, 2, 3}, 60s};
constexpr auto proof_name = "pc:dpop:{01020300000000000000000000000000}";

/// "first time", "seen", or why there is no answer.
std::string told(const ReplayOutcome& outcome) {
  const auto* verdict = std::get_if<ReplayVerdict>(&outcome);
  if (verdict == nullptr) return std::get<StoreFailed>(outcome).why;
  return *verdict == ReplayVerdict::first_time ? "first time" : "seen";
}

std::string why_failed(const LimitOutcome& outcome) {
  const auto* failed = std::get_if<StoreFailed>(&outcome);
  return failed != nullptr ? failed->why : "it answered";
}

/// The store's name of a bucket.
std::string name_of(const LimitKey& owner, const LimitKey& bucket) {
  const auto hex = [](const LimitKey& octets) {
    std::string text;
    for (const unsigned char octet : octets) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", octet);
      text += digits;
    }
    return text;
  };
  return "pc:{" + hex(owner) + "}:" + hex(bucket);
}

struct Changes {
  std::vector<std::string> told;
  std::function<void(const StoreChange&)> here() {
    return [this](const StoreChange& change) {
      told.push_back((change.now == StoreChange::Now::failing ? "failing: " : "answering: ") + change.why);
    };
  }
};

/// Asks many questions at once on one loop, by the clock that each brings along (microseconds; 0: the server's).
class Asking {
 public:
  Asking(RedisAddress address, RedisDeadlines deadlines, Changes& changes,
         const std::optional<std::string>& roots = std::nullopt)
      : limits(std::in_place, loop, std::move(address), deadlines, roots, changes.here()) {}

  std::vector<LimitOutcome> all(const std::vector<std::pair<NeedLimit, std::int64_t>>& questions) {
    std::vector<LimitOutcome> outcomes(questions.size());
    std::size_t left = questions.size();
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto answered = [&, i](LimitOutcome outcome) {
        outcomes[i] = std::move(outcome);
        if (--left == 0) loop.stop();
      };
      const auto& [question, now] = questions[i];
      now == 0 ? limits->ask(question, answered) : limits->ask_at(now, question, answered);
    }
    loop.run();
    return outcomes;
  }
  LimitOutcome one(const NeedLimit& question, std::int64_t now = 0) { return all({{question, now}}).front(); }

  EventLoop loop;
  std::optional<RedisStore> limits;
};

class RedisStoreTest : public ::testing::Test {
 protected:
  RedisStoreTest() { signal(SIGPIPE, SIG_IGN); }
  ~RedisStoreTest() override { signal(SIGPIPE, SIG_DFL); }

  RedisProcess redis;
  Changes changes;
};

TEST_F(RedisStoreTest, EveryVectorAsEverywhere) {
  std::ifstream file{PORTCULLIS_SOURCE "/tests/vectors/ratelimit.json"};
  std::vector<std::pair<NeedLimit, std::int64_t>> steps;
  std::vector<std::string> expected;
  // A row's clock starts at 0, which would be the server's: an hour later it says the same.
  constexpr std::int64_t an_hour = 3'600'000'000;
  unsigned row = 0;
  for (std::string line; std::getline(file, line);) {
    std::sscanf(line.c_str(), " {\"row\": %u", &row);
    long long now, cost, interval, burst, remaining, retry_after, reset;
    char verdict[16];
    if (std::sscanf(line.c_str(),
                    " {\"now\": %lld, \"cost\": %lld, \"interval\": %lld, \"burst\": %lld, \"verdict\": \"%15[a-z]\", "
                    "\"remaining\": %lld, \"retry_after\": %lld, \"reset\": %lld",
                    &now, &cost, &interval, &burst, verdict, &remaining, &retry_after, &reset) != 8)
      continue;
    steps.emplace_back(taking({key(row), microseconds{interval}, burst}, cost), now + an_hour);
    expected.push_back(std::to_string(row) + ": " + verdict + " " + std::to_string(remaining) + " " +
                       std::to_string(1000 * retry_after) + " " + std::to_string(1000 * reset));
  }
  EXPECT_EQ(steps.size(), 154u);
  const auto outcomes = Asking{at(redis.port()), patient, changes}.all(steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto* states = std::get_if<LimitStates>(&outcomes[i]);
    ASSERT_NE(states, nullptr) << why_failed(outcomes[i]);
    const unsigned number = steps[i].first.takes[0].key[8];
    EXPECT_EQ(std::to_string(number) + ": " + told(states->states.at(0)), expected[i]) << "step " << i;
  }
  EXPECT_THAT(changes.told, ElementsAre());
}

TEST_F(RedisStoreTest, AnswersAsTheModelDoes) {
  constexpr std::size_t usual = portcullis::testing::generated_cases(50'000);
  constexpr std::size_t at_once = 500;
  const char* more = std::getenv("PORTCULLIS_SOAK");
  const std::size_t most = more != nullptr ? std::max<std::size_t>(std::strtoul(more, nullptr, 10), 1'000'000) : usual;
  Asking asking{at(redis.port()), patient, changes};
  std::size_t compared = 0, wrong = 0, slow = 0, admitted = 0, denied = 0, never = 0;
  for (unsigned seed = 1; compared < most && wrong == 0 && slow < 50; ++seed) {
    // A key lives a second at least, by the server's clock, which is not the one of these operations: so each batch
    // has buckets of its own, and one that took as long tells nothing.
    portcullis::testing::LimitModel model;
    portcullis::testing::LimitOperations random{seed, 12, 1000};
    std::vector<std::pair<NeedLimit, std::int64_t>> questions;
    std::vector<std::vector<LimitState>> expected;
    for (std::size_t i = 0; i < at_once; ++i) {
      auto [need, now] = random.next();
      need.owner = key(seed);
      need.owner[0] = static_cast<unsigned char>(seed >> 16);
      expected.push_back(model.take(need, now));
      questions.emplace_back(std::move(need), now / 1000);
    }
    const auto began = Clock::now();
    const auto outcomes = asking.all(questions);
    if (Clock::now() - began > 900ms) {
      ++slow;
      continue;
    }
    compared += at_once;
    for (std::size_t i = 0; i < at_once; ++i) {
      const auto* states = std::get_if<LimitStates>(&outcomes[i]);
      ASSERT_NE(states, nullptr) << why_failed(outcomes[i]);
      for (std::size_t take = 0; take < expected[i].size(); ++take) {
        const LimitState& state = states->states.at(take);
        admitted += state.verdict == Verdict::admitted;
        denied += state.verdict == Verdict::denied;
        never += state.verdict == Verdict::never;
        if (told(state) == told(expected[i][take])) continue;
        ++wrong;
        ADD_FAILURE() << "seed " << seed << ", operation " << i << ", take " << take << "\n  store " << told(state)
                      << "\n  model " << told(expected[i][take]);
      }
      if (wrong > 5) return;
    }
  }
  EXPECT_GE(compared, most);
  for (const std::size_t some : {admitted, denied, never}) EXPECT_GT(some, most / 50);
  std::printf("counted: %zu operations on limits in Redis beside a model\n", compared);
}

TEST_F(RedisStoreTest, TakesFromAllBucketsOrFromNone) {
  const LimitTake wide{key(2), 1s, 10}, narrow{key(3), 1s, 1};
  const NeedLimit both{.owner = key(1), .cost = 1, .takes = {wide, narrow}};
  Asking asking{at(redis.port()), patient, changes};
  constexpr std::int64_t now = 1'764'038'400'000'000;
  const auto outcomes = asking.all({{both, now}, {both, now}, {taking(wide, 0), now}, {taking(narrow, 2), now}});
  std::vector<std::string> all;
  for (const auto& outcome : outcomes)
    for (const LimitState& state : std::get<LimitStates>(outcome).states) all.push_back(told(state));
  EXPECT_THAT(all, ElementsAre("admitted 9 0 1000000000", "admitted 0 0 1000000000",         // the first
                               "admitted 9 0 1000000000", "denied 0 1000000000 1000000000",  // the second
                               "admitted 9 0 1000000000", "never 0 0 1000000000"));
}

TEST_F(RedisStoreTest, KeepsWhatIsNeededAndNoLonger) {
  const LimitTake take{key(2), 10s, 6};
  const std::string name = name_of(key(1), key(2));
  constexpr std::int64_t now = 1'764'038'400'000'000;
  Asking asking{at(redis.port()), patient, changes};
  (void)asking.one(taking(take, 0), now);
  EXPECT_EQ(redis.say("DBSIZE"), ":0") << "who only looks leaves nothing behind";
  (void)asking.one(taking(take, 7), now);
  EXPECT_EQ(redis.say("DBSIZE"), ":0") << "nor does who asks for too much";
  (void)asking.one(taking(take, 2), now);
  EXPECT_EQ(redis.say("GET " + name), std::to_string(now + 20'000'000));
  const auto lives = std::stoll(redis.say("PTTL " + name).substr(1));
  EXPECT_LE(lives, 21'000);
  EXPECT_GT(lives, 15'000);
  (void)redis.say("PEXPIRE " + name + " 5000");
  (void)asking.one(taking(take, 0), now);
  (void)asking.one(taking(take, 5), now);  // denied
  EXPECT_LE(std::stoll(redis.say("PTTL " + name).substr(1)), 5'000);
  // A day back, and refused: what is owed is cut to one burst all the same.
  constexpr std::int64_t yesterday = now - 86'400'000'000;
  EXPECT_EQ(told(std::get<LimitStates>(asking.one(taking(take), yesterday)).states[0]),
            "denied 0 10000000000 60000000000");
  EXPECT_EQ(redis.say("GET " + name), std::to_string(yesterday + 60'000'000));
}

TEST_F(RedisStoreTest, CountsByTheServersClockAndRoundsIntervalsUp) {
  Asking asking{at(redis.port()), patient, changes};
  const LimitTake take{key(2), nanoseconds{3'599'999'999'001}, 2};  // an hour but 999 ns: a whole microsecond more
  const auto outcomes = asking.all({{taking(take), 0}, {taking(take), 0}, {taking(take), 0}});
  const auto state = [&](std::size_t i) { return std::get<LimitStates>(outcomes[i]).states.at(0); };
  EXPECT_EQ(told(state(0)), "admitted 1 0 3600000000000");
  EXPECT_EQ(state(1).verdict, Verdict::admitted);
  EXPECT_EQ(state(2).verdict, Verdict::denied);
  EXPECT_LE(state(2).retry_after, 3600s);
  EXPECT_GT(state(2).retry_after, 3500s);
}

TEST_F(RedisStoreTest, AForgottenScriptIsInvisible) {
  Asking asking{at(redis.port()), patient, changes};
  const std::vector<std::pair<NeedLimit, std::int64_t>> many(300, {taking({key(2), 1h, 10'000}), 0});
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(redis.say("SCRIPT FLUSH"), "+OK");
    for (const auto& outcome : asking.all(many))
      EXPECT_TRUE(std::holds_alternative<LimitStates>(outcome)) << why_failed(outcome);
  }
  const auto state = std::get<LimitStates>(asking.one(taking({key(2), 1h, 10'000}))).states.at(0);
  EXPECT_EQ(state.remaining, 10'000 - 901) << "each took once";
  EXPECT_THAT(changes.told, ElementsAre());
  EXPECT_THAT(redis.say("INFO commandstats", "cmdstat_eval:"), HasSubstr("calls=3,"))
      << "the script is sent once a loss";
}

TEST_F(RedisStoreTest, AConnectionThatTheServerClosedMeanwhileIsInvisible) {
  WaitingRedisStore limits{at(redis.port()), patient, {}, changes.here()};
  const LimitTake take{key(2), 1h, 10};
  for (const int left : {9, 8, 7}) {
    const auto outcome = limits.ask(taking(take));
    ASSERT_TRUE(std::holds_alternative<LimitStates>(outcome)) << why_failed(outcome);
    EXPECT_EQ(std::get<LimitStates>(outcome).states.at(0).remaining, left);
    (void)redis.say("CLIENT KILL TYPE normal SKIPME yes");
  }
  EXPECT_THAT(changes.told, ElementsAre());
}

TEST_F(RedisStoreTest, ADeadServerIsToldOnceAndSoIsItsReturn) {
  WaitingRedisStore limits{at(redis.port()), hurried, {}, changes.here()};
  const LimitTake take{key(2), 1h, 10};
  ASSERT_TRUE(std::holds_alternative<LimitStates>(limits.ask(taking(take))));
  redis.end();
  for (int i = 0; i < 20; ++i) {
    const auto began = Clock::now();
    EXPECT_THAT(why_failed(limits.ask(taking(take))), EndsWith(": Connection refused"));
    EXPECT_LT(Clock::now() - began, hurried.command + slack);
  }
  const std::string name = "127.0.0.1:" + std::to_string(redis.port());
  EXPECT_THAT(changes.told, ElementsAre("failing: " + name + ": Connection refused"));
  redis.start();
  const auto began = Clock::now();
  while (!std::holds_alternative<LimitStates>(limits.ask(taking(take)))) ASSERT_LT(Clock::now() - began, 2s + slack);
  EXPECT_THAT(changes.told, ElementsAre("failing: " + name + ": Connection refused",
                                        "answering: " + name + ": the store answers again"));
}

TEST_F(RedisStoreTest, AFrozenServerKeepsNobodyLongerThanTheDeadlineAndItsLateRepliesAnswerNobody) {
  WaitingRedisStore limits{at(redis.port()), hurried, {}, changes.here()};
  ASSERT_TRUE(std::holds_alternative<LimitStates>(limits.ask(taking({key(2), 1h, 10}))));
  redis.freeze();
  const auto began = Clock::now();
  for (int i = 0; i < 200; ++i) {
    const auto before = Clock::now();
    EXPECT_THAT(why_failed(limits.ask(taking({key(2), 1h, 10}))), EndsWith("no answer in time"));
    EXPECT_LT(Clock::now() - before, hurried.command + slack);
    if (Clock::now() - began > 1s) break;
  }
  EXPECT_LT(Clock::now() - began, 200 * hurried.command / 4) << "after three the others do not wait";
  redis.thaw();
  const auto thawed = Clock::now();
  LimitOutcome outcome;
  while (std::holds_alternative<StoreFailed>(outcome = limits.ask(taking({key(3), 1h, 1000}))))
    ASSERT_LT(Clock::now() - thawed, 2s + slack);
  EXPECT_EQ(told(std::get<LimitStates>(outcome).states.at(0)).substr(0, 12), "admitted 999");
  EXPECT_EQ(changes.told.size(), 2u);
}

TEST_F(RedisStoreTest, LogsInAsAUserWhoMayDoNoMoreThanNeeded) {
  ASSERT_EQ(redis.say("ACL SETUSER limiter on >open-sesame resetkeys ~pc:* -@all +evalsha +eval +get +set +time"),
            "+OK");
  ASSERT_EQ(redis.say("ACL SETUSER reader on >open-sesame resetkeys ~pc:* -@all +evalsha +eval +get +time"), "+OK");
  ASSERT_EQ(redis.say("ACL SETUSER open on nopass resetkeys ~pc:* -@all +evalsha +eval +get +set +time"), "+OK");
  ASSERT_EQ(redis.say("ACL SETUSER default off"), "+OK");
  std::vector<std::string> proofs;
  const auto as = [&](const std::string& user, const std::string& password) {
    WaitingRedisStore limits{
        {"127.0.0.1", redis.port(), RedisAddress::Security::plain, user, password}, patient, {}, changes.here()};
    proofs.push_back(told(limits.ask(NeedReplayCheck{key(static_cast<unsigned>(proofs.size())), 60s})));
    return limits.ask(taking({key(2), 1s, 10}));
  };
  for (const auto& allowed : {as("limiter", "open-sesame"), as("open", "")})
    EXPECT_TRUE(std::holds_alternative<LimitStates>(allowed)) << why_failed(allowed);
  EXPECT_THAT(proofs, ElementsAre("first time", "first time"));
  EXPECT_THAT(changes.told, ElementsAre());
  EXPECT_THAT(why_failed(as("limiter", "open-barley")),
              AllOf(EndsWith(": the store wants a user and password that are not these"), Not(HasSubstr("barley"))));
  EXPECT_THAT(why_failed(as("", "")), EndsWith(": the store wants a user and password that are not these"));
  EXPECT_THAT(why_failed(as("reader", "open-sesame")),
              EndsWith(": the store's user may not do this: it needs +evalsha +eval +get +set +time ~pc:*"));
  EXPECT_THAT(proofs.back(),
              EndsWith(": the store's user may not do this: it needs +evalsha +eval +get +set +time ~pc:*"));
  EXPECT_EQ(changes.told.size(), 3u) << "what is certain is told at once";
}

TEST_F(RedisStoreTest, RemembersAProofForAllMachinesAndNoLongerThanItIsGood) {
  WaitingRedisStore one{at(redis.port()), patient, {}, changes.here()};
  WaitingRedisStore other{at(redis.port()), patient, {}, changes.here()};
  EXPECT_EQ(told(one.ask(proof)), "first time");
  EXPECT_EQ(told(one.ask(proof)), "seen");
  EXPECT_EQ(told(other.ask(proof)), "seen");
  EXPECT_EQ(told(other.ask(NeedReplayCheck{{1, 2, 4}, 60s})), "first time");
  const auto lives = std::stoll(redis.say(std::string{"PTTL "} + proof_name).substr(1));
  EXPECT_LE(lives, 60'000);
  EXPECT_GT(lives, 30'000);
  const NeedReplayCheck brief{{9}, 1ms};
  EXPECT_EQ(told(one.ask(brief)), "first time");
  const auto began = Clock::now();
  while (told(other.ask(brief)) == "seen") ASSERT_LT(Clock::now() - began, slack);
  EXPECT_EQ(told(one.ask(NeedReplayCheck{{8}, 0ms})), "first time") << "what Redis would refuse is not said to it";
  EXPECT_TRUE(std::holds_alternative<LimitStates>(one.ask(taking({key(2), 1h, 10})))) << "on the same connection";
  EXPECT_THAT(changes.told, ElementsAre());
  redis.end();
  EXPECT_THAT(told(one.ask(proof)), EndsWith(": Connection refused"));
}

TEST_F(RedisStoreTest, AProofWhoseAnswerWasLostIsNotTakenForItsOwnCopy) {
  enum class Lost : std::uint8_t { question, answer };
  struct Row {
    const char* name;
    Lost lost;
    std::string meanwhile;
    const char* told;
  };
  for (const Row& row : {
           Row{"the question", Lost::question, "", "first time"},
           Row{"the answer", Lost::answer, "", "first time"},
           Row{"the question, and a copy comes before its repetition", Lost::question,
               std::string{"SET "} + proof_name + " another", "seen"},
           Row{"the answer, and a copy comes before its repetition", Lost::answer,
               std::string{"SET "} + proof_name + " another NX", "first time"},
       }) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(redis.say("FLUSHALL"), "+OK");
    const ScriptedServer between{[&](const Peer& peer, int number) {
      const Peer store = Peer::connected_to(redis.port());
      for (std::string asked; !(asked = peer.some()).empty();) {
        if (number == 0 && row.lost == Lost::question) break;
        store.send_text(asked);
        const std::string answer = store.some();
        if (number == 0) break;
        peer.send_text(answer);
      }
      if (number == 0 && !row.meanwhile.empty()) (void)redis.say(row.meanwhile);
    }};
    WaitingRedisStore limits{at(between.port()), patient, {}, changes.here()};
    EXPECT_EQ(told(limits.ask(proof)), row.told);
    EXPECT_EQ(told(limits.ask(proof)), "seen") << "another question is another proof";
    EXPECT_EQ(between.connections(), 2);
  }
  EXPECT_THAT(changes.told, ElementsAre());
}

TEST(RedisStoreOverTls, TrustTheRightNameOfAKnownAuthorityOnly) {
  signal(SIGPIPE, SIG_IGN);
  const test::Identity authority = test::make_identity({"test authority", ""});
  const test::Identity good = test::make_identity({"x", "DNS:localhost"}, &authority);
  const test::PemFile roots{authority}, certificate{good}, others{test::make_identity({"another", ""})};
  std::string key_path = "/tmp/portcullis_key_XXXXXX";
  std::FILE* file = fdopen(mkstemp(key_path.data()), "w");
  ASSERT_EQ(PEM_write_PrivateKey(file, good.key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  std::fclose(file);
  const RedisProcess redis{{"--port", "0", "--tls-port", "PORT", "--tls-cert-file", certificate.path(),
                            "--tls-key-file", key_path, "--tls-ca-cert-file", roots.path(), "--tls-auth-clients",
                            "no"}};
  unlink(key_path.c_str());
  Changes changes;
  const auto ask = [&](const std::string& host, const std::string& trusted) {
    WaitingRedisStore limits{
        {host, redis.port(), RedisAddress::Security::tls, {}, {}}, patient, trusted, changes.here()};
    return limits.ask(taking({key(2), 1s, 10}));
  };
  const auto answered = ask("localhost", roots.path());
  EXPECT_TRUE(std::holds_alternative<LimitStates>(answered)) << why_failed(answered);
  EXPECT_THAT(changes.told, ElementsAre());
  EXPECT_THAT(why_failed(ask("127.0.0.1", roots.path())),
              EndsWith(": certificate verify failed (IP address mismatch)"));
  EXPECT_THAT(why_failed(ask("localhost", others.path())), HasSubstr(": certificate verify failed ("));
  EXPECT_THAT(why_failed(ask("localhost", "/no/such/file")), HasSubstr("/no/such/file cannot be read"));
  signal(SIGPIPE, SIG_DFL);
}

TEST(RedisStoreOfAnyServer, WhateverComesIsBoundedAndNoAnswer) {
  signal(SIGPIPE, SIG_IGN);
  const std::string good = "*4\r\n:1\r\n:9\r\n:0\r\n:1000000\r\n";
  struct Row {
    const char* name;
    std::string sent;
    const char* why;
  };
  for (const Row& row : {
           Row{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "what came is not the protocol of Redis"},
           Row{"zeros", std::string(100, '\0'), "what came is not the protocol of Redis"},
           Row{"an array without end", "*2147483647\r\n:1\r\n", "what came is not the protocol of Redis"},
           Row{"arrays in arrays", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
               "what came is not the protocol of Redis"},
           Row{"a text without end", "$500000000\r\n" + std::string(1 << 20, 'x'),
               "the answer is larger than any to this question"},
           Row{"a line without end", "+" + std::string(1 << 20, 'x'), "the answer is larger than any to this question"},
           Row{"half an answer, then silence", good.substr(0, 20), "no answer in time"},
           Row{"half an answer, then the end", "END" + good.substr(0, 20),
               "the connection closed before an answer came"},
           Row{"the end", "END", "the connection closed before an answer came"},
           Row{"too few numbers", "*3\r\n:1\r\n:9\r\n:0\r\n", "the answer is not one to this question"},
           Row{"too many numbers", "*5\r\n:1\r\n:9\r\n:0\r\n:0\r\n:0\r\n", "the answer is not one to this question"},
           Row{"no numbers", "*4\r\n$1\r\n1\r\n:9\r\n:0\r\n:1000000\r\n", "the answer is not one to this question"},
           Row{"nothing", "*-1\r\n", "the answer is not one to this question"},
           Row{"one number", ":1\r\n", "the answer is not one to this question"},
           Row{"a word", "+OK\r\n", "the answer is not one to this question"},
           Row{"no such verdict", "*4\r\n:3\r\n:9\r\n:0\r\n:0\r\n", "the answer is not one to this question"},
           Row{"less than none", "*4\r\n:1\r\n:-1\r\n:0\r\n:0\r\n", "the answer is not one to this question"},
           Row{"more than the burst", "*4\r\n:1\r\n:11\r\n:0\r\n:0\r\n", "the answer is not one to this question"},
           Row{"denied for no time", "*4\r\n:0\r\n:0\r\n:0\r\n:0\r\n", "the answer is not one to this question"},
           Row{"full after a long time", "*4\r\n:1\r\n:9\r\n:0\r\n:9223372036854775807\r\n",
               "the answer is not one to this question"},
           Row{"an error", "-ERR unknown command 'EVALSHA' secret\r\n", "the store answered with the error ERR"},
           Row{"an error without a name", "-what now\r\n", "the store answered with the error of no name"},
           Row{"a script that is never there", "-NOSCRIPT No matching script.\r\n",
               "the store forgot the script, and again when it was sent along"},
       }) {
    SCOPED_TRACE(row.name);
    const ScriptedServer server{[&](const Peer& peer, int) {
      const bool ends = row.sent.starts_with("END");
      while (!peer.some().empty()) {
        if (!peer.send_text(std::string_view{row.sent}.substr(ends ? 3 : 0)) || ends) return;
      }
    }};
    Changes changes;
    WaitingRedisStore limits{at(server.port()), {20s, 1s, 3, 1000ms}, {}, changes.here()};
    const auto began = Clock::now();
    const auto why = why_failed(limits.ask(taking({key(2), 1s, 10})));
    EXPECT_EQ(why, server.address() + ": " + row.why);
    EXPECT_LT(Clock::now() - began, 1s + slack);
  }
  const ScriptedServer server{[&](const Peer& peer, int) {  // the accepted twin
    while (!peer.some().empty()) peer.send_text(good);
  }};
  Changes changes;
  WaitingRedisStore limits{at(server.port()), patient, {}, changes.here()};
  const auto answer = limits.ask(taking({key(2), 1s, 10}));
  ASSERT_TRUE(std::holds_alternative<LimitStates>(answer)) << why_failed(answer);
  EXPECT_EQ(told(std::get<LimitStates>(answer).states.at(0)), "admitted 9 0 1000000000");
  signal(SIGPIPE, SIG_DFL);
}

TEST(RedisStoreOfAnyServer, ALoginThatIsNotAnsweredAsOneEndsTheWaitAtOnce) {
  signal(SIGPIPE, SIG_IGN);
  for (const auto& [sent, why] :
       {std::pair{"HTTP/1.1 400 Bad Request\r\n\r\n", "what came is not the protocol of Redis"},
        std::pair{":1\r\n", "the answer to the login is none"},
        std::pair{"", "the connection closed before an answer came"}}) {
    const ScriptedServer server{[sent = sent](const Peer& peer, int) {
      (void)peer.some();
      peer.send_text(sent);
    }};
    Changes changes;
    RedisAddress address = at(server.port());
    address.password = "open-sesame";
    WaitingRedisStore limits{address, patient, {}, changes.here()};
    limits.connect();
    EXPECT_LE(server.connections(), 2);  // the store begins by itself, and may have failed before connect() looks
    EXPECT_THAT(changes.told, ElementsAre("failing: " + server.address() + ": " + why));
  }
  signal(SIGPIPE, SIG_DFL);
}

TEST(RedisStoreOfAnyServer, QuestionsUnderWayAreBoundedAndAnsweredWhenNobodyAsksAnyMore) {
  const ScriptedServer silent{[](const Peer& peer, int) { peer.until_closed(); }};
  Changes changes;
  Asking asking{at(silent.port()), patient, changes};
  std::vector<std::string> whys;
  std::size_t answered = 0;
  bool within = true;
  for (std::size_t i = 0; i <= RedisConversation::most_under_way; ++i)
    asking.limits->ask(taking({key(2), 1s, 10}), [&](const LimitOutcome& outcome) {
      EXPECT_FALSE(within) << "never from within ask()";
      ++answered;
      whys.push_back(why_failed(outcome));
      asking.loop.stop();
    });
  within = false;
  asking.loop.run();
  EXPECT_THAT(whys, ElementsAre(silent.address() + ": too many questions are under way"));
  asking.limits.reset();
  EXPECT_EQ(answered, RedisConversation::most_under_way + 1);
  EXPECT_EQ(whys.back(), silent.address() + ": nobody asks any more");
}

TEST(RedisProtocol, RefusesWhatTheScriptCannotCount) {
  EXPECT_EQ(fault_of(taking({key(2), 1s, 1'000'000})), "");
  EXPECT_EQ(fault_of(taking({key(2), nanoseconds{1}, 1})), "");
  const std::string too_long =
      "a bucket of this limit takes more than 71 years to fill, which a Redis store cannot count";
  EXPECT_EQ(fault_of(taking({key(2), 31 * 24h, 1'000'000})), too_long);
  EXPECT_EQ(fault_of(taking({key(2), microseconds{largest_bucket}, 1})), "");
  EXPECT_EQ(fault_of(taking({key(2), microseconds{largest_bucket} + 1ns, 1})), too_long);
  EXPECT_EQ(fault_of(taking({key(2), 1s, 0})), too_long);
  NeedLimit many{.owner = key(1), .cost = 1, .takes = {}};
  EXPECT_EQ(fault_of(many), "one question is about 1 to 16 buckets");
  many.takes.resize(17);
  EXPECT_EQ(fault_of(many), "one question is about 1 to 16 buckets");
}

TEST(RedisProtocol, TakesForAVerdictOnAProofWhatIsOneAlone) {
  struct Row {
    const char* reply;
    std::optional<ReplayVerdict> verdict;
  };
  for (const Row& row : {
           Row{"+OK\r\n", ReplayVerdict::first_time},
           Row{"$-1\r\n", ReplayVerdict::seen},
           Row{"+QUEUED\r\n", std::nullopt},
           Row{"+ok\r\n", std::nullopt},
           Row{"$2\r\nOK\r\n", std::nullopt},
           Row{":1\r\n", std::nullopt},
           Row{"*0\r\n", std::nullopt},
           Row{"*1\r\n$-1\r\n", std::nullopt},
           Row{"-OK\r\n", std::nullopt},
       }) {
    RedisReplyReader reader;
    ASSERT_TRUE(reader.feed(row.reply));
    ASSERT_EQ(reader.next(), RedisReplyReader::Next::reply) << row.reply;
    EXPECT_EQ(verdict_of(reader.reply()), row.verdict) << row.reply;
  }
}

TEST(RedisProtocol, NamesWhatTheStoreRefusesAndWhatToDo) {
  using Remedy = RedisRefusal::Remedy;
  struct Row {
    const char* error;
    Remedy remedy;
    const char* why;
  };
  for (const Row& row : {
           Row{"READONLY You can't write against a read only replica.", Remedy::connect_again, "is a replica"},
           Row{"NOAUTH Authentication required.", Remedy::connect_again, "user and password"},
           Row{"LOADING Redis is loading the dataset in memory", Remedy::wait, "loading"},
           Row{"OOM command not allowed when used memory > 'maxmemory'.", Remedy::wait, "volatile-ttl"},
           Row{"ERR Error running script (call to f_6): @user_script:35: -OOM command not allowed", Remedy::wait,
               "volatile-ttl"},
           Row{"MOVED 3999 127.0.0.1:6381", Remedy::wait, "name a single server"},
           Row{"CROSSSLOT Keys in request don't hash to the same slot", Remedy::wait, "name a single server"},
           Row{"ERR max number of clients reached", Remedy::connect_again, "maxclients"},
           Row{"ERR AUTH <password> called without any password configured for the default user. Are you sure?",
               Remedy::connect_again, "has no password"},
           Row{"ERR The user executing the script can't access at least one of the keys", Remedy::wait, "+evalsha"},
           Row{"WRONGTYPE Operation against a key", Remedy::wait, "the error WRONGTYPE"},
           Row{"", Remedy::wait, "of no name"},
       }) {
    const RedisRefusal refusal = refusal_of(row.error);
    EXPECT_EQ(refusal.remedy, row.remedy) << row.error;
    EXPECT_THAT(refusal.why, HasSubstr(row.why));
  }
}

TEST(CircuitBreaker, OpensAfterThreeFailuresWithinASecondAndTriesOnceASecond) {
  using Admission = CircuitBreaker::Admission;
  const CircuitBreaker::Time start{};
  CircuitBreaker breaker{3, 1000ms};
  for (const auto when : {0ms, 600ms, 1200ms}) breaker.failed(start + when);
  EXPECT_EQ(breaker.admit(start + 1200ms), Admission::ask) << "three, but not within a second";
  EXPECT_TRUE(breaker.failed_often());
  breaker.failed(start + 1500ms);
  EXPECT_EQ(breaker.admit(start + 2499ms), Admission::refuse);
  EXPECT_EQ(breaker.admit(start + 2500ms), Admission::probe);
  EXPECT_EQ(breaker.admit(start + 9000ms), Admission::refuse) << "one at a time";
  breaker.failed(start + 9000ms);
  EXPECT_EQ(breaker.admit(start + 9999ms), Admission::refuse);
  EXPECT_EQ(breaker.admit(start + 10'000ms), Admission::probe);
  breaker.undecided(start + 10'001ms);
  EXPECT_EQ(breaker.admit(start + 11'000ms), Admission::refuse);
  breaker.hope(start + 11'000ms);
  EXPECT_EQ(breaker.admit(start + 11'000ms), Admission::probe);
  breaker.succeeded();
  breaker.undecided(start + 11'001ms);
  EXPECT_EQ(breaker.admit(start + 11'001ms), Admission::ask);
  breaker.failed(start + 11'002ms);
  breaker.failed(start + 11'003ms);
  EXPECT_EQ(breaker.admit(start + 11'003ms), Admission::ask) << "counted from the last success";
}

}  // namespace
}  // namespace portcullis::net
