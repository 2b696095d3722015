#include "doors/cli/session.h"

#include "doors/cli/instant.h"
#include "doors/cli/output.h"
#include "doors/lambda/cache_hazards.h"
#include "doors/lambda/policy_document.h"
#include "edge/net/key_fetch.h"
#include "edge/system/clock.h"
#include "edge/system/files.h"
#include "edge/system/random.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_token_bytes = 1024 * 1024;  // far more than any token: its own limit answers first

}  // namespace

Now Session::clock() {
  return system::read_clocks();
}

bool Session::make(Rules rules, const Common& common) {
  if (common.at) {
    const auto instant = parse_instant(*common.at);
    if (!instant) {
      (void)complain("--at is neither Unix seconds nor RFC 3339, like 2026-01-01T00:00:00Z");
      return false;
    }
    fixed_ = instant_ = at(*instant);
  }
  Secrets secrets;
  system::fill_random(secrets.seed);
  secrets.nonce_seed = config_.nonce_seed;
  if (common.at) rules.limit_store = LimitStore::memory;  // others count by the store's clock, which --at does not move
  if (config_.store && rules.limit_store == LimitStore::shared) {
    secrets.shared_seed = config_.store->seed;
    store_ = std::make_unique<lambda::SharedStore>(*config_.store, std::nullopt, [](const net::StoreChange& change) {
      const bool failing = change.now == net::StoreChange::Now::failing;
      (void)complain((failing ? "the store of limits is out of reach: " : "") + change.why);
    });
  }
  auto made = Authorizer::make(std::move(rules), secrets);
  if (!made) {
    (void)complain(made.error());
    return false;
  }
  authorizer_ = *std::move(made);
  desk_ = std::make_unique<lambda::QuestionDesk>(
      *authorizer_, fetch_over_network(config_.purpose), [this] { return now(); }, store_.get());
  return true;
}

std::unique_ptr<Session> Session::open(const Common& common) {
  const auto environment = config::read_environment();
  const auto file = common.config ? common.config : config::default_file(environment, ".");
  auto config = config::load(file, environment);
  if (!config) {
    (void)complain(config.error());
    return nullptr;
  }
  auto session = std::unique_ptr<Session>{new Session};
  session->config_ = *std::move(config);
  if (!session->make(session->config_.rules, common)) return nullptr;
  const auto hazards = lambda::cache_hazards(session->config_.rules, session->config_.lambda.cache);
  if (!hazards.empty()) {
    (void)complain(hazards);
    return nullptr;
  }
  const std::string fault = lambda::fault_of_policy(session->config_.lambda.policy, session->config_.rules);
  if (fault.empty()) return session;
  (void)complain(fault);
  return nullptr;
}

std::unique_ptr<Session> Session::of_rules(Rules rules, const Common& common) {
  auto session = std::unique_ptr<Session>{new Session};
  return session->make(std::move(rules), common) ? std::move(session) : nullptr;
}

KeyFetch fetch_over_network(config::Purpose purpose) {
  const auto plain_http =
      purpose == config::Purpose::development ? net::PlainHttp::loopback_only : net::PlainHttp::refused;
  return [plain_http](const NeedKeys& wanted, std::chrono::milliseconds budget) {
    return net::fetch_keys(wanted, {}, plain_http, budget);
  };
}

std::optional<std::string> read_token_argument(const std::string& argument) {
  std::string text = argument;
  if (argument == "-" || argument.starts_with('@')) {
    auto content = argument == "-" ? system::read_standard_input(most_token_bytes)
                                   : system::read_file(argument.substr(1), most_token_bytes);
    if (!content) {
      (void)complain(content.error().message);
      return std::nullopt;
    }
    text = *std::move(content);
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) {
      (void)complain((argument == "-" ? std::string{"standard input"} : argument.substr(1)) +
                     ": empty, no token in it");
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace portcullis::cli
