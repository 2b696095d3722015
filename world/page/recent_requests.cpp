#include "world/page/recent_requests.h"

#include <algorithm>

namespace portcullis::world {
namespace {

constexpr std::size_t remembered_requests = 1'000;
constexpr std::size_t most_at_once = 50;

}  // namespace

const RequestReport& RecentRequests::keep(RequestReport report) {
  report.sequence = ++latest_;
  if (reports_.size() == remembered_requests) reports_.pop_front();
  return reports_.emplace_back(std::move(report));
}

const RequestReport* RecentRequests::find(const std::string& id) const {
  const auto found = std::find_if(reports_.rbegin(), reports_.rend(), [&](const auto& each) { return each.id == id; });
  return found == reports_.rend() ? nullptr : &*found;
}

std::vector<const RequestReport*> RecentRequests::after(std::uint64_t sequence) const {
  std::vector<const RequestReport*> newest;
  for (auto each = reports_.rbegin(); each != reports_.rend() && newest.size() < most_at_once; ++each)
    if (each->sequence > sequence) newest.push_back(&*each);
  std::ranges::reverse(newest);
  return newest;
}

}  // namespace portcullis::world
