#include "doors/lambda/policy_document.h"

#include <algorithm>
#include <array>
#include <set>

#include "doors/lambda/glob.h"
#include "portcullis/json_writer.h"

namespace portcullis::lambda {
namespace {

using config::LambdaSettings;
using Form = PolicyDocument::Form;
using Kind = RoutePattern::Segment::Kind;

// The verbs an API Gateway method can have; ANY stands for these.
constexpr std::array<std::string_view, 7> gateway_verbs{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};

// What the form check of paths refuses, as far as IAM can say it. A wildcard must be harmless for every
// string it matches, since on a cache hit nobody checks the path again.
constexpr std::array<std::string_view, 21> refused_forms{
    "*//*", "*/./*", "*/.",   "*/../*", "*/..", "*%2e*", "*%2E*", "*%2f*", "*%2F*", "*%5c*", "*%5C*",
    "*\\*", "*;*",   "*%3b*", "*%3B*",  "*#*",  "*%25*", "*%0?*", "*%1?*", "*%7f*", "*%7F*"};

struct ListedRoute {
  RoutePattern pattern;
  bool allowed;
};

std::vector<ListedRoute> parse_all(const Grants& grants) {
  std::vector<ListedRoute> routes;
  for (const Grant& grant : grants.routes)
    if (auto pattern = RoutePattern::parse(grant.route); pattern && !pattern->web_socket_connect())
      routes.push_back({*std::move(pattern), grant.allowed});
  return routes;
}

bool same_shape(const RoutePattern& a, const RoutePattern& b) {
  return std::equal(
      a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
      [](const auto& x, const auto& y) { return x.kind == y.kind && (x.kind != Kind::literal || x.text == y.text); });
}

// The routes that decide requests with this verb: ANY gives way to the verb's own route of the same path.
std::vector<const ListedRoute*> routes_of(std::string_view verb, const std::vector<ListedRoute>& routes) {
  std::vector<const ListedRoute*> chosen;
  for (const ListedRoute& route : routes) {
    if (route.pattern.method == verb) chosen.push_back(&route);
    if (!route.pattern.any_method()) continue;
    const bool shadowed = std::any_of(routes.begin(), routes.end(), [&](const ListedRoute& other) {
      return other.pattern.method == verb && same_shape(other.pattern, route.pattern);
    });
    if (!shadowed) chosen.push_back(&route);
  }
  return chosen;
}

bool is_wild(const RoutePattern& pattern) {
  return std::any_of(pattern.segments.begin(), pattern.segments.end(),
                     [](const auto& segment) { return segment.kind != Kind::literal; });
}

// IAM's wildcards cross slashes: "users/?*" also matches what lies below users/{id}. These patterns match
// exactly the surplus. A parameter followed by nothing but parameters and a {name+} has none.
std::vector<std::string> surplus_of(const RoutePattern& pattern) {
  std::vector<std::string> patterns;
  const auto& segments = pattern.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].kind != Kind::parameter) continue;
    const bool open_end = segments.back().kind == Kind::rest &&
                          std::all_of(segments.begin() + static_cast<std::ptrdiff_t>(i), segments.end(),
                                      [](const auto& segment) { return segment.kind != Kind::literal; });
    if (open_end) continue;
    std::string glob;
    for (std::size_t j = 0; j < segments.size(); ++j) {
      if (j > 0) glob += '/';
      if (j == i) {
        glob += "*/*";
      } else {
        glob += segments[j].kind == Kind::literal ? segments[j].text : "?*";
      }
    }
    patterns.push_back(std::move(glob));
  }
  return patterns;
}

struct VerbPolicy {
  std::vector<std::string> allow, deny;  // globs behind the verb's slash
  bool wild = false;
};

// nullopt: patterns cannot tell the routes of this verb apart.
std::optional<VerbPolicy> compile_verb(const std::vector<const ListedRoute*>& routes) {
  VerbPolicy policy;
  std::set<std::string> surplus;
  for (const ListedRoute* route : routes) {
    if (!route->allowed) continue;
    policy.allow.push_back(glob_of(route->pattern));
    policy.wild = policy.wild || is_wild(route->pattern);
    for (std::string& pattern : surplus_of(route->pattern)) surplus.insert(std::move(pattern));
  }
  for (const ListedRoute* route : routes) {
    if (route->allowed) {
      for (const std::string& pattern : surplus)
        if (overlap(pattern, route->pattern)) return std::nullopt;  // the Deny would take what is the caller's
    } else {
      for (const std::string& pattern : policy.allow)
        if (overlap(pattern, route->pattern)) return std::nullopt;  // the Allow would give what is not
    }
  }
  policy.deny.assign(surplus.begin(), surplus.end());
  return policy;
}

std::set<std::string, std::less<>> verbs_of(const std::vector<ListedRoute>& routes) {
  std::set<std::string, std::less<>> verbs;
  for (const ListedRoute& route : routes) {
    if (!route.pattern.any_method()) {
      verbs.insert(route.pattern.method);
      continue;
    }
    verbs.insert(gateway_verbs.begin(), gateway_verbs.end());
  }
  return verbs;
}

