#include "doors/cli/template_comparison.h"

#include <algorithm>

#include "core/access/route_table.h"
#include "doors/lambda/cache_hazards.h"

namespace portcullis::cli {
namespace {

using deployment::Authorizer;
using deployment::Deployment;
using deployment::Flavour;
using deployment::Known;

struct Asked {
  std::string method, path;
};

/// A request for a pattern: parameters are a segment of their own, which no literal is likely to be.
Asked example_of(const RoutePattern& pattern) {
  if (pattern.web_socket_connect()) return {"", std::string{web_socket_connect_path}};
  Asked asked{pattern.any_method() ? "POST" : pattern.method, ""};
  for (const RoutePattern::Segment& segment : pattern.segments) {
    using Kind = RoutePattern::Segment::Kind;
    asked.path += '/';
    if (segment.kind == Kind::literal) asked.path += segment.text;
    if (segment.kind == Kind::parameter) asked.path += "0-0";
    if (segment.kind == Kind::rest) asked.path += "0-0/0-0";
  }
  return asked;
}

class Comparer {
 public:
  Comparer(const config::Config& config, const Deployment& deployment, const Proposal& proposal)
      : config_(config), deployment_(deployment), proposal_(proposal) {}

  Differences compare() {
    compare_routes();
    for (const Authorizer& authorizer : deployment_.authorizers)
      if (authorizer.kind == Authorizer::Kind::token || authorizer.kind == Authorizer::Kind::request)
        compare_settings(authorizer);
    return std::move(found_);
  }

 private:
  void warn(const Place& place, std::string message) { found_.warnings.push_back({place, std::move(message)}); }
  void fail(const Place& place, std::string message) { found_.errors.push_back({place, std::move(message)}); }

  void compare_routes() {
    RouteTable rules, template_routes;
    for (std::size_t i = 0; i < config_.rules.routes.size(); ++i)
      if (const auto pattern = RoutePattern::parse(config_.rules.routes[i].route))
        (void)rules.add(*pattern, static_cast<RouteIndex>(i));
    for (std::size_t i = 0; i < proposal_.routes.size(); ++i)
      if (const auto pattern = RoutePattern::parse(proposal_.routes[i].route))
        (void)template_routes.add(*pattern, static_cast<RouteIndex>(i));
    for (const ProposedRoute& route : proposal_.routes) {
      const auto pattern = RoutePattern::parse(route.route);
      if (!pattern) continue;
      const Asked asked = example_of(*pattern);
      compare_route(route, rules.find(asked.method, asked.path));
    }
    for (const RouteRule& rule : config_.rules.routes) look_for(rule, template_routes);
  }

  void compare_route(const ProposedRoute& route, std::optional<RouteIndex> index) {
    const bool open = route.access == ProposedRoute::Access::public_access;
    const bool deny = config_.rules.fallback == DefaultAccess::deny;
    if (!index) {
      if (open)
        warn(route.place, route.route + " is open to everybody here, and has no rule: the configuration's default is " +
                              (deny ? "deny" : "authenticated"));
      else if (deny)
        warn(route.place, route.route + " has no rule in the configuration: everybody is refused (default: deny)");
      return;
    }
    const RouteRule& rule = config_.rules.routes[*index];
    const bool rule_open = std::holds_alternative<PublicAccess>(rule.access);
    if (open && !rule_open)
      warn(route.place, route.route + " is open to everybody here: no authorizer is asked, so the rule at " +
                            rule.place + " never applies");
    if (!open && rule_open)
      warn(route.place, route.route + " is behind an authorizer here and public at " + rule.place +
                            ": without a token the gateway may answer 401 and ask nobody");
  }

  // ANY is there as soon as one of its methods is.
  void look_for(const RouteRule& rule, const RouteTable& template_routes) {
    const auto pattern = RoutePattern::parse(rule.route);
    if (!pattern) return;
    Asked asked = example_of(*pattern);
    bool there = template_routes.find(asked.method, asked.path).has_value();
    if (pattern->any_method())
      for (const char* method : {"GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
        there = there || template_routes.find(method, asked.path).has_value();
    if (!there && asked.method != "OPTIONS")
      warn(rule.place, rule.route + " has no route in the template: the gateway refuses it before anybody is asked");
  }

  void compare_settings(const Authorizer& authorizer) {
    using Lambda = config::LambdaSettings;
    const Lambda& lambda = config_.lambda;
    const std::string kept = std::to_string(authorizer.cache) + " s";
    const bool known = authorizer.cache_known != Known::unclear;
    if (known && authorizer.cache > lambda.cache.count()) {
      warn(authorizer.cache_place, "answers are kept for " + kept + ", longer than lambda.cache says (" +
                                       std::to_string(lambda.cache.count()) + " s)");
      if (lambda.cache.count() == 0)
        for (const RuleProblem& hazard : lambda::cache_hazards(config_.rules, std::chrono::seconds{authorizer.cache}))
          found_.errors.push_back(hazard);
    }
    const bool by_route = has_source(authorizer, "context.path") && has_source(authorizer, "context.httpMethod");
    if (known && authorizer.cache > 0 && lambda.policy == Lambda::Policy::method && !by_route &&
        !has_source(authorizer, "context.routeKey"))
      fail(authorizer.cache_place, "answers are kept for " + kept +
                                       ", and lambda.policy is method: a caller's second route is 403. Add "
                                       "context.httpMethod and context.path to the identity sources, or write routes");
    if (deployment_.apis[authorizer.api].flavour != Flavour::http || authorizer.payload != "2.0" ||
        authorizer.answer_known == Known::unclear)
      return;
    const bool simple = authorizer.answer == Authorizer::Answer::simple;
    if (simple != (lambda.http_api == Lambda::HttpApi::simple))
      fail(authorizer.place, std::string{"the gateway expects "} + (simple ? "a simple answer" : "a policy") +
                                 ", and lambda.http_api is " + (simple ? "policy" : "simple") +
                                 ": every call will be 500");
  }

  static bool has_source(const Authorizer& authorizer, std::string_view end) {
    return std::any_of(authorizer.sources.begin(), authorizer.sources.end(),
                       [&](const std::string& source) { return source.ends_with(end); });
  }

  const config::Config& config_;
  const Deployment& deployment_;
  const Proposal& proposal_;
  Differences found_;
};

}  // namespace

Differences compare(const config::Config& config, const Deployment& deployment, const Proposal& proposal) {
  return Comparer{config, deployment, proposal}.compare();
}

}  // namespace portcullis::cli
