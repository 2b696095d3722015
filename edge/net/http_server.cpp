#include "edge/net/http_server.h"

#include "edge/net/asio_settings.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "edge/net/event_loop_impl.h"
#include "edge/net/field_syntax.h"
#include "edge/net/reply_text.h"
#include "edge/net/request_framing.h"

namespace portcullis::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

/// How long the last answer's reader may take to hang up before we do (RFC 9112 §9.6).
constexpr std::chrono::seconds linger_deadline{2};
/// Beyond the header: chunk sizes, extensions and trailers that wait to be read.
constexpr std::size_t buffer_reserve = 8 * 1024;

using Response = http::response<http::string_body>;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return equal_ignoring_case(name, one); });
}

constexpr int switching_protocols = 101;

bool can_be_sent(const HttpResponse& response) {
  const bool last_word = response.status == switching_protocols && response.headers.has("Upgrade");
  return (last_word || (response.status >= 200 && response.status <= 999)) &&
         std::all_of(response.headers.begin(), response.headers.end(),
                     [](const auto& field) { return is_field(field.first, field.second); });
}

Response written(HttpResponse answer) {
  if (!can_be_sent(answer)) answer = HttpResponse{500, {}, {}};
  Response message;
  message.result(static_cast<unsigned>(answer.status));
  if (message.result() == http::status::unknown) message.reason(" ");
  for (const auto& [name, value] : answer.headers)
    if (!is_one_of(name, {"Content-Length", "Transfer-Encoding", "Connection"})) message.insert(name, value);
  if (!may_have_content(answer.status)) return message;
  message.body() = std::move(answer.body);
  if (answer.status == switching_protocols) {
    message.set(http::field::connection, "upgrade");
    return message;
  }
  message.content_length(message.body().size());
  return message;
}

template <class Fields>
Headers headers_of(const Fields& fields) {
  Headers headers;
  for (const auto& field : fields) headers.add(std::string{field.name_string()}, std::string{field.value()});
  return headers;
}

/// The status for a request that cannot be read, or nothing where nobody waits for one.
std::optional<int> status_of(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_method).category()) return 400;
  return std::nullopt;  // reset, deadline, closed by us
}

class Connection;

/// What the server and its connections share. Outlives the server while handlers are still queued.
struct Service {
  ServerLimits limits;
  HttpHandler handler;
  std::unordered_set<std::shared_ptr<Connection>> connections;
};

/// One client. Reads a request, hands it out, waits for its answer, writes it, and again.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Service> service, tcp::socket socket, std::string peer)
      : service_(std::move(service)),
        stream_(std::move(socket)),
        buffer_(service_->limits.header_bytes + buffer_reserve),
        peer_(std::move(peer)) {}

  void await_request();
  void answer(HttpResponse response);
  void close();

 private:
  void read_header();
  void check_header();
  void invite_body();
  void read_body();
  void hand_out();
  void refuse(int status);
  void reading_failed(error_code error);
  void write(Response message);
  void hang_up();
  void drain();

  template <class Next>
  auto then(Next next) {
    return [self = shared_from_this(), next](error_code error, std::size_t) {
      if (!self->closed_) (self.get()->*next)(error);
    };
  }
  void body_read(error_code error) { error ? reading_failed(error) : hand_out(); }
  void invited(error_code error) { error ? close() : read_body(); }
  void drained(error_code error) { error ? close() : drain(); }
  void answered(error_code error) {
    if (error) return close();
    stays_open_ ? await_request() : hang_up();
  }

  std::shared_ptr<Service> service_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::string peer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpRequest request_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool stays_open_ = true;
  bool closed_ = false;
};

/// One request's right to an answer. Whoever lets it go unused hangs up on the client.
class AnswerSlot {
 public:
  explicit AnswerSlot(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}
  AnswerSlot(const AnswerSlot&) = delete;
  AnswerSlot& operator=(const AnswerSlot&) = delete;
  ~AnswerSlot() {
    if (const auto connection = connection_.lock()) connection->close();
  }
  void fill(HttpResponse response) {
    if (const auto connection = std::exchange(connection_, {}).lock()) connection->answer(std::move(response));
  }

 private:
  std::weak_ptr<Connection> connection_;  // empty once used
};

void Connection::await_request() {
  if (buffer_.size() > 0) return read_header();  // sent ahead of our answer (RFC 9112 §9.3.2)
  stream_.expires_after(service_->limits.idle_deadline);
  stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](error_code error, std::size_t size) {
    if (self->closed_) return;
    if (error) return self->close();
    self->buffer_.commit(size);
    self->read_header();
  });
}

void Connection::read_header() {
  const auto& limits = service_->limits;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(
      std::min<std::size_t>(limits.header_bytes, std::numeric_limits<std::uint32_t>::max())));
  parser_->body_limit(limits.body_bytes);
  stream_.expires_after(limits.read_deadline);  // for header and body together
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t size) {
    if (self->closed_) return;
    if (error) return self->reading_failed(error);
    // Beast holds the request line and the fields against its limit one by one; together is meant.
    size > self->service_->limits.header_bytes ? self->refuse(431) : self->check_header();
  });
}

