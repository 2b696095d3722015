#include "doors/cli/expectations.h"

#include <array>

#include "doors/cli/instant.h"
#include "edge/config/reader.h"
#include "edge/system/files.h"

namespace portcullis::cli {
namespace {

using config::Reader;
using config::YamlNode;

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::array<std::string_view, 1> top_keys{"expectations"};
constexpr std::array<std::string_view, 5> expectation_keys{"request", "token", "headers", "at", "expect"};

// "allow", then every reason.
std::vector<std::string_view> outcome_words() {
  std::vector<std::string_view> words{"allow"};
  for (const ReasonFacts& row : reasons) words.push_back(row.code);
  return words;
}

void read_request(Reader& reader, const YamlNode& node, Expectation& expectation) {
  const YamlNode* request = node.find("request");
  if (!request) return reader.fault(node, "'request' is missing: a method and a path, \"GET /orders/1\"");
  const auto line = reader.text(*request);
  if (!line) return;
  auto read = request_of_line(*line);
  if (!read) return reader.fault(*request, "a request is a method, one blank and a path: \"GET /orders/1\"");
  expectation.request = *std::move(read);
  expectation.line = *line;
}

void read_headers(Reader& reader, const YamlNode& node, Expectation& expectation) {
  if (const YamlNode* token = node.find("token"))
    if (const auto text = reader.secret(*token))
      expectation.request.fields.emplace_back("Authorization", "Bearer " + *text);
  const YamlNode* headers = node.find("headers");
  if (!headers || !reader.is_mapping(*headers, "'headers'")) return;
  for (const auto& [name, value] : headers->members)
    for (std::string& text : reader.texts(value)) expectation.request.fields.emplace_back(name.text, std::move(text));
}

void read_expected(Reader& reader, const YamlNode& node, Expectation& expectation) {
  const YamlNode* expect = node.find("expect");
  if (!expect) return reader.fault(node, "'expect' is missing: allow, or the code of a reason");
  const auto index = reader.word(*expect, outcome_words());
  if (index && *index > 0) expectation.reason = reasons[*index - 1].reason;
}

void read_clock(Reader& reader, const YamlNode& node, Expectation& expectation) {
  const YamlNode* at = node.find("at");
  if (!at) return;
  const auto text = reader.text(*at);
  expectation.at = text ? parse_instant(*text) : std::nullopt;
  if (text && !expectation.at) reader.fault(*at, "neither Unix seconds nor RFC 3339, like 2026-01-01T00:00:00Z");
}

Expectation read_one(Reader& reader, const YamlNode& node) {
  Expectation expectation;
  expectation.place = reader.place(node);
  if (!reader.is_mapping(node, "an expectation")) return expectation;
  reader.check_keys(node, expectation_keys);
  read_request(reader, node, expectation);
  read_headers(reader, node, expectation);
  read_clock(reader, node, expectation);
  read_expected(reader, node, expectation);
  return expectation;
}

}  // namespace

Result<std::vector<Expectation>, std::vector<RuleProblem>> read_expectations(const std::string& file,
                                                                             const config::Environment& environment) {
  const auto text = system::read_file(file, most_bytes);
  if (!text) return std::vector<RuleProblem>{{{}, text.error().message}};
  const auto root = config::parse_yaml(file, *text);
  if (!root) return root.error();
  Reader reader{file, environment};
  reader.check_keys(*root, top_keys);
  const YamlNode* list = root->find("expectations");
  if (!list || list->kind != YamlNode::Kind::sequence || list->items.empty())
    reader.fault(list ? *list : *root, "'expectations' is a list with at least one entry");
  std::vector<Expectation> expectations;
  if (reader.problems.empty())
    for (const YamlNode& item : list->items) expectations.push_back(read_one(reader, item));
  if (!reader.problems.empty()) return reader.problems;
  return expectations;
}

}  // namespace portcullis::cli
