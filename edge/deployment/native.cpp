// AWS::ApiGateway::*, AWS::ApiGatewayV2::* and AWS::Lambda::Permission.
#include <algorithm>
#include <set>

#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr std::size_t deepest_path = 64;

struct Resource {
  const std::string& id;
  const TemplateNode& node;        // where it stands
  const TemplateNode& properties;  // perhaps empty
  std::string type;
};

const TemplateNode& nothing() {
  static const TemplateNode empty;
  return empty;
}

class NativeReader {
 public:
  NativeReader(Reading& reading, const TemplateNode& resources) : reading_(reading), values_(reading.values) {
    for (const auto& [key, value] : resources.members) {
      if (key.text.starts_with("Fn::"))
        reading_.not_carried(key, "what '" + key.text + "' makes is not known before it is deployed");
      const TemplateNode* type = value.find("Type");
      const TemplateNode* properties = values_.followed(value.find("Properties"));
      if (type) all_.push_back({key.text, value, properties ? *properties : nothing(), type->text});
    }
  }

  void read() {
    each("AWS::ApiGateway::RestApi", &NativeReader::rest_api);
    each("AWS::ApiGatewayV2::Api", &NativeReader::http_api);
    each("AWS::ApiGateway::Authorizer", &NativeReader::rest_authorizer);
    each("AWS::ApiGatewayV2::Authorizer", &NativeReader::http_authorizer);
    each("AWS::ApiGateway::GatewayResponse", &NativeReader::response);
    each("AWS::ApiGateway::Method", &NativeReader::method);
    each("AWS::ApiGatewayV2::Route", &NativeReader::route);
    each("AWS::ApiGateway::Deployment", &NativeReader::deployment);
    each("AWS::Lambda::Url", &NativeReader::function_url);
    look_for_stages();
    for (Authorizer& authorizer : reading_.found.authorizers)
      if (authorizer.permission == Authorizer::Permission::sought)
        authorizer.permission =
            is_permitted(authorizer, "") ? Authorizer::Permission::given : Authorizer::Permission::missing;
  }

 private:
  void each(std::string_view type, void (NativeReader::*read_one)(const Resource&)) {
    for (const Resource& resource : all_)
      if (resource.type == type) (this->*read_one)(resource);
  }
  const Resource* named(std::string_view id) const {
    for (const Resource& resource : all_)
      if (resource.id == id) return &resource;
    return nullptr;
  }
  std::optional<std::string> text(const Resource& resource, std::string_view key) const {
    return values_.text(resource.properties.find(key));
  }
  /// The API that a resource belongs to; one that is made elsewhere has an empty name.
  std::size_t api_of(const Resource& resource, std::string_view key, Flavour flavour) {
    return reading_.api(values_.reference(resource.properties.find(key)), flavour, resource.node);
  }

  void rest_api(const Resource& resource) {
    const std::size_t api = reading_.api(resource.id, Flavour::rest, resource.node);
    if (const TemplateNode* body = values_.followed(resource.properties.find("Body")))
      read_openapi(reading_, api, *body);
    else if (const TemplateNode* location = resource.properties.find("BodyS3Location"))
      reading_.not_carried(*location, "the routes of '" + resource.id + "' are in a bucket, not in this file");
    if (text(resource, "ApiKeySourceType") == "AUTHORIZER")
      reading_.not_carried(*resource.properties.find("ApiKeySourceType"),
                           "the authorizer names the API key: write lambda.api_key_from and lambda.default_api_key");
  }

  void http_api(const Resource& resource) {
    const bool socket = text(resource, "ProtocolType") == "WEBSOCKET";
    const std::size_t api = reading_.api(resource.id, socket ? Flavour::web_socket : Flavour::http, resource.node);
    if (resource.properties.find("CorsConfiguration")) {
      reading_.found.apis[api].browsers = Api::Browsers::seen;
      reading_.found.apis[api].preflight = Api::Preflight::answered;
    }
    if (resource.properties.find("Target"))  // "quick create": one route, and a stage that is deployed by itself
      (void)reading_.add_route(api, "", text(resource, "RouteKey").value_or("$default"), resource.node);
    if (const TemplateNode* body = values_.followed(resource.properties.find("Body")))
      read_openapi(reading_, api, *body);
    else if (const TemplateNode* location = resource.properties.find("BodyS3Location"))
      reading_.not_carried(*location, "the routes of '" + resource.id + "' are in a bucket, not in this file");
  }

