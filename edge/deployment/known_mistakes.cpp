// The mistakes that make an authorizer useless, dangerous or invisible, as people report them (users.md §2.1, §2.2,
// §2.15; gateway.md §2.5, §4, §5).
#include <algorithm>
#include <array>

#include "edge/deployment/header_pattern.h"
#include "edge/deployment/reading.h"

namespace portcullis::deployment {
namespace {

using Kind = Authorizer::Kind;

constexpr std::int64_t short_cache = 60;

std::string small(std::string_view text) {
  std::string copy{text};
  for (char& c : copy)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return copy;
}

bool asks_a_function(const Authorizer& authorizer) {
  return authorizer.kind == Kind::token || authorizer.kind == Kind::request;
}

bool has_source(const Authorizer& authorizer, std::string_view end) {
  return std::any_of(authorizer.sources.begin(), authorizer.sources.end(),
                     [&](const std::string& source) { return small(source).ends_with(end); });
}

/// What every Auth0 access token can look like, as long as a small one is.
std::string good_header() {
  const std::string part = "AZaz09-_eyJhbGciOiJSUzI1NiIsInR5cCI6";
  std::string token = "Bearer ";
  for (const int times : {2, 6, 10}) {
    for (int i = 0; i < times; ++i) token += part;
    token += '.';
  }
  token.pop_back();
  return token;
}

class Judge {
 public:
  explicit Judge(const Deployment& deployment) : all_(deployment) {}

  std::vector<RuleProblem> mistakes() {
    for (std::size_t i = 0; i < all_.authorizers.size(); ++i) judge_authorizer(i);
    for (const Route& route : all_.routes) judge_route(route);
    for (std::size_t i = 0; i < all_.apis.size(); ++i) judge_api(i);
    return std::move(found_);
  }

 private:
  void add(const Place& place, std::string message) { found_.push_back({place, std::move(message)}); }

  std::size_t routes_behind(std::size_t authorizer) const {
    return static_cast<std::size_t>(std::count_if(all_.routes.begin(), all_.routes.end(),
                                                  [&](const Route& route) { return route.authorizer == authorizer; }));
  }

  /// Not where they stand in another file.
  bool has_routes(std::size_t api) const {
    return std::any_of(all_.routes.begin(), all_.routes.end(), [&](const Route& route) { return route.api == api; });
  }

  void judge_authorizer(std::size_t index) {
    const Authorizer& authorizer = all_.authorizers[index];
    const Flavour flavour = all_.apis[authorizer.api].flavour;
    if (routes_behind(index) == 0 && has_routes(authorizer.api))
      add(authorizer.place, "no route uses the authorizer '" + authorizer.name + "'");
    if (!asks_a_function(authorizer)) return;
    if (authorizer.permission == Authorizer::Permission::missing)
      add(authorizer.place, "the gateway may not invoke '" + authorizer.function +
                                "' as an authorizer: an AWS::Lambda::Permission for apigateway.amazonaws.com with a "
                                "SourceArn of API/authorizers/* is missing; every call will be 500");
    judge_sources(authorizer, flavour);
    judge_cache(authorizer, flavour, routes_behind(index));
    if (flavour == Flavour::http) judge_payload(authorizer);
    if (authorizer.expression) judge_expression(authorizer);
  }

  static bool is_source(Flavour flavour, std::string_view source) {
    static constexpr std::array<std::array<std::string_view, 4>, 3> starts{{
        {"method.request.", "context.", "stageVariables.", "method.request."},
        {"$request.header.", "$request.querystring.", "$context.", "$stageVariables."},
        {"route.request.header.", "route.request.querystring.", "context.", "stageVariables."},
    }};
    const auto& known = starts[static_cast<std::size_t>(flavour)];
    return std::any_of(known.begin(), known.end(), [&](std::string_view start) { return source.starts_with(start); });
  }

