#include "edge/net/key_fetch.h"

#include <algorithm>
#include <charconv>

#include "edge/net/field_syntax.h"

namespace portcullis::net {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t largest_key_set = 256 * 1024;  // tokens.md §6.4
constexpr milliseconds connect_limit{1'000};

/// RFC 9110 §10.2.3, RFC 9111 §1.2.2: what is larger than fits counts as 2^31.
std::optional<seconds> delta_seconds(std::string_view text) {
  constexpr std::int64_t most = std::int64_t{1} << 31;
  if (!is_decimal(text)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return seconds{error == std::errc{} ? std::min(number, most) : most};
}

/// Cuts the first directive off: up to a comma that stands in no quoted string (RFC 9110 §5.6.4).
std::string_view take_directive(std::string_view& list) {
  char within = '\0';
  std::size_t end = 0;
  for (; end < list.size(); ++end) {
    const char c = list[end];
    if (c == '\\' && within != '\0') {
      ++end;  // escapes the next
    } else if (c == '"') {
      within = within == '\0' ? c : '\0';
    } else if (c == ',' && within == '\0') {
      break;
    }
  }
  const auto directive = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(list.size(), end + 1));
  return directive;
}

/// The first max-age that can be read (RFC 9111 §5.2.2.1).
std::optional<seconds> max_age_of(const Headers& headers) {
  constexpr std::string_view name = "max-age=";
  for (std::string_view list : headers.all("Cache-Control")) {
    while (!list.empty()) {
      const auto directive = take_directive(list);
      if (!equal_ignoring_case(directive.substr(0, name.size()), name)) continue;
      auto value = directive.substr(name.size());
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      if (const auto age = delta_seconds(value)) return age;
    }
  }
  return std::nullopt;
}

FetchedKeys fetched(HttpResponse answer) {
  return {answer.status, std::move(answer.body), std::string{answer.headers.first("ETag")}, max_age_of(answer.headers),
          delta_seconds(trimmed(answer.headers.first("Retry-After")))};
}

HttpRequest request_for(const NeedKeys& wanted, const Url& url) {
  HttpRequest request{"GET", url.target, {}, {}, {}};
  request.headers.add("Accept", "application/json, application/jwk-set+json");
  request.headers.add("Accept-Encoding", "identity");
  if (!wanted.if_none_match.empty()) request.headers.add("If-None-Match", wanted.if_none_match);
  return request;
}

bool worth_a_retry(const ClientError& error) {
  return error.kind == ClientError::Kind::closed || error.kind == ClientError::Kind::connect;
}

}  // namespace

FetchOutcome fetch_keys(const NeedKeys& wanted, const TlsRoots& roots, PlainHttp plain_http, milliseconds total) {
  const auto url = Url::parse(wanted.url);
  if (!url) return FetchFailed{"the URL of the keys is no absolute https URL"};
  const bool plain_allowed = plain_http == PlainHttp::loopback_only && url->is_loopback();
  if (url->scheme != "https" && !plain_allowed)
    return FetchFailed{url->origin() + ": keys are fetched over https only"};

  const auto deadline = Clock::now() + total;
  const auto request = request_for(wanted, *url);
  HttpClient client{*url, {connect_limit, total, largest_key_set}, roots};
  auto answer = client.exchange(request);
  if (!answer && worth_a_retry(answer.error())) {
    const auto left = std::chrono::floor<milliseconds>(deadline - Clock::now());
    if (left.count() > 0) answer = client.exchange(request, left);
  }
  if (!answer) return FetchFailed{std::move(answer).error().message};
  return fetched(*std::move(answer));
}

}  // namespace portcullis::net
