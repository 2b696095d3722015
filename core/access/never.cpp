#include "core/access/never.h"

#include <algorithm>

namespace portcullis {
namespace {

using Callers = Statement::Callers;

constexpr int most_unknown = 20;  // searches that came to nothing, before the rest is left alone

bool fits_anonymous(const Statement& statement) {
  return statement.callers != Callers::verified &&
         std::all_of(statement.wishes.begin(), statement.wishes.end(), [](const Wishes& ways) {
           return std::any_of(ways.begin(), ways.end(), [](const Wish& way) { return way.wanted == Wanted::has_not; });
         });
}

/// Who gets an answer to a request: by its rule, or by the default.
struct Admission {
  bool anonymous = false;
  std::optional<std::vector<Wishes>> verified;  // what they must fulfil; nullopt: nobody is let in
};

Admission admission_of(const Rules& rules, std::optional<RouteIndex> rule) {
  if (!rule) {
    if (rules.fallback == DefaultAccess::deny) return {};
    return {false, std::vector<Wishes>{}};
  }
  const RouteRule& route = rules.routes[*rule];
  if (route.mode == Mode::report || std::holds_alternative<PublicAccess>(route.access))
    return {true, std::vector<Wishes>{}};
  std::vector<Wishes> wishes;
  if (const auto* requirement = std::get_if<Requirement>(&route.access))
    for (const Condition& condition : requirement->conditions.items()) add_wishes_of(condition, wishes);
  return {false, std::move(wishes)};
}

class Prover {
 public:
  Prover(const Rules& rules, const Statement& statement, std::chrono::sys_seconds now)
      : rules_(rules), statement_(statement), now_(now), samples_(rules.routes) {}

  Result<std::variant<Proof, CounterExample>, std::string> run() {
    for (std::size_t i = 0; i < rules_.routes.size() && unknown_ < most_unknown; ++i)
      if (auto found = at(static_cast<RouteIndex>(i))) return {*std::move(found)};
    if (auto found = at(std::nullopt)) return {*std::move(found)};
    if (!trouble_.empty()) return trouble_;
    return {proof_};
  }

 private:
  std::optional<CounterExample> at(std::optional<RouteIndex> rule) {
    auto request = sample_of(rule);
    if (!request) return std::nullopt;
    proof_.answers.push_back(rule);
    Admission admission = admission_of(rules_, rule);
    if (admission.anonymous && fits_anonymous(statement_))
      return CounterExample{*std::move(request), std::nullopt, rule};
    if (!admission.verified || statement_.callers == Callers::anonymous) return std::nullopt;
    std::vector<Wishes>& wishes = *admission.verified;
    if (request->method.empty()) wishes.push_back({{Wanted::has_not, BoundSender::dpop}});  // no proof fits $connect
    wishes.insert(wishes.end(), statement_.wishes.begin(), statement_.wishes.end());
    for (const IssuerRule& issuer : rules_.issuers) {
      auto caller = find_caller(wishes, issuer, now_);
      if (!caller && unknown_++ == 0) trouble_ = (rule ? rules_.routes[*rule].place + ": " : "") + caller.error();
      if (caller && *caller) return CounterExample{*std::move(request), **std::move(caller), rule};
    }
    return std::nullopt;
  }

  std::optional<SampleRequest> sample_of(std::optional<RouteIndex> rule) const {
    for (const RoutePattern& pattern : statement_.requests)
      if (auto request = samples_.answered_by(rule, pattern)) return request;
    return std::nullopt;
  }

  const Rules& rules_;
  const Statement& statement_;
  std::chrono::sys_seconds now_;
  SampleRequests samples_;
  Proof proof_;
  int unknown_ = 0;
  std::string trouble_;  // of the first of these
};

}  // namespace

Result<std::variant<Proof, CounterExample>, std::string> prove_never(const Rules& rules, const Statement& statement,
                                                                     std::chrono::sys_seconds now) {
  return Prover{rules, statement, now}.run();
}

}  // namespace portcullis
