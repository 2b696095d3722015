#include "edge/config/store_settings.h"

#include <algorithm>

#include "edge/config/values.h"
#include "portcullis/authorizer.h"

namespace portcullis::config {
namespace {

constexpr std::string_view forms = "a store is memory, redis://localhost:6379 or rediss://HOST:PORT";

int value_of_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 §2.1: a password may hold what would end it in a URL.
std::optional<std::string> without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? value_of_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? value_of_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// "user:password", "user" or ":password".
bool read_user(std::string_view text, StoreSettings& store) {
  const std::size_t colon = text.find(':');
  const auto user = without_escapes(text.substr(0, colon));
  const auto password = without_escapes(colon == text.npos ? "" : text.substr(colon + 1));
  if (!user || !password) return false;
  store.user = *user;
  store.password = *password;
  return true;
}

}  // namespace

Result<std::optional<StoreSettings>, std::string> parse_store(std::string_view text) {
  if (text == "memory") return std::optional<StoreSettings>{};
  StoreSettings store;
  constexpr std::string_view plain = "redis://", tls = "rediss://";
  if (text.starts_with(tls)) store.security = StoreSettings::Security::tls;
  if (!text.starts_with(tls) && !text.starts_with(plain)) return std::string{forms};
  text.remove_prefix(text.starts_with(tls) ? tls.size() : plain.size());
  for (const char c : text)
    if (c <= ' ' || c >= 0x7F) return std::string{"the store's URL has blanks, control characters or non-ASCII ones"};
  if (text.find_first_of("?#") != text.npos)
    return std::string{"the store's URL has no query (?) and no fragment (#); in a password write %3F and %23"};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view path = text.substr(slash);
  if (!path.empty() && path != "/" && path != "/0")
    return std::string{"the store's URL has no path: database 0 is used, in a password write a slash as %2F"};
  text = text.substr(0, slash);
  const std::size_t at = text.rfind('@');
  if (at != text.npos && !read_user(text.substr(0, at), store))
    return std::string{"the user or password of the store's URL has a % that is no escape; write %25"};
  if (at != text.npos) text.remove_prefix(at + 1);
  const auto where = split_host_port(text);
  if (!where || where->port == 0) return std::string{forms};
  if (store.security == StoreSettings::Security::plain && !is_loopback(where->host))
    return std::string{"redis:// is possible only on this machine (localhost); everywhere else write rediss://, TLS"};
  store.host = where->host;
  store.port = where->port.value_or(store.port);
  store.seed = shared_seed_of(store.password);
  return std::optional{std::move(store)};
}

void read_store(Reader& reader, const YamlNode& node, std::optional<StoreSettings>& store) {
  const bool scalar = node.kind == YamlNode::Kind::scalar;
  const bool in_file = scalar && node.text.starts_with("file:");
  const auto text = in_file ? reader.secret(node) : reader.text(node);
  if (!text) return;
  auto parsed = parse_store(*text);
  if (!parsed) return reader.fault(node, parsed.error());
  const bool literal = !in_file && !node.text.starts_with("env:");
  if (literal && *parsed && !(*parsed)->password.empty())
    return reader.fault(node,
                        "a password never stands in this file; write store: env:NAME or file:PATH for the whole URL");
  store = *std::move(parsed);
}

}  // namespace portcullis::config
