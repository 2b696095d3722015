// What is accepted is one compact JWS for this very request; what is refused is refused as dpop_invalid.
#include <cstdlib>

#include "core/access/dpop_proof.h"
#include "core/access/target_uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // The request of RFC 9449 §7.1, for which the corpus has a proof.
  const ProofTarget target{"GET", "https://resource.example.org/protectedresource",
                           "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
                           "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"};
  const WallTime now{std::chrono::seconds{1562262618}};
  const auto proof = verify_proof(text, target, {}, now);
  if (!proof && (proof.error().reason != Reason::dpop_invalid || proof.error().detail.empty())) std::abort();
  if (proof && (text.size() > most_proof_bytes || proof->id.empty() || proof->uri != target.url || proof->until <= now))
    std::abort();
  if (const auto uri = normal_target_uri(text)) {
    const auto again = normal_target_uri(*uri);
    if (uri->find_first_of("?#\\ ") != std::string::npos) std::abort();
    // Once normalised it stays as it is, or is refused: dot segments may lay bare a path that begins with "//".
    if (again && *again != *uri) std::abort();
  }
  return 0;
}
