// A token that is bound to its sender, with and without what proves the sender; every other token beside it.
#include "core/access/sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/access/requirement.h"
#include "core/token/certificate.h"
#include "tests/dpop_client.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string url = "https://api.example.com/orders";

/// No certificate: the thumbprint is of the bytes between the lines, whatever they are.
std::string pem_of(const std::string& base64) {
  return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
}
const std::string certificate = pem_of("Y2VydGlmaWNhdGU="), other_certificate = pem_of("b3RoZXI=");

struct Api {
  testing::Signer signer;
  testing::DpopClient client;
  Rules rules;
  std::optional<Authorizer> authorizer;
  Trace trace;
  std::vector<NeedReplayCheck> asked;   // of the store that machines share
  std::optional<ReplayOutcome> answer;  // what that says; nothing: as a store does
  std::set<ReplayKey> seen;             // by it
  int limit_questions = 0;

  explicit Api(DpopRules dpop = {}) {
    rules.issuers.push_back(signer.issuer());
    rules.routes = {{"GET /orders", AuthenticatedAccess{}, "rules:1"},
                    {"GET /proven", Requirement{NonEmpty<Condition>{BoundSender::dpop}}, "rules:2"},
                    {"GET /certified", Requirement{NonEmpty<Condition>{BoundSender::mtls}}, "rules:3"},
                    {"GET /open", PublicAccess{}, "rules:4"},
                    {"GET /scoped", AllOf{NonEmpty<Atom>{Atom{Atom::Kind::scope, "read"}}}, "rules:5"}};
    rules.dpop = std::move(dpop);
    make();
  }
  void make() { authorizer = *Authorizer::make(rules, {}); }
  /// One of several with a store in common.
  Authorizer machine(unsigned char number, StoreFailure when_store_fails = StoreFailure::local,
                     std::string_view password = "password") const {
    Rules shared = rules;
    shared.limit_store = LimitStore::shared;
    shared.when_store_fails = when_store_fails;
    Secrets secrets;
    secrets.seed.fill(number);
    secrets.shared_seed = shared_seed_of(password);
    return *Authorizer::make(std::move(shared), secrets);
  }

