// Where a request ends, and whom it is for: what two readers could see differently is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::net {

enum class HttpVersion : std::uint8_t { http_1_0, http_1_1 };

/// Looks at the fields of one request's header as they come. Keeps no view.
class RequestFraming {
 public:
  void add(std::string_view name, std::string_view value) noexcept;
  /// The status to refuse the request with, if its header leaves open where it ends or which host it is for: 400, or
  /// 501 for a transfer coding we do not know. Nothing: it may be read on.
  /// @see RFC 9112 §3.2, §6.1, §6.3; a proxy that reads it otherwise is smuggled past (RFC 9112 §11.2)
  std::optional<int> refusal(HttpVersion version) const noexcept;

 private:
  enum class Coding : std::uint8_t { chunked, chunked_last, other };
  int hosts_ = 0, lengths_ = 0, codings_ = 0;
  bool is_decimal_ = true;
  Coding coding_ = Coding::other;
};

std::optional<int> framing_refusal(HttpVersion version, const Headers& headers);

}  // namespace portcullis::net
