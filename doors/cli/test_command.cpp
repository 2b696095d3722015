// portcullis test: files of requests and expected decisions, judged by the configuration.
#include "doors/cli/commands.h"
#include "doors/cli/expectations.h"
#include "doors/cli/instant.h"
#include "doors/cli/output.h"
#include "doors/cli/session.h"
#include "doors/log/decision_log.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

struct Outcomes {
  std::size_t passed = 0, failed = 0;
  std::string words;
  JsonWriter json;
};

std::string_view expected_word(const Expectation& expectation) {
  return expectation.reason ? facts(*expectation.reason).code : "allow";
}

Decision judge(Session& session, Expectation& expectation) {
  session.set_instant(expectation.at ? std::optional{at(*expectation.at)} : std::nullopt);
  Settled settled = session.settle(session.authorizer().begin(expectation.request.view(), session.now()));
  session.run(settled.after);
  return std::move(settled.decision);
}

void note(const Expectation& expectation, const Decision& decision, Outcomes& outcomes) {
  const bool met = expectation.is_met_by(decision);
  ++(met ? outcomes.passed : outcomes.failed);
  const ReasonFacts& reason = facts(decision.reason);
  if (!met)
    outcomes.words += expectation.place + ": " + expectation.line + ": expected " +
                      std::string{expected_word(expectation)} + ", got " + std::string{reason.code} + " (" +
                      std::to_string(reason.status) + "): " + std::string{decision.explanation()} + '\n';
  JsonWriter& json = outcomes.json;
  json.begin_object().key("place").string(expectation.place).key("request").string(expectation.line);
  json.key("expected").string(expected_word(expectation)).key("passed").boolean(met);
  json.key("outcome").string(word_of(decision.outcome)).key("status").integer(reason.status);
  json.key("reason").string(reason.code).key("detail").string(decision.explanation()).end_object();
}

std::optional<std::vector<Expectation>> read_all(const TestOptions& options) {
  const config::Environment environment = config::read_environment();
  std::vector<Expectation> all;
  bool good = true;
  for (const std::string& file : options.files) {
    auto read = read_expectations(file, environment);
    if (!read) {
      (void)complain(read.error());
      good = false;
      continue;
    }
    for (Expectation& expectation : *read) all.push_back(std::move(expectation));
  }
  return good ? std::optional{std::move(all)} : std::nullopt;
}

}  // namespace

int test(const TestOptions& options) {
  auto expectations = read_all(options);
  if (!expectations) return exit_usage;
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
  Outcomes outcomes;
  outcomes.json.begin_object().key("results").begin_array();
  for (Expectation& expectation : *expectations) note(expectation, judge(*session, expectation), outcomes);
  outcomes.json.end_array().key("passed").integer(static_cast<std::int64_t>(outcomes.passed));
  outcomes.json.key("failed").integer(static_cast<std::int64_t>(outcomes.failed)).end_object();
  const std::string summary =
      std::to_string(outcomes.passed) + " passed, " + std::to_string(outcomes.failed) + " failed";
  print_line(options.common.format == Format::json ? outcomes.json.text() : outcomes.words + summary);
  return outcomes.failed == 0 ? exit_fine : exit_denied;
}

}  // namespace portcullis::cli
