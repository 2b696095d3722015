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
  std::string url;          // empty: nobody said it
  std::string certificate;  // PEM
  std::vector<std::pair<std::string, std::string>> fields;

  /// Cuts off the query: it never takes part.
  void set_path(std::string_view target) { path = target.substr(0, target.find('?')); }
  /// A path, or the whole URL of one, as a person writes it down.
  void set_target(std::string_view target) {
    const std::size_t host = target.starts_with("https://") ? 8 : target.starts_with("http://") ? 7 : 0;
    if (host == 0) return set_path(target);
    url = target.substr(0, target.find('?'));
    const std::size_t slash = url.find('/', host);
    path = slash == url.npos ? "/" : url.substr(slash);
  }
  /// Valid until the request is changed or goes.
  Request view() {
    headers_.clear();
    for (const auto& [name, value] : fields) headers_.push_back({name, value});
    return {method, path, address, headers_, url, certificate};
  }

 private:
  std::vector<Header> headers_;
};

/// "GET /orders/1": a method, one blank and a path or a whole URL. @returns nothing for anything else
inline std::optional<OwnedRequest> request_of_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == line.npos || blank == 0) return std::nullopt;
  OwnedRequest request;
  request.method = line.substr(0, blank);
  request.set_target(line.substr(blank + 1));
  return request;
}

}  // namespace portcullis::cli
