#include "world/gateway/proxy_integration.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "world/encoding/base64.h"
#include "world/gateway/connect_event.h"
#include "world/gateway/http_2_event.h"

namespace portcullis::world {
namespace {

/// REST APIs keep these for themselves (gateway.md §7.2): an endpoint's challenge arrives under another name. Of other
/// kinds of APIs the reference says no such thing, so there they stay as they are, but what frames the message.
constexpr std::array<std::string_view, 8> remapped{"connection", "content-length",    "date",    "host",
                                                   "server",     "transfer-encoding", "upgrade", "www-authenticate"};

bool equal_ignoring_case(std::string_view left, std::string_view lower) {
  return std::ranges::equal(
      left, lower, [](char l, char r) { return (l >= 'A' && l <= 'Z' ? static_cast<char>(l - 'A' + 'a') : l) == r; });
}

/// A token of RFC 9110 §5.6.2.
bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

/// Nothing that could end the line (RFC 9110 §5.5).
bool is_header_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    return c != '\t' && (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F);
  });
}

Malformed malformed(std::string sentence) {
  return {GatewayFault::malformed_proxy_response, std::move(sentence)};
}

using Problem = std::optional<std::string>;

/// Scalars become text, as the seed relies on for `true`; null is nothing.
Problem add_header(std::string_view name, const boost::json::value& value, ApiKind kind, net::Headers& headers) {
  if (value.is_structured()) return "a header value is an array or object";
  if (value.is_null()) return std::nullopt;
  const std::string text = value.is_string() ? std::string{value.get_string()} : boost::json::serialize(value);
  if (!is_header_name(name) || !is_header_value(text)) return "a header cannot be sent as it is";
  const bool keep =
      kind != ApiKind::rest || std::ranges::none_of(remapped, [&](auto own) { return equal_ignoring_case(name, own); });
  headers.add((keep ? "" : "x-amzn-Remapped-") + std::string{name}, text);
  return std::nullopt;
}

Problem read_multi_value_headers(const boost::json::value& value, ApiKind kind, net::Headers& headers) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) return "multiValueHeaders is not an object";
  for (const auto& [name, values] : value.get_object()) {
    if (!values.is_array()) return "a member of multiValueHeaders is not an array";
    for (const auto& each : values.get_array())
      if (auto problem = add_header(name, each, kind, headers)) return problem;
  }
  return std::nullopt;
}

/// A pair that is in multiValueHeaders too is sent once.
Problem read_headers(const boost::json::value& value, ApiKind kind, net::Headers& headers) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) return "headers is not an object";
  const net::Headers multi = headers;
  for (const auto& [name, each] : value.get_object()) {
    net::Headers one;
    if (auto problem = add_header(name, each, kind, one)) return problem;
    for (const auto& [sent_name, sent] : one) {
      const auto same = multi.all(sent_name);
      if (std::ranges::find(same, sent) == same.end()) headers.add(sent_name, sent);
    }
  }
  return std::nullopt;
}

std::optional<int> status_code(const boost::json::value& value) {
  int status = 0;
  if (value.is_int64()) {
    status = static_cast<int>(std::clamp<std::int64_t>(value.get_int64(), 0, 1000));
  } else if (value.is_string()) {  // gateway.md §7.2: "201" counts
    const std::string_view text = value.get_string();
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  }
  return status >= 200 && status <= 599 ? std::optional{status} : std::nullopt;
}

Problem read_member(std::string_view name, const boost::json::value& value, net::HttpResponse& response) {
  if (name == "headers" || name == "multiValueHeaders" || name == "isBase64Encoded") return std::nullopt;  // later
  if (name == "statusCode") {
    const auto status = status_code(value);
    if (!status) return "statusCode is no status";
    response.status = *status;
    return std::nullopt;
  }
  if (name != "body") return "the answer has an unknown member";
  if (!value.is_string() && !value.is_null()) return "body is not a string";
  if (value.is_string()) response.body = value.get_string();
  return std::nullopt;
}

/// An HTTP API tells by the type alone; a REST API is told which types are binary.
bool is_binary(const RoutedRequest& request, const GatewayApi& api) {
  const std::string_view type = last_header(request.http.headers, "Content-Type");
  const auto fits = [&](std::string_view pattern) { return matches(pattern, type); };
  if (!is_http_api(api.kind)) return std::ranges::any_of(api.binary_media_types, fits);
  constexpr std::array<std::string_view, 6> texts{"text/*",           "application/json*", "application/javascript*",
                                                  "application/xml*", "*+json*",           "*+xml*"};
  return !type.empty() && std::ranges::none_of(texts, fits);
}

