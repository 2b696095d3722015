// A template of CloudFormation or of the Serverless Framework as a tree in which every value knows its place.
// YAML or JSON; tags of CloudFormation, anchors, aliases and merge keys are understood, duplicate keys are not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis::deployment {

struct Member;

/// `!Ref X` is the mapping {Ref: X} here, `!Sub X` is {"Fn::Sub": X}, as in JSON templates.
struct TemplateNode {
  enum class Kind : std::uint8_t { scalar, sequence, mapping };
  Kind kind = Kind::scalar;
  std::string text;  // of a scalar, as written; null is empty
  std::vector<TemplateNode> items;
  std::vector<Member> members;
  int line = 1, column = 1;

  bool is_scalar() const noexcept { return kind == Kind::scalar; }
  bool is_sequence() const noexcept { return kind == Kind::sequence; }
  bool is_mapping() const noexcept { return kind == Kind::mapping; }
  /// @returns nothing where this is no mapping, too
  const TemplateNode* find(std::string_view key) const noexcept;
};

struct Member {
  TemplateNode key;  // a scalar
  TemplateNode value;
};

/// The largest template that CloudFormation takes from a bucket.
inline constexpr std::size_t most_template_bytes = 1 << 20;

/// @returns the root, a mapping; or why the text is none, each with FILE:LINE:COLUMN. Quotes keys, never values.
Result<TemplateNode, std::vector<RuleProblem>> parse_template(const std::string& file, const std::string& text);

}  // namespace portcullis::deployment
