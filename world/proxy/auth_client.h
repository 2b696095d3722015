// Asks an HTTP/1.1 server on a Unix socket without waiting for it: the server may in turn ask this very process, for
// the tenant's keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "edge/net/event_loop.h"
#include "edge/net/http_message.h"
#include "portcullis/result.h"

namespace portcullis::world {

/// A connection for each question. Single-threaded; what is under way when it is destroyed is dropped.
class AuthClient {
 public:
  using Answered = std::function<void(Result<net::HttpResponse, std::string>)>;

  /// @param patience  for one question, trying to connect to a server that is only starting included
  AuthClient(net::EventLoop& loop, std::string socket, std::chrono::milliseconds patience)
      : loop_(loop), socket_(std::move(socket)), patience_(patience) {}
  ~AuthClient();
  AuthClient(const AuthClient&) = delete;
  AuthClient& operator=(const AuthClient&) = delete;

  /// Calls `done` once, later: with the answer, or with a sentence that says why there is none.
  void ask(const net::HttpRequest& question, Answered done);

 private:
  struct Exchange {
    std::string question, received;
    Answered done;
    int connection = -1;
    net::EventLoop::Registration readable, patience, pause;
  };

  void connect(std::uint64_t number);
  void read(std::uint64_t number);
  void finish(std::uint64_t number, Result<net::HttpResponse, std::string> result);

  net::EventLoop& loop_;
  std::string socket_;
  std::chrono::milliseconds patience_;
  std::uint64_t asked_ = 0;
  std::map<std::uint64_t, Exchange> under_way_;
};

/// @returns nullopt when these bytes are not one whole HTTP/1.1 answer with its Content-Length
std::optional<net::HttpResponse> parse_answer(std::string_view bytes);

}  // namespace portcullis::world
