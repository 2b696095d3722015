// A key's contexts for checking signatures, one an algorithm, set up once: that costs a sixth of the check itself.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <memory>

#include "core/token/algorithm.h"

namespace portcullis {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

/// Safe from any thread. Contexts in here are only ever read: whoever checks a signature works on a copy.
class ReadyContexts {
 public:
  ReadyContexts() = default;
  ReadyContexts(const ReadyContexts&) = delete;
  ReadyContexts& operator=(const ReadyContexts&) = delete;
  ~ReadyContexts();

  /// Null until one was kept.
  const EVP_MD_CTX* find(Algorithm algorithm) const noexcept;
  /// @returns the one that stays: of two threads that come at once, the first one's
  const EVP_MD_CTX* keep(Algorithm algorithm, DigestContext context) noexcept;

 private:
  std::array<std::atomic<EVP_MD_CTX*>, algorithms.size()> contexts_{};
};

}  // namespace portcullis
