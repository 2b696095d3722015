// The server while it runs, for the files that it is made of: server.cpp, server_reload.cpp, server_operators.cpp. What
// is not said otherwise belongs to the thread of its own loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doors/serve/admin.h"
#include "doors/serve/decision_ring.h"
#include "doors/serve/key_desk.h"
#include "doors/serve/metrics.h"
#include "doors/serve/server.h"
#include "doors/serve/worker.h"
#include "edge/net/event_loop.h"
#include "edge/net/request_server.h"
#include "edge/system/file_identity.h"
#include "edge/system/listening_socket.h"
#include "edge/system/log.h"
#include "edge/system/log_queue.h"
#include "edge/system/service_notice.h"

namespace portcullis::serve {

/// A new configuration waits so long for its issuers' keys.
inline constexpr std::chrono::milliseconds new_keys_deadline{3'500};
inline constexpr std::size_t admin_connections = 256;

/// How an issuer's keys stand.
struct IssuerKeys {
  KeyStatus status;
  bool usable;
};

std::vector<IssuerKeys> issuer_keys(const Authorizer& authorizer, Now now);
bool all_usable(const std::vector<IssuerKeys>& keys);
/// "127.0.0.1:9091", "unix:/run/portcullis/auth".
std::string text_of(const config::Listening& listening);

struct Server::Impl {
  Impl(config::Environment its_environment, std::optional<std::string> its_file)
      : environment(std::move(its_environment)),
        file(std::move(its_file)),
        log(system::log_level_named(value_of("PORTCULLIS_LOG")).value_or(system::LogLevel::info),
            system::log_form_of_standard_error(), &log_queue),
        notice(value_of("NOTIFY_SOCKET")) {}

  /// Of the environment; empty: it is not set.
  std::string value_of(std::string_view name) const {
    const auto variable = environment.find(name);
    return variable == environment.end() ? std::string{} : variable->second;
  }

  // server.cpp: its start and its end.
  Result<Done, std::vector<RuleProblem>> listen(int threads);
  int run();
  void warn_of_development() const;
  void tick();
  void announce();
  void become_ready();
  void beat_watchdog();
  bool workers_respond() const;
  void drain(int signal);
  void end();

  // server_reload.cpp: its configuration, and the next one.
  Result<StatePtr, std::vector<RuleProblem>> load(const StatePtr& running);
  void watch_file();
  void reload(std::string_view cause);
  void fail_reload(std::string why);
  void await_keys(const StatePtr& next);
  void renew(const StatePtr& next);
  void renewed(const StatePtr& before);

  // server_operators.cpp: what operators are told, and may have done.
  Result<Done, std::vector<RuleProblem>> listen_admin();
  void observe(const ServingState& of, const NeedKeys& wanted, const FetchOutcome& outcome);
  Figures figures() const;
  void answer(const net::ServerRequest& asked, net::Exchange exchange);
  AdminActions actions();
  std::string keys_json() const;
  AdminReply health() const;
  AdminReply readiness() const;
  void refresh_keys(net::Exchange exchange);

  const config::Environment environment;
  const std::optional<std::string> file;
  system::LogQueue log_queue{system::log_form_of_standard_error()};  // goes last: it writes what the others say
  const system::Log log;
  system::ServiceNotice notice;
  Secrets secrets;
  StatePtr state;
  DecisionRing ring;

  net::EventLoop loop;
  std::optional<system::ListeningSocket> socket, admin_socket;  // outlive the servers that take from them
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<net::RequestServer> admin;
  std::string listening, admin_listening;
  AdminAccess::Reach admin_reach{};  // of the listener that there is, whatever a newer configuration says
  net::EventLoop::Registration signals, hangups, ticking, draining_timer, keys_timer, watchdog;

  std::optional<system::FileIdentity> identity;
  bool announced = false, ready = false, draining = false;
  std::int64_t started = 0;
  std::size_t undrained = 0;

  enum class Reloading : std::uint8_t { no, now, and_again } reloading = Reloading::no;
  std::size_t awaited_workers = 0;
  std::uint64_t reloads = 0;
  bool last_reload_successful = true;
  std::string last_reload_error;
  WallTime started_at{}, loaded_at{};

  mutable std::mutex fetch_mutex;
  std::map<std::string, FetchCounts> fetches;

  std::unique_ptr<KeyDesk> desk;  // goes first: its threads speak to all of the above
};

}  // namespace portcullis::serve
