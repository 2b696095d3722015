#include "doors/serve/client_address.h"

#include <algorithm>

#include "doors/serve/field_name.h"

namespace portcullis::serve {
namespace {

bool is_one_of(const IpAddress& address, std::span<const IpNetwork> networks) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

bool counts_by_address(const LimitRule& limit) {
  const auto by = limit.by.items();
  return std::any_of(by.begin(), by.end(),
                     [](const LimitDimension& one) { return one.kind == LimitDimension::Kind::address; });
}

}  // namespace

AddressNeed address_need(const Rules& rules) {
  const bool limits = std::any_of(rules.limits.begin(), rules.limits.end(), counts_by_address);
  return limits || rules.failed_tokens ? AddressNeed::limits : AddressNeed::none;
}

bool may_ask(std::string_view peer, std::span<const IpNetwork> proxies) noexcept {
  if (peer.empty()) return true;
  const auto address = IpAddress::parse_forwarded(peer);  // link-local peers have a zone
  return address && is_one_of(*address, proxies);
}

std::optional<IpAddress> forwarded_client(std::span<const net::FieldView> fields, std::span<const IpNetwork> proxies) {
  std::optional<IpAddress> furthest;
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (!is_field(field->name, "x-forwarded-for")) continue;
    std::string_view rest = field->value;
    for (bool more = true; more;) {
      const std::size_t comma = rest.rfind(',');
      more = comma != rest.npos;
      // An empty entry is no entry to skip: before it stands what somebody else wrote.
      const auto entry = IpAddress::parse_forwarded(more ? rest.substr(comma + 1) : rest);
      if (!entry) return std::nullopt;
      furthest = entry;
      if (!is_one_of(*entry, proxies)) return furthest;
      rest = rest.substr(0, more ? comma : 0);
    }
  }
  return furthest;
}

}  // namespace portcullis::serve
