// One decision on its way: what it asks about, what it has found out, and what it will leave to be done.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/credential.h"
#include "core/access/limit_check.h"
#include "core/access/sender.h"
#include "portcullis/authorizer.h"

namespace portcullis {

// What is being asked: a whole request, or one token alone.
enum class Subject : std::uint8_t { request, token };

// A sender who is proven as far as this process can say, and what a shared store said of the proof.
struct SharedReplay {
  SenderCheck::Confirmed sender;
  std::string store_failure{};  // why it said nothing; empty: it did, or has yet to
};

struct Pending::State {
  Subject subject = Subject::request;
  Trace* trace = nullptr;
  Decision decision;  // filled as the steps pass
  const RouteRule* route = nullptr;
  std::optional<UnverifiedToken> token;
  Request request;        // its bytes live until Settled
  Credential credential;  // of that request
  std::size_t issuer = 0;
  int questions = 0;
  bool is_remembered = false;                        // the token was verified before
  std::unique_ptr<SharedReplay> replay;              // null: no store was asked about the proof
  std::unique_ptr<LimitRun> limits;                  // under way with a shared store; else null
  std::optional<LimitStanding> held_up_if_enforced;  // by failed tokens of its address, which only report
  std::vector<Errand> after;

  /// Most decisions are not traced, and make no text then: what must be put together is behind `if (trace)`.
  void note(StepName step, Trace::Verdict verdict, std::string_view text, std::string_view place = {}) const {
    if (trace) trace->entries.push_back({step, verdict, std::string{text}, Place{place}});
  }
  bool is_public() const { return route && std::holds_alternative<PublicAccess>(route->access); }
};

}  // namespace portcullis
