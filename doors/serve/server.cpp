#include "doors/serve/server.h"

#include <signal.h>

#include <algorithm>
#include <thread>

#include "doors/log/start_line.h"
#include "doors/serve/server_impl.h"
#include "edge/net/key_fetch.h"
#include "edge/system/clock.h"
#include "edge/system/process_figures.h"

namespace portcullis::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using system::LogLevel;

constexpr milliseconds tick_interval{250};      // keys that are missing, a file that was replaced
constexpr milliseconds drain_deadline{10'000};  // what is under way at SIGTERM
constexpr milliseconds start_patience{10'000};  // a supervisor that is told nothing for so long may give up
constexpr unsigned socket_mode = 0660;
// Longer than any proxy keeps an idle connection (Envoy: an hour, unless told otherwise): who closes first can lose a
// request that is on its way.
constexpr std::chrono::minutes idle_deadline{65};

KeyFetch fetch_for(const ServingState& state) {
  const auto plain_http =
      state.config.purpose == config::Purpose::development ? net::PlainHttp::loopback_only : net::PlainHttp::refused;
  return [plain_http](const NeedKeys& wanted, milliseconds budget) {
    return net::fetch_keys(wanted, {}, plain_http, budget);
  };
}

}  // namespace

std::string text_of(const config::Listening& listening) {
  if (!listening.socket.empty()) return "unix:" + listening.socket;
  const bool v6 = listening.address.find(':') != std::string::npos;
  return (v6 ? "[" + listening.address + "]" : listening.address) + ":" + std::to_string(listening.port);
}

std::vector<IssuerKeys> issuer_keys(const Authorizer& authorizer, Now now) {
  std::vector<IssuerKeys> all;
  const auto statuses = authorizer.key_status(now);
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const auto* remote = std::get_if<RemoteKeys>(&authorizer.rules().issuers[i].keys);
    const bool old = remote && statuses[i].age && *statuses[i].age >= remote->fresh + remote->stale;
    all.push_back({statuses[i], statuses[i].keys && !old});
  }
  return all;
}

bool all_usable(const std::vector<IssuerKeys>& keys) {
  return std::all_of(keys.begin(), keys.end(), [](const IssuerKeys& one) { return one.usable; });
}

Result<Done, std::vector<RuleProblem>> Server::Impl::listen(int threads) {
  const config::Listening& wanted = state->config.serve.listen;
  const auto problem = [&](std::string message) {
    return std::vector<RuleProblem>{{place_of(state->config, "serve.listen"), std::move(message)}};
  };
  if (!wanted.socket.empty()) {
    auto made = system::ListeningSocket::open(wanted.socket, socket_mode);
    if (!made) return problem(made.error());
    socket = *std::move(made);
  }
  std::uint16_t port = wanted.port;
  net::RequestServerLimits limits;
  limits.connections = connections_of_each(system::raise_descriptor_limit(), threads);
  limits.idle_deadline = idle_deadline;
  const Shared shared{log, secrets, *desk, ring, limits};
  for (int i = 0; i < threads; ++i) {
    auto worker = std::make_unique<Worker>(shared, state);
    if (!wanted.socket.empty()) {
      if (auto taken = worker->listen_on(socket->descriptor()); !taken) return problem(taken.error());
    } else {
      using Claim = net::RequestServer::Claim;
      auto taken = worker->listen(wanted.address, port, i == 0 ? Claim::whole : Claim::shared);
      if (!taken) return problem(taken.error());
      port = *taken;
    }
    workers.push_back(std::move(worker));
  }
  listening = text_of({wanted.address, port, wanted.socket});
  return Done{};
}

int Server::Impl::run() {
  started = system::read_clocks().mono.nanoseconds;
  started_at = loaded_at = system::read_clocks().wall;
  log_queue.flush_at_crash();
  signals = loop.on_signals({SIGTERM, SIGINT}, [this](int number) { drain(number); });
  hangups = loop.on_signals({SIGHUP}, [this](int) { reload("SIGHUP"); });
  for (const auto& worker : workers) worker->start();
  log.line(LogLevel::info, "listening")
      .string("listen", listening)
      .string("admin", admin_listening)
      .integer("threads", static_cast<std::int64_t>(workers.size()))
      .send();
  warn_of_development();
  beat_watchdog();
  tick();
  loop.run();
  // The loops first, then the desk, which speaks to them.
  admin.reset();
  for (const auto& worker : workers) worker->stop();
  desk.reset();
  workers.clear();
  log.line(LogLevel::info, "stopped").send();
  return 0;
}

