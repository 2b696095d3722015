#include "doors/lambda/answer.h"

#include <algorithm>

#include "doors/lambda/told_refusal.h"
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

constexpr std::string_view principal_member = "principalId";

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

constexpr std::string_view expiry_member = "exp";

bool has_usage_plans(EventForm form) {
  return form == EventForm::rest || form == EventForm::web_socket;
}

/// An HTTP API hands its integration the context alone, so there the principal is part of it. A WebSocket outlives its
/// token, so whoever handles its messages has to know for how long the token is good.
std::string context_of(const Decision& decision, EventForm form, const config::LambdaSettings& settings) {
  JsonWriter json;
  json.begin_object();
  const bool alone = form == EventForm::http_2 && decision.passes();
  if (alone) json.key(principal_member).string(principal_of(decision));
  const bool tells_why = tells_refusal(decision, form, settings);
  if (tells_why) write_refusal(json, decision);
  if (decision.token) {
    const Json claims = decision.token->claims();
    std::vector<std::string> names = settings.context;
    if (form == EventForm::web_socket && std::find(names.begin(), names.end(), expiry_member) == names.end())
      names.emplace_back(expiry_member);
    for (const std::string& name : names) {
      if ((alone && name == principal_member) || (tells_why && is_refusal_member(name))) continue;
      const auto claim = claims.find(name);
      const auto value = claim ? context_value(*claim) : std::nullopt;
      if (value) json.key(name).string(*value);
    }
  }
  json.end_object();
  return std::move(json).text();
}

/// The usage plan's key of this caller; empty where usage plans are not used.
std::string api_key_of(const Decision& decision, const config::LambdaSettings& settings) {
  if (!settings.api_key_from || !decision.token) return settings.default_api_key;
  const auto claim = find_at(decision.token->claims(), *settings.api_key_from);
  const auto key = claim ? claim->string() : std::nullopt;
  return key && config::is_api_key(*key) ? std::string{*key} : settings.default_api_key;
}

struct PolicyAnswer {
  std::string principal, policy, context, api_key;

  std::string json() const {
    JsonWriter json;
    json.begin_object().key("principalId").string(principal).key("policyDocument").raw(policy);
    json.key("context").raw(context);
    if (!api_key.empty()) json.key("usageIdentifierKey").string(api_key);
    json.end_object();
    return std::move(json).text();
  }
};

FunctionResult success(std::string body, OwnMethod own_method) {
  return {FunctionResult::Kind::success, std::move(body), {}, own_method};
}

FunctionResult simple_answer(const Decision& decision, const config::LambdaSettings& settings) {
  const bool allowed = decision.passes();
  const auto json = [&](const std::string& context) {
    JsonWriter writer;
    writer.begin_object().key("isAuthorized").boolean(allowed).key("context").raw(context).end_object();
    return std::move(writer).text();
  };
  std::string whole = json(context_of(decision, EventForm::http_2, settings));
  if (whole.size() > most_answer_bytes) whole = json("{}");
  return success(std::move(whole), allowed ? OwnMethod::allowed : OwnMethod::refused);
}

FunctionResult policy_answer(const Decision& decision, const Grants& grants, const MethodArn& arn, EventForm form,
                             const config::LambdaSettings& settings) {
  const PolicyDocument document = policy_for(decision, grants, arn, settings.policy);
  PolicyAnswer whole{principal_of(decision), document.json(), context_of(decision, form, settings), {}};
  if (has_usage_plans(form)) whole.api_key = api_key_of(decision, settings);
  if (whole.json().size() > most_answer_bytes) whole.context = "{}";
  std::string body = whole.json();
  if (body.size() > most_answer_bytes) return internal_error("the answer would be larger than API Gateway takes");
  const bool allowed = decision.passes() && !document.allow.empty();
  return success(std::move(body), allowed ? OwnMethod::allowed : OwnMethod::refused);
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

FunctionResult answer(const Decision& decision, const Grants& grants, const MethodArn& arn, EventForm form,
                      const config::LambdaSettings& settings) {
  const ReasonFacts& reason = facts(decision.reason);
  if (reason.status >= 500 && !decision.passes())
    return function_error(std::string{reason.code} + ": " + std::string{reason.sentence}, camel_case(reason.code));
  using HttpApi = config::LambdaSettings::HttpApi;
  if (form == EventForm::http_2 && settings.http_api == HttpApi::simple) return simple_answer(decision, settings);
  const bool http_api = form == EventForm::http_1 || form == EventForm::http_2;
  const bool may_be_policy =
      http_api || decision.passes() || reason.status == 403 || tells_refusal(decision, form, settings);
  return may_be_policy ? policy_answer(decision, grants, arn, form, settings) : unauthorized();
}

}  // namespace portcullis::lambda
