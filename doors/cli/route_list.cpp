// portcullis decide --list: every route as one caller sees it.
#include "core/access/requirement.h"
#include "core/token/printable.h"
#include "doors/cli/commands.h"
#include "doors/cli/explanation.h"
#include "doors/cli/output.h"
#include "doors/cli/session.h"
#include "doors/log/decision_log.h"
#include "portcullis/json_writer.h"

namespace portcullis::cli {
namespace {

constexpr std::size_t longest_shown_subject = 255;

struct Row {
  std::string route, access;
  Place place;
  Reason reason;
  std::string detail;
};

struct RouteList {
  std::optional<Decision> caller;  // nothing: no token was given
  std::vector<Row> rows;
  Row unlisted;

  bool refused() const { return caller && caller->outcome != Outcome::allow; }
};

Outcome outcome_of(Reason reason) {
  if (reason == Reason::ok) return Outcome::allow;
  return facts(reason).status >= 500 ? Outcome::undecided : Outcome::deny;
}

// Where a token is needed, a refused one is answered with its own fault, as a request with it is.
void put_fault_of_token(const RouteList& list, Row& row) {
  if (!list.refused() || row.reason != Reason::no_credentials) return;
  row.reason = list.caller->reason;
  row.detail = "the token is refused";
  if (list.caller->outcome == Outcome::undecided) row.detail = "the token could not be judged";
}

Row unlisted_of(const Grants& grants) {
  const bool deny = grants.fallback == DefaultAccess::deny;
  Row row{"default", deny ? "deny" : "authenticated", {}, grants.fallback_reason, {}};
  if (row.reason == Reason::no_route) row.detail = "no rule lists the route";
  if (row.reason == Reason::no_credentials) row.detail = "needs a token";
  return row;
}

RouteList list_for(const Authorizer& authorizer, std::optional<Decision> caller) {
  const Grants grants = authorizer.grants(caller ? caller->token : std::nullopt);
  RouteList list{std::move(caller), {}, unlisted_of(grants)};
  for (const Grant& grant : grants.routes)
    list.rows.push_back({grant.route, text_of(grant.access), grant.place, grant.reason, grant.detail});
  for (Row& row : list.rows) put_fault_of_token(list, row);
  put_fault_of_token(list, list.unlisted);
  return list;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string_view verdict_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow:
      return "allowed";
    case Outcome::deny:
      return "denied";
    case Outcome::undecided:
      return "undecided";
  }
  return "undecided";
}

std::string in_words(const Row& row, std::size_t width) {
  std::string text = padded(std::string{verdict_of(outcome_of(row.reason))}, 11) + padded(row.route, width) + "   " +
                     row.access + (row.place.empty() ? "" : "   " + row.place) + '\n';
  if (row.reason == Reason::ok) return text;
  return text + padded("", 11) + std::string{facts(row.reason).code} + (row.detail.empty() ? "" : ": " + row.detail) +
         '\n';
}

std::string caller_in_words(const RouteList& list) {
  if (!list.caller) return "caller     anonymous: no token was given (--as TOKEN)\n";
  if (list.refused())
    return verdict_in_words(*list.caller, "", "the token is refused") +
           "caller     anonymous, for want of a good token\n";
  const VerifiedToken& token = *list.caller->token;
  return "caller     " + printable(token.subject(), longest_shown_subject) + "   issuer " +
         printable(token.issuer(), longest_shown_subject) + '\n';
}

std::string in_words(const RouteList& list) {
  std::size_t width = list.unlisted.route.size();
  for (const Row& row : list.rows) width = std::max(width, row.route.size());
  std::string text = caller_in_words(list);
  for (const Row& row : list.rows) text += in_words(row, width);
  return text + in_words(list.unlisted, width);
}

void write_row(JsonWriter& json, const Row& row) {
  json.begin_object().key("route").string(row.route);
  json.key("place").string_or_null(row.place.empty() ? std::nullopt : std::optional<std::string_view>{row.place});
  json.key("access").string(row.access).key("outcome").string(word_of(outcome_of(row.reason)));
  json.key("status").integer(facts(row.reason).status).key("reason").string(facts(row.reason).code);
  json.key("detail").string(row.detail).end_object();
}

std::string in_json(const RouteList& list) {
  const Reason reason = list.caller ? list.caller->reason : Reason::no_credentials;
  const auto& token = list.caller ? list.caller->token : std::nullopt;
  JsonWriter json;
  json.begin_object().key("caller").begin_object().key("reason").string(facts(reason).code);
  json.key("status").integer(facts(reason).status);
  json.key("detail").string(list.caller ? std::string_view{list.caller->detail} : "no token was given");
  json.key("principal").string_or_null(token ? std::optional{token->subject()} : std::nullopt);
  json.key("issuer").string_or_null(token ? std::optional{token->issuer()} : std::nullopt).end_object();
  json.key("routes").begin_array();
  for (const Row& row : list.rows) write_row(json, row);
  json.end_array().key("default");
  write_row(json, list.unlisted);
  json.end_object();
  return std::move(json).text() + '\n';
}

int exit_code(const RouteList& list) {
  if (!list.refused()) return exit_fine;
  return list.caller->outcome == Outcome::undecided ? exit_undecided : exit_denied;
}

}  // namespace

int list_routes(const DecideOptions& options) {
  std::string compact;
  if (options.as) {
    auto read = read_token_argument(*options.as);
    if (!read) return exit_usage;
    compact = *std::move(read);
  }
  const auto session = Session::open(options.common);
  if (!session) return exit_usage;
  std::optional<Decision> caller;
  if (options.as) caller = session->settle(session->authorizer().begin_token(compact, session->now())).decision;
  const RouteList list = list_for(session->authorizer(), std::move(caller));
  print(options.common.format == Format::json ? in_json(list) : in_words(list));
  return exit_code(list);
}

}  // namespace portcullis::cli
