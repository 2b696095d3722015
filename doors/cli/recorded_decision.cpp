#include "doors/cli/recorded_decision.h"

#include "doors/cli/lines.h"
#include "doors/lambda/event.h"
#include "portcullis/json.h"

namespace portcullis::cli {
namespace {

constexpr JsonLimits record_limits{
    .bytes = most_line_bytes, .depth = lambda::event_limits.depth + 1, .members = 1024, .items = 1024};

std::string text_in(const Json& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string{member ? member->string().value_or("") : ""};
}

std::vector<std::string> missing_in(const Json& object) {
  std::vector<std::string> missing;
  if (const auto list = object.find("missing"))
    for (const Json item : *list)
      if (item.string()) missing.emplace_back(*item.string());
  return missing;
}

// verify judges a token and no route, so its JSON has no such member.
Mode mode_in(const Json& object) {
  const auto enforced = object.find("enforced");
  return !enforced || enforced->boolean().value_or(true) ? Mode::enforce : Mode::report;
}

bool is_other_log_line(const Json& object) {
  const auto message = object.find("msg");
  return message && message->string() && *message->string() != "decision";
}

// What /decisions answers is a document of many lines: {"decisions":[ on the first, then one decision a line, with a
// comma behind it, or ]} behind the last.
constexpr std::string_view beginning_of_ring = "{\"decisions\":[";

bool is_without_decision(std::string_view line) {
  return line == beginning_of_ring || line == "{\"decisions\":[]}";
}

std::string_view without_ending_of_ring(std::string_view line) {
  for (const std::string_view ending : {",", "]}"})
    if (line.ends_with(ending)) return line.substr(0, line.size() - ending.size());
  return line;
}

Result<JsonDocument> parse_record(std::string_view line) {
  auto document = JsonDocument::parse(line, record_limits);
  if (document) return document;
  auto of_ring = JsonDocument::parse(without_ending_of_ring(line), record_limits);
  return of_ring ? std::move(of_ring) : std::move(document);
}

}  // namespace

Result<std::optional<RecordedDecision>, std::string> read_decision(std::string_view line) {
  const std::size_t brace = line.find('{');
  if (brace == line.npos) return std::string{"no JSON object, so no decision"};
  line = line.substr(brace, line.find_last_not_of(" \t\r\n") + 1 - brace);
  if (is_without_decision(line)) return std::optional<RecordedDecision>{};
  const auto document = parse_record(line);
  if (!document) return "not JSON: " + document.error().detail;
  const Json object = document->root();
  if (is_other_log_line(object)) return std::optional<RecordedDecision>{};
  const auto code = object.find("reason");
  if (!code || !code->string())
    return std::string{
        "no decision: it has no \"reason\". A decision line of the log has one, and the JSON of verify and "
        "decide"};
  const auto reason = reason_with_code(*code->string());
  if (!reason) return std::string{"its \"reason\" is none that this version knows (docs/reasons.md)"};
  return std::optional{RecordedDecision{*reason, text_in(object, "detail"), text_in(object, "route"),
                                        missing_in(object), mode_in(object)}};
}

}  // namespace portcullis::cli
