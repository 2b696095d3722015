#include "edge/net/http_client.h"

#include "edge/net/asio_settings.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <exception>

#include "edge/net/field_syntax.h"
#include "edge/net/name_lookup.h"
#include "edge/net/tls_trust.h"

namespace portcullis::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;
using Kind = ClientError::Kind;

constexpr std::uint32_t header_limit = 32 * 1024;
/// Beyond the header: chunk sizes, extensions and trailers that wait to be read.
constexpr std::size_t buffer_limit = header_limit + 8 * 1024;
constexpr std::size_t one_read = 4 * 1024;  // most answers, whole; Beast would begin with 512 octets
/// Interim answers (1xx) before the real one; a server that sends more plays with us.
constexpr int interim_limit = 8;

Deadline from_now(std::optional<std::chrono::milliseconds> limit) {
  return limit ? Deadline{Clock::now() + *limit} : std::nullopt;
}

Deadline earlier(Deadline a, Deadline b) {
  return a && b ? std::min(a, b) : (a ? a : b);
}

using Socket = asio::generic::stream_protocol::socket;  // TCP or Unix

struct Connection {
  explicit Connection(asio::io_context& context) : socket(context), buffer(buffer_limit) { buffer.reserve(one_read); }
  Socket socket;
  std::optional<ssl::stream<Socket&>> tls;
  boost::beast::flat_buffer buffer;
};

/// Whether an idle connection has visibly ended. What is readable on a TLS connection may be a session
/// ticket (RFC 8446 §4.6.1); on a plain one nobody has anything to say to us.
bool is_dead(Connection& connection) {
  char byte;
  const auto got = recv(connection.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return !connection.tls;
  return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool can_be_sent(const HttpRequest& request) {
  return is_token(request.method) && is_target(request.target) &&
         std::all_of(request.headers.begin(), request.headers.end(),
                     [](const auto& field) { return is_field(field.first, field.second); });
}

bool is_ours(std::string_view name) {  // how the message is framed and where it goes is not the caller's matter
  constexpr std::array ours{"Host", "Content-Length", "Transfer-Encoding", "Expect", "Connection"};
  return std::any_of(ours.begin(), ours.end(), [&](const char* one) { return equal_ignoring_case(name, one); });
}

using Message = http::request<http::string_body>;

Message written(const HttpRequest& request, const Url& base) {
  Message message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(11);
  message.set(http::field::host, base.origin().substr(base.scheme.size() + 3));
  for (const auto& [name, value] : request.headers)
    if (!is_ours(name)) message.insert(name, value);
  if (!request.headers.has("User-Agent")) message.set(http::field::user_agent, "portcullis/" PORTCULLIS_VERSION);
  message.body() = request.body;
  const bool expects_content = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || expects_content) message.content_length(request.body.size());  // RFC 9110 §8.6
  return message;
}

}  // namespace

struct HttpClient::Impl {
  Url base;
  ClientLimits limits;
  TlsRoots roots;
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
  std::optional<ssl::context> trust = std::nullopt;  // made once: reading the roots is dear
  std::optional<Connection> connection = std::nullopt;

  Result<HttpResponse, ClientError> exchange(const HttpRequest& request, Deadline deadline);
  Result<HttpResponse, ClientError> attempt(const HttpRequest& request, Deadline deadline);
  template <class Stream>
  Result<HttpResponse, ClientError> converse(Stream& stream, const HttpRequest& request, Deadline deadline);

  using Failure = std::optional<ClientError>;
  Failure connect(Deadline deadline);
  Failure reach(Deadline deadline);
  Failure reach_socket(Deadline deadline);
  Failure secure(Deadline deadline);
  template <class Start>
  error_code step(Deadline deadline, Start start);

  ClientError fault(Kind kind, const std::string& cause) const {
    if (!base.socket.empty()) return {kind, base.socket + ": " + cause};
    return {kind, (base.host.find(':') == std::string::npos ? base.host : "[" + base.host + "]") + ":" + base.port +
                      ": " + cause};
  }
  ClientError answer_fault(error_code error) const;
};

