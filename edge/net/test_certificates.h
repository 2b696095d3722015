// For the tests: certificates made on the spot, and a TLS server on plain OpenSSL and blocking sockets.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "edge/net/loopback_peer.h"

namespace portcullis::net::test {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

struct Identity {
  Key key;
  Certificate certificate;
};

struct Subject {
  std::string common_name;
  std::string alternative_names;  // as in openssl.cnf: "DNS:a,IP:127.0.0.1"; empty: none
  long valid_from = -3600;        // seconds from now
  long valid_until = 3600;
};

inline void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
  X509_EXTENSION_free(extension);
}

/// An identity signed by `issuer`, or by itself and for signing others where there is none.
inline Identity make_identity(const Subject& subject, const Identity* issuer = nullptr) {
  static long serial = 1;
  const Key key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const Certificate certificate{X509_new(), X509_free};
  X509* x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x509), subject.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x509), subject.valid_until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : x509;
  X509_set_issuer_name(x509, X509_get_subject_name(signer));
  X509_set_pubkey(x509, key.get());
  extend(x509, signer, NID_basic_constraints, issuer != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
  if (!subject.alternative_names.empty()) extend(x509, signer, NID_subject_alt_name, subject.alternative_names);
  if (X509_sign(x509, issuer != nullptr ? issuer->key.get() : key.get(), EVP_sha256()) == 0) std::abort();
  return {key, certificate};
}

/// A PEM file that goes with this object.
class PemFile {
 public:
  explicit PemFile(const Identity& identity) {
    const int descriptor = mkstemp(path_.data());
    std::FILE* file = fdopen(descriptor, "w");
    if (file == nullptr || PEM_write_X509(file, identity.certificate.get()) != 1) std::abort();
    std::fclose(file);
  }
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;
  ~PemFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/portcullis_roots_XXXXXX";
};

/// Answers one request a connection with "hello" over TLS, and remembers the name it was called by (SNI).
class TlsServer {
 public:
  explicit TlsServer(const Identity& identity, int newest_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
        server_([this](const Peer& peer, int) { serve(peer); }) {
    SSL_CTX_set_security_level(context_.get(), 0);  // lets it speak versions that a client must refuse
    SSL_CTX_set_max_proto_version(context_.get(), newest_version);
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
  }
  std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(server_.port()) + "/";
  }
  int connections() const { return server_.connections(); }
  std::string called() const {
    const std::lock_guard lock{mutex_};
    return called_;
  }
  int requests() const { return requests_; }

 private:
  void serve(const Peer& peer) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context_.get()), SSL_free};
    SSL_set_fd(ssl.get(), peer.descriptor());
    if (SSL_accept(ssl.get()) != 1) return;
    {
      const std::lock_guard lock{mutex_};
      const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
      called_ = name != nullptr ? name : "";
    }
    char piece[4096];
    if (SSL_read(ssl.get(), piece, sizeof piece) <= 0) return;
    ++requests_;
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
  }

  const std::shared_ptr<SSL_CTX> context_;
  mutable std::mutex mutex_;
  std::string called_;
  std::atomic<int> requests_{0};
  ScriptedServer server_;  // last: its thread uses the others
};

}  // namespace portcullis::net::test
