#include "doors/lambda/policy_document.h"

#include <algorithm>

#include "doors/lambda/compiled_policy.h"
#include "portcullis/json_writer.h"

namespace portcullis::lambda {
namespace {

using config::LambdaSettings;
using Form = PolicyDocument::Form;

// A path that itself holds a wildcard would become a pattern of the client's making.
bool may_be_echoed(const MethodArn& arn) {
  return !is_pattern(arn.text) && arn.text.size() <= most_resource_bytes;
}

// Not to be allowed must be an explicit Deny, also where the path may not be echoed. A Deny may be wider than the path:
// what IAM could take for a pattern becomes a "?", which is any one character, and what is too long a "*".
std::string denied_path(const MethodArn& arn) {
  std::string pattern = arn.text;
  for (char& c : pattern)
    if (is_pattern({&c, 1})) c = '?';
  if (pattern.size() <= most_resource_bytes) return pattern;
  std::size_t end = most_resource_bytes - 1;
  while ((static_cast<unsigned char>(pattern[end]) & 0xC0) == 0x80) --end;  // no half characters
  return pattern.substr(0, end) + '*';
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
           return grant.route == decision.route() && !grant.allowed;
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
  if (decision.reason == Reason::rate_limited && !decision.passes()) return only_this_method(decision, arn);
  const bool web_socket = arn.verb.empty();  // asked once, and no other route has an authorizer (gateway.md §2.4)
  if (web_socket || wanted == LambdaSettings::Policy::method || is_sender_constrained(decision) ||
      is_for_this_request_only(decision, grants))
    return only_this_method(decision, arn);
  auto policy = wanted == LambdaSettings::Policy::stage && decision.passes()
                    ? std::optional<PolicyDocument>{stage_policy(arn)}
                    : compiled_policy(grants, arn);
  if (!policy || !within_bounds(*policy)) return only_this_method(decision, arn);
  // Explicit, so that a resource policy's Allow cannot turn "no permission" into access.
  if (policy->allow.empty()) policy->deny = {arn.prefix + "*"};
  if (!decision.passes() && !policy->allow.empty()) policy->deny.push_back(denied_path(arn));
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
