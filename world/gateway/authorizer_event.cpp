#include "world/gateway/authorizer_event.h"

namespace portcullis::world {
namespace {

std::string identity_value(const IdentitySource& source, const RoutedRequest& request) {
  switch (source.kind) {
    case IdentitySource::Kind::header:
      return std::string{last_header(request.http.headers, source.name)};
    case IdentitySource::Kind::http_method:
      return request.http.method;
    case IdentitySource::Kind::path:
      return '/' + request.stage + request.path;
    case IdentitySource::Kind::resource_path:
      return request.match.route->path;
    case IdentitySource::Kind::querystring:
      break;
  }
  std::string value;
  for (const auto& [name, each] : request.query)
    if (name == source.name) value = each;
  return value;
}

}  // namespace

std::optional<std::vector<std::string>> identity_values(const AuthorizerSettings& authorizer,
                                                        const RoutedRequest& request) {
  std::vector<std::string> values;
  for (const IdentitySource& source : authorizer.identity) {
    values.push_back(identity_value(source, request));
    if (values.back().empty()) return std::nullopt;
  }
  return values;
}

std::string authorizer_event(const AuthorizerSettings& authorizer, const RoutedRequest& request, const RestApi& api,
                             const std::string& method_arn) {
  JsonWriter json;
  json.begin_object();
  if (authorizer.type == AuthorizerSettings::Type::TOKEN) {
    const std::string_view token = last_header(request.http.headers, authorizer.identity.front().name);
    json.key("type").string("TOKEN").key("authorizationToken").string(token).key("methodArn").string(method_arn);
    return json.end_object().text();
  }
  json.key("type").string("REQUEST").key("methodArn").string(method_arn);
  write_request_members(json, request, EmptyMap::braces);
  json.key("requestContext").begin_object();
  write_request_context(json, request, api);
  return json.end_object().end_object().text();
}

}  // namespace portcullis::world