  std::string plain_token() const { return signer.sign(testing::claims()); }
  std::string key_token() const { return bound(R"("jkt":")" + client.thumbprint() + '"'); }
  std::string certificate_token() const {
    return bound(R"("x5t#S256":")" + thumbprint_of_certificate(certificate)->text + '"');
  }
  std::string bound(const std::string& members) const {
    return signer.sign(testing::claims(R"(,"cnf":{)" + members + '}'));
  }

  struct Sent {
    std::string authorization;
    std::vector<std::string> proofs{};
    std::string certificate{};
    std::string path = "/orders";
    seconds later{};
    std::string address = url;
  };
  Decision decide(const Sent& sent) { return decide_at(*authorizer, sent); }
  Decision decide_at(const Authorizer& machine, const Sent& sent) {
    std::vector<Header> headers{{"Authorization", sent.authorization}};
    for (const std::string& proof : sent.proofs) headers.push_back({"dPoP", proof});
    if (sent.authorization.empty()) headers.erase(headers.begin());
    Request request{"GET", sent.path, "", headers, sent.address, sent.certificate};
    Now now = testing::new_year();
    now.wall += sent.later;
    trace = {};
    Step step = machine.begin(request, now, &trace);
    while (auto* waits = std::get_if<Asked>(&step)) {
      Answer said = LimitOutcome{StoreFailed{"it counts nothing"}};
      if (const auto* question = std::get_if<NeedReplayCheck>(&waits->question))
        said = look_up(*question);
      else
        ++limit_questions;
      step = machine.resume(std::move(waits->pending), said, now);
    }
    return std::get<Settled>(std::move(step)).decision;
  }
  ReplayOutcome look_up(const NeedReplayCheck& question) {
    asked.push_back(question);
    if (answer) return *answer;
    return seen.insert(question.key).second ? ReplayVerdict::first_time : ReplayVerdict::seen;
  }
  bool was_told(std::string_view text) const {
    return std::any_of(trace.entries.begin(), trace.entries.end(),
                       [&](const Trace::Entry& entry) { return entry.text.find(text) != std::string::npos; });
  }
  std::string proof(const std::string& token, const std::string& id, const std::string& more = "") const {
    return client.prove("GET", url, token, id, more);
  }
};

TEST(Sender, IsProvenByTheSchemeAndTheProofOrTheCertificateThatTheTokenIsBoundTo) {
  Api api;
  const std::string plain = api.plain_token(), key = api.key_token(), cert = api.certificate_token();
  const std::string both = api.bound(R"("jkt":")" + api.client.thumbprint() + R"(","x5t#S256":")" +
                                     thumbprint_of_certificate(certificate)->text + '"');
  const testing::DpopClient thief;
  struct Row {
    const char* name;
    Api::Sent sent;
    Reason reason;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"unbound", {"Bearer " + plain}, Reason::ok},
           {"unbound, with a certificate", {"Bearer " + plain, {}, certificate}, Reason::ok},
           {"unbound, with a proof", {"Bearer " + plain, {api.proof(plain, "1")}}, Reason::bad_request},
           {"unbound, as DPoP", {"DPoP " + plain, {api.proof(plain, "2")}}, Reason::bad_claim},
           {"unbound, as DPoP, no proof", {"DPoP " + plain}, Reason::bad_claim},
           {"key", {"DPoP " + key, {api.proof(key, "3")}}, Reason::ok},
           {"key, scheme in other letters", {"dpop  " + key, {api.proof(key, "4")}}, Reason::ok},
           {"key, as Bearer", {"Bearer " + key}, Reason::dpop_missing},
           {"key, as Bearer with its proof", {"Bearer " + key, {api.proof(key, "5")}}, Reason::bad_request},
           {"key, no proof", {"DPoP " + key}, Reason::dpop_missing},
           {"key, empty proof", {"DPoP " + key, {""}}, Reason::dpop_invalid},
           {"key, two proofs", {"DPoP " + key, {api.proof(key, "6"), api.proof(key, "7")}}, Reason::dpop_invalid},
           {"key, joined proofs",
            {"DPoP " + key, {api.proof(key, "8") + "," + api.proof(key, "9")}},
            Reason::dpop_invalid},
           {"key, proof of another", {"DPoP " + key, {thief.prove("GET", url, key, "10")}}, Reason::dpop_invalid},
           {"key, proof for another token", {"DPoP " + key, {api.proof(plain, "11")}}, Reason::dpop_invalid},
           {"key, and a certificate", {"DPoP " + key, {api.proof(key, "12")}, certificate}, Reason::ok},
           {"certificate", {"Bearer " + cert, {}, certificate}, Reason::ok},
           {"certificate, as DPoP", {"DPoP " + cert, {}, certificate}, Reason::ok},
           {"certificate, as DPoP with a proof",
            {"DPoP " + cert, {api.proof(cert, "13")}, certificate},
            Reason::bad_claim},
           {"certificate, first of a chain", {"Bearer " + cert, {}, certificate + other_certificate}, Reason::ok},
           {"certificate, in one line",
            {"Bearer " + cert, {}, "-----BEGIN CERTIFICATE----- Y2Vy dGlmaWNhdGU= -----END CERTIFICATE-----"},
            Reason::ok},
           {"certificate, none", {"Bearer " + cert}, Reason::certificate_mismatch},
           {"certificate, another", {"Bearer " + cert, {}, other_certificate}, Reason::certificate_mismatch},
           {"certificate, second of a chain",
            {"Bearer " + cert, {}, other_certificate + certificate},
            Reason::certificate_mismatch},
           {"certificate, broken", {"Bearer " + cert, {}, pem_of("*")}, Reason::certificate_mismatch},
           {"certificate, a key",
            {"Bearer " + cert, {}, "-----BEGIN PUBLIC KEY-----\nY2VydGlmaWNhdGU=\n-----END PUBLIC KEY-----"},
            Reason::certificate_mismatch},
           {"certificate, no PEM", {"Bearer " + cert, {}, "certificate"}, Reason::certificate_mismatch},
           {"both", {"DPoP " + both, {api.proof(both, "14")}, certificate}, Reason::ok},
           {"both, no certificate", {"DPoP " + both, {api.proof(both, "15")}}, Reason::certificate_mismatch},
           {"both, no proof", {"DPoP " + both, {}, certificate}, Reason::dpop_missing},
           {"no token", {"", {api.proof(key, "16")}}, Reason::no_credentials}}) {
    const Decision decision = api.decide(row.sent);
    EXPECT_EQ(facts(decision.reason).code, facts(row.reason).code) << row.name << ": " << decision.detail;
    EXPECT_EQ(decision.passes(), row.reason == Reason::ok) << row.name;
    EXPECT_EQ(decision.token.has_value(), row.reason == Reason::ok) << row.name;
    // Neither detail nor trace can be replayed.
    for (const std::string& proof : row.sent.proofs)
      for (std::size_t at = 0; at + 12 <= proof.size(); at += 12) {
        EXPECT_EQ(decision.detail.find(proof.substr(at, 12)), std::string::npos) << row.name;
        for (const auto& entry : api.trace.entries)
          EXPECT_EQ(entry.text.find(proof.substr(at, 12)), std::string::npos) << row.name;
      }
    // A public route ignores credentials, and who is not proven is nobody there.
    Api::Sent open = row.sent;
    open.path = "/open";
    const Decision anonymous = api.decide(open);
    EXPECT_EQ(anonymous.reason, Reason::ok) << row.name;
    EXPECT_TRUE(row.reason == Reason::ok || !anonymous.token) << row.name;
  }
}