  void judge_sources(const Authorizer& authorizer, Flavour flavour) {
    static constexpr std::array<std::string_view, 3> examples{
        "method.request.header.Authorization", "$request.header.Authorization", "route.request.header.Authorization"};
    for (const std::string& source : authorizer.sources)
      if (!is_source(flavour, source))
        add(authorizer.sources_place, "'" + source + "' is no identity source here (" + std::string{word_of(flavour)} +
                                          "); write it as " + std::string{examples[static_cast<std::size_t>(flavour)]});
    const bool one_header =
        authorizer.sources.size() == 1 && authorizer.sources[0].find(".header.") != std::string::npos;
    if (authorizer.kind == Kind::token && authorizer.sources_known != Known::unclear && !one_header)
      add(authorizer.sources.empty() ? authorizer.place : authorizer.sources_place,
          "a TOKEN authorizer has exactly one identity source, the header with the token; the deployment will fail");
    if (has_source(authorizer, ".header.cookie") && has_source(authorizer, ".header.authorization"))
      add(authorizer.sources_place,
          "each identity source must be in every request: one with a cookie or a token is refused with 401 and the "
          "function is never asked");
    if (authorizer.cache == 0 || authorizer.sources_known == Known::unclear) return;
    if (authorizer.sources.empty() && authorizer.kind == Kind::request) {
      add(authorizer.place, "answers are kept " + std::to_string(authorizer.cache) +
                                " s, but without an identity source there is nothing to keep them by; the deployment "
                                "will fail. Name the Authorization header, or set the time to 0");
    } else if (authorizer.kind == Kind::request && !has_source(authorizer, ".header.authorization")) {
      add(authorizer.sources_place,
          "the Authorization header is not among the identity sources: an answer that is kept for one caller is given "
          "to others");
    }
  }

  void judge_cache(const Authorizer& authorizer, Flavour flavour, std::size_t routes) {
    if (authorizer.cache == 0 || authorizer.cache_known == Known::unclear) return;
    const std::string time =
        std::to_string(authorizer.cache) + " s" + (authorizer.cache_known == Known::by_default ? ", the default" : "");
    const bool by_route = has_source(authorizer, "context.routekey") ||
                          (has_source(authorizer, "context.path") && has_source(authorizer, "context.httpmethod"));
    const bool simple = authorizer.answer == Authorizer::Answer::simple;
    if (flavour == Flavour::http && simple && !by_route)
      add(authorizer.cache_place,
          "a simple answer is kept for " + time +
              " as one yes or no for every route: add $context.routeKey to the identity sources, or set the time to 0");
    else if (!by_route && !simple && routes > 1)
      add(authorizer.cache_place,
          "answers are kept for " + time + ", and " + std::to_string(routes) +
              " routes share them: where the policy names the one method asked for, the next route is 403. portcullis "
              "names every route of the caller (lambda.policy: routes)");
    if (authorizer.cache > short_cache)
      add(authorizer.cache_place, "answers are kept for " + time + ": a token works that much longer than its exp");
  }

  void judge_payload(const Authorizer& authorizer) {
    if (authorizer.payload.empty())
      add(authorizer.place, "the payload format version is missing: write AuthorizerPayloadFormatVersion '2.0'");
    else if (authorizer.payload != "1.0" && authorizer.payload != "2.0")
      add(authorizer.place, "the payload format version is 1.0 or 2.0");
    else if (authorizer.payload == "1.0" && authorizer.answer == Authorizer::Answer::simple)
      add(authorizer.place, "simple answers need the payload format version 2.0; with 1.0 every call will be 500");
  }

  void judge_expression(const Authorizer& authorizer) {
    const std::string& expression = *authorizer.expression;
    const Place& place = authorizer.expression_place;
    if (authorizer.kind != Kind::token) {
      add(place, "a validation expression is for TOKEN authorizers only");
      return;
    }
    if (passes(expression, good_header()) == Passes::no)
      add(place,
          "the validation expression refuses good tokens (letters of both cases, digits, '-', '_', two dots, hundreds "
          "of characters): such a call is 401 and the function is never asked");
    if (!expression.starts_with('^') || !expression.ends_with('$'))
      add(place, "write the validation expression as ^...$: gateways differ in whether a part may match");
    if (expression.find("A-z") != expression.npos)
      add(place, "A-z in the validation expression also takes [ \\ ] ^ _ and a backquote; write A-Za-z");
  }

