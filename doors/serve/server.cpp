#include "doors/serve/server.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <thread>

#include "doors/keys/key_listing.h"
#include "doors/log/start_line.h"
#include "doors/serve/admin.h"
#include "doors/serve/metrics.h"
#include "doors/serve/newly_allowed.h"
#include "doors/serve/worker.h"
#include "edge/net/key_fetch.h"
#include "edge/system/clock.h"
#include "edge/system/file_identity.h"
#include "edge/system/files.h"
#include "edge/system/listening_socket.h"
#include "edge/system/random.h"
#include "edge/system/service_notice.h"

namespace portcullis::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using system::LogLevel;

constexpr milliseconds tick_interval{250};        // keys that are missing, a file that was replaced
constexpr milliseconds drain_deadline{10'000};    // what is under way at SIGTERM
constexpr milliseconds new_keys_deadline{3'500};  // a new configuration waits so long for its issuers' keys
constexpr unsigned socket_mode = 0660, admin_socket_mode = 0600;
constexpr std::size_t admin_connections = 256, most_config_bytes = 1024 * 1024;

std::string value_of(const config::Environment& environment, std::string_view name) {
  const auto variable = environment.find(name);
  return variable == environment.end() ? std::string{} : variable->second;
}

std::string sentences_of(const std::vector<RuleProblem>& problems) {
  std::string all;
  for (const RuleProblem& problem : problems)
    all += (all.empty() ? "" : "; ") + (problem.place.empty() ? "" : problem.place + ": ") + problem.message;
  return all;
}

std::string text_of(const config::Listening& listening) {
  if (!listening.socket.empty()) return "unix:" + listening.socket;
  const bool v6 = listening.address.find(':') != std::string::npos;
  return (v6 ? "[" + listening.address + "]" : listening.address) + ":" + std::to_string(listening.port);
}

bool same_place(const config::Listening& one, const config::Listening& other) {
  return one.address == other.address && one.port == other.port && one.socket == other.socket;
}

AdminAccess::Reach reach_of(const config::Listening& listening) {
  if (!listening.socket.empty()) return AdminAccess::Reach::unix_socket;
  const auto address = IpAddress::parse(listening.address);
  constexpr int loopback_bits = 8;
  const bool loopback = address && (address->is_v4() ? address->masked(loopback_bits) == *IpAddress::parse("127.0.0.0")
                                                     : *address == *IpAddress::parse("::1"));
  return loopback ? AdminAccess::Reach::loopback : AdminAccess::Reach::beyond;
}

KeyFetch fetch_for(const ServingState& state) {
  const auto plain_http =
      state.config.purpose == config::Purpose::development ? net::PlainHttp::loopback_only : net::PlainHttp::refused;
  return [plain_http](const NeedKeys& wanted, milliseconds budget) {
    return net::fetch_keys(wanted, {}, plain_http, budget);
  };
}

/// How an issuer's keys stand.
struct IssuerKeys {
  KeyStatus status;
  bool usable;
};

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

constexpr std::array<net::FieldView, 2> admin_fields{
    {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}};

double unix_seconds(WallTime time) {
  return std::chrono::duration<double>{time.time_since_epoch()}.count();
}

}  // namespace

struct Server::Impl {
  Impl(config::Environment its_environment, std::optional<std::string> its_file)
      : environment(std::move(its_environment)),
        file(std::move(its_file)),
        log(system::log_level_named(value_of(environment, "PORTCULLIS_LOG")).value_or(LogLevel::info),
            system::log_form_of_standard_error()),
        notice(value_of(environment, "NOTIFY_SOCKET")) {}

  // What is told to begin with.
  Result<StatePtr, std::vector<RuleProblem>> load(const StatePtr& running);
  Result<Done, std::vector<RuleProblem>> listen(int threads);
  Result<Done, std::vector<RuleProblem>> listen_admin();

  int run();
  void warn_of_development() const;
  void tick();
  void announce();
  void become_ready();
  void beat_watchdog();
  void watch_file();

  void reload(std::string_view cause);
  void fail_reload(std::string why);
  void await_keys(StatePtr next);
  void renew(const StatePtr& next);
  void renewed(const StatePtr& before);

  void drain(int signal);
  void end();

  void observe(const ServingState& of, const NeedKeys& wanted, const FetchOutcome& outcome);
  bool workers_respond() const;
  Figures figures() const;
  void answer(const net::ServerRequest& asked, net::Exchange exchange);
  AdminActions actions();
  std::string keys_json() const;
  AdminReply health() const;
  AdminReply readiness() const;
  void refresh_keys(net::Exchange exchange);

  const config::Environment environment;
  const std::optional<std::string> file;
  const system::Log log;
  const system::ServiceNotice notice;
  Secrets secrets;
  StatePtr state;
  DecisionRing ring;

  net::EventLoop loop;
  std::vector<system::ListeningSocket> sockets;  // outlive the servers that take from them
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

Result<StatePtr, std::vector<RuleProblem>> Server::Impl::load(const StatePtr& running) {
  if (file) identity = system::file_identity(*file);
  auto config = config::load(file, environment);
  if (!config) return config.error();
  std::string revision;
  if (file)
    if (const auto text = system::read_file(*file, most_config_bytes)) revision = token_hash(*text);
  // The names of buckets in a store depend on its password, and all that is held is named already.
  const auto shared_seed = config->store ? config->store->seed : shared_seed_of({});
  if (!running) {
    system::fill_random(secrets.seed);
    secrets.shared_seed = shared_seed;
  } else if (config->store && secrets.shared_seed != shared_seed) {
    return std::vector<RuleProblem>{
        {place_of(*config, "store"), "a store with another password needs a restart: it is not changed by a reload"}};
  }
  auto made = running ? running->authorizer.successor(config->rules) : Authorizer::make(config->rules, secrets);
  if (!made) return made.error();
  return std::make_shared<ServingState>(*std::move(config), *std::move(made), std::move(revision));
}

Result<Done, std::vector<RuleProblem>> Server::Impl::listen(int threads) {
  const config::Listening& wanted = state->config.serve.listen;
  const auto problem = [&](std::string message) {
    return std::vector<RuleProblem>{{place_of(state->config, "serve.listen"), std::move(message)}};
  };
  if (!wanted.socket.empty()) {
    auto socket = system::ListeningSocket::open(wanted.socket, socket_mode);
    if (!socket) return problem(socket.error());
    sockets.push_back(*std::move(socket));
  }
  std::uint16_t port = wanted.port;
  const Shared shared{log, secrets, *desk, ring};
  for (int i = 0; i < threads; ++i) {
    auto worker = std::make_unique<Worker>(shared, state);
    if (!wanted.socket.empty()) {
      if (auto taken = worker->listen_on(sockets.back().descriptor()); !taken) return problem(taken.error());
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

Result<Done, std::vector<RuleProblem>> Server::Impl::listen_admin() {
  const config::Listening& wanted = state->config.serve.admin;
  admin_reach = reach_of(wanted);
  const auto problem = [&](std::string message) {
    return std::vector<RuleProblem>{{place_of(state->config, "serve.admin"), std::move(message)}};
  };
  net::RequestServerLimits limits;
  limits.connections = admin_connections;
  admin = std::make_unique<net::RequestServer>(
      loop, limits,
      [this](const net::ServerRequest& asked, net::Exchange exchange) { answer(asked, std::move(exchange)); });
  if (!wanted.socket.empty()) {
    auto socket = system::ListeningSocket::open(wanted.socket, admin_socket_mode);
    if (!socket) return problem(socket.error());
    sockets.push_back(*std::move(socket));
    if (auto taken = admin->listen_on(sockets.back().descriptor()); !taken) return problem(taken.error().message);
    admin_listening = text_of(wanted);
    return Done{};
  }
  auto taken = admin->listen(wanted.address, wanted.port);
  if (!taken) return problem(taken.error().message);
  admin_listening = text_of({wanted.address, *taken, {}});
  return Done{};
}

int Server::Impl::run() {
  started = system::read_clocks().mono.nanoseconds;
  started_at = loaded_at = system::read_clocks().wall;
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
  const auto interval =
      system::watchdog_interval(value_of(environment, "WATCHDOG_USEC"), value_of(environment, "WATCHDOG_PID"));
  if (!interval) return;
  if (workers_respond()) notice.tell("WATCHDOG=1");
  watchdog = loop.after(*interval, [this] { beat_watchdog(); });
}

// Another file at the same path, by rename or by a symbolic link on the way; not one that is written in place, which
// could be read half-written.
void Server::Impl::watch_file() {
  if (!file) return;
  const auto seen = system::file_identity(*file);
  if (seen && seen != identity && !draining) reload("the file was replaced");
}

void Server::Impl::reload(std::string_view cause) {
  if (reloading != Reloading::no) {
    reloading = Reloading::and_again;
    return;
  }
  if (draining) return;
  reloading = Reloading::now;
  log.line(LogLevel::info, "reload").string("cause", cause).send();
  if (ready) notice.tell_reloading();
  auto next = load(state);
  if (!next) return fail_reload(sentences_of(next.error()));
  await_keys(*std::move(next));
}

void Server::Impl::fail_reload(std::string why) {
  last_reload_successful = false;
  log.line(LogLevel::error, "reload failed")
      .string("detail", why)
      .string("note", "the configuration before it goes on; nothing of the new one is used")
      .send();
  last_reload_error = std::move(why);
  reloading = Reloading::no;
  if (ready) notice.tell("READY=1\nSTATUS=the last reload failed, the old configuration goes on");
}

// New issuers' keys first, so that no request has to wait for them; but an issuer out of reach holds nothing up for
// long.
void Server::Impl::await_keys(StatePtr next) {
  const auto wanted = next->authorizer.warm_up(system::read_clocks());
  if (wanted.empty()) return renew(next);
  const auto left = std::make_shared<std::size_t>(wanted.size());
  keys_timer = loop.after(new_keys_deadline, [this, next, left] {
    if (std::exchange(*left, 0) > 0) renew(next);
  });
  for (const NeedKeys& one : wanted)
    desk->fetch(next, one, [this, next, left] {
      loop.post([this, next, left] {
        if (*left > 0 && --*left == 0) renew(next);
      });
    });
}

void Server::Impl::renew(const StatePtr& next) {
  keys_timer = {};
  const StatePtr before = std::exchange(state, next);
  awaited_workers = workers.size();
  for (const auto& worker : workers)
    worker->renew(next, [this, before] {
      loop.post([this, before] {
        if (--awaited_workers == 0) renewed(before);
      });
    });
}

void Server::Impl::renewed(const StatePtr& before) {
  ++reloads;
  last_reload_successful = true;
  last_reload_error.clear();
  loaded_at = system::read_clocks().wall;
  const auto allowed = newly_allowed(before->config, state->config);
  for (const NewlyAllowed& one : allowed)
    log.line(LogLevel::warn, "newly allowed").string("route", one.route).string("detail", one.why).send();
  for (const RuleProblem& note : state->config.notes)
    log.line(LogLevel::warn, "configuration").string("place", note.place).string("note", note.message).send();
  warn_of_development();
  const auto& serve = state->config.serve;
  if (!same_place(serve.listen, before->config.serve.listen) || !same_place(serve.admin, before->config.serve.admin))
    log.line(LogLevel::warn, "configuration")
        .string("place", place_of(state->config, "serve"))
        .string("note", "listen and admin are not changed by a reload: restart the server for that")
        .send();
  log.line(LogLevel::info, "reloaded")
      .string("config_rev", state->revision)
      .integer("routes", static_cast<std::int64_t>(state->config.rules.routes.size()))
      .integer("newly_allowed", static_cast<std::int64_t>(allowed.size()))
      .send();
  const bool again = reloading == Reloading::and_again;
  reloading = Reloading::no;
  if (ready) notice.tell("READY=1\nSTATUS=answering at " + listening);
  if (again) reload("asked again meanwhile");
}

void Server::Impl::drain(int signal) {
  if (std::exchange(draining, true)) return end();  // asked twice: at once
  log.line(LogLevel::info, "stopping").string("cause", signal == SIGINT ? "SIGINT" : "SIGTERM").send();
  notice.tell("STOPPING=1\nSTATUS=ending what is under way");
  draining_timer = loop.after(drain_deadline, [this] {
    log.line(LogLevel::warn, "not drained").string("note", "what is still under way is cut off").send();
    end();
  });
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

// On a thread of the desk.
void Server::Impl::observe(const ServingState& of, const NeedKeys& wanted, const FetchOutcome& outcome) {
  std::string issuer, error;
  for (const KeyStatus& status : of.authorizer.key_status(system::read_clocks()))
    if (status.source_number == wanted.ticket.source) {
      issuer = status.issuer;
      error = status.last_error;
      break;
    }
  if (const auto* failed = std::get_if<FetchFailed>(&outcome); failed && error.empty()) error = failed->why;
  {
    const std::lock_guard lock{fetch_mutex};
    FetchCounts& counts = fetches[issuer];
    ++(error.empty() ? counts.good : counts.failed);
  }
  if (error.empty()) {
    log.line(LogLevel::debug, "keys fetched").string("issuer", issuer).send();
  } else {
    log.line(LogLevel::warn, "keys not fetched").string("issuer", issuer).string("detail", error).send();
  }
}

bool Server::Impl::workers_respond() const {
  const Now now = system::read_clocks();
  return std::all_of(workers.begin(), workers.end(), [&](const auto& worker) { return worker->responsive(now); });
}

Figures Server::Impl::figures() const {
  Figures figures;
  const Now now = system::read_clocks();
  for (const auto& worker : workers) {
    worker->counters().add_to(figures.decisions);
    figures.connections += worker->connections();
    figures.waiting += worker->waiting();
  }
  figures.keys = state->authorizer.key_status(now);
  for (const KeyStatus& status : figures.keys)
    if (status.source_number) figures.fetches[status.issuer];  // known from the start: 0
  {
    const std::lock_guard lock{fetch_mutex};
    for (const auto& [issuer, counts] : fetches) figures.fetches[issuer] = counts;
  }
  figures.limits = state->authorizer.limit_memory(now);
  figures.ready = ready && !draining;
  figures.last_reload_successful = last_reload_successful;
  figures.started = unix_seconds(started_at);
  figures.last_reload = unix_seconds(loaded_at);
  figures.reloads = reloads;
  figures.process = system::process_figures();
  return figures;
}

std::string Server::Impl::keys_json() const {
  JsonWriter json;
  json.begin_object().key("issuers").begin_array();
  for (const KeyStatus& status : state->authorizer.key_status(system::read_clocks())) write_key_status(json, status);
  json.end_array().end_object();
  return json.text() + '\n';
}

AdminReply Server::Impl::health() const {
  if (workers_respond()) return {200, "application/json", "{\"status\":\"ok\"}\n"};
  return {503, "application/json", "{\"status\":\"an event loop does not come round\"}\n"};
}

AdminReply Server::Impl::readiness() const {
  const auto keys = issuer_keys(state->authorizer, system::read_clocks());
  const bool is_ready = ready && !draining && all_usable(keys);
  JsonWriter json;
  json.begin_object().key("ready").boolean(is_ready).key("draining").boolean(draining);
  json.key("development").boolean(state->config.purpose == config::Purpose::development);
  json.key("issuers").begin_array();
  for (const auto& [status, usable] : keys) {
    json.begin_object().key("issuer").string(status.issuer).key("usable").boolean(usable);
    json.key("keys").integer(status.keys ? static_cast<std::int64_t>(status.keys->keys().size()) : 0);
    json.key("last_error").string(status.last_error).end_object();
  }
  json.end_array().key("config").begin_object().key("file").string(file.value_or(""));
  json.key("revision").string(state->revision).key("since").string(system::rfc3339(loaded_at));
  json.key("last_reload_successful").boolean(last_reload_successful);
  json.key("last_reload_error").string(last_reload_error).end_object().end_object();
  return {is_ready ? 200 : 503, "application/json", json.text() + '\n'};
}

// Fetches them all, and answers when the last one has come or failed.
void Server::Impl::refresh_keys(net::Exchange exchange) {
  struct Waiting {
    net::Exchange exchange;
    std::size_t fetches;
  };
  const auto wanted = state->authorizer.refresh(system::read_clocks());
  const auto waiting = std::make_shared<Waiting>(Waiting{std::move(exchange), wanted.size()});
  const auto send = [this, waiting] {
    const std::string body = keys_json();
    std::move(waiting->exchange).answer({200, admin_fields, body});
  };
  if (wanted.empty()) return send();
  for (const NeedKeys& one : wanted)
    desk->fetch(state, one, [this, waiting, send] {
      loop.post([waiting, send] {
        if (--waiting->fetches == 0) send();
      });
    });
}

AdminActions Server::Impl::actions() {
  AdminActions to;
  to.metrics = [this] { return metrics_text(figures()); };
  to.decisions = [this] { return ring.json(); };
  to.keys = [this] { return keys_json(); };
  to.health = [this] { return health(); };
  to.readiness = [this] { return readiness(); };
  to.reload = [this] {
    loop.post([this] { reload("POST /reload"); });
    return AdminReply{202, "application/json", "{\"message\":\"the configuration is being read: see /readyz\"}\n"};
  };
  to.log = [this](std::string_view action, std::string_view peer) {
    log.line(LogLevel::info, "admin").string("action", action).string("peer", peer.empty() ? "unix" : peer).send();
  };
  return to;
}

void Server::Impl::answer(const net::ServerRequest& asked, net::Exchange exchange) {
  const AdminReply reply = answer_admin(asked, {state->config.serve.admin_token, admin_reach}, actions());
  if (reply.when == AdminReply::When::with_keys) return refresh_keys(std::move(exchange));
  std::vector<net::FieldView> fields{{"Content-Type", reply.type}, {"Cache-Control", "no-store"}};
  if (!reply.allow.empty()) fields.push_back({"Allow", reply.allow});
  if (reply.status == 401) fields.push_back({"WWW-Authenticate", "Bearer realm=\"admin\""});
  std::move(exchange).answer({reply.status, fields, reply.body});
}

Result<std::unique_ptr<Server>, std::vector<RuleProblem>> Server::open(const ServeOptions& options,
                                                                       const config::Environment& environment) {
  (void)system::raise_descriptor_limit();
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
