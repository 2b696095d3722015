#include "doors/lambda/start.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "doors/lambda/authorizer_function.h"
#include "doors/lambda/cache_hazards.h"
#include "doors/lambda/endpoint_functions.h"
#include "doors/lambda/initial_keys.h"
#include "doors/lambda/metric.h"
#include "doors/lambda/runtime.h"
#include "doors/lambda/sender_hazards.h"
#include "doors/log/start_line.h"
#include "edge/net/key_fetch.h"
#include "edge/system/clock.h"
#include "edge/system/files.h"
#include "edge/system/random.h"

namespace portcullis::lambda {
namespace {

// An instance answers one request at a time, and the gateway remembers answers too: a large table would only cost time
// at the start.
constexpr std::size_t remembered_tokens = 256;

constexpr int most_workers = 256;

std::string value_of(const config::Environment& environment, std::string_view name) {
  const auto variable = environment.find(name);
  return variable == environment.end() ? std::string{} : variable->second;
}

// Where what was packed with this program lies: beside it. Without /proc, Lambda's own word for it.
std::string own_directory(const config::Environment& environment) {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) {
    const std::string root = value_of(environment, "LAMBDA_TASK_ROOT");
    return root.empty() ? "." : root;
  }
  const std::string_view whole{path.data(), static_cast<std::size_t>(length)};
  return std::string{whole.substr(0, whole.rfind('/'))};
}

int workers_in(const config::Environment& environment) {
  const std::string text = value_of(environment, "AWS_LAMBDA_MAX_CONCURRENCY");
  int workers = 1;
  std::from_chars(text.data(), text.data() + text.size(), workers);
  return workers < 1 ? 1 : std::min(workers, most_workers);
}

std::string sentences_of(const std::vector<RuleProblem>& problems) {
  std::string all;
  for (const RuleProblem& problem : problems)
    all += (all.empty() ? "" : "; ") + (problem.place.empty() ? "" : problem.place + ": ") + problem.message;
  return all;
}

net::TlsRoots roots_of(const std::string& directory) {
  net::TlsRoots roots;
  const std::string bundled = directory + "/ca.pem";
  if (access(bundled.c_str(), F_OK) == 0) roots.bundle = bundled;  // even if unreadable: nobody else is trusted
  return roots;
}

QuestionDesk::Fetch fetch_over_network(const config::Config& config, const net::TlsRoots& roots) {
  const auto plain_http =
      config.purpose == config::Purpose::development ? net::PlainHttp::loopback_only : net::PlainHttp::refused;
  return [roots, plain_http](const NeedKeys& wanted, std::chrono::milliseconds budget) {
    return net::fetch_keys(wanted, roots, plain_http, budget);
  };
}

/// One line and one count of the metric `store_changes` each time that the store of limits begins or ends to answer.
void log_store_change(const net::StoreChange& change, const config::LambdaSettings& settings, system::Log log) {
  const bool failing = change.now == net::StoreChange::Now::failing;
  auto line = log.line(failing ? system::LogLevel::error : system::LogLevel::info, "store");
  line.string("state", failing ? "out of reach" : "answering").string("detail", change.why);
  if (settings.metrics == config::LambdaSettings::Metrics::embedded)
    add_metric(line, "store_changes", "state", system::read_clocks().wall);
  line.send();
}

struct Bootstrap {
  const config::Environment& environment;
  RuntimeSettings runtime;
  system::Log log;
  std::string directory;

  int fail(const std::vector<RuleProblem>& problems) const {
    return report_init_error(runtime, sentences_of(problems), "ConfigInvalid", log);
  }

  int authorizer() const {
    auto config = config::load(config::default_file(environment, directory), environment);
    if (!config) return fail(config.error());
    Secrets secrets;
    system::fill_random(secrets.seed);
    if (config->store) secrets.shared_seed = config->store->seed;
    Rules rules = config->rules;
    rules.cached_tokens = remembered_tokens;
    auto made = Authorizer::make(std::move(rules), secrets);
    if (!made) return fail(made.error());
    if (std::string fault = fault_of_policy(config->lambda.policy, config->rules); !fault.empty())
      return fail({{place_of(*config, "lambda.policy"), std::move(fault)}});
    if (const auto faults = sender_faults(*config); !faults.empty()) return fail(faults);
    if (const auto hazards = cache_hazards(config->rules, config->lambda.cache); !hazards.empty()) return fail(hazards);
    const bool traced =
        config->purpose == config::Purpose::development && value_of(environment, "PORTCULLIS_TRACE") == "1";
    const net::TlsRoots roots = roots_of(directory);
    std::optional<SharedStore> store;
    if (config->store)
      store.emplace(*config->store, roots.bundle,
                    [&](const net::StoreChange& change) { log_store_change(change, config->lambda, log); });
    AuthorizerFunction function{*made,
                                *config,
                                secrets,
                                log,
                                traced ? Tracing::on : Tracing::off,
                                fetch_over_network(*config, roots),
                                system::read_clocks,
                                store ? &*store : nullptr};
    const auto adopted = adopt_initial_keys(directory + "/jwks.json", *made, system::read_clocks());
    if (!adopted) return fail({{directory + "/jwks.json", "the initial keys are no JSON: " + adopted.error()}});
    function.warm_up();
    log_start(*config, *made, log);
    log_adoption(*adopted, log);
    return run(function, runtime, log, system::read_clocks);
  }

  template <class Endpoint>
  int endpoint() const {
    Pages pages{{"*"}};
    if (const auto file = config::default_file(environment, directory)) {
      auto config = config::load(file, environment);
      if (!config) return fail(config.error());
      pages = {config->cors.origins, config->cors.expose};
    }
    Endpoint function{std::move(pages)};
    return run(function, runtime, log, system::read_clocks);
  }
};

}  // namespace

int start(const config::Environment& environment) {
  signal(SIGPIPE, SIG_IGN);  // a log reader that went away must not take the function with it
  const auto level = system::log_level_named(value_of(environment, "PORTCULLIS_LOG"));
  const system::Log log{level.value_or(system::LogLevel::info)};
  const auto service = net::Url::parse("http://" + value_of(environment, "AWS_LAMBDA_RUNTIME_API"));
  if (!service) {
    (void)system::write_all(STDERR_FILENO,
                            "bootstrap: AWS_LAMBDA_RUNTIME_API is not set. This program is started by the Lambda "
                            "service; to try it at home run: portcullis dev\n");
    return 2;
  }
  const Bootstrap bootstrap{environment, {*service, workers_in(environment)}, log, own_directory(environment)};
  const std::string handler = value_of(environment, "_HANDLER");
  if (handler == "authorizer") return bootstrap.authorizer();
  if (handler == "public") return bootstrap.endpoint<PublicEndpoint>();
  if (handler == "private") return bootstrap.endpoint<PrivateEndpoint>();
  return report_init_error(bootstrap.runtime, "the handler must be authorizer, public or private", "NoSuchHandler",
                           log);
}

}  // namespace portcullis::lambda
