// The auth server behind the stand-in proxy: portcullis serve as a real child process, with a Unix socket of its own.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/net/event_loop.h"
#include "edge/system/child_process.h"
#include "world/functions/function_log.h"
#include "world/proxy/auth_client.h"

namespace portcullis::world {

struct AuthServerSettings {
  std::string program;   // portcullis
  std::string config;    // portcullis.yaml, whose serve.listen is `socket`
  std::string socket;    // path of the Unix socket
  std::string log_path;  // what it says
};

/// Runs the server, and starts it again after a pause when it ends. Destroying it kills the child. Single-threaded.
class AuthServer {
 public:
  /// @param note  hears when the server ended by itself
  /// @returns why its log cannot be written. That the server does not start is no failure here: the questions hear it
  static Result<std::unique_ptr<AuthServer>, std::string> create(net::EventLoop& loop, AuthServerSettings settings,
                                                                 std::function<void(std::string_view)> note);
  AuthServer(const AuthServer&) = delete;
  AuthServer& operator=(const AuthServer&) = delete;

  void ask(const net::HttpRequest& question, AuthClient::Answered done);
  /// What it says about the request with this trace id. It may say so a moment after it answered, so `heard` is called
  /// once, at once or later: when its line has come, or with an empty record when none came for too long.
  using Heard = std::function<void(DecisionRecord)>;
  void decision_of(const std::string& trace_id, Heard heard);

 private:
  AuthServer(net::EventLoop& loop, AuthServerSettings settings, FunctionLog log,
             std::function<void(std::string_view)> note);
  void start();
  void ended();
  void read_output();
  void tell_who_waits();
  void give_up(const std::string& trace_id);
  void start_later(const std::string& why);

  net::EventLoop& loop_;
  AuthServerSettings settings_;
  FunctionLog log_;
  std::function<void(std::string_view)> note_;
  AuthClient client_;
  std::chrono::milliseconds pause_;
  std::optional<system::ChildProcess> child_;
  struct Waiting {
    std::string trace_id;
    Heard heard;
    net::EventLoop::Registration deadline;
  };
  std::list<Waiting> waiting_;  // for lines
  net::EventLoop::Registration output_watch_, exit_watch_, pause_timer_;
};

}  // namespace portcullis::world
