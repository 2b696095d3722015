#include "edge/net/known_denials.h"

#include <algorithm>
#include <cstring>

#include "edge/net/redis_protocol.h"

namespace portcullis::net {
namespace {

bool is_denied(const LimitState& state) {
  return state.verdict == LimitState::Verdict::denied;
}

bool is_same(const NeedLimit& a, const NeedLimit& b) {
  // Rate and burst belong to it: after a reload the same bucket may have others.
  return a.owner == b.owner && a.cost == b.cost &&
         std::equal(a.takes.begin(), a.takes.end(), b.takes.begin(), b.takes.end(),
                    [](const LimitTake& one, const LimitTake& other) {
                      return one.key == other.key && one.interval == other.interval && one.burst == other.burst;
                    });
}

}  // namespace

std::size_t KnownDenials::place_of(const NeedLimit& question) const {
  std::size_t mixed = 0;
  for (const LimitTake& take : question.takes) {  // keys are keyed hashes already
    std::size_t part = 0;
    std::memcpy(&part, take.key.data(), sizeof part);
    mixed = mixed * 31 + part;
  }
  return mixed % places_.size();
}

std::optional<LimitStates> KnownDenials::find(const NeedLimit& question, Time now) const {
  const auto& place = places_[place_of(question)];
  if (!place || now >= place->until || !is_same(place->question, question)) return std::nullopt;
  const auto passed = now - place->since;
  LimitStates answer = place->answer;
  for (std::size_t i = 0; i < answer.states.size(); ++i) {
    LimitState& state = answer.states[i];
    const std::chrono::nanoseconds interval = std::chrono::microseconds{microseconds_of(question.takes[i].interval)};
    state.reset = std::max(state.reset - passed, std::chrono::nanoseconds{0});
    state.remaining = (interval * question.takes[i].burst - state.reset) / interval;
    if (!is_denied(state)) continue;
    state.retry_after -= passed;
    if (state.retry_after > std::chrono::nanoseconds{0}) continue;
    state.retry_after = std::chrono::nanoseconds{0};  // this one would admit by now; another does not
    state.verdict = LimitState::Verdict::admitted;
  }
  return answer;
}

void KnownDenials::remember(const NeedLimit& question, const LimitStates& answer, Time asked) {
  std::chrono::nanoseconds wait{0};
  for (const LimitState& state : answer.states) wait = std::max(wait, state.retry_after);
  if (wait > std::chrono::nanoseconds{0})
    places_[place_of(question)] =
        Denial{question, answer, asked, asked + std::min<std::chrono::nanoseconds>(wait, longest)};
}

}  // namespace portcullis::net
