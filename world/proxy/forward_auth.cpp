#include "world/proxy/forward_auth.h"

#include <algorithm>
#include <array>
#include <string>

#include "edge/net/field_syntax.h"

namespace portcullis::world {
namespace {

constexpr std::array<std::string_view, 4> identity_headers{"X-Auth-Subject", "X-Auth-Client", "X-Auth-Scope",
                                                           "X-Auth-Issuer"};
constexpr std::array<std::string_view, 2> credentials{"Authorization", "DPoP"};
constexpr std::array<std::string_view, 9> of_one_hop{"Connection", "Content-Length",    "Date",
                                                     "Keep-Alive", "Proxy-Connection",  "TE",
                                                     "Trailer",    "Transfer-Encoding", "Upgrade"};
constexpr std::array<std::string_view, 5> of_limits{"RateLimit", "RateLimit-Policy", "X-RateLimit-Limit",
                                                    "X-RateLimit-Remaining", "X-RateLimit-Reset"};

template <class Names>
bool is_among(std::string_view name, const Names& names) {
  return std::ranges::any_of(names, [&](auto each) { return net::equal_ignoring_case(name, each); });
}

/// X_Auth_Subject and X.Auth.Subject are X-Auth-Subject to many a backend (gateway.md §8.3).
bool tells_identity(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '_' || c == '.'; }, '-');
  return is_among(name, identity_headers);
}

}  // namespace

net::HttpRequest auth_question(const net::HttpRequest& request, std::string_view target, std::string_view trace) {
  net::HttpRequest question{"GET", "/auth/traefik", {{"Host", "portcullis"}}, {}, {}};
  for (const std::string_view name : credentials)
    for (const std::string_view value : request.headers.all(name))
      question.headers.add(std::string{name}, std::string{value});
  question.headers.add("X-Forwarded-Method", request.method);
  question.headers.add("X-Forwarded-Proto", "http");
  question.headers.add("X-Forwarded-Host", std::string{request.headers.first("Host")});
  question.headers.add("X-Forwarded-Uri", std::string{target});
  question.headers.add("X-Forwarded-For", request.peer);
  question.headers.add("traceparent", "00-" + std::string{trace} + '-' + std::string{trace.substr(0, 16)} + "-01");
  return question;
}

net::Headers backend_headers(const net::Headers& sent, const net::Headers& allowed) {
  net::Headers headers;
  for (const auto& [name, value] : sent)
    if (!tells_identity(name)) headers.add(name, value);
  for (const std::string_view name : identity_headers)
    for (const std::string_view value : allowed.all(name)) headers.add(std::string{name}, std::string{value});
  return headers;
}

net::Headers end_to_end(const net::Headers& answered) {
  net::Headers headers;
  for (const auto& [name, value] : answered)
    if (!is_among(name, of_one_hop)) headers.add(name, value);
  return headers;
}

net::Headers limit_headers(const net::Headers& allowed) {
  net::Headers headers;
  for (const auto& [name, value] : allowed)
    if (is_among(name, of_limits)) headers.add(name, value);
  return headers;
}

}  // namespace portcullis::world
