// The whole way of a key, from a server that misbehaves to a decision: core, desk and network, the clock in the
// test's hand. tokens.md §6, T-DOS-02, T-DOS-03.
#include "doors/lambda/question_desk.h"

#include <gtest/gtest.h>

#include <atomic>

#include "doors/lambda/shared_store.h"
#include "edge/net/key_fetch.h"
#include "edge/net/loopback_peer.h"
#include "edge/net/redis_process.h"
#include "tests/dpop_client.h"
#include "tests/signed_token.h"

namespace portcullis::lambda {
namespace {

using net::test::Peer;
using net::test::ScriptedServer;
using testing::Signer;
using namespace std::chrono_literals;

std::string http(const std::string& status, const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
}

/// One issuer whose keys are behind `server`, one route, one clock.
class Gate {
 public:
  Gate(const ScriptedServer& server, const Signer& signer, std::chrono::seconds stale = 24h)
      : authorizer_(make(server, signer, stale)),
        desk_(
            authorizer_,
            [this](const NeedKeys& wanted, std::chrono::milliseconds) {
              return net::fetch_keys(wanted, {}, net::PlainHttp::loopback_only, patience);
            },
            [this] { return now_; }) {}

  std::chrono::milliseconds patience = 20s;  // with the network; short only where it is the test's matter
  void pass(std::chrono::seconds time) { now_.wall += time; }
  /// Decides and then runs the errands, as the Lambda does.
  Decision decide(const std::string& token) {
    const std::string bearer = "Bearer " + token;
    const Header header{"Authorization", bearer};
    const Request request{"GET", "/", "", std::span{&header, 1}};
    Settled settled = desk_.settle(authorizer_.begin(request, now_), 20s);
    desk_.run(settled.after, 20s);
    return std::move(settled.decision);
  }
  void warm_up(std::chrono::milliseconds budget) { desk_.warm_up(budget); }
  KeyStatus status() const { return authorizer_.key_status(now_).front(); }

 private:
  static Authorizer make(const ScriptedServer& server, const Signer& signer, std::chrono::seconds stale) {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.issuers.front().keys = RemoteKeys{"http://" + server.address() + "/jwks", 600s, stale};
    rules.routes.push_back({"GET /", AuthenticatedAccess{}, "test"});
    return *Authorizer::make(std::move(rules), Secrets{});
  }

