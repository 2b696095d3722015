#include "world/page/page.h"

#include <string_view>

#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

/// The name of the file that a target asks for. A stage's name has no dot (gateway.md §7.1), so one
/// segment with a dot is never the API's.
std::optional<std::string> file_name(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/") return "index.html";
  if (!path.starts_with('/')) return std::nullopt;
  const std::string_view name = path.substr(1);
  const bool ours = name.find('/') == std::string_view::npos && name.find('.') != std::string_view::npos;
  return ours ? std::optional{std::string{name}} : std::nullopt;
}

net::HttpResponse text_response(int status, std::string type, std::string body) {
  return {status, {{"Content-Type", std::move(type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

}  // namespace

std::optional<net::HttpResponse> Page::answer(const net::HttpRequest& request) const {
  const auto name = file_name(request.target);
  if (!name) return std::nullopt;
  net::HttpResponse response = file(*name, request);
  response.headers.add("Content-Security-Policy", content_security_policy());
  response.headers.add("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("X-Content-Type-Options", "nosniff");
  return response;
}

net::HttpResponse Page::file(const std::string& name, const net::HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = text_response(405, "text/plain", "GET only\n");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  if (name == "config.json") return text_response(200, "application/json", config_json());
  if (auto found = files_.answer(name, request)) return *std::move(found);
  if (name == "index.html") return text_response(200, "text/html; charset=utf-8", placeholder());
  return text_response(404, "text/plain", "Not Found\n");
}

/// Nothing but the page's own files, and the tenant: its frames for silent login, its endpoints for tokens.
/// The SDK's worker gets the policy of its own script (CSP3 §7.1), so every file carries it.
std::string Page::content_security_policy() const {
  return "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
         "connect-src 'self' " +
         tenant_.origin + "; frame-src " + tenant_.origin +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/// The original example's names (design.md §5).
std::string Page::config_json() const {
  const std::string api = origin_ + "/dev/api/";
  JsonWriter json;
  json.begin_object().key("AUTH0_DOMAIN").string(tenant_.domain).key("AUTH0_CLIENT_ID").string(tenant_.client_id);
  json.key("AUTH0_AUDIENCE").string(tenant_.audience).key("PUBLIC_ENDPOINT").string(api + "public");
  return json.key("PRIVATE_ENDPOINT").string(api + "private").end_object().text();
}

std::string Page::placeholder() const {
  const std::string api = origin_ + "/dev/api/";
  return R"(<!doctype html><html lang="en"><meta charset="utf-8"><title>portcullis, development server</title>
<h1>portcullis: development server</h1>
<p>The page that belongs here was not built. <code>make run</code> builds it, and <code>scripts/page.sh</code> alone does too.</p>
<p>The API answers without it: <code>)" +
         api + "public</code>, <code>" + api + "private</code>, <code>" + api + "orders</code> and <code>" + api +
         R"(admin</code>, for GET and POST. Tokens come from <a href=")" + tenant_.origin + "/\">" + tenant_.origin +
         R"(/</a>. Nothing here is meant for production.</p>
</html>
)";
}

}  // namespace portcullis::world
