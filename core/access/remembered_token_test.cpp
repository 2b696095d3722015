// A token that was verified a moment ago is decided as if nobody had seen it before.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/signed_token.h"

namespace portcullis::testing {
namespace {

using std::chrono::seconds;

struct Api {
  Signer signer;

  Rules rules() const {
    const Requirement orders{AllOf{NonEmpty{Atom{Atom::Kind::scope, "read:orders"}}}};
    const Requirement recent{NonEmpty<Condition>{Condition{MaxAge{seconds{300}}}}};
    Rules rules{{signer.issuer()}, {{"GET /public", PublicAccess{}}, {"GET /orders", orders}, {"GET /recent", recent}}};
    rules.cached_tokens = 64;
    return rules;
  }
  Authorizer make(std::size_t remembered) const {
    Rules changed = rules();
    changed.cached_tokens = remembered;
    return *Authorizer::make(std::move(changed), {});
  }
};

Step begin(const Authorizer& authorizer, const std::string& path, const std::string& token, seconds later = {}) {
  const std::string value = "Bearer " + token;
  const Header headers[] = {{"Authorization", value}};
  Now now = new_year();
  now.wall += later;
  return authorizer.begin({"GET", path, {}, headers}, now);
}

TEST(RememberedToken, IsDecidedLikeAFreshOneAtEachRouteAndTime) {
  const Api api;
  const Authorizer remembering = api.make(64), fresh = api.make(0);
  const std::vector<std::string> tokens{
      api.signer.sign(claims(R"(,"scope":"read:orders","auth_time":1767225590)")),
      api.signer.sign(claims(R"(,"scope":"write:orders")")),
      api.signer.sign(claims(R"(,"nbf":1767225900)")),
      api.signer.sign(
          R"({"iss":"https://tenant.example.com/","sub":"a","aud":"https://api.example.com","iat":1767225540,)"
          R"("exp":1767225660,"cnf":{"jkt":"0123456789012345678901234567890123456789012"}})"),
  };
  std::size_t judged = 0, allowed = 0;
  for (int round = 0; round < 3; ++round)
    for (const seconds later : {seconds{0}, seconds{89}, seconds{90}, seconds{310}, seconds{330}, seconds{400},
                                seconds{3629}, seconds{3630}, seconds{-100}, seconds{10}})
      for (const auto& token : tokens)
        for (const char* path : {"/public", "/orders", "/recent", "/unlisted", "/a/../b"}) {
          const Step once = begin(remembering, path, token, later), never = begin(fresh, path, token, later);
          const Decision &seen = std::get<Settled>(once).decision, &unseen = std::get<Settled>(never).decision;
          EXPECT_EQ(seen.reason, unseen.reason) << path << ' ' << later.count() << ' ' << unseen.explanation();
          EXPECT_EQ(seen.explanation(), unseen.explanation());
          EXPECT_EQ(seen.route(), unseen.route());
          EXPECT_EQ(seen.missing.size(), unseen.missing.size());
          EXPECT_EQ(seen.token.has_value(), unseen.token.has_value());
          ++judged;
          if (seen.outcome == Outcome::allow) ++allowed;
        }
  EXPECT_EQ(judged, 600u);
  EXPECT_GT(allowed, 100u);
}

struct Remote : Api {
  Rules rules() const {
    Rules rules = Api::rules();
    rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
    return rules;
  }
  static void answer(const Authorizer& authorizer, const NeedKeys& wanted, FetchedKeys keys, seconds later) {
    Now now = new_year();
    now.wall += later;
    authorizer.learn(wanted.ticket, FetchOutcome{std::move(keys)}, now);
  }
};

TEST(RememberedToken, IsForgottenWithItsKey) {
  const Remote api;
  const Signer other;
  const Authorizer authorizer = *Authorizer::make(api.rules(), {});
  const std::string token = api.signer.sign(claims(R"(,"scope":"read:orders")"));
  Step step = begin(authorizer, "/orders", token);
  Remote::answer(authorizer, std::get<NeedKeys>(std::get<Asked>(step).question),
                 {200, api.signer.jwks(), "\"1\"", seconds{60}, {}}, seconds{0});
  for (int i = 0; i < 3; ++i) {  // verified, verified again and remembered, recalled
    step = begin(authorizer, "/orders", token, seconds{1});
    EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::ok);
  }

