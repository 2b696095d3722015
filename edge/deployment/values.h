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
  Values(std::string file, const TemplateNode& root) : file_(std::move(file)), root_(root) {}

  const TemplateNode& root() const noexcept { return root_; }
  const std::string& file() const noexcept { return file_; }
  Place place(const TemplateNode& node) const;

  /// What a whole value ${self:…} stands for; any other value is itself. `node` may be nothing.
  const TemplateNode* followed(const TemplateNode* node) const;
  /// A scalar's text with everything resolved. Nothing: absent, or not known before it is deployed.
  std::optional<std::string> text(const TemplateNode* node) const;
  std::optional<std::int64_t> integer(const TemplateNode* node) const;
  /// The text with ${NAME} and ${NAME.Attribute} in the place of what is not written out.
  std::string unresolved(const TemplateNode* node) const;
  /// The resource that a value is: of {Ref: X} and {Fn::GetAtt: X.Arn} X. Else empty.
  std::string reference(const TemplateNode* node) const;
  /// Every resource or parameter that a value names.
  std::vector<std::string> mentioned(const TemplateNode* node) const;

 private:
  struct Budget;
  std::optional<std::string> substituted(const std::string& text, Budget& budget) const;
  std::optional<std::string> variable(std::string_view name, Budget& budget) const;
  const TemplateNode* own_value(std::string_view path) const;

  std::string file_;
  const TemplateNode& root_;
};

/// The names within ${…}, in order.
std::vector<std::string> placeholders(std::string_view text);

}  // namespace portcullis::deployment
