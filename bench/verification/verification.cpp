// What a decision costs beside the signature check alone, in one process: whole decisions (path, route, credential,
// token, claims, requirement) against OpenSSL verifying the same signature with a context that it set up once.
//   verification_bench ROUNDS        prints each contestant's time a turn, a round each, as JSON; verification.mjs
//   judges
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "core/token/base64url.h"
#include "portcullis/authorizer.h"
#include "portcullis/json_writer.h"

namespace {
std::size_t allocations = 0;  // ours: OpenSSL's own do not come through operator new
}
void* operator new(std::size_t size) {
  ++allocations;
  if (void* place = std::malloc(size)) return place;
  throw std::bad_alloc{};
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}

namespace portcullis {
namespace {

constexpr std::int64_t at = 1767225600;  // 2026-01-01T00:00:00Z
constexpr std::size_t distinct = 2000;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

class Issuer {
 public:
  Issuer() : key_(EVP_RSA_gen(2048)) {}
  EVP_PKEY* key() const { return key_; }

  std::string jwks() const {
    std::string keys;
    for (const char* kid : {"bench-key-1", "bench-key-2"}) {
      BIGNUM* modulus = nullptr;
      EVP_PKEY_get_bn_param(key_, "n", &modulus);
      std::string n(256, '\0');
      BN_bn2bin(modulus, reinterpret_cast<unsigned char*>(n.data()));
      BN_free(modulus);
      keys += (keys.empty() ? "" : ",") + std::string{R"({"kty":"RSA","use":"sig","alg":"RS256","kid":")"} + kid +
              R"(","e":"AQAB","n":")" + base64url_encode(n) + "\"}";
    }
    return "{\"keys\":[" + keys + "]}";
  }

  std::string sign(const std::string& claims, const std::string& header) const {
    const std::string input = base64url_encode(header) + '.' + base64url_encode(claims);
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, octets(input), input.size());
    EVP_MD_CTX_free(context);
    return input + '.' + base64url_encode(signature);
  }

 private:
  EVP_PKEY* key_;
};

const std::string header = R"({"alg":"RS256","typ":"at+jwt","kid":"bench-key-1"})";

/// About 1,000 octets once signed, as Auth0's access tokens are.
std::string claims(std::size_t number, const std::string& instead = {}) {
  const std::string own = instead.empty()
                              ? R"("aud":["https://api.example.com","https://example.eu.auth0.com/userinfo"],"exp":)" +
                                    std::to_string(at + 3600)
                              : instead;
  return R"({"iss":"https://example.eu.auth0.com/","sub":"auth0|507f1f77bcf86cd7994)" + std::to_string(10000 + number) +
         R"(",)" + own + R"(,"iat":)" + std::to_string(at - 60) +
         R"(,"azp":"my_client_id_0123456789abcdef","scope":"openid profile email read:orders",)"
         R"("permissions":["read:orders","write:orders","read:items","write:items","admin"]})";
}

/// Everything one contestant does; called with the number of the turn.
struct Contestant {
  const char* name;
  double gate;                            // the ratio that it may cost; 0: it is what the others are compared with
  const char* beside;                     // which contestant is 1.00
  std::function<bool(std::size_t)> turn;  // whether it came out as it must
  std::vector<double> nanoseconds{};      // a round each
  std::size_t allocations = 0;            // of the last turn
};

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

