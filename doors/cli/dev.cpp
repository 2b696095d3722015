// portcullis dev: becomes the local world, which is a program of its own and in no production package.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "doors/cli/commands.h"
#include "doors/cli/output.h"

namespace portcullis::cli {

int dev(const std::vector<std::string>& arguments) {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) return complain("cannot find out where this program lies");
  std::string program{path.data(), static_cast<std::size_t>(length)};
  program.replace(program.rfind('/') + 1, std::string::npos, "portcullis-dev");
  std::vector<std::string> owned{program};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : owned) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  return complain(program + ": " + std::strerror(errno) +
                  ". The local world is a separate program, built by: make build");
}

}  // namespace portcullis::cli
