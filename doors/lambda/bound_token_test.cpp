// Tokens bound to their sender, from the event to the answer. tokens.md §5.10, §5.11; gateway.md §2.
#include <gtest/gtest.h>

#include "core/token/certificate.h"
#include "doors/lambda/authorizer_function.h"
#include "doors/lambda/sender_hazards.h"
#include "tests/dpop_client.h"
#include "tests/fresh_and_cached.h"

namespace portcullis::lambda {
namespace {

using std::chrono::seconds;

const std::string arn = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/GET/users/42";
const std::string url = "https://api.example.com/dev/users/42";
const std::string pem = "-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";

std::string json_text(std::string_view text) {
  JsonWriter json;
  json.string(text);
  return std::move(json).text();
}

/// The same request in each form that API Gateway has for it.
struct Sent {
  std::string authorization, proof{}, certificate{};

  std::string headers() const {
    return R"("headers":{"Authorization":)" + json_text(authorization) +
           (proof.empty() ? "" : R"(,"DPoP":)" + json_text(proof)) + '}';
  }
  std::string certificate_in(const char* holder) const {
    return certificate.empty()
               ? std::string{}
               : std::string{",\""} + holder + R"(":{"clientCert":{"clientCertPem":)" + json_text(certificate) + "}}";
  }
  std::string rest() const {
    return R"({"type":"REQUEST","methodArn":")" + arn + R"(","path":"/users/42",)" + headers() +
           R"(,"requestContext":{"domainName":"api.example.com","path":"/dev/users/42")" + certificate_in("identity") +
           "}}";
  }
  std::string http_1() const {
    return R"({"version":"1.0","type":"REQUEST","methodArn":")" + arn + R"(","path":"/dev/users/42",)" + headers() +
           R"(,"requestContext":{"domainName":"api.example.com","path":"/dev/users/42")" + certificate_in("identity") +
           "}}";
  }
  std::string http_2() const {
    return R"({"version":"2.0","type":"REQUEST","routeArn":")" + arn + R"(","rawPath":"/dev/users/42",)" + headers() +
           R"(,"requestContext":{"domainName":"api.example.com","http":{"method":"GET"})" +
           certificate_in("authentication") + "}}";
  }
  /// Of a WebSocket API, and with a certificate and a path where nobody says that there could be any.
  std::string connect() const {
    return R"({"type":"REQUEST","methodArn":"arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/dev/$connect",)" +
           headers() + R"(,"requestContext":{"domainName":"api.example.com","path":"/dev")" +
           certificate_in("identity") + "}}";
  }
  std::string token() const {
    return R"({"type":"TOKEN","methodArn":")" + arn + R"(","authorizationToken":)" + json_text(authorization) + '}';
  }
};

struct Api {
  portcullis::testing::Signer signer;
  portcullis::testing::DpopClient client;
  std::optional<Authorizer> authorizer;
  std::optional<QuestionDesk> desk;
  config::Config config;

