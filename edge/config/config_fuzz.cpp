// Configuration files from anywhere: every problem has its place and its sentence, and what loads says who may do what.
#include "edge/config/config.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "edge/config/yaml_tree.h"

namespace {

using namespace portcullis;

void check_problems(const std::vector<RuleProblem>& problems) {
  if (problems.empty()) std::abort();
  for (const RuleProblem& problem : problems)
    if (problem.message.empty()) std::abort();
}

void check_limits(const config::Config& config) {
  for (const LimitRule& limit : config.rules.limits)
    for (const Rate& rate : limit.rates.items())
      if (rate.interval().count() < 1 || rate.period > Rate::longest || rate.burst < 1 || rate.burst > Rate::most_burst)
        std::abort();
  if (config.rules.limit_keys < 1'000 || config.rules.limit_keys > 20'000'000) std::abort();
}

// What is said in the clear stays on this machine, and nothing that is open to a network is unguarded.
void check_servers(const config::Config& config) {
  const auto here = [](const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
  };
  if (config.store && config.store->security == config::StoreSettings::Security::plain && !here(config.store->host))
    std::abort();
  const config::ServeSettings& serve = config.serve;
  if (serve.admin.socket.empty() && !here(serve.admin.address) && serve.admin_token.empty()) std::abort();
  if (serve.identity.empty()) std::abort();
  for (const config::IdentityHeader& header : serve.identity)
    if (header.name.find_first_of("_.:\r\n ") != std::string::npos || header.claim.empty() == header.pointer.empty())
      std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (const auto tree = config::parse_yaml("f", text); !tree) check_problems(tree.error());

  static const int memory = memfd_create("config", 0);  // a file that never touches a disk
  static const std::string name = "/proc/self/fd/" + std::to_string(memory);
  if (ftruncate(memory, 0) != 0 || pwrite(memory, data, size, 0) != static_cast<ssize_t>(size)) return 0;
  const auto loaded = config::load(name, {{"SECRET", "0123456789abcdef0123456789abcdef"},
                                          {"SHORT", "x"},
                                          {"STORE", "rediss://user:hunter2@cache.example.com"}});
  if (!loaded) {
    check_problems(loaded.error());
    return 0;
  }
  if (loaded->rules.issuers.empty()) std::abort();
  for (const IssuerRule& issuer : loaded->rules.issuers)
    if (issuer.expect.leeway.count() < 0 || issuer.expect.leeway.count() > 300) std::abort();
  check_limits(*loaded);
  check_servers(*loaded);
  return 0;
}
