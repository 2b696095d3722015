#include "doors/cli/admin_client.h"

#include <optional>
#include <string_view>

#include "edge/config/config.h"
#include "edge/net/http_client.h"
#include "portcullis/json.h"
#include "portcullis/reason.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::chrono::milliseconds connect_limit{1'000}, total_limit{5'000};

/// As `serve.admin` may be: a Unix socket, or else an http URL.
std::optional<net::Url> admin_at(const std::string& url) {
  constexpr std::string_view unix_socket = "unix:";
  if (!url.starts_with(unix_socket)) return net::Url::parse(url);
  const std::string path = url.substr(unix_socket.size());
  if (!path.starts_with('/')) return std::nullopt;
  return net::Url{"http", "localhost", "80", "/", path};
}

}  // namespace

Result<AdminAnswer, std::string> ask_admin(const std::string& url, const std::string& method, const std::string& path) {
  const auto base = admin_at(url);
  if (!base) return std::string{"--url is like serve.admin: http://127.0.0.1:9092 or unix:/run/portcullis/admin"};
  net::HttpRequest request;
  request.method = method;
  request.target = path;
  const auto environment = config::read_environment();
  if (const auto token = environment.find("PORTCULLIS_ADMIN_TOKEN"); token != environment.end())
    request.headers.add("Authorization", "Bearer " + token->second);
  net::HttpClient client{*base, {connect_limit, total_limit, most_bytes}};
  auto answer = client.exchange(request);
  if (!answer)
    return answer.error().message +
           ": is portcullis serve running, and is this its serve.admin? Else name it with --url";
  if (answer->status == facts(Reason::internal).status)  // serve.listen says so to whoever is no proxy
    return url + " answers, but not as an admin listener does: name serve.admin with --url, not serve.listen";
  return AdminAnswer{answer->status, std::move(answer->body)};
}

std::string message_of(const AdminAnswer& answer) {
  if (answer.status == facts(Reason::no_credentials).status)
    return "this needs the server's admin token: put what serve.admin_token says into PORTCULLIS_ADMIN_TOKEN";
  const auto document = JsonDocument::parse(answer.body, {});
  const auto message = document ? document->root().find("message") : std::nullopt;
  const auto text = message ? message->string() : std::nullopt;
  return text ? std::string{*text} : "HTTP status " + std::to_string(answer.status);
}

}  // namespace portcullis::cli
