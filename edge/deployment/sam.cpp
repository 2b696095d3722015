// AWS::Serverless::Api, HttpApi and the events of AWS::Serverless::Function.
#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr const char* usual_rest_api = "ServerlessRestApi";
constexpr const char* usual_http_api = "ServerlessHttpApi";

class SamReader {
 public:
  SamReader(Reading& reading, const TemplateNode& resources)
      : reading_(reading), values_(reading.values), resources_(resources) {}

  void read() {
    for (const auto& [id, resource] : resources_.members) {
      const std::string type = type_of(resource);
      if (type == "AWS::Serverless::Api") read_api(id.text, Flavour::rest, resource, properties_of(resource));
      if (type == "AWS::Serverless::HttpApi") read_api(id.text, Flavour::http, resource, properties_of(resource));
    }
    for (const auto& [id, resource] : resources_.members)
      if (const std::string type = type_of(resource);
          type == "AWS::Serverless::Function" || type == "AWS::Serverless::StateMachine")
        read_function(id, resource);
  }

 private:
  static std::string type_of(const TemplateNode& resource) {
    const TemplateNode* type = resource.find("Type");
    return type ? type->text : std::string{};
  }
  const TemplateNode* properties_of(const TemplateNode& resource) const {
    return values_.followed(resource.find("Properties"));
  }

  /// A setting of an API, else that of Globals.
  const TemplateNode* setting(Flavour flavour, const TemplateNode* properties, std::string_view key) const {
    if (const TemplateNode* own = properties ? values_.followed(properties->find(key)) : nullptr) return own;
    const TemplateNode* globals = values_.root().find("Globals");
    const TemplateNode* section = globals ? globals->find(flavour == Flavour::rest ? "Api" : "HttpApi") : nullptr;
    return section ? values_.followed(section->find(key)) : nullptr;
  }

  // SAM merges the Auth of Globals into an API's own, key by key.
  std::vector<const TemplateNode*> auths(Flavour flavour, const TemplateNode* properties) const {
    std::vector<const TemplateNode*> all;
    for (const TemplateNode* place : {properties, static_cast<const TemplateNode*>(nullptr)})
      if (const TemplateNode* auth = setting(flavour, place, "Auth"); auth && (all.empty() || all.back() != auth))
        all.push_back(auth);
    return all;
  }
  const TemplateNode* auth_setting(Flavour flavour, const TemplateNode* properties, std::string_view key) const {
    for (const TemplateNode* auth : auths(flavour, properties))
      if (const TemplateNode* value = auth->find(key)) return value;
    return nullptr;
  }

  void read_default(const std::string& api, const TemplateNode* usual) {
    if (!usual) return;
    const auto name = values_.text(usual);
    if (name) {
      defaults_[api] = *name;
    } else {
      defaults_[api] = "";  // there is one, whichever it is
      reading_.not_carried(*usual, "the default authorizer is not known before it is deployed");
    }
  }

  std::size_t read_api(const std::string& name, Flavour flavour, const TemplateNode& where,
                       const TemplateNode* properties) {
    const std::size_t api = reading_.api(name, flavour, where);
    for (const TemplateNode* auth : auths(flavour, properties)) {
      const TemplateNode* all = values_.followed(auth->find("Authorizers"));
      if (!all) continue;
      for (const auto& [id, authorizer] : all->members)
        if (!reading_.authorizer(api, id.text)) read_authorizer(api, id, *values_.followed(&authorizer));
    }
    read_default(name, auth_setting(flavour, properties, "DefaultAuthorizer"));
    if (const TemplateNode* cors =
            setting(flavour, properties, flavour == Flavour::rest ? "Cors" : "CorsConfiguration")) {
      using Preflight = Api::Preflight;
      const TemplateNode* guards = auth_setting(flavour, properties, "AddDefaultAuthorizerToCorsPreflight");
      const bool guarded = flavour == Flavour::rest && defaults_.contains(name) && values_.text(guards) != "false";
      reading_.found.apis[api].browsers = Api::Browsers::seen;
      reading_.found.apis[api].preflight = guarded ? Preflight::guarded : Preflight::answered;
      if (guarded)
        reading_.mistake(*cors,
                         "the default authorizer guards the preflights (OPTIONS) too, which never carry a token: "
                         "write AddDefaultAuthorizerToCorsPreflight: false under Auth");
    }
    if (const TemplateNode* responses = setting(flavour, properties, "GatewayResponses"))
      for (const auto& [type, response] : responses->members)
        read_response(reading_, api, type, type.text, response.find("ResponseParameters"), response.find("StatusCode"));
    if (const TemplateNode* body = properties ? values_.followed(properties->find("DefinitionBody")) : nullptr)
      read_openapi(reading_, api, *body);
    else if (const TemplateNode* uri = properties ? properties->find("DefinitionUri") : nullptr)
      reading_.not_carried(*uri, "the routes of '" + name + "' are in a file of their own; give that one to --from");
    return api;
  }

