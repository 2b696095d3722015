#include "doors/lambda/answer.h"

#include "portcullis/json_writer.h"

namespace portcullis::lambda {
namespace {

// "keys_unavailable" → "KeysUnavailable": error types match (Runtime|Function)\.[A-Z][a-zA-Z]+.
std::string camel_case(std::string_view code) {
  std::string name;
  bool upper = true;
  for (const char c : code) {
    if (c == '_') {
      upper = true;
    } else {
      name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return name;
}

std::string principal_of(const Decision& decision) {
  if (!decision.token) return "anonymous";
  if (!decision.token->subject().empty()) return std::string{decision.token->subject()};
  const auto client = decision.token->client();
  return client && !client->empty() ? std::string{*client} : "anonymous";
}

// Strings only: REST refuses arrays and objects, and turns everything else into strings anyway.
std::optional<std::string> context_value(const Json& claim) {
  if (claim.string()) return std::string{*claim.string()};
  if (claim.number_text()) return std::string{*claim.number_text()};
  if (claim.boolean()) return *claim.boolean() ? "1" : "0";
  if (!claim.is(JsonKind::array)) return std::nullopt;
  std::string words;
  for (const Json item : claim) {
    if (!item.string()) return std::nullopt;
    words += (words.empty() ? "" : " ") + std::string{*item.string()};
  }
  return words;
}

std::string context_of(const Decision& decision, const config::LambdaSettings& settings) {
  JsonWriter json;
  json.begin_object();
  if (decision.token) {
    const Json claims = decision.token->claims();
    for (const std::string& name : settings.context) {
      const auto claim = claims.find(name);
      const auto value = claim ? context_value(*claim) : std::nullopt;
      if (value) json.key(name).string(*value);
    }
  }
  json.end_object();
  return std::move(json).text();
}

std::string policy_answer(const std::string& principal, const std::string& policy, const std::string& context) {
  JsonWriter json;
  json.begin_object().key("principalId").string(principal).key("policyDocument").raw(policy);
  json.key("context").raw(context).end_object();
  return std::move(json).text();
}

}  // namespace

FunctionResult function_error(std::string_view message, std::string_view type) {
  JsonWriter json;
  json.begin_object().key("errorMessage").string(message).key("errorType").string(type);
  json.key("stackTrace").begin_array().end_array().end_object();
  return {FunctionResult::Kind::error, std::move(json).text(), "Function." + std::string{type}};
}

FunctionResult unauthorized() {
  return function_error("Unauthorized", "Unauthorized");
}

FunctionResult internal_error(std::string_view why) {
  return function_error("internal: " + std::string{why}, "Internal");
}

FunctionResult answer(const Decision& decision, const Grants& grants, const MethodArn& arn,
                      const config::LambdaSettings& settings) {
  const ReasonFacts& reason = facts(decision.reason);
  if (reason.status >= 500)
    return function_error(std::string{reason.code} + ": " + std::string{reason.sentence}, camel_case(reason.code));
  if (decision.outcome != Outcome::allow && reason.status != 403) return unauthorized();

  const PolicyDocument document = policy_for(decision, grants, arn, settings.policy);
  const std::string policy = document.json();
  const std::string principal = principal_of(decision);
  std::string whole = policy_answer(principal, policy, context_of(decision, settings));
  if (whole.size() > most_answer_bytes) whole = policy_answer(principal, policy, "{}");
  if (whole.size() > most_answer_bytes) return internal_error("the answer would be larger than API Gateway takes");
  const bool allowed = decision.outcome == Outcome::allow && !document.allow.empty();
  return {FunctionResult::Kind::success, std::move(whole), {}, allowed ? OwnMethod::allowed : OwnMethod::refused};
}

}  // namespace portcullis::lambda
