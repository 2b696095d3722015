// For the tests: an HttpServer on its own thread.
#pragma once

#include <cstdlib>
#include <future>
#include <thread>

#include "edge/net/http_server.h"
#include "edge/net/loopback_peer.h"

namespace portcullis::net::test {

class RunningServer {
 public:
  RunningServer(ServerLimits limits, HttpHandler handler) : server_(std::in_place, loop_, limits, std::move(handler)) {
    const auto port = server_->listen("127.0.0.1", 0);
    if (!port) std::abort();
    port_ = *port;
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() {
    loop_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  /// Runs `work` on the loop's thread and waits for it.
  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Destroys the server while its loop goes on.
  void end_server() {
    on_loop([this] { server_.reset(); });
  }

 private:
  EventLoop loop_;
  std::optional<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace portcullis::net::test
