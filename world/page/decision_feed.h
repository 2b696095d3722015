// GET /_portcullis/decisions and /_portcullis/decisions/ID: what became of requests, for the page.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edge/net/event_loop.h"
#include "edge/net/http_server.h"
#include "world/page/recent_requests.h"
#include "world/tenant/exposure.h"

namespace portcullis::world {

/// Readable on this machine only: for programs, for the page, and for the pages of the listed origins.
/// `?after=N` waits for a report newer than N, at most `patience`. At most 16 wait; for one more the one
/// that came first is answered at once. Single-threaded.
class DecisionFeed {
 public:
  struct Settings {
    std::vector<std::string> origins;  // "http://localhost:3000", compared exactly
    Exposure exposure = Exposure::loopback;
    std::function<bool(const std::string& request_id)> is_coming;  // a report that is still being made
    std::chrono::milliseconds patience{20'000};
  };

  DecisionFeed(net::EventLoop& loop, Settings settings) : loop_(loop), settings_(std::move(settings)) {}

  /// Whether the target of this request is the feed's.
  static bool serves(const net::HttpRequest& request);
  void answer(const net::HttpRequest& request, net::Respond respond);
  /// Takes a report in, and tells those who wait for it.
  void keep(RequestReport report);

 private:
  struct Waiter {
    std::optional<std::string> id;  // waits for this request alone
    std::uint64_t after = 0;
    net::Headers headers;  // of the answer
    net::Respond respond;
    net::EventLoop::Registration patience;
  };

  bool may_read(const net::HttpRequest& request) const;
  net::Headers answer_headers(const net::HttpRequest& request) const;
  void answer_one(Waiter waiter);
  void answer_list(Waiter waiter, std::optional<std::string_view> after);
  void wait(Waiter waiter);
  void settle(Waiter waiter) const;
  void settle(std::uint64_t number);

  net::EventLoop& loop_;
  Settings settings_;
  RecentRequests recent_;
  std::uint64_t waited_ = 0;
  std::map<std::uint64_t, Waiter> waiting_;  // by order of arrival
};

}  // namespace portcullis::world