  // The keys grow old, and are found unchanged: the token is good still. The first to come has the refresh as an
  // errand.
  step = begin(authorizer, "/orders", token, seconds{100});
  ASSERT_EQ(std::get<Settled>(step).decision.reason, Reason::ok);
  ASSERT_EQ(std::get<Settled>(step).after.size(), 1u);
  Remote::answer(authorizer, std::get<NeedKeys>(std::get<Settled>(step).after.front()), {304, "", "", {}, {}},
                 seconds{100});
  step = begin(authorizer, "/orders", token, seconds{101});
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::ok);

  // They grow old again, and are other ones now.
  step = begin(authorizer, "/orders", token, seconds{300});
  ASSERT_EQ(std::get<Settled>(step).after.size(), 1u);
  Remote::answer(authorizer, std::get<NeedKeys>(std::get<Settled>(step).after.front()),
                 {200, other.jwks("another"), "\"2\"", {}, {}}, seconds{300});
  step = begin(authorizer, "/orders", token, seconds{301});
  if (auto* asked = std::get_if<Asked>(&step)) {  // an unknown key id may be asked for once
    const NeedKeys wanted = std::get<NeedKeys>(asked->question);
    Remote::answer(authorizer, wanted, {200, other.jwks("another"), "\"2\"", {}, {}}, seconds{301});
    Now now = new_year();
    now.wall += seconds{301};
    step = authorizer.resume(std::move(asked->pending), FetchOutcome{}, now);
  }
  EXPECT_EQ(std::get<Settled>(step).decision.reason, Reason::unknown_kid);
}

TEST(RememberedToken, IsNotUsedWhenItsKeysAreTooOld) {
  const Remote api;
  const Authorizer authorizer = *Authorizer::make(api.rules(), {});
  const std::string token = api.signer.sign(
      R"({"iss":"https://tenant.example.com/","sub":"a","aud":"https://api.example.com","iat":1767225540,)"
      R"("exp":1798761600,"scope":"read:orders"})");
  Step step = begin(authorizer, "/orders", token);
  Remote::answer(authorizer, std::get<NeedKeys>(std::get<Asked>(step).question), {200, api.signer.jwks(), "", {}, {}},
                 seconds{0});
  // Keys are fresh for 10 minutes, a tenth more or less, and stale for a day.
  for (const seconds later : {seconds{1}, seconds{540 + 86400 - 1}})
    EXPECT_EQ(std::get<Settled>(begin(authorizer, "/orders", token, later)).decision.reason, Reason::ok);
  step = begin(authorizer, "/orders", token, seconds{660 + 86400});
  EXPECT_TRUE(std::holds_alternative<Asked>(step)) << "without keys nobody is believed";
}

TEST(RememberedToken, IsSharedByManyThreads) {
  const Api api;
  const Authorizer authorizer = api.make(64);
  std::vector<std::string> tokens;
  for (int i = 0; i < 100; ++i)  // more than there are places
    tokens.push_back(api.signer.sign(claims(R"(,"scope":"read:orders","jti":")" + std::to_string(i) + '"')));
  std::atomic<std::size_t> allowed{0};
  std::vector<std::thread> threads;
  for (std::size_t start = 0; start < 4; ++start)
    threads.emplace_back([&, start] {
      for (std::size_t i = 0; i < 300; ++i)
        if (std::get<Settled>(begin(authorizer, "/orders", tokens[(start * 25 + i * (start + 1)) % tokens.size()]))
                .decision.outcome == Outcome::allow)
          ++allowed;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, 1200u);
}

}  // namespace
}  // namespace portcullis::testing