void Server::Impl::warn_of_development() const {
  if (state->config.purpose != config::Purpose::development) return;
  log.line(LogLevel::warn, "development")
      .string("note", "development: true lets issuers be plain http on this machine; never serve other people so")
      .send();
}

void Server::Impl::tick() {
  const Now now = system::read_clocks();
  // Keys that no request asks for yet: at the start, and again where the issuer was out of reach.
  for (const NeedKeys& wanted : state->authorizer.warm_up(now))
    desk->fetch(state, wanted, [this] { loop.post([this] { announce(); }); });
  announce();
  if (!ready) notice.tell_starting(start_patience);
  notice.tell_again();
  watch_file();
  ticking = loop.after(tick_interval, [this] { tick(); });
}

// Once the keys are there, or the first try to get them is over.
void Server::Impl::announce() {
  const Now now = system::read_clocks();
  const bool usable = all_usable(issuer_keys(state->authorizer, now));
  const bool late = now.mono.nanoseconds - started > nanoseconds{new_keys_deadline}.count();
  if (!announced && (usable || late)) {
    announced = true;
    log_start(state->config, state->authorizer, log);
    if (!usable)
      log.line(LogLevel::warn, "not ready")
          .string("note", "an issuer's keys are missing; they are asked for again and again, see /readyz")
          .send();
  }
  if (usable && !ready) become_ready();
}

void Server::Impl::become_ready() {
  ready = true;
  log.line(LogLevel::info, "ready").string("listen", listening).string("admin", admin_listening).send();
  notice.tell("READY=1\nSTATUS=answering at " + listening);
}

void Server::Impl::beat_watchdog() {
  const auto interval = system::watchdog_interval(value_of("WATCHDOG_USEC"), value_of("WATCHDOG_PID"));
  if (!interval) return;
  if (workers_respond()) notice.tell_alive();
  watchdog = loop.after(*interval, [this] { beat_watchdog(); });
}

bool Server::Impl::workers_respond() const {
  const Now now = system::read_clocks();
  return std::all_of(workers.begin(), workers.end(), [&](const auto& worker) { return worker->responsive(now); });
}

void Server::Impl::drain(int signal) {
  if (std::exchange(draining, true)) return end();  // asked twice: at once
  log.line(LogLevel::info, "stopping").string("cause", signal == SIGINT ? "SIGINT" : "SIGTERM").send();
  notice.tell("STOPPING=1\nSTATUS=ending what is under way");
  draining_timer = loop.after(drain_deadline, [this] {
    log.line(LogLevel::warn, "not drained").string("note", "what is still under way is cut off").send();
    end();
  });
  // Else somebody could connect after the last loop has looked, and would wait for nothing.
  if (socket) socket->refuse_newcomers();
  undrained = workers.size();
  for (const auto& worker : workers)
    worker->drain([this] {
      loop.post([this] {
        if (--undrained == 0) end();
      });
    });
}

void Server::Impl::end() {
  loop.stop();
}

std::size_t connections_of_each(std::uint64_t descriptors, int threads) noexcept {
  constexpr std::uint64_t reserved = 2 * admin_connections, least = 16;
  const std::uint64_t left = descriptors > reserved ? descriptors - reserved : 0;
  const std::uint64_t share = std::max(left / static_cast<std::uint64_t>(std::max(threads, 1)), least);
  return std::min<std::uint64_t>(share, net::RequestServerLimits{}.connections);
}

Result<std::unique_ptr<Server>, std::vector<RuleProblem>> Server::open(const ServeOptions& options,
                                                                       const config::Environment& environment) {
  auto impl =
      std::make_unique<Impl>(environment, options.config ? options.config : config::default_file(environment, "."));
  auto state = impl->load(nullptr);
  if (!state) return state.error();
  impl->state = *std::move(state);
  Impl& all = *impl;
  impl->desk = std::make_unique<KeyDesk>(fetch_for, system::read_clocks,
                                         [&all](const ServingState& of, const NeedKeys& wanted,
                                                const FetchOutcome& outcome) { all.observe(of, wanted, outcome); });
  const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);
  const int threads = options.threads > 0 ? options.threads : static_cast<int>(processors);
  if (auto taken = impl->listen(std::min(threads, most_threads)); !taken) return taken.error();
  if (auto taken = impl->listen_admin(); !taken) return taken.error();
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::~Server() = default;

int Server::run() {
  return impl_->run();
}

const std::string& Server::listening() const noexcept {
  return impl_->listening;
}

const std::string& Server::admin_listening() const noexcept {
  return impl_->admin_listening;
}

}  // namespace portcullis::serve
