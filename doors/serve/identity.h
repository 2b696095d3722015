// The header fields that tell the backend who calls. gateway.md §8.1, design.md §7.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/config/config.h"
#include "edge/net/exchange.h"
#include "portcullis/token.h"

namespace portcullis::serve {

/// One value at most; a longer one is never cut, since a part of a name is another name.
inline constexpr std::size_t most_identity_bytes = 1024;

/// Where values that need another spelling are written. Used again and again.
class IdentitySpace {
 public:
  /// Every configured header, in order, with a value that is never empty: a proxy takes an empty or missing one for a
  /// reason to let the client's own through. "-": there is no value, or no `caller`. A claim that is itself "-" is
  /// "%2D"; in general all but visible ASCII, and "%", is percent-encoded (UTF-8), so that no two values become one and
  /// decoding gives the claim back. The words of `scope` and the items of an array stand with one blank between them;
  /// an object, or an array of such, has no value.
  /// @returns too_large when a value is too long, naming the header. The views live as long as `caller` and until the
  ///          next call.
  Result<std::span<const net::FieldView>> write(std::span<const config::IdentityHeader> headers,
                                                const VerifiedToken* caller);

 private:
  std::vector<net::FieldView> fields_;
  std::string text_;
};

}  // namespace portcullis::serve
