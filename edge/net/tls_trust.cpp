#include "edge/net/tls_trust.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "edge/net/openssl_start.h"

namespace portcullis::net {
namespace {

constexpr std::array platform_bundles{
    "/etc/pki/tls/certs/ca-bundle.crt",    // Amazon Linux
    "/etc/ssl/certs/ca-certificates.crt",  // Debian
};
constexpr const char* what_to_set = "; set SSL_CERT_FILE to a PEM file of the certificates to trust";

/// The file that counts. One that was named is the only one: falling back to another would trust whom
/// nobody named.
std::optional<std::string> bundle_path(const TlsRoots& roots) {
  if (roots.bundle) return roots.bundle;
  if (const char* named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0') return named;
  for (const char* path : platform_bundles)
    if (access(path, R_OK) == 0) return path;
  return std::nullopt;
}

bool is_ip_literal(const std::string& host) noexcept {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

}  // namespace

Result<SslContext, std::string> make_client_context(const TlsRoots& roots) {
  const auto path = bundle_path(roots);
  if (!path) return std::string{"there are no TLS roots on this machine"} + what_to_set;
  if (access(path->c_str(), R_OK) != 0)
    return "the TLS roots " + *path + " cannot be read (" + std::generic_category().message(errno) + ")" + what_to_set;

  add_digests_of_certificates();
  SslContext context{SSL_CTX_new(TLS_client_method())};
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    ERR_clear_error();
    return std::string{"OpenSSL makes no TLS client"};
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context.get(), path->c_str()) != 1) {
    ERR_clear_error();
    return "the TLS roots " + *path + " hold no certificate that can be read" + what_to_set;
  }
  return context;
}

Result<Done, std::string> expect_host(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* demands = SSL_get0_param(connection);
  // RFC 9525 §6.3, §2: no "f*.example.com", and the subject's common name is no host name.
  X509_VERIFY_PARAM_set_hostflags(demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool demanded = is_ip_literal(host)
                            ? X509_VERIFY_PARAM_set1_ip_asc(demands, host.c_str()) == 1
                            : X509_VERIFY_PARAM_set1_host(demands, host.c_str(), host.size()) == 1 &&
                                  SSL_set_tlsext_host_name(connection, host.c_str()) == 1;  // RFC 6066 §3: no literals
  if (demanded) return Done{};
  ERR_clear_error();
  return std::string{"the host name cannot be verified"};
}

std::string verification_fault(SSL* connection) {
  const long result = SSL_get_verify_result(connection);
  if (result == X509_V_OK) return {};
  return std::string{"certificate verify failed ("} + X509_verify_cert_error_string(result) + ")";
}

}  // namespace portcullis::net
