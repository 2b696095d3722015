#include "doors/cli/setting_text.h"

#include <algorithm>
#include <vector>

#include "core/access/limit_buckets.h"

namespace portcullis::cli {
namespace {

std::string list_or_one(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ", ") + item;
  return items.size() == 1 ? list : '[' + list + ']';
}

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string dimension_text(const LimitDimension& dimension) {
  switch (dimension.kind) {
    case LimitDimension::Kind::principal:
      return "principal";
    case LimitDimension::Kind::client:
      return "client";
    case LimitDimension::Kind::organization:
      return "organization";
    case LimitDimension::Kind::issuer:
      return "issuer";
    case LimitDimension::Kind::claim:
      return "claim:" + dimension.pointer;
    case LimitDimension::Kind::address:
      return "address";
    case LimitDimension::Kind::route:
      return "route";
  }
  return {};
}

}  // namespace

std::string rates_text(const NonEmpty<Rate>& rates) {
  std::vector<std::string> texts;
  for (const Rate& rate : rates.items()) texts.push_back(text_of(rate));
  return list_or_one(texts);
}

std::int64_t burst_of(const NonEmpty<Rate>& rates) noexcept {
  const auto all = rates.items();
  return std::min_element(all.begin(), all.end(), [](const Rate& a, const Rate& b) { return a.period < b.period; })
      ->burst;
}

std::string dimensions_text(const NonEmpty<LimitDimension>& by) {
  std::vector<std::string> texts;
  for (const LimitDimension& dimension : by.items()) texts.push_back(dimension_text(dimension));
  return list_or_one(texts);
}

std::string store_text(const std::optional<config::StoreSettings>& store) {
  if (!store) return "memory";
  const bool tls = store->security == config::StoreSettings::Security::tls;
  return (tls ? "rediss://" : "redis://") + host_port(store->host, store->port);
}

std::string listening_text(const config::Listening& where) {
  return where.socket.empty() ? host_port(where.address, where.port) : "unix:" + where.socket;
}

std::string networks_text(std::span<const IpNetwork> networks) {
  std::string list;
  for (const IpNetwork& network : networks) list += (list.empty() ? "" : ", ") + network.text();
  return '[' + list + ']';
}

std::string source_text(const config::IdentityHeader& header) {
  return header.pointer.empty() ? header.claim : "claim:" + header.pointer;
}

}  // namespace portcullis::cli
