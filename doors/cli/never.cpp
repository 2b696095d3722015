#include "doors/cli/never.h"

#include "core/access/requirement.h"
#include "core/token/printable.h"
#include "doors/cli/never_statement.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t most_shown = 4096;  // a whole statement
constexpr std::size_t most_listed = 8;    // rules of a proof

std::string route_of(std::optional<RouteIndex> rule, const Rules& rules) {
  return rule ? rules.routes[*rule].route : "default";
}

std::string list_of(const std::vector<std::optional<RouteIndex>>& answers, const Rules& rules) {
  std::string list;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i == most_listed) return list + " and " + std::to_string(answers.size() - i) + " more";
    list += (list.empty() ? "" : ", ") + route_of(answers[i], rules);
  }
  return list;
}

std::string access_of(std::optional<RouteIndex> rule, const Rules& rules) {
  if (!rule) return rules.fallback == DefaultAccess::deny ? "deny" : "authenticated";
  const RouteRule& route = rules.routes[*rule];
  return text_of(route.access) + (route.mode == Mode::report ? ", mode: report" : "");
}

std::string request_line(const SampleRequest& request) {
  return request.method.empty() ? request.path : request.method + ' ' + request.path;
}

}  // namespace

NeverAnswers answer_statements(const std::vector<std::string>& statements, const Rules& rules, WallTime now) {
  NeverAnswers answers{{}, {}, {}, std::chrono::floor<std::chrono::seconds>(now)};
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const auto place = [&](std::size_t column) {
      return "--never:" + std::to_string(i + 1) + ':' + std::to_string(column);
    };
    const auto statement = parse_statement(statements[i]);
    if (!statement) {
      answers.errors.push_back({place(statement.error().column), statement.error().message});
      continue;
    }
    auto answer = prove_never(rules, *statement, answers.now);
    if (!answer) {
      answers.errors.push_back({place(1), answer.error()});
      continue;
    }
    const auto* proof = std::get_if<Proof>(&*answer);
    if (proof && !rules.routes.empty() && proof->answers == std::vector<std::optional<RouteIndex>>{std::nullopt})
      answers.warnings.push_back({place(1), "no rule lists such a request; it never happens because of the default"});
    answers.answered.push_back({statements[i], *std::move(answer)});
  }
  return answers;
}

std::string in_words(const Answered& answered, const Rules& rules) {
  const std::string statement = printable(answered.statement, most_shown);
  if (const auto* proof = std::get_if<Proof>(&answered.answer)) {
    return "proved   never " + statement + "   [" + list_of(proof->answers, rules) + "]\n";
  }
  const auto& found = std::get<CounterExample>(answered.answer);
  const Place place = found.rule ? rules.routes[*found.rule].place : Place{};
  return "counter-example   " + statement + "\n         " + request_line(found.request) +
         (found.caller ? " by a caller with " + found.caller->telling : std::string{" by anybody, without a token"}) +
         "\n         is allowed by " + route_of(found.rule, rules) + "   " + access_of(found.rule, rules) +
         (place.empty() ? "" : "   " + place) + '\n';
}

void write_answers(JsonWriter& json, const NeverAnswers& answers, const Rules& rules) {
  json.begin_array();
  for (const Answered& answered : answers.answered) {
    json.begin_object().key("statement").string(answered.statement).key("proved").boolean(answered.proved());
    json.key("counter_example");
    if (const auto* found = std::get_if<CounterExample>(&answered.answer)) {
      const Place place = found->rule ? rules.routes[*found->rule].place : Place{};
      json.begin_object().key("request").begin_object();
      json.key("method").string(found->request.method).key("path").string(found->request.path).end_object();
      json.key("claims");
      if (found->caller) {
        json.raw(found->caller->claims);
      } else {
        json.null();
      }
      json.key("at").integer(answers.now.time_since_epoch().count());
      json.key("route").string(route_of(found->rule, rules)).key("access").string(access_of(found->rule, rules));
      json.key("place").string_or_null(place.empty() ? std::nullopt : std::optional<std::string_view>{place});
      json.end_object();
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace portcullis::cli
