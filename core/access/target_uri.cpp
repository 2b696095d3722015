#include "core/access/target_uri.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace portcullis {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}
bool is_unreserved(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text) {
  std::string small{text};
  for (char& c : small) c = lower(c);
  return small;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

Error fault(const char* sentence) {
  return {Reason::dpop_invalid, sentence};
}

bool is_host(std::string_view host) {
  if (host.starts_with('['))  // an IPv6 literal: what stands in it is compared, never connected to
    return host.size() > 3 && host.ends_with(']') && std::all_of(host.begin() + 1, host.end() - 1, [](char c) {
             return hex_value(c) >= 0 || c == ':' || c == '.';
           });
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_alphanumeric(c) || c == '.' || c == '-'; });
}

/// Host and port; empty when they are none.
std::string normal_authority(std::string_view authority, bool secure) {
  const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string_view host = authority.substr(0, colon);
  if (!is_host(host)) return {};
  std::string normal = lower(host);
  if (colon == authority.npos || colon + 1 == authority.size()) return normal;
  const std::string_view digits = authority.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port > 65535) return {};
  return port == (secure ? 443u : 80u) ? normal : normal + ':' + std::to_string(port);
}

bool may_stand_in_path(char c) {
  return is_unreserved(c) || std::string_view{"!$&'()*+,;=:@/"}.find(c) != std::string_view::npos;
}

std::optional<std::string> with_one_spelling(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string normal;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      if (!may_stand_in_path(path[i])) return std::nullopt;
      normal += path[i];
      continue;
    }
    const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(path[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    const char byte = static_cast<char>(high * 16 + low);
    if (is_unreserved(byte)) {
      normal += byte;
    } else {
      normal += {'%', digits[static_cast<std::size_t>(high)], digits[static_cast<std::size_t>(low)]};
    }
    i += 2;
  }
  return normal;
}

// RFC 3986 §5.2.4, of a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::string kept;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") kept.erase(std::min(kept.rfind('/'), kept.size()));
      if (path.empty()) kept += '/';
    } else {
      kept += segment;
    }
  }
  return kept;
}

// "//host" and "/https://…" are read as another URI by many a parser.
bool looks_like_another_uri(std::string_view path) {
  if (path.starts_with("//")) return true;
  const std::size_t mark = path.find("://");
  return mark != path.npos && mark > 0 && path.substr(1, mark - 1).find('/') == path.npos;
}

}  // namespace

Result<std::string> normal_target_uri(std::string_view uri) {
  uri = uri.substr(0, uri.find_first_of("?#"));
  const std::size_t mark = uri.find("://");
  if (mark == uri.npos) return fault("it is no absolute URI");
  const std::string scheme = lower(uri.substr(0, mark));
  if (scheme != "https" && scheme != "http") return fault("its scheme is neither https nor http");
  uri.remove_prefix(mark + 3);
  const std::string_view authority = uri.substr(0, uri.find('/'));
  uri.remove_prefix(authority.size());
  const std::string host = normal_authority(authority, scheme == "https");
  if (host.empty()) return fault("what stands between // and the path is no host");
  if (uri.empty()) uri = "/";
  if (looks_like_another_uri(uri)) return fault("its path looks like another URI");
  const auto path = with_one_spelling(uri);
  if (!path) return fault("its path has a character that must be percent-encoded, or a broken escape");
  return scheme + "://" + host + without_dot_segments(*path);
}

}  // namespace portcullis
