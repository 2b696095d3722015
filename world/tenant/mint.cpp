#include "world/tenant/mint.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "edge/system/files.h"
#include "edge/system/random.h"
#include "portcullis/json_writer.h"
#include "world/encoding/base64.h"

namespace portcullis::world {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* owned) const noexcept {
    release(owned);
  }
};
using PkeyPointer = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using X509Pointer = std::unique_ptr<X509, Release<X509_free>>;
using BioPointer = std::unique_ptr<BIO, Release<BIO_free_all>>;
using BignumPointer = std::unique_ptr<BIGNUM, Release<BN_free>>;
using DigestPointer = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

constexpr unsigned key_bits = 2048;
constexpr long certificate_seconds = 10L * 365 * 24 * 3600;  // nobody checks it; it only must not be in the way
constexpr std::size_t pem_limit = 16 * 1024;

std::string digest(std::string_view bytes, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, algorithm, nullptr);
  return {reinterpret_cast<const char*>(out.data()), length};
}

/// A public number of the key as RFC 7518 §6.3.1 writes it: big-endian, no leading zero, base64url.
std::string number(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, name, &raw);
  const BignumPointer value{raw};
  if (!value) return {};
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(value.get())), '\0');
  BN_bn2bin(value.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return base64url(bytes);
}

std::string der(X509* certificate) {
  unsigned char* raw = nullptr;
  const int length = i2d_X509(certificate, &raw);
  if (length < 0) return {};
  std::string bytes{reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length)};
  OPENSSL_free(raw);
  return bytes;
}

std::string contents(BIO* bio) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

X509Pointer self_signed_certificate(EVP_PKEY* key) {
  X509Pointer certificate{X509_new()};
  if (!certificate) return nullptr;
  std::array<unsigned char, 8> serial{};
  system::fill_random(serial);
  serial[0] &= 0x7F;  // positive: RFC 5280 §4.1.2.2
  const BignumPointer serial_number{BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr)};
  BN_to_ASN1_INTEGER(serial_number.get(), X509_get_serialNumber(certificate.get()));
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), certificate_seconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  constexpr std::string_view common_name = "portcullis development tenant";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  return X509_sign(certificate.get(), key, EVP_sha256()) > 0 ? std::move(certificate) : nullptr;
}

std::string header_json(std::string_view kid) {
  return JsonWriter{}
      .begin_object()
      .key("alg")
      .string("RS256")
      .key("typ")
      .string("JWT")
      .key("kid")
      .string(kid)
      .end_object()
      .text();
}

}  // namespace

struct SigningKey::Material {
  PkeyPointer key;
  X509Pointer certificate;
  std::string n, e, kid;
};

SigningKey SigningKey::assemble(std::shared_ptr<Material> material) {
  material->n = number(material->key.get(), OSSL_PKEY_PARAM_RSA_N);
  material->e = number(material->key.get(), OSSL_PKEY_PARAM_RSA_E);
  // RFC 7638 §3.2: the required members only, in lexicographic order, without white space
  const std::string canonical = R"({"e":")" + material->e + R"(","kty":"RSA","n":")" + material->n + R"("})";
  material->kid = base64url(digest(canonical, EVP_sha256()));
  return SigningKey{std::move(material)};
}

Result<SigningKey, std::string> SigningKey::generate() {
  auto material = std::make_shared<Material>();
  material->key.reset(EVP_RSA_gen(key_bits));
  if (!material->key) return std::string{"OpenSSL cannot make an RSA key"};
  material->certificate = self_signed_certificate(material->key.get());
  if (!material->certificate) return std::string{"OpenSSL cannot make a certificate"};
  return assemble(std::move(material));
}

Result<SigningKey, std::string> SigningKey::from_pem(std::string_view pem) {
  auto material = std::make_shared<Material>();
  const BioPointer in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  material->key.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!material->key || EVP_PKEY_get_base_id(material->key.get()) != EVP_PKEY_RSA)
    return std::string{"holds no RSA private key"};
  material->certificate.reset(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!material->certificate) return std::string{"holds no certificate"};
  if (X509_check_private_key(material->certificate.get(), material->key.get()) != 1)
    return std::string{"holds a certificate of another key"};
  return assemble(std::move(material));
}