  void function_url(const Resource& resource) {
    if (text(resource, "AuthType") == "NONE")
      reading_.mistake(resource.node, "a function URL with AuthType NONE: it goes past every authorizer");
  }

  void read_function(Authorizer& authorizer, const Resource& resource) {
    const TemplateNode* uri = resource.properties.find("AuthorizerUri");
    if (!uri) {
      if (authorizer.kind == Authorizer::Kind::token || authorizer.kind == Authorizer::Kind::request)
        reading_.mistake(resource.node, "AuthorizerUri is missing: the gateway has no function to ask");
      return;
    }
    const std::string written = values_.unresolved(uri);
    for (const std::string& name : values_.mentioned(uri)) {
      const Resource* function = named(name);
      if (function && (function->type == "AWS::Lambda::Function" || function->type == "AWS::Serverless::Function"))
        authorizer.function = name;
    }
    if (written.find("${}") == written.npos && !authorizer.function.empty() && !written.ends_with("/invocations"))
      reading_.mistake(*uri,
                       "AuthorizerUri is no invocation address: arn:aws:apigateway:REGION:lambda:path/2015-03-31/"
                       "functions/FUNCTION-ARN/invocations; every call will be 500");
    if (!resource.properties.find("AuthorizerCredentials") && !resource.properties.find("AuthorizerCredentialsArn") &&
        !authorizer.function.empty() && !is_permitted(authorizer, resource.id))
      authorizer.permission = Authorizer::Permission::missing;
  }

  // The gateway asks as API/authorizers/ID, never as API/STAGE/METHOD/path.
  bool may_ask(const TemplateNode* source, std::string_view authorizer) const {
    if (!source) return true;
    std::string pattern;
    const std::string written = values_.unresolved(source);
    if (written.find("${}") != written.npos) return true;
    for (std::size_t begin = 0; begin < written.size();) {
      const std::size_t at = std::min(written.find("${", begin), written.size());
      pattern += written.substr(begin, at - begin);
      if (at == written.size()) break;
      const std::size_t end = std::min(written.find('}', at), written.size());
      const std::string name = written.substr(at + 2, end - at - 2);
      pattern += name.substr(0, name.find('.')) == authorizer ? "ID" : "?";
      begin = end + 1;
    }
    const std::size_t slash = pattern.find('/');
    if (slash == pattern.npos) return pattern.ends_with('*') || pattern == "?";
    const std::string_view asked = std::string_view{pattern}.substr(slash + 1);
    if (asked == "*" || asked == "*/*" || asked == "**") return true;
    return asked.starts_with("authorizers/") && (authorizer.empty() || asked.ends_with("/ID") || asked.ends_with("/*"));
  }

  /// @param id  of the authorizer; empty: it has none of its own, as in an OpenAPI document
  bool is_permitted(const Authorizer& authorizer, std::string_view id) const {
    for (const Resource& permission : all_) {
      if (permission.type != "AWS::Lambda::Permission") continue;
      const auto names = values_.mentioned(permission.properties.find("FunctionName"));
      const bool by_name = std::find(names.begin(), names.end(), authorizer.function) != names.end() ||
                           text(permission, "FunctionName") == function_name(authorizer.function);
      const auto principal = text(permission, "Principal");
      if (by_name && (!principal || principal->starts_with("apigateway.")) &&
          may_ask(permission.properties.find("SourceArn"), id))
        return true;
    }
    return false;
  }
  std::optional<std::string> function_name(const std::string& id) const {
    const Resource* function = named(id);
    auto name = function ? text(*function, "FunctionName") : std::nullopt;
    return name ? name : std::optional<std::string>{id};
  }

  void rest_authorizer(const Resource& resource) {
    const std::size_t api = api_of(resource, "RestApiId", Flavour::rest);
    Authorizer& authorizer = reading_.add_authorizer(api, resource.id, resource.node);
    const auto type = text(resource, "Type");
    using Kind = Authorizer::Kind;
    if (type == "TOKEN") {
      authorizer.kind = Kind::token;
    } else if (type == "REQUEST") {
      authorizer.kind = Kind::request;
    } else if (type == "COGNITO_USER_POOLS") {
      authorizer.kind = Kind::cognito;
    } else {
      reading_.mistake(resource.node, "the Type of an authorizer is TOKEN, REQUEST or COGNITO_USER_POOLS");
    }
    reading_.read_sources(authorizer, resource.properties.find("IdentitySource"));
    reading_.read_cache(authorizer, resource.properties.find("AuthorizerResultTtlInSeconds"), rest_cache);
    reading_.read_expression(authorizer, resource.properties.find("IdentityValidationExpression"));
    read_function(authorizer, resource);
  }