/// Runs one asynchronous step to its end, or aborts it at the deadline.
/// @returns timed_out when the deadline came first; the connection is closed then
template <class Start>
error_code HttpClient::Impl::step(Deadline deadline, Start start) {
  std::optional<error_code> ended;
  start([&ended](error_code error, auto&&...) { ended = error; });
  context->restart();
  while (!ended && (deadline ? context->run_one_until(*deadline) : context->run_one()) > 0) {
  }
  if (ended) return *ended;
  error_code ignored;
  connection->socket.close(ignored);
  while (!ended) {  // the aborted step still refers to this frame
    context->restart();
    context->run_one();
  }
  return asio::error::timed_out;
}

/// Connects to the first address that takes us. Each gets its share of the time that is left, so that
/// one that swallows packets does not cost the others their turn.
HttpClient::Impl::Failure HttpClient::Impl::reach(Deadline deadline) {
  const auto addresses = look_up(base.host, base.port, deadline);
  if (!addresses) {
    const auto kind = addresses.error().kind == LookUpFault::Kind::timeout ? Kind::timeout : Kind::connect;
    return fault(kind, addresses.error().why);
  }
  error_code error;
  for (std::size_t i = 0; i < addresses->size(); ++i) {
    const SocketAddress& address = (*addresses)[i];
    const Socket::endpoint_type endpoint{&address.storage, address.length};
    const auto now = Clock::now();
    const auto waiting = static_cast<Clock::rep>(addresses->size() - i);
    const Deadline share = deadline ? Deadline{now + (*deadline - now) / waiting} : std::nullopt;
    error_code ignored;
    connection->socket.close(ignored);
    error = step(share, [&](auto done) { connection->socket.async_connect(endpoint, done); });
    if (!error) connection->socket.set_option(tcp::no_delay(true), error);
    if (!error) return std::nullopt;
  }
  if (error == asio::error::timed_out) return fault(Kind::timeout, "no connection in time");
  return fault(Kind::connect, error.message());
}

HttpClient::Impl::Failure HttpClient::Impl::reach_socket(Deadline deadline) {
  constexpr std::size_t longest = sizeof(sockaddr_un{}.sun_path) - 1;
  if (base.socket.size() > longest)
    return fault(Kind::connect, "a socket's path has at most " + std::to_string(longest) + " bytes");
  const Socket::endpoint_type endpoint{asio::local::stream_protocol::endpoint{base.socket}};
  const auto error = step(deadline, [&](auto done) { connection->socket.async_connect(endpoint, done); });
  if (!error) return std::nullopt;
  if (error == asio::error::timed_out) return fault(Kind::timeout, "no connection in time");
  return fault(Kind::connect, error.message());
}

HttpClient::Impl::Failure HttpClient::Impl::secure(Deadline deadline) {
  if (!trust) {
    auto made = make_client_context(roots);
    if (!made) return fault(Kind::tls, made.error());
    trust.emplace((*std::move(made)).release());
  }
  auto& tls = connection->tls.emplace(connection->socket, *trust);
  if (const auto demanded = expect_host(tls.native_handle(), base.host); !demanded)
    return fault(Kind::tls, demanded.error());
  const auto error = step(deadline, [&](auto done) { tls.async_handshake(ssl::stream_base::client, done); });
  if (!error) return std::nullopt;
  if (error == asio::error::timed_out) return fault(Kind::timeout, "no TLS handshake in time");
  const auto doubt = verification_fault(tls.native_handle());
  return fault(Kind::tls, doubt.empty() ? "the TLS handshake failed (" + error.message() + ")" : doubt);
}

HttpClient::Impl::Failure HttpClient::Impl::connect(Deadline deadline) {
  deadline = earlier(deadline, from_now(limits.connect));
  connection.emplace(*context);
  auto failure = base.socket.empty() ? reach(deadline) : reach_socket(deadline);
  if (!failure && base.scheme == "https") failure = secure(deadline);
  if (failure) connection.reset();
  return failure;
}