  void add_sources(Authorizer& authorizer, const TemplateNode& identity, const char* key, const std::string& prefix) {
    for (const std::string& name : reading_.texts(identity.find(key))) {
      const bool whole = name.starts_with("context.") || name.starts_with('$') || name.starts_with("method.");
      authorizer.sources.push_back(whole ? name : prefix + name);
      authorizer.sources_known = Known::written;
    }
    if (const TemplateNode* written = identity.find(key); written && authorizer.sources_place.empty())
      authorizer.sources_place = values_.place(*written);
  }

  void read_identity(Authorizer& authorizer, Flavour flavour, const TemplateNode* identity) {
    const std::string start = flavour == Flavour::rest ? "method.request." : "$request.";
    const std::string other = flavour == Flavour::rest ? "" : "$";
    const TemplateNode* cache = nullptr;
    if (identity) {
      add_sources(authorizer, *identity, "Header", start + "header.");
      add_sources(authorizer, *identity, "Headers", start + "header.");
      add_sources(authorizer, *identity, "QueryStrings", start + "querystring.");
      add_sources(authorizer, *identity, "StageVariables", other + "stageVariables.");
      add_sources(authorizer, *identity, "Context", other + "context.");
      reading_.read_expression(authorizer, identity->find("ValidationExpression"));
      cache = identity->find("ReauthorizeEvery");
    }
    if (authorizer.kind == Authorizer::Kind::token && authorizer.sources.empty()) {
      authorizer.sources.push_back(start + "header.Authorization");  // SAM's default
      authorizer.sources_known = Known::written;
      authorizer.sources_place = authorizer.place;
    }
    reading_.read_cache(authorizer, cache, flavour == Flavour::rest ? rest_cache : 0);
  }

  void read_authorizer(std::size_t api, const TemplateNode& id, const TemplateNode& settings) {
    using Kind = Authorizer::Kind;
    const Flavour flavour = reading_.found.apis[api].flavour;
    Authorizer& authorizer = reading_.add_authorizer(api, id.text, id);
    const TemplateNode* function = settings.find("FunctionArn");
    if (const TemplateNode* jwt = values_.followed(settings.find("JwtConfiguration"))) {
      authorizer.kind = Kind::jwt;
      authorizer.issuer = values_.text(jwt->find("issuer") ? jwt->find("issuer") : jwt->find("Issuer")).value_or("");
      authorizer.audiences = reading_.texts(jwt->find("audience") ? jwt->find("audience") : jwt->find("Audience"));
      reading_.read_sources(authorizer, settings.find("IdentitySource"));
      return;
    }
    if (settings.find("UserPoolArn")) {
      authorizer.kind = Kind::cognito;
      return;
    }
    const auto type = values_.text(settings.find("FunctionPayloadType"));
    authorizer.kind = flavour == Flavour::http || type == "REQUEST" ? Kind::request : Kind::token;
    if (!function) {
      authorizer.kind = Kind::unclear;
      reading_.mistake(id, "the authorizer has neither FunctionArn, UserPoolArn nor JwtConfiguration");
    }
    authorizer.function = values_.reference(function);
    read_identity(authorizer, flavour, values_.followed(settings.find("Identity")));
    reading_.read_payload(authorizer, settings.find("AuthorizerPayloadFormatVersion"));
    reading_.read_answer(authorizer, settings.find("EnableSimpleResponses"));
    read_permission(authorizer, flavour, settings);
  }

