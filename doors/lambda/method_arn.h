// The ARN of one method of one API: arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/VERB/PATH.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace portcullis::lambda {

struct MethodArn {
  std::string text;    // whole, as given
  std::string prefix;  // up to and including the slash behind the stage
  std::string stage;
  std::string verb;  // empty for a WebSocket API's $connect
  std::string path;  // without leading slash; may hold ':' and '/'

  /// Only the first five colons and three slashes separate (gateway.md §3.2).
  /// @returns nullopt when it is no such ARN, or names anything with a wildcard before the path
  static std::optional<MethodArn> parse(std::string_view text);
};

/// Whether the text would be a pattern if it stood in a policy's Resource: * ? ${ or a control character.
bool is_pattern(std::string_view text) noexcept;

}  // namespace portcullis::lambda
