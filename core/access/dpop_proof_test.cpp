// Every check of RFC 9449 §4.3, each refusal beside the proof that is accepted.
#include "core/access/dpop_proof.h"

#include <gtest/gtest.h>

#include "core/access/target_uri.h"
#include "tests/dpop_client.h"
#include "tests/signed_token.h"

namespace portcullis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string url = "https://api.example.com/orders/1";
const std::string token = "header.payload.signature";

/// A proof in parts, so that a test can spoil one of them.
struct Proof {
  const testing::DpopClient* client;
  std::string header = client->header();
  std::string id = R"("jti":"id-1",)", method = R"("htm":"GET",)", target = R"("htu":")" + url + R"(",)";
  std::string issued = R"("iat":1767225600,)", hash = R"("ath":")" + testing::hash_of_token(token) + '"', more{};

  std::string text() const { return client->sign(header, '{' + id + method + target + issued + hash + more + '}'); }
};

struct Judge {
  testing::DpopClient client;
  DpopRules rules{};

  Proof proof() const { return {&client}; }
  Result<DpopProof> judge(std::string_view compact, const std::string& method = "GET",
                          const std::string& request_url = url, seconds later = {}) const {
    return verify_proof(compact, {method, request_url, token, client.thumbprint()}, rules,
                        testing::new_year().wall + later);
  }
  /// The detail of the refusal; empty: accepted.
  std::string fault_of(const Proof& proof) const {
    const auto result = judge(proof.text());
    if (result) return {};
    EXPECT_EQ(result.error().reason, Reason::dpop_invalid);
    return result.error().detail;
  }
};

TEST(DpopProof, ThatFitsIsAcceptedWithAllThatIsKeptOfIt) {
  const Judge judge;
  const auto proof = judge.judge(judge.proof().text());
  ASSERT_TRUE(proof) << proof.error().detail;
  EXPECT_EQ(proof->id, "id-1");
  EXPECT_EQ(proof->uri, url);
  EXPECT_EQ(proof->nonce, std::nullopt);
  EXPECT_EQ(proof->until, testing::new_year().wall + seconds{300} + milliseconds{1});
}

TEST(DpopProof, OfTheStandardItselfFits) {
  // RFC 9449 §7.1, with its own clock.
  const std::string compact =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
      "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
      "In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
      "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFF"
      "byJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
  const ProofTarget target{"GET", "https://resource.example.org/protectedresource",
                           "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
                           "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"};
  const WallTime then{seconds{1562262618}};
  const auto proof = verify_proof(compact, target, {}, then);
  EXPECT_TRUE(proof) << proof.error().detail;
  EXPECT_FALSE(verify_proof(compact, target, {}, then + seconds{301}));

  // §4.1 is for the token endpoint: all fits but the token, which it does not name.
  const std::string for_token_endpoint =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
      "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
      "In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
      "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT"
      "3Lg";
  const auto early =
      verify_proof(for_token_endpoint, {"POST", "https://server.example.com/token", "a.b.c", target.thumbprint}, {},
                   WallTime{seconds{1562262616}});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().detail, "the proof has no ath that is a text");
}

TEST(DpopProof, IsOneSignedJwtAndNothingElse) {
  const Judge judge;
  const std::string good = judge.proof().text();
  ASSERT_TRUE(judge.judge(good));
  std::string forged = good;
  forged[forged.rfind('.') + 10] = forged[forged.rfind('.') + 10] == 'A' ? 'B' : 'A';
  std::string long_id = R"("jti":")" + std::string(4000, 'a') + R"(",)";
  Proof large = judge.proof();
  large.id = long_id;
  for (const std::string& bad :
       {std::string{}, good + "," + good, good + ", " + good, good + ".x", good.substr(0, good.rfind('.')), " " + good,
        good.substr(0, good.rfind('.') + 1), large.text(), forged, std::string(5000, 'a')}) {
    const auto result = judge.judge(bad);
    ASSERT_FALSE(result) << bad.size();
    EXPECT_EQ(result.error().reason, Reason::dpop_invalid);
  }
}

