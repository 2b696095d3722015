// portcullis serve: the forward-auth server, from its configuration to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/config/config.h"

namespace portcullis::serve {

struct ServeOptions {
  std::optional<std::string> config;  // file
  int threads = 0;                    // event loops; 0: one for each processor
};

/// So many event loops at most.
inline constexpr int most_threads = 256;

/// How many connections each event loop takes, so that descriptors are left for fetching keys, for the store and for
/// the admin listener, however many clients come.
/// @param descriptors  that this process may have open
std::size_t connections_of_each(std::uint64_t descriptors, int threads) noexcept;

class Server {
 public:
  /// Loads the configuration and takes the addresses; nothing is answered yet.
  /// @returns every problem, each with its place
  static Result<std::unique_ptr<Server>, std::vector<RuleProblem>> open(const ServeOptions& options,
                                                                        const config::Environment& environment);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves until SIGTERM or SIGINT, then lets what is under way end. @returns the exit status
  int run();

  /// Where it answers proxies, and its operators: "127.0.0.1:9091", "unix:/run/portcullis/auth".
  const std::string& listening() const noexcept;
  const std::string& admin_listening() const noexcept;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::serve
