// A YAML file as a tree in which every value knows its place. Strict: no duplicate keys, anchors,
// aliases, tags or merge keys, one document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"
#include "portcullis/rules.h"

namespace portcullis::config {

struct YamlMember;

struct YamlNode {
  enum class Kind : std::uint8_t { scalar, sequence, mapping };
  Kind kind = Kind::scalar;
  std::string text;  // of a scalar, as written
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;
  int line = 1, column = 1;

  const YamlNode* find(std::string_view key) const noexcept;
};

struct YamlMember {
  YamlNode key;  // a scalar
  YamlNode value;
};

/// @returns the root mapping, or what is wrong, with FILE:LINE:COLUMN. Quotes keys, never values.
Result<YamlNode, std::vector<RuleProblem>> parse_yaml(const std::string& file, const std::string& text);

}  // namespace portcullis::config
