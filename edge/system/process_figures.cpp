#include "edge/system/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "edge/system/files.h"

namespace portcullis::system {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

double number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<double>(value);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::uint64_t open_descriptors() {
  DIR* folder = opendir("/proc/self/fd");
  if (!folder) return 0;
  std::uint64_t entries = 0;
  while (readdir(folder)) ++entries;
  closedir(folder);
  constexpr std::uint64_t not_ours = 3;  // ".", ".." and the one that reads
  return entries > not_ours ? entries - not_ours : 0;
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  figures.open_descriptors = open_descriptors();
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_descriptors = limit.rlim_cur;
  const auto text = read_file("/proc/self/stat", most_bytes);
  if (!text) return figures;
  // The name may hold anything, so what follows is counted from its end: proc(5), field 3 is the first.
  const auto fields = words_of(std::string_view{*text}.substr(std::min(text->rfind(')') + 1, text->size())));
  constexpr std::size_t first = 3, user = 14, system = 15, threads = 20, virtual_size = 23, resident = 24;
  if (fields.size() <= resident - first) return figures;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto field = [&](std::size_t index) { return number(fields[index - first]); };
  figures.cpu_seconds = (field(user) + field(system)) / ticks;
  figures.threads = static_cast<std::uint64_t>(field(threads));
  figures.virtual_bytes = static_cast<std::uint64_t>(field(virtual_size));
  figures.resident_bytes =
      static_cast<std::uint64_t>(field(resident)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return figures;
}

std::uint64_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace portcullis::system