  void http_authorizer(const Resource& resource) {
    const std::size_t api = api_of(resource, "ApiId", Flavour::http);
    Authorizer& authorizer = reading_.add_authorizer(api, resource.id, resource.node);
    const auto type = text(resource, "AuthorizerType");
    if (type == "REQUEST") {
      authorizer.kind = Authorizer::Kind::request;
    } else if (type == "JWT") {
      authorizer.kind = Authorizer::Kind::jwt;
    } else {
      reading_.mistake(resource.node, "the AuthorizerType of an HTTP API is REQUEST or JWT");
    }
    reading_.read_sources(authorizer, resource.properties.find("IdentitySource"));
    reading_.read_cache(authorizer, resource.properties.find("AuthorizerResultTtlInSeconds"), 0);
    reading_.read_payload(authorizer, resource.properties.find("AuthorizerPayloadFormatVersion"));
    reading_.read_answer(authorizer, resource.properties.find("EnableSimpleResponses"));
    if (const TemplateNode* jwt = values_.followed(resource.properties.find("JwtConfiguration"))) {
      authorizer.issuer = values_.text(jwt->find("Issuer")).value_or("");
      authorizer.audiences = reading_.texts(jwt->find("Audience"));
    }
    read_function(authorizer, resource);
  }

  void response(const Resource& resource) {
    const std::size_t api = api_of(resource, "RestApiId", Flavour::rest);
    if (const auto type = text(resource, "ResponseType"))
      read_response(reading_, api, resource.node, *type, resource.properties.find("ResponseParameters"),
                    resource.properties.find("StatusCode"));
  }

  /// "/api/private" of the resource that a method belongs to. Nothing: part of it is made elsewhere.
  std::optional<std::string> path_of(const TemplateNode* resource_id) const {
    std::string path;
    for (std::size_t depth = 0; depth < deepest_path; ++depth) {
      const Resource* resource = named(values_.reference(resource_id));
      if (!resource) return std::nullopt;
      if (resource->type == "AWS::ApiGateway::RestApi") return path.empty() ? "/" : path;
      const auto part = text(*resource, "PathPart");
      if (resource->type != "AWS::ApiGateway::Resource" || !part) return std::nullopt;
      path = '/' + *part + path;
      resource_id = resource->properties.find("ParentId");
    }
    return std::nullopt;
  }

  void note_condition(const Resource& resource, const Route& route) {
    if (const TemplateNode* condition = resource.node.find("Condition"))
      reading_.not_carried(*condition, route.key() + " exists under a condition only; it is taken as if it held");
  }

  void guard(Route& route, const Resource& resource) {
    const TemplateNode* id = resource.properties.find("AuthorizerId");
    const TemplateNode* kind = resource.properties.find("AuthorizationType");
    const auto type = kind ? values_.text(kind) : std::optional<std::string>{"NONE"};
    if (type == "NONE") {
      if (!id) return;
      route.guard = Route::Guard::unclear;  // the gateway lets everybody in; whoever wrote it did not mean to
      reading_.mistake(
          kind ? *kind : *id,
          route.key() + " names an authorizer, but its AuthorizationType is NONE: it is open to everybody");
    } else if (type == "AWS_IAM") {
      route.guard = Route::Guard::iam;
    } else if (!type) {
      route.guard = Route::Guard::unclear;
      reading_.not_carried(*kind, "whether " + route.key() + " is protected is not known before it is deployed");
    } else if (!id) {
      route.guard = Route::Guard::unclear;
      reading_.mistake(
          *kind, route.key() + " has AuthorizationType " + *type + " and no AuthorizerId; the deployment will fail");
    } else {
      reading_.guard_by(route, values_.reference(id), *id);
    }
    route.scopes = reading_.texts(resource.properties.find("AuthorizationScopes"));
  }