ClientError HttpClient::Impl::answer_fault(error_code error) const {
  if (error == asio::error::timed_out) return fault(Kind::timeout, "no whole answer in time");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return fault(Kind::too_large, "the answer's header is larger than " + std::to_string(header_limit) + " bytes");
  if (error == http::error::body_limit)
    return fault(Kind::too_large, "the answer is larger than " + std::to_string(limits.body_bytes) + " bytes");
  if (error == http::error::partial_message || error == ssl::error::stream_truncated || error == asio::error::eof ||
      error == asio::error::connection_reset)
    return fault(Kind::protocol, "the connection closed in the middle of the answer");
  if (error.category() == asio::error::get_ssl_category()) return fault(Kind::tls, error.message());
  return fault(Kind::protocol, "the answer is not HTTP/1.1 (" + error.message() + ")");
}

/// One request and its answer on an open connection, which is closed afterwards unless it can be used again.
template <class Stream>
Result<HttpResponse, ClientError> HttpClient::Impl::converse(Stream& stream, const HttpRequest& request,
                                                             Deadline deadline) {
  const Message message = written(request, base);
  auto& buffer = connection->buffer;
  // A server may refuse and hang up before it has read everything, so a failed write is no verdict yet:
  // its answer, or that there is none, is.
  if (step(deadline, [&](auto done) { http::async_write(stream, message, done); }) == asio::error::timed_out)
    return answer_fault(asio::error::timed_out);

  std::optional<http::response_parser<http::string_body>> parser;
  error_code error;
  for (int interim = 0;; ++interim) {
    parser.emplace();
    parser->header_limit(header_limit);
    parser->body_limit(limits.body_bytes);
    parser->skip(request.method == "HEAD");
    error = step(deadline, [&](auto done) { http::async_read_header(stream, buffer, *parser, done); });
    const bool silent = interim == 0 && buffer.size() == 0 && !parser->got_some();
    if (error && error != asio::error::timed_out && silent && error.category() != asio::error::get_ssl_category())
      return fault(Kind::closed, "the connection closed before an answer came");
    if (error) return answer_fault(error);
    if (parser->get().result_int() >= 200 || parser->get().result_int() == 101) break;  // RFC 9110 §15.2
    if (interim == interim_limit) return fault(Kind::protocol, "too many interim answers");
  }

  HttpResponse response;
  response.status = static_cast<int>(parser->get().result_int());
  for (const auto& field : parser->get())  // before the body: trailers are no header fields (RFC 9110 §6.5.1)
    response.headers.add(std::string{field.name_string()}, std::string{field.value()});
  if (!parser->is_done()) error = step(deadline, [&](auto done) { http::async_read(stream, buffer, *parser, done); });
  if (error) return answer_fault(error);
  response.body = std::move(parser->get().body());
  if (!parser->keep_alive() || buffer.size() > 0 || response.status == 101) connection.reset();
  return response;
}

Result<HttpResponse, ClientError> HttpClient::Impl::attempt(const HttpRequest& request, Deadline deadline) {
  if (!connection)
    if (auto failure = connect(deadline)) return *std::move(failure);
  auto answer =
      connection->tls ? converse(*connection->tls, request, deadline) : converse(connection->socket, request, deadline);
  if (!answer) connection.reset();
  return answer;
}

Result<HttpResponse, ClientError> HttpClient::Impl::exchange(const HttpRequest& request, Deadline deadline) {
  if (!can_be_sent(request)) return fault(Kind::protocol, "the request cannot be written as HTTP");
  if (connection && is_dead(*connection)) connection.reset();
  const bool reused = connection.has_value();
  try {
    auto answer = attempt(request, deadline);
    if (answer || !reused || answer.error().kind != Kind::closed) return answer;
    return attempt(request, deadline);
  } catch (const std::exception& problem) {  // out of memory, as far as we know
    connection.reset();
    context = std::make_unique<asio::io_context>(1);  // forgets the step that refers to frames now gone
    return fault(Kind::protocol, problem.what());
  }
}

HttpClient::HttpClient(Url base, ClientLimits limits, TlsRoots roots)
    : impl_(std::make_unique<Impl>(Impl{std::move(base), limits, std::move(roots)})) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse, ClientError> HttpClient::exchange(const HttpRequest& request) {
  return exchange(request, impl_->limits.total);
}

Result<HttpResponse, ClientError> HttpClient::exchange(const HttpRequest& request,
                                                       std::optional<std::chrono::milliseconds> total) {
  return impl_->exchange(request, from_now(total));
}

}  // namespace portcullis::net
