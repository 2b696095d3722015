// One function: a child process and its own end of the Lambda Runtime API (gateway.md §1.1, §1.7).
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge/net/event_loop.h"
#include "edge/net/http_server.h"
#include "edge/system/child_process.h"
#include "world/functions/function_log.h"
#include "world/functions/invocation.h"

namespace portcullis::world {

struct FunctionSettings {
  std::string name;
  std::string handler;  // _HANDLER
  std::string program;  // the bootstrap
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // "NAME=value", on top of what Lambda itself sets
  std::string log_path;
  std::string region = "eu-west-1";
  std::chrono::milliseconds timeout{10'000};       // of one invocation, from its start
  std::chrono::milliseconds init_timeout{10'000};  // from the start of the process to the first `next`
  std::chrono::milliseconds patience{29'000};      // of the caller, queueing and starting included
  std::chrono::milliseconds first_pause{100};      // after a failed start; doubles each time
  std::size_t queue = 64;                          // beyond: refused
};

/// At most one process and one invocation at a time, as a Lambda environment has; others queue. The
/// process is started at construction and again when a call needs one. Destroying it kills the child.
/// Single-threaded; callbacks are not called after destruction.
class LambdaFunction {
 public:
  static Result<std::unique_ptr<LambdaFunction>, std::string> create(net::EventLoop& loop, FunctionSettings settings);
  ~LambdaFunction() = default;
  LambdaFunction(const LambdaFunction&) = delete;
  LambdaFunction& operator=(const LambdaFunction&) = delete;

  void invoke(std::string event, Invoked done);

 private:
  enum class State : std::uint8_t { stopped, init, idle, busy, answered };
  struct Call {
    std::string id;
    std::string event;
    Invoked done;
    net::EventLoop::Registration patience;
  };
  struct Failure {
    std::string type, message;
  };

  LambdaFunction(net::EventLoop& loop, FunctionSettings settings, FunctionLog log);
  Result<Done, std::string> listen();

  // the life of the process
  void start();
  std::vector<std::string> environment() const;
  void stop();
  void read_output();
  void process_ended();
  void init_failed(const Failure& failure);
  void timed_out();

  // the calls
  void dispatch();
  void finish(InvocationResult result);
  void fail_running(const Failure& failure);
  void give_up(const std::string& id);

  // the Runtime API
  void serve(const net::HttpRequest& request, const net::Respond& respond);
  void serve_next(const net::Respond& respond);
  void serve_result(std::string_view id, std::string_view what, const net::HttpRequest& request,
                    const net::Respond& respond);
  void serve_init_error(const net::HttpRequest& request, const net::Respond& respond);

  net::EventLoop& loop_;
  FunctionSettings settings_;
  FunctionLog log_;
  std::unique_ptr<net::HttpServer> server_;
  std::uint16_t port_ = 0;
  State state_ = State::stopped;
  std::deque<Call> waiting_;
  std::optional<Call> running_;
  std::optional<net::Respond> next_;  // the child's pending `next`, when idle
  std::optional<Failure> init_failure_;
  std::chrono::milliseconds pause_{0};
  std::optional<system::ChildProcess> child_;
  net::EventLoop::Registration output_watch_, exit_watch_, deadline_, pause_timer_;
};

}  // namespace portcullis::world