void Connection::check_header() {
  const auto& message = parser_->get();
  if (message.version() != 10 && message.version() != 11) return refuse(505);
  // Copied before the body is read: Beast adds trailer fields to the same list, and a trailer is no
  // header field (RFC 9110 §6.5.1).
  request_ =
      HttpRequest{std::string{message.method_string()}, std::string{message.target()}, headers_of(message), {}, peer_};
  const auto version = message.version() == 11 ? HttpVersion::http_1_1 : HttpVersion::http_1_0;
  if (const auto refusal = framing_refusal(version, request_.headers)) return refuse(*refusal);
  stays_open_ = message.keep_alive();
  const bool waits = version == HttpVersion::http_1_1 &&  // RFC 9110 §10.1.1
                     equal_ignoring_case(request_.headers.first("Expect"), "100-continue");
  waits && !parser_->is_done() && buffer_.size() == 0 ? invite_body() : read_body();
}

void Connection::invite_body() {
  constexpr std::string_view invitation = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(invitation), then(&Connection::invited));
}

void Connection::read_body() {
  if (parser_->is_done()) return hand_out();
  http::async_read(stream_, buffer_, *parser_, then(&Connection::body_read));
}

void Connection::hand_out() {
  stream_.expires_never();  // how long the answer takes is the handler's matter
  request_.body = std::move(parser_->get().body());
  const auto slot = std::make_shared<AnswerSlot>(weak_from_this());
  service_->handler(std::exchange(request_, {}), [slot](HttpResponse response) { slot->fill(std::move(response)); });
}

void Connection::reading_failed(error_code error) {
  const auto status = status_of(error);
  status ? refuse(*status) : close();
}

/// Answers what cannot be read, and hangs up: where the next request begins is unknown (RFC 9112 §9.6).
void Connection::refuse(int status) {
  stays_open_ = false;
  answer(HttpResponse{status, {}, {}});
}

void Connection::answer(HttpResponse response) {
  if (closed_) return;
  for (const auto value : response.headers.all("Connection"))
    if (equal_ignoring_case(trimmed(value), "close")) stays_open_ = false;
  if (response.status == switching_protocols) stays_open_ = false;
  write(written(std::move(response)));
}

void Connection::write(Response message) {
  const auto& request = parser_->get();
  const bool head = request.method() == http::verb::head;
  message.version(request.version() == 10 ? 10 : 11);
  if (message.result() != http::status::switching_protocols) message.keep_alive(stays_open_);
  response_ = std::move(message);
  serializer_.emplace(*response_);
  stream_.expires_after(service_->limits.write_deadline);
  if (head) {
    http::async_write_header(stream_, *serializer_, then(&Connection::answered));
  } else {
    http::async_write(stream_, *serializer_, then(&Connection::answered));
  }
}

/// Closing while bytes are unread would reset the connection and could take the answer with it, so: say
/// that we are done, and read until the client is too (RFC 9112 §9.6).
void Connection::hang_up() {
  error_code ignored;  // the client may have gone already
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(linger_deadline);
  drain();
}

void Connection::drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(4096), then(&Connection::drained));
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  stream_.close();
  service_->connections.erase(shared_from_this());
}

/// Takes a connection that a listener accepted; beyond the limit it is closed at once.
void admit(const std::shared_ptr<Service>& service, asio::io_context& context, int descriptor, std::string peer) {
  tcp::socket socket{context};
  error_code refused;
  socket.assign(peer.find(':') == peer.npos ? tcp::v4() : tcp::v6(), descriptor, refused);
  if (refused) ::close(descriptor);  // the kernel watches no more
  if (refused || service->connections.size() >= service->limits.connections) return;
  const auto connection = std::make_shared<Connection>(service, std::move(socket), std::move(peer));
  service->connections.insert(connection);
  connection->await_request();
}

}  // namespace

struct HttpServer::Impl {
  EventLoop& loop;
  std::shared_ptr<Service> service;
  std::vector<std::unique_ptr<Listener>> listeners{};
};

HttpServer::HttpServer(EventLoop& loop, ServerLimits limits, HttpHandler handler)
    : impl_(std::make_unique<Impl>(Impl{loop, std::make_shared<Service>(Service{limits, std::move(handler), {}})})) {}

HttpServer::~HttpServer() {
  impl_->listeners.clear();
  const auto open = impl_->service->connections;  // a copy: each close() takes itself out
  for (const auto& connection : open) connection->close();
}

Result<std::uint16_t, HttpServer::ListenError> HttpServer::listen(const std::string& address, std::uint16_t port) {
  const auto listening = listening_socket(address, port, AddressClaim::whole);
  if (!listening) return listening.error();
  Listener::Callbacks callbacks{
      [service = impl_->service, &context = impl_->loop.impl().context](int descriptor, std::string peer) {
        admit(service, context, descriptor, std::move(peer));
      },
      [] {},  // no connection gives way to another
  };
  impl_->listeners.push_back(
      std::make_unique<Listener>(impl_->loop, listening->descriptor, Listener::Owner::listener, std::move(callbacks)));
  return listening->port;
}

}  // namespace portcullis::net
