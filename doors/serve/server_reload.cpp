// How one configuration follows another without a request being lost, and what of it is told. design.md §7.
#include <algorithm>

#include "doors/serve/newly_allowed.h"
#include "doors/serve/server_impl.h"
#include "edge/system/clock.h"
#include "edge/system/files.h"
#include "edge/system/random.h"

namespace portcullis::serve {
namespace {

using system::LogLevel;

constexpr std::size_t most_config_bytes = 1024 * 1024;

std::string sentences_of(const std::vector<RuleProblem>& problems) {
  std::string all;
  for (const RuleProblem& problem : problems)
    all += (all.empty() ? "" : "; ") + (problem.place.empty() ? "" : problem.place + ": ") + problem.message;
  return all;
}

bool same_place(const config::Listening& one, const config::Listening& other) {
  return one.address == other.address && one.port == other.port && one.socket == other.socket;
}

bool same_store(const config::Config& before, const config::Config& after) {
  if (!before.store || !after.store) return !before.store && !after.store;
  const auto parts = [](const config::StoreSettings& store) {
    return std::tie(store.host, store.port, store.security, store.user, store.password);
  };
  return parts(*before.store) == parts(*after.store);
}

}  // namespace

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
    secrets.nonce_seed = config->nonce_seed;
  } else if (config->store && secrets.shared_seed != shared_seed) {
    return std::vector<RuleProblem>{
        {place_of(*config, "store"), "a store with another password needs a restart: it is not changed by a reload"}};
  } else if (secrets.nonce_seed != config->nonce_seed) {
    return std::vector<RuleProblem>{{place_of(*config, "dpop.nonce_secret"),
                                     "another dpop.nonce_secret needs a restart: it is not changed by a reload"}};
  }
  auto made = running ? running->authorizer.successor(config->rules) : Authorizer::make(config->rules, secrets);
  if (!made) return made.error();
  std::shared_ptr<StoreWatch> store;
  if (config->store)
    store = running && same_store(running->config, *config) ? running->store : std::make_shared<StoreWatch>(log);
  return std::make_shared<ServingState>(*std::move(config), *std::move(made), std::move(revision), std::move(store));
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
  await_keys(*next);
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
void Server::Impl::await_keys(const StatePtr& next) {
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

}  // namespace portcullis::serve
