#include "edge/net/exchange.h"

#include <utility>

namespace portcullis::net {

Exchange::Exchange(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange& Exchange::operator=(Exchange&& other) noexcept {
  Exchange replaced{std::exchange(state_, std::move(other.state_))};
  return *this;
}
Exchange::~Exchange() {
  if (state_) state_->leave_unanswered();
}
void Exchange::answer(const Reply& reply) && {
  if (const auto state = std::exchange(state_, nullptr)) state->answer(reply);
}

}  // namespace portcullis::net
