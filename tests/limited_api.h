// An API with limits, for tests: its clock, its callers and a store that all machines share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/limit/gcra.h"
#include "tests/signed_token.h"

namespace portcullis::testing {

inline NonEmpty<LimitDimension> by(LimitDimension::Kind kind, std::string pointer = {}) {
  return NonEmpty<LimitDimension>{LimitDimension{kind, std::move(pointer)}};
}

/// At so many milliseconds after new year.
inline Now at(std::int64_t milliseconds_later) {
  const Now start = new_year();
  return {start.wall + std::chrono::milliseconds{milliseconds_later}, {(1 + milliseconds_later) * 1'000'000}};
}

struct Sent {
  const char* path = "/users";
  std::string authorization = {};
  const char* address = "192.0.2.1";
};

/// Answers as a store does that all machines share.
class Store {
 public:
  LimitOutcome answer(const NeedLimit& asked, Now now) {
    ++questions;
    if (!failure.empty()) return StoreFailed{failure};
    LimitStates said;
    bool admitted = true;
    for (const LimitTake& bucket : asked.takes) {
      said.states.push_back(take(bucket, tat_[bucket.key], now.mono.nanoseconds, asked.cost).state);
      admitted = admitted && said.states.back().verdict == LimitState::Verdict::admitted;
    }
    for (std::size_t i = 0; i < asked.takes.size(); ++i) {
      const LimitTake& bucket = asked.takes[i];
      const std::int64_t cost = admitted ? asked.cost : 0;
      if (said.states[i].verdict == LimitState::Verdict::denied) continue;
      const Taken taken = take(bucket, tat_[bucket.key], now.mono.nanoseconds, cost);
      tat_[bucket.key] = taken.after;
      said.states[i] = taken.state;
    }
    if (spoil) spoil(said);
    return said;
  }
  int questions = 0;
  std::string failure;
  std::function<void(LimitStates&)> spoil;

 private:
  std::map<LimitKey, ArrivalTime> tat_;
};

struct Api {
  Signer signer;
  Rules rules;
  Store store;
  std::optional<Authorizer> authorizer;
  std::string ada, grace;

  Api() {
    rules.issuers.push_back(signer.issuer());
    ada = token();
    grace = token(R"(,"sub2":1)", "auth0|grace");
    limit("per-user", {10, std::chrono::minutes{1}, 3}, by(LimitDimension::Kind::principal));
    limit("per-address", {10, std::chrono::minutes{1}, 3}, by(LimitDimension::Kind::address));
    route("GET /users", {"per-user"});
    route("GET /addresses", {"per-address"});
    route("GET /both", {"per-user", "per-address"});
    route("GET /free", {});
    route("GET /public", {"per-address", "per-user"}, PublicAccess{});
  }

  std::string token(const std::string& more = "", const std::string& subject = "auth0|ada") const {
    return "Bearer " +
           signer.sign(R"({"iss":"https://tenant.example.com/","sub":")" + subject +
                       R"(","aud":"https://api.example.com","iat":1767225540,"exp":1767229200)" + more + "}");
  }
  LimitRule& limit(std::string name, Rate rate, NonEmpty<LimitDimension> whose) {
    rules.limits.push_back({std::move(name), NonEmpty<Rate>{rate}, std::move(whose), "limits:1"});
    return rules.limits.back();
  }
  RouteRule& route(std::string pattern, std::vector<std::string> limits, Access access = AuthenticatedAccess{}) {
    rules.routes.push_back({std::move(pattern), std::move(access), "routes:1"});
    rules.routes.back().limits = std::move(limits);
    return rules.routes.back();
  }
  void share() { rules.limit_store = LimitStore::shared; }
  void start() {
    auto made = Authorizer::make(rules, {});
    ASSERT_TRUE(made) << made.error().front().message;
    authorizer = *std::move(made);
  }
  Decision decide(const Sent& sent, Now now = at(0), Trace* trace = nullptr) {
    if (!authorizer) start();
    const Header header{"Authorization", sent.authorization};
    const std::span<const Header> headers{&header, sent.authorization.empty() ? 0u : 1u};
    Step step = authorizer->begin({"GET", sent.path, sent.address, headers}, now, trace);
    while (auto* asked = std::get_if<Asked>(&step))
      step =
          authorizer->resume(std::move(asked->pending), store.answer(std::get<NeedLimit>(asked->question), now), now);
    Settled settled = std::get<Settled>(std::move(step));
    for (const Errand& errand : settled.after) {
      const auto& charge = std::get<ChargeFailure>(errand);
      authorizer->learn(charge, store.answer(charge.charge, now), now);
    }
    return std::move(settled.decision);
  }
  /// How many in a row pass until one is refused.
  int allowance(const Sent& sent, Now now = at(0)) {
    int passed = 0;
    while (passed < 1000 && decide(sent, now).reason == Reason::ok) ++passed;
    return passed;
  }
};

inline std::string header(const Decision& decision, std::string_view name) {
  for (const ClientHeader& one : client_headers(decision))
    if (one.name == name) return one.value;
  return {};
}

}  // namespace portcullis::testing
