// A request that somebody wrote down, with its own bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "portcullis/authorizer.h"

namespace portcullis::cli {

struct OwnedRequest {
  std::string method, path, address;
  std::vector<std::pair<std::string, std::string>> fields;

  /// Cuts off the query: it never takes part.
  void set_target(std::string_view target) { path = target.substr(0, target.find('?')); }
  /// Valid until the request is changed or goes.
  Request view() {
    headers_.clear();
    for (const auto& [name, value] : fields) headers_.push_back({name, value});
    return {method, path, address, headers_};
  }

 private:
  std::vector<Header> headers_;
};

/// "GET /orders/1": a method, one blank and a path. @returns nothing for anything else
inline std::optional<OwnedRequest> request_of_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == line.npos || blank == 0) return std::nullopt;
  OwnedRequest request;
  request.method = line.substr(0, blank);
  request.set_target(line.substr(blank + 1));
  return request;
}

}  // namespace portcullis::cli
