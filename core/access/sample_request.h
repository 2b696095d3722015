// A request that a certain rule answers: for questions about all requests of a pattern, which are as many as
// there are paths, while the rules that answer them are few.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/access/route_table.h"
#include "portcullis/rules.h"

namespace portcullis {

struct SampleRequest {
  std::string method, path;  // as RouteTable::find() takes them: "$connect" has an empty method
};

class SampleRequests {
 public:
  /// @param routes  with their texts checked: those that are no routes match nothing
  explicit SampleRequests(const std::vector<RouteRule>& routes);

  /// A request that `within` matches and that `rule` answers; without a rule, one that none matches.
  /// @returns nullopt: there is none
  std::optional<SampleRequest> answered_by(std::optional<RouteIndex> rule, const RoutePattern& within) const;

 private:
  std::string unknown_text(const RoutePattern& within) const;

  std::vector<std::optional<RoutePattern>> patterns_;  // by RouteIndex
  RouteTable table_;
  std::set<std::string, std::less<>> texts_, methods_;  // that the rules know
  std::set<std::size_t> lengths_;                       // at which the rules differ
};

}  // namespace portcullis
