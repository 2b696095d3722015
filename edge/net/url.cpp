// Url, declared in http_client.h: absolute http and https URLs (RFC 3986 §3, RFC 9110 §4.2).
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "edge/net/field_syntax.h"
#include "edge/net/http_client.h"

namespace portcullis::net {
namespace {

constexpr auto npos = std::string_view::npos;

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

std::string_view default_port(std::string_view scheme) noexcept {
  return scheme == "https" ? "443" : "80";
}

bool is_ipv6(const std::string& host) noexcept {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// Letters, digits, "-", "." and "_": no percent-encoding, which nobody's resolver undoes.
bool is_host_name(std::string_view host) noexcept {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    const char letter = ascii_lower(c);
    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

/// "" stands for the default (RFC 3986 §3.2.3).
std::optional<std::string> port_of(std::string_view digits, std::string_view scheme) {
  if (digits.empty()) return std::string{default_port(scheme)};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0 || number > 65535)
    return std::nullopt;
  return std::to_string(number);
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  if (!is_target(text)) return std::nullopt;                            // blanks, control characters, beyond ASCII
  if (text.find_first_of("#\\\"<>^`{|}") != npos) return std::nullopt;  // RFC 3986 §2 knows none but "#"
  const auto scheme_end = text.find("://");
  if (scheme_end == npos) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(scheme_end + 3);

  const auto authority = text.substr(0, text.find_first_of("/?"));
  text.remove_prefix(authority.size());
  url.target = text.starts_with('/') ? std::string{text} : "/" + std::string{text};
  if (authority.find('@') != npos) return std::nullopt;

  std::string_view rest;  // "" or ":port"
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == npos) return std::nullopt;
    url.host = lower(authority.substr(1, bracket - 1));
    rest = authority.substr(bracket + 1);
    if (!is_ipv6(url.host)) return std::nullopt;
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = lower(authority.substr(0, colon));
    rest = authority.substr(colon);
    if (!is_host_name(url.host)) return std::nullopt;
  }
  if (!rest.empty() && rest.front() != ':') return std::nullopt;
  auto port = port_of(rest.empty() ? rest : rest.substr(1), url.scheme);
  if (!port) return std::nullopt;
  url.port = std::move(*port);
  return url;
}

bool Url::is_loopback() const noexcept {
  if (host == "localhost") return true;
  in_addr four;
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six;
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

std::string Url::origin() const {
  std::string text = scheme + "://" + (is_ipv6(host) ? "[" + host + "]" : host);
  if (port != default_port(scheme)) text += ":" + port;
  return text;
}

}  // namespace portcullis::net
