#include "edge/system/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace portcullis::system {
namespace {

std::string words_of(int error) {
  return std::generic_category().message(error);
}

/// What the child writes when it cannot become the program.
struct StartFault {
  enum class Step : int { preparing, directory, program } step;
  int error;
};

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  bool open() noexcept {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  static void close_end(int& end) noexcept {
    if (end >= 0) ::close(std::exchange(end, -1));
  }
};

/// Everything the child needs, made before the fork: afterwards it may not allocate (signal-safety(7)).
struct Plan {
  const char* program;
  const char* directory;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int output;
  int faults;
  pid_t parent;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));  // execve(2) writes to none
  return result;
}

constexpr int faults_after_move = 3;  // the first number after standard input, output and error

[[noreturn]] void give_up(int descriptor, StartFault::Step step) noexcept {
  const StartFault fault{step, errno};
  [[maybe_unused]] const ssize_t sent = write(descriptor, &fault, sizeof fault);
  _exit(127);
}

void restore_signals() noexcept {
  // By the system call itself: the C library keeps two real-time signals to itself and refuses to reset
  // them, but an ignoring ancestor may have handed them down. All zeros is SIG_DFL.
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } const standard{};
  for (int number = 1; number < NSIG; ++number)
    syscall(SYS_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);  // EINVAL for SIGKILL, SIGSTOP: fine
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// The child's side. Only async-signal-safe calls: another thread may have held any lock at the fork.
[[noreturn]] void become(const Plan& plan) noexcept {
  using Step = StartFault::Step;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan.faults, Step::preparing);
  if (getppid() != plan.parent) _exit(127);  // it died before the prctl, which then never fires
  restore_signals();

  // Out of the way of 0 to 3 first: our own standard descriptors may have been closed, so that the
  // pipes sit there.
  const int output = fcntl(plan.output, F_DUPFD, 10);
  const int faults = fcntl(plan.faults, F_DUPFD_CLOEXEC, 10);
  if (output < 0 || faults < 0) give_up(plan.faults, Step::preparing);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(output, STDERR_FILENO) < 0 || dup3(faults, faults_after_move, O_CLOEXEC) < 0)
    give_up(faults, Step::preparing);
  if (syscall(SYS_close_range, faults_after_move + 1, ~0U, 0) != 0) give_up(faults_after_move, Step::preparing);

  if (*plan.directory != '\0' && chdir(plan.directory) != 0) give_up(faults_after_move, Step::directory);
  execve(plan.program, plan.arguments.data(), plan.environment.data());
  give_up(faults_after_move, Step::program);
}

/// Forks with every signal blocked, so that none of our handlers runs in the child.
pid_t fork_into(const Plan& plan) noexcept {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = fork();
  if (child == 0) become(plan);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return child;
}

/// Waits until the child runs its program (the pipe closes) or says why not.
std::string fault_of(int descriptor, const ChildCommand& command) {
  StartFault fault{};
  ssize_t got;
  while ((got = read(descriptor, &fault, sizeof fault)) < 0 && errno == EINTR) {
  }
  if (got != static_cast<ssize_t>(sizeof fault)) return {};
  switch (fault.step) {
    case StartFault::Step::preparing:
      break;
    case StartFault::Step::directory:
      return command.directory + ": " + words_of(fault.error);
    case StartFault::Step::program:
      return command.program + ": " + words_of(fault.error);
  }
  return command.program + ": cannot be started: " + words_of(fault.error);
}

void reap(pid_t pid) noexcept {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<ChildProcess, std::string> ChildProcess::start(const ChildCommand& command) {
  const auto refused = [&](int error) { return command.program + ": cannot be started: " + words_of(error); };
  Pipe output;
  Pipe faults;
  if (!output.open() || !faults.open()) return refused(errno);
  // Only our end: the two ends are separate open files, and the child's stays as programs expect it.
  if (fcntl(output.read_end, F_SETFL, O_NONBLOCK) != 0) return refused(errno);

  Plan plan{command.program.c_str(),
            command.directory.c_str(),
            pointers(command.arguments),
            pointers(command.environment),
            output.write_end,
            faults.write_end,
            getpid()};
  plan.arguments.insert(plan.arguments.begin(), const_cast<char*>(command.program.c_str()));
  plan.arguments.push_back(nullptr);
  plan.environment.push_back(nullptr);

  ChildProcess child;
  child.pid_ = fork_into(plan);
  if (child.pid_ < 0) return refused(errno);
  Pipe::close_end(output.write_end);
  Pipe::close_end(faults.write_end);
  if (auto fault = fault_of(faults.read_end, command); !fault.empty()) return fault;
  child.exit_watch_ = static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0));
  if (child.exit_watch_ < 0) return refused(errno);
  child.output_ = std::exchange(output.read_end, -1);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      exit_watch_(std::exchange(other.exit_watch_, -1)),
      ending_(std::move(other.ending_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  close();
  pid_ = std::exchange(other.pid_, -1);
  output_ = std::exchange(other.output_, -1);
  exit_watch_ = std::exchange(other.exit_watch_, -1);
  ending_ = std::move(other.ending_);
  return *this;
}

ChildProcess::~ChildProcess() {
  close();
}

void ChildProcess::signal(int number) const noexcept {
  if (pid_ > 0 && ending_.empty()) kill(pid_, number);
}

std::string ChildProcess::ended() {
  if (pid_ <= 0 || !ending_.empty()) return ending_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return {};
  ending_ = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                : "exit status " + std::to_string(WEXITSTATUS(status));
  return ending_;
}

void ChildProcess::close() noexcept {
  if (pid_ > 0 && ending_.empty()) {
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  pid_ = -1;
  Pipe::close_end(output_);
  Pipe::close_end(exit_watch_);
}

}  // namespace portcullis::system
