#include "doors/cli/setting_text.h"

#include <algorithm>
#include <vector>

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

std::string period_text(std::chrono::nanoseconds period) {
  using namespace std::chrono;
  const auto whole = duration_cast<seconds>(period).count();
  struct Unit {
    std::int64_t seconds;
    std::string_view alone, letter;
  };
  for (const auto& [length, alone, letter] :
       {Unit{86400, "day", "d"}, Unit{3600, "hour", "h"}, Unit{60, "min", "m"}, Unit{1, "s", "s"}}) {
    if (whole == length) return std::string{alone};
    if (whole % length == 0) return std::to_string(whole / length).append(letter);
  }
  return {};
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
  for (const Rate& rate : rates.items()) texts.push_back(std::to_string(rate.count) + '/' + period_text(rate.period));
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
