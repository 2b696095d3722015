#include "world/gateway/authorizer_event.h"

#include "world/gateway/connect_event.h"
#include "world/gateway/http_2_event.h"

namespace portcullis::world {
namespace {

std::string identity_value(const IdentitySource& source, const RoutedRequest& request, ApiKind kind) {
  switch (source.kind) {
    case IdentitySource::Kind::header:
      return is_http_api(kind) ? joined_header(request.http.headers, source.name)
                               : std::string{last_header(request.http.headers, source.name)};
    case IdentitySource::Kind::http_method:
      return request.http.method;
    case IdentitySource::Kind::path:
      return whole_path(request);
    case IdentitySource::Kind::resource_path:
      return request.match.route->path;
    case IdentitySource::Kind::route_key:
      return request.match.route->key();
    case IdentitySource::Kind::querystring:
      break;
  }
  std::string value;
  for (const auto& [name, each] : request.query)
    if (name == source.name) value = each;
  return value;
}

void write_token_event(JsonWriter& json, const AuthorizerSettings& authorizer, const RoutedRequest& request,
                       const std::string& method_arn) {
  const std::string_view token = last_header(request.http.headers, authorizer.identity.front().name);
  json.key("type").string("TOKEN").key("authorizationToken").string(token).key("methodArn").string(method_arn);
}

void write_rest_event(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api,
                      const std::string& method_arn) {
  json.key("type").string("REQUEST").key("methodArn").string(method_arn);
  write_request_members(json, request, api.kind, EmptyMap::braces);
  json.key("requestContext").begin_object();
  write_request_context(json, request, api);
  json.end_object();
}

/// The identity's values as one text, in which a comma of their own is not told apart (IN-16).
void write_http_1_event(JsonWriter& json, const AuthorizerSettings& authorizer, const RoutedRequest& request,
                        const GatewayApi& api, const std::string& method_arn) {
  std::string joined;
  for (const std::string& value : identity_values(authorizer, request, api.kind).value_or(std::vector<std::string>{}))
    joined.append(joined.empty() ? "" : ",").append(value);
  json.key("version").string("1.0").key("identitySource").string(joined).key("authorizationToken").string(joined);
  write_rest_event(json, request, api, method_arn);
}

void write_http_2_event(JsonWriter& json, const AuthorizerSettings& authorizer, const RoutedRequest& request,
                        const GatewayApi& api, const std::string& method_arn) {
  json.key("version").string("2.0").key("type").string("REQUEST").key("routeArn").string(method_arn);
  const auto values = identity_values(authorizer, request, api.kind);
  if (values && !values->empty()) {
    json.key("identitySource").begin_array();
    for (const std::string& value : *values) json.string(value);
    json.end_array();
  }
  write_http_2_members(json, request);
  json.key("requestContext").begin_object();
  write_http_2_context(json, request, api);
  json.end_object();
}

void write_connect_event(JsonWriter& json, const RoutedRequest& request, const GatewayApi& api,
                         const std::string& method_arn) {
  json.key("type").string("REQUEST").key("methodArn").string(method_arn);
  write_connect_members(json, request);
  json.key("requestContext").begin_object();
  write_connect_context(json, request, api);
  json.end_object();
}

}  // namespace

std::optional<std::vector<std::string>> identity_values(const AuthorizerSettings& authorizer,
                                                        const RoutedRequest& request, ApiKind kind) {
  std::vector<std::string> values;
  for (const IdentitySource& source : authorizer.identity) {
    values.push_back(identity_value(source, request, kind));
    if (values.back().empty()) return std::nullopt;
  }
  return values;
}

std::string authorizer_event(const AuthorizerSettings& authorizer, const RoutedRequest& request, const GatewayApi& api,
                             const std::string& method_arn) {
  JsonWriter json;
  json.begin_object();
  switch (api.kind) {
    case ApiKind::rest:
      if (authorizer.type == AuthorizerSettings::Type::TOKEN)
        write_token_event(json, authorizer, request, method_arn);
      else
        write_rest_event(json, request, api, method_arn);
      break;
    case ApiKind::http_1:
      write_http_1_event(json, authorizer, request, api, method_arn);
      break;
    case ApiKind::http_2:
      write_http_2_event(json, authorizer, request, api, method_arn);
      break;
    case ApiKind::web_socket:
      write_connect_event(json, request, api, method_arn);
      break;
  }
  return json.end_object().text();
}

}  // namespace portcullis::world
