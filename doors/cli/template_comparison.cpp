#include "doors/cli/template_comparison.h"

#include <algorithm>
#include <set>

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

/// What was a good route for the loader or for the proposal.
RoutePattern pattern_of(const std::string& route) {
  const auto pattern = RoutePattern::parse(route);
  return pattern ? *pattern : RoutePattern{"-", {}};
}

RouteTable table_of(const std::vector<RoutePattern>& patterns) {
  RouteTable table;
  for (std::size_t i = 0; i < patterns.size(); ++i) (void)table.add(patterns[i], static_cast<RouteIndex>(i));
  return table;
}

/// Requests for a pattern: parameters are a segment of their own, which no literal is likely to be.
std::vector<Asked> examples_of(const RoutePattern& pattern) {
  if (pattern.web_socket_connect()) return {{"", std::string{web_socket_connect_path}}};
  std::string path;
  for (const RoutePattern::Segment& segment : pattern.segments) {
    using Kind = RoutePattern::Segment::Kind;
    path += '/';
    if (segment.kind == Kind::literal) path += segment.text;
    if (segment.kind == Kind::parameter) path += "0-0";
    if (segment.kind == Kind::rest) path += "0-0/0-0";
  }
  if (!pattern.any_method()) return {{pattern.method, path}};
  std::vector<Asked> all;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}) all.push_back({method, path});
  return all;
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

  // A route and a rule belong together if a request that is typical of one is decided by the other: each may be the
  // wider of the two.
  void compare_routes() {
    std::vector<RoutePattern> rules, routes;
    for (const RouteRule& rule : config_.rules.routes) rules.push_back(pattern_of(rule.route));
    for (const ProposedRoute& route : proposal_.routes) routes.push_back(pattern_of(route.route));
    const RouteTable rule_table = table_of(rules), route_table = table_of(routes);
    std::set<std::pair<RouteIndex, RouteIndex>> pairs;
    std::set<RouteIndex> ruled, routed;
    const auto pair = [&](RouteIndex route, RouteIndex rule) {
      ruled.insert(route);
      routed.insert(rule);
      if (pairs.insert({route, rule}).second) compare_pair(proposal_.routes[route], config_.rules.routes[rule]);
    };
    for (std::size_t i = 0; i < routes.size(); ++i)
      for (const Asked& asked : examples_of(routes[i]))
        if (const auto rule = rule_table.find(asked.method, asked.path)) pair(static_cast<RouteIndex>(i), *rule);
    for (std::size_t i = 0; i < rules.size(); ++i)
      for (const Asked& asked : examples_of(rules[i]))
        if (const auto route = route_table.find(asked.method, asked.path)) pair(*route, static_cast<RouteIndex>(i));
    for (std::size_t i = 0; i < routes.size(); ++i)
      if (!ruled.contains(static_cast<RouteIndex>(i))) tell_unruled(proposal_.routes[i]);
    for (std::size_t i = 0; i < rules.size(); ++i)
      if (!routed.contains(static_cast<RouteIndex>(i)) && rules[i].method != "OPTIONS")
        warn(config_.rules.routes[i].place, config_.rules.routes[i].route +
                                                " has no route in the template: the gateway refuses it before anybody "
                                                "is asked");
  }

  void tell_unruled(const ProposedRoute& route) {
    const bool deny = config_.rules.fallback == DefaultAccess::deny;
    if (route.access == ProposedRoute::Access::public_access)
      warn(route.place, route.route + " is open to everybody here, and has no rule: the configuration's default is " +
                            (deny ? "deny" : "authenticated"));
    else if (deny)
      warn(route.place, route.route + " has no rule in the configuration: everybody is refused (default: deny)");
  }

  void compare_pair(const ProposedRoute& route, const RouteRule& rule) {
    const bool open = route.access == ProposedRoute::Access::public_access;
    const bool rule_open = std::holds_alternative<PublicAccess>(rule.access);
    if (open && !rule_open)
      warn(route.place, route.route + " is open to everybody here: no authorizer is asked, so \"" + rule.route +
                            "\" at " + rule.place + " never applies");
    if (!open && rule_open)
      warn(route.place, route.route + " is behind an authorizer here, and \"" + rule.route + "\" is public at " +
                            rule.place + ": without a token the gateway may answer 401 and ask nobody");
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
