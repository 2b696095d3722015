#include "doors/cli/bundle_fitness.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "doors/lambda/initial_keys.h"

namespace portcullis::cli {
namespace {

constexpr std::string_view initial_keys_name = "jwks.json";
constexpr std::array<std::string_view, 3> taken_names{"bootstrap", "portcullis.yaml", "ca.pem"};

std::string inside_name(const std::string& path) {
  return std::filesystem::path{path}.lexically_normal().string();
}

std::string fault_of_file(const std::string& path) {
  const std::string name = inside_name(path);
  if (path.starts_with('/') || name.starts_with("../"))
    return "only files in the configuration's own folder are packed: move it there and write its relative path";
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  if (!plain) return "a file that is packed has no control characters in its name";
  if (std::find(taken_names.begin(), taken_names.end(), name) != taken_names.end())
    return name + " is another file's name in the bundle: rename it";
  return {};
}

}  // namespace

std::vector<RuleProblem> faults_for_bundle(const config::Config& config) {
  std::vector<RuleProblem> faults;
  if (config.purpose == config::Purpose::development)
    faults.push_back({config.file,
                      "development (here, or as PORTCULLIS_DEVELOPMENT=1) is for the local world and is never "
                      "deployed: remove it, and every http issuer"});
  for (const config::NamedFile& secret : config.secret_files)
    faults.push_back({secret.place,
                      "a secret's file is never packed: write env:NAME instead, and set the variable where the "
                      "function runs"});
  for (const config::NamedFile& file : config.key_files)
    if (std::string fault = fault_of_file(file.path); !fault.empty()) faults.push_back({file.place, std::move(fault)});
  return faults;
}

std::vector<std::string> files_to_pack(const config::Config& config) {
  std::vector<std::string> names;
  for (const config::NamedFile& file : config.key_files) names.push_back(inside_name(file.path));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<RuleProblem> faults_of_initial_keys(const std::string& file, const config::Config& config,
                                                const Authorizer& authorizer, Now now) {
  std::vector<RuleProblem> faults;
  for (const config::NamedFile& named : config.key_files)
    if (inside_name(named.path) == initial_keys_name)
      faults.push_back({named.place, "jwks.json is the initial keys' name in the bundle: rename it"});
  if (access(file.c_str(), F_OK) != 0) {
    faults.push_back({file, "there is no such file"});
    return faults;
  }
  const auto adopted = lambda::adopt_initial_keys(file, authorizer, now);
  if (!adopted) {
    faults.push_back({file, "no JSON: " + adopted.error()});
    return faults;
  }
  for (const std::string& sentence : adopted->ignored) faults.push_back({file, sentence});
  return faults;
}

}  // namespace portcullis::cli
