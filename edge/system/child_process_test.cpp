#include "edge/system/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace portcullis::system {
namespace {

constexpr int patience_milliseconds = 20'000;

bool becomes_readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, patience_milliseconds) == 1;
}

std::string all_output(const ChildProcess& child) {
  std::string text;
  char piece[4096];
  while (becomes_readable(child.output())) {
    const ssize_t got = read(child.output(), piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}

ChildCommand shell(std::string script) {
  return {"/bin/sh", {"-c", std::move(script)}, {}, "/"};
}

std::string output_of(std::string script) {
  auto child = ChildProcess::start(shell(std::move(script)));
  return child ? all_output(*child) : child.error();
}

TEST(ChildProcess, GivesItsOutputItsErrorsAndItsEnd) {
  auto child = ChildProcess::start(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(child) << child.error();
  EXPECT_EQ(all_output(*child), "out\nerr\n");
  ASSERT_TRUE(becomes_readable(child->exit_watch()));
  EXPECT_EQ(child->ended(), "exit status 3");
  EXPECT_EQ(child->ended(), "exit status 3");
  child->signal(SIGKILL);  // harmless: the pid may be another's by now
}

TEST(ChildProcess, HasTheGivenArgumentsEnvironmentAndDirectoryAndNothingElse) {
  setenv("PORTCULLIS_TEST_LEAK", "1", 1);
  auto child = ChildProcess::start({"/usr/bin/env", {}, {"A=1", "B=x y"}, "/"});
  ASSERT_TRUE(child) << child.error();
  EXPECT_EQ(all_output(*child), "A=1\nB=x y\n");
  auto place = ChildProcess::start({"/bin/pwd", {}, {}, "/usr"});
  ASSERT_TRUE(place) << place.error();
  EXPECT_EQ(all_output(*place), "/usr\n");
  EXPECT_EQ(output_of("read line; echo \"$?\""), "1\n");  // nothing on standard input
}

TEST(ChildProcess, InheritsNoDescriptorAndNoSignalSetting) {
  const int leak = dup(STDERR_FILENO);  // without O_CLOEXEC
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto old = signal(SIGPIPE, SIG_IGN);
  const auto descriptors = output_of("ls /proc/$$/fd");
  // Of a program started directly: a shell blocks signals itself while it starts one.
  auto reader = ChildProcess::start({"/bin/grep", {"-E", "Sig(Blk|Ign)", "/proc/self/status"}, {}, "/"});
  const auto signals = reader ? all_output(*reader) : reader.error();
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(leak);
  EXPECT_EQ(descriptors, "0\n1\n2\n");
  EXPECT_EQ(signals, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(ChildProcess, SaysWhyItCannotStart) {
  struct Row {
    const char* why;
    ChildCommand command;
    const char* error;
  };
  for (const Row& row : {
           Row{"no such program", {"/no/such", {}, {}, "/"}, "/no/such: No such file or directory"},
           Row{"not executable", {"/etc/passwd", {}, {}, "/"}, "/etc/passwd: Permission denied"},
           Row{"no such directory", {"/bin/true", {}, {}, "/nowhere"}, "/nowhere: No such file or directory"},
       }) {
    SCOPED_TRACE(row.why);
    const auto child = ChildProcess::start(row.command);
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error(), row.error);
  }
}

TEST(ChildProcess, TakesSignals) {
  auto child = ChildProcess::start(shell("exec sleep 1000"));
  ASSERT_TRUE(child) << child.error();
  EXPECT_EQ(child->ended(), "");
  child->signal(SIGTERM);
  ASSERT_TRUE(becomes_readable(child->exit_watch()));
  EXPECT_EQ(child->ended(), "signal 15");
}

TEST(ChildProcess, DiesAndIsReapedWithItsOwner) {
  pid_t pid = -1;
  {
    auto child = ChildProcess::start(shell("exec sleep 1000"));
    ASSERT_TRUE(child) << child.error();
    pid = child->pid();
    ChildProcess moved{*std::move(child)};
    EXPECT_EQ(moved.pid(), pid);
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);  // reaped: no child of ours any more
  EXPECT_EQ(errno, ECHILD);
}

TEST(ChildProcess, DoesNotOutliveAParentThatIsKilled) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const auto child = ChildProcess::start(shell("exec sleep 1000"));
    const pid_t pid = child ? child->pid() : -1;
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    for (;;) pause();
  }
  pid_t grandchild = -1;
  ASSERT_EQ(read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  const int watch = static_cast<int>(syscall(SYS_pidfd_open, grandchild, 0));
  ASSERT_GE(watch, 0);
  kill(parent, SIGKILL);
  EXPECT_TRUE(becomes_readable(watch));
  waitpid(parent, nullptr, 0);
  for (const int descriptor : {watch, ends[0], ends[1]}) close(descriptor);
}

}  // namespace
}  // namespace portcullis::system
