// A child process that never outlives us.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "portcullis/result.h"

namespace portcullis::system {

struct ChildCommand {
  std::string program;                   // path of the executable
  std::vector<std::string> arguments;    // without argv[0]
  std::vector<std::string> environment;  // "NAME=value"; nothing else is inherited
  std::string directory;                 // working directory
};

/// A running child with its standard output and error on one pipe and nothing on its standard input.
/// The kernel kills it when the thread that started it ends, even by SIGKILL (PR_SET_PDEATHSIG).
/// Destroying it kills and reaps it.
class ChildProcess {
 public:
  static Result<ChildProcess, std::string> start(const ChildCommand& command);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const noexcept { return pid_; }
  int output() const noexcept { return output_; }          // non-blocking read end of the pipe
  int exit_watch() const noexcept { return exit_watch_; }  // pidfd: readable once the child has ended
  void signal(int number) const noexcept;
  /// Reaps it if it has ended. @returns "exit status 1", "signal 9", or empty while it runs.
  std::string ended();

 private:
  ChildProcess() = default;
  void close() noexcept;
  pid_t pid_ = -1;
  int output_ = -1;
  int exit_watch_ = -1;
  std::string ending_;  // what ended() found: from then on the kernel may give the pid to another
};

}  // namespace portcullis::system