TEST(DpopProof, HasAHeaderThatBringsItsOwnPublicKeyAndNoOther) {
  const Judge judge;
  const auto header = [&](const std::string& type, const std::string& alg, const std::string& jwk,
                          const std::string& more = "") {
    Proof proof = judge.proof();
    proof.header = '{' + type + R"("alg":)" + alg + (jwk.empty() ? "" : R"(,"jwk":)" + jwk) + more + '}';
    return judge.fault_of(proof);
  };
  const std::string type = R"("typ":"dpop+jwt",)", alg = R"("ES256")", jwk = judge.client.jwk();
  EXPECT_EQ(header(type, alg, jwk), "");
  EXPECT_EQ(header(type, alg, judge.client.jwk(R"(,"kid":"a","use":"sig")")), "");
  for (const char* other :
       {"", R"("typ":"JWT",)", R"("typ":"DPoP+jwt",)", R"("typ":"application/dpop+jwt",)", R"("typ":1,)"})
    EXPECT_EQ(header(other, alg, jwk), "the proof's typ is not dpop+jwt") << other;
  for (const char* other : {R"("none")", R"("HS256")", R"("RS256")", R"("ES384")", R"("es256")", "1"})
    EXPECT_NE(header(type, other, jwk), "") << other;
  for (const char* more : {R"(,"kid":"a")", R"(,"crit":["exp"])", R"(,"b64":true)", R"(,"jku":"https://a.example/")",
                           R"(,"x5u":"https://a.example/")", R"(,"x5c":["AAAA"])", R"(,"x5t":"a")",
                           R"(,"x5t#S256":"a")", R"(,"zip":"DEF")", R"(,"cty":"a")"})
    EXPECT_NE(header(type, alg, jwk, more), "") << more;
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
    EXPECT_EQ(header(type, alg, judge.client.jwk(std::string{",\""} + member + R"(":"AAAA")")),
              "the proof's jwk holds private key material: that key is burnt")
        << member;
  const testing::Signer ed25519;  // a sound key of another type
  const std::string set = ed25519.jwks();
  const std::string other = set.substr(set.find("{\"kty"), set.rfind(']') - set.find("{\"kty"));
  EXPECT_EQ(header(type, alg, other), "the proof's jwk does not fit its alg");
  const testing::DpopClient stranger;
  EXPECT_EQ(header(type, alg, stranger.jwk()), "the proof's signature is not by the key in its jwk");
  for (const char* none : {"", "null", "[]", "\"a\"", "{}", R"({"kty":"oct"})", R"({"kty":"EC","crv":"P-256"})"})
    EXPECT_NE(header(type, alg, none), "") << none;
}

TEST(DpopProof, TakesOnlyTheConfiguredAlgorithms) {
  Judge judge;
  EXPECT_EQ(judge.fault_of(judge.proof()), "");
  judge.rules.algorithms = NonEmpty<Algorithm>{Algorithm::EdDSA};
  EXPECT_EQ(judge.fault_of(judge.proof()), "the proof's alg is not among dpop.algorithms");
}

TEST(DpopProof, HasEveryClaimWithItsType) {
  const Judge judge;
  struct Row {
    std::string Proof::*part;
    std::string written;
    bool accepted = false;
  };
  const std::string good_hash = testing::hash_of_token(token);
  for (const Row& row :
       std::initializer_list<Row>{{&Proof::id, R"("jti":")" + std::string(256, 'a') + R"(",)", true},
                                  {&Proof::id, R"("jti":")" + std::string(257, 'a') + R"(",)"},
                                  {&Proof::id, ""},
                                  {&Proof::id, R"("jti":"",)"},
                                  {&Proof::id, R"("jti":7,)"},
                                  {&Proof::id, R"("jti":"a","jti":"b",)"},
                                  {&Proof::method, ""},
                                  {&Proof::method, R"("htm":["GET"],)"},
                                  {&Proof::method, R"("htm":"get",)"},  // methods are case-sensitive: RFC 9110 §9.1
                                  {&Proof::method, R"("htm":"POST",)"},
                                  {&Proof::target, ""},
                                  {&Proof::target, R"("htu":null,)"},
                                  {&Proof::issued, R"("iat":1767225600.25,)", true},
                                  {&Proof::issued, R"("iat":1767225300,)", true},  // the oldest
                                  {&Proof::issued, R"("iat":1767225299.9,)"},
                                  {&Proof::issued, R"("iat":1767225630,)", true},  // the newest
                                  {&Proof::issued, R"("iat":1767225631,)"},
                                  {&Proof::issued, ""},
                                  {&Proof::issued, R"("iat":"1767225600",)"},
                                  {&Proof::issued, R"("iat":1e308,)"},
                                  {&Proof::issued, R"("iat":-1,)"},
                                  {&Proof::hash, R"("x":1)"},
                                  {&Proof::hash, R"("ath":"")"},
                                  {&Proof::hash, R"("ath":")" + good_hash + R"(=")"},
                                  {&Proof::hash, R"("ath":")" + testing::hash_of_token("header.payload.other") + '"'},
                                  {&Proof::more, R"(,"exp":1767225601)", true},
                                  {&Proof::more, R"(,"exp":1767225570)"},
                                  {&Proof::more, R"(,"exp":"later")"},
                                  {&Proof::more, R"(,"nbf":1767225630)", true},
                                  {&Proof::more, R"(,"nbf":1767225631)"},
                                  {&Proof::more, R"(,"nbf":true)"},
                                  {&Proof::more, R"(,"nonce":"n","other":{"a":[1]})", true}}) {
    Proof proof = judge.proof();
    proof.*row.part = row.written;
    EXPECT_EQ(judge.fault_of(proof).empty(), row.accepted) << row.written << ": " << judge.fault_of(proof);
  }
}

TEST(DpopProof, IsOfNoUseForAnotherKeyThanTheTokens) {
  const Judge judge;
  const testing::DpopClient thief;
  Proof proof{&thief};
  EXPECT_EQ(judge.fault_of(proof), "the proof's key is not the one that the token is bound to (cnf.jkt)");
}

TEST(DpopProof, FitsOneMethodAndOneUrl) {
  const Judge judge;
  const std::string proof = judge.proof().text();
  EXPECT_TRUE(judge.judge(proof, "GET", "HTTPS://API.example.com:443/x/../orders/%31?page=2#top"));
  struct Row {
    const char *method, *url, *detail;
  };
  for (const Row& row :
       {Row{"HEAD", "https://api.example.com/orders/1", "the proof's htm is not the method of this request"},
        Row{"", "https://api.example.com/orders/1", "the proof's htm is not the method of this request"},
        Row{"GET", "http://api.example.com/orders/1", "the proof's htu has another scheme than this request"},
        Row{"GET", "https://api.example.org/orders/1", "the proof's htu has another host than this request"},
        Row{"GET", "https://api.example.com:8443/orders/1", "the proof's htu has another host than this request"},
        Row{"GET", "https://api.example.com/orders/1/", "the proof's htu has another path than this request"},
        Row{"GET", "https://api.example.com/dev/orders/1", "the proof's htu has another path than this request"},
        Row{"GET", "", "the URL of this request is not known here, so htu cannot be compared"},
        Row{"GET", "/orders/1", "the URL of this request cannot be compared: it is no absolute URI"}}) {
    const auto result = judge.judge(proof, row.method, row.url);
    ASSERT_FALSE(result) << row.url;
    EXPECT_EQ(result.error().detail, row.detail);
  }
}

TEST(DpopProof, IsRefusedInWordsThatQuoteNoneOfIt) {
  const Judge judge;
  const std::string secret = "aXdjZGVmZ2hpamtsbW5vcA";
  for (std::string Proof::*part :
       {&Proof::id, &Proof::method, &Proof::target, &Proof::issued, &Proof::hash, &Proof::more, &Proof::header}) {
    Proof proof = judge.proof();
    proof.*part = part == &Proof::header ? R"({"alg":")" + secret + R"(","typ":")" + secret + R"("})"
                  : part == &Proof::hash ? R"("ath":")" + secret + '"'
                  : part == &Proof::more ? R"(,"exp":")" + secret + '"'
                                         : R"("jti":")" + secret + R"(","htm":")" + secret + R"(","iat":")" + secret +
                                               R"(","htu":"https://)" + secret + R"(/",)";
    const std::string detail = judge.fault_of(proof);
    EXPECT_NE(detail, "");
    EXPECT_EQ(detail.find(secret.substr(0, 8)), detail.npos) << detail;
  }
}

