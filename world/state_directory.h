// Where the world keeps its keys, logs and the functions' configuration.
#pragma once

#include <string>

#include "portcullis/result.h"

namespace portcullis::world {

/// The directory (mode 0700), claimed by this process for as long as the object lives.
class StateDirectory {
 public:
  /// Makes it where needed. A second world in the same directory shares the keys and gets logs and a
  /// configuration of its own, marked with `name`, so that neither overwrites the other's.
  static Result<StateDirectory, std::string> open(const std::string& path, const std::string& name);
  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&&) = delete;
  ~StateDirectory();

  std::string keys() const { return path_ + "/keys"; }
  std::string logs() const { return path_ + "/logs" + mark_; }
  std::string control_secret() const { return path_ + "/control" + mark_ + ".secret"; }
  std::string serve_socket() const { return path_ + "/serve" + mark_ + ".sock"; }
  std::string admin_socket() const { return path_ + "/admin" + mark_ + ".sock"; }
  std::string config() const { return path_ + "/portcullis" + mark_ + ".yaml"; }

 private:
  StateDirectory(std::string path, std::string mark, int lock)
      : path_(std::move(path)), mark_(std::move(mark)), lock_(lock) {}
  std::string path_, mark_;
  int lock_;
};

}  // namespace portcullis::world
