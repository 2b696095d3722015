// The files of the page: one directory, read at each request, so that a changed file is seen at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/net/http_message.h"

namespace portcullis::world {

class StaticFiles {
 public:
  explicit StaticFiles(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const noexcept { return directory_; }
  bool has(std::string_view name) const;
  /// 200, or 304 where the client's copy is still right. @returns nullopt when there is no such file:
  /// only regular files of a known type, at most 4 MiB, directly in the directory; no links, no dotfiles
  std::optional<net::HttpResponse> answer(std::string_view name, const net::HttpRequest& request) const;

 private:
  std::string directory_;
};

}  // namespace portcullis::world
