// portcullis explain: decisions that were made elsewhere, in words. A log line alone is enough; no token is needed,
// and none is ever shown.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "doors/cli/commands.h"
#include "doors/cli/foreign_text.h"
#include "doors/cli/likely_cause.h"
#include "doors/cli/lines.h"
#include "doors/cli/output.h"
#include "doors/cli/recorded_decision.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

std::string page_of_reason(Reason reason) {
  return "docs/reasons.md#" + std::string{facts(reason).code};
}

std::string page_of_symptom(const LikelyCause& cause) {
  return cause.symptom.empty() ? "" : "docs/troubleshooting.md#" + std::string{cause.symptom};
}

std::string verdict(const RecordedDecision& decision) {
  if (decision.reason == Reason::ok) return "allowed";
  const std::string verdict = facts(decision.reason).status >= 500 ? "could not decide" : "refused";
  return decision.mode == Mode::report ? "let through by mode: report, else " + verdict : verdict;
}

std::string missing_of(const RecordedDecision& decision) {
  std::string list;
  for (const std::string& one : decision.missing) list += (list.empty() ? "" : ", ") + shown(one);
  return list;
}

std::string in_words(const RecordedDecision& decision, std::size_t number) {
  const ReasonFacts& reason = facts(decision.reason);
  const LikelyCause cause = likely_cause(decision.reason, decision.detail);
  std::string text = "line " + std::to_string(number) + ": " + verdict(decision) + ": " + std::string{reason.code} +
                     " (" + std::to_string(reason.status) + ")\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty())
      text += "  " + std::string{name} + std::string(13 - name.size(), ' ') + std::string{value} + '\n';
  };
  add("happened", reason.sentence);
  add("detail", shown(decision.detail));
  add("rule", shown(decision.route));
  add("missing", missing_of(decision));
  add("most likely", cause.likely);
  add("check", cause.check);
  add("do", cause.act);
  add("see", page_of_reason(decision.reason));
  add("", page_of_symptom(cause));
  return text;
}

std::string in_json(const RecordedDecision& decision, std::size_t number) {
  const ReasonFacts& reason = facts(decision.reason);
  const LikelyCause cause = likely_cause(decision.reason, decision.detail);
  const auto text = [](std::string_view value) {
    return value.empty() ? std::nullopt : std::optional<std::string_view>{value};
  };
  JsonWriter json;
  json.begin_object().key("line").integer(static_cast<std::int64_t>(number)).key("reason").string(reason.code);
  json.key("status").integer(reason.status).key("enforced").boolean(decision.mode == Mode::enforce);
  json.key("happened").string(reason.sentence);
  json.key("detail").string(shown(decision.detail)).key("route").string_or_null(text(shown(decision.route)));
  json.key("missing").begin_array();
  for (const std::string& one : decision.missing) json.string(shown(one));
  json.end_array().key("likely").string_or_null(text(cause.likely)).key("check").string_or_null(text(cause.check));
  json.key("do").string_or_null(text(cause.act)).key("see").begin_array().string(page_of_reason(decision.reason));
  if (const std::string symptom = page_of_symptom(cause); !symptom.empty()) json.string(symptom);
  json.end_array().end_object();
  return std::move(json).text() + '\n';
}

struct Tally {
  std::size_t explained = 0, unreadable = 0;
};

void tell_unreadable(Format format, std::size_t number, std::string_view why, Tally& tally) {
  ++tally.unreadable;
  if (format == Format::json) {
    print_line(error_line(number, why));
  } else {
    (void)complain("line " + std::to_string(number) + ": " + std::string{why});
  }
}

void explain_line(const std::string& line, std::size_t number, Format format, Tally& tally) {
  if (line.find_first_not_of(" \t\r") == line.npos) return;
  const auto read = read_decision(line);
  if (!read) return tell_unreadable(format, number, read.error(), tally);
  if (!*read) return;  // a log has other lines too
  ++tally.explained;
  print(format == Format::json ? in_json(**read, number) : in_words(**read, number));
}

int explain_all(int descriptor, const std::string& name, Format format) {
  Lines lines{descriptor};
  std::string line;
  Tally tally;
  for (std::size_t number = 1;; ++number) {
    switch (lines.next(line)) {
      case Lines::Kind::line:
        explain_line(line, number, format, tally);
        break;
      case Lines::Kind::too_long:
        tell_unreadable(format, number, line_too_long, tally);
        break;
      case Lines::Kind::failed:
        return complain(name + ": " + std::strerror(errno));
      case Lines::Kind::end:
        if (tally.explained + tally.unreadable == 0) return complain(name + ": no decision in it");
        return tally.unreadable == 0 ? exit_fine : exit_usage;
    }
  }
}

}  // namespace

int explain(const ExplainOptions& options) {
  if (options.input == "-") return explain_all(STDIN_FILENO, "standard input", options.format);
  const int file = open(options.input.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return complain(shown(options.input) + ": " + std::strerror(errno));
  const int code = explain_all(file, shown(options.input), options.format);
  close(file);
  return code;
}

}  // namespace portcullis::cli