TEST(Sender, IsNotProvenTwiceByOneProof) {
  Api api;
  const std::string token = api.key_token();
  const Api::Sent sent{"DPoP " + token, {api.proof(token, "1")}};
  EXPECT_EQ(api.decide(sent).reason, Reason::ok);
  const Decision again = api.decide(sent);
  EXPECT_EQ(again.reason, Reason::dpop_replayed);
  EXPECT_EQ(challenge(again), R"(DPoP error="invalid_dpop_proof", algs="ES256")");
  EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "2")}}).reason, Reason::ok);
  Api::Sent late = sent;
  late.later = seconds{301};
  EXPECT_EQ(api.decide(late).reason, Reason::dpop_invalid) << "too old is told before seen";
}

TEST(Sender, IsNotProvenAtOneMachineByAProofThatAnotherHasSeen) {
  Api api;
  const std::string token = api.key_token();
  const Api::Sent first{"DPoP " + token, {api.proof(token, "1")}}, second{"DPoP " + token, {api.proof(token, "2")}};
  const Authorizer alone = *Authorizer::make(api.rules, {}), other_alone = *Authorizer::make(api.rules, {});
  EXPECT_EQ(api.decide_at(alone, first).reason, Reason::ok);
  EXPECT_EQ(api.decide_at(other_alone, first).reason, Reason::ok) << "without a store each process knows its own";
  EXPECT_TRUE(api.asked.empty());

  const Authorizer one = api.machine(1), other = api.machine(2);
  EXPECT_EQ(api.decide_at(one, first).reason, Reason::ok);
  EXPECT_TRUE(api.was_told("the shared store is asked whether the proof came before"));
  ASSERT_EQ(api.asked.size(), 1u);
  EXPECT_EQ(api.asked[0].remember, seconds{300 + 30} + milliseconds{1}) << "a machine's clock may be 30 s behind";
  EXPECT_EQ(api.decide_at(one, first).reason, Reason::dpop_replayed);
  EXPECT_EQ(api.asked.size(), 1u) << "what this process has seen it need not ask";
  const Decision replayed = api.decide_at(other, first);
  EXPECT_EQ(replayed.reason, Reason::dpop_replayed);
  EXPECT_FALSE(replayed.token);
  EXPECT_FALSE(replayed.passes());
  EXPECT_EQ(challenge(replayed), R"(DPoP error="invalid_dpop_proof", algs="ES256")");
  EXPECT_EQ(api.decide_at(other, second).reason, Reason::ok);

  const Authorizer stranger = api.machine(1, StoreFailure::local, "another password");
  EXPECT_EQ(api.decide_at(stranger, first).reason, Reason::ok) << "who has not the seed does not know the name";
}

