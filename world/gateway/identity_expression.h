// The identityValidationExpression of a TOKEN authorizer: a header that does not fit is 401 without asking anybody
// (gateway.md §2.5).
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "portcullis/result.h"

namespace portcullis::world {

/// A regular expression that a whole value fits or not (gateway.md §9.9), octet by octet. There is no way back
/// in the value, so that it takes no longer than the two lengths multiplied, for `^(a+)+$` too (case C041).
class IdentityExpression {
 public:
  /// Literals, `.`, `[…]`, groups, `|`, `*`, `+`, `?`, `{m,n}`, `\d \w \s` and their opposites; `^` at the beginning
  /// and `$` at the end, which are always meant. @returns what else it has, as a sentence
  static Result<IdentityExpression, std::string> parse(std::string_view text);

  bool matches(std::string_view value) const;

 private:
  friend struct ExpressionCompiler;
  using Octets = std::bitset<256>;
  /// Either takes one octet and goes on with the next step, or goes on with two others without taking any.
  struct Step {
    enum class Kind : unsigned char { take, fork, end } kind;
    std::size_t set = 0;                // of take: index into sets_
    std::size_t first = 0, second = 0;  // of fork
  };
  IdentityExpression() = default;
  void enter(std::size_t step, std::vector<std::size_t>& entered, std::vector<bool>& seen) const;

  std::vector<Octets> sets_;
  std::vector<Step> steps_;
};

}  // namespace portcullis::world
