// A blocking HTTP/1.1 client: one kept-alive connection, plain or TLS, with deadlines on everything.
// For the Lambda Runtime API, for key sets and for the command line.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/net/http_message.h"
#include "portcullis/result.h"

namespace portcullis::net {

/// An absolute http or https URL, taken apart.
struct Url {
  std::string scheme;       // "http" or "https"
  std::string host;         // without brackets
  std::string port;         // decimal, default filled in
  std::string target;       // path and query, at least "/"
  std::string socket = {};  // of a Unix socket that is connected to in the place of host and port; parse() makes none

  /// @returns nullopt for another scheme, user info, a fragment, an empty host, control characters
  static std::optional<Url> parse(std::string_view text);
  /// "localhost", 127.0.0.0/8 or ::1, by name: nothing is resolved.
  bool is_loopback() const noexcept;
  std::string origin() const;  // "https://host:port", default port left out
};

struct ClientLimits {
  std::optional<std::chrono::milliseconds> connect{1'000};  // name look-up, TCP and TLS together
  std::optional<std::chrono::milliseconds> total{3'000};    // of one exchange, connecting included; nullopt: none
  std::size_t body_bytes = 256 * 1024;                      // counted while reading
};

struct ClientError {
  enum class Kind : std::uint8_t {
    connect,  // name look-up, TCP
    tls,      // handshake, certificate, host name
    closed,   // the connection ended before the first byte of the answer: a retry may help
    timeout,
    too_large,
    protocol,  // what came is not HTTP
  };
  Kind kind;
  std::string message;  // one sentence with host and cause; no header or body
};

/// Where TLS trust comes from (design.md §7): `bundle` if given, else SSL_CERT_FILE, else the
/// platform's file. Read when the first TLS connection is made. Peer and host name are always verified;
/// there is no switch. TLS 1.2 or newer.
struct TlsRoots {
  std::optional<std::string> bundle;  // path of a PEM file
};

/// Not thread-safe: one connection belongs to one worker. Ignores proxy variables; follows no redirects.
class HttpClient {
 public:
  HttpClient(Url base, ClientLimits limits, TlsRoots roots = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  /// One request and its answer. Connects when there is no open connection. If a *reused* connection
  /// turns out dead before a byte of the answer came, tries once more on a fresh one.
  /// `request.target` is the full path; Host and Content-Length are added here.
  Result<HttpResponse, ClientError> exchange(const HttpRequest& request);
  /// As exchange(), with another total limit for this one call (nullopt: wait for ever).
  Result<HttpResponse, ClientError> exchange(const HttpRequest& request,
                                             std::optional<std::chrono::milliseconds> total);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
