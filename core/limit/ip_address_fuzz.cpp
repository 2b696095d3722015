// An address has one spelling: what was read and written again reads the same; the C library reads what we read.
#include <arpa/inet.h>

#include <array>
#include <cstdlib>
#include <string>

#include "portcullis/ip_address.h"

using portcullis::IpAddress;
using portcullis::IpNetwork;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto address = IpAddress::parse(text);
  if (text.find('\0') == std::string::npos) {
    std::array<unsigned char, 16> octets{};
    bool good = inet_pton(AF_INET6, text.c_str(), octets.data()) == 1;
    if (!good) {
      octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      good = inet_pton(AF_INET, text.c_str(), &octets[12]) == 1;
    }
    if (good != address.has_value() || (good && address->octets() != octets)) std::abort();
  }
  const auto forwarded = IpAddress::parse_forwarded(text);
  if (address && forwarded != address) std::abort();
  if (forwarded) {
    if (IpAddress::parse(forwarded->text()) != forwarded) std::abort();
    if (forwarded->masked(64).masked(64) != forwarded->masked(64)) std::abort();
  }
  if (const auto network = IpNetwork::parse(text))
    if (*IpNetwork::parse(network->text()) != *network) std::abort();
  return 0;
}
