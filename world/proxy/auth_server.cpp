#include "world/proxy/auth_server.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace portcullis::world {
namespace {

constexpr std::chrono::milliseconds patience{5'000}, first_pause{200}, longest_pause{30'000};
constexpr std::chrono::milliseconds longest_wait_for_line{500};

}  // namespace

Result<std::unique_ptr<AuthServer>, std::string> AuthServer::create(net::EventLoop& loop, AuthServerSettings settings,
                                                                    std::function<void(std::string_view)> note) {
  auto log = FunctionLog::open(settings.log_path);
  if (!log) return log.error();
  std::unique_ptr<AuthServer> made{new AuthServer(loop, std::move(settings), *std::move(log), std::move(note))};
  made->start();
  return made;
}

AuthServer::AuthServer(net::EventLoop& loop, AuthServerSettings settings, FunctionLog log,
                       std::function<void(std::string_view)> note)
    : loop_(loop),
      settings_(std::move(settings)),
      log_(std::move(log)),
      note_(std::move(note)),
      client_(loop, settings_.socket, patience),
      pause_(first_pause) {}

void AuthServer::start() {
  ::unlink(settings_.socket.c_str());  // what a killed one has left
  const std::string directory = settings_.socket.substr(0, std::max<std::size_t>(settings_.socket.rfind('/'), 1));
  auto child = system::ChildProcess::start(
      {settings_.program,
       {"serve", "--config", settings_.config},
       {"PORTCULLIS_DEVELOPMENT=1", "PORTCULLIS_LOG=debug", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=:UTC"},
       directory});
  if (!child) return start_later(child.error());
  child_ = *std::move(child);
  output_watch_ = loop_.when_readable(child_->output(), [this] { read_output(); });
  exit_watch_ = loop_.when_readable(child_->exit_watch(), [this] { ended(); });
}

void AuthServer::ask(const net::HttpRequest& question, AuthClient::Answered done) {
  if (!child_) return done(std::string{"it is not running"});
  client_.ask(question, [this, done = std::move(done)](Result<net::HttpResponse, std::string> answer) {
    if (answer) pause_ = first_pause;
    done(std::move(answer));
  });
}

void AuthServer::ended() {
  read_output();
  const std::string how = child_->ended();
  output_watch_ = {};
  exit_watch_ = {};
  child_.reset();
  log_.finish_line();
  start_later(how);
}

void AuthServer::start_later(const std::string& why) {
  note_("portcullis serve ended (" + why + "); " + settings_.log_path + " says more");
  pause_timer_ = loop_.after(pause_, [this] { start(); });
  pause_ = std::min(pause_ * 2, longest_pause);
}

void AuthServer::read_output() {
  std::array<char, 16 * 1024> bytes;
  while (child_) {
    const ssize_t count = ::read(child_->output(), bytes.data(), bytes.size());
    if (count > 0) {
      log_.feed({bytes.data(), static_cast<std::size_t>(count)});
      continue;
    }
    if (count == 0) output_watch_ = {};  // closed: its end is still to be heard of
    break;
  }
  tell_who_waits();
}

void AuthServer::decision_of(const std::string& trace_id, Heard heard) {
  read_output();
  if (auto record = log_.record_of(trace_id); !record.reason.empty() || !child_) return heard(std::move(record));
  waiting_.push_back(
      {trace_id, std::move(heard), loop_.after(longest_wait_for_line, [this, trace_id] { give_up(trace_id); })});
}

void AuthServer::tell_who_waits() {
  std::vector<std::pair<Heard, DecisionRecord>> told;
  std::erase_if(waiting_, [&](Waiting& one) {
    DecisionRecord record = log_.record_of(one.trace_id);
    if (record.reason.empty()) return false;
    told.emplace_back(std::move(one.heard), std::move(record));
    return true;
  });
  for (auto& [heard, record] : told) heard(std::move(record));
}

void AuthServer::give_up(const std::string& trace_id) {
  const auto one = std::ranges::find(waiting_, trace_id, &Waiting::trace_id);
  if (one == waiting_.end()) return;
  const Heard heard = std::move(one->heard);
  waiting_.erase(one);
  heard(log_.record_of(trace_id));
}

}  // namespace portcullis::world
