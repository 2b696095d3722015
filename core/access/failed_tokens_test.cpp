// Addresses that send bad tokens: when they are held up, what counts, and who is not held up with them.
#include <gtest/gtest.h>

#include "core/token/base64url.h"
#include "tests/limited_api.h"

namespace portcullis {
namespace {

using std::chrono::minutes;
using testing::Api;
using testing::at;
using testing::header;

struct FailedTokens : ::testing::Test {
  Api api;
  std::string forged;
  FailedTokens() {
    api.rules.failed_tokens = FailedTokenRule{NonEmpty<Rate>{Rate{5, minutes{15}, 5}}, "failed:1"};
    api.rules.cached_tokens = 64;
    const testing::Signer stranger;
    forged = "Bearer " + stranger.sign(testing::claims());
  }
  /// How many tokens of this kind are looked at until the address is held up.
  int looked_at(const std::string& authorization, const char* address = "192.0.2.1", Now now = at(0)) {
    for (int i = 0; i < 1000; ++i)
      if (api.decide({"/free", authorization, address}, now).reason == Reason::rate_limited) return i;
    return 1000;
  }
};

TEST_F(FailedTokens, HoldTheirAddressUpBeforeAnySignatureIsLookedAt) {
  EXPECT_EQ(looked_at(forged), 5);
  const Decision held = api.decide({"/free", api.ada});
  EXPECT_EQ(held.reason, Reason::rate_limited) << "of an unknown caller nothing is looked at, good or bad";
  EXPECT_FALSE(held.token);
  EXPECT_EQ(held.detail, "too many bad tokens from this address; limit failed_tokens (5/15m, burst 5): retry in 180 s");
  EXPECT_EQ(header(held, "Retry-After"), "180");
  EXPECT_EQ(header(held, "RateLimit") + header(held, "RateLimit-Policy"), "") << "guesses left are not told";
  EXPECT_EQ(api.decide({"/free", api.ada, "192.0.2.2"}).reason, Reason::ok) << "others are not locked out";
  EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok)
      << "nor, at the same address, who has shown a good token";
  Trace trace;
  EXPECT_EQ(api.decide({"/free", api.ada}, at(0), &trace).reason, Reason::ok);
  EXPECT_EQ(api.decide({"/free", api.grace}, at(179'999)).reason, Reason::rate_limited);
  EXPECT_EQ(api.decide({"/free", api.grace}, at(180'000)).reason, Reason::ok);
  EXPECT_EQ(looked_at(forged, "192.0.2.1", at(180'000)), 1) << "a success gives nothing back";
}

TEST_F(FailedTokens, CountWhatIsTheTokensFault) {
  const std::string late = api.token(R"(,"exp":1767225500)");
  struct Row {
    const char* why;
    std::string authorization;
    int looked_at;
    Reason reason;
  };
  const std::string bound = api.token(R"(,"cnf":{"jkt":")" + std::string(43, 'a') + R"("})");
  const std::string expired = "Bearer " + api.signer.sign(R"({"iss":"https://tenant.example.com/","sub":"auth0|ada",)"
                                                          R"("aud":"https://api.example.com","iat":1767222000,)"
                                                          R"("exp":1767225000})");
  const std::string forged_expired = expired.substr(0, expired.rfind('.') + 1) + base64url_encode(std::string(64, 'x'));
  for (const Row& row :
       {Row{"bad signature", forged, 5, Reason::bad_signature},
        Row{"no token at all", "Bearer !", 5, Reason::malformed}, Row{"opaque", "Bearer abc", 5, Reason::not_jws},
        Row{"a good one without its proof: whose it is, is known", bound, 1000, Reason::dpop_missing},
        Row{"genuine, but late", expired, 50, Reason::expired},
        Row{"forged and late", forged_expired, 5, Reason::bad_signature},
        Row{"nothing sent", "", 1000, Reason::no_credentials},
        Row{"two tokens", api.ada + ",x", 1000, Reason::bad_request}}) {
    SCOPED_TRACE(row.why);
    api.authorizer.reset();
    EXPECT_EQ(api.decide({"/free", row.authorization, "192.0.2.3"}).reason, row.reason);
    EXPECT_EQ(looked_at(row.authorization), row.looked_at);
  }
  api.authorizer.reset();
  EXPECT_EQ(looked_at(expired), 50);
  EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok) << "a wrong clock is no attack";
  EXPECT_EQ(looked_at(forged, ""), 1000) << "no address: no bucket for everybody";
}

// A rotated key, and an issuer that does not answer: who knows whether there is such a key?
TEST_F(FailedTokens, LeaveOutThoseWhoseKeyIsStillLookedFor) {
  api.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  Authorizer authorizer = *Authorizer::make(api.rules, {});
  ASSERT_TRUE(authorizer.adopt({"https://tenant.example.com/", *KeySet::parse(api.signer.jwks()), at(0).wall}, at(0)));
  const std::string rotated = "Bearer " + api.signer.sign(testing::claims(), "next");
  const Header authorization{"authorization", rotated};
  const Request request{"GET", "/free", "192.0.2.1", {&authorization, 1}};
  enum class Fetch : std::uint8_t { late, done };
  const auto answered = [&](Fetch fetch) {
    Step step = authorizer.begin(request, at(0));
    while (auto* asked = std::get_if<Asked>(&step)) {
      const FetchOutcome outcome = FetchedKeys{200, api.signer.jwks(), "", {}, {}};
      if (fetch == Fetch::done) authorizer.learn(std::get<NeedKeys>(asked->question).ticket, outcome, at(0));
      step = authorizer.resume(std::move(asked->pending), FetchOutcome{FetchFailed{"late"}}, at(0));
    }
    return std::get<Settled>(step).decision.reason;
  };
  for (int i = 0; i < 20; ++i) ASSERT_EQ(answered(Fetch::late), Reason::keys_unavailable) << i;
  EXPECT_EQ(answered(Fetch::done), Reason::unknown_kid) << "now it is known";
}

TEST_F(FailedTokens, LeaveOutWhoHasShownAGoodTokenOfAnySize) {
  const std::string large = api.token(R"(,"groups":")" + std::string(4'000, 'x') + '"');
  EXPECT_EQ(api.decide({"/free", large}).reason, Reason::ok);
  EXPECT_EQ(looked_at(forged), 5);
  EXPECT_EQ(api.decide({"/free", large}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"/free", api.token(R"(,"groups":")" + std::string(4'000, 'y') + '"')}).reason,
            Reason::rate_limited);
}

// What was verified with keys that are replaced is verified again, though many came since it came first.
TEST_F(FailedTokens, LeaveOutWhoHasShownAGoodTokenAlsoWhenTheKeysAreFetchedAgain) {
  api.rules.issuers.front().keys = RemoteKeys{"https://tenant.example.com/jwks"};
  api.rules.cached_tokens = 16;
  api.start();
  const auto fetch_keys = [&] {
    for (const NeedKeys& wanted : api.authorizer->refresh(at(0)))
      api.authorizer->learn(wanted.ticket, FetchOutcome{FetchedKeys{200, api.signer.jwks(), "", {}, {}}}, at(0));
  };
  fetch_keys();
  for (int i = 0; i < 2; ++i) ASSERT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok);
  for (int i = 0; i < 20; ++i) {
    const std::string other = api.token(R"(,"jti":")" + std::to_string(i) + '"', "auth0|grace");
    ASSERT_EQ(api.decide({"/free", other}).reason, Reason::ok);
  }
  EXPECT_EQ(looked_at(forged), 5);
  EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok);
  for (int i = 0; i < 2; ++i) {
    fetch_keys();
    EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok) << i;
    EXPECT_EQ(api.decide({"/free", api.grace}).reason, Reason::rate_limited) << "unknown";
  }
}

TEST_F(FailedTokens, LeaveOutWhoHasShownAGoodTokenUnderTheRulesBefore) {
  const std::string once = api.token(R"(,"jti":"1")");
  for (const std::string& token : {api.ada, api.ada, once}) ASSERT_EQ(api.decide({"/free", token}).reason, Reason::ok);
  EXPECT_EQ(looked_at(forged), 5);
  api.authorizer = *api.authorizer->successor(api.rules);
  EXPECT_EQ(looked_at(forged), 0);
  for (const std::string& token : {api.ada, once}) EXPECT_EQ(api.decide({"/free", token}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"/free", api.grace}).reason, Reason::rate_limited) << "unknown";
}

TEST_F(FailedTokens, CountAnIpv6NetworkToo) {
  int looked_at = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string address = "2001:db8:7:" + std::to_string(i) + "::1";
    looked_at += api.decide({"/free", forged, address.c_str()}).reason != Reason::rate_limited;
  }
  EXPECT_EQ(looked_at, 80);
}

TEST_F(FailedTokens, LeavePublicRoutesOpenAndTheirCallerUnknown) {
  EXPECT_EQ(looked_at(forged), 5);
  const Decision held = api.decide({"/public", api.ada});
  EXPECT_EQ(held.reason, Reason::ok);
  EXPECT_FALSE(held.token);
  EXPECT_EQ(held.detail, "public route; the caller is anonymous (rate_limited)");
  api.authorizer.reset();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(api.decide({"/public", forged}).reason, Reason::ok);
  EXPECT_EQ(looked_at(forged), 2) << "what fails there counts as well";
}

TEST_F(FailedTokens, ThatOnlyReportRefuseNothing) {
  api.rules.failed_tokens->mode = Mode::report;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(api.decide({"/free", forged}).reason, Reason::bad_signature);
  const Decision reported = api.decide({"/free", api.ada});
  EXPECT_EQ(reported.reason, Reason::rate_limited);
  EXPECT_FALSE(reported.enforced);
  EXPECT_TRUE(reported.passes());
  EXPECT_TRUE(reported.token);
  EXPECT_TRUE(client_headers(reported).empty());
  EXPECT_EQ(api.decide({"/free", api.ada}).reason, Reason::ok) << "who has shown a good token";
}

TEST_F(FailedTokens, AreToldToASharedStoreAndWhatItKnowsIsTakenOver) {
  api.share();
  EXPECT_EQ(looked_at(forged), 5);
  EXPECT_EQ(api.store.questions, 5);
  api.authorizer.reset();  // another machine
  EXPECT_EQ(looked_at(forged), 1) << "one more a machine";
  EXPECT_EQ(looked_at(forged, "192.0.2.1", at(179'999)), 0);
  EXPECT_EQ(looked_at(forged, "2001:db8::1"), 5);
  api.store.failure = "gone";
  api.authorizer.reset();
  EXPECT_EQ(looked_at(forged), 5) << "without the store each machine counts for itself";
}

}  // namespace
}  // namespace portcullis
