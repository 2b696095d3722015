// Keys are taken out of certificates without OpenSSL's decoders; OpenSSL says what should have come out.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "core/token/base64url.h"
#include "core/token/key_material.h"
#include "tests/vector_file.h"

namespace portcullis {
namespace {

using testing::text;

std::string pem_case(std::string_view id) {
  const auto file = testing::vector_file("pem.json");
  const Json cases = *file.root().find("cases");
  for (const Json one : cases)
    if (text(one, "id") == id) return text(one, "pem");
  ADD_FAILURE() << "no case " << id;
  return {};
}

std::string der_of(const std::string& pem) {
  std::string body;
  for (std::size_t begin = pem.find('\n') + 1; pem[begin] != '-'; begin = pem.find('\n', begin) + 1)
    body += pem.substr(begin, pem.find('\n', begin) - begin);
  return base64_decode(body).value_or("");
}

/// What came of it, so that two readings can be compared: thumbprint and end, or that it was refused.
std::string outcome(const Result<CertifiedKey, std::string>& read) {
  if (!read) return "refused";
  const auto end = read->not_after ? std::to_string(read->not_after->time_since_epoch().count()) : "no end";
  return thumbprint_of(read->key) + ' ' + end;
}

Result<CertifiedKey, std::string> by_openssl_alone(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                                                &X509_free};
  EvpKey key{certificate && at == end ? X509_get_pubkey(certificate.get()) : nullptr};
  ERR_clear_error();
  if (!key) return std::string{"refused"};
  auto admitted = admit_public_key(std::move(key));
  if (!admitted) return admitted.error();
  std::optional<std::chrono::sys_seconds> not_after;
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) == 1)
    not_after = std::chrono::sys_seconds{std::chrono::seconds{timegm(&parts)}};
  return CertifiedKey{*std::move(admitted), not_after};
}

TEST(EncodedKey, OfACertificateIsWhatOpensslReadsWhicheverOctetIsChanged) {
  const std::string good = der_of(pem_case("certificate/normal"));
  ASSERT_GT(good.size(), 500u);
  ASSERT_NE(outcome(key_of_certificate(good)), "refused");
  int refused = 0, accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int change : {0x01, 0x02, 0x10, 0x20, 0x80, 0xFF}) {
      std::string der = good;
      der[i] = static_cast<char>(der[i] ^ change);
      const std::string expected = outcome(by_openssl_alone(der));
      EXPECT_EQ(outcome(key_of_certificate(der)), expected) << "octet " << i << " ^ " << change;
      ++(expected == "refused" ? refused : accepted);
    }
  EXPECT_GT(refused, 100);
  EXPECT_GT(accepted, 100);
}

TEST(EncodedKey, OfACertificateCutAnywhereOrWithOctetsBehindIsRefused) {
  const std::string good = der_of(pem_case("certificate/normal"));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(key_of_certificate(good.substr(0, size))) << size;
  EXPECT_FALSE(key_of_certificate(good + '\0'));
  EXPECT_TRUE(key_of_certificate(good));
}

std::string outcome(const Result<AnyKey, std::string>& read) {
  return read ? thumbprint_of(*read) : "refused";
}

Result<AnyKey, std::string> info_by_openssl_alone(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  EvpKey key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!key || at != end) return std::string{"refused"};
  return admit_public_key(std::move(key));
}

TEST(EncodedKey, OfAPublicKeyInfoIsWhatOpensslReadsWhicheverOctetIsChanged) {
  const std::string good = der_of(pem_case("public-key/normal"));
  ASSERT_TRUE(key_of_public_key_info(good));
  int refused = 0, accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int change : {0x01, 0x02, 0x10, 0x20, 0x80, 0xFF}) {
      std::string der = good;
      der[i] = static_cast<char>(der[i] ^ change);
      const std::string expected = outcome(info_by_openssl_alone(der));
      EXPECT_EQ(outcome(key_of_public_key_info(der)), expected) << "octet " << i << " ^ " << change;
      ++(expected == "refused" ? refused : accepted);
    }
  EXPECT_GT(refused, 50);
  EXPECT_GT(accepted, 50);
}

TEST(EncodedKey, OfAPublicKeyInfoHasNothingBehindItAndInsideWhatOpensslTakes) {
  const std::string good = der_of(pem_case("public-key/normal"));
  EXPECT_FALSE(key_of_public_key_info(good + '\0'));
  EXPECT_FALSE(key_of_public_key_info(good.substr(0, good.size() - 1)));

  constexpr std::size_t info_length = 3, bits_length = 22;  // the low octets of both, after 30 82 and 03 82
  std::string longer = good + '\0';
  ASSERT_EQ(longer.substr(bits_length - 3, 2), "\x03\x82");
  ++longer[info_length];
  ++longer[bits_length];
  EXPECT_EQ(outcome(key_of_public_key_info(longer)), outcome(info_by_openssl_alone(longer)));
}

}  // namespace
}  // namespace portcullis
