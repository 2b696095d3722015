#include "edge/net/key_fetch.h"

#include <algorithm>
#include <charconv>

#include "edge/net/field_syntax.h"
#include "edge/net/http_date.h"

namespace portcullis::net {
namespace {

using Clock = std::chrono::steady_clock;
using WallClock = std::chrono::system_clock;
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

std::optional<std::chrono::sys_seconds> date_of(const HttpResponse& answer) {
  return parse_http_date(trimmed(answer.headers.first("Date")));
}

/// Seconds, or an instant by the server's own clock (RFC 9110 §10.2.3).
std::optional<seconds> retry_after_of(const HttpResponse& answer) {
  const auto value = trimmed(answer.headers.first("Retry-After"));
  const auto instant = parse_http_date(value);
  if (!instant) return delta_seconds(value);
  const auto date = date_of(answer);
  if (!date) return std::nullopt;
  return std::max(*instant - *date, seconds{0});
}

/// How far the server's clock is ahead of ours. Its Date is cut to the second, and it was written somewhere between
/// the request and the answer: within a second of the middle of both.
std::optional<seconds> clock_offset_of(const HttpResponse& answer, WallClock::time_point asked) {
  const auto date = date_of(answer);
  if (!date) return std::nullopt;
  const auto middle = asked + (WallClock::now() - asked) / 2;
  return std::chrono::duration_cast<seconds>(*date + milliseconds{500} - middle);
}

FetchedKeys fetched(HttpResponse answer, WallClock::time_point asked) {
  FetchedKeys keys{
      answer.status, {}, std::string{answer.headers.first("ETag")}, max_age_of(answer.headers), retry_after_of(answer)};
  keys.clock_offset = clock_offset_of(answer, asked);
  keys.body = std::move(answer.body);
  return keys;
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
  const auto asked = WallClock::now();
  const auto request = request_for(wanted, *url);
  HttpClient client{*url, {connect_limit, total, largest_key_set}, roots};
  auto answer = client.exchange(request);
  if (!answer && worth_a_retry(answer.error())) {
    const auto left = std::chrono::floor<milliseconds>(deadline - Clock::now());
    if (left.count() > 0) answer = client.exchange(request, left);
  }
  if (!answer) return FetchFailed{std::move(answer).error().message};
  return fetched(*std::move(answer), asked);
}

}  // namespace portcullis::net
