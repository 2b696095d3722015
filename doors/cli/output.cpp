#include "doors/cli/output.h"

#include <unistd.h>

#include "doors/cli/options.h"
#include "edge/system/files.h"

namespace portcullis::cli {

void print(std::string_view text) {
  const auto written = system::write_all(STDOUT_FILENO, text);
  if (written) return;
  (void)complain("cannot write to standard output: " + written.error());
  _exit(exit_undecided);
}

void print_line(std::string_view text) {
  print(std::string{text} + '\n');
}

int complain(std::string_view message) {
  (void)system::write_all(STDERR_FILENO, "portcullis: " + std::string{message} + '\n');
  return exit_usage;
}

int complain(const std::vector<RuleProblem>& problems) {
  for (const RuleProblem& problem : problems)
    (void)complain((problem.place.empty() ? "" : problem.place + ": ") + problem.message);
  return exit_usage;
}

}  // namespace portcullis::cli
