// Reads values out of a YAML tree and collects every problem with its place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/config/config.h"
#include "edge/config/shape.h"
#include "edge/config/yaml_tree.h"

namespace portcullis::config {

class Reader {
 public:
  Reader(std::string file, const Environment& environment) : file_(std::move(file)), environment_(environment) {}

  std::string place(const YamlNode& node) const;
  void fault(const YamlNode& node, std::string message);
  void note(const YamlNode& node, std::string message);

  /// Faults for every key that the shape does not have, with the nearest one that it has, and for every
  /// mandatory one that is missing.
  void check_keys(const YamlNode& mapping, const Shape& shape);
  /// The same for a mapping without a shape.
  void check_keys(const YamlNode& mapping, std::span<const std::string_view> known);
  bool is_mapping(const YamlNode& node, std::string_view what);
  /// The same, with the keys that are possible in the fault.
  bool is_mapping(const YamlNode& node, std::string_view what, const Shape& shape);

  /// The text of a scalar that is not empty; `env:NAME` stands for that variable's value.
  std::optional<std::string> text(const YamlNode& node);
  /// One text or a list of texts; at least one.
  std::vector<std::string> texts(const YamlNode& node);
  /// A secret: env:NAME or file:PATH, never a literal. Errors quote nothing.
  std::optional<std::string> secret(const YamlNode& node);
  /// Within the key's range.
  std::optional<std::chrono::seconds> duration(const YamlNode& node, const Key& key);
  /// A whole number within the key's range.
  std::optional<std::int64_t> integer(const YamlNode& node, const Key& key);
  /// true or false.
  std::optional<bool> boolean(const YamlNode& node);
  /// One of the words; its index.
  std::optional<std::size_t> word(const YamlNode& node, std::span<const std::string_view> words);
  /// An absolute https URL without query, as clients write it in front of a route's path; without the last slash.
  std::optional<std::string> base_url(const YamlNode& node, Purpose purpose);
  /// A file named in the configuration, relative to the configuration's own directory.
  std::optional<std::string> file_content(const YamlNode& node, std::size_t most);

  std::vector<RuleProblem> problems;
  std::vector<RuleProblem> notes;
  std::vector<NamedFile> files;         // that file_content() read
  std::vector<NamedFile> secret_files;  // that secret() read

 private:
  std::string beside(const std::string& path) const;
  std::string file_;
  const Environment& environment_;
};

}  // namespace portcullis::config
