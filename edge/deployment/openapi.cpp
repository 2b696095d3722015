// OpenAPI 2 and 3 with API Gateway's extensions, as the body of an API.
#include <array>

#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr std::array<std::string_view, 8> methods{"get",     "put",  "post",  "delete",
                                                  "options", "head", "patch", "x-amazon-apigateway-any-method"};

class OpenApiReader {
 public:
  OpenApiReader(Reading& reading, std::size_t api, const TemplateNode& document)
      : reading_(reading), values_(reading.values), api_(api), document_(document) {}

  void read() {
    if (document_.find("Fn::Transform"))
      reading_.not_carried(document_, "the routes are in a file of their own (Fn::Transform); give that one to --from");
    read_schemes();
    if (const TemplateNode* responses = values_.followed(document_.find("x-amazon-apigateway-gateway-responses")))
      for (const auto& [type, response] : responses->members)
        read_response(reading_, api_, type, type.text, response.find("responseParameters"),
                      response.find("statusCode"));
    if (document_.find("x-amazon-apigateway-cors")) {
      reading_.found.apis[api_].browsers = Api::Browsers::seen;
      reading_.found.apis[api_].preflight = Api::Preflight::answered;
    }
    const TemplateNode* paths = values_.followed(document_.find("paths"));
    if (!paths) return;
    for (const auto& [path, item] : paths->members) read_path(path, *values_.followed(&item));
  }

 private:
  void read_schemes() {
    const TemplateNode* components = values_.followed(document_.find("components"));
    for (const TemplateNode* schemes : {values_.followed(document_.find("securityDefinitions")),
                                        components ? values_.followed(components->find("securitySchemes")) : nullptr}) {
      if (!schemes) continue;
      for (const auto& [name, scheme] : schemes->members) read_scheme(name, *values_.followed(&scheme));
    }
  }

  void read_scheme(const TemplateNode& name, const TemplateNode& scheme) {
    if (values_.text(scheme.find("x-amazon-apigateway-authtype")) == "awsSigv4") signatures_.push_back(name.text);
    const TemplateNode* settings = values_.followed(scheme.find("x-amazon-apigateway-authorizer"));
    if (!settings) return;
    Authorizer& authorizer = reading_.add_authorizer(api_, name.text, name);
    const auto type = values_.text(settings->find("type"));
    using Kind = Authorizer::Kind;
    const bool http = reading_.found.apis[api_].flavour == Flavour::http;
    if (type == "token" && !http) {
      authorizer.kind = Kind::token;
    } else if (type == "request") {
      authorizer.kind = Kind::request;
    } else if (type == "jwt" && http) {
      authorizer.kind = Kind::jwt;
    } else if (type == "cognito_user_pools" && !http) {
      authorizer.kind = Kind::cognito;
    } else {
      reading_.mistake(*settings, http ? "the type of an HTTP API's authorizer is request or jwt"
                                       : "the type of a REST API's authorizer is token, request or cognito_user_pools");
    }
    read_sources(authorizer, *settings, scheme);
    read_function(authorizer, *settings);
    reading_.read_cache(authorizer, settings->find("authorizerResultTtlInSeconds"), http ? 0 : rest_cache);
    reading_.read_payload(authorizer, settings->find("authorizerPayloadFormatVersion"));
    reading_.read_answer(authorizer, settings->find("enableSimpleResponses"));
    reading_.read_expression(authorizer, settings->find("identityValidationExpression"));
    if (const TemplateNode* jwt = values_.followed(settings->find("jwtConfiguration"))) {
      authorizer.issuer = values_.text(jwt->find("issuer")).value_or("");
      authorizer.audiences = reading_.texts(jwt->find("audience"));
    }
  }

  // AWS::Region and the like are no functions.
  void read_function(Authorizer& authorizer, const TemplateNode& settings) {
    for (const std::string& name : values_.mentioned(settings.find("authorizerUri")))
      if (name.find(':') == name.npos) authorizer.function = name;
    if (!authorizer.function.empty() && !settings.find("authorizerCredentials"))
      authorizer.permission = Authorizer::Permission::sought;
  }

  // A TOKEN authorizer takes the header that the scheme itself names.
  void read_sources(Authorizer& authorizer, const TemplateNode& settings, const TemplateNode& scheme) {
    reading_.read_sources(authorizer, settings.find("identitySource"));
    const auto header = values_.text(scheme.find("name"));
    if (authorizer.kind != Authorizer::Kind::token || !authorizer.sources.empty() || !header) return;
    authorizer.sources.push_back("method.request.header." + *header);
    authorizer.sources_known = Known::written;
    authorizer.sources_place = values_.place(*scheme.find("name"));
  }

  void read_path(const TemplateNode& path, const TemplateNode& item) {
    for (const auto& [method, operation] : item.members) {
      bool known = false;
      for (const std::string_view one : methods) known = known || one == method.text;
      if (!known) continue;
      const bool rest = path.text == "$default" || path.text == "/$default";
      Route& route = rest ? reading_.add_route(api_, "", "$default", method)
                          : reading_.add_route(api_, method.text, path.text, method);
      const TemplateNode* integration = values_.followed(operation.find("x-amazon-apigateway-integration"));
      if (route.method == "OPTIONS") {
        reading_.found.apis[api_].browsers = Api::Browsers::seen;
        const auto type = values_.text(integration ? integration->find("type") : nullptr);
        if (type == "mock" || type == "MOCK") route.answered = Route::Answered::by_gateway;
      }
      const TemplateNode* own = values_.followed(operation.find("security"));
      const TemplateNode* inherited = values_.followed(document_.find("security"));
      if (own || inherited) guard(route, own ? *own : *inherited);
      if (!own && route.guard != Route::Guard::none && reading_.found.apis[api_].flavour == Flavour::rest)
        inherits_.push_back(route.key());
    }
    if (inherits_.empty()) return;
    reading_.mistake(*document_.find("security"), "a REST API ignores 'security' at the root, so " + inherits_.front() +
                                                      " may be open to everybody: write it at each operation");
    inherits_.clear();
  }

  // A list is "or", the schemes of one entry are "and"; an empty entry lets everybody in.
  void guard(Route& route, const TemplateNode& security) {
    for (const TemplateNode& entry : security.items)
      if (entry.members.empty()) return;
    for (const TemplateNode& entry : security.items)
      for (const auto& [scheme, scopes] : entry.members) {
        if (reading_.authorizer(api_, scheme.text)) {
          reading_.guard_by(route, scheme.text, scheme);
          route.scopes = reading_.texts(&scopes);
          if (security.items.size() > 1)
            reading_.not_carried(security,
                                 route.key() + " may be called in several ways; taken is '" + scheme.text + "'");
          return;
        }
        for (const std::string& signature : signatures_)
          if (signature == scheme.text) route.guard = Route::Guard::iam;
      }
    if (route.guard != Route::Guard::none || security.items.empty()) return;
    route.guard = Route::Guard::unclear;
    reading_.mistake(security, route.key() +
                                   " demands a scheme without x-amazon-apigateway-authorizer: the gateway checks none, "
                                   "so it is open to everybody (an API key is no login)");
  }

  Reading& reading_;
  const Values& values_;
  std::size_t api_;
  const TemplateNode& document_;
  std::vector<std::string> signatures_;  // schemes that are AWS signatures
  std::vector<std::string> inherits_;    // routes of one path that have no security of their own
};

}  // namespace

void read_openapi(Reading& reading, std::size_t api, const TemplateNode& document) {
  OpenApiReader{reading, api, document}.read();
}

}  // namespace portcullis::deployment
