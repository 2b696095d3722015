// IAM policies as API Gateway evaluates an authorizer's: gateway.md §3.1, §3.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"

namespace boost::json {
class value;
}

namespace portcullis::world {

/// Whether the whole of `text` fits `pattern`: `*` is any run of characters, "/" and ":" included, `?`
/// exactly one. Returns to the last `*` only, so at worst pattern times text steps.
bool matches(std::string_view pattern, std::string_view text) noexcept;

enum class Effect : std::uint8_t { Allow, Deny };

struct Statement {
  enum class Scope : std::uint8_t { Resource, NotResource };
  Effect effect = Effect::Deny;
  std::vector<std::string> actions;
  Scope scope = Scope::Resource;
  std::vector<std::string> resources;
  std::vector<std::string> unsupported;  // names of elements that are not understood: Condition, NotAction, …
};

struct Policy {
  std::vector<Statement> statements;
};

/// Reads a policyDocument. Fails, with a sentence, on what IAM's grammar does not allow: an unknown
/// Effect (the case matters), no Resource, a Resource that is no string. Unsupported elements are no failure.
Result<Policy, std::string> parse_policy(const boost::json::value& document);

struct Verdict {
  enum class Kind : std::uint8_t { allowed, explicitly_denied, not_allowed };
  Kind kind = Kind::not_allowed;
  std::vector<std::string> unsupported;  // elements that kept a statement from granting, for the log
};

/// May this caller invoke `method_arn`? An explicit Deny wins whatever the order; without a matching
/// Allow the answer is no. A statement with an unsupported element grants nothing, and denies as if the
/// element were not there: where we cannot tell, the answer is no.
Verdict evaluate(const Policy& policy, std::string_view method_arn);

}  // namespace portcullis::world
