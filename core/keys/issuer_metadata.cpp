// Where an issuer says its keys are. tokens.md §5.2; OpenID Connect Discovery 1.0 §4, RFC 8414 §3.
#include <algorithm>
#include <optional>

#include "core/token/printable.h"
#include "portcullis/json.h"
#include "portcullis/keys.h"

namespace portcullis {
namespace {

constexpr std::size_t most_metadata_bytes = 256 * 1024;
constexpr std::size_t most_url_bytes = 2048;

struct UrlParts {
  std::string_view scheme, authority, path;  // path: what follows the authority
};

std::optional<UrlParts> take_apart(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == url.npos || url.size() > most_url_bytes) return std::nullopt;
  // Blanks, control characters, non-ASCII, a user, a backslash: what two readers could take for two hosts.
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c >= 0x7F || c == '@' || c == '\\'; }))
    return std::nullopt;
  const std::string_view rest = url.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (end == 0 || url.find('#') != url.npos) return std::nullopt;
  return UrlParts{url.substr(0, colon), rest.substr(0, end), rest.substr(end)};
}

std::string host_of(std::string_view authority) {
  const std::size_t bracket = authority.find(']');
  const std::size_t port = authority.find(':', bracket == authority.npos ? 0 : bracket);
  std::string host{authority.substr(0, port)};
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return host;
}

}  // namespace

std::vector<std::string> metadata_urls(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  const auto parts = take_apart(issuer);
  if (!parts) return {};
  const std::string origin = std::string{parts->scheme} + "://" + std::string{parts->authority};
  return {std::string{issuer} + "/.well-known/openid-configuration",
          origin + "/.well-known/oauth-authorization-server" + std::string{parts->path}};
}

Result<KeyUrl, std::string> key_url_of(std::string_view metadata, std::string_view issuer) {
  const auto document = JsonDocument::parse(metadata, {.bytes = most_metadata_bytes});
  if (!document) return "the issuer's metadata is not JSON: " + document.error().detail;
  const Json root = document->root();
  const auto named = root.find("issuer");
  if (!named || named->string() != issuer)
    return "the metadata is not that of " + std::string{issuer} + ": its 'issuer' is " +
           (named ? printable(named->string().value_or("no text"), 200) : "missing") +
           ", and must be the same to the last byte";
  const auto written = root.find("jwks_uri");
  if (!written || !written->string()) return std::string{"the issuer's metadata has no 'jwks_uri'"};
  const std::string_view url = *written->string();
  const auto ours = take_apart(issuer);
  const auto theirs = take_apart(url);
  if (!ours || !theirs) return std::string{"the 'jwks_uri' of the issuer's metadata is no absolute URL"};
  if (theirs->scheme != "https" && theirs->scheme != ours->scheme)
    return std::string{"the 'jwks_uri' of the issuer's metadata is not https"};
  if (host_of(theirs->authority) != host_of(ours->authority))
    return std::string{
        "the 'jwks_uri' of the issuer's metadata is on another host; if that is right, write it as jwks_uri in the "
        "configuration"};
  return KeyUrl{std::string{url}};
}

}  // namespace portcullis
