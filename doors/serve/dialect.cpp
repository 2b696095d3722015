#include "doors/serve/dialect.h"

#include <algorithm>

#include "doors/serve/field_name.h"

namespace portcullis::serve {
namespace {

struct Name {
  std::string_view lower;  // as it is looked for
  std::string_view shown;  // as people write it
};

/// The only headers that are believed of one proxy. Empty: that is not told by a header.
struct Words {
  Dialect dialect;
  std::string_view name, path;
  Name method, uri;   // mandatory
  Name scheme, host;  // for the URL of a DPoP proof
  Name address;       // of the client; empty: X-Forwarded-For
};

constexpr Name original_method{"x-original-method", "X-Original-Method"},
    original_uri{"x-original-uri", "X-Original-URI"}, original_proto{"x-original-proto", "X-Original-Proto"},
    original_host{"x-original-host", "X-Original-Host"}, original_address{"x-original-address", "X-Original-Address"},
    forwarded_method{"x-forwarded-method", "X-Forwarded-Method"}, forwarded_uri{"x-forwarded-uri", "X-Forwarded-Uri"},
    forwarded_proto{"x-forwarded-proto", "X-Forwarded-Proto"}, forwarded_host{"x-forwarded-host", "X-Forwarded-Host"},
    host{"host", "Host"};

constexpr std::array all_words{
    Words{Dialect::nginx, "nginx", "/auth/nginx", original_method, original_uri, original_proto, original_host,
          original_address},
    Words{Dialect::traefik,
          "traefik",
          "/auth/traefik",
          forwarded_method,
          forwarded_uri,
          forwarded_proto,
          forwarded_host,
          {}},
    Words{Dialect::caddy, "caddy", "/auth/caddy", forwarded_method, forwarded_uri, forwarded_proto, forwarded_host, {}},
    Words{Dialect::haproxy, "haproxy", "/auth/haproxy", original_method, original_uri, original_proto, original_host,
          original_address},
    // Method and path are those of the request itself: Envoy puts the path behind ours.
    Words{Dialect::envoy, "envoy", "/auth/envoy", {}, {}, forwarded_proto, host, {}},
};

const Words* words_for(std::string_view target) noexcept {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const Words& words : all_words) {
    // What stands behind Envoy's prefix is the client's, "*" for instance, and the core's to judge.
    if (words.dialect == Dialect::envoy ? path.starts_with(words.path) : path == words.path) return &words;
  }
  return nullptr;
}

/// Headers of one kind as they were sent.
struct Sent {
  std::string_view value;
  int times = 0;

  void take(std::string_view sent) noexcept {
    if (times++ == 0) value = sent;
  }
};

Error misconfigured(const Words& words, Name name, const char* what) {
  return {Reason::internal, "the proxy sent " + std::string{what} + ' ' + std::string{name.shown} +
                                "; configure it as printed by: portcullis check --proxy " + std::string{words.name}};
}

Result<Done> check_once(const Words& words, Name name, const Sent& sent) {
  if (sent.times == 0) return misconfigured(words, name, "no header");
  if (sent.times > 1) return misconfigured(words, name, "more than one header");
  return Done{};
}

// Methods are case-sensitive (RFC 9110 §9.1), but not for every backend: "post" must not come under another rule than
// POST, not even that of ANY.
bool is_usual_method(std::string_view method) noexcept {
  constexpr std::size_t longest = 32;
  return !method.empty() && method.size() <= longest &&
         std::all_of(method.begin(), method.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

bool is_authority(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

std::string_view name_of(Dialect dialect) noexcept {
  return all_words[static_cast<std::size_t>(dialect)].name;
}

Result<Done> ProxiedRequest::read(const net::ServerRequest& asked, const ProxyTrust& trust) {
  request_ = {};
  dialect_.reset();
  if (!may_ask(asked.peer, trust.proxies))
    return Error{Reason::forbidden, "the peer " + std::string{asked.peer} +
                                        " is not in serve.proxies, so nothing that it says is believed"};
  const Words* words = words_for(asked.target);
  if (!words)
    return Error{Reason::internal,
                 "the proxy asked for none of our paths, which are /auth/ and nginx, traefik, caddy, "
                 "haproxy or envoy"};
  dialect_ = words->dialect;
  return read_fields(asked, trust);
}

Result<Done> ProxiedRequest::read_fields(const net::ServerRequest& asked, const ProxyTrust& trust) {
  const Words& words = all_words[static_cast<std::size_t>(*dialect_)];
  Sent method, uri, scheme, authority, address, authorization, dpop;
  const std::array<std::pair<Name, Sent*>, 7> wanted{{{words.method, &method},
                                                      {words.uri, &uri},
                                                      {words.scheme, &scheme},
                                                      {words.host, &authority},
                                                      {words.address, &address},
                                                      {{"authorization", "Authorization"}, &authorization},
                                                      {{"dpop", "DPoP"}, &dpop}}};
  std::size_t credentials = 0;
  for (const net::FieldView& field : asked.fields) {
    for (const auto& [name, sent] : wanted) {
      if (name.lower.empty() || (field.name != name.shown && !is_field(field.name, name.lower))) continue;
      sent->take(field.value);
      const bool credential = sent == &authorization || sent == &dpop;
      if (credential && sent->times <= 2) credentials_[credentials++] = {field.name, field.value};
      break;
    }
  }
  request_.headers = std::span{credentials_}.first(credentials);

  if (words.dialect == Dialect::envoy) {
    request_.method = asked.method;
    uri.take(asked.target.substr(words.path.size()));
  } else {
    if (auto once = check_once(words, words.method, method); !once) return once;
    if (auto once = check_once(words, words.uri, uri); !once) return once;
    request_.method = method.value;
  }
  request_.path = uri.value.substr(0, uri.value.find('?'));
  if (scheme.times > 1) return check_once(words, words.scheme, scheme);
  if (authority.times > 1) return check_once(words, words.host, authority);

  if (address.times > 1) return check_once(words, words.address, address);
  if (trust.address == AddressNeed::limits) {
    const bool forwarded = words.address.lower.empty();
    const auto client =
        forwarded ? forwarded_client(asked.fields, trust.proxies) : IpAddress::parse_forwarded(address.value);
    if (!client)
      return misconfigured(words, forwarded ? Name{{}, "X-Forwarded-For"} : words.address,
                           "no usable address of the client in the header");
    address_ = client->text();
    request_.address = address_;
  }
  if (!is_usual_method(request_.method))
    return Error{Reason::no_route, "the method is not made of capital letters, so no rule is for it"};
  if (dpop.times > 0 && !trust.public_base_url.empty()) {
    url_.assign(trust.public_base_url).append(uri.value);
    request_.url = url_;
  } else if (dpop.times > 0 && (scheme.value == "https" || scheme.value == "http") && is_authority(authority.value)) {
    url_.assign(scheme.value).append("://").append(authority.value).append(uri.value);
    request_.url = url_;
  }
  return Done{};
}

Decision refused(const Error& error) {
  Decision decision;
  decision.outcome = facts(error.reason).status >= 500 ? Outcome::undecided : Outcome::deny;
  decision.reason = error.reason;
  decision.detail = error.detail;
  return decision;
}

}  // namespace portcullis::serve
