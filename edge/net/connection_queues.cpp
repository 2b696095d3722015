#include "edge/net/connection_queues.h"

#include <algorithm>
#include <utility>

namespace portcullis::net {
namespace {

/// How long the last answer's reader may take to hang up before we do (RFC 9112 §9.6).
constexpr std::chrono::seconds linger_deadline{2};
constexpr auto for_ever = std::chrono::milliseconds::max();

}  // namespace

ConnectionQueues::ConnectionQueues(EventLoop& loop, const RequestServerLimits& limits)
    : loop_(loop),
      queues_{
          {{limits.idle_deadline}, {limits.header_deadline}, {for_ever}, {limits.write_deadline}, {linger_deadline}}} {}

void ConnectionQueues::enter(std::shared_ptr<QueuedConnection> connection) {
  QueuedConnection& entered = *connection;
  auto& idle = of(WaitsFor::request).waiting;
  entered.place_ = idle.insert(idle.end(), std::move(connection));
  ++count_;
  move(entered, WaitsFor::request);
}

void ConnectionQueues::move(QueuedConnection& connection, WaitsFor what) {
  Queue& queue = of(what);
  queue.waiting.splice(queue.waiting.end(), of(connection.waits_for_).waiting, connection.place_);
  connection.waits_for_ = what;
  if (queue.allowed == for_ever) return;
  connection.since_ = Clock::now();
  watch(connection.since_ + queue.allowed);
}

void ConnectionQueues::leave(QueuedConnection& connection) {
  of(connection.waits_for_).waiting.erase(connection.place_);
  --count_;
}

void ConnectionQueues::make_room() {
  for (const WaitsFor what : {WaitsFor::request, WaitsFor::header})
    if (auto& waiting = of(what).waiting; !waiting.empty()) return waiting.front()->close();
}

void ConnectionQueues::close_the_idle() {
  auto& idle = of(WaitsFor::request).waiting;
  for (auto next = idle.begin(); next != idle.end();) {
    const auto connection = *next++;  // close() takes it out
    if (!connection->is_about_to_read()) connection->close();
  }
}

void ConnectionQueues::close_all() {
  for (Queue& queue : queues_)
    while (!queue.waiting.empty()) queue.waiting.front()->close();
  timer_ = {};
}

void ConnectionQueues::watch(Clock::time_point deadline) {
  if (deadline >= watched_) return;
  watched_ = deadline;
  timer_ = loop_.after(deadline - Clock::now(), [this] {
    watched_ = Clock::time_point::max();
    close_the_overdue();
  });
}

void ConnectionQueues::close_the_overdue() {
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (Queue& queue : queues_) {
    if (queue.allowed == for_ever) continue;
    while (!queue.waiting.empty() && queue.deadline() <= now) queue.waiting.front()->close();
    if (!queue.waiting.empty()) next = std::min(next, queue.deadline());
  }
  if (next != Clock::time_point::max()) watch(next);
}

}  // namespace portcullis::net
