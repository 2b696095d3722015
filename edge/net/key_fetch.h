// Answers the core's NeedKeys over the network (tokens.md §6.4).
#pragma once

#include <chrono>

#include "edge/net/http_client.h"
#include "portcullis/keys.h"

namespace portcullis::net {

/// Whether a plain-http URL of a loopback host may be fetched.
enum class PlainHttp : std::uint8_t { refused, loopback_only };

/// Fetches a key set. https only (or loopback http where allowed), peer and host verified, no redirects,
/// no proxies, at most 256 KiB, at most `total` altogether; one retry on a connection that closed
/// before it answered. Blocks. Nothing is decompressed. Every HTTP status comes back as FetchedKeys; the core judges
/// it.
FetchOutcome fetch_keys(const NeedKeys& wanted, const TlsRoots& roots, PlainHttp plain_http,
                        std::chrono::milliseconds total);

}  // namespace portcullis::net
