#include "world/gateway/policy_evaluation.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>

namespace portcullis::world {
namespace {

constexpr std::string_view invoke_action = "execute-api:invoke";  // actions are case-insensitive

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// IAM lets one string stand for a list of one.
std::optional<std::vector<std::string>> strings(const boost::json::value& value) {
  if (value.is_string()) return std::vector<std::string>{std::string{value.get_string()}};
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> list;
  for (const auto& member : value.get_array()) {
    if (!member.is_string()) return std::nullopt;
    list.emplace_back(member.get_string());
  }
  return list;
}

std::optional<Effect> effect_named(const boost::json::value& value) {
  if (!value.is_string()) return std::nullopt;
  if (value.get_string() == "Allow") return Effect::Allow;
  if (value.get_string() == "Deny") return Effect::Deny;
  return std::nullopt;
}

/// Reads one element into the statement. @returns what is wrong with it, or nothing
std::optional<std::string> read_element(std::string_view name, const boost::json::value& value, Statement& statement) {
  if (name == "Sid") return std::nullopt;
  if (name == "Effect") {
    const auto effect = effect_named(value);
    if (!effect) return "Effect is neither Allow nor Deny";
    statement.effect = *effect;
    return std::nullopt;
  }
  const bool resources = name == "Resource" || name == "NotResource";
  if (!resources && name != "Action") {
    statement.unsupported.emplace_back(name);
    return std::nullopt;
  }
  const auto list = strings(value);
  if (!list) return std::string{name} + " is neither a string nor an array of strings";
  (resources ? statement.resources : statement.actions) = *list;
  if (name == "NotResource") statement.scope = Statement::Scope::NotResource;
  return std::nullopt;
}

Result<Statement, std::string> parse_statement(const boost::json::value& value) {
  if (!value.is_object()) return std::string{"a Statement is not an object"};
  const auto& object = value.get_object();
  if (!object.contains("Effect")) return std::string{"a Statement has no Effect"};
  if (object.contains("Resource") == object.contains("NotResource"))
    return std::string{"a Statement needs either Resource or NotResource"};
  if (!object.contains("Action") && !object.contains("NotAction")) return std::string{"a Statement has no Action"};
  Statement statement;
  for (const auto& [name, element] : object)
    if (auto problem = read_element(name, element, statement)) return *problem;
  return statement;
}

bool concerns_invoking(const Statement& statement) {
  if (statement.actions.empty()) return true;  // NotAction, which is unsupported: no is the safe answer
  return std::ranges::any_of(statement.actions,
                             [](const std::string& action) { return matches(lower_case(action), invoke_action); });
}

bool concerns_resource(const Statement& statement, std::string_view arn) {
  const bool named =
      std::ranges::any_of(statement.resources, [&](const std::string& pattern) { return matches(pattern, arn); });
  return named == (statement.scope == Statement::Scope::Resource);
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) noexcept {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0, t = 0, last_star = none, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      last_star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (last_star != none) {  // let the last star take one character more
      p = last_star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == none;
}

Result<Policy, std::string> parse_policy(const boost::json::value& document) {
  if (!document.is_object()) return std::string{"policyDocument is not an object"};
  const auto* statements = document.get_object().if_contains("Statement");
  if (!statements) return std::string{"policyDocument has no Statement"};
  Policy policy;
  if (!statements->is_array()) {
    auto only = parse_statement(*statements);
    if (!only) return only.error();
    policy.statements.push_back(*std::move(only));
    return policy;
  }
  for (const auto& value : statements->get_array()) {
    auto statement = parse_statement(value);
    if (!statement) return statement.error();
    policy.statements.push_back(*std::move(statement));
  }
  return policy;
}

Verdict evaluate(const Policy& policy, std::string_view method_arn) {
  Verdict verdict;
  for (const Statement& statement : policy.statements) {
    if (!concerns_invoking(statement) || !concerns_resource(statement, method_arn)) continue;
    verdict.unsupported.insert(verdict.unsupported.end(), statement.unsupported.begin(), statement.unsupported.end());
    if (statement.effect == Effect::Deny)
      verdict.kind = Verdict::Kind::explicitly_denied;
    else if (statement.unsupported.empty() && verdict.kind == Verdict::Kind::not_allowed)
      verdict.kind = Verdict::Kind::allowed;
  }
  return verdict;
}

}  // namespace portcullis::world
