// The identityValidationExpression of a TOKEN authorizer: gateway.md §2.5, §9.9.
#pragma once

#include <string>
#include <string_view>

namespace portcullis::world {

/// Whether the whole of `value` fits. Everything fits an empty expression, and nothing one that is none.
bool fits(const std::string& expression, std::string_view value);
bool is_expression(const std::string& text);

}  // namespace portcullis::world
