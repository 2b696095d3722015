// Our verdict on a signature is OpenSSL's own, asked plainly: the good tokens of the vectors, changed in any way.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <vector>

#include "core/token/base64url.h"
#include "portcullis/json_writer.h"
#include "portcullis/keys.h"
#include "tests/vector_file.h"

namespace {

using namespace portcullis;
using portcullis::testing::text;

const unsigned char* octets(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// --- the plain way: no code of ours

using PlainKey = std::shared_ptr<EVP_PKEY>;

PlainKey made_of(const char* type, OSSL_PARAM_BLD* numbers) {
  EVP_PKEY* key = nullptr;
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(numbers);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
  if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    std::abort();
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(numbers);
  return {key, EVP_PKEY_free};
}

PlainKey plain_key(const Json& jwk) {
  const auto member = [&](const char* name) { return base64url_decode(text(jwk, name)).value_or(""); };
  if (text(jwk, "kty") == "OKP")
    return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(member("x")), 32), EVP_PKEY_free};
  OSSL_PARAM_BLD* numbers = OSSL_PARAM_BLD_new();
  if (text(jwk, "kty") == "EC") {
    const std::string curve = text(jwk, "crv"), point = '\4' + member("x") + member("y");
    OSSL_PARAM_BLD_push_utf8_string(numbers, OSSL_PKEY_PARAM_GROUP_NAME, curve.c_str(), 0);
    OSSL_PARAM_BLD_push_octet_string(numbers, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return made_of("EC", numbers);
  }
  const std::string n = member("n"), e = member("e");
  BIGNUM* modulus = BN_bin2bn(octets(n), static_cast<int>(n.size()), nullptr);
  BIGNUM* exponent = BN_bin2bn(octets(e), static_cast<int>(e.size()), nullptr);
  OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_E, exponent);
  PlainKey key = made_of("RSA", numbers);
  BN_free(modulus);
  BN_free(exponent);
  return key;
}

std::string der_integer(std::string number) {  // X.690 §8.3: the shortest form, and never negative
  while (number.size() > 1 && number[0] == '\0') number.erase(0, 1);
  if (static_cast<unsigned char>(number[0]) > 127) number.insert(0, 1, '\0');
  return std::string{'\2', static_cast<char>(number.size())} + number;
}

std::string der_pair(const std::string& signature) {
  const std::string pair =
      der_integer(signature.substr(0, signature.size() / 2)) + der_integer(signature.substr(signature.size() / 2));
  const std::string long_form = pair.size() > 127 ? "\x81" : "";
  return '\x30' + long_form + static_cast<char>(pair.size()) + pair;
}

const EVP_MD* plain_digest(const std::string& alg) {
  if (alg.ends_with("256")) return EVP_sha256();
  if (alg.ends_with("384")) return EVP_sha384();
  return alg.ends_with("512") ? EVP_sha512() : nullptr;
}

bool plainly_good(const std::string& alg, EVP_PKEY* key, const std::string& input, std::string signature) {
  if (alg.starts_with("ES")) {
    const std::size_t size = alg == "ES256" ? 64 : alg == "ES384" ? 96 : 132;  // RFC 7518 §3.4
    if (signature.size() != size) return false;
    signature = der_pair(signature);
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  bool good = EVP_DigestVerifyInit(context, &options, plain_digest(alg), nullptr, key) == 1;
  if (good && alg.starts_with("PS"))
    good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, EVP_MD_get_size(plain_digest(alg))) == 1;
  good = good && EVP_DigestVerify(context, octets(signature), signature.size(), octets(input), input.size()) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return good;
}

// --- what is changed

struct GoodToken {
  std::string alg, header, payload, signature;
  KeySet ours;
  PlainKey plain;
};

std::vector<GoodToken> good_tokens() {
  const auto file = testing::vector_file("tokens.json");
  std::vector<GoodToken> tokens;
  const Json configs = *file.root().find("configs"), cases = *file.root().find("cases");
  for (const Json config : configs) {
    const std::string name = text(config, "name");
    const bool baseline = name == "rs256" || name.starts_with("only-");
    if (!baseline) continue;
    const Json jwks = *config.find("jwks");
    JsonWriter document;
    write_json(document, jwks);
    for (const Json test : cases) {
      if (text(test, "config") != name || text(test, "expect") != "ok") continue;
      const std::string token = text(test, "token");
      const std::size_t first = token.find('.'), last = token.rfind('.');
      tokens.push_back({name == "rs256" ? "RS256" : name.substr(5), token.substr(0, first),
                        token.substr(first + 1, last - first - 1), *base64url_decode(token.substr(last + 1)),
                        *KeySet::parse(document.text()), plain_key(*jwks.find("keys")->begin())});
      break;
    }
  }
  if (tokens.size() < 11) std::abort();  // one an algorithm
  return tokens;
}

}  // namespace

// The first octet picks a token; then come changes of three octets: where, what, and which kind.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<GoodToken> tokens = good_tokens();
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (size == 0) return 0;
  GoodToken token = tokens[data[0] % tokens.size()];
  for (std::size_t i = 1; i + 3 <= size; i += 3) {
    const std::size_t where = data[i];
    const auto what = static_cast<char>(data[i + 1]);
    std::string& signature = token.signature;
    switch (data[i + 2] % 5) {
      case 0:
        if (!signature.empty()) signature[where % signature.size()] ^= what;
        break;
      case 1:
        signature.resize(where * 2, what);
        break;
      case 2:
        signature.insert(where % (signature.size() + 1), 1, what);
        break;
      case 3:
        signature.assign(reinterpret_cast<const char*>(data) + i + 3, size - i - 3);
        i = size;
        break;
      default:
        token.payload[where % token.payload.size()] = letters[static_cast<unsigned char>(what) % letters.size()];
    }
  }
  const std::string input = token.header + '.' + token.payload;
  const auto ours = check_signature(input + '.' + base64url_encode(token.signature), token.ours, {});
  const bool plain = plainly_good(token.alg, token.plain.get(), input, token.signature);
  if (ours && !plain) std::abort();
  if (!ours && plain && ours.error().reason == Reason::bad_signature) std::abort();
  return 0;
}
