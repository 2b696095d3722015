// PEM from anywhere: no key that the gates should have stopped, one meaning however its line ends were mangled,
// and what is taken out of DER element by element is what OpenSSL reads there.
#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "core/token/key_material.h"

namespace {

using namespace portcullis;

std::string with_line_ends(std::string_view pem, std::string_view line_end) {
  std::string text;
  for (const char c : pem) {
    if (c == '\n') {
      text += line_end;
    } else {
      text += c;
    }
  }
  return text;
}

void check_pem(std::string_view text) {
  const auto key = VerificationKey::from_pem(text);
  if (!key) {
    if (key.error().empty() || key.error().size() > 200) std::abort();
    return;
  }
  if (key->type() == "RSA" && (key->bits() < 2048 || key->bits() > 8192)) std::abort();
  if (key->type() == "secret" || key->thumbprint().size() != 43) std::abort();
  for (const std::string_view line_end : {"\r\n", " ", "\\n"}) {
    const std::string mangled = with_line_ends(text, line_end);
    if (mangled.size() > 16 * 1024) continue;
    const auto same = VerificationKey::from_pem(mangled);
    if (!same || same->thumbprint() != key->thumbprint()) std::abort();
  }
}

void check_equal(const Result<AnyKey, std::string>& ours, EVP_PKEY* read) {
  const EvpKey theirs{read};
  ERR_clear_error();
  if (!ours) return;
  if (!theirs) std::abort();
  const auto* rsa = std::get_if<RsaKey>(&*ours);
  if (rsa && EVP_PKEY_eq(evp_key_of(*rsa).get(), theirs.get()) != 1) std::abort();
}

void check_der(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  check_equal(key_of_public_key_info(der), d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  auto certified = key_of_certificate(der);
  if (!certified) return;
  at = reinterpret_cast<const unsigned char*>(der.data());
  X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (!certificate) std::abort();
  check_equal(std::move(certified->key), X509_get_pubkey(certificate));
  X509_free(certificate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_pem(text);
  check_der(std::string{text});
  return 0;
}