  // SAM makes the permission for REST APIs, and for HTTP APIs only when told to.
  void read_permission(Authorizer& authorizer, Flavour flavour, const TemplateNode& settings) {
    const bool told = values_.text(settings.find("EnableFunctionDefaultPermissions")) == "true";
    const bool off = values_.text(settings.find("DisableFunctionDefaultPermissions")) == "true";
    const bool made = flavour == Flavour::rest ? !off : told;
    if (made || settings.find("FunctionInvokeRole") || authorizer.function.empty()) return;
    for (const auto& [id, resource] : resources_.members) {
      if (type_of(resource) != "AWS::Lambda::Permission") continue;
      const TemplateNode* properties = properties_of(resource);
      for (const std::string& name : values_.mentioned(properties ? properties->find("FunctionName") : nullptr))
        if (name == authorizer.function) return;
    }
    authorizer.permission = Authorizer::Permission::missing;
  }

  std::size_t api_of(const TemplateNode* properties, Flavour flavour, const TemplateNode& where) {
    const TemplateNode* id = properties ? properties->find(flavour == Flavour::rest ? "RestApiId" : "ApiId") : nullptr;
    if (id) {
      const std::string name = values_.reference(id);
      return reading_.api(name.empty() ? values_.text(id).value_or("") : name, flavour, where);
    }
    const std::string usual = flavour == Flavour::rest ? usual_rest_api : usual_http_api;
    for (std::size_t i = 0; i < reading_.found.apis.size(); ++i)
      if (reading_.found.apis[i].name == usual) return i;
    return read_api(usual, flavour, where, nullptr);
  }

  void read_function(const TemplateNode& id, const TemplateNode& resource) {
    const TemplateNode* properties = properties_of(resource);
    const TemplateNode* events = properties ? values_.followed(properties->find("Events")) : nullptr;
    if (!events) return;
    for (const auto& [name, event] : events->members) {
      const std::string type = type_of(event);
      if (type == "Api") read_event(name, properties_of(event), Flavour::rest);
      if (type == "HttpApi") read_event(name, properties_of(event), Flavour::http);
    }
    if (const TemplateNode* condition = resource.find("Condition"))
      reading_.not_carried(*condition,
                           "the routes of '" + id.text + "' exist under a condition only; taken as if it held");
    if (const TemplateNode* url = values_.followed(properties->find("FunctionUrlConfig")))
      if (values_.text(url->find("AuthType")) == "NONE")
        reading_.mistake(*url,
                         "'" + id.text + "' has a function URL with AuthType NONE: it goes past every authorizer");
  }

  void read_event(const TemplateNode& name, const TemplateNode* properties, Flavour flavour) {
    const std::size_t api = api_of(properties, flavour, name);
    const TemplateNode* path_node = properties ? properties->find("Path") : nullptr;
    const TemplateNode* method_node = properties ? properties->find("Method") : nullptr;
    const auto path = values_.text(path_node);
    const auto method = values_.text(method_node);
    const bool everything = flavour == Flavour::http && !path_node && !method_node;
    if (!everything && (!path || (method_node && !method) || (flavour == Flavour::rest && !method))) {
      reading_.not_carried(name,
                           "the event '" + name.text + "', whose path or method is not known before it is deployed");
      return;
    }
    Route& route = everything || path == "$default" ? reading_.add_route(api, "", "$default", name)
                                                    : reading_.add_route(api, method.value_or("any"), *path, name);
    guard(route, properties ? values_.followed(properties->find("Auth")) : nullptr, name);
  }

  void guard(Route& route, const TemplateNode* auth, const TemplateNode& where) {
    const std::string& api = reading_.found.apis[route.api].name;
    const TemplateNode* own = auth ? auth->find("Authorizer") : nullptr;
    const auto usual = defaults_.find(api);
    const auto name = own                        ? values_.text(own)
                      : usual != defaults_.end() ? std::optional<std::string>{usual->second}
                                                 : std::string{"NONE"};
    if (!name) {
      route.guard = Route::Guard::unclear;
      reading_.not_carried(*own, "whether " + route.key() + " is protected is not known before it is deployed");
    } else if (*name == "AWS_IAM") {
      route.guard = Route::Guard::iam;
    } else if (*name != "NONE") {
      reading_.guard_by(route, *name, own ? *own : where);
    }
    if (auth) route.scopes = reading_.texts(auth->find("AuthorizationScopes"));
  }

  Reading& reading_;
  const Values& values_;
  const TemplateNode& resources_;
  std::map<std::string, std::string> defaults_;  // the default authorizer of an API
};

}  // namespace

void read_sam(Reading& reading, const TemplateNode& resources) {
  SamReader{reading, resources}.read();
}

}  // namespace portcullis::deployment
