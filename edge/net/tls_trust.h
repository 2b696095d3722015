// Whom a TLS client trusts, and what it demands of a server.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "edge/net/http_client.h"
#include "portcullis/result.h"

namespace portcullis::net {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

/// A client context that verifies the peer against these roots and speaks TLS 1.2 or newer. Reads the
/// roots, which costs some 25 ms for a whole platform's (deploy.md §1.4): make it once and keep it.
/// @returns why there are no roots, and what to set
Result<SslContext, std::string> make_client_context(const TlsRoots& roots);

/// Demands that the server's certificate is for this host, and names the host to the server (SNI).
Result<Done, std::string> expect_host(SSL* connection, const std::string& host);

/// "certificate verify failed (self-signed certificate)" if that is why a handshake failed, else empty.
std::string verification_fault(SSL* connection);

}  // namespace portcullis::net