  Now now_ = testing::new_year();
  Authorizer authorizer_;
  QuestionDesk desk_;
};

std::string good_token(const Signer& signer, const std::string& kid = "test") {
  return signer.sign(testing::claims(), kid);
}

struct Fault {
  const char* what;
  std::function<void(const Peer&)> answer;
  const char* error;  // a piece of what is told afterwards
  std::chrono::milliseconds patience = 20s;
};

std::vector<Fault> faults() {
  const auto says = [](std::string bytes) {
    return [bytes = std::move(bytes)](const Peer& peer) { peer.send_text(bytes); };
  };
  const auto floods = [](std::string head, std::string piece) {
    return [head = std::move(head), piece = std::move(piece)](const Peer& peer) {
      if (!peer.send_text(head)) return;
      for (int sent = 0; sent < 1'000'000 && peer.send_text(piece); ++sent) {
      }
    };
  };
  const std::string blank(1024, ' ');
  return {
      {"hangs", [](const Peer& peer) { peer.until_closed(); }, "in time", 150ms},
      {"drips",
       [](const Peer& peer) {
         peer.send_text("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
         while (!peer.has_something_to_read(10) && peer.send_text(" ")) {
         }
       },
       "in time", 150ms},
      {"announces 1 GB", floods("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", blank), "larger than 262144"},
      {"sends without end", floods("HTTP/1.1 200 OK\r\n\r\n", blank), "larger than 262144"},
      {"sends chunks without end",
       floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + blank + "\r\n"),
       "larger than 262144"},
      {"compresses", says(http("200 OK", "\x1F\x8B\x08 and more", "Content-Encoding: gzip\r\n")), "not JSON"},
      {"redirects to itself", says(http("302 Found", "", "Location: /jwks\r\n")), "redirects are not followed"},
      {"redirects elsewhere", says(http("307 Temporary Redirect", "", "Location: http://127.0.0.1:1/\r\n")),
       "redirects are not followed"},
      {"429", says(http("429 Too Many Requests", "", "Retry-After: 7\r\n")), "HTTP status 429"},
      {"500", says(http("500 Internal Server Error", "{}")), "HTTP status 500"},
      {"404", says(http("404 Not Found", "{}")), "HTTP status 404"},
      {"206", says(http("206 Partial Content", "{}")), "HTTP status 206"},
      {"a web page", says(http("200 OK", "<!doctype html><title>Log in</title>")), "not JSON"},
      {"nothing", says(http("200 OK", "")), "not JSON"},
      {"an empty set", says(http("200 OK", R"({"keys":[]})")), "no usable key"},
      {"a set of nothing", says(http("200 OK", R"({"keys":[null]})")), "no usable key"},
      {"a shared secret", says(http("200 OK", R"({"keys":[{"kty":"oct","kid":"test","k":"c2VjcmV0"}]})")),
       "no usable key"},
      {"hangs up", [](const Peer&) {}, "closed before an answer came"},
      {"is no web server", says("220 mail.example.com ESMTP\r\n"), "is not HTTP"},
  };
}

TEST(KeysFromAFaultyServer, AreTheOldOnesForAsLongAsStaleSaysAndNoneWhereThereWereNone) {
  const Signer signer;
  const std::string token = good_token(signer);
  for (const Fault& fault : faults()) {
    SCOPED_TRACE(fault.what);
    std::atomic<bool> healthy{false};
    std::atomic<int> asked{0};
    const ScriptedServer server{[&](const Peer& peer, int) {
      peer.until("\r\n\r\n");
      ++asked;
      if (healthy) {
        peer.send_text(http("200 OK", signer.jwks()));
      } else {
        fault.answer(peer);
      }
    }};
    Gate gate{server, signer};
    gate.patience = fault.patience;
    const Decision none = gate.decide(token);
    EXPECT_EQ(none.reason, Reason::keys_unavailable) << "neither an allow nor a 401";
    EXPECT_NE(none.detail.find(fault.error), std::string::npos) << none.detail;

    gate.pass(60s);
    healthy = true;
    gate.patience = 20s;
    EXPECT_EQ(gate.decide(token).reason, Reason::ok) << gate.status().last_error;
    healthy = false;
    gate.patience = fault.patience;
    gate.pass(12min);
    const int before = asked;
    EXPECT_EQ(gate.decide(token).reason, Reason::ok) << "stale keys serve";
    EXPECT_GT(asked, before) << "and their refresh was tried";
    EXPECT_NE(gate.status().last_error.find(fault.error), std::string::npos) << gate.status().last_error;
    const int tried = asked;
    EXPECT_EQ(gate.decide(token).reason, Reason::ok);
    EXPECT_EQ(asked, tried) << "backing off";
  }
}

// The type of the content is not looked at, the content is (tokens.md §6.4).
TEST(KeysFromAHealthyServer, AreRotatedDroppedExchangedAndConfirmed) {
  const Signer first, second;
  std::string document = first.jwks("k1"), etag = "\"1\"";
  std::string last_request;
  int confirmed = 0;
  const ScriptedServer server{[&](const Peer& peer, int) {
    last_request = peer.until("\r\n\r\n");
    const bool same = last_request.find("If-None-Match: " + etag) != std::string::npos;
    confirmed += same ? 1 : 0;
    peer.send_text(same ? "HTTP/1.1 304 Not Modified\r\nETag: " + etag + "\r\n\r\n"
                        : http("200 OK", document,
                               "ETag: " + etag + "\r\nCache-Control: max-age=15\r\nContent-Type: text/html\r\n"));
  }};
  Gate gate{server, first};
  EXPECT_EQ(gate.decide(good_token(first, "k1")).reason, Reason::ok);
  EXPECT_EQ(gate.decide(good_token(second, "k2")).reason, Reason::unknown_kid);
  EXPECT_EQ(confirmed, 1) << "an unknown key is looked for once";

  gate.pass(61s);  // "rotate": both are published, the new one signs
  const std::string one = first.jwks("k1"), two = second.jwks("k2");
  document = one.substr(0, one.size() - 2) + ',' + two.substr(std::string_view{R"({"keys":[)"}.size());
  etag = "\"2\"";
  EXPECT_EQ(gate.decide(good_token(second, "k2")).reason, Reason::ok) << "found at once";
  EXPECT_EQ(gate.decide(good_token(first, "k1")).reason, Reason::ok) << "the previous one still counts";

  gate.pass(70s);  // "revoke": a key that is absent stops working with the refresh
  document = two;
  etag = "\"3\"";
  EXPECT_EQ(gate.decide(good_token(first, "k1")).reason, Reason::ok) << "a last time, while the refresh is an errand";
  EXPECT_EQ(gate.decide(good_token(first, "k1")).reason, Reason::unknown_kid);
  EXPECT_EQ(gate.decide(good_token(second, "k2")).reason, Reason::ok);

  gate.pass(70s);  // another key under the old name
  document = first.jwks("k2");
  etag = "\"4\"";
  (void)gate.decide(good_token(second, "k2"));
  EXPECT_EQ(gate.decide(good_token(second, "k2")).reason, Reason::bad_signature);
  EXPECT_EQ(gate.decide(good_token(first, "k2")).reason, Reason::ok);

  gate.pass(70s);
  const int before = confirmed;
  (void)gate.decide(good_token(first, "k2"));
  EXPECT_EQ(confirmed, before + 1);
  EXPECT_EQ(gate.status().age, 0ms) << "unchanged keys are young again";
}

// gateway.md §1: the start has one budget for all issuers, and what it had no time for is not lost.
TEST(KeysForWhichTheStartHadNoTime, AreFetchedForTheFirstRequest) {
  const Signer signer;
  const ScriptedServer server{[&](const Peer& peer, int) {
    peer.until("\r\n\r\n");
    peer.send_text(http("200 OK", signer.jwks()));
  }};
  Gate gate{server, signer};
  gate.warm_up(0ms);
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(gate.decide(good_token(signer)).reason, Reason::ok);
  EXPECT_EQ(server.connections(), 1);
}

// tokens.md §5.4: who switches the stale window off wants no old keys.
TEST(KeysWithoutAStaleWindow, AreNotUsedWhenTheServerDoesNotConfirmThem) {
  const Signer signer;
  const ScriptedServer server{[&](const Peer& peer, int number) {
    peer.until("\r\n\r\n");
    peer.send_text(number == 0 ? http("200 OK", signer.jwks()) : http("500 Oops", ""));
  }};
  Gate gate{server, signer, 0s};
  EXPECT_EQ(gate.decide(good_token(signer)).reason, Reason::ok);
  gate.pass(12min);
  EXPECT_EQ(gate.decide(good_token(signer)).reason, Reason::keys_unavailable);
}

// tokens.md §5.2, §6.4: metadata is fetched by the same rules as keys, and in the same time.
TEST(KeysByMetadata, AreFoundWhereItSaysOrNotAtAll) {
  const NeedKeys wanted{{}, "https://id.example.com/.well-known/openid-configuration", {}, "https://id.example.com/"};
  const std::string good = R"({"issuer":"https://id.example.com/","jwks_uri":"https://id.example.com/keys"})";
  struct Row {
    const char* what;
    FetchOutcome openid, oauth;
    const char* outcome;  // the keys' URL, "HTTP status N", or a piece of the fault
    int fetches;
  };
  const auto status = [](int code, const std::string& body = "") { return FetchedKeys{code, body, "", {}, 9s}; };
  const FetchOutcome unused = FetchFailed{"not to be asked"};
  for (const Row& row : {
           Row{"OpenID Connect", status(200, good), unused, "https://id.example.com/keys", 2},
           Row{"RFC 8414", status(404), status(200, good), "https://id.example.com/keys", 3},
           Row{"neither", status(404), status(404), "HTTP status 404", 2},
           Row{"overloaded", status(429), unused, "HTTP status 429", 1},
           Row{"redirected", status(302), unused, "metadata: HTTP status 302", 1},
           Row{"unchanged, says it", status(304), unused, "metadata: HTTP status 304", 1},
           Row{"unreachable", FetchFailed{"no route"}, unused, "no route", 1},
           Row{"of somebody else", status(200, R"({"issuer":"https://evil.example/"})"), unused, "the last byte", 1},
       }) {
    SCOPED_TRACE(row.what);
    std::vector<std::string> asked;
    const KeyFetch fetch = [&](const NeedKeys& one, std::chrono::milliseconds left) -> FetchOutcome {
      EXPECT_LE(left, longest_key_fetch);
      EXPECT_EQ(one.if_none_match, "");
      asked.push_back(one.url);
      if (one.url.ends_with("openid-configuration")) return row.openid;
      if (one.url.ends_with("oauth-authorization-server")) return row.oauth;
      return FetchedKeys{200, "keys", "", {}, {}};
    };
    const auto outcome = fetch_wanted(wanted, fetch, 60s);
    const auto* answer = std::get_if<FetchedKeys>(&outcome);
    const std::string said = !answer                 ? std::get<FetchFailed>(outcome).why
                             : answer->status == 200 ? answer->key_url
                                                     : "HTTP status " + std::to_string(answer->status);
    EXPECT_NE(said.find(row.outcome), std::string::npos) << said;
    EXPECT_EQ(asked.size(), static_cast<std::size_t>(row.fetches));
    if (answer && answer->status == 429) {
      EXPECT_EQ(answer->retry_after, 9s);
    }
  }
}

/// What the store says to each question, and what it was asked.
struct Store : QuestionDesk::Store {
  explicit Store(LimitOutcome says, ReplayOutcome of_proofs = {})
      : answer(std::move(says)), seen(std::move(of_proofs)) {}
  LimitOutcome ask(const NeedLimit& question) override {
    asked.push_back(question);
    return answer;
  }
  ReplayOutcome ask(const NeedReplayCheck&) override {
    ++proofs;
    return seen;
  }
  const LimitOutcome answer;
  const ReplayOutcome seen;
  std::vector<NeedLimit> asked{};
  int proofs = 0;
};

Rules limited(const Signer& signer, StoreFailure when_store_fails) {
  Rules rules;
  rules.issuers.push_back(signer.issuer());
  rules.limits.push_back({"per-user", NonEmpty<Rate>{Rate{10, 1s, 3}}, NonEmpty<LimitDimension>{LimitDimension{}}});
  RouteRule route{"GET /", AuthenticatedAccess{}, "test"};
  route.limits = {"per-user"};
  rules.routes.push_back(std::move(route));
  rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{10, 60s, 10}}};
  rules.limit_store = LimitStore::shared;
  rules.when_store_fails = when_store_fails;
  return rules;
}

TEST(QuestionDesk, AsksTheStoreAboutLimitsAndHoldsToItsAnswer) {
  using Verdict = LimitState::Verdict;
  const Signer signer;
  const std::string bearer = "Bearer " + good_token(signer);
  const Header header{"Authorization", bearer};
  const Request request{"GET", "/", "192.0.2.1", std::span{&header, 1}};
  struct Row {
    const char* what;
    LimitOutcome answer;
    StoreFailure when_store_fails;
    std::chrono::milliseconds budget;
    Reason reason;
    std::size_t asked;
  };
  for (const Row& row : {
           Row{"admitted", LimitStates{{{Verdict::admitted, 2, 0ns, 100ms}}}, StoreFailure::deny, 20s, Reason::ok, 1},
           Row{"denied", LimitStates{{{Verdict::denied, 0, 50ms, 300ms}}}, StoreFailure::allow, 20s,
               Reason::rate_limited, 1},
           Row{"for another number of buckets", LimitStates{}, StoreFailure::deny, 20s, Reason::store_unavailable, 1},
           Row{"no answer, counted here", StoreFailed{"no"}, StoreFailure::local, 20s, Reason::ok, 1},
           Row{"no answer, let through", StoreFailed{"no"}, StoreFailure::allow, 20s, Reason::ok, 1},
           Row{"no answer, refused", StoreFailed{"no"}, StoreFailure::deny, 20s, Reason::store_unavailable, 1},
           Row{"no time to ask", LimitStates{{{Verdict::admitted, 2, 0ns, 100ms}}}, StoreFailure::deny, 0s,
               Reason::store_unavailable, 0},
       }) {
    SCOPED_TRACE(row.what);
    const auto authorizer = Authorizer::make(limited(signer, row.when_store_fails), Secrets{});
    ASSERT_TRUE(authorizer);
    Store store{row.answer};
    QuestionDesk desk{*authorizer, nullptr, testing::new_year, &store};
    const Settled settled = desk.settle(authorizer->begin(request, testing::new_year()), row.budget);
    EXPECT_EQ(settled.decision.reason, row.reason) << settled.decision.detail;
    ASSERT_EQ(store.asked.size(), row.asked);
    if (row.asked == 0) continue;
    EXPECT_EQ(store.asked[0].cost, 1);
    ASSERT_EQ(store.asked[0].takes.size(), 1u);
    EXPECT_EQ(store.asked[0].takes[0].burst, 3);
  }
  const auto authorizer = Authorizer::make(limited(signer, StoreFailure::deny), Secrets{});
  QuestionDesk without{*authorizer, nullptr, testing::new_year};
  EXPECT_EQ(without.settle(authorizer->begin(request, testing::new_year()), 20s).decision.reason,
            Reason::store_unavailable);
}

TEST(QuestionDesk, AsksTheStoreAboutProofsAndHoldsToItsAnswer) {
  const Signer signer;
  const testing::DpopClient client;
  const std::string url = "https://api.example.com/";
  const std::string token = signer.sign(testing::claims(R"(,"cnf":{"jkt":")" + client.thumbprint() + R"("})"));
  const std::string proof = client.prove("GET", url, token, "1"), authorization = "DPoP " + token;
  const Header headers[]{{"Authorization", authorization}, {"DPoP", proof}};
  const Request request{"GET", "/", "192.0.2.1", headers, url};
  struct Row {
    const char* what;
    ReplayOutcome answer;
    std::chrono::milliseconds budget;
    Reason reason;
    int proofs;
    std::size_t limits;
  };
  for (const Row& row : {
           Row{"new", ReplayVerdict::first_time, 20s, Reason::ok, 1, 1},
           Row{"seen", ReplayVerdict::seen, 20s, Reason::dpop_replayed, 1, 0},
           Row{"no answer", StoreFailed{"no"}, 20s, Reason::store_unavailable, 1, 0},
           Row{"no time to ask", ReplayVerdict::first_time, 0s, Reason::store_unavailable, 0, 0},
       }) {
    SCOPED_TRACE(row.what);
    const auto authorizer = Authorizer::make(limited(signer, StoreFailure::deny), Secrets{});
    ASSERT_TRUE(authorizer);
    Store store{LimitStates{{{LimitState::Verdict::admitted, 2, 0ns, 100ms}}}, row.answer};
    QuestionDesk desk{*authorizer, nullptr, testing::new_year, &store};
    const Settled settled = desk.settle(authorizer->begin(request, testing::new_year()), row.budget);
    EXPECT_EQ(settled.decision.reason, row.reason) << settled.decision.detail;
    EXPECT_EQ(store.proofs, row.proofs);
    EXPECT_EQ(store.asked.size(), row.limits);
  }
}

TEST(QuestionDesk, TellsTheStoreOfFailedTokensWhenNobodyWaits) {
  const Signer signer, stranger;
  const auto authorizer = Authorizer::make(limited(signer, StoreFailure::local), Secrets{});
  ASSERT_TRUE(authorizer);
  Store store{StoreFailed{"not now"}};
  QuestionDesk desk{*authorizer, nullptr, testing::new_year, &store};
  const std::string bearer = "Bearer " + good_token(stranger);
  const Header header{"Authorization", bearer};
  const Settled settled =
      desk.settle(authorizer->begin({"GET", "/", "192.0.2.1", std::span{&header, 1}}, testing::new_year()), 20s);
  EXPECT_EQ(settled.decision.reason, Reason::bad_signature);
  EXPECT_EQ(store.asked.size(), 0u);
  desk.run(settled.after, 0s);
  EXPECT_EQ(store.asked.size(), 0u) << "there is no time";
  desk.run(settled.after, 20s);
  ASSERT_EQ(store.asked.size(), 1u);
  EXPECT_EQ(store.asked[0].cost, 1);
}

TEST(SharedStore, OfManyThreadsGrantOneBurstAndTellOfEachChangeOnce) {
  net::test::RedisProcess redis;
  std::atomic<int> admitted{0}, failed{0};
  std::vector<std::string> told;
  std::mutex mutex;
  SharedStore limits{
      {.host = "localhost", .port = redis.port(), .user = {}, .password = {}}, {}, [&](const net::StoreChange& change) {
        const std::lock_guard lock{mutex};
        told.emplace_back(change.now == net::StoreChange::Now::failing ? "failing" : "answering");
      }};
  const NeedLimit question{.owner = {}, .cost = 1, .takes = {{{}, 1h, 100}}};
  const auto ask_from_8_threads = [&](int each) {
    admitted = failed = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < each; ++j) {
          const LimitOutcome outcome = limits.ask(question);
          const auto* answer = std::get_if<LimitStates>(&outcome);
          failed += answer == nullptr;
          admitted += answer != nullptr && answer->states[0].verdict == LimitState::Verdict::admitted;
        }
      });
    for (std::thread& thread : threads) thread.join();
  };
  limits.connect();
  ask_from_8_threads(25);
  EXPECT_LE(admitted, 100);
  EXPECT_GE(admitted + failed, 100) << "on a busy machine some are late";
  redis.end();
  ask_from_8_threads(5);
  EXPECT_EQ(failed, 40);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), "failing");
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_NE(told[i], told[i - 1]);
}

}  // namespace
}  // namespace portcullis::lambda