  Api() {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.routes = {{"GET /users/{id}", AuthenticatedAccess{}, "f:1"},
                    {"GET /users", AuthenticatedAccess{}, "f:2"},
                    {"$connect", AuthenticatedAccess{}, "f:3"}};
    authorizer = *Authorizer::make(std::move(rules), {});
    desk.emplace(
        *authorizer, [](const NeedKeys&, std::chrono::milliseconds) { return FetchOutcome{}; },
        [] { return portcullis::testing::new_year(); });
    config.lambda.policy = config::LambdaSettings::Policy::routes;
  }
  std::string token(const std::string& member) const {
    return signer.sign(portcullis::testing::claims(R"(,"cnf":{)" + member + '}'));
  }
  EventDecision decide(const std::string& event) {
    return decide_event(*authorizer, *desk, config, event, portcullis::testing::new_year(), seconds{1}, nullptr);
  }
};

TEST(BoundToken, IsAcceptedWithItsProofInEveryRequestEventAndAnsweredForItsOwnMethodAlone) {
  Api api;
  const std::string bound = api.token(R"("jkt":")" + api.client.thumbprint() + '"');
  int id = 0;
  for (std::string (Sent::*form)() const : {&Sent::rest, &Sent::http_1, &Sent::http_2}) {
    const auto proof = [&](const std::string& for_url) {
      return api.client.prove("GET", for_url, bound, "id-" + std::to_string(++id));
    };
    const auto good = api.decide((Sent{"DPoP " + bound, proof(url)}.*form)());
    EXPECT_EQ(good.decision.reason, Reason::ok) << good.decision.detail;
    EXPECT_EQ(good.result.own_method, OwnMethod::allowed);
    EXPECT_EQ(good.result.body.find("GET/users\""), std::string::npos) << good.result.body;
    EXPECT_FALSE(good.credential_hash.empty());
    const auto elsewhere = api.decide((Sent{"DPoP " + bound, proof("https://api.example.com/users/42")}.*form)());
    EXPECT_EQ(elsewhere.decision.detail, "the proof's htu has another path than this request");
    EXPECT_NE(elsewhere.result.own_method, OwnMethod::allowed);
    EXPECT_EQ(api.decide((Sent{"DPoP " + bound}.*form)()).decision.reason, Reason::dpop_missing);
    const std::string once = proof(url);
    EXPECT_EQ(api.decide((Sent{"DPoP " + bound, once + "," + proof(url)}.*form)()).decision.reason,
              Reason::dpop_invalid);
    api.config.lambda.public_base_url = "https://cdn.example.com/v1";
    EXPECT_EQ(api.decide((Sent{"DPoP " + bound, once}.*form)()).decision.detail,
              "the proof's htu has another host than this request");
    EXPECT_EQ(api.decide((Sent{"DPoP " + bound, proof("https://cdn.example.com/v1/users/42")}.*form)()).decision.reason,
              Reason::ok);
    api.config.lambda.public_base_url.clear();
  }
}

TEST(BoundToken, WhoseProofComesTwiceInOneEventIsRefused) {
  Api api;
  const std::string bound = api.token(R"("jkt":")" + api.client.thumbprint() + '"');
  const std::string one = api.client.prove("GET", url, bound, "1"), two = api.client.prove("GET", url, bound, "2");
  const std::string event = R"({"type":"REQUEST","methodArn":")" + arn +
                            R"(","multiValueHeaders":{"Authorization":["DPoP )" + bound + R"("],"dpop":[")" + one +
                            "\",\"" + two +
                            R"("]},"requestContext":{"domainName":"api.example.com","path":"/dev/users/42"}})";
  EXPECT_EQ(api.decide(event).decision.detail, "there are two DPoP headers");
}

