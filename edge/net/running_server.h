// For the tests: a server on its own thread.
#pragma once

#include <cstdlib>
#include <future>
#include <thread>

#include "edge/net/http_server.h"
#include "edge/net/loopback_peer.h"
#include "edge/net/request_server.h"

namespace portcullis::net::test {

template <class Server, class Limits, class Handler>
class OnItsThread {
 public:
  OnItsThread(Limits limits, Handler handler) : server_(std::in_place, loop_, limits, std::move(handler)) {
    const auto port = server_->listen("127.0.0.1", 0);
    if (!port) std::abort();
    port_ = *port;
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  OnItsThread(const OnItsThread&) = delete;
  OnItsThread& operator=(const OnItsThread&) = delete;
  ~OnItsThread() {
    loop_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  EventLoop& loop() { return loop_; }
  /// To be touched on the loop's thread.
  Server& server() { return *server_; }
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
  std::optional<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

using RunningServer = OnItsThread<HttpServer, ServerLimits, HttpHandler>;
using RunningRequestServer = OnItsThread<RequestServer, RequestServerLimits, RequestHandler>;

}  // namespace portcullis::net::test
