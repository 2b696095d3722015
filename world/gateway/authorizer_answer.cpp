#include "world/gateway/authorizer_answer.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace portcullis::world {
namespace {

std::string text_of(const boost::json::value& scalar) {
  return scalar.is_string() ? std::string{scalar.get_string()} : boost::json::serialize(scalar);
}

using Problem = std::optional<std::string>;

Problem read_context(const boost::json::value& value, AnswerForm form, AuthorizerAnswer& answer) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) return "context is not an object";
  answer.context_json = boost::json::serialize(value);
  for (const auto& [name, member] : value.get_object()) {
    if (member.is_structured() && form == AnswerForm::policy) return "context member is an array or object";
    answer.context.emplace_back(name, member.is_null() ? std::nullopt : std::optional{text_of(member)});
  }
  return std::nullopt;
}

Problem read_policy(const boost::json::object& object, AuthorizerAnswer& answer) {
  const auto* principal = object.if_contains("principalId");  // gateway.md §9.9: stricter than one user reports
  if (!principal || !principal->is_string() || principal->get_string().empty()) return "the answer has no principalId";
  answer.principal = principal->get_string();
  const auto* document = object.if_contains("policyDocument");
  if (!document) return "the answer has no policyDocument";
  auto policy = parse_policy(*document);
  if (!policy) return policy.error();
  answer.policy = *std::move(policy);
  return std::nullopt;
}

Problem read_simple(const boost::json::object& object, AuthorizerAnswer& answer) {
  const auto* authorized = object.if_contains("isAuthorized");
  if (!authorized || !authorized->is_bool()) return "isAuthorized is neither true nor false";
  answer.authorized = authorized->get_bool();
  return std::nullopt;
}

}  // namespace

Verdict evaluate(const AuthorizerAnswer& answer, std::string_view method_arn) {
  if (!answer.authorized) return evaluate(answer.policy, method_arn);
  return {*answer.authorized ? Verdict::Kind::allowed : Verdict::Kind::not_allowed, {}};
}

Result<AuthorizerAnswer, std::string> parse_authorizer_answer(std::string_view json, AnswerForm form) {
  boost::system::error_code problem;
  const boost::json::value document = boost::json::parse(json, problem);
  if (problem) return std::string{"the answer is not JSON"};
  if (!document.is_object()) return std::string{"the answer is not an object"};
  const auto& object = document.get_object();

  AuthorizerAnswer answer;
  answer.context_json = "null";
  if (auto wrong = form == AnswerForm::simple ? read_simple(object, answer) : read_policy(object, answer))
    return *wrong;
  if (const auto* context = object.if_contains("context"))
    if (auto wrong = read_context(*context, form, answer)) return *wrong;
  if (const auto* key = object.if_contains("usageIdentifierKey"); key && key->is_string())
    answer.usage_identifier_key = key->get_string();
  return answer;
}

}  // namespace portcullis::world