TEST(BoundToken, IsAcceptedWithItsCertificateInEveryRequestEvent) {
  Api api;
  const std::string bound = api.token(R"("x5t#S256":")" + thumbprint_of_certificate(pem)->text + '"');
  for (std::string (Sent::*form)() const : {&Sent::rest, &Sent::http_1, &Sent::http_2}) {
    const auto good = api.decide((Sent{"Bearer " + bound, "", pem}.*form)());
    EXPECT_EQ(good.decision.reason, Reason::ok) << good.decision.detail;
    EXPECT_EQ(api.decide((Sent{"Bearer " + bound}.*form)()).decision.detail,
              "the token is bound to a client certificate, and there was none");
    EXPECT_EQ(api.decide((Sent{"Bearer " + bound, "", "x" + pem}.*form)()).decision.reason,
              Reason::certificate_mismatch);
  }
}

TEST(BoundToken, IsRefusedByATokenAuthorizerWhichIsToldWhatToDo) {
  Api api;
  for (const auto& [authorization, reason] : std::initializer_list<std::pair<std::string, Reason>>{
           {"DPoP " + api.token(R"("jkt":")" + api.client.thumbprint() + '"'), Reason::dpop_missing},
           {"Bearer " + api.token(R"("jkt":")" + api.client.thumbprint() + '"'), Reason::dpop_missing},
           {"Bearer " + api.token(R"("x5t#S256":")" + thumbprint_of_certificate(pem)->text + '"'),
            Reason::certificate_mismatch}}) {
    const auto decided = api.decide(Sent{authorization}.token());
    EXPECT_EQ(decided.decision.reason, reason);
    EXPECT_TRUE(decided.decision.detail.ends_with("use a REQUEST authorizer")) << decided.decision.detail;
  }
  EXPECT_EQ(api.decide(Sent{"Bearer " + api.signer.sign(portcullis::testing::claims())}.token()).decision.reason,
            Reason::ok);
}

TEST(Policy, NeverHoldsARouteThatNeedsASender) {
  portcullis::testing::Signer signer;
  for (const DefaultAccess fallback : {DefaultAccess::deny, DefaultAccess::authenticated}) {
    Rules rules;
    rules.issuers.push_back(signer.issuer());
    rules.fallback = fallback;
    rules.routes = {{"GET /users/{id}", AuthenticatedAccess{}, "f:1"},
                    {"GET /proven", Requirement{NonEmpty<Condition>{BoundSender::dpop}}, "f:2"},
                    {"GET /certified", Requirement{NonEmpty<Condition>{BoundSender::mtls}}, "f:3"}};
    const auto authorizer = Authorizer::make(std::move(rules), {});
    const std::string value = "Bearer " + signer.sign(portcullis::testing::claims());
    const Header header{"authorization", value};
    const Step step = authorizer->begin({"GET", "/users/42", "", {&header, 1}}, portcullis::testing::new_year());
    const Decision& decision = std::get<Settled>(step).decision;
    ASSERT_TRUE(decision.passes());
    const PolicyDocument policy = policy_for(decision, authorizer->grants(decision.token), *MethodArn::parse(arn),
                                             config::LambdaSettings::Policy::routes);
    const std::string stage = arn.substr(0, arn.find("GET/"));
    EXPECT_TRUE(testing::allows(policy, arn));
    EXPECT_EQ(testing::allows(policy, stage + "GET/unlisted"), fallback == DefaultAccess::authenticated);
    for (const char* guarded : {"GET/proven", "GET/certified"})
      EXPECT_FALSE(testing::allows(policy, stage + guarded)) << policy.json();
  }
}

TEST(BoundToken, IsRefusedAtAWebSocketWhoseHandshakeTellsNoUrlAndNoCertificate) {
  Api api;
  api.config.lambda.public_base_url = "https://api.example.com/dev";
  const std::string by_key = api.token(R"("jkt":")" + api.client.thumbprint() + '"');
  const std::string by_certificate = api.token(R"("x5t#S256":")" + thumbprint_of_certificate(pem)->text + '"');
  const auto proof = [&](const char* method, const char* path) {
    return api.client.prove(method, std::string{"https://api.example.com"} + path, by_key, "1");
  };
  for (const auto& [sent, reason] : std::initializer_list<std::pair<Sent, Reason>>{
           {{"DPoP " + by_key}, Reason::dpop_missing},
           {{"Bearer " + by_key}, Reason::dpop_missing},
           {{"DPoP " + by_key, proof("GET", "/dev")}, Reason::dpop_invalid},
           {{"DPoP " + by_key, proof("GET", "/dev/$connect")}, Reason::dpop_invalid},
           {{"DPoP " + by_key, proof("", "/dev$connect")}, Reason::dpop_invalid},
           {{"Bearer " + by_certificate, "", pem}, Reason::certificate_mismatch}}) {
    const auto decided = api.decide(sent.connect());
    EXPECT_EQ(decided.decision.reason, reason);
    EXPECT_TRUE(decided.decision.detail.ends_with("use a token that is not bound to its sender"))
        << decided.decision.detail;
    EXPECT_NE(decided.result.own_method, OwnMethod::allowed);
  }
  const std::string plain = api.signer.sign(portcullis::testing::claims());
  EXPECT_EQ(api.decide(Sent{"Bearer " + plain}.connect()).decision.reason, Reason::ok);
  EXPECT_EQ(api.decide(Sent{"Bearer " + plain, proof("GET", "/dev")}.connect()).decision.reason, Reason::bad_request);
}

TEST(SenderHazards, AreANonceThatNobodyCouldLearnAndACacheThatAsksForNoProof) {
  config::Config config;
  EXPECT_TRUE(sender_faults(config).empty());
  EXPECT_TRUE(sender_warnings(config).empty());
  config.rules.dpop.offer = DpopOffer::announced;
  config.written["dpop"] = {"f:3:1", {}};
  ASSERT_EQ(sender_warnings(config).size(), 1u);
  EXPECT_EQ(sender_warnings(config)[0].place, "f:3:1");
  config.lambda.cache = seconds{0};
  EXPECT_TRUE(sender_warnings(config).empty());
  config.rules.routes = {{"$connect", AuthenticatedAccess{}, "f:8:9"}};
  EXPECT_TRUE(sender_warnings(config).empty());
  config.rules.routes[0].access = Requirement{NonEmpty<Condition>{BoundSender::mtls}};
  ASSERT_EQ(sender_warnings(config).size(), 1u);
  EXPECT_EQ(sender_warnings(config)[0].place, "f:8:9");
  config.rules.dpop.nonce = DpopNonce::required;
  EXPECT_EQ(sender_faults(config).size(), 1u);
}

}  // namespace
}  // namespace portcullis::lambda
