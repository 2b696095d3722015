// For the tests: a real redis-server on a free port of this machine, without persistence, that goes with its owner.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "edge/net/loopback_peer.h"

namespace portcullis::net::test {

class RedisProcess {
 public:
  /// How it listens and what else it is told; PORT stands for its port.
  using Arguments = std::vector<std::string>;
  explicit RedisProcess(Arguments arguments = {"--port", "PORT"}) : arguments_(std::move(arguments)) {
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
    for (int tries = 0; tries < 20 && pid_ < 0; ++tries) {
      port_ = free_port();
      start();  // or somebody else was quicker to take the port
    }
    if (pid_ < 0) std::abort();
  }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;
  ~RedisProcess() {
    end();
    rmdir(directory_.c_str());
  }

  std::uint16_t port() const { return port_; }
  void end() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    close(output_);
  }
  /// On the same port, with nothing in it. To be called after end().
  void start() {
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0) std::abort();
    std::vector<std::string> words{"redis-server", "--save", "",          "--appendonly", "no", "--dir",
                                   directory_,     "--bind", "127.0.0.1", "--daemonize",  "no"};
    for (const std::string& word : arguments_) words.push_back(word == "PORT" ? std::to_string(port_) : word);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(output[1], STDOUT_FILENO);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(output[1]);
    std::string said;
    char piece[4096];
    for (ssize_t got; said.find("Ready to accept") == said.npos && (got = read(output[0], piece, sizeof piece)) > 0;)
      said.append(piece, static_cast<std::size_t>(got));
    output_ = output[0];  // stays open: a server that cannot log ends
    if (said.find("Ready to accept") == said.npos) {
      std::fprintf(stderr, "redis-server did not start:\n%s\n", said.c_str());
      end();
    }
  }
  void freeze() const { kill(pid_, SIGSTOP); }
  void thaw() const { kill(pid_, SIGCONT); }
  /// Says one command and returns a line of the answer: the first, or of a text the one that begins with `begin`.
  std::string say(const std::string& command, const std::string& begin = "") const {
    const Peer peer = Peer::connected_to(port_);
    peer.send_text(command + "\r\nQUIT\r\n");
    const std::string answer = "\n" + peer.until_closed();
    const bool is_text = answer.starts_with("\n$") && !answer.starts_with("\n$-1");
    const std::size_t first = is_text ? answer.find('\n', 1) : 0;
    const std::size_t found = answer.find("\n" + begin, first);
    return found == answer.npos ? std::string{} : answer.substr(found + 1, answer.find('\r', found + 1) - found - 1);
  }

 private:
  static std::uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(probe, reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
    getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length);
    close(probe);
    return ntohs(address.sin_port);
  }

  const Arguments arguments_;
  std::string directory_ = "/tmp/portcullis_redis_XXXXXX";
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int output_ = -1;
};

}  // namespace portcullis::net::test
