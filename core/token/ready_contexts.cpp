#include "core/token/ready_contexts.h"

namespace portcullis {

ReadyContexts::~ReadyContexts() {
  for (const auto& context : contexts_) EVP_MD_CTX_free(context.load(std::memory_order_relaxed));
}

const EVP_MD_CTX* ReadyContexts::find(Algorithm algorithm) const noexcept {
  return contexts_[static_cast<std::size_t>(algorithm)].load(std::memory_order_acquire);
}

const EVP_MD_CTX* ReadyContexts::keep(Algorithm algorithm, DigestContext context) noexcept {
  EVP_MD_CTX* first = nullptr;
  auto& place = contexts_[static_cast<std::size_t>(algorithm)];
  if (!place.compare_exchange_strong(first, context.get(), std::memory_order_acq_rel)) return first;
  return context.release();
}

}  // namespace portcullis