void write_named_context(JsonWriter& json, const Authorized& authorized) {
  json.key("authorizer").begin_object().key("principalId").string(authorized.answer->principal);
  for (const auto& [name, value] : authorized.answer->context) json.key(name).string_or_null(value);
  json.key("integrationLatency").integer(authorized.latency.count()).end_object();
}

void write_lambda_context(JsonWriter& json, const Authorized& authorized) {
  json.key("authorizer").begin_object().key("lambda").raw(authorized.answer->context_json).end_object();
}

void write_body(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api) {
  const std::string& body = request.http.body;
  const bool binary = !body.empty() && is_binary(request, api);
  if (!body.empty())
    json.key("body").string(binary ? base64(body) : body);
  else if (api.kind == ApiKind::rest || api.kind == ApiKind::http_1)
    json.key("body").null();
  json.key("isBase64Encoded").boolean(binary);
}

Problem read_members(const boost::json::object& object, ApiKind kind, net::HttpResponse& response) {
  const bool strict = kind != ApiKind::http_2;
  for (const auto& [name, value] : object)
    if (strict || name == "statusCode" || name == "body")
      if (auto wrong = read_member(name, value, response)) return wrong;
  if (const auto* multi = object.if_contains("multiValueHeaders"); multi && strict)
    if (auto wrong = read_multi_value_headers(*multi, kind, response.headers)) return wrong;
  if (const auto* single = object.if_contains("headers"))
    if (auto wrong = read_headers(*single, kind, response.headers)) return wrong;
  const auto* cookies = strict ? nullptr : object.if_contains("cookies");
  if (!cookies || cookies->is_null()) return std::nullopt;
  if (!cookies->is_array()) return "cookies is not an array";
  for (const auto& cookie : cookies->get_array())
    if (auto wrong = add_header("Set-Cookie", cookie, kind, response.headers)) return wrong;
  return std::nullopt;
}

/// What a function answers that knows nothing of HTTP (gateway.md §7.2): its JSON, a string without the quotes.
net::HttpResponse inferred_response(const boost::json::value& answer) {
  const std::string text = answer.is_string() ? std::string{answer.get_string()} : boost::json::serialize(answer);
  return {200, {{"Content-Type", "application/json"}}, text};
}

std::string_view type_when_none(ApiKind kind, const net::HttpResponse& response) {
  return kind == ApiKind::http_2 && !response.body.empty() ? "text/plain;charset=utf-8" : "application/json";
}

}  // namespace

std::string proxy_event(const RoutedRequest& request, const GatewayApi& api,
                        const std::optional<Authorized>& authorized) {
  JsonWriter json;
  json.begin_object();
  if (is_http_api(api.kind)) json.key("version").string(api.kind == ApiKind::http_1 ? "1.0" : "2.0");
  switch (api.kind) {
    case ApiKind::rest:
    case ApiKind::http_1:
      write_request_members(json, request, api.kind, EmptyMap::null);
      json.key("requestContext").begin_object();
      write_request_context(json, request, api);
      break;
    case ApiKind::http_2:
      write_http_2_members(json, request);
      json.key("requestContext").begin_object();
      write_http_2_context(json, request, api);
      break;
    case ApiKind::web_socket:
      write_connect_members(json, request);
      json.key("requestContext").begin_object();
      write_connect_context(json, request, api);
      break;
  }
  if (authorized)
    api.kind == ApiKind::http_2 ? write_lambda_context(json, *authorized) : write_named_context(json, *authorized);
  json.end_object();
  write_body(json, request, api);
  return json.end_object().text();
}

Result<net::HttpResponse, Malformed> proxy_response(std::string_view json, ApiKind kind) {
  boost::system::error_code problem;
  const boost::json::value document = boost::json::parse(json, problem);
  if (problem) return malformed("the answer is not JSON");
  const bool has_status = document.is_object() && document.get_object().contains("statusCode");
  if (!has_status && kind == ApiKind::http_2) return inferred_response(document);
  if (!document.is_object()) return malformed("the answer is not a JSON object");
  if (!has_status) return malformed("the answer has no statusCode");
  const auto& object = document.get_object();
  net::HttpResponse response;
  if (auto wrong = read_members(object, kind, response)) return malformed(*wrong);
  const auto* encoded = object.if_contains("isBase64Encoded");
  if (encoded && encoded->is_bool() && encoded->get_bool()) {
    auto bytes = base64_decode(response.body);
    if (!bytes) return Malformed{GatewayFault::api_configuration_error, "body is no base64"};
    response.body = *std::move(bytes);
  }
  if (!response.headers.has("Content-Type"))
    response.headers.add("Content-Type", std::string{type_when_none(kind, response)});
  return response;
}

}  // namespace portcullis::world