TEST(Sender, IsAskedAboutOnlyWhereAProofPassed) {
  Api api;
  api.authorizer = api.machine(1);
  const std::string plain = api.plain_token(), key = api.key_token(), cert = api.certificate_token();
  EXPECT_EQ(api.decide({"Bearer " + plain}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"Bearer " + cert, {}, certificate}).reason, Reason::ok);
  EXPECT_EQ(api.decide({"DPoP " + key}).reason, Reason::dpop_missing);
  EXPECT_EQ(api.decide({"DPoP " + key, {api.proof(plain, "1")}}).reason, Reason::dpop_invalid);
  EXPECT_EQ(api.decide({""}).reason, Reason::no_credentials);
  EXPECT_TRUE(api.asked.empty());
  EXPECT_EQ(api.decide({"DPoP " + key, {api.proof(key, "1")}, "", "/scoped"}).reason, Reason::insufficient_scope);
  EXPECT_EQ(api.asked.size(), 1u) << "who calls is settled before what he may do";
}

TEST(Sender, IsDecidedByThePolicyWhereTheSharedStoreDoesNotAnswer) {
  const ReplayOutcome silence = StoreFailed{"redis:6379: no answer in time"};
  struct Row {
    StoreFailure when_store_fails;
    ReplayOutcome answer;
    const char* path;
    Reason reason;
    const char* detail;
    bool is_known;
  };
  constexpr auto by_itself =
      "the store of seen proofs: redis:6379: no answer in time; this process has not seen the proof";
  constexpr auto denied = "the store of seen proofs: redis:6379: no answer in time (when_store_fails: deny)";
  constexpr auto anonymous = "public route; the caller is anonymous";
  constexpr auto first_time = ReplayVerdict::first_time, seen = ReplayVerdict::seen;
  for (const Row& row : {
           Row{StoreFailure::local, first_time, "/orders", Reason::ok, "authenticated", true},
           Row{StoreFailure::local, seen, "/orders", Reason::dpop_replayed, "came before", false},
           Row{StoreFailure::local, ReplayOutcome{}, "/orders", Reason::dpop_replayed, "came before", false},
           Row{StoreFailure::local, silence, "/orders", Reason::ok, by_itself, true},
           Row{StoreFailure::allow, silence, "/orders", Reason::ok, by_itself, true},
           Row{StoreFailure::allow, StoreFailed{}, "/orders", Reason::ok, "seen proofs: no answer; this", true},
           Row{StoreFailure::allow, seen, "/orders", Reason::dpop_replayed, "came before", false},
           Row{StoreFailure::deny, first_time, "/orders", Reason::ok, "authenticated", true},
           Row{StoreFailure::deny, silence, "/orders", Reason::store_unavailable, denied, false},
           Row{StoreFailure::deny, silence, "/open", Reason::ok, anonymous, false},
           Row{StoreFailure::local, seen, "/open", Reason::ok, anonymous, false},
           Row{StoreFailure::local, first_time, "/open", Reason::ok, "public", true},
           Row{StoreFailure::local, silence, "/scoped", Reason::insufficient_scope, "needs scope:read", true},
       }) {
    Api api;
    api.authorizer = api.machine(1, row.when_store_fails);
    api.answer = row.answer;
    const std::string token = api.key_token(), at = "https://api.example.com" + std::string{row.path};
    const Api::Sent sent{"DPoP " + token, {api.client.prove("GET", at, token, "1")}, "", row.path, {}, at};
    const Decision decision = api.decide(sent);
    EXPECT_EQ(decision.reason, row.reason) << row.path << decision.detail;
    EXPECT_NE(decision.explanation().find(row.detail), std::string::npos) << decision.explanation();
    EXPECT_EQ(decision.token.has_value(), row.is_known) << row.path << decision.detail;
    EXPECT_EQ(api.asked.size(), 1u);
    const Decision again = api.decide(sent);
    EXPECT_FALSE(again.token) << "whatever the store says, what this process has seen is a replay";
    EXPECT_EQ(again.reason, row.path == std::string{"/open"} ? Reason::ok : Reason::dpop_replayed);
  }
}

TEST(Sender, IsNoReasonToWaitForTheSameStoreTwice) {
  for (const bool answers : {true, false}) {
    Api api;
    api.rules.limits.push_back(
        {"per-user", NonEmpty<Rate>{Rate{10, seconds{1}, 1}}, NonEmpty<LimitDimension>{LimitDimension{}}});
    api.rules.routes[0].limits = {"per-user"};
    api.authorizer = api.machine(1);
    if (!answers) api.answer = StoreFailed{"no answer in time"};
    const std::string token = api.key_token();
    EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "1")}}).reason, Reason::ok);
    EXPECT_EQ(api.limit_questions, answers ? 1 : 0);
    EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "2")}}).reason, Reason::rate_limited)
        << "each is counted here";
  }
}

