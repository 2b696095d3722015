// Public keys as certificates and public key infos hold them. RFC 5280 §4.1.
//
// RSA keys, which nearly all are, are taken out element by element: to read any key, OpenSSL 3 first sets up
// every decoder it has, and that takes longer than all else that a Lambda does before its first decision.
// What is not exactly an RSA key in its usual form is left to OpenSSL, to read or to refuse.
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "core/token/key_material.h"

namespace portcullis {
namespace {

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

/// What is still to be read of a sequence.
class Elements {
 public:
  explicit Elements(std::string_view der) : at_(octets(der)), end_(at_ + der.size()) {}

  bool done() const noexcept { return at_ == end_; }

  /// The next element, if `decode` takes it.
  template <class T>
  Owned<T> take(T* (*decode)(T**, const unsigned char**, long), void (*release)(T*)) {
    return {decode(nullptr, &at_, end_ - at_), release};
  }

  /// What is inside the next element, if it is a definite-length constructed one of that tag.
  std::optional<Elements> enter(int wanted_tag, int wanted_class = V_ASN1_UNIVERSAL) {
    const unsigned char* at = at_;
    long length = 0;
    int tag = 0, tag_class = 0;
    if (done() || ASN1_get_object(&at, &length, &tag, &tag_class, end_ - at_) != V_ASN1_CONSTRUCTED ||
        tag != wanted_tag || tag_class != wanted_class)
      return std::nullopt;
    at_ = at + length;
    return Elements{{reinterpret_cast<const char*>(at), static_cast<std::size_t>(length)}};
  }

  bool skip_integer() { return take(d2i_ASN1_INTEGER, ASN1_INTEGER_free) != nullptr; }
  bool skip_algorithm() { return take(d2i_X509_ALGOR, X509_ALGOR_free) != nullptr; }
  bool skip_name() { return take(d2i_X509_NAME, X509_NAME_free) != nullptr; }
  bool skip_bits() { return take(d2i_ASN1_BIT_STRING, ASN1_BIT_STRING_free) != nullptr; }

 private:
  const unsigned char* at_;
  const unsigned char* end_;
};

std::string_view content_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_plain_rsa(const X509_ALGOR* algorithm) {  // RFC 3279 §2.3.1: with NULL for parameters
  const ASN1_OBJECT* name = nullptr;
  int parameters = V_ASN1_UNDEF;
  X509_ALGOR_get0(&name, &parameters, nullptr, algorithm);
  return OBJ_obj2nid(name) == NID_rsaEncryption && parameters == V_ASN1_NULL;
}

// RSAPublicKey, RFC 8017 §A.1.1.
std::optional<AnyKey> rsa_key_of_numbers(std::string_view der) {
  Elements whole{der};
  auto numbers = whole.enter(V_ASN1_SEQUENCE);
  if (!numbers || !whole.done()) return std::nullopt;
  const auto modulus = numbers->take(d2i_ASN1_INTEGER, ASN1_INTEGER_free);
  const auto exponent = numbers->take(d2i_ASN1_INTEGER, ASN1_INTEGER_free);
  if (!modulus || !exponent || !numbers->done() || ASN1_STRING_type(modulus.get()) != V_ASN1_INTEGER ||
      ASN1_STRING_type(exponent.get()) != V_ASN1_INTEGER)  // else it is negative
    return std::nullopt;
  auto key = rsa_key(std::string{content_of(modulus.get())}, std::string{content_of(exponent.get())});
  if (!key) return std::nullopt;
  return *std::move(key);
}

// SubjectPublicKeyInfo, RFC 5280 §4.1.2.7.
std::optional<AnyKey> rsa_key_of_info(Elements& around) {
  auto info = around.enter(V_ASN1_SEQUENCE);
  if (!info) return std::nullopt;
  const auto algorithm = info->take(d2i_X509_ALGOR, X509_ALGOR_free);
  const auto key = info->take(d2i_ASN1_BIT_STRING, ASN1_BIT_STRING_free);
  if (!algorithm || !key || !info->done() || !is_plain_rsa(algorithm.get())) return std::nullopt;
  return rsa_key_of_numbers(content_of(key.get()));
}

bool ends_with_extensions_at_most(Elements& signed_part) {
  if (signed_part.done()) return true;
  auto tagged = signed_part.enter(3, V_ASN1_CONTEXT_SPECIFIC);
  if (!tagged || !signed_part.done()) return false;
  const auto extensions = tagged->take<X509_EXTENSIONS>(
      d2i_X509_EXTENSIONS, +[](X509_EXTENSIONS* all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); });
  return extensions && tagged->done();
}

bool skip_version(Elements& signed_part) {
  auto tagged = signed_part.enter(0, V_ASN1_CONTEXT_SPECIFIC);
  return !tagged || (tagged->skip_integer() && tagged->done());
}

std::optional<std::chrono::sys_seconds> instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  using namespace std::chrono;  // and not timegm(3), which reads the machine's time zone
  const year_month_day date{year{parts.tm_year + 1900}, month{static_cast<unsigned>(parts.tm_mon + 1)},
                            day{static_cast<unsigned>(parts.tm_mday)}};
  return sys_days{date} + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
}

// Certificate, RFC 5280 §4.1.
std::optional<CertifiedKey> rsa_key_of_certificate(std::string_view der) {
  Elements whole{der};
  auto certificate = whole.enter(V_ASN1_SEQUENCE);
  if (!certificate || !whole.done()) return std::nullopt;
  auto signed_part = certificate->enter(V_ASN1_SEQUENCE);
  if (!signed_part || !certificate->skip_algorithm() || !certificate->skip_bits() || !certificate->done())
    return std::nullopt;
  if (!skip_version(*signed_part) || !signed_part->skip_integer() || !signed_part->skip_algorithm() ||
      !signed_part->skip_name())
    return std::nullopt;
  const auto validity = signed_part->take(d2i_X509_VAL, X509_VAL_free);
  if (!validity || !signed_part->skip_name()) return std::nullopt;
  auto key = rsa_key_of_info(*signed_part);
  if (!key || !ends_with_extensions_at_most(*signed_part)) return std::nullopt;
  return CertifiedKey{*std::move(key), instant_of(validity->notAfter)};
}

}  // namespace

Result<CertifiedKey, std::string> key_of_certificate(const std::string& der) {
  auto rsa = rsa_key_of_certificate(der);
  ERR_clear_error();
  if (rsa) return *std::move(rsa);
  const unsigned char* at = octets(der);
  const Owned<X509> certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size())), &X509_free};
  ERR_clear_error();
  if (!certificate || at != octets(der) + der.size()) return std::string{"not an X.509 certificate"};
  EvpKey key{X509_get_pubkey(certificate.get())};
  ERR_clear_error();
  if (!key) return std::string{"its public key cannot be read"};
  auto admitted = admit_public_key(std::move(key));
  if (!admitted) return admitted.error();
  return CertifiedKey{*std::move(admitted), instant_of(X509_get0_notAfter(certificate.get()))};
}

Result<AnyKey, std::string> key_of_public_key_info(const std::string& der) {
  Elements whole{der};
  auto rsa = rsa_key_of_info(whole);
  ERR_clear_error();
  if (rsa && whole.done()) return *std::move(rsa);
  const unsigned char* at = octets(der);
  EvpKey key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!key || at != octets(der) + der.size()) return std::string{"it is not a public key"};
  return admit_public_key(std::move(key));
}

}  // namespace portcullis