void deny_refused_forms(const MethodArn& arn, PolicyDocument& policy) {
  for (const std::string_view form : refused_forms) policy.deny.push_back(arn.prefix + std::string{form});
}

std::optional<PolicyDocument> compile_listed(const Grants& grants, const MethodArn& arn) {
  const auto routes = parse_all(grants);
  PolicyDocument policy{Form::compiled, {}, {}};
  bool wild = false;
  for (const std::string& verb : verbs_of(routes)) {
    const auto compiled = compile_verb(routes_of(verb, routes));
    if (!compiled) return std::nullopt;
    for (const std::string& glob : compiled->allow) policy.allow.push_back(arn.prefix + verb + '/' + glob);
    for (const std::string& glob : compiled->deny) policy.deny.push_back(arn.prefix + verb + '/' + glob);
    wild = wild || compiled->wild;
  }
  if (wild) deny_refused_forms(arn, policy);
  return policy;
}

PolicyDocument whole_stage(const MethodArn& arn, Form form) {
  PolicyDocument policy{form, {arn.prefix + "*"}, {}};
  deny_refused_forms(arn, policy);
  return policy;
}

std::optional<PolicyDocument> compile_grants(const Grants& grants, const MethodArn& arn) {
  if (!grants.fallback_allowed) return compile_listed(grants, arn);
  const bool everything =
      std::all_of(grants.routes.begin(), grants.routes.end(), [](const Grant& grant) { return grant.allowed; });
  if (!everything) return std::nullopt;
  return whole_stage(arn, Form::compiled);
}

// A path that itself holds a wildcard would become a pattern of the client's making.
bool may_be_echoed(const MethodArn& arn) {
  return !is_pattern(arn.text) && arn.text.size() <= most_resource_bytes;
}

PolicyDocument only_this_method(const Decision& decision, const MethodArn& arn) {
  if (!may_be_echoed(arn)) return {Form::method, {}, {arn.prefix + "*"}};
  if (decision.passes()) return {Form::method, {arn.text}, {}};
  return {Form::method, {}, {arn.text}};
}

bool within_bounds(const PolicyDocument& policy) {
  for (const auto* list : {&policy.allow, &policy.deny})
    for (const std::string& resource : *list)
      if (resource.size() > most_resource_bytes) return false;
  return policy.json().size() <= most_answer_bytes - 1000;  // room for principal and context
}

bool is_sender_constrained(const Decision& decision) {
  return decision.token && decision.token->claims().find("cnf").has_value();
}

// A route that is judged anew at each request stands in no compiled policy, so the answer is its own ARN.
bool is_for_this_request_only(const Decision& decision, const Grants& grants) {
  return decision.passes() && std::any_of(grants.routes.begin(), grants.routes.end(), [&](const Grant& grant) {
           return grant.route == decision.route && !grant.allowed;
         });
}

void write_statement(JsonWriter& json, std::string_view effect, const std::vector<std::string>& resources) {
  if (resources.empty()) return;
  json.begin_object().key("Effect").string(effect).key("Action").string("execute-api:Invoke").key("Resource");
  json.begin_array();
  for (const std::string& resource : resources) json.string(resource);
  json.end_array().end_object();
}

}  // namespace

std::string PolicyDocument::json() const {
  JsonWriter json;
  json.begin_object().key("Version").string("2012-10-17").key("Statement").begin_array();
  write_statement(json, "Allow", allow);
  write_statement(json, "Deny", deny);
  json.end_array().end_object();
  return std::move(json).text();
}

PolicyDocument policy_for(const Decision& decision, const Grants& grants, const MethodArn& arn,
                          LambdaSettings::Policy wanted) {
  if (wanted == LambdaSettings::Policy::method || is_sender_constrained(decision) ||
      is_for_this_request_only(decision, grants))
    return only_this_method(decision, arn);
  auto policy = wanted == LambdaSettings::Policy::stage && decision.passes()
                    ? std::optional<PolicyDocument>{whole_stage(arn, Form::stage)}
                    : compile_grants(grants, arn);
  if (!policy || !within_bounds(*policy)) return only_this_method(decision, arn);
  // Explicit, so that a resource policy's Allow cannot turn "no permission" into access.
  if (policy->allow.empty()) policy->deny = {arn.prefix + "*"};
  if (!decision.passes() && !policy->allow.empty() && may_be_echoed(arn)) policy->deny.push_back(arn.text);
  return *std::move(policy);
}

std::string fault_of_policy(LambdaSettings::Policy wanted, const Rules& rules) {
  if (wanted != LambdaSettings::Policy::stage) return {};
  const bool equal = std::all_of(rules.routes.begin(), rules.routes.end(), [](const RouteRule& route) {
    return std::holds_alternative<AuthenticatedAccess>(route.access) && route.mode == Mode::enforce;
  });
  if (rules.routes.empty() || (equal && rules.fallback == DefaultAccess::authenticated)) return {};
  return "lambda.policy: stage would open the whole stage although the routes have different rules; use routes";
}

}  // namespace portcullis::lambda
