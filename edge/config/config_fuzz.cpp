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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (const auto tree = config::parse_yaml("f", text); !tree) check_problems(tree.error());

  static const int memory = memfd_create("config", 0);  // a file that never touches a disk
  static const std::string name = "/proc/self/fd/" + std::to_string(memory);
  if (ftruncate(memory, 0) != 0 || pwrite(memory, data, size, 0) != static_cast<ssize_t>(size)) return 0;
  const auto loaded = config::load(name, {{"SECRET", "0123456789abcdef0123456789abcdef"}, {"SHORT", "x"}});
  if (!loaded) {
    check_problems(loaded.error());
    return 0;
  }
  if (loaded->rules.issuers.empty()) std::abort();
  for (const IssuerRule& issuer : loaded->rules.issuers)
    if (issuer.expect.leeway.count() < 0 || issuer.expect.leeway.count() > 300) std::abort();
  return 0;
}