TEST(TargetUri, HasOneSpelling) {
  struct Row {
    const char *written, *normal;  // null: refused
  };
  for (const Row& row : {Row{"https://a.example", "https://a.example/"},
                         Row{"HtTpS://A.Example:443/", "https://a.example/"},
                         Row{"http://a.example:80", "http://a.example/"},
                         Row{"http://a.example:443/", "http://a.example:443/"},
                         Row{"https://a.example:/x", "https://a.example/x"},
                         Row{"https://a.example:0443/x", "https://a.example/x"},
                         Row{"https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"},
                         Row{"https://a.example/%7euser/%2f%c3%a9", "https://a.example/~user/%2F%C3%A9"},
                         Row{"https://a.example/a/./b/../c", "https://a.example/a/c"},
                         Row{"https://a.example/a/%2e%2E/b", "https://a.example/b"},
                         Row{"https://a.example/../..", "https://a.example/"},
                         Row{"https://a.example/a/..", "https://a.example/"},
                         Row{"https://a.example/a/.", "https://a.example/a/"},
                         Row{"https://a.example/a//b/", "https://a.example/a//b/"},
                         Row{"https://a.example/a?b=c://d", "https://a.example/a"},
                         Row{"https://a.example?x", "https://a.example/"},
                         Row{"https://a.example/a#b", "https://a.example/a"},
                         Row{"https://a.example/x/y://z", "https://a.example/x/y://z"},
                         Row{"https://user@a.example/", nullptr},
                         Row{"https://a.example:65536/", nullptr},
                         Row{"https://a.example:-1/", nullptr},
                         Row{"https://a.example:1:2/", nullptr},
                         Row{"https://[::1/", nullptr},
                         Row{"https://[::g]/", nullptr},
                         Row{"https:///x", nullptr},
                         Row{"https://a_b.example/", nullptr},
                         Row{"https://a.example//b", nullptr},
                         Row{"https://a.example/https://b.example", nullptr},
                         Row{"https://a.example/%", nullptr},
                         Row{"https://a.example/%4", nullptr},
                         Row{"https://a.example/%zz", nullptr},
                         Row{"https://a.example/a b", nullptr},
                         Row{"https://a.example/\xC3\xA9", nullptr},
                         Row{"https://a.example/a\\b", nullptr},
                         Row{"ftp://a.example/", nullptr},
                         Row{"a.example/x", nullptr},
                         Row{"https:a.example", nullptr},
                         Row{"", nullptr}}) {
    const auto normal = normal_target_uri(row.written);
    ASSERT_EQ(static_cast<bool>(normal), row.normal != nullptr) << row.written;
    if (!normal) continue;
    EXPECT_EQ(*normal, row.normal);
    EXPECT_EQ(*normal_target_uri(*normal), *normal) << "once more changes nothing";
  }
}

}  // namespace
}  // namespace portcullis
