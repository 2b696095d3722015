// Asks a Redis about limits, with so many questions always under way on one connection, and says how many a second.
//   redis_client PORT QUESTIONS UNDER_WAY KEYS      prints JSON
//   redis_client --script                           prints what Redis runs
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string_view>

#include "edge/net/limit_script.h"
#include "edge/net/redis_store.h"

namespace {

using namespace portcullis;

constexpr auto patience = std::chrono::seconds{10};  // what is measured is how many, not how soon at the latest

NeedLimit question_about(unsigned number) {
  NeedLimit question;
  LimitTake& take = question.takes.emplace_back();
  take.key[14] = static_cast<unsigned char>(number >> 8);
  take.key[15] = static_cast<unsigned char>(number);
  take.interval = std::chrono::milliseconds{1};
  take.burst = 1'000'000;
  return question;
}

double processor_seconds() {
  timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::string_view{words[1]} == "--script") {
    std::fwrite(net::limit_script.data(), 1, net::limit_script.size(), stdout);
    return 0;
  }
  if (count != 5) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(words[1]));
  const long questions = std::atol(words[2]), under_way = std::atol(words[3]);
  std::minstd_rand random;
  std::uniform_int_distribution<unsigned> some{0, static_cast<unsigned>(std::atoi(words[4])) - 1};

  net::EventLoop loop;
  net::RedisStore limits{loop,
                         {"127.0.0.1", port, net::RedisAddress::Security::plain, {}, {}},
                         {.connect = patience, .command = patience},
                         {},
                         [](const net::StoreChange& change) { std::fprintf(stderr, "%s\n", change.why.c_str()); }};
  long asked = 0, answered = 0, failed = 0;
  std::function<void()> ask_one;
  const auto heard = [&](const LimitOutcome& outcome) {
    failed += std::holds_alternative<StoreFailed>(outcome);
    if (++answered == questions) return loop.stop();
    if (asked < questions) ask_one();
  };
  ask_one = [&] {
    ++asked;
    limits.ask(question_about(some(random)), heard);
  };
  const auto began = std::chrono::steady_clock::now();
  while (asked < std::min(under_way, questions)) ask_one();
  loop.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"perSecond\": %.0f, \"processorMicroseconds\": %.2f, \"failed\": %ld}\n",
              static_cast<double>(questions) / took.count(), 1e6 * processor_seconds() / static_cast<double>(questions),
              failed);
  return failed == 0 ? 0 : 1;
}