  void method(const Resource& resource) {
    const std::size_t api = api_of(resource, "RestApiId", Flavour::rest);
    const auto verb = text(resource, "HttpMethod");
    const auto path = path_of(resource.properties.find("ResourceId"));
    if (!verb || !path) {
      reading_.not_carried(resource.node, "the method '" + resource.id + "', whose " + (verb ? "path" : "verb") +
                                              " is not known before it is deployed");
      return;
    }
    Route& route = reading_.add_route(api, *verb, *path, resource.node);
    const TemplateNode* integration = values_.followed(resource.properties.find("Integration"));
    const auto kind = values_.text(integration ? integration->find("Type") : nullptr);
    if (route.method == "OPTIONS") {
      reading_.found.apis[api].browsers = Api::Browsers::seen;
      if (kind == "MOCK") route.answered = Route::Answered::by_gateway;
      if (const TemplateNode* key = resource.properties.find("ApiKeyRequired"); key && values_.text(key) == "true")
        reading_.mistake(*key, route.key() + " needs an API key: a browser's preflight never has one");
    }
    guard(route, resource);
    note_condition(resource, route);
  }

  void route(const Resource& resource) {
    const std::size_t api = api_of(resource, "ApiId", Flavour::http);
    const auto key = text(resource, "RouteKey");
    if (!key) {
      reading_.not_carried(resource.node,
                           "the route '" + resource.id + "', whose RouteKey is not known before it is deployed");
      return;
    }
    const std::size_t blank = key->find(' ');
    const bool socket = reading_.found.apis[api].flavour == Flavour::web_socket;
    if (socket && *key != "$connect") {
      reading_.not_carried(resource.node,
                           "'" + *key + "': of a WebSocket only $connect is decided, for the whole connection");
      return;
    }
    Route& made = blank == key->npos
                      ? reading_.add_route(api, "", *key, resource.node)
                      : reading_.add_route(api, key->substr(0, blank), key->substr(blank + 1), resource.node);
    guard(made, resource);
    note_condition(resource, made);
  }

  // CloudFormation makes a Deployment as soon as it can; what is made later is not in it.
  void deployment(const Resource& resource) {
    const std::string api = values_.reference(resource.properties.find("RestApiId"));
    std::vector<std::string> awaited;
    if (const TemplateNode* wait = resource.node.find("DependsOn")) {
      awaited.push_back(wait->text);
      for (const TemplateNode& item : wait->items) awaited.push_back(item.text);
    }
    std::string missing;
    for (const Resource& method : all_)
      if (method.type == "AWS::ApiGateway::Method" && values_.reference(method.properties.find("RestApiId")) == api &&
          std::find(awaited.begin(), awaited.end(), method.id) == awaited.end())
        missing += (missing.empty() ? "" : ", ") + method.id;
    if (!missing.empty())
      reading_.mistake(resource.node, "the deployment does not wait (DependsOn) for " + missing +
                                          ": the stage may lack them, or still have the old ones");
  }

  // An API without a stage, or with one that nothing is deployed to, answers nobody or by its old rules.
  void look_for_stages() {
    std::set<std::string> deployed;
    for (const Resource& resource : all_) {
      if (resource.type == "AWS::ApiGateway::Deployment")
        deployed.insert(values_.reference(resource.properties.find("RestApiId")));
      if (resource.type == "AWS::ApiGatewayV2::Deployment")
        deployed.insert(values_.reference(resource.properties.find("ApiId")));
      if (resource.type == "AWS::ApiGatewayV2::Stage" && text(resource, "AutoDeploy") == "true")
        deployed.insert(values_.reference(resource.properties.find("ApiId")));
    }
    for (const Resource& resource : all_) {
      const bool rest = resource.type == "AWS::ApiGateway::RestApi";
      if ((!rest && resource.type != "AWS::ApiGatewayV2::Api") || deployed.contains(resource.id) ||
          resource.properties.find("Target"))
        continue;
      reading_.mistake(resource.node,
                       "nothing of '" + resource.id + "' goes live: there is no " +
                           (rest ? "AWS::ApiGateway::Deployment" : "stage with AutoDeploy: true and no Deployment"));
    }
  }

  Reading& reading_;
  const Values& values_;
  std::vector<Resource> all_;
};

}  // namespace

void read_native(Reading& reading, const TemplateNode& resources) {
  NativeReader{reading, resources}.read();
}

}  // namespace portcullis::deployment
