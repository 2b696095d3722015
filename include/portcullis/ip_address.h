// Addresses and networks of IPv4 and IPv6 as values: one spelling each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "portcullis/result.h"

namespace portcullis {

/// An address without port and zone. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address. Threads:
/// like any value.
class IpAddress {
 public:
  /// Reads "192.0.2.1", "2001:db8::1" and "::ffff:192.0.2.1" and nothing else: no port, brackets, zone, blanks,
  /// leading zeros or shortened IPv4. RFC 4291 §2.2, RFC 6943 §3.1.1.
  static std::optional<IpAddress> parse(std::string_view text) noexcept;
  /// The same, and also with what proxies write around it: blanks, "[…]", ":port", "%zone".
  static std::optional<IpAddress> parse_forwarded(std::string_view text) noexcept;

  bool is_v4() const noexcept;  // or IPv4-mapped, which is the same
  /// The address with all but the first `bits` set to zero: 0..32 for IPv4, 0..128 for IPv6; more keeps all.
  IpAddress masked(int bits) const noexcept;
  /// 16 octets; IPv4 as ::ffff:a.b.c.d.
  const std::array<unsigned char, 16>& octets() const noexcept { return octets_; }
  /// RFC 5952.
  std::string text() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<unsigned char, 16> octets_{};
};

/// A network: "10.0.0.0/8", "2001:db8::/32", or one address.
class IpNetwork {
 public:
  /// @returns why not, as a sentence; host bits that are set are an error
  static Result<IpNetwork, std::string> parse(std::string_view text);
  bool contains(const IpAddress& address) const noexcept;  // never one of the other version: 0.0.0.0/0 is not ::/0
  std::string text() const;                                // as parse() reads it
  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpAddress base_;
  int bits_ = 0;
};

}  // namespace portcullis
