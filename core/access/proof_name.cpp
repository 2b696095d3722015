#include "core/access/proof_name.h"

#include <cstring>
#include <string>

#include "core/token/digest.h"

namespace portcullis {

ReplayKey proof_name(const std::array<unsigned char, 32>& seed, std::string_view thumbprint, std::string_view uri,
                     std::string_view id) {
  std::string text{thumbprint};  // of one length, and a URI holds no U+0000: no two proofs read alike
  text += uri;
  text += '\0';
  text += id;
  const std::string digest = hmac_sha256({reinterpret_cast<const char*>(seed.data()), seed.size()}, text);
  ReplayKey name;
  std::memcpy(name.data(), digest.data(), name.size());
  return name;
}

}  // namespace portcullis
