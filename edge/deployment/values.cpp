#include "edge/deployment/values.h"

#include <algorithm>
#include <charconv>

namespace portcullis::deployment {
namespace {

constexpr int most_depth = 12;
constexpr int most_steps = 1'000;
constexpr std::size_t most_bytes = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Where the `}` is that ends the `${` before `begin`; npos: nowhere.
std::size_t end_of_variable(std::string_view text, std::size_t begin) {
  int open = 1;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return text.npos;
}

/// "self:a, 'b'" → its alternatives; a comma within quotes, parentheses or another variable divides nothing.
std::vector<std::string_view> alternatives(std::string_view text) {
  std::vector<std::string_view> parts;
  int nested = 0;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '{') {
      ++nested;
    } else if (c == ')' || c == '}') {
      --nested;
    } else if (c == ',' && nested == 0) {
      parts.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

bool is_literal(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string joined(const Values& values, const TemplateNode& arguments) {
  if (arguments.items.size() != 2 || !arguments.items[1].is_sequence()) return "${}";
  std::string text;
  for (const TemplateNode& item : arguments.items[1].items)
    text += (&item == arguments.items[1].items.data() ? "" : arguments.items[0].text) + values.unresolved(&item);
  return text;
}

}  // namespace

struct Values::Budget {
  int depth = 0;
  int steps = 0;
};

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("${"); at != text.npos; at = text.find("${", at + 2)) {
    const std::size_t end = text.find('}', at);
    if (end == text.npos) break;
    names.emplace_back(text.substr(at + 2, end - at - 2));
  }
  return names;
}

Place Values::place(const TemplateNode& node) const {
  return file_ + ':' + std::to_string(node.line) + ':' + std::to_string(node.column);
}

const TemplateNode* Values::own_value(std::string_view path) const {
  const TemplateNode* node = &root_;
  while (node && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, dot);
    std::size_t index = 0;
    if (node->is_sequence()) {
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
      const bool inside = error == std::errc{} && end == name.data() + name.size() && index < node->items.size();
      node = inside ? &node->items[index] : nullptr;
    } else {
      node = node->find(name);
    }
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return node;
}

const TemplateNode* Values::followed(const TemplateNode* node) const {
  for (int depth = 0; node && node->is_scalar() && depth < most_depth; ++depth) {
    const std::string_view text = node->text;
    if (!text.starts_with("${self:") || end_of_variable(text, 2) != text.size() - 1) return node;
    const std::string_view first = alternatives(text.substr(2, text.size() - 3)).front();
    const TemplateNode* next = own_value(first.substr(std::string_view{"self:"}.size()));
    if (!next) return node;
    node = next;
  }
  return node;
}

// NoEcho says that a parameter is a secret: its default is not repeated.
std::optional<std::string> Values::variable(std::string_view name, Budget& budget) const {
  if (++budget.steps > most_steps || budget.depth > most_depth) return std::nullopt;
  ++budget.depth;
  std::optional<std::string> found;
  for (const std::string_view one : alternatives(name)) {
    const TemplateNode* value = nullptr;
    if (one.size() >= 2 && (one.front() == '\'' || one.front() == '"') && one.back() == one.front()) {
      found = std::string{one.substr(1, one.size() - 2)};
    } else if (is_literal(one)) {
      found = std::string{one};
    } else if (one.starts_with("${")) {
      found = substituted(std::string{one}, budget);
    } else if (one.starts_with("self:")) {
      value = own_value(one.substr(std::string_view{"self:"}.size()));
    } else {
      const TemplateNode* parameters = root_.find("Parameters");
      const TemplateNode* parameter = parameters ? parameters->find(one) : nullptr;
      const TemplateNode* secret = parameter ? parameter->find("NoEcho") : nullptr;
      if (parameter && (!secret || secret->text == "false")) value = parameter->find("Default");
    }
    if (value && (value->is_scalar() || value->find("Fn::Sub"))) found = substituted(unresolved(value), budget);
    if (found) break;
  }
  --budget.depth;
  return found;
}

std::optional<std::string> Values::substituted(const std::string& text, Budget& budget) const {
  std::string whole;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t at = text.find("${", begin);
    whole += text.substr(begin, at - begin);
    if (at == text.npos) break;
    const std::size_t end = end_of_variable(text, at + 2);
    if (end == text.npos) return std::nullopt;
    const auto value = variable(std::string_view{text}.substr(at + 2, end - at - 2), budget);
    if (!value || whole.size() + value->size() > most_bytes) return std::nullopt;
    whole += *value;
    begin = end + 1;
  }
  return whole;
}

std::string Values::unresolved(const TemplateNode* node) const {
  if (!node) return "${}";
  if (node->is_scalar()) return node->text;
  if (!node->is_mapping() || node->members.size() != 1) return "${}";
  const auto& [key, value] = node->members.front();
  if (key.text == "Ref" && value.is_scalar()) return "${" + value.text + '}';
  if (key.text == "Fn::GetAtt" && value.is_scalar()) return "${" + value.text + '}';
  if (key.text == "Fn::GetAtt" && value.items.size() == 2)
    return "${" + value.items[0].text + '.' + value.items[1].text + '}';
  if (key.text == "Fn::Sub" && value.is_scalar()) return value.text;
  if (key.text == "Fn::Sub" && !value.items.empty()) return value.items[0].text;
  if (key.text == "Fn::Join") return joined(*this, value);
  return "${}";
}

std::optional<std::string> Values::text(const TemplateNode* node) const {
  const TemplateNode* value = followed(node);
  if (!value) return std::nullopt;
  const std::string raw = unresolved(value);
  if (raw.size() > most_bytes) return std::nullopt;
  Budget budget;
  return substituted(raw, budget);
}

std::optional<std::int64_t> Values::integer(const TemplateNode* node) const {
  const auto words = text(node);
  std::int64_t value = 0;
  if (!words || words->empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(words->data(), words->data() + words->size(), value);
  if (error != std::errc{} || end != words->data() + words->size()) return std::nullopt;
  return value;
}

std::string Values::reference(const TemplateNode* node) const {
  const std::string raw = unresolved(node);
  if (!raw.starts_with("${") || raw.find('}') != raw.size() - 1) return {};
  const std::string name = raw.substr(2, raw.size() - 3);
  return name.substr(0, name.find('.'));
}

std::vector<std::string> Values::mentioned(const TemplateNode* node) const {
  std::vector<std::string> names;
  for (const std::string& name : placeholders(unresolved(node))) names.push_back(name.substr(0, name.find('.')));
  return names;
}

}  // namespace portcullis::deployment
