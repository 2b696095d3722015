// What a value of a template says, as far as it says it before it is deployed: references to parameters that
// have a default, `Fn::Sub`, `Fn::Join`, and the Serverless Framework's ${self:…} with its alternatives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge/deployment/template_tree.h"

namespace portcullis::deployment {

class Values {
 public:
  /// @param root  must outlive this
  Values(std::string file, const Node& root) : file_(std::move(file)), root_(root) {}

  const Node& root() const noexcept { return root_; }
  const std::string& file() const noexcept { return file_; }
  Place place(const Node& node) const;

  /// What a whole value ${self:…} stands for; any other value is itself. `node` may be nothing.
  const Node* followed(const Node* node) const;
  /// A scalar's text with everything resolved. Nothing: absent, or not known before it is deployed.
  std::optional<std::string> text(const Node* node) const;
  std::optional<std::int64_t> integer(const Node* node) const;
  /// The text with ${NAME} and ${NAME.Attribute} in the place of what is not written out.
  std::string unresolved(const Node* node) const;
  /// The resource that a value is: of {Ref: X} and {Fn::GetAtt: X.Arn} X. Else empty.
  std::string reference(const Node* node) const;
  /// Every resource or parameter that a value names.
  std::vector<std::string> mentioned(const Node* node) const;

 private:
  struct Budget;
  std::optional<std::string> substituted(const std::string& text, Budget& budget) const;
  std::optional<std::string> variable(std::string_view name, Budget& budget) const;
  const Node* own_value(std::string_view path) const;

  std::string file_;
  const Node& root_;
};

/// The names within ${…}, in order.
std::vector<std::string> placeholders(std::string_view text);

}  // namespace portcullis::deployment
