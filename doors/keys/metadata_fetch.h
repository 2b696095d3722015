// Keys whose place is known, and keys whose place the issuer's metadata tells (tokens.md §5.2).
#pragma once

#include <chrono>
#include <functional>

#include "portcullis/keys.h"

namespace portcullis {

/// Fetches one URL, in at most so long.
using KeyFetch = std::function<FetchOutcome(const NeedKeys&, std::chrono::milliseconds)>;

/// The whole of one fetch of keys, metadata included (tokens.md §6.4).
constexpr std::chrono::milliseconds longest_key_fetch{3'000};

/// Fetches what is wanted: the keys, or first the metadata and then the keys it names, which are told with their
/// URL. All of it within `budget` and longest_key_fetch.
FetchOutcome fetch_wanted(const NeedKeys& wanted, const KeyFetch& fetch, std::chrono::milliseconds budget);

}  // namespace portcullis
