#include "world/tenant/return_address.h"

#include "edge/system/random.h"
#include "portcullis/json_writer.h"

namespace portcullis::world {
namespace {

/// JSON inside a script: no "</script" and no "<!--" may stand in it.
std::string script_safe(std::string_view json) {
  std::string safe;
  for (const char c : json)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// What the SDK's hidden frame and its popup wait for (tokens.md §5.8).
net::HttpResponse message_page(const ReturnAddress& to, const Fields& answer) {
  const std::string origin = origin_of(to.redirect_uri);
  JsonWriter json;
  json.begin_object().key("type").string("authorization_response").key("response").begin_object();
  for (const auto& [name, value] : answer) json.key(name).string(value);
  json.end_object().end_object();
  JsonWriter target;
  target.string(origin);
  const std::string nonce = system::random_hex(16);
  return {200,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Content-Security-Policy",
            "default-src 'none'; script-src 'nonce-" + nonce + "'; base-uri 'none'; frame-ancestors " + origin},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"},
           {"X-Content-Type-Options", "nosniff"}},
          "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Development tenant</title><script nonce=\"" +
              nonce + "\">(window.opener || window.parent).postMessage(" + script_safe(json.text()) + ", " +
              script_safe(target.text()) + ");</script></html>\n"};
}

}  // namespace

std::optional<ResponseMode> response_mode(std::string_view name) {
  if (name.empty() || name == "query") return ResponseMode::query;
  if (name == "fragment") return ResponseMode::fragment;
  if (name == "web_message") return ResponseMode::web_message;
  return std::nullopt;
}

std::string origin_of(std::string_view url) {
  const auto authority = url.find("://");
  if (authority == std::string_view::npos) return {};
  return std::string{url.substr(0, url.find_first_of("/?#", authority + 3))};
}

net::HttpResponse send_back(const ReturnAddress& to, Fields answer) {
  if (to.state) answer.emplace_back("state", *to.state);
  if (to.mode == ResponseMode::web_message) return message_page(to, answer);
  const bool has_query = to.redirect_uri.find('?') != std::string::npos;
  const char* mark = to.mode == ResponseMode::fragment ? "#" : has_query ? "&" : "?";
  return {303,  // after the login form's POST too: the browser goes on with GET (RFC 9700 §4.12)
          {{"Location", to.redirect_uri + mark + form_text(answer)},
           {"Cache-Control", "no-store"},
           {"Referrer-Policy", "no-referrer"}},
          {}};
}

}  // namespace portcullis::world
