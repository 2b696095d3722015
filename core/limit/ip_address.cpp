#include "portcullis/ip_address.h"

#include <algorithm>
#include <cstddef>

namespace portcullis {
namespace {

using Octets = std::array<unsigned char, 16>;

constexpr std::size_t mapped_prefix = 12;  // ::ffff:0:0/96, in octets

/// A whole number in decimal, without leading zeros.
std::optional<int> decimal(std::string_view text, int most) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = 10 * value + (digit - '0');
  }
  return value <= most ? std::optional{value} : std::nullopt;
}

bool read_v4(std::string_view text, unsigned char* four) noexcept {
  for (int part = 0; part < 4; ++part) {
    const std::size_t end = part < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return false;
    const auto octet = decimal(text.substr(0, end), 255);
    if (!octet) return false;
    four[part] = static_cast<unsigned char>(*octet);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Groups of one side of "::", or of all of them; the last may be an IPv4 address where `tail` allows it.
/// @returns how many octets were read, nothing if it is no such list
enum class Tail : std::uint8_t { groups, may_be_v4 };
std::optional<std::size_t> read_groups(std::string_view text, Tail tail, Octets& into) noexcept {
  std::size_t filled = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, end);
    const bool last = end == text.size();
    if (last && tail == Tail::may_be_v4 && group.find('.') != std::string_view::npos) {
      if (filled + 4 > into.size() || !read_v4(group, &into[filled])) return std::nullopt;
      return filled + 4;
    }
    if (group.empty() || group.size() > 4 || filled + 2 > into.size()) return std::nullopt;
    int value = 0;
    for (const char c : group) {
      const int digit = hex_digit(c);
      if (digit < 0) return std::nullopt;
      value = 16 * value + digit;
    }
    into[filled++] = static_cast<unsigned char>(value >> 8);
    into[filled++] = static_cast<unsigned char>(value & 0xff);
    if (last) return filled;
    text.remove_prefix(end + 1);
    if (text.empty()) return std::nullopt;  // a colon at the end
  }
  return filled;
}

bool read_v6(std::string_view text, Octets& octets) noexcept {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return read_groups(text, Tail::may_be_v4, octets) == octets.size();
  Octets behind{};
  const auto front = read_groups(text.substr(0, gap), Tail::groups, octets);
  const auto back = read_groups(text.substr(gap + 2), Tail::may_be_v4, behind);
  if (!front || !back || *front + *back > octets.size() - 2) return false;  // "::" stands for one group at least
  std::copy_n(behind.begin(), *back, octets.end() - static_cast<std::ptrdiff_t>(*back));
  return true;
}

std::string_view without_blanks(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);  // of nothing: npos + 1 is 0
}

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "fe80::1%eth0" without the zone. Nothing where the zone is empty.
std::optional<std::string_view> without_zone(std::string_view text) noexcept {
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos) return text;
  const std::string_view zone = text.substr(percent + 1);
  const bool good = !zone.empty() && std::all_of(zone.begin(), zone.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return good ? std::optional{text.substr(0, percent)} : std::nullopt;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  IpAddress address;
  if (text.find(':') != std::string_view::npos)
    return read_v6(text, address.octets_) ? std::optional{address} : std::nullopt;
  address.octets_[10] = address.octets_[11] = 0xff;
  return read_v4(text, &address.octets_[mapped_prefix]) ? std::optional{address} : std::nullopt;
}

std::optional<IpAddress> IpAddress::parse_forwarded(std::string_view text) noexcept {
  text = without_blanks(text);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && !(behind[0] == ':' && is_port(behind.substr(1)))) return std::nullopt;
    const auto inside = without_zone(text.substr(1, end - 1));
    return inside && inside->find(':') != std::string_view::npos ? parse(*inside) : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return parse(text);
  if (text.find(':', colon + 1) == std::string_view::npos)  // one colon: a port; an IPv6 address has two
    return is_port(text.substr(colon + 1)) ? parse(text.substr(0, colon)) : std::nullopt;
  const auto bare = without_zone(text);
  return bare && bare->find(':') != std::string_view::npos ? parse(*bare) : std::nullopt;
}

bool IpAddress::is_v4() const noexcept {
  return std::all_of(octets_.begin(), octets_.begin() + 10, [](unsigned char octet) { return octet == 0; }) &&
         octets_[10] == 0xff && octets_[11] == 0xff;
}

IpAddress IpAddress::masked(int bits) const noexcept {
  int kept = std::max(bits, 0);
  if (is_v4()) kept = std::min(kept, 32) + static_cast<int>(8 * mapped_prefix);
  IpAddress made = *this;
  for (unsigned char& octet : made.octets_) {
    const int here = std::clamp(kept, 0, 8);
    octet = static_cast<unsigned char>(octet & (0xff00 >> here));
    kept -= here;
  }
  return made;
}

std::string IpAddress::text() const {
  std::string text;
  if (is_v4()) {
    for (std::size_t i = mapped_prefix; i < octets_.size(); ++i) {
      if (i > mapped_prefix) text += '.';
      text += std::to_string(octets_[i]);
    }
    return text;
  }
  constexpr std::size_t groups = 8;
  const auto group = [&](std::size_t i) { return (octets_[2 * i] << 8) | octets_[2 * i + 1]; };
  // The longest run of zeros, of two groups at least, and of equal ones the first: RFC 5952 §4.2.
  std::size_t gap = groups, gap_length = 1;
  for (std::size_t i = 0; i < groups; ++i) {
    std::size_t length = 0;
    while (i + length < groups && group(i + length) == 0) ++length;
    if (length > gap_length) {
      gap = i;
      gap_length = length;
    }
    i += length;
  }
  for (std::size_t i = 0; i < groups; ++i) {
    if (i == gap) {
      text += "::";
      i += gap_length - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    bool leading = true;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const int digit = (group(i) >> shift) & 0xf;
      if (leading && digit == 0 && shift > 0) continue;
      leading = false;
      text += "0123456789abcdef"[digit];
    }
  }
  return text;
}

Result<IpNetwork, std::string> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::string{"no address or network: write one like 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"};
  const int most = address->is_v4() ? 32 : 128;
  IpNetwork network;
  network.base_ = *address;
  network.bits_ = most;
  if (slash == std::string_view::npos) return network;

  if (address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos)
    return "an IPv4 network is written without IPv6: " + address->text() + "/…";  // 96 more bits, or not?
  const auto bits = decimal(text.substr(slash + 1), most);
  if (!bits) return "the number behind the slash must be from 0 to " + std::to_string(most);
  network.base_ = address->masked(*bits);
  network.bits_ = *bits;
  if (network.base_ != *address) return "bits behind the prefix are set: write " + network.text();
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  return address == base_ || address.masked(bits_) == base_;  // which is of the address's own version
}

std::string IpNetwork::text() const {
  if (bits_ == (base_.is_v4() ? 32 : 128)) return base_.text();
  return base_.text() + '/' + std::to_string(bits_);
}

}  // namespace portcullis
