// A key's contexts for checking signatures, kept from one check to the next: setting one up costs a sixth of the check.
// (RSASSA-PKCS1-v1_5 needs none: pkcs1_signature.h.)
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

struct FreeHashFunction {
  void operator()(EVP_MD* function) const noexcept { EVP_MD_free(function); }
};
using HashFunction = std::unique_ptr<EVP_MD, FreeHashFunction>;

struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext>;

/// What one check works with: the digest of the signing input, and the key with its padding. Used by one at a time.
struct ReadyContext {
  HashFunction hash;  // fetched: one that is not is looked for anew by every check
  DigestContext digest;
  KeyContext key;
};

/// One place an algorithm. Whoever checks a signature takes what is there and brings it back; who finds nothing,
/// because it is the first or somebody else is at it, sets up his own. Safe from any thread; nobody waits.
class ReadyContexts {
 public:
  ReadyContexts() = default;
  ReadyContexts(const ReadyContexts&) = delete;
  ReadyContexts& operator=(const ReadyContexts&) = delete;
  ~ReadyContexts();

  /// Null when there is none.
  std::unique_ptr<ReadyContext> take(Algorithm algorithm) noexcept;
  /// Kept unless there is one already.
  void bring_back(Algorithm algorithm, std::unique_ptr<ReadyContext> context) noexcept;

 private:
  std::array<std::atomic<ReadyContext*>, algorithms.size()> places_{};
};

}  // namespace portcullis