  bool has_open_options(const Route& asked) const {
    return std::any_of(all_.routes.begin(), all_.routes.end(), [&](const Route& route) {
      const bool same =
          route.path == asked.path || (all_.apis[asked.api].flavour == Flavour::http && route.path.ends_with("+}"));
      return route.api == asked.api && route.method == "OPTIONS" && route.guard == Route::Guard::none && same;
    });
  }

  void judge_route(const Route& route) {
    const bool guarded = route.guard == Route::Guard::authorizer;
    const bool answered = all_.apis[route.api].preflight == Api::Preflight::answered;
    const bool everything = route.method == "ANY" || route.path == "$default";
    if (guarded && route.method == "OPTIONS") {
      add(route.place, route.key() +
                           " is behind the authorizer: a browser's preflight never carries a token, so the "
                           "call itself never happens");
    } else if (guarded && everything && !answered && !has_open_options(route)) {
      add(route.place, route.key() +
                           " takes preflights (OPTIONS) too, which never carry a token: browsers cannot call "
                           "it. Add an OPTIONS route without an authorizer, or the gateway's CORS");
    }
    if (route.guard != Route::Guard::none || route.method == "OPTIONS" || route.method.empty()) return;
    for (const Route& other : all_.routes)
      if (other.api == route.api && other.path == route.path && other.guard == Route::Guard::authorizer &&
          other.method != "OPTIONS") {
        add(route.place,
            route.key() + " is open to everybody, and " + other.key() + " is behind an authorizer: is this meant?");
        break;
      }
  }

  /// Whether a script of another origin can read the gateway's own answer of this type.
  static bool readable(const Api& api, const std::string& type, const std::string& fallback) {
    const auto own = api.responses.find(type);
    const auto used = own != api.responses.end() ? own : api.responses.find(fallback);
    return used != api.responses.end() && used->second.readable == GatewayResponse::Readable::yes;
  }

  void judge_api(std::size_t index) {
    const Api& api = all_.apis[index];
    if (api.flavour != Flavour::rest) return;
    for (const char* fallback : {"DEFAULT_4XX", "DEFAULT_5XX"})
      if (const auto one = api.responses.find(fallback);
          one != api.responses.end() && one->second.status == GatewayResponse::Status::changed)
        add(one->second.place, std::string{fallback} +
                                   " with a status of its own gives every answer of its class that "
                                   "status, 401 and 403 alike");
    const bool guarded = std::any_of(all_.routes.begin(), all_.routes.end(), [&](const Route& route) {
      return route.api == index && route.guard == Route::Guard::authorizer;
    });
    if (!guarded || api.browsers == Api::Browsers::unseen) return;
    std::string missing;
    static constexpr std::array<std::array<const char*, 2>, 6> types{
        {{"UNAUTHORIZED", "DEFAULT_4XX"},
         {"ACCESS_DENIED", "DEFAULT_4XX"},
         {"EXPIRED_TOKEN", "DEFAULT_4XX"},
         {"THROTTLED", "DEFAULT_4XX"},
         {"AUTHORIZER_FAILURE", "DEFAULT_5XX"},
         {"AUTHORIZER_CONFIGURATION_ERROR", "DEFAULT_5XX"}}};
    for (const auto& [type, fallback] : types)
      if (!readable(api, type, fallback)) missing += (missing.empty() ? "" : ", ") + std::string{type};
    if (!missing.empty())
      add(api.place, "no Access-Control-Allow-Origin on the gateway's own answers (" + missing +
                         "): browsers show a CORS error instead of 401, 403 and 500. Add GatewayResponses for them, or "
                         "for DEFAULT_4XX and DEFAULT_5XX");
  }

  const Deployment& all_;
  std::vector<RuleProblem> found_;
};

}  // namespace

std::vector<RuleProblem> known_mistakes(const Deployment& deployment) {
  return Judge{deployment}.mistakes();
}

}  // namespace portcullis::deployment
