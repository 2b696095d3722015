#include "portcullis/version.h"

#include <openssl/crypto.h>

namespace portcullis {

std::string version() {
  return PORTCULLIS_VERSION;
}
std::string crypto_library() {
  return OpenSSL_version(OPENSSL_VERSION);
}

}  // namespace portcullis