std::string SigningKey::to_pem() const {
  const BioPointer out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PKCS8PrivateKey(out.get(), material_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return contents(out.get()) + certificate_pem();
}

const std::string& SigningKey::kid() const noexcept {
  return material_->kid;
}

std::string SigningKey::jwk() const {
  const std::string certificate = der(material_->certificate.get());
  return JsonWriter{}
      .begin_object()
      .key("alg")
      .string("RS256")
      .key("kty")
      .string("RSA")
      .key("use")
      .string("sig")
      .key("n")
      .string(material_->n)
      .key("e")
      .string(material_->e)
      .key("kid")
      .string(material_->kid)
      .key("x5t")
      .string(base64url(digest(certificate, EVP_sha1())))  // RFC 7517 §4.8: SHA-1 of the DER
      .key("x5c")
      .begin_array()
      .string(base64(certificate))
      .end_array()
      .end_object()
      .text();
}

std::string SigningKey::certificate_pem() const {
  const BioPointer out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(out.get(), material_->certificate.get());
  return contents(out.get());
}

std::string SigningKey::sign_rs256(std::string_view payload_json) const {
  const std::string input = base64url(header_json(material_->kid)) + '.' + base64url(payload_json);
  const DigestPointer context{EVP_MD_CTX_new()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t length = 0;
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, material_->key.get());
  EVP_DigestSign(context.get(), nullptr, &length, bytes, input.size());
  std::string signature(length, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes, input.size());
  signature.resize(length);
  return input + '.' + base64url(signature);
}

namespace {

std::string current_path(const std::string& directory) {
  return directory + "/current.pem";
}
std::string next_path(const std::string& directory) {
  return directory + "/next.pem";
}
std::string previous_path(const std::string& directory) {
  return directory + "/previous.pem";
}

Result<SigningKey, std::string> open_or_make(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) {
    const auto pem = system::read_file(path, pem_limit);
    if (!pem) return pem.error().message;
    auto key = SigningKey::from_pem(*pem);
    if (!key) return path + ": " + key.error();
    return key;
  }
  auto made = SigningKey::generate();
  if (!made) return made;
  const auto written = system::write_file(path, made->to_pem(), 0600);
  if (!written) return written.error();
  return made;
}

}  // namespace

Mint::Mint(SigningKey current, SigningKey next) : current_(std::move(current)), next_(std::move(next)) {}

Result<Mint, std::string> Mint::open(const std::string& directory) {
  const auto made = system::make_private_directory(directory);
  if (!made) return made.error();
  auto current = open_or_make(current_path(directory));
  if (!current) return current.error();
  auto next = open_or_make(next_path(directory));
  if (!next) return next.error();
  Mint mint{*std::move(current), *std::move(next)};
  mint.directory_ = directory;
  if (access(previous_path(directory).c_str(), F_OK) != 0) return mint;
  auto previous = open_or_make(previous_path(directory));
  if (!previous) return previous.error();
  mint.previous_ = *std::move(previous);
  return mint;
}

Result<Done, std::string> Mint::rotate() {
  auto made = SigningKey::generate();
  if (!made) return made.error();
  previous_ = std::move(current_);
  current_ = std::move(next_);
  next_ = *std::move(made);
  return keep();
}

Result<Done, std::string> Mint::revoke_previous() {
  previous_.reset();
  return keep();
}

Result<Done, std::string> Mint::keep() const {
  if (directory_.empty()) return Done{};
  if (!previous_) unlink(previous_path(directory_).c_str());
  if (previous_) {  // first: a start after a crash here publishes one key twice, and loses none
    auto written = system::write_file(previous_path(directory_), previous_->to_pem(), 0600);
    if (!written) return written;
  }
  if (auto written = system::write_file(current_path(directory_), current_.to_pem(), 0600); !written) return written;
  return system::write_file(next_path(directory_), next_.to_pem(), 0600);
}

std::optional<std::string> Mint::read_own(std::string_view token) const {
  const auto first = token.find('.'), second = token.rfind('.');
  if (first == second) return std::nullopt;
  auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
  if (!payload) return std::nullopt;
  // PKCS #1 v1.5 is deterministic (RFC 8017 §8.2.1): what we would sign again is what we signed
  const auto ours = [&](const SigningKey& key) { return key.sign_rs256(*payload) == token; };
  const bool known = ours(current_) || ours(next_) || (previous_ && ours(*previous_));
  return known ? payload : std::nullopt;
}

std::optional<std::string> Mint::sign_with_unknown_key(std::string_view payload_json) {
  if (!stranger_) {
    auto made = SigningKey::generate();
    if (!made) return std::nullopt;
    stranger_ = *std::move(made);
  }
  return stranger_->sign_rs256(payload_json);
}

std::string Mint::jwks() const {
  JsonWriter json;
  json.begin_object().key("keys").begin_array();
  json.raw(current_.jwk()).raw(next_.jwk());
  if (previous_) json.raw(previous_->jwk());
  return json.end_array().end_object().text();
}

std::string Mint::jwks_tag() const {
  constexpr std::size_t enough = 8;  // characters of a thumbprint
  std::string tag = '"' + current_.kid().substr(0, enough) + next_.kid().substr(0, enough);
  if (previous_) tag += previous_->kid().substr(0, enough);
  return tag + '"';
}

}  // namespace portcullis::world
