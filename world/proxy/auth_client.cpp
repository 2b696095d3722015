#include "world/proxy/auth_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "edge/net/field_syntax.h"

namespace portcullis::world {
namespace {

constexpr std::size_t longest_answer = 256 * 1024;
constexpr std::chrono::milliseconds connect_pause{50};
constexpr std::string_view line_end = "\r\n";

std::string message_of(const net::HttpRequest& request) {
  std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) text.append(name).append(": ").append(value).append(line_end);
  return text.append("Connection: close\r\n\r\n");
}

/// Cuts one line off; nullopt when there is no end of it.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find(line_end);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + line_end.size());
  return line;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!net::is_decimal(text) || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "HTTP/1.1 200 OK" (RFC 9112 §4).
std::optional<int> status_of(std::string_view line) {
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!line.starts_with(version) || line.size() < version.size() + 3) return std::nullopt;
  return number_of<int>(line.substr(version.size(), 3));
}

/// A connected socket, or an errno.
struct Connected {
  int socket = -1;
  int problem = 0;
};

Connected connected_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {-1, ENAMETOOLONG};
  path.copy(address.sun_path, path.size());
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return {-1, errno};
  if (::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {made, 0};
  const int problem = errno;
  ::close(made);
  return {-1, problem};
}

}  // namespace

AuthClient::~AuthClient() {
  for (auto& [number, exchange] : under_way_) {
    exchange.readable = {};  // before its descriptor is closed
    if (exchange.connection >= 0) ::close(exchange.connection);
  }
}

void AuthClient::ask(const net::HttpRequest& question, Answered done) {
  const std::uint64_t number = ++asked_;
  Exchange& exchange = under_way_[number];
  exchange.question = message_of(question);
  exchange.done = std::move(done);
  exchange.patience =
      loop_.after(patience_, [this, number] { finish(number, std::string{"it did not answer in time"}); });
  exchange.pause = loop_.after(std::chrono::milliseconds{0}, [this, number] { connect(number); });
}

void AuthClient::connect(std::uint64_t number) {
  Exchange& exchange = under_way_.at(number);
  const Connected made = connected_to(socket_);
  if (made.problem == ENAMETOOLONG) return finish(number, socket_ + ": too long for a Unix socket");
  if (made.problem != 0) {  // not there yet, or its queue is full
    exchange.pause = loop_.after(connect_pause, [this, number] { connect(number); });
    return;
  }
  exchange.connection = made.socket;
  const ssize_t sent = ::send(made.socket, exchange.question.data(), exchange.question.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(exchange.question.size()))
    return finish(number, std::string{"it did not take the question"});
  exchange.readable = loop_.when_readable(made.socket, [this, number] { read(number); });
}

void AuthClient::read(std::uint64_t number) {
  Exchange& exchange = under_way_.at(number);
  std::array<char, 16 * 1024> bytes;
  ssize_t count = 0;
  while ((count = ::recv(exchange.connection, bytes.data(), bytes.size(), 0)) > 0) {
    exchange.received.append(bytes.data(), static_cast<std::size_t>(count));
    if (exchange.received.size() > longest_answer) return finish(number, std::string{"its answer is too long"});
  }
  const bool more_may_come = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (auto answer = parse_answer(exchange.received)) return finish(number, *std::move(answer));
  if (!more_may_come) finish(number, std::string{"its answer is no whole HTTP message"});
}

void AuthClient::finish(std::uint64_t number, Result<net::HttpResponse, std::string> result) {
  auto ended = under_way_.extract(number);
  if (!ended) return;
  ended.mapped().readable = {};
  if (ended.mapped().connection >= 0) ::close(ended.mapped().connection);
  ended.mapped().done(std::move(result));
}

std::optional<net::HttpResponse> parse_answer(std::string_view bytes) {
  const auto first = next_line(bytes);
  const auto status = first ? status_of(*first) : std::nullopt;
  if (!status) return std::nullopt;
  net::HttpResponse answer{*status, {}, {}};
  for (;;) {
    const auto line = next_line(bytes);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const auto colon = line->find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line->substr(0, colon), value = net::trimmed(line->substr(colon + 1));
    if (!net::is_field(name, value)) return std::nullopt;
    answer.headers.add(std::string{name}, std::string{value});
  }
  const auto lengths = answer.headers.all("Content-Length");
  if (lengths.size() != 1 || number_of<std::size_t>(lengths.front()) != bytes.size()) return std::nullopt;
  answer.body = bytes;
  return answer;
}

}  // namespace portcullis::world
