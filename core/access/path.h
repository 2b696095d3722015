// The one normal form of a path, the same for every door. gateway.md §8.2.
#pragma once

#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis {

/// What to do with raw bytes beyond ASCII: a proxy hands on what the client sent, where they have no
/// place; API Gateway may have decoded what the client had encoded.
enum class NonAscii : std::uint8_t { refused, percent_encoded };

/// Checks and normalises a raw path (without query): upper-case hex digits, %7E decoded, nothing else
/// changed. Case and trailing slash are significant.
/// @returns bad_request for whatever two servers might read in two ways: no leading slash, //, dot
///          segments, encoded letters, digits, '-', '.', '_', slashes or backslashes, ;, #, control
///          characters, a second layer of percent-encoding, broken escapes, bytes that are no UTF-8,
///          more than 8 KiB
Result<std::string> normal_path(std::string_view raw, NonAscii non_ascii);

/// Whether a path is in normal form already, at one glance, as most are: normal_path() would say the same. Of some that
/// are (with an escape, or a segment that begins with a dot) only normal_path() says it.
bool is_plain_path(std::string_view raw) noexcept;

}  // namespace portcullis