int compare(int rounds) {
  const Issuer issuer;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < distinct; ++i) tokens.push_back(issuer.sign(claims(i), header));

  const Expectations expect{"https://example.eu.auth0.com/", NonEmpty<std::string>{"https://api.example.com"},
                            NonEmpty<Algorithm>{Algorithm::RS256}};
  const Requirement orders{AllOf{NonEmpty{Atom{Atom::Kind::scope, "read:orders"}}}};
  const auto authorizer_with = [&](std::size_t cached) {
    Rules rules{{{expect, LocalKeys{*KeySet::parse(issuer.jwks()), "bench"}}}, {{"GET /orders/{id}", orders}}};
    rules.cached_tokens = cached;
    return *Authorizer::make(std::move(rules), Secrets{});
  };
  const Authorizer forgetful = authorizer_with(0);
  const Authorizer remembering = authorizer_with(4 * distinct);
  const Now now{WallTime{std::chrono::seconds{at}}, {}};
  const auto decides = [&](const Authorizer& authorizer, const std::string& bearer, Reason reason) {
    const Header headers[] = {{"host", "api.example.com"}, {"authorization", bearer}};
    const Step step = authorizer.begin({"GET", "/orders/1234567890", "192.0.2.7", headers}, now);
    return std::get<Settled>(step).decision.reason == reason;
  };
  const auto bearers = [](const std::vector<std::string>& all) {
    std::vector<std::string> values;
    for (const std::string& token : all) values.push_back("Bearer " + token);
    return values;
  };
  const std::vector<std::string> good = bearers(tokens);

  // The floor: context and digest set up once, decoded octets at hand.
  struct Signed {
    std::string input, signature;
  };
  std::vector<Signed> decoded;
  for (const std::string& token : tokens) {
    const std::size_t dot = token.rfind('.');
    decoded.push_back({token.substr(0, dot), *base64url_decode(std::string_view{token}.substr(dot + 1))});
  }
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* digesting = EVP_MD_CTX_new();
  EVP_PKEY_CTX* verifying = EVP_PKEY_CTX_new(issuer.key(), nullptr);
  if (EVP_PKEY_verify_init(verifying) != 1 || EVP_PKEY_CTX_set_rsa_padding(verifying, RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(verifying, sha256) != 1)
    return 2;
  const auto bare = [&](std::size_t i) {
    unsigned char digest[32];
    const Signed& token = decoded[i % distinct];
    EVP_DigestInit_ex2(digesting, sha256, nullptr);
    EVP_DigestUpdate(digesting, token.input.data(), token.input.size());
    EVP_DigestFinal_ex(digesting, digest, nullptr);
    return EVP_PKEY_verify(verifying, octets(token.signature), token.signature.size(), digest, sizeof digest) == 1;
  };

  std::vector<Contestant> all;
  all.push_back({"OpenSSL: the signature alone", 0, nullptr, bare});
  const char* floor = all[0].name;
  all.push_back({"fresh token, allowed", 1.15, floor,
                 [&](std::size_t i) { return decides(forgetful, good[i % distinct], Reason::ok); }});
  const char* accepted = all[1].name;
  all.push_back({"one of 2,000 remembered tokens, allowed", 0, floor,
                 [&](std::size_t i) { return decides(remembering, good[i % distinct], Reason::ok); }});
  all.push_back({"a remembered token, allowed", 0.02, floor,
                 [&](std::size_t) { return decides(remembering, good[0], Reason::ok); }});

  struct Refused {
    const char* name;
    Reason reason;
    std::string token;
    double gate;
    const char* beside;
  };
  const std::string& one = tokens[0];
  std::string forged = one;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  const std::string aud = R"("aud":["https://api.example.com","https://example.eu.auth0.com/userinfo"],"exp":)";
  const std::vector<Refused> refusals{
      {"malformed: at its very end", Reason::malformed, one + "!", 0.05, floor},
      {"malformed: 8 KB, at its very end", Reason::malformed, std::string(8000, 'a') + "!", 0, floor},
      {"not_jws: an opaque token", Reason::not_jws, "opaque-access-token-0123456789", 0.05, floor},
      {"too_large: 64 KB", Reason::too_large, one + std::string(64 * 1024, 'a'), 0.05, floor},
      {"unknown_kid", Reason::unknown_kid, issuer.sign(claims(0), R"({"alg":"RS256","kid":"other"})"), 1.05, accepted},
      {"alg_not_allowed", Reason::alg_not_allowed, issuer.sign(claims(0), R"({"alg":"HS256","kid":"bench-key-1"})"),
       1.05, accepted},
      {"header_forbidden", Reason::header_forbidden, issuer.sign(claims(0), R"({"alg":"RS256","jku":"x"})"), 1.05,
       accepted},
      {"bad_json", Reason::bad_json, issuer.sign(claims(0) + "}", header), 1.05, accepted},
      {"bad_signature", Reason::bad_signature, forged, 1.05, accepted},
      {"bad_iss", Reason::bad_iss, issuer.sign(R"({"iss":"https://other/"})", header), 1.05, accepted},
      {"bad_aud", Reason::bad_aud, issuer.sign(claims(0, R"("aud":["a","b"],"exp":)" + std::to_string(at + 9)), header),
       1.05, accepted},
      {"bad_claim", Reason::bad_claim, issuer.sign(claims(0, aud + "\"soon\""), header), 1.05, accepted},
      {"wrong_token_type", Reason::wrong_token_type,
       issuer.sign(claims(0), R"({"alg":"RS256","typ":"dpop+jwt","kid":"bench-key-1"})"), 1.05, accepted},
      {"expired", Reason::expired, issuer.sign(claims(0, aud + std::to_string(at - 40)), header), 1.05, accepted},
      {"not_yet", Reason::not_yet,
       issuer.sign(claims(0, aud + std::to_string(at + 9) + ",\"nbf\":" + std::to_string(at + 99)), header), 1.05,
       accepted},
  };
  std::vector<std::string> refused_bearers;
  for (const Refused& row : refusals) refused_bearers.push_back("Bearer " + row.token);
  for (std::size_t row = 0; row < refusals.size(); ++row)
    all.push_back({refusals[row].name, refusals[row].gate, refusals[row].beside,
                   [&, row](std::size_t) { return decides(forgetful, refused_bearers[row], refusals[row].reason); }});

  for (Contestant& contestant : all) {              // warm, and whether it does what its name says
    for (std::size_t i = 0; i < 2 * distinct; ++i)  // a token is remembered when it comes again
      if (!contestant.turn(i)) {
        std::fprintf(stderr, "verification: %s: another outcome\n", contestant.name);
        return 2;
      }
    allocations = 0;
    contestant.turn(1);
    contestant.allocations = allocations;
  }
  for (int round = 0; round < rounds; ++round)
    for (Contestant& contestant : all) {
      const std::size_t turns = distinct;
      const double begun = cpu_nanoseconds();
      for (std::size_t i = 0; i < turns; ++i) contestant.turn(i);
      contestant.nanoseconds.push_back((cpu_nanoseconds() - begun) / static_cast<double>(turns));
    }

  JsonWriter json;
  json.begin_array();
  for (const Contestant& contestant : all) {
    json.begin_object().key("name").string(contestant.name).key("beside");
    json.string_or_null(contestant.beside ? std::optional<std::string_view>{contestant.beside} : std::nullopt);
    json.key("gate").raw(std::to_string(contestant.gate)).key("allocations");
    json.integer(static_cast<std::int64_t>(contestant.allocations)).key("nanoseconds").begin_array();
    for (const double value : contestant.nanoseconds) json.raw(std::to_string(value));
    json.end_array().end_object();
  }
  json.end_array();
  std::cout << json.text() << '\n';
  return 0;
}

}  // namespace
}  // namespace portcullis

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (rounds >= 1) return portcullis::compare(rounds);
  std::fprintf(stderr, "usage: verification_bench ROUNDS\n");
  return 2;
}
