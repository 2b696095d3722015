// All tests of this folder run in a process that started OpenSSL bare, as bootstrap does.
#include "edge/net/openssl_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "edge/net/http_client.h"
#include "edge/net/test_certificates.h"

namespace portcullis::net {
namespace {

using test::Identity;
using test::make_identity;
using test::PemFile;
using test::TlsServer;
using namespace std::chrono_literals;

[[maybe_unused]] const bool started_bare = [] {
  start_openssl_bare();
  return true;
}();

enum class Padding : std::uint8_t { usual, pss };

/// Gives the certificate another signature, of the same authority's or of another key.
void sign_again(const Identity& identity, const test::Key& key, const EVP_MD* digest, Padding padding) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  EVP_PKEY_CTX* options = nullptr;
  ASSERT_EQ(EVP_DigestSignInit(context.get(), &options, digest, nullptr, key.get()), 1);
  if (padding == Padding::pss) {
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
  }
  ASSERT_GT(X509_sign_ctx(identity.certificate.get(), context.get()), 0);
}

TEST(OpensslStartedBare, TrustsCertificatesWithAnyUsualSignatureAndNoneOfAnotherKey) {
  signal(SIGPIPE, SIG_IGN);
  const test::Key rsa{EVP_RSA_gen(2048), EVP_PKEY_free};
  const test::Key ec{EVP_EC_gen("P-384"), EVP_PKEY_free};
  const test::Key ed{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
  const test::Key other{EVP_RSA_gen(2048), EVP_PKEY_free};
  struct Row {
    const char* name;
    test::Key key;
    const EVP_MD* digest;
    Padding padding;
  };
  for (const Row& row :
       {Row{"RSA, SHA-256", rsa, EVP_sha256(), Padding::usual}, Row{"RSA, SHA-384", rsa, EVP_sha384(), Padding::usual},
        Row{"RSA, SHA-512", rsa, EVP_sha512(), Padding::usual},
        Row{"RSA-PSS, SHA-256", rsa, EVP_sha256(), Padding::pss},
        Row{"RSA-PSS, SHA-384", rsa, EVP_sha384(), Padding::pss},
        Row{"ECDSA, SHA-256", ec, EVP_sha256(), Padding::usual},
        Row{"ECDSA, SHA-384", ec, EVP_sha384(), Padding::usual},
        Row{"ECDSA, SHA-512", ec, EVP_sha512(), Padding::usual}, Row{"Ed25519", ed, nullptr, Padding::usual}}) {
    SCOPED_TRACE(row.name);
    const Identity authority = make_identity({"authority", ""});
    X509_set_pubkey(authority.certificate.get(), row.key.get());
    sign_again(authority, row.key, row.digest, row.padding);
    const PemFile roots{authority};
    const Identity server = make_identity({"x", "DNS:localhost"}, &authority);
    sign_again(server, row.key, row.digest, row.padding);
    const auto ask = [&] {
      const TlsServer peer{server};
      return HttpClient{*Url::parse(peer.url("localhost")), {20s, 20s, 1000}, {roots.path()}}.exchange(
          {"GET", "/", {}, {}, {}});
    };
    const auto trusted = ask();
    EXPECT_TRUE(trusted) << trusted.error().message;
    sign_again(server, other, EVP_sha256(), Padding::usual);
    const auto forged = ask();
    ASSERT_FALSE(forged);
    EXPECT_THAT(forged.error().message, testing::HasSubstr("certificate verify failed"));
  }
  signal(SIGPIPE, SIG_DFL);
}

TEST(OpensslStartedBare, StillSaysWhyAHandshakeFailed) {
  signal(SIGPIPE, SIG_IGN);
  const Identity self = make_identity({"x", "DNS:localhost"});
  const TlsServer old{self, TLS1_1_VERSION};
  const PemFile roots{self};
  const auto answer = HttpClient{*Url::parse(old.url("localhost")), {20s, 20s, 1000}, {roots.path()}}.exchange(
      {"GET", "/", {}, {}, {}});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, testing::HasSubstr("protocol version"));
  signal(SIGPIPE, SIG_DFL);
}

}  // namespace
}  // namespace portcullis::net