TEST(Sender, IsNotRememberedFromARequestThatWasRefused) {
  Api api;
  const std::string token = api.key_token();
  const std::string proof = api.proof(token, "1");
  EXPECT_EQ(api.decide({"DPoP " + token + "x", {proof}}).reason, Reason::malformed);
  EXPECT_EQ(api.decide({"DPoP " + token, {proof}, "", "/orders", {}, ""}).reason, Reason::dpop_invalid);
  EXPECT_EQ(api.decide({"DPoP " + token, {proof}}).reason, Reason::ok);
}

TEST(Sender, IsAskedForANonceThatIsGoodForAWhile) {
  Api api{{.nonce = DpopNonce::required}};
  const std::string token = api.key_token();
  const Decision asked = api.decide({"DPoP " + token, {api.proof(token, "1")}});
  EXPECT_EQ(asked.reason, Reason::dpop_nonce);
  const auto headers = client_headers(asked);
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[0].value, R"(DPoP error="use_dpop_nonce", algs="ES256")");
  EXPECT_EQ(headers[1].name, "DPoP-Nonce");
  EXPECT_EQ(headers[2].value, "no-store");
  const std::string nonce = R"(,"nonce":")" + headers[1].value + '"';
  EXPECT_TRUE(client_headers(api.decide({"DPoP " + token, {api.proof(token, "2", nonce)}})).empty());
  const Decision renewed = api.decide({"DPoP " + token, {api.proof(token, "3", nonce)}, "", "/orders", seconds{150}});
  EXPECT_EQ(renewed.reason, Reason::ok) << renewed.detail;
  ASSERT_EQ(client_headers(renewed).size(), 2u) << "the next one, before this one is over";
  EXPECT_NE(client_headers(renewed)[0].value, headers[1].value);
  for (const char* other : {R"(,"nonce":"other")", R"(,"nonce":"")", R"(,"nonce":7)"})
    EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "4", other)}}).reason, Reason::dpop_nonce) << other;
  EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "5", nonce)}, "", "/orders", seconds{299}}).reason,
            Reason::ok);
  EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "6", nonce)}, "", "/orders", seconds{300}}).reason,
            Reason::dpop_nonce);
}

TEST(Sender, CanBeARequirement) {
  Api api;
  const std::string plain = api.plain_token(), key = api.key_token(), cert = api.certificate_token();
  const std::string proven_url = "https://api.example.com/proven";
  const std::string proof = api.client.prove("GET", proven_url, key, "1");
  struct Row {
    Api::Sent sent;
    Reason reason;
    const char* detail;
  };
  for (const Row& row : std::initializer_list<Row>{
           {{"DPoP " + key, {proof}, "", "/proven", {}, proven_url}, Reason::ok, "sender: dpop"},
           {{"Bearer " + plain, {}, "", "/proven"},
            Reason::dpop_missing,
            "needs sender dpop; token has no cnf.jkt: it is not bound to a DPoP key"},
           {{"Bearer " + cert, {}, certificate, "/proven"},
            Reason::dpop_missing,
            "needs sender dpop; token has no cnf.jkt: it is not bound to a DPoP key"},
           {{"Bearer " + cert, {}, certificate, "/certified"}, Reason::ok, "sender: mtls"},
           {{"Bearer " + plain, {}, certificate, "/certified"},
            Reason::certificate_mismatch,
            "needs sender mtls; token has no cnf.x5t#S256: it is not bound to a client certificate"}}) {
    const Decision decision = api.decide(row.sent);
    EXPECT_EQ(decision.reason, row.reason);
    EXPECT_EQ(decision.explanation(), row.detail);
    EXPECT_EQ(texts_of(decision.missing).size(), row.reason == Reason::ok ? 0u : 1u);
  }
}

