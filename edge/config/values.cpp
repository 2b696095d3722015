#include "edge/config/values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace portcullis::config {
namespace {

struct UrlParts {
  std::string_view scheme, host;  // host without port
  std::string_view rest;          // path and more
};

std::optional<UrlParts> take_apart(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == url.npos) return std::nullopt;
  UrlParts parts{url.substr(0, colon), url.substr(colon + 3), {}};
  const std::size_t slash = parts.host.find('/');
  if (slash != parts.host.npos) {
    parts.rest = parts.host.substr(slash);
    parts.host = parts.host.substr(0, slash);
  }
  const std::size_t bracket = parts.host.find(']');
  const std::size_t port = parts.host.find(':', bracket == parts.host.npos ? 0 : bracket);
  if (port != parts.host.npos) {
    const std::string_view digits = parts.host.substr(port + 1);
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != digits.npos)
      return std::nullopt;
    parts.host = parts.host.substr(0, port);
  }
  if (parts.host.empty()) return std::nullopt;
  const bool bad = std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c >= 0x7F; });
  if (bad || parts.host.find('@') != parts.host.npos) return std::nullopt;
  return parts;
}

/// An address, not a name, that only a private network or this link has (RFC 1918, 3927, 4193, 4291, 6598).
/// Loopback is none of them. Whoever wants it reaches the machine's neighbours by it (tokens.md §6.4).
bool is_private_address(std::string_view host) {
  const std::string text{host.starts_with('[') ? host.substr(1, host.size() - 2) : host};
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) == 1) {
    const auto* bytes = six.s6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&six)) return (bytes[0] & 0xFE) == 0xFC || IN6_IS_ADDR_LINKLOCAL(&six);
    std::copy_n(bytes + 12, 4, reinterpret_cast<unsigned char*>(&four.s_addr));
  } else if (inet_aton(text.c_str(), &four) != 1) {  // reads 0xA000001 and 012.0.0.1 too, as name look-ups do
    return false;
  }
  const std::uint32_t address = ntohl(four.s_addr);
  const auto within = [address](std::uint32_t network, int bits) { return (address ^ network) >> (32 - bits) == 0; };
  return within(0, 8) || within(0x0A000000, 8) || within(0x64400000, 10) || within(0xA9FE0000, 16) ||
         within(0xAC100000, 12) || within(0xC0A80000, 16);
}

std::string fault_of_url(std::string_view url, Purpose purpose) {
  const auto parts = take_apart(url);
  if (!parts) return "not an absolute URL like https://example.eu.auth0.com/ (no user, no blanks)";
  if (url.find_first_of("?#") != url.npos) return "a query (?) or fragment (#) has no place here; remove it";
  if (parts->scheme == "https" && purpose != Purpose::development && is_private_address(parts->host))
    return "an address of a private network has no place here (development: true allows it); write the host's name";
  if (parts->scheme == "https") return {};
  if (parts->scheme != "http") return "the scheme must be https, as in https://example.eu.auth0.com/";
  if (!is_loopback(parts->host)) return "http is possible only for localhost; use https";
  if (purpose != Purpose::development)
    return "http needs 'development: true' (or PORTCULLIS_DEVELOPMENT=1): it is for the local world only";
  return {};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr std::size_t longest_name = 64;
constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool consists_of(std::string_view text, std::string_view other_signs) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return letters_and_digits.find(c) != letters_and_digits.npos || other_signs.find(c) != other_signs.npos;
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool plain = text == "0" || (!text.empty() && text.front() != '0');
  if (!plain || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort parts;
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    if (parts.host.empty() || parts.host.find_first_not_of("0123456789abcdefABCDEF:.") != parts.host.npos)
      return std::nullopt;
    ++end;
  } else {
    parts.host = text.substr(0, end);
    if (!consists_of(parts.host, "-._")) return std::nullopt;
  }
  text.remove_prefix(end);
  if (text.empty()) return parts;
  parts.port = text.starts_with(':') ? parse_port(text.substr(1)) : std::nullopt;
  return parts.port ? std::optional{parts} : std::nullopt;
}

bool is_plain_claim(std::string_view name) {
  return consists_of(name, "_");
}

bool is_field_name(std::string_view name) {
  return name.size() <= longest_name && consists_of(name, "-");
}

bool is_limit_name(std::string_view name) {
  return name.size() <= longest_name && consists_of(name, "-_");
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.starts_with('-') || number > 1'000'000'000) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "s") return std::chrono::seconds{number};
  if (unit == "m") return std::chrono::seconds{number * 60};
  if (unit == "h") return std::chrono::seconds{number * 3600};
  if (unit == "d") return std::chrono::seconds{number * 86400};
  if (unit.empty() && number == 0) return std::chrono::seconds{0};
  return std::nullopt;
}

std::string nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string best;
  std::size_t least = 3;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

Result<IssuerNames, std::string> tenant_names(std::string_view domain, Purpose purpose) {
  std::string url{domain};
  if (url.find("://") == url.npos) url = "https://" + url;
  if (!url.ends_with('/')) url += '/';
  if (std::string fault = fault_of_url(url, purpose); !fault.empty()) return fault;
  if (take_apart(url)->rest != "/") return std::string{"a domain has no path; use 'issuer' for a whole URL"};
  return IssuerNames{url, RemoteKeys{url + ".well-known/jwks.json"}};
}

Result<IssuerNames, std::string> issuer_names(std::string_view url, Purpose purpose) {
  if (std::string fault = fault_of_url(url, purpose); !fault.empty()) return fault;
  const auto metadata = metadata_urls(url);
  if (metadata.empty()) return std::string{"not an absolute URL like https://login.example.com/"};
  RemoteKeys keys{metadata.front()};
  keys.metadata_of = url;
  return IssuerNames{std::string{url}, std::move(keys)};
}

std::string fault_of_key_url(std::string_view url, Purpose purpose) {
  if (url.find('#') != url.npos) return "a fragment (#) has no place here; remove it";
  if (const std::size_t query = url.find('?'); query != url.npos) url = url.substr(0, query);
  return fault_of_url(url, purpose);
}

bool is_placeholder(std::string_view domain) {
  return domain.find("your-") != domain.npos || domain.find("YOUR") != domain.npos || domain.find('<') != domain.npos ||
         domain.find("-here") != domain.npos;
}

}  // namespace portcullis::config
