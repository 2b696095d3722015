// The Serverless Framework: events of functions, and provider.httpApi.
#include <algorithm>

#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

constexpr const char* rest_api = "ApiGatewayRestApi";  // the logical ids that the framework gives
constexpr const char* http_api = "HttpApi";
constexpr const char* web_socket_api = "WebsocketsApi";

std::string small(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

class ServerlessReader {
 public:
  explicit ServerlessReader(Reading& reading) : reading_(reading), values_(reading.values) {}

  void read() {
    const TemplateNode& root = values_.root();
    const TemplateNode* provider = values_.followed(root.find("provider"));
    if (provider) read_provider(*provider);
    if (const TemplateNode* functions = values_.followed(root.find("functions"))) read_functions(*functions);
    if (const TemplateNode* resources = values_.followed(root.find("resources"))) {
      read_resources(*resources);
      for (const TemplateNode& part : resources->items) read_resources(*values_.followed(&part));
    }
  }

 private:
  void read_resources(const TemplateNode& part) {
    if (part.is_scalar() && !part.text.empty())
      reading_.not_carried(part, "these resources are in a file of their own");
    if (const TemplateNode* resources = values_.followed(part.find("Resources"))) read_native(reading_, *resources);
  }

  void read_provider(const TemplateNode& provider) {
    if (const TemplateNode* gateway = values_.followed(provider.find("apiGateway")))
      if (values_.text(gateway->find("apiKeySourceType")).value_or("") == "AUTHORIZER")
        reading_.not_carried(*gateway->find("apiKeySourceType"),
                             "the authorizer names the API key: write lambda.api_key_from and lambda.default_api_key");
    const TemplateNode* settings = values_.followed(provider.find("httpApi"));
    if (!settings) return;
    const std::size_t api = reading_.api(http_api, Flavour::http, *settings);
    if (const TemplateNode* cors = values_.followed(settings->find("cors")); cors && cors->text != "false") {
      reading_.found.apis[api].browsers = Api::Browsers::seen;
      reading_.found.apis[api].preflight = Api::Preflight::answered;
    }
    if (const TemplateNode* all = values_.followed(settings->find("authorizers")))
      for (const auto& [name, authorizer] : all->members)
        read_http_authorizer(api, name, *values_.followed(&authorizer));
  }

  void read_http_authorizer(std::size_t api, const TemplateNode& name, const TemplateNode& settings) {
    Authorizer& authorizer = reading_.add_authorizer(api, name.text, name);
    const TemplateNode* type_node = settings.find("type");
    const auto type = type_node ? values_.text(type_node) : std::optional<std::string>{"jwt"};
    if (type == "request") {
      authorizer.kind = Authorizer::Kind::request;
      authorizer.payload = "2.0";  // the framework's default
    } else if (type == "jwt") {
      authorizer.kind = Authorizer::Kind::jwt;
    } else {
      reading_.mistake(type_node ? *type_node : settings, "the type of an HTTP API's authorizer is request or jwt");
    }
    authorizer.issuer = values_.text(settings.find("issuerUrl")).value_or("");
    authorizer.audiences = reading_.texts(settings.find("audience"));
    authorizer.function = values_.text(settings.find("functionName")).value_or("");
    reading_.read_sources(authorizer, settings.find("identitySource"));
    reading_.read_cache(authorizer, settings.find("resultTtlInSeconds"), 0);
    reading_.read_payload(authorizer, settings.find("payloadVersion"));
    reading_.read_answer(authorizer, settings.find("enableSimpleResponses"));
  }

  void read_functions(const TemplateNode& functions) {
    if (functions.is_scalar()) reading_.not_carried(functions, "the functions are in a file of their own");
    for (const auto& [name, function] : functions.members) read_function(name, *values_.followed(&function));
    for (const TemplateNode& part : functions.items) {
      const TemplateNode& list = *values_.followed(&part);
      if (list.is_scalar()) reading_.not_carried(list, "these functions are in a file of their own");
      for (const auto& [name, function] : list.members) read_function(name, *values_.followed(&function));
    }
  }

  void read_function(const TemplateNode& name, const TemplateNode& function) {
    if (function.is_scalar() && !function.text.empty())
      reading_.not_carried(function, "the function '" + name.text + "' is in a file of its own");
    if (const TemplateNode* url = values_.followed(function.find("url"))) {
      const TemplateNode* guard = url->find("authorizer");
      if ((url->is_scalar() && url->text == "true") || (url->is_mapping() && !guard))
        reading_.mistake(*url, "'" + name.text + "' has a function URL without an authorizer: it goes past every API");
    }
    const TemplateNode* events = values_.followed(function.find("events"));
    if (!events) return;
    if (events->is_scalar() && !events->text.empty())
      reading_.not_carried(*events, "the events of '" + name.text + "' are in a file of their own");
    for (const TemplateNode& item : events->items) {
      const TemplateNode& event = *values_.followed(&item);
      if (event.is_scalar() && event.text.starts_with("${"))
        reading_.not_carried(event, "an event of '" + name.text + "' is in a file of its own");
      for (const auto& [kind, settings] : event.members) {
        const TemplateNode& value = *values_.followed(&settings);
        if (kind.text == "http") read_http(kind, value);
        if (kind.text == "httpApi") read_http_api(kind, value);
        if (kind.text == "websocket") read_web_socket(kind, value);
      }
    }
  }

  struct Target {
    std::string method, path;
  };

  /// "GET path", or the keys method and path.
  std::optional<Target> target(const TemplateNode& where, const TemplateNode& event) {
    Target found;
    if (event.is_scalar()) {
      const auto text = values_.text(&event);
      const std::size_t blank = text ? text->find(' ') : std::string::npos;
      if (text == "*") return Target{"", "$default"};
      if (text && blank != text->npos) return Target{text->substr(0, blank), text->substr(blank + 1)};
    } else {
      const auto method = values_.text(event.find("method"));
      const auto path = values_.text(event.find("path"));
      if (path == "*" || (!path && !event.find("path") && method == "*")) return Target{"", "$default"};
      if (path && (method || !event.find("method"))) return Target{method.value_or("any"), *path};
    }
    reading_.not_carried(where, "an event whose method or path is not known before it is deployed");
    return std::nullopt;
  }

  void read_http(const TemplateNode& where, const TemplateNode& event) {
    const auto to = target(where, event);
    if (!to) return;
    const std::size_t api = reading_.api(rest_api, Flavour::rest, where);
    Route& route = reading_.add_route(api, to->method, to->path, where);
    if (const TemplateNode* cors = values_.followed(event.find("cors")); cors && cors->text != "false") {
      reading_.found.apis[api].browsers = Api::Browsers::seen;
      reading_.found.apis[api].preflight = Api::Preflight::answered;
    }
    const TemplateNode* guard = values_.followed(event.find("authorizer"));
    if (!guard) return;
    if (guard->is_mapping())
      guard_by_mapping(route, *guard, Flavour::rest);
    else
      guard_by_name(route, *guard, Flavour::rest);
    if (const TemplateNode* scopes = guard->find("scopes")) route.scopes = reading_.texts(scopes);
  }

  void guard_by_name(Route& route, const TemplateNode& guard, Flavour flavour) {
    const auto name = values_.text(&guard);
    if (!name) {
      route.guard = Route::Guard::unclear;
      reading_.not_carried(guard, "the authorizer of " + route.key() + " is not known before it is deployed");
    } else if (small(*name) == "aws_iam") {
      route.guard = Route::Guard::iam;
    } else {
      add_once(route, guard, guard, *name, flavour);
    }
  }

  void guard_by_mapping(Route& route, const TemplateNode& guard, Flavour flavour) {
    if (small(values_.text(guard.find("type")).value_or("")) == "aws_iam") {
      route.guard = Route::Guard::iam;
      return;
    }
    const TemplateNode* named = guard.find("name") ? guard.find("name") : guard.find("arn");
    if (!named || guard.find("authorizerId")) {
      reading_.guard_by(route, "", guard);
      return;
    }
    const auto name = values_.text(named);
    add_once(route, guard, *named, name ? *name : values_.unresolved(named), flavour);
  }

  // The framework makes one authorizer of all events that name it, by the settings beside the name.
  void add_once(Route& route, const TemplateNode& guard, const TemplateNode& named, const std::string& name,
                Flavour flavour) {
    if (!reading_.authorizer(route.api, name)) {
      using Kind = Authorizer::Kind;
      Authorizer& made = reading_.add_authorizer(route.api, name, guard);
      const auto type = guard.find("type") ? values_.text(guard.find("type")) : std::optional<std::string>{"token"};
      const TemplateNode* arn = guard.find("arn");
      const std::string resource = values_.unresolved(arn ? arn : &named);
      if (resource.find(":cognito-idp:") != resource.npos || small(type.value_or("")) == "cognito_user_pools")
        made.kind = Kind::cognito;
      else if (flavour == Flavour::web_socket || small(type.value_or("")) == "request")
        made.kind = Kind::request;
      else if (small(type.value_or("")) == "token")
        made.kind = Kind::token;
      else
        reading_.mistake(guard, "the type of a REST API's authorizer is token, request or COGNITO_USER_POOLS");
      made.function = name;
      reading_.read_sources(made, guard.find("identitySource"));
      if (made.sources_known == Known::by_default && flavour == Flavour::rest) {
        made.sources = {"method.request.header.Authorization"};  // the framework's default
        made.sources_known = Known::written;
        made.sources_place = made.place;
      }
      reading_.read_cache(made, guard.find("resultTtlInSeconds"), flavour == Flavour::rest ? rest_cache : 0);
      reading_.read_expression(made, guard.find("identityValidationExpression"));
    }
    reading_.guard_by(route, name, guard);
  }

  void read_http_api(const TemplateNode& where, const TemplateNode& event) {
    const auto to = target(where, event);
    if (!to) return;
    const std::size_t api = reading_.api(http_api, Flavour::http, where);
    Route& route = reading_.add_route(api, to->method, to->path, where);
    const TemplateNode* guard = values_.followed(event.find("authorizer"));
    if (!guard) return;
    const auto name = values_.text(guard->is_mapping() ? guard->find("name") : guard);
    const auto type = small(values_.text(guard->find("type")).value_or(""));
    if (small(name.value_or(type)) == "aws_iam") {
      route.guard = Route::Guard::iam;
    } else {
      reading_.guard_by(route, name.value_or(""), *guard);
    }
    if (const TemplateNode* scopes = guard->find("scopes")) route.scopes = reading_.texts(scopes);
  }

  void read_web_socket(const TemplateNode& where, const TemplateNode& event) {
    const auto key = values_.text(event.is_mapping() ? event.find("route") : &event);
    const std::size_t api = reading_.api(web_socket_api, Flavour::web_socket, where);
    if (key != "$connect") {
      reading_.not_carried(
          where, "'" + key.value_or("?") + "': of a WebSocket only $connect is decided, for the whole connection");
      return;
    }
    Route& route = reading_.add_route(api, "", "$connect", where);
    const TemplateNode* guard = values_.followed(event.find("authorizer"));
    if (!guard) return;
    if (guard->is_mapping())
      guard_by_mapping(route, *guard, Flavour::web_socket);
    else
      guard_by_name(route, *guard, Flavour::web_socket);
  }

  Reading& reading_;
  const Values& values_;
};

}  // namespace

void read_serverless(Reading& reading) {
  ServerlessReader{reading}.read();
}

}  // namespace portcullis::deployment
