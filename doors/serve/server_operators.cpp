// What operators are told of a running server, and what they may have it do. design.md §7.
#include <algorithm>
#include <array>

#include "doors/keys/key_listing.h"
#include "doors/serve/server_impl.h"
#include "edge/system/clock.h"

namespace portcullis::serve {
namespace {

using system::LogLevel;

constexpr unsigned admin_socket_mode = 0600;

AdminAccess::Reach reach_of(const config::Listening& listening) {
  if (!listening.socket.empty()) return AdminAccess::Reach::unix_socket;
  const auto address = IpAddress::parse(listening.address);
  constexpr int loopback_bits = 8;
  const bool loopback = address && (address->is_v4() ? address->masked(loopback_bits) == *IpAddress::parse("127.0.0.0")
                                                     : *address == *IpAddress::parse("::1"));
  return loopback ? AdminAccess::Reach::loopback : AdminAccess::Reach::beyond;
}

constexpr std::array<net::FieldView, 2> admin_fields{
    {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}};

double unix_seconds(WallTime time) {
  return std::chrono::duration<double>{time.time_since_epoch()}.count();
}

}  // namespace

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
    auto made = system::ListeningSocket::open(wanted.socket, admin_socket_mode);
    if (!made) return problem(made.error());
    admin_socket = *std::move(made);
    if (auto taken = admin->listen_on(admin_socket->descriptor()); !taken) return problem(taken.error().message);
    admin_listening = text_of(wanted);
    return Done{};
  }
  auto taken = admin->listen(wanted.address, wanted.port);
  if (!taken) return problem(taken.error().message);
  admin_listening = text_of({wanted.address, *taken, {}});
  return Done{};
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
  if (state->store) figures.store_up = state->store->is_up();
  figures.limits = state->authorizer.limit_memory(now);
  figures.ready = ready && !draining;
  figures.last_reload_successful = last_reload_successful;
  figures.started = unix_seconds(started_at);
  figures.last_reload = unix_seconds(loaded_at);
  figures.reloads = reloads;
  figures.log_lines_dropped = log_queue.dropped();
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
  json.end_array().key("store");
  if (state->store)
    json.string(state->store->is_up() ? "answering" : "out of reach");  // ready all the same: when_store_fails holds
  else
    json.null();
  json.key("config").begin_object().key("file").string(file.value_or(""));
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

}  // namespace portcullis::serve
