#include "world/gateway/routed_request.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace portcullis::world {
namespace {

constexpr std::string_view default_stage = "$default";

/// The names in order of first appearance, each once. Header names are grouped as the client spelt them.
template <class Pairs>
std::vector<std::string_view> names_of(const Pairs& pairs) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : pairs)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

template <class Pairs>
void write_single(JsonWriter& json, const Pairs& pairs) {
  json.begin_object();
  for (const std::string_view name : names_of(pairs)) {
    std::string_view last;
    for (const auto& [each, value] : pairs)
      if (each == name) last = value;
    json.key(name).string(last);
  }
  json.end_object();
}

template <class Pairs>
void write_multi(JsonWriter& json, const Pairs& pairs) {
  json.begin_object();
  for (const std::string_view name : names_of(pairs)) {
    json.key(name).begin_array();
    for (const auto& [each, value] : pairs)
      if (each == name) json.string(value);
    json.end_array();
  }
  json.end_object();
}

template <class Write>
void write_map(JsonWriter& json, std::string_view name, std::size_t size, EmptyMap empty, Write write) {
  json.key(name);
  if (size == 0 && empty == EmptyMap::null)
    json.null();
  else
    write();
}

}  // namespace

StagedPath split_stage(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (!target.starts_with('/')) return {};
  target.remove_prefix(1);
  const std::string_view stage = target.substr(0, target.find('/'));
  const std::string_view path = target.substr(stage.size());
  return {std::string{stage}, path.empty() ? "/" : std::string{path}};
}

std::string whole_path(const RoutedRequest& request) {
  return request.stage == default_stage ? request.path : '/' + request.stage + request.path;
}

std::string clf_time(WallTime time) {
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%02u/%s/%04d:%02d:%02d:%02d +0000", static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string domain_of(const GatewayApi& api) {
  return api.id + ".execute-api." + api.region + ".amazonaws.com";
}

std::string_view last_header(const net::Headers& headers, std::string_view name) {
  const auto values = headers.all(name);
  return values.empty() ? std::string_view{} : values.back();
}

void write_field_maps(JsonWriter& json, const RoutedRequest& request, EmptyMap empty) {
  const auto& headers = request.http.headers;
  write_map(json, "headers", headers.size(), empty, [&] { write_single(json, headers); });
  write_map(json, "multiValueHeaders", headers.size(), empty, [&] { write_multi(json, headers); });
  write_map(json, "queryStringParameters", request.query.size(), empty, [&] { write_single(json, request.query); });
  write_map(json, "multiValueQueryStringParameters", request.query.size(), empty,
            [&] { write_multi(json, request.query); });
}

void write_last_values(JsonWriter& json, const Fields& fields) {
  write_single(json, fields);
}

void write_request_members(JsonWriter& json, const RoutedRequest& request, ApiKind kind, EmptyMap empty) {
  json.key("resource").string(request.match.route->path);
  json.key("path").string(kind == ApiKind::rest ? request.path : whole_path(request));
  json.key("httpMethod").string(request.http.method);
  write_field_maps(json, request, empty);
  const auto& parameters = request.match.path_parameters;
  write_map(json, "pathParameters", parameters.size(), empty, [&] { write_single(json, parameters); });
  write_map(json, "stageVariables", 0, empty, [&] { json.begin_object().end_object(); });
}

void write_identity(JsonWriter& json, const RoutedRequest& request) {
  json.begin_object();
  for (const std::string_view absent :
       {"cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller", "accessKey", "cognitoAuthenticationType",
        "cognitoAuthenticationProvider", "userArn", "user", "clientCert"})
    json.key(absent).null();
  json.key("sourceIp").string(request.http.peer);
  const std::string_view agent = last_header(request.http.headers, "User-Agent");
  json.key("userAgent").string_or_null(agent.empty() ? std::nullopt : std::optional{agent});
  json.end_object();
}

void write_request_context(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api) {
  json.key("resourceId").string("local0").key("resourcePath").string(request.match.route->path);
  json.key("httpMethod").string(request.http.method).key("extendedRequestId").string(request.id);
  json.key("requestTime").string(clf_time(request.received));
  json.key("path").string(whole_path(request));  // with the stage: gateway.md §2.2
  json.key("accountId").string(api.account).key("protocol").string("HTTP/1.1");
  json.key("stage").string(request.stage).key("domainPrefix").string(api.id);
  json.key("requestTimeEpoch").integer(request.received.time_since_epoch().count());
  json.key("requestId").string(request.id).key("identity");
  write_identity(json, request);
  json.key("domainName").string(domain_of(api)).key("apiId").string(api.id);
}

}  // namespace portcullis::world
