// Whose request it is: the address that the outermost of our proxies saw. design.md §7.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "edge/net/exchange.h"
#include "portcullis/ip_address.h"
#include "portcullis/rules.h"

namespace portcullis::serve {

/// Whether a request without a usable address is a fault of the proxy's configuration.
enum class AddressNeed : std::uint8_t { none, limits };

/// Some limit or failed_tokens counts by address.
AddressNeed address_need(const Rules& rules);

/// Who may ask, what they must tell, and what of it is believed. Views into the configuration.
struct ProxyTrust {
  std::span<const IpNetwork> proxies;  // serve.proxies
  AddressNeed address = AddressNeed::none;
  std::string_view public_base_url = {};  // of clients' URLs; empty: whatever scheme and host the proxy was asked for
};

/// @param peer  as the server names it; empty is a Unix socket, whose peers its file's mode has let in
bool may_ask(std::string_view peer, std::span<const IpNetwork> proxies) noexcept;

/// Walks X-Forwarded-For from the right, past our own proxies, to the first entry that is none of them: the last thing
/// that one of ours wrote. All lines count, in order. Where every entry is one of ours, the first: the call began
/// there.
/// @returns nothing where there is none, or something else than an address stands where the walk ends
std::optional<IpAddress> forwarded_client(std::span<const net::FieldView> fields, std::span<const IpNetwork> proxies);

}  // namespace portcullis::serve
