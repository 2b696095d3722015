#include "edge/config/reader.h"

#include <charconv>

#include "edge/config/values.h"
#include "edge/system/files.h"

namespace portcullis::config {
namespace {

constexpr std::size_t most_secret_bytes = 16 * 1024;

std::string words_of(std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string{word};
  return list;
}

std::string with_suggestion(const std::string& message, std::string_view word,
                            std::span<const std::string_view> known) {
  const std::string suggestion = nearest(word, known);
  return message + (suggestion.empty() ? "; possible: " + words_of(known) : "; did you mean '" + suggestion + "'?");
}

std::vector<std::string_view> names_of(const Shape& shape) {
  std::vector<std::string_view> names;
  for (const Key& key : shape.keys) names.push_back(key.name);
  return names;
}

// As it would be written: the largest unit of which there are at least two.
std::string in_words(std::chrono::seconds duration) {
  const auto count = duration.count();
  if (count >= 2 * 86400 && count % 86400 == 0) return std::to_string(count / 86400) + 'd';
  if (count >= 2 * 3600 && count % 3600 == 0) return std::to_string(count / 3600) + 'h';
  if (count >= 2 * 60 && count % 60 == 0) return std::to_string(count / 60) + 'm';
  return std::to_string(count) + 's';
}

}  // namespace

std::string Reader::place(const YamlNode& node) const {
  return file_ + ':' + std::to_string(node.line) + ':' + std::to_string(node.column);
}
void Reader::fault(const YamlNode& node, std::string message) {
  problems.push_back({place(node), std::move(message)});
}
void Reader::note(const YamlNode& node, std::string message) {
  notes.push_back({place(node), std::move(message)});
}

void Reader::check_keys(const YamlNode& mapping, std::span<const std::string_view> known) {
  for (const auto& [key, value] : mapping.members) {
    bool found = false;
    for (const std::string_view name : known) found = found || name == key.text;
    if (!found) fault(key, with_suggestion("unknown key '" + key.text.substr(0, 64) + "'", key.text, known));
  }
}

void Reader::check_keys(const YamlNode& mapping, const Shape& shape) {
  check_keys(mapping, names_of(shape));
  for (const Key& key : shape.keys)
    if (!key.mandatory.empty() && !mapping.find(key.name))
      fault(mapping, "'" + std::string{key.name} + "' is missing: " + std::string{key.mandatory});
}

bool Reader::is_mapping(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::mapping) return true;
  fault(node, std::string{what} + " is a mapping of keys to values");
  return false;
}

bool Reader::is_mapping(const YamlNode& node, std::string_view what, const Shape& shape) {
  if (node.kind == YamlNode::Kind::mapping) return true;
  fault(node, std::string{what} + " is a mapping of keys to values; its keys: " + words_of(names_of(shape)));
  return false;
}

std::optional<std::string> Reader::text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) {
    fault(node, "one value is expected here, not a list or a mapping");
    return std::nullopt;
  }
  if (node.text.empty()) {
    fault(node, "the value is empty; write one, or leave the key out");
    return std::nullopt;
  }
  if (!node.text.starts_with("env:")) return node.text;
  const std::string name = node.text.substr(4);
  const auto variable = environment_.find(name);
  if (variable != environment_.end() && !variable->second.empty()) return variable->second;
  fault(node, "the environment variable " + name + " is not set, or empty; set it");
  return std::nullopt;
}

std::vector<std::string> Reader::texts(const YamlNode& node) {
  std::vector<std::string> list;
  if (node.kind == YamlNode::Kind::sequence) {
    if (node.items.empty()) fault(node, "the list is empty; write at least one");
    for (const YamlNode& item : node.items)
      if (auto one = text(item)) list.push_back(*std::move(one));
  } else if (auto one = text(node)) {
    list.push_back(*std::move(one));
  }
  return list;
}

std::optional<std::string> Reader::secret(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar && node.text.starts_with("env:")) return text(node);
  if (node.kind != YamlNode::Kind::scalar || !node.text.starts_with("file:") || node.text.size() == 5) {
    fault(node, "a secret is written env:NAME or file:PATH, never as a literal");
    return std::nullopt;
  }
  auto content = system::read_file(beside(node.text.substr(5)), most_secret_bytes);
  if (!content) {
    fault(node, content.error().message);
    return std::nullopt;
  }
  secret_files.push_back({place(node), node.text.substr(5)});
  std::string bytes = *std::move(content);
  if (bytes.ends_with('\n')) bytes.pop_back();  // the line end an editor adds is no part of a secret
  return bytes;
}

std::optional<std::chrono::seconds> Reader::duration(const YamlNode& node, const Key& key) {
  const auto written = text(node);
  if (!written) return std::nullopt;
  const auto value = parse_duration(*written);
  if (!value) {
    fault(node, "'" + written->substr(0, 64) + "' is not a duration like 30s, 5m or 24h");
  } else if (*value < key.least || *value > key.most) {
    fault(node, "'" + written->substr(0, 64) + "' is not from " + in_words(key.least) + " to " + in_words(key.most));
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Reader::integer(const YamlNode& node, const Key& key) {
  const auto written = text(node);
  if (!written) return std::nullopt;
  std::int64_t value = 0;
  const char* last = written->data() + written->size();
  const auto [end, error] = std::from_chars(written->data(), last, value);
  if (written->find_first_not_of("0123456789") != written->npos) {
    fault(node, "'" + written->substr(0, 64) + "' is not a whole number, written in digits");
  } else if (error != std::errc{} || end != last || value < key.lowest || value > key.highest) {
    fault(node, "'" + written->substr(0, 64) + "' is not from " + std::to_string(key.lowest) + " to " +
                    std::to_string(key.highest));
  } else {
    return value;
  }
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const YamlNode& node) {
  static constexpr std::string_view words[] = {"false", "true"};
  const auto index = word(node, words);
  return index ? std::optional<bool>{*index == 1} : std::nullopt;
}

std::optional<std::size_t> Reader::word(const YamlNode& node, std::span<const std::string_view> words) {
  const auto written = text(node);
  if (!written) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == *written) return i;
  fault(node, with_suggestion("'" + written->substr(0, 64) + "' is not known here", *written, words));
  return std::nullopt;
}

std::optional<std::string> Reader::base_url(const YamlNode& node, Purpose purpose) {
  auto url = text(node);
  if (!url) return std::nullopt;
  if (!fault_of_key_url(*url, purpose).empty() || url->find_first_of("?# ") != url->npos) {
    fault(node,
          "'public_base_url' is an absolute https URL without query: what stands in front of the route's "
          "path");
    return std::nullopt;
  }
  while (url->ends_with('/')) url->pop_back();
  return url;
}

std::string Reader::beside(const std::string& path) const {
  const std::size_t slash = file_.rfind('/');
  if (path.starts_with('/') || slash == file_.npos) return path;
  return file_.substr(0, slash + 1) + path;
}

std::optional<std::string> Reader::file_content(const YamlNode& node, std::size_t most) {
  const auto name = text(node);
  if (!name) return std::nullopt;
  auto content = system::read_file(beside(*name), most);
  if (content) files.push_back({place(node), *name});
  if (content) return *std::move(content);
  fault(node, content.error().message);
  return std::nullopt;
}

}  // namespace portcullis::config
