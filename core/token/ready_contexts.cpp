#include "core/token/ready_contexts.h"

namespace portcullis {

ReadyContexts::~ReadyContexts() {
  for (const auto& place : places_) delete place.load();
}

std::unique_ptr<ReadyContext> ReadyContexts::take(Algorithm algorithm) noexcept {
  return std::unique_ptr<ReadyContext>{places_[static_cast<std::size_t>(algorithm)].exchange(nullptr)};
}

void ReadyContexts::bring_back(Algorithm algorithm, std::unique_ptr<ReadyContext> context) noexcept {
  ReadyContext* nothing = nullptr;
  if (places_[static_cast<std::size_t>(algorithm)].compare_exchange_strong(nothing, context.get()))
    (void)context.release();
}

}  // namespace portcullis