TEST(Sender, IsGrantedNothingInAdvance) {
  Api api;
  for (const auto& [token, sent] : std::initializer_list<std::pair<std::string, Api::Sent>>{
           {"key", {"DPoP " + api.key_token()}},
           {"certificate", {"Bearer " + api.certificate_token(), {}, certificate}},
           {"unbound", {"Bearer " + api.plain_token()}}}) {
    Api::Sent whole = sent;
    if (token == "key") whole.proofs = {api.proof(sent.authorization.substr(5), "1")};
    const Decision decision = api.decide(whole);
    ASSERT_TRUE(decision.token) << token << decision.detail;
    const Grants grants = api.authorizer->grants(decision.token);
    EXPECT_EQ(grants.routes[0].allowed, token == "unbound");
    EXPECT_FALSE(grants.routes[1].allowed) << token;
    EXPECT_FALSE(grants.routes[2].allowed) << token;
    EXPECT_TRUE(grants.routes[3].allowed);
  }
}

TEST(Challenge, NamesTheSchemesThatTheRouteTakesAndTheErrorUnderTheOneThatWasUsed) {
  Api api;
  const std::string key = api.key_token(), plain = api.plain_token();
  const auto asked = [&](const Api::Sent& sent) { return challenge(api.decide(sent)); };
  EXPECT_EQ(asked({""}), R"(Bearer realm="api", DPoP algs="ES256")") << "a route asks for it, so it is offered";
  EXPECT_EQ(asked({"", {}, "", "/proven"}), R"(DPoP algs="ES256")");
  EXPECT_EQ(asked({"Bearer " + key}), R"(DPoP error="invalid_dpop_proof", algs="ES256")");
  EXPECT_EQ(asked({"Bearer a.b"}).substr(0, 28), R"(Bearer error="invalid_token")");
  EXPECT_TRUE(asked({"Bearer a.b"}).ends_with(R"(, DPoP algs="ES256")"));
  EXPECT_EQ(asked({"DPoP a.b"}).substr(0, 26), R"(DPoP error="invalid_token")");
  EXPECT_TRUE(asked({"DPoP a.b"}).ends_with(R"(, algs="ES256")"));
  EXPECT_EQ(asked({"DPoP " + plain}).substr(0, 26), R"(DPoP error="invalid_token")");
  EXPECT_EQ(asked({"DPoP " + key, {api.proof(key, "1")}, "", "/scoped", {}, url}).substr(0, 31),
            R"(DPoP error="insufficient_scope")");

  for (RouteRule& route : api.rules.routes) route.access = AuthenticatedAccess{};
  api.rules.dpop.algorithms = *NonEmpty<Algorithm>::from({Algorithm::ES256, Algorithm::PS256});
  api.make();
  EXPECT_EQ(asked({""}), R"(Bearer realm="api")") << "nobody configured DPoP";
  api.rules.dpop.offer = DpopOffer::announced;
  api.make();
  EXPECT_EQ(asked({""}), R"(Bearer realm="api", DPoP algs="ES256 PS256")");
}

TEST(DpopRules, ThatCannotBeMeantAreRefused) {
  Api api;
  for (const auto& [dpop, good] :
       std::initializer_list<std::pair<DpopRules, bool>>{{{.algorithms = NonEmpty<Algorithm>{Algorithm::HS256}}, false},
                                                         {{.algorithms = NonEmpty<Algorithm>{Algorithm::EdDSA}}, true},
                                                         {{.window = seconds{9}}, false},
                                                         {{.window = seconds{10}}, true},
                                                         {{.window = seconds{600}}, true},
                                                         {{.window = seconds{601}}, false}}) {
    api.rules.dpop = dpop;
    EXPECT_EQ(static_cast<bool>(Authorizer::make(api.rules, {})), good) << dpop.window.count();
  }
}

TEST(Sender, OfAReplacedConfigurationStaysWhoHeWasAndItsProofsStaySeen) {
  DpopRules dpop;
  dpop.window = seconds{60};
  Api api{dpop};
  const std::string token = api.key_token();
  const Api::Sent sent{"DPoP " + token, {api.proof(token, "1")}};
  EXPECT_EQ(api.decide(sent).reason, Reason::ok);
  api.rules.dpop.window = seconds{600};
  api.authorizer = *api.authorizer->successor(api.rules);
  EXPECT_EQ(api.decide(sent).reason, Reason::dpop_replayed);
  EXPECT_EQ(api.decide({"DPoP " + token, {api.proof(token, "2")}}).reason, Reason::ok);
  Api::Sent later = sent;
  later.later = seconds{120};
  EXPECT_EQ(api.decide(later).reason, Reason::dpop_invalid) << "forgotten meanwhile, so the longer window has to wait";
}

}  // namespace
}  // namespace portcullis
